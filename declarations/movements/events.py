"""What electronic seals tell, and what it comes to: a fold over the events as a set.

Events come late, twice and out of order, and clocks of seals run wrong. So the state is computed from all unique events
in the order of each seal's own counter, never from the order in which they came: the same events give the same state.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from declarations.movements.network import Corridor, Terms


class EventKind(StrEnum):
    SEALED = "sealed"
    POSITION = "position"
    OPENED = "opened"
    TAMPERED = "tampered"
    LOW_BATTERY = "low_battery"
    REMOVED = "removed"


class SealEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One event. `id` is the operator's, `counter` the seal's own and counts up by its events; `at` is by the seal's
    clock, aware UTC; longitude and latitude are millionths of a degree."""

    id: str
    seal: str
    kind: EventKind
    at: datetime
    counter: int
    longitude: int | None = None
    latitude: int | None = None
    battery_percent: int | None = None


class Seen(Struct, frozen=True, gc=False):
    """An event with where it was: `metres_off` the road and on the plane (x, y); None without a position."""

    event: SealEvent
    x: int | None = None
    y: int | None = None
    metres_off: int | None = None
    at_place: bool = False


class BreachKind(StrEnum):
    OPENED = "opened"
    TAMPERED = "tampered"
    REMOVED = "removed"
    OFF_ROUTE = "off route"
    UNPLANNED_STOP = "unplanned stop"
    LOW_BATTERY = "low battery"
    CLOCK_BACK = "clock jumped back"
    CLOCK_APART = "clock apart at sealing"
    CLOCK_AHEAD = "clock ahead"  # found when an event is received: later than the moment it arrives


BROKEN = frozenset({BreachKind.OPENED, BreachKind.TAMPERED, BreachKind.REMOVED})
MATTERS = BROKEN | {BreachKind.OFF_ROUTE, BreachKind.UNPLANNED_STOP}  # the gateway judges anew
CLOCKS = frozenset({BreachKind.CLOCK_BACK, BreachKind.CLOCK_APART, BreachKind.CLOCK_AHEAD})
_BREAKS = {
    EventKind.OPENED: BreachKind.OPENED,
    EventKind.TAMPERED: BreachKind.TAMPERED,
    EventKind.REMOVED: BreachKind.REMOVED,
    EventKind.LOW_BATTERY: BreachKind.LOW_BATTERY,
}


class Breach(Struct, frozen=True, gc=False):
    """Something that should not be. `event` is that which it begins with; `metres` from the road, `minutes` stood."""

    kind: BreachKind
    seal: str
    event: str
    at: datetime
    longitude: int | None = None
    latitude: int | None = None
    metres: int = 0
    minutes: int = 0

    @property
    def key(self) -> str:
        """By what it is known again when more events have come."""
        return f"{self.kind.value}:{self.seal}:{self.event}"


class SealState(Struct, frozen=True, gc=False):
    """A seal as its events leave it. `broken` is the first breach that broke it: closing again mends nothing."""

    number: str
    events: int
    last_at: datetime
    longitude: int | None
    latitude: int | None
    position_at: datetime | None
    broken: BreachKind | None
    low_battery: bool


class State(Struct, frozen=True, gc=False):
    """What all events of a movement come to."""

    seals: tuple[SealState, ...] = ()
    breaches: tuple[Breach, ...] = ()

    def has(self, kinds: Iterable[BreachKind]) -> bool:
        wanted = frozenset(kinds)
        return any(each.kind in wanted for each in self.breaches)


def locate(event: SealEvent, corridor: Corridor | None) -> Seen:
    """Return an event with where it was, beside the corridor of its movement."""
    if corridor is None or event.longitude is None or event.latitude is None:
        return Seen(event)
    found = corridor.locate(event.longitude, event.latitude)
    return Seen(event, found.x, found.y, found.metres_off, found.at_place)


def fold(seen: Iterable[Seen], terms: Terms, sealed_at: datetime | None = None) -> State:
    """Return what the events come to, in whatever order and however often they are given.

    `sealed_at` is when an official put the seals on, by our clock.
    """
    unique = {each.event.id: each for each in seen}
    by_seal: dict[str, list[Seen]] = {}
    for each in unique.values():
        by_seal.setdefault(each.event.seal, []).append(each)
    states, breaches = [], []
    for number in sorted(by_seal):
        told = sorted(by_seal[number], key=_place_in_order)
        found = [*_of_one(_from_sealing(told), terms), *_clock(told, terms, sealed_at)]
        states.append(_state(number, told, found))
        breaches += found
    return State(tuple(states), tuple(sorted(breaches, key=lambda each: (each.at, each.key))))


def _place_in_order(seen: Seen) -> tuple[int, datetime, str]:
    return seen.event.counter, seen.event.at, seen.event.id


def _from_sealing(told: Sequence[Seen]) -> Sequence[Seen]:
    """Leave out what a seal told before it was put on; everything counts where that is not told."""
    first = next((place for place, each in enumerate(told) if each.event.kind is EventKind.SEALED), 0)
    return told[first:]


def _of_one(told: Sequence[Seen], terms: Terms) -> Iterator[Breach]:
    """Yield what the events of one seal come to, in the order of its counter."""
    yield from (_breach(_BREAKS[each.event.kind], each) for each in told if each.event.kind in _BREAKS)
    placed = [each for each in told if each.metres_off is not None]
    yield from _left(placed, terms)
    yield from _stops(placed, terms)


def _left(placed: Sequence[Seen], terms: Terms) -> Iterator[Breach]:
    """Yield the first position of each time that the road was left."""
    off = False
    for each in placed:
        left = (each.metres_off or 0) > terms.corridor_metres
        if left and not off:
            yield _breach(BreachKind.OFF_ROUTE, each)
        off = left


def _stops(placed: Sequence[Seen], terms: Terms) -> Iterator[Breach]:
    """Yield each long stop where none is planned, from its first position."""
    first: Seen | None = None
    for each in placed:
        if first is None or each.event.at < first.event.at or not _near(first, each, terms):
            first, told = each, False
        minutes = int((each.event.at - first.event.at).total_seconds() // 60)
        if minutes >= terms.stop_minutes and not first.at_place and not told:
            told = True
            yield _breach(BreachKind.UNPLANNED_STOP, first, minutes)


def _near(one: Seen, other: Seen, terms: Terms) -> bool:
    if one.x is None or one.y is None or other.x is None or other.y is None:
        return False
    return (one.x - other.x) ** 2 + (one.y - other.y) ** 2 <= terms.stop_metres**2


def _clock(told: Sequence[Seen], terms: Terms, sealed_at: datetime | None) -> Iterator[Breach]:
    """Yield where a seal's clock cannot be right: it goes back while the counter goes on, or was apart at sealing."""
    slack = timedelta(seconds=terms.clock_seconds)
    latest: datetime | None = None
    for each in told:
        at = each.event.at
        if latest is not None and at < latest - slack:
            yield _breach(BreachKind.CLOCK_BACK, each, int((latest - at).total_seconds() // 60))
            latest = at
        latest = at if latest is None else max(latest, at)
        if each.event.kind is EventKind.SEALED and sealed_at is not None:
            apart = abs(at - sealed_at)
            if apart > timedelta(minutes=terms.sealing_minutes):
                yield _breach(BreachKind.CLOCK_APART, each, int(apart.total_seconds() // 60))


def ahead(event: SealEvent, received_at: datetime, terms: Terms) -> int:
    """Return by how many seconds an event is later than the moment it was received, 0 for what may be."""
    seconds = int((event.at - received_at).total_seconds())
    return seconds if seconds > terms.clock_seconds else 0


def clock_ahead(seen: Seen, seconds: int) -> Breach:
    """Return the breach of a clock that runs ahead: one of each seal, whichever event it was first seen by."""
    return replace(_breach(BreachKind.CLOCK_AHEAD, seen, seconds // 60), event="")


def _breach(kind: BreachKind, seen: Seen, minutes: int = 0) -> Breach:
    event = seen.event
    metres = seen.metres_off or 0
    return Breach(kind, event.seal, event.id, event.at, event.longitude, event.latitude, metres, minutes)


def _state(number: str, told: Sequence[Seen], breaches: Sequence[Breach]) -> SealState:
    placed = next((each for each in reversed(told) if each.event.longitude is not None), None)
    return SealState(
        number=number,
        events=len(told),
        last_at=told[-1].event.at,
        longitude=placed.event.longitude if placed else None,
        latitude=placed.event.latitude if placed else None,
        position_at=placed.event.at if placed else None,
        broken=next((each.kind for each in breaches if each.kind in BROKEN), None),
        low_battery=any(each.kind is BreachKind.LOW_BATTERY for each in breaches),
    )
