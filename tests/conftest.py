"""Fixtures for all tests."""

import asyncio
import secrets
from collections.abc import Awaitable, Iterator
from types import SimpleNamespace
from typing import Any

import offices
import processes
import pytest
from hypothesis import settings

from portal import aside, selection
from portal.asking import line

PATIENCE_SECONDS = 60.0

# The same examples each time, and no clock. `pytest --hypothesis-profile search` looks for others.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("same")


@pytest.fixture
def unused_port() -> int:
    return processes.free_port()


@pytest.fixture(autouse=True, scope="session")
def _no_process_ahead_of_need() -> Iterator[None]:
    """Start no process for large bodies before there is one: an app of a test would wait for it to end again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "STARTS_AFTER_SECONDS", 3600.0)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_draw_by_chance() -> Iterator[None]:
    """Make the same key for each day, under which nothing of the tests is drawn: chance would take up to 2 in 100.
    Another process, such as `serve`, makes its own: who lodges there copes with being drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "secrets", SimpleNamespace(token_bytes=lambda _: offices.UNDRAWN_KEY))
        yield


@pytest.fixture
def real_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a secret key for each day, as the portal does: what is lodged may be drawn."""
    monkeypatch.setattr(selection, "secrets", secrets)


@pytest.fixture(autouse=True)
def patience() -> Iterator[pytest.MonkeyPatch]:
    """Let a lodgement wait for what partners say until it is kept, however slow this machine: partners still have no
    more time to answer than the rules give. To undo it is to wait as the rules say."""

    def until_kept(answers: Awaitable[Any], seconds: float) -> Awaitable[Any]:
        return asyncio.wait_for(answers, max(seconds, PATIENCE_SECONDS))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line, "wait_for", until_kept)
        yield patch


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
