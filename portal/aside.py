"""A process of its own for large bodies: while it judges one, small lodgements go on."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor

from portal.entry import Answer, Entry
from portal.office import Office
from portal.pipeline import prepare
from portal.settings import Settings
from portal.stages import Lodged

_office: Office | None = None


class Aside:
    """`open_office` builds the other process's office; it must be importable there."""

    def __init__(self, settings: Settings, open_office: Callable[[Settings], Office], office: Office) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, context, initializer=_open, initargs=(open_office, settings))
        self._office = office
        self._pool.submit(_ready).add_done_callback(lambda ready: None)

    def __call__(self, lodged: Lodged) -> "Future[Entry | Answer]":
        return self._pool.submit(_prepare, lodged, self._office.snapshot.revision)

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _open(open_office: Callable[[Settings], Office], settings: Settings) -> None:
    global _office
    _office = open_office(settings)


def _ready() -> None:
    """Make the pool start its process before the first large body comes."""


def _prepare(lodged: Lodged, revision: int) -> Entry | Answer:
    if _office is None:
        raise RuntimeError("the process was not initialised")
    if _office.snapshot.revision < revision:
        _office.refresh()
    return prepare(lodged, _office)
