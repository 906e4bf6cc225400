"""What is kept of judgements: cases judged at other moments than a lodgement."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, and_, func, insert, select
from sqlmodel import SQLModel

from declarations.store import Key, aware
from risk_gateway.archive import StoredCase
from risk_gateway.tables import JudgementRow

judgement_table = SQLModel.metadata.tables[JudgementRow.__tablename__]
ROWS_AT_ONCE = 500
MARK = "/J"  # between the subject and the ordinal in a judgement's number
_C = judgement_table.c


class Judgement(Struct, frozen=True, kw_only=True):
    """A row of `judgement`; the blobs are still compressed."""

    number: str
    subject: str
    ordinal: int
    moment: str
    block: str
    office: str
    participant: str | None
    told: bool
    series_id: str
    day: date
    judged_at: datetime
    recorded_at: datetime
    outcome: str
    degraded: bool
    decision_id: str
    knowledge_version: str
    case: bytes
    assessment: bytes
    decision: bytes
    notice: bytes
    sequence: int

    @property
    def key(self) -> Key:
        """Under what the results of its controls stand: see `risk_gateway.archive_store.Act`. Below 0 is no version of
        any declaration, whatever reference a trader chooses."""
        return Key(self.participant or "", self.subject, -self.ordinal)


def number_of(subject: str, ordinal: int) -> str:
    return f"{subject}{MARK}{ordinal}"


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    connection.execute(insert(judgement_table), row)


def find(connection: Connection, number: str) -> Judgement | None:
    row = connection.execute(select(judgement_table).where(_C.number == number)).first()
    return None if row is None else _judgement(row)


def of_subject(connection: Connection, subject: str) -> tuple[Judgement, ...]:
    """Return every judgement of a subject, the first first."""
    rows = connection.execute(select(judgement_table).where(_C.subject == subject).order_by(_C.ordinal))
    return tuple(map(_judgement, rows))


def count(connection: Connection, subject: str) -> int:
    return int(connection.execute(select(func.count()).where(_C.subject == subject)).scalar_one())


def first_day(connection: Connection, series_id: str, before: int | None = None) -> date | None:
    """Return the day on which a series was first judged, before a journal index if one is given; None when never.

    The draws of the whole series are made with the key of that day.
    """
    statement = select(_C.day).where(_C.series_id == series_id).order_by(_C.sequence).limit(1)
    if before is not None:
        statement = statement.where(_C.sequence < before)
    return connection.execute(statement).scalar()


def after(connection: Connection, sequence: int, most: int) -> Iterator[Judgement]:
    """Yield the next judgements behind a journal index, in order."""
    rows = select(judgement_table).where(_C.sequence > sequence).order_by(_C.sequence).limit(most)
    yield from map(_judgement, connection.execute(rows))


def every(connection: Connection) -> Iterator[Judgement]:
    """Yield all judgements in the order of the journal, without holding them all."""
    statement = select(judgement_table).order_by(_C.sequence)
    yield from map(_judgement, connection.execute(statement, execution_options=_STREAMING))


# --- as cases of the archive ----------------------------------------------------------------------------------------


def read_between(connection: Connection, first: date, last: date, block: str | None = None) -> Iterator[Judgement]:
    """Yield the judgements of some days, ordered by day and number."""
    rows = _between(select(judgement_table), first, last, block).order_by(_C.day, _C.number)
    yield from map(_judgement, connection.execute(rows, execution_options=_STREAMING))


def count_days(connection: Connection, first: date, last: date, block: str | None = None) -> dict[date, int]:
    counted = _between(select(_C.day, func.count().label("cases")), first, last, block).group_by(_C.day)
    return {row.day: row.cases for row in connection.execute(counted)}


def span(connection: Connection, block: str | None = None) -> tuple[date, date] | None:
    """Return the first and the last day with a judgement."""
    bounds = _between(select(func.min(_C.day), func.max(_C.day)), date.min, date.max, block)
    first, last = connection.execute(bounds).one()
    return None if first is None else (first, last)


def as_case(judgement: Judgement) -> StoredCase:
    return StoredCase(
        number=judgement.number,
        day=judgement.day,
        block=judgement.block,
        office=judgement.office,
        declarant=judgement.participant or "",
        outcome=judgement.outcome,
        knowledge_version=judgement.knowledge_version,
        case=judgement.case,
        assessment=judgement.assessment,
        decision=judgement.decision,
        sequence=judgement.sequence,
    )


_STREAMING = {"stream_results": True, "yield_per": ROWS_AT_ONCE}


def _between(statement: Select[Any], first: date, last: date, block: str | None) -> Select[Any]:
    where = [_C.day >= first, _C.day <= last]
    return statement.where(and_(*where, *([_C.block == block] if block is not None else [])))


def _judgement(row: Row[Any]) -> Judgement:
    given = {name: getattr(row, name) for name in Judgement.__struct_fields__}
    blobs = {name: bytes(given[name]) for name in ("case", "assessment", "decision", "notice")}
    moments = {name: aware(given[name]) for name in ("judged_at", "recorded_at")}
    return Judgement(**{**given, **blobs, **moments})
