"""The keys of random selection, one a day: what is kept of them. portal/selection.py makes, journals and discloses."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import SQLModel

from risk_gateway.tables import SelectionKeyRow

selection_key = SQLModel.metadata.tables[SelectionKeyRow.__tablename__]


class DayKey(Struct, frozen=True):
    """The 32 bytes that decide a day's draws, their SHA-256 in hex, and when it was committed to and disclosed.

    Secret until `disclosed_at`: who knows the key can foresee the draws.
    """

    day: date
    key: bytes
    commitment: str
    committed_at: datetime
    disclosed_at: datetime | None = None


def commitment_of(key: bytes) -> str:
    """Return what is published of a key before its day: SHA-256 in hex."""
    return hashlib.sha256(key).hexdigest()


def read_key(connection: Connection, day: date) -> DayKey | None:
    row = connection.execute(select(selection_key).where(selection_key.c.day == day)).first()
    return None if row is None else _day_key(row)


def read_keys(connection: Connection, before: date, limit: int | None = None) -> list[DayKey]:
    """Return the keys of the days before `before`, newest first."""
    statement = select(selection_key).where(selection_key.c.day < before)
    return [_day_key(row) for row in connection.execute(statement.order_by(selection_key.c.day.desc()).limit(limit))]


def read_undisclosed(connection: Connection, before: date) -> list[DayKey]:
    """Return the keys that are still secret, of the days before `before`, oldest first."""
    secret = selection_key.c.disclosed_at.is_(None) & (selection_key.c.day < before)
    return [_day_key(row) for row in connection.execute(select(selection_key).where(secret).order_by("day"))]


def add_key(connection: Connection, made: DayKey) -> None:
    """Keep a new key. The caller holds the lock on the journal, so that nobody else makes one for the same day."""
    values = {"day": made.day, "key": made.key, "commitment": made.commitment}
    connection.execute(insert(selection_key).values(**values, committed_at=made.committed_at.astimezone(UTC)))


def set_disclosed(connection: Connection, day: date, at: datetime) -> None:
    """Note when a key was disclosed; the first time stays."""
    secret = (selection_key.c.day == day) & selection_key.c.disclosed_at.is_(None)
    connection.execute(update(selection_key).where(secret).values(disclosed_at=at.astimezone(UTC)))


def _day_key(row: Row[Any]) -> DayKey:
    disclosed_at = row.disclosed_at and _aware(row.disclosed_at)
    return DayKey(row.day, bytes(row.key), row.commitment, _aware(row.committed_at), disclosed_at)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
