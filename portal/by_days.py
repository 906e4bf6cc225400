"""Going through the archive of cases day by day, in one process or in several: replay, what-if, capacity."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from portal.audit import Event
from portal.database import make_engine, opened_engine, reading
from risk_gateway import archive_store, knowledge_store
from risk_gateway.archive import StoredCase
from risk_gateway.knowledge import READY_MAX
from risk_gateway.model import Knowledge
from risk_gateway.replay import ReadDigest, ReadKnowledge
from signing import journal_check, store

CASES_AT_ONCE = 5_000
JUDGED = frozenset({Event.DECLARATION_DECIDED.value, Event.JUDGEMENT_MADE.value})  # entries with a digest

Value = TypeVar("Value")


class Span(NamedTuple):
    """The days from `first` to `last`, both included, and how many cases they have."""

    first: date
    last: date
    cases: int


Work = Callable[[Span], Value]
Begin = Callable[[Connection], Work[Value]]  # importable in another process
_work: Work[Any] | None = None


def spans(
    connection: Connection, first: date | None = None, last: date | None = None, block: str | None = None
) -> list[Span]:
    """Return the days that have cases, as many together as come to CASES_AT_ONCE; without bounds, all of them."""
    bounds = archive_store.span(connection)
    if bounds is None:
        return []
    made: list[Span] = []
    begin, end = max(first or bounds[0], bounds[0]), min(last or bounds[1], bounds[1])
    for day, cases in archive_store.count_days(connection, begin, end, block):
        if made and made[-1].cases + cases <= CASES_AT_ONCE:
            made[-1] = Span(made[-1].first, day, made[-1].cases + cases)
        else:
            made.append(Span(day, day, cases))
    return made


def by_days(url: str, begin: Begin[Value], over: Sequence[Span], processes: int = 1) -> Iterator[Value]:
    """Yield what the work makes of each span, in their order; each process begins once, on a connection of its own."""
    if processes == 1 or len(over) < 2:
        with opened_engine(url) as engine, reading(engine) as connection:
            yield from map(begin(connection), over)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(over)), context, _begin, (url, begin)) as pool:
        yield from pool.map(_do, over)


def knowledge_reader(connection: Connection) -> ReadKnowledge:
    """Return a reader of kept knowledge by version that remembers the last few."""

    @lru_cache(maxsize=READY_MAX)
    def read(version: str) -> Knowledge | None:
        try:
            return knowledge_store.read(connection, version)
        except NoResultFound:
            return None

    return read


def digest_reader(connection: Connection) -> ReadDigest:
    """Return a reader of the digests that the journal holds of assessments; decisions of before 2026-12 have none."""

    def read(stored: StoredCase) -> str | None:
        row = None if stored.sequence is None else store.read_row(connection, stored.sequence)
        if row is None:
            return None
        _, event, subject, entry, _ = row
        if event not in JUDGED or subject != stored.number:
            return None  # the audit tells of it
        return journal_check.read_entry(entry).particulars.get("assessment")

    return read


def _begin(url: str, begin: Begin[Any]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the command, which then ends us
    _work = begin(make_engine(url).connect())


def _do(span: Span) -> Any:
    if _work is None:
        raise RuntimeError("the process was not initialised")
    return _work(span)
