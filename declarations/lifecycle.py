"""What can become of a declaration: one table of allowed moves. A new stage of life is a few more lines of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from declarations.errors import MoveNotAllowed


class Status(StrEnum):
    LODGED = "LODGED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    RELEASED = "RELEASED"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    INSPECTION_ORDERED = "INSPECTION_ORDERED"


class Actor(StrEnum):
    PORTAL = "portal"
    GATEWAY = "gateway"


class Move(Struct, frozen=True):
    """One allowed move. `event` is what the journal calls it; `notice` the WCO response code sent to the declarant.

    `event` is None where nothing is kept: a refused document leaves no trace but its answer, and acceptance is
    recorded with the decision that follows at once.
    """

    source: Status
    target: Status
    actor: Actor
    event: str | None
    notice: str


MOVES: Final = (
    Move(Status.LODGED, Status.REJECTED, Actor.PORTAL, None, "03"),
    Move(Status.LODGED, Status.ACCEPTED, Actor.PORTAL, None, "01"),
    Move(Status.ACCEPTED, Status.RELEASED, Actor.GATEWAY, "declaration.decided", "08"),
    Move(Status.ACCEPTED, Status.DOCUMENTS_REQUESTED, Actor.GATEWAY, "declaration.decided", "06"),
    Move(Status.ACCEPTED, Status.INSPECTION_ORDERED, Actor.GATEWAY, "declaration.decided", "05"),
)
_BY_ENDS: Final[Mapping[tuple[Status, Status], Move]] = MappingProxyType(
    {(move.source, move.target): move for move in MOVES}
)


def move(source: Status, target: Status) -> Move:
    """Return the move from `source` to `target`. Raises `MoveNotAllowed`."""
    found = _BY_ENDS.get((source, target))
    if found is None:
        allowed = ", ".join(each.target for each in moves_from(source)) or "-"
        raise MoveNotAllowed("lifecycle.not_allowed", {"status": source, "wanted": target, "allowed": allowed})
    return found


def moves_from(source: Status) -> tuple[Move, ...]:
    return tuple(each for each in MOVES if each.source is source)
