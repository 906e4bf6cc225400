"""Fixtures for all tests."""

import socket
from collections.abc import Iterator

import offices
import pytest


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    """Close the database connections of every office after each test; one that its file shares opens them again."""
    yield
    for engine in offices.opened:
        engine.dispose()


@pytest.fixture(autouse=True, scope="module")
def _forget_offices() -> Iterator[None]:
    """Close what a file's offices have opened since its last test, and forget them."""
    yield
    while offices.opened:
        offices.opened.pop().dispose()
