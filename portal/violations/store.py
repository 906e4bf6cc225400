"""What similar names are looked for among: participants of ours, and everybody who is in the base of violations."""

from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select

from declarations.store import participant
from risk_gateway.bases.violations.model import Violation, participant_identity
from risk_gateway.bases.violations.store import newest_rows, read_all, version_table


class Named(Struct, frozen=True):
    """Somebody by key (Identity.key) and name."""

    key: str
    name: str


def named_participants(connection: Connection) -> tuple[Named, ...]:
    """Return every participant of ours."""
    rows = connection.execute(select(participant.c.identifier, participant.c.name).order_by(participant.c.identifier))
    return tuple(Named(participant_identity(row.identifier).key, row.name) for row in rows)


def named_on_record(connection: Connection, day: date) -> tuple[Named, ...]:
    """Return everybody of whom a violation is held that day, once for each name that is written of them."""
    columns = version_table.c
    wanted = select(columns.identity, columns.name).where(columns.hold_until >= day, columns.name != "").distinct()
    return tuple(Named(row.identity, row.name) for row in connection.execute(wanted.order_by(columns.identity)))


def held_of(connection: Connection, keys: tuple[str, ...], day: date) -> tuple[Any, ...]:
    """Return the records on these identities that are held that day, as rows, newest first."""
    columns = version_table.c
    wanted = newest_rows().where(columns.identity.in_(keys), columns.hold_until >= day)
    return tuple(connection.execute(wanted.order_by(columns.committed_on.desc(), columns.id)))


def keys_of_number(connection: Connection, number: str) -> tuple[str, ...]:
    """Return the keys of all identities with this number, of whatever country."""
    wanted = select(version_table.c.identity).where(version_table.c.number == number).distinct()
    return tuple(connection.execute(wanted.order_by(version_table.c.identity)).scalars())


def participants_of(connection: Connection, number: str) -> tuple[Named, ...]:
    """Return the participant with this BIN or IIN, if one is on record."""
    rows = connection.execute(
        select(participant.c.identifier, participant.c.name).where(participant.c.identifier == number)
    )
    return tuple(Named(participant_identity(row.identifier).key, row.name) for row in rows)


def newest_of(connection: Connection, key: str) -> Violation | None:
    """Return the record on an identity that was written last."""
    wanted = select(version_table).where(version_table.c.identity == key).order_by(version_table.c.cursor.desc())
    found = read_all(connection.execute(wanted.limit(1)))
    return found[0] if found else None
