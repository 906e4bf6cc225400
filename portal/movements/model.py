"""The shapes of work on movements: who wants what. Nothing here reads or decides."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from declarations.movements.lifecycle import Action, Actor, Move
from declarations.movements.model import Movement, Seal, SealFound
from portal.casework.model import Upload

GOODS_MOST: Final = 3  # rows of the form
SEALS_MOST: Final = 4


class By(Struct, frozen=True):
    """Who acts. `iin` is empty for the timer; `post` is that of an official, `organisation` that of a carrier."""

    actor: Actor
    iin: str = ""
    name: str = ""
    post: str = ""
    organisation: str = ""


TIMER: Final = By(Actor.TIMER)


class GoodsTyped(Struct, frozen=True):
    """A row of goods as typed."""

    code: str
    description: str
    mass_kg: str
    value: str
    origin: str


class Notice(Struct, frozen=True, kw_only=True):
    """A carrier's notification of crossing as typed."""

    reference: str
    declaration: str
    vehicle: str
    container: str
    departure: str
    destination: str
    goods: tuple[GoodsTyped, ...]
    guarantee: str


class Scan(StrEnum):
    """What a scan of the container showed."""

    NONE = ""
    AS_DECLARED = "as declared"
    MISMATCH = "mismatch"


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody wants to do with a movement. `expected` is the status that the page showed.

    `seals` and `guarantee_tiyn` go with SEAL, `found` and `scan` with ARRIVE, `masses_kg` (item, what arrived) with
    FIND_DISCREPANCY, `limit` with EXTEND, and with
    LET_GO where it is shorter than the route allows. `inspection` is what an ordered inspection found, in words.
    """

    number: str
    action: Action
    expected: str
    reason: str = ""
    text: str = ""
    inspection: str = ""
    seals: tuple[Seal, ...] = ()
    guarantee_tiyn: int = 0
    found: tuple[tuple[str, SealFound], ...] = ()
    scan: Scan = Scan.NONE
    masses_kg: tuple[tuple[int, Decimal], ...] = ()
    limit: datetime | None = None
    files: tuple[Upload, ...] = ()


class Change(Struct, frozen=True, kw_only=True):
    """A move that is made: the movement before and after it, and all that its row says."""

    before: Movement | None
    after: Movement
    move: Move
    by: By
    at: datetime
    reason: str = ""
    text: str = ""
    amount_tiyn: int = 0
    details: Mapping[str, Any] = {}
