"""What is kept of violations: versions that are only added, and which identities are one. The caller commits."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, insert, select
from sqlmodel import SQLModel

from risk_gateway.bases.violations.model import (
    Appeal,
    Identity,
    Scheme,
    Source,
    State,
    Violation,
    participant_identity,
)
from risk_gateway.bases.violations.tables import IdentityMergeRow, ViolationVersionRow

version_table = SQLModel.metadata.tables[ViolationVersionRow.__tablename__]
merge_table = SQLModel.metadata.tables[IdentityMergeRow.__tablename__]
_LATER = version_table.alias("later")
_NEWEST = ~exists().where(_LATER.c.id == version_table.c.id, _LATER.c.version > version_table.c.version)
_OWN_PREFIX = "KZ-CRV-"


def put(connection: Connection, violation: Violation) -> int:
    """Add a version and return its cursor. Raises `IntegrityError` for a version that is there already.

    Who writes holds the lock of the journal's head, so that cursors become visible in their order.
    """
    cursor = last_cursor(connection) + 1
    connection.execute(insert(version_table).values({**_row(violation), "cursor": cursor}))
    return cursor


def next_id(connection: Connection, day: date, chance: str) -> str:
    """Return the id of a new record of our own; under the lock of the journal's head no other gets it.

    It ends by `chance`: after a restore from an older copy none is given that others know already.
    """
    return f"{_OWN_PREFIX}{day.year}-{last_cursor(connection) + 1:07d}-{chance}"


def last_cursor(connection: Connection) -> int:
    """Return the cursor of the version written last; 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(version_table.c.cursor), 0))).scalar_one())


def newest(connection: Connection, identifier: str) -> Violation | None:
    """Return a record as it is now."""
    wanted = select(version_table).where(version_table.c.id == identifier)
    row = connection.execute(wanted.order_by(version_table.c.version.desc()).limit(1)).first()
    return None if row is None else _violation(row)


def find(connection: Connection, identifier: str, version: int) -> Violation | None:
    """Return a version of a record."""
    same = (version_table.c.id == identifier) & (version_table.c.version == version)
    row = connection.execute(select(version_table).where(same)).first()
    return None if row is None else _violation(row)


def versions(connection: Connection, identifier: str) -> tuple[Violation, ...]:
    """Return every version of a record, the first first."""
    wanted = select(version_table).where(version_table.c.id == identifier).order_by(version_table.c.version)
    return tuple(map(_violation, connection.execute(wanted)))


def of_number(connection: Connection, number: str) -> tuple[Violation, ...]:
    """Return the records on a participant and on whoever is known to be the same, as they are now, newest first."""
    return of_identity(connection, participant_identity(number))


def of_identity(connection: Connection, identity: Identity) -> tuple[Violation, ...]:
    """Return the records on an identity and on those merged into it, as they are now, newest first."""
    wanted = _of(known_as(connection, identity.key))
    rows = connection.execute(wanted.order_by(version_table.c.committed_on.desc(), version_table.c.id))
    return tuple(map(_violation, rows))


def of_declaration(connection: Connection, number: str) -> tuple[Violation, ...]:
    """Return the records that a declaration led to, as they are now."""
    wanted = select(version_table).where(version_table.c.declaration == number, _NEWEST)
    return tuple(map(_violation, connection.execute(wanted.order_by(version_table.c.id))))


def counting(connection: Connection, number: str, day: date) -> tuple[tuple[str, date], ...]:
    """Return (kind, day committed) of what counts against a participant on that day, oldest first."""
    columns = version_table.c
    unexpired = columns.expires_on.is_(None) | (columns.expires_on > day)
    wanted = _of(known_as(connection, participant_identity(number).key)).where(
        columns.state == State.CONFIRMED.value, columns.hold_until >= day, unexpired
    )
    rows = connection.execute(wanted.order_by(columns.committed_on, columns.id))
    return tuple((row.kind, row.committed_on) for row in rows)


def changed_since(connection: Connection, cursor: int, limit: int) -> tuple[tuple[int, Violation], ...]:
    """Return the versions written after a cursor, each with its own, in the order of writing."""
    wanted = select(version_table).where(version_table.c.cursor > cursor).order_by(version_table.c.cursor).limit(limit)
    return tuple((row.cursor, _violation(row)) for row in connection.execute(wanted))


def known_as(connection: Connection, key: str) -> tuple[str, ...]:
    """Return the keys of all identities that are one with this participant's: its own, and those merged into it."""
    found, reached = [key], [key]
    while reached:
        wanted = select(merge_table.c.merged).where(merge_table.c.into.in_(reached), merge_table.c.undone_at.is_(None))
        reached = [each for each in connection.execute(wanted).scalars() if each not in found]
        found += reached
    return tuple(found)


def read_all(rows: Iterable[Any]) -> tuple[Violation, ...]:
    """Read rows of this table that another store has selected."""
    return tuple(map(_violation, rows))


def newest_rows() -> Select[Any]:
    """Return a statement that selects every record as it is now."""
    return select(version_table).where(_NEWEST)


def _of(keys: Sequence[str]) -> Select[Any]:
    return select(version_table).where(version_table.c.identity.in_(keys), _NEWEST)


def _row(violation: Violation) -> dict[str, Any]:
    identity = violation.identity
    plain = {name: getattr(violation, name) for name in _PLAIN}
    return {
        **plain,
        "identity": identity.key,
        "scheme": identity.scheme.value,
        "number": identity.number,
        "country": identity.country,
        "name": identity.name,
        "state": violation.state.value,
        "appeal": violation.appeal.value,
        "source": violation.source.value,
    }


def _violation(row: Any) -> Violation:
    at: datetime = row.recorded_at
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Violation(
        **{**plain, "recorded_at": at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)},
        identity=Identity(Scheme(row.scheme), row.number, row.country, row.name),
        state=State(row.state),
        appeal=Appeal(row.appeal),
        source=Source(row.source),
    )


_PLAIN = tuple(name for name in Violation.__struct_fields__ if name not in ("identity", "state", "appeal", "source"))
