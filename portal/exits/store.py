"""What is kept of exports at the border. All is SQLAlchemy Core over a caller's connection; the caller commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from portal.exits.tables import ExitArrivalRow, ExitBalanceRow

arrival_table = SQLModel.metadata.tables[ExitArrivalRow.__tablename__]
balance_table = SQLModel.metadata.tables[ExitBalanceRow.__tablename__]


class Arrival(Struct, frozen=True, kw_only=True):
    """A vehicle at a border post. `left_items` are grams by item, once it has left."""

    sequence: int
    registration_number: str
    version: int
    post: str
    vehicle: str
    seals: str
    arrived_at: datetime
    arrived_by_iin: str
    surveyed_sequence: int | None = None
    surveyed_at: datetime | None = None
    surveyed_by_iin: str | None = None
    as_declared: bool | None = None
    survey_seals: str = ""
    survey_text: str = ""
    left_sequence: int | None = None
    left_at: datetime | None = None
    left_by_iin: str | None = None
    left_items: Mapping[int, int] = {}


class Balance(Struct, frozen=True):
    """How much of an item was released and has left, in grams."""

    item: int
    released: int
    left: int

    @property
    def remaining(self) -> int:
        return self.released - self.left


def add_arrival(connection: Connection, arrival: Arrival) -> None:
    values = {name: getattr(arrival, name) for name in arrival.__struct_fields__}
    connection.execute(insert(arrival_table), {**values, "left_items": ""})


def change_arrival(connection: Connection, sequence: int, unset: str, values: Mapping[str, Any]) -> bool:
    """Change an arrival of which the column `unset` is still empty; tell whether it was."""
    where = (arrival_table.c.sequence == sequence, arrival_table.c[unset].is_(None))
    return connection.execute(update(arrival_table).where(*where).values(**values)).rowcount == 1


def find_arrival(connection: Connection, sequence: int) -> Arrival | None:
    row = connection.execute(select(arrival_table).where(arrival_table.c.sequence == sequence)).first()
    return None if row is None else _arrival(row)


def find_waiting(connection: Connection, number: str, vehicle: str) -> Arrival | None:
    """Return the arrival of a vehicle that has not left yet."""
    columns = arrival_table.c
    where = (columns.registration_number == number, columns.vehicle == vehicle, columns.left_sequence.is_(None))
    row = connection.execute(select(arrival_table).where(*where)).first()
    return None if row is None else _arrival(row)


def arrivals_of(connection: Connection, number: str) -> list[Arrival]:
    wanted = select(arrival_table).where(arrival_table.c.registration_number == number)
    return [_arrival(row) for row in connection.execute(wanted.order_by(arrival_table.c.sequence))]


def waiting_at(connection: Connection, post: str) -> list[Arrival]:
    """Return the vehicles at a post that have not left, the longest there first."""
    where = (arrival_table.c.post == post, arrival_table.c.left_sequence.is_(None))
    return [_arrival(row) for row in connection.execute(select(arrival_table).where(*where).order_by("sequence"))]


def all_arrivals(connection: Connection) -> list[Arrival]:
    return [_arrival(row) for row in connection.execute(select(arrival_table).order_by("sequence"))]


def balances_of(connection: Connection, number: str) -> dict[int, Balance]:
    wanted = select(balance_table).where(balance_table.c.registration_number == number).order_by(balance_table.c.item)
    return {
        row.item: Balance(row.item, int(row.released_grams), int(row.left_grams)) for row in connection.execute(wanted)
    }


def all_balances(connection: Connection) -> dict[tuple[str, int], Balance]:
    rows = connection.execute(select(balance_table))
    return {
        (row.registration_number, row.item): Balance(row.item, int(row.released_grams), int(row.left_grams))
        for row in rows
    }


def add_balances(connection: Connection, number: str, released: Mapping[int, int]) -> None:
    rows = [
        {"registration_number": number, "item": item, "released_grams": grams, "left_grams": 0}
        for item, grams in released.items()
    ]
    connection.execute(insert(balance_table), rows)


def set_released(connection: Connection, number: str, item: int, grams: int) -> bool:
    """Change how much of an item is released; tell whether that is not less than has left."""
    columns = balance_table.c
    where = (columns.registration_number == number, columns.item == item, columns.left_grams <= grams)
    return connection.execute(update(balance_table).where(*where).values(released_grams=grams)).rowcount == 1


def let_leave(connection: Connection, number: str, item: int, grams: int) -> bool:
    """Have so much of an item leave; tell whether so much was left."""
    columns = balance_table.c
    where = (
        columns.registration_number == number,
        columns.item == item,
        columns.left_grams + grams <= columns.released_grams,
    )
    more = update(balance_table).where(*where).values(left_grams=columns.left_grams + grams)
    return connection.execute(more).rowcount == 1


def _arrival(row: Row[Any]) -> Arrival:
    values = {name: getattr(row, name) for name in Arrival.__struct_fields__}
    for name in ("arrived_at", "surveyed_at", "left_at"):
        values[name] = values[name] and aware(values[name])
    values["left_items"] = msgspec.json.decode(row.left_items, type=dict[int, int]) if row.left_items else {}
    return Arrival(**values)


def encode_items(items: Mapping[int, int]) -> str:
    return msgspec.json.encode(dict(sorted(items.items()))).decode()
