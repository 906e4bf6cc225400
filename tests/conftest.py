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
def _close_offices() -> Iterator[None]:
    """Close the database connections of every office that the test opened."""
    yield
    while offices.opened:
        offices.opened.pop().dispose()
