"""What can become of a movement under customs control: one table of allowed moves.

docs/movements.md tells why a move is as it is.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Status(StrEnum):
    NOTIFIED = "NOTIFIED"  # the carrier told that the goods will cross
    CLEARED = "CLEARED"  # documents were accepted and checked before departure
    SEALED = "SEALED"
    MOVING = "MOVING"
    ARRIVED = "ARRIVED"
    DISCHARGED = "DISCHARGED"
    DISCREPANCY = "DISCREPANCY"
    NOT_DELIVERED = "NOT_DELIVERED"  # the limit date passed: an enquiry is open
    RECOVERY = "RECOVERY"  # payments are recovered from the carrier
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"  # prohibited goods


class Actor(StrEnum):
    """Who makes a move. At which post an official has to be is the `side` of a move."""

    CARRIER = "carrier"
    INSPECTOR = "inspector"
    TIMER = "timer"


class Side(StrEnum):
    """At which post an inspector has to be."""

    DEPARTURE = "departure"
    DESTINATION = "destination"


class Action(StrEnum):
    NOTIFY = "notify"
    CLEAR = "clear"
    REFUSE = "refuse"
    STOP = "stop"
    SEAL = "seal"
    LET_GO = "let go"
    ARRIVE = "arrive"
    DISCHARGE = "discharge"
    FIND_DISCREPANCY = "find discrepancy"
    MISS_LIMIT = "miss limit"
    EXPLAIN = "explain"
    EXTEND = "extend limit"
    RECOVER = "recover"
    CONFIRM = "confirm violation"


class Move(Struct, frozen=True, kw_only=True):
    """One allowed move. `source` is None for the first. `event` is what the journal calls it, `notice` the WCO response
    code of what the carrier is sent, None where nothing is sent. `text` tells that words are needed, `reason` that a
    coded reason is. Of an inspector `side` tells at which post.
    """

    action: Action
    source: Status | None
    target: Status
    actors: tuple[Actor, ...]
    event: str = "movement.moved"
    notice: str | None = None
    side: Side | None = None
    text: bool = False
    reason: bool = False


_S, _A = Status, Action
_CARRIER, _INSPECTOR, _TIMER = (Actor.CARRIER,), (Actor.INSPECTOR,), (Actor.TIMER,)


def _at_departure(
    action: Action, source: Status, target: Status, notice: str | None, *, text: bool = False, reason: bool = False
) -> Move:
    return Move(
        action=action,
        source=source,
        target=target,
        actors=_INSPECTOR,
        notice=notice,
        side=Side.DEPARTURE,
        text=text,
        reason=reason,
    )


def _at_destination(
    action: Action, source: Status, target: Status, notice: str | None, *, text: bool = False, reason: bool = False
) -> Move:
    return Move(
        action=action,
        source=source,
        target=target,
        actors=_INSPECTOR,
        notice=notice,
        side=Side.DESTINATION,
        text=text,
        reason=reason,
    )


MOVES: Final = (
    Move(action=_A.NOTIFY, source=None, target=_S.NOTIFIED, actors=_CARRIER, notice="02"),
    _at_departure(_A.CLEAR, _S.NOTIFIED, _S.CLEARED, "01"),
    _at_departure(_A.REFUSE, _S.NOTIFIED, _S.REFUSED, "03", text=True, reason=True),
    _at_departure(_A.REFUSE, _S.CLEARED, _S.REFUSED, "03", text=True, reason=True),
    _at_departure(_A.REFUSE, _S.SEALED, _S.REFUSED, "03", text=True, reason=True),
    _at_departure(_A.STOP, _S.NOTIFIED, _S.STOPPED, "52", text=True, reason=True),
    _at_departure(_A.STOP, _S.CLEARED, _S.STOPPED, "52", text=True, reason=True),
    _at_departure(_A.STOP, _S.SEALED, _S.STOPPED, "52", text=True, reason=True),
    _at_departure(_A.SEAL, _S.CLEARED, _S.SEALED, None),
    _at_departure(_A.SEAL, _S.SEALED, _S.SEALED, None),  # other seals, or another guarantee
    _at_departure(_A.LET_GO, _S.SEALED, _S.MOVING, "08"),
    _at_destination(_A.ARRIVE, _S.MOVING, _S.ARRIVED, "01"),
    _at_destination(_A.ARRIVE, _S.NOT_DELIVERED, _S.ARRIVED, "01"),  # late, and yet
    _at_destination(_A.DISCHARGE, _S.ARRIVED, _S.DISCHARGED, "09"),
    _at_destination(_A.FIND_DISCREPANCY, _S.ARRIVED, _S.DISCREPANCY, "05", text=True),
    _at_destination(_A.RECOVER, _S.DISCREPANCY, _S.RECOVERY, "13"),
    Move(action=_A.MISS_LIMIT, source=_S.MOVING, target=_S.NOT_DELIVERED, actors=_TIMER, notice="51"),
    Move(action=_A.EXPLAIN, source=_S.NOT_DELIVERED, target=_S.NOT_DELIVERED, actors=_CARRIER, text=True),
    Move(action=_A.RECOVER, source=_S.NOT_DELIVERED, target=_S.RECOVERY, actors=_TIMER, notice="13"),
    _at_departure(_A.RECOVER, _S.NOT_DELIVERED, _S.RECOVERY, "13", text=True),
    _at_departure(_A.EXTEND, _S.NOT_DELIVERED, _S.MOVING, "11", text=True),  # what the carrier explained holds
    _at_departure(_A.CONFIRM, _S.RECOVERY, _S.RECOVERY, None, text=True),  # docs/decisions/0025
)

UNDER_WAY: Final = (_S.MOVING, _S.NOT_DELIVERED)  # seals are listened to
EXPECTED: Final = (_S.NOTIFIED, _S.CLEARED, _S.SEALED)
ENDED: Final = (_S.DISCHARGED, _S.RECOVERY, _S.REFUSED, _S.STOPPED)


def moves_from(status: Status | None) -> Iterator[Move]:
    return (move for move in MOVES if move.source is status)


def move_for(status: Status | None, action: Action, actor: Actor) -> Move | None:
    """Return the move of the table, None where there is none for this actor."""
    return next((move for move in moves_from(status) if move.action is action and actor in move.actors), None)
