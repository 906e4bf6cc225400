"""The audit itself: every check of every declaration, by several processes if need be, and of the record as a whole."""

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct, field
from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.exc import DBAPIError

from declarations.store import Key, declaration
from portal.auditing.archive import Archive, looking
from portal.auditing.checks import CHECKS
from portal.auditing.dossier import Dossier, Unfounded
from portal.auditing.whole import WHOLE_CHECKS, Doubt, stream

CODES = tuple(check.code for check in (*CHECKS, *WHOLE_CHECKS))
CHUNK = 32
AHEAD = 2  # chunks for each process, so that none waits

Named = tuple[str, Key]
Open = Callable[[], Archive]
_archive: Archive | None = None


class Finding(Struct, frozen=True):
    """What does not fit: of which declaration (None: of the record as a whole), found by which check, in a sentence."""

    number: str | None
    check: str
    sentence: str


class Tally(Struct):
    """How often each check was made, how often it failed, and how often what it stands on was broken."""

    checked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unfounded: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.checked.update(other.checked)
        self.failed.update(other.failed)
        self.unfounded.update(other.unfounded)


class Part(NamedTuple):
    """What was found in some declarations, or in the record as a whole."""

    declarations: int
    tally: Tally
    findings: list[Finding]


class Helpers(NamedTuple):
    """So many processes to check declarations in; `open_archive` must be importable there."""

    processes: int
    open_archive: Open


class Wanted(Struct, frozen=True):
    """Which declarations: those accepted since a moment, the one of a number, or all. With a number nothing else."""

    since: datetime | None = None
    number: str | None = None


def audit(archive: Archive, wanted: Wanted, helpers: Helpers | None = None) -> Iterator[Part]:
    """Yield what is found, part after part in the order of the journal, the record as a whole at the end."""
    with looking(archive.engine) as connection:
        chunks = _chunks(connection, wanted)
        if helpers is None:
            yield from (examine(archive, chunk) for chunk in chunks)
        else:
            yield from _by_many(helpers, chunks)
        if wanted.number is None:
            for check in WHOLE_CHECKS:
                part = Part(0, Tally(), [])
                _make(part, None, check.code, check.look(archive, connection))
                yield part


def count(archive: Archive, wanted: Wanted) -> int:
    """Return how many declarations are wanted."""
    statement = select(func.count()).select_from(_those(wanted).order_by(None).subquery())
    with looking(archive.engine) as connection:
        return int(connection.execute(statement).scalar_one())


def examine(archive: Archive, chunk: Sequence[Named]) -> Part:
    """Make every check of these declarations."""
    part = Part(len(chunk), Tally(), [])
    for number, key in chunk:
        dossier = Dossier(key, archive)
        for check in CHECKS:
            _make(part, number, check.code, (Doubt(number, sentence) for sentence in check.find(dossier)))
    return part


def _make(part: Part, number: str | None, code: str, doubts: Iterator[Doubt]) -> None:
    """Make one check and keep what it finds. What breaks off with an error has failed, whatever the error."""
    before = len(part.findings)
    try:
        for doubt in doubts:
            part.findings.append(Finding(doubt.number, code, doubt.sentence))
    except Unfounded:
        if len(part.findings) == before:
            part.tally.unfounded[code] += 1
            return
    except DBAPIError:  # the database's own trouble is no finding
        raise
    except Exception as error:  # noqa: BLE001 a broken record must not end the audit
        part.findings.append(Finding(number, code, _told(error)))
    part.tally.checked[code] += 1
    part.tally.failed[code] += len(part.findings) > before


def _by_many(helpers: Helpers, chunks: Iterator[list[Named]]) -> Iterator[Part]:
    """Give chunks to so many processes, a few ahead, and yield what they find in the order of the chunks."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(helpers.processes, context, _begin, (helpers.open_archive,)) as pool:
        waiting: deque[Future[Part]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_examine, chunk))
            if len(waiting) > helpers.processes * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _begin(open_archive: Open) -> None:
    global _archive
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the audit, which then ends us
    _archive = open_archive()


def _examine(chunk: list[Named]) -> Part:
    if _archive is None:
        raise RuntimeError("the process was not initialised")
    return examine(_archive, chunk)


def _chunks(connection: Connection, wanted: Wanted) -> Iterator[list[Named]]:
    rows = stream(connection, _those(wanted))
    while chunk := [(row.registration_number, _key(row)) for row in islice(rows, CHUNK)]:
        yield chunk


def _those(wanted: Wanted) -> Select[Any]:
    columns = declaration.c
    statement = select(
        columns.registration_number, columns.declarant, columns.functional_reference_id, columns.version
    ).order_by(columns.sequence)
    if wanted.since is not None:
        statement = statement.where(columns.accepted_at >= wanted.since)
    if wanted.number is not None:
        statement = statement.where(columns.registration_number == wanted.number)
    return statement


def _key(row: Row[Any]) -> Key:
    return Key(row.declarant, row.functional_reference_id, row.version)


def _told(error: Exception) -> str:
    """Return what an error says, in English where it has words of its own."""
    text = getattr(error, "text", None)
    return str(text("en")) if callable(text) else f"{type(error).__name__}: {error}"
