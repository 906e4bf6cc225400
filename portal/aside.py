"""A process of its own for large bodies: while it judges one, small lodgements go on.

It starts a little after the server, which answers first, or with the first large body if that comes sooner.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection

from portal.entry import Answer, Asked, Entry
from portal.office import Office
from portal.pipeline import prepare
from portal.settings import Settings
from portal.stages import Lodged

STARTS_AFTER_SECONDS = 3.0
_office: Office | None = None


class Aside:
    """`open_office` builds the other process's office; it must be importable there."""

    def __init__(self, settings: Settings, open_office: Callable[[Settings], Office], office: Office) -> None:
        self._initargs = (open_office, settings)
        self._office = office
        self._pool = self._new_pool()
        self._soon = threading.Timer(STARTS_AFTER_SECONDS, self._start)
        self._soon.daemon = True
        self._soon.start()

    def __call__(self, lodged: Lodged) -> "Future[Entry | Asked | Answer]":
        """Judge in the other process. What it was judging when it died fails; the next starts a new process."""
        revision = self._office.snapshot.revision
        try:
            return self._pool.submit(_prepare, lodged, revision)
        except BrokenProcessPool:
            self._pool = self._new_pool()
            return self._pool.submit(_prepare, lodged, revision)

    def _new_pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, context, initializer=_open, initargs=self._initargs)

    def _start(self) -> None:
        with suppress(RuntimeError):  # stopped, or its process died: what comes next starts another
            self._pool.submit(_ready)

    def stop(self) -> None:
        self._soon.cancel()
        self._pool.shutdown(cancel_futures=True)


def _open(open_office: Callable[[Settings], Office], settings: Settings) -> None:
    global _office
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which then ends us
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    _office = open_office(settings)


def _end_with_the_server() -> None:
    """A server that was killed cannot end us: watch for it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _ready() -> None:
    """Make the pool start its process before the first large body comes."""


def _prepare(lodged: Lodged, revision: int) -> Entry | Asked | Answer:
    if _office is None:
        raise RuntimeError("the process was not initialised")
    if _office.snapshot.revision < revision:
        _office.refresh()
    return prepare(lodged, _office)
