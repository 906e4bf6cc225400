"""What is kept of participants' objections: prepared, signed and so raised, decided. The caller commits."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import SQLModel

from risk_gateway.bases.violations.tables import ViolationContestRow

contest_table = SQLModel.metadata.tables[ViolationContestRow.__tablename__]
_RAISED = contest_table.c.sequence.is_not(None)
_UNDECIDED = _RAISED & contest_table.c.outcome.is_(None)


class Ended(StrEnum):
    """How an objection ended; `OVERTAKEN` when its record was annulled by whoever had written it."""

    UPHELD = "upheld"
    DENIED = "denied"
    OVERTAKEN = "overtaken"


class Contest(Struct, frozen=True):
    """An objection as prepared; once signed it has a `sequence`, that of its entry, and is due. Blobs are zstd."""

    id: str
    violation: str
    version: int
    participant: str
    ground: str
    said: str
    by_iin: str
    by_name: str
    prepared: bytes
    digest: str
    prepared_at: datetime
    expires_at: datetime
    signed: bytes | None
    signed_digest: str | None
    sequence: int | None
    raised_at: datetime | None
    due_at: datetime | None
    outcome: Ended | None
    reason: str | None
    decided_text: str | None
    decided_by_name: str | None
    decided_at: datetime | None

    def overdue_at(self, moment: datetime) -> bool:
        return self.outcome is None and self.due_at is not None and self.due_at < moment


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Keep an objection that is prepared; what the same person prepared before and did not sign goes."""
    columns = contest_table.c
    same = (columns.violation == row["violation"]) & (columns.by_iin == row["by_iin"]) & columns.sequence.is_(None)
    connection.execute(delete(contest_table).where(same))
    connection.execute(insert(contest_table).values(row))


def find(connection: Connection, identifier: str) -> Contest | None:
    row = connection.execute(select(contest_table).where(contest_table.c.id == identifier)).first()
    return None if row is None else _contest(row)


def raise_contest(connection: Connection, identifier: str, values: dict[str, Any]) -> bool:
    """Write that it was signed; tell whether it still waited for that."""
    waiting = (contest_table.c.id == identifier) & contest_table.c.sequence.is_(None)
    return connection.execute(update(contest_table).where(waiting).values(**values)).rowcount == 1


def decide(connection: Connection, identifier: str, values: dict[str, Any]) -> bool:
    """Write the decision; tell whether nobody had decided before."""
    waiting = (contest_table.c.id == identifier) & _UNDECIDED
    return connection.execute(update(contest_table).where(waiting).values(**values)).rowcount == 1


def overtake(connection: Connection, violation: str, now: datetime) -> None:
    """End an objection whose record was annulled without it, or is about somebody else from now on."""
    waiting = (contest_table.c.violation == violation) & _UNDECIDED
    values = {"outcome": Ended.OVERTAKEN.value, "decided_at": now}
    connection.execute(update(contest_table).where(waiting).values(**values))


def open_of(connection: Connection, violation: str) -> Contest | None:
    row = connection.execute(select(contest_table).where(contest_table.c.violation == violation, _UNDECIDED)).first()
    return None if row is None else _contest(row)


def of_violations(connection: Connection, violations: Sequence[str]) -> tuple[Contest, ...]:
    """Return the objections raised against these records, oldest first."""
    wanted = select(contest_table).where(contest_table.c.violation.in_(violations), _RAISED)
    return tuple(map(_contest, connection.execute(wanted.order_by(contest_table.c.sequence))))


def undecided(connection: Connection, limit: int) -> tuple[Contest, ...]:
    """Return what waits for a decision, the first due first."""
    wanted = select(contest_table).where(_UNDECIDED).order_by(contest_table.c.due_at, contest_table.c.id)
    return tuple(map(_contest, connection.execute(wanted.limit(limit))))


def all_raised(connection: Connection) -> tuple[Contest, ...]:
    """Return every objection that was signed, in their order: for checking, never in a request."""
    return tuple(
        map(_contest, connection.execute(select(contest_table).where(_RAISED).order_by(contest_table.c.sequence)))
    )


def count_undecided(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(contest_table).where(_UNDECIDED)).scalar_one())


def _contest(row: Any) -> Contest:
    plain = {name: getattr(row, name) for name in Contest.__struct_fields__}
    moments = {name: _aware(plain[name]) for name in _MOMENTS}
    return Contest(**{**plain, **moments, "outcome": Ended(row.outcome) if row.outcome else None})


_MOMENTS = ("prepared_at", "expires_at", "raised_at", "due_at", "decided_at")


def _aware(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
