"""Powers of attorney that get another end, and what they said before. Core over a caller's connection."""

from datetime import date
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update
from sqlmodel import SQLModel

from declarations.participants import PowerOfAttorney
from declarations.store import power, read_powers
from declarations.tables import PowerChangeRow

power_change = SQLModel.metadata.tables[PowerChangeRow.__tablename__]


def find_power(connection: Connection, principal: str, agent: str, number: str) -> PowerOfAttorney | None:
    given = read_powers(connection, principal)
    return next((each for each in given if (each.agent, each.number) == (agent, number)), None)


def change_power(
    connection: Connection, given: PowerOfAttorney, valid_to: date, revoked_on: date | None, sequence: int
) -> None:
    """Give a power of attorney another end, and keep what it said until this journal entry."""
    key = {"principal": given.principal, "agent": given.agent, "number": given.number}
    before = {"valid_to": given.valid_to, "revoked_on": given.revoked_on}
    connection.execute(insert(power_change), {**key, "sequence": sequence, **before})
    same = (power.c.principal == given.principal) & (power.c.agent == given.agent) & (power.c.number == given.number)
    connection.execute(update(power).where(same).values(valid_to=valid_to, revoked_on=revoked_on))


def read_powers_at(connection: Connection, principal: str, sequence: int) -> tuple[PowerOfAttorney, ...]:
    """Return every power of attorney of this participant, saying what it said at this journal entry."""
    later = select(power_change).where(power_change.c.principal == principal, power_change.c.sequence > sequence)
    first: dict[tuple[str, str], Any] = {}
    for row in connection.execute(later.order_by(power_change.c.sequence)):
        first.setdefault((row.agent, row.number), row)
    found = []
    for each in read_powers(connection, principal):
        before = first.get((each.agent, each.number))
        found.append(replace(each, valid_to=before.valid_to, revoked_on=before.revoked_on) if before else each)
    return tuple(found)
