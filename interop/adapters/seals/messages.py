"""Batches of events as the operator of electronic seals sends them: POST /api/v1/movements/{number}/events."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from declarations.movements.events import EventKind, SealEvent
from interop.calls import NotUnderstood

BATCH_MAX: Final = 500
_MICRO: Final = 1_000_000
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_SEAL: Final = re.compile(r"[A-Z0-9-]{1,40}")

Longitude = Annotated[float, Meta(ge=-180, le=180)]
Latitude = Annotated[float, Meta(ge=-89, le=89)]


class Told(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event. `at` is by the seal's clock, with its zone; `counter` counts a seal's events up."""

    id: str
    seal: str
    kind: EventKind
    at: Annotated[datetime, Meta(tz=True)]
    counter: Annotated[int, Meta(ge=0, le=2**53)]
    longitude: Longitude | None = None
    latitude: Latitude | None = None
    battery_percent: Annotated[int, Meta(ge=0, le=100)] | None = None


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Events of one movement, in whatever order."""

    events: Annotated[list[Told], Meta(min_length=1, max_length=BATCH_MAX)]


class Outcome(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"
    REFUSED = "refused"


class Answered(Struct, frozen=True, omit_defaults=True):
    """What became of an event; `code` says why it was refused."""

    id: str
    outcome: Outcome
    code: str = ""


class Answers(Struct, frozen=True):
    movement: str
    events: list[Answered]


def read_batch(body: bytes) -> tuple[SealEvent, ...]:
    """Return the events of a batch. Raises `NotUnderstood` for what is none."""
    try:
        batch = msgspec.json.decode(body, type=Batch)
        return tuple(map(_event, batch.events))
    except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise NotUnderstood(str(error)) from None


def batch_of(events: Sequence[SealEvent]) -> bytes:
    """Return the body that tells of these events."""
    return msgspec.json.encode(Batch([_told(each) for each in events]))


def _event(told: Told) -> SealEvent:
    if not _ID.fullmatch(told.id) or not _SEAL.fullmatch(told.seal):
        raise ValueError("id or seal")
    if (told.longitude is None) != (told.latitude is None):
        raise ValueError("half a position")
    return SealEvent(
        id=told.id,
        seal=told.seal,
        kind=told.kind,
        at=told.at.astimezone(UTC),
        counter=told.counter,
        longitude=None if told.longitude is None else round(told.longitude * _MICRO),
        latitude=None if told.latitude is None else round(told.latitude * _MICRO),
        battery_percent=told.battery_percent,
    )


def _told(event: SealEvent) -> Told:
    return Told(
        id=event.id,
        seal=event.seal,
        kind=event.kind,
        at=event.at,
        counter=event.counter,
        longitude=None if event.longitude is None else event.longitude / _MICRO,
        latitude=None if event.latitude is None else event.latitude / _MICRO,
        battery_percent=event.battery_percent,
    )
