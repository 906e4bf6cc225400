"""What is kept of movements. The caller commits, and holds the lock of the journal's head where it writes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Table, delete, func, insert, or_, select, update
from sqlmodel import SQLModel

from declarations.movements.events import MATTERS, Breach, EventKind, SealEvent, Seen
from declarations.movements.lifecycle import Status
from declarations.movements.model import Movement, number_of
from declarations.movements.tables import (
    MovementAlarmRow,
    MovementFileRow,
    MovementMoveRow,
    MovementRow,
    MovementSealRow,
    SealEventRow,
)
from declarations.store import aware

movement: Table = SQLModel.metadata.tables[MovementRow.__tablename__]
move: Table = SQLModel.metadata.tables[MovementMoveRow.__tablename__]
seal: Table = SQLModel.metadata.tables[MovementSealRow.__tablename__]
seal_event: Table = SQLModel.metadata.tables[SealEventRow.__tablename__]
alarm: Table = SQLModel.metadata.tables[MovementAlarmRow.__tablename__]
attachment: Table = SQLModel.metadata.tables[MovementFileRow.__tablename__]

LISTED_MOST = 500
Values = Mapping[str, Any]


class Received(Struct, frozen=True, gc=False):
    """An event as it is kept: with where it was, and what is known of its clock by our own."""

    seen: Seen
    received_at: datetime
    ahead_seconds: int
    movement: str


class Alarm(Struct, frozen=True):
    """A breach that was told to officials. `withdrawn_at` when later events showed that nothing was."""

    breach: Breach
    raised_at: datetime
    withdrawn_at: datetime | None
    sequence: int


# --- movements ------------------------------------------------------------------------------------------------------


def next_number(connection: Connection, departure: str, destination: str, day: str) -> tuple[str, int]:
    """Return the next number of a movement and its serial; nobody else may ask before the caller's commit."""
    columns = movement.c
    last = select(func.max(columns.serial)).where(columns.departure == departure, columns.day == day)
    serial = (connection.execute(last).scalar() or 0) + 1
    return number_of(departure, destination, day, serial), serial


def add_movement(connection: Connection, made: Movement, day: str, serial: int) -> None:
    fixed = {
        "number": made.number,
        "carrier": made.carrier,
        "reference": made.reference,
        "departure": made.departure,
        "destination": made.destination,
        "day": day,
        "serial": serial,
        "notified_at": made.notified_at,
    }
    connection.execute(insert(movement), {**fixed, **_moving(made)})


def put_movement(connection: Connection, made: Movement, before: Status) -> bool:
    """Write a movement as it is now; tell whether it had been in the status `before`."""
    this = (movement.c.number == made.number) & (movement.c.status == before.value)
    return connection.execute(update(movement).where(this).values(_moving(made))).rowcount == 1


def find_movement(connection: Connection, number: str) -> Movement | None:
    row = connection.execute(select(movement.c.content).where(movement.c.number == number)).first()
    return None if row is None else _movement(row.content)


def find_by_reference(connection: Connection, carrier: str, reference: str) -> Movement | None:
    this = (movement.c.carrier == carrier) & (movement.c.reference == reference)
    row = connection.execute(select(movement.c.content).where(this)).first()
    return None if row is None else _movement(row.content)


def of_declaration(connection: Connection, number: str) -> Movement | None:
    """Return the movement that uses a transit declaration; one that was refused uses none."""
    row = connection.execute(select(movement.c.content).where(movement.c.declaration == number)).first()
    return None if row is None else _movement(row.content)


def of_carrier(connection: Connection, carrier: str) -> tuple[Movement, ...]:
    """Return a carrier's movements, the newest first."""
    return _listed(connection, movement.c.carrier == carrier)


def of_post(connection: Connection, post: str) -> tuple[Movement, ...]:
    """Return the movements that leave or reach a post, the newest first."""
    return _listed(connection, or_(movement.c.departure == post, movement.c.destination == post))


def past_limit(connection: Connection, now: datetime, most: int) -> tuple[Movement, ...]:
    """Return what moves although its limit has passed, the oldest limit first."""
    columns = movement.c
    due = select(columns.content).where(columns.status == Status.MOVING.value, columns.limit_at < now)
    return tuple(_movement(row.content) for row in connection.execute(due.order_by(columns.limit_at).limit(most)))


def past_answer(connection: Connection, now: datetime, most: int) -> tuple[Movement, ...]:
    """Return what was not delivered and whose enquiry has ended."""
    columns = movement.c
    due = select(columns.content).where(columns.status == Status.NOT_DELIVERED.value, columns.answer_by < now)
    return tuple(_movement(row.content) for row in connection.execute(due.order_by(columns.answer_by).limit(most)))


def all_numbers(connection: Connection) -> tuple[str, ...]:
    return tuple(connection.execute(select(movement.c.number).order_by(movement.c.number)).scalars())


def _listed(connection: Connection, where: Any) -> tuple[Movement, ...]:
    wanted = select(movement.c.content).where(where).order_by(movement.c.notified_at.desc(), movement.c.number.desc())
    return tuple(_movement(row.content) for row in connection.execute(wanted.limit(LISTED_MOST)))


def _moving(made: Movement) -> dict[str, Any]:
    return {
        "status": made.status.value,
        "limit_at": made.limit,
        "answer_by": made.answer_by,
        "declaration": made.declaration or None if made.status is not Status.REFUSED else None,
        "content": msgspec.json.encode(made, order="sorted"),
    }


def _movement(content: bytes) -> Movement:
    return msgspec.json.decode(content, type=Movement)


# --- moves and their files ------------------------------------------------------------------------------------------


def add_move(connection: Connection, values: Values) -> None:
    connection.execute(insert(move), values)


def read_moves(connection: Connection, number: str) -> list[Row[Any]]:
    """Return the moves of a movement, oldest first."""
    return list(connection.execute(select(move).where(move.c.number == number).order_by(move.c.sequence)))


def find_move(connection: Connection, number: str, sequence: int) -> Row[Any] | None:
    this = (move.c.number == number) & (move.c.sequence == sequence)
    return connection.execute(select(move).where(this)).first()


def add_files(connection: Connection, rows: Sequence[Values]) -> None:
    if rows:
        connection.execute(insert(attachment), list(rows))


def list_files(connection: Connection, number: str) -> list[Row[Any]]:
    """Return the files of a movement without their content."""
    columns = [each for each in attachment.c if each.name != "content"]
    this = select(*columns).where(attachment.c.movement == number)
    return list(connection.execute(this.order_by(attachment.c.sequence, attachment.c.position)))


def find_file(connection: Connection, number: str, identifier: str) -> Row[Any] | None:
    this = (attachment.c.movement == number) & (attachment.c.id == identifier)
    return connection.execute(select(attachment).where(this)).first()


# --- seals ----------------------------------------------------------------------------------------------------------


def free_seals(connection: Connection, number: str) -> None:
    """Note that no seal is on the goods of a movement any more."""
    connection.execute(delete(seal).where(seal.c.movement == number))


def use_seals(connection: Connection, number: str, seals: Sequence[str]) -> tuple[str, ...]:
    """Note which seals are on the goods of a movement. Return those that are on others; then nothing is noted."""
    where = (seal.c.seal.in_(seals)) & (seal.c.movement != number)
    taken = tuple(connection.execute(select(seal.c.seal).where(where).order_by(seal.c.seal)).scalars())
    if not taken:
        free_seals(connection, number)
        connection.execute(insert(seal), [{"seal": each, "movement": number} for each in seals])
    return taken


# --- events and alarms ----------------------------------------------------------------------------------------------


def find_events(connection: Connection, operator: str, ids: Iterable[str]) -> dict[str, Received]:
    """Return those of these events that were taken before, by id."""
    columns = seal_event.c
    wanted = select(seal_event).where(columns.operator == operator, columns.id.in_(list(ids)))
    return {row.id: _received(row) for row in connection.execute(wanted)}


def add_events(connection: Connection, operator: str, sequence: int, events: Sequence[Received]) -> None:
    if events:
        connection.execute(insert(seal_event), [_event_row(operator, sequence, each) for each in events])


def read_events(connection: Connection, number: str) -> list[Received]:
    """Return all events of a movement, in no order that means anything."""
    return [_received(row) for row in connection.execute(select(seal_event).where(seal_event.c.movement == number))]


def batches(connection: Connection, number: str) -> dict[int, tuple[Received, ...]]:
    """Return the events of a movement by the entry of the journal that took them."""
    found: dict[int, tuple[Received, ...]] = {}
    wanted = select(seal_event).where(seal_event.c.movement == number).order_by(seal_event.c.sequence)
    for row in connection.execute(wanted):
        found[row.sequence] = (*found.get(row.sequence, ()), _received(row))
    return found


def read_alarms(connection: Connection, number: str) -> tuple[Alarm, ...]:
    """Return the alarms of a movement, the newest first."""
    wanted = select(alarm).where(alarm.c.movement == number).order_by(alarm.c.sequence.desc(), alarm.c.key)
    return tuple(map(_alarm, connection.execute(wanted)))


def alarms_of(connection: Connection, numbers: Sequence[str]) -> dict[str, tuple[Alarm, ...]]:
    """Return the alarms that stand, by movement."""
    found: dict[str, tuple[Alarm, ...]] = {}
    wanted = select(alarm).where(alarm.c.movement.in_(numbers), alarm.c.withdrawn_at.is_(None))
    for row in connection.execute(wanted.order_by(alarm.c.sequence.desc(), alarm.c.key)):
        found[row.movement] = (*found.get(row.movement, ()), _alarm(row))
    return found


def raise_alarms(connection: Connection, number: str, breaches: Sequence[Breach], at: datetime, sequence: int) -> None:
    """Add alarms, or let those stand again that had been withdrawn."""
    for each in breaches:
        values = {"content": msgspec.json.encode(each), "withdrawn_at": None}
        this = (alarm.c.movement == number) & (alarm.c.key == each.key)
        if connection.execute(update(alarm).where(this).values(values)).rowcount == 0:
            judged = each.kind not in MATTERS
            fixed = {"movement": number, "key": each.key, "raised_at": at, "judged": judged, "sequence": sequence}
            connection.execute(insert(alarm), {**fixed, **values})


def unjudged(connection: Connection, most: int) -> tuple[str, ...]:
    """Return the movements with alarms that the gateway has not judged."""
    wanted = select(alarm.c.movement).where(alarm.c.judged.is_(False)).distinct().limit(most)
    return tuple(connection.execute(wanted).scalars())


def count_unjudged(connection: Connection, number: str) -> int:
    this = (alarm.c.movement == number) & alarm.c.judged.is_(False)
    return int(connection.execute(select(func.count()).select_from(alarm).where(this)).scalar_one())


def note_judged(connection: Connection, number: str, until: int) -> None:
    """Note that the alarms of a movement that were raised by the entry `until` have been judged."""
    this = (alarm.c.movement == number) & (alarm.c.sequence <= until)
    connection.execute(update(alarm).where(this).values(judged=True))


def withdraw_alarms(connection: Connection, number: str, keys: Iterable[str], at: datetime) -> None:
    this = (alarm.c.movement == number) & alarm.c.key.in_(list(keys)) & alarm.c.withdrawn_at.is_(None)
    connection.execute(update(alarm).where(this).values(withdrawn_at=at))


def _event_row(operator: str, sequence: int, received: Received) -> dict[str, Any]:
    seen, event = received.seen, received.seen.event
    return {
        "operator": operator,
        "id": event.id,
        "movement": received.movement,
        "seal": event.seal,
        "kind": event.kind.value,
        "at": event.at,
        "counter": event.counter,
        "longitude": event.longitude,
        "latitude": event.latitude,
        "battery_percent": event.battery_percent,
        "x": seen.x,
        "y": seen.y,
        "metres_off": seen.metres_off,
        "at_place": seen.at_place,
        "ahead_seconds": received.ahead_seconds,
        "received_at": received.received_at,
        "sequence": sequence,
    }


def _received(row: Row[Any]) -> Received:
    event = SealEvent(
        id=row.id,
        seal=row.seal,
        kind=EventKind(row.kind),
        at=aware(row.at),
        counter=row.counter,
        longitude=row.longitude,
        latitude=row.latitude,
        battery_percent=row.battery_percent,
    )
    seen = Seen(event, row.x, row.y, row.metres_off, row.at_place)
    return Received(seen, aware(row.received_at), row.ahead_seconds, row.movement)


def _alarm(row: Row[Any]) -> Alarm:
    breach = msgspec.json.decode(row.content, type=Breach)
    withdrawn_at = None if row.withdrawn_at is None else aware(row.withdrawn_at)
    return Alarm(breach, aware(row.raised_at), withdrawn_at, row.sequence)
