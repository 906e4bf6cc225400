"""Exports at the border against the journal, and what has left against what was released."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from declarations import store as declarations_store
from declarations.lifecycle import Status
from portal.audit import Event
from portal.exits import store
from portal.exits.service import arrived, left, surveyed
from portal.exits.store import Arrival
from signing.store import journal

_EVENTS = (Event.EXIT_ARRIVED, Event.EXIT_SURVEYED, Event.EXIT_LEFT)


def exit_doubts(connection: Connection) -> Iterator[str]:
    """Yield in a sentence whatever does not fit."""
    told = _told(connection)
    gone: dict[tuple[str, int], int] = {}
    for arrival in store.all_arrivals(connection):
        name = f"the vehicle {arrival.vehicle} with goods of {arrival.registration_number}"
        for sequence, event, said in _steps(arrival):
            if told.pop(sequence, None) != (event.value, arrival.registration_number, said):
                yield f"{name}: what is kept of it is not what entry {sequence} of the journal says ({event.value})"
        for item, grams in arrival.left_items.items():
            key = (arrival.registration_number, item)
            gone[key] = gone.get(key, 0) + grams
    yield from _balances(connection, gone)
    for index, (named, subject, _) in sorted(told.items()):
        yield f"entry {index} of the journal tells of {named} of {subject}, which is not on record"


def _told(connection: Connection) -> dict[int, tuple[str, str, dict[str, Any]]]:
    wanted = [each.value for each in _EVENTS]
    rows = connection.execute(select(journal.c.index, journal.c.entry).where(journal.c.event.in_(wanted)))
    read = ((index, msgspec.json.decode(bytes(entry))) for index, entry in rows)
    return {index: (entry["event"], entry["subject"], entry["particulars"]) for index, entry in read}


def _steps(arrival: Arrival) -> Iterator[tuple[int, Event, dict[str, str]]]:
    yield arrival.sequence, Event.EXIT_ARRIVED, arrived(arrival)
    if arrival.surveyed_sequence is not None:
        yield arrival.surveyed_sequence, Event.EXIT_SURVEYED, surveyed(arrival)
    if arrival.left_sequence is not None:
        yield arrival.left_sequence, Event.EXIT_LEFT, left(arrival)


def _balances(connection: Connection, gone: dict[tuple[str, int], int]) -> Iterator[str]:
    """What has left is what was confirmed, and a declaration is EXITED only when all of it has."""
    remaining: dict[str, int] = {}
    for (number, item), balance in store.all_balances(connection).items():
        remaining[number] = remaining.get(number, 0) + balance.remaining
        if balance.left != gone.pop((number, item), 0):
            yield f"of item {item} of {number} another mass is counted as left than was confirmed"
    for number, item in gone:
        yield f"of item {item} of {number} nothing is counted, and its exit was confirmed"
    for number, grams in remaining.items():
        stored = declarations_store.find_by_number(connection, number)
        if stored is None or (stored.status == Status.EXITED.value) is (grams > 0):
            yield f"{number}: {grams} g have not left, and its status is {stored.status if stored else 'none'}"
