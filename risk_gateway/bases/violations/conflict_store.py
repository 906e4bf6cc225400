"""What a partner told otherwise under a version that it had told before, for an officer to see. The caller commits."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlmodel import SQLModel

from declarations.store import aware
from risk_gateway.bases.violations.store import version_table
from risk_gateway.bases.violations.tables import ViolationConflictRow

conflict_table = SQLModel.metadata.tables[ViolationConflictRow.__tablename__]
_STANDING = (
    ~select(version_table.c.cursor)
    .where(version_table.c.id == conflict_table.c.violation, version_table.c.origin_version > conflict_table.c.version)
    .exists()
)


class Conflict(Struct, frozen=True):
    """`version` is the partner's number, `differs` the fields that were told otherwise, with what was told then."""

    violation: str
    version: int
    digest: str
    differs: tuple[tuple[str, str], ...]
    at: datetime


def add(connection: Connection, conflict: Conflict) -> None:
    """Keep a conflict, once."""
    same = (
        conflict_table.c.violation == conflict.violation,
        conflict_table.c.version == conflict.version,
        conflict_table.c.digest == conflict.digest,
    )
    if connection.execute(select(conflict_table.c.digest).where(*same)).first() is None:
        values = {name: getattr(conflict, name) for name in ("violation", "version", "digest", "at")}
        connection.execute(
            insert(conflict_table), {**values, "differs": msgspec.json.encode(conflict.differs).decode()}
        )


def of_violation(connection: Connection, violation: str) -> tuple[Conflict, ...]:
    """Return all that was told otherwise of a record, the newest first."""
    return _read(connection, conflict_table.c.violation == violation)


def standing(connection: Connection, limit: int) -> tuple[Conflict, ...]:
    """Return what no later version of the partner's has settled, the newest first."""
    return _read(connection, _STANDING, limit)


def count_standing(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(conflict_table).where(_STANDING)).scalar_one())


def _read(connection: Connection, where: ColumnElement[bool], limit: int | None = None) -> tuple[Conflict, ...]:
    wanted = select(conflict_table).where(where).order_by(conflict_table.c.at.desc(), conflict_table.c.digest)
    found = []
    for row in connection.execute(wanted.limit(limit)):
        differs = msgspec.json.decode(row.differs, type=tuple[tuple[str, str], ...])
        found.append(Conflict(row.violation, row.version, row.digest, differs, aware(row.at)))
    return tuple(found)
