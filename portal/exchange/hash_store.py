"""Numbers on record here under their HMAC for each partner, so that one is found without trying them all."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations.store import participant
from interop.tables import NumberHashRow
from risk_gateway.bases.violations.model import UNKNOWN_HASH, State, Violation
from risk_gateway.bases.violations.store import newest_rows, read_all, version_table

hash_table = SQLModel.metadata.tables[NumberHashRow.__tablename__]
_AFTER_UNKNOWN = UNKNOWN_HASH[:-1] + chr(ord(UNKNOWN_HASH[-1]) + 1)
_UNMATCHED = (version_table.c.number >= UNKNOWN_HASH) & (version_table.c.number < _AFTER_UNKNOWN)


def unhashed(connection: Connection, partner: str, salt: str) -> list[str]:
    """Return the numbers of participants and in the base of violations that have no hash under this salt yet."""
    numbers = union(
        select(participant.c.identifier.label("number")), select(version_table.c.number).where(~_UNMATCHED)
    ).subquery()
    columns = hash_table.c
    known = (columns.partner == partner) & (columns.salt == salt) & (columns.number == numbers.c.number)
    wanted = select(numbers.c.number).where(~select(columns.hash).where(known).exists())
    return list(connection.execute(wanted.order_by(numbers.c.number)).scalars())


def put(connection: Connection, partner: str, salt: str, hashes: Iterable[tuple[str, str]]) -> None:
    """Add (hash, number) under a salt, those that are there already left alone; forget what is under another."""
    columns = hash_table.c
    connection.execute(delete(hash_table).where(columns.partner == partner, columns.salt != salt))
    rows = [{"partner": partner, "salt": salt, "hash": hashed, "number": number} for hashed, number in hashes]
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(add(hash_table).on_conflict_do_nothing(), rows)


def find(connection: Connection, partner: str, salt: str, digits: str) -> str | None:
    """Return the number whose hash begins with these digits."""
    columns = hash_table.c
    wanted = select(columns.number).where(columns.partner == partner, columns.salt == salt)
    between = (columns.hash >= digits) & (columns.hash < digits + "g")  # no digit comes after f
    return connection.execute(wanted.where(between).order_by(columns.number).limit(1)).scalar()


def unmatched(connection: Connection, day: date) -> tuple[Violation, ...]:
    """Return the records that may be held that day of whose number only a hash is known, as they are now."""
    held = (version_table.c.hold_until >= day) & (version_table.c.state != State.ANNULLED.value)
    return read_all(connection.execute(newest_rows().where(_UNMATCHED, held).order_by(version_table.c.cursor)))
