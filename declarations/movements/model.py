"""What a movement under customs control is. Masses are kilograms, sums whole tiyn, times aware UTC."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from declarations.movements.lifecycle import Status

NUMBER_BEGINS: Final = "DC"


class Goods(Struct, frozen=True, kw_only=True):
    """Goods as the carrier states them. `payments` are (payment code, tiyn) that would be owed if they were released
    for domestic consumption, computed; `undetermined` names the payment codes that could not be."""

    item: int
    commodity_code: str
    description: str
    gross_mass_kg: Decimal
    value_tiyn: int
    origin_country: str | None = None
    payments: tuple[tuple[str, int], ...] = ()
    undetermined: tuple[str, ...] = ()
    excise: bool = False

    @property
    def duties_tiyn(self) -> int:
        return sum(tiyn for _, tiyn in self.payments)


class Transit(Struct, frozen=True):
    """What a movement takes from its transit declaration besides goods and posts: for whom the goods are, and who
    declared them, by BIN or IIN, empty where it gives none."""

    version: int
    declarant: str
    declarant_name: str
    agent: str
    consignee: str
    consignee_name: str


class Notified(Struct, frozen=True, kw_only=True):
    """What a carrier notifies. `declaration` is the number of an accepted transit declaration, or empty; `reference`
    is the carrier's own number, unique per carrier. `digest` is SHA-256 of what was stated, in canonical JSON."""

    carrier: str
    reference: str
    declaration: str
    vehicle: str
    container: str
    departure: str
    destination: str
    goods: tuple[Goods, ...]
    guarantee_tiyn: int
    transit: Transit | None = None


class Seal(Struct, frozen=True):
    """A seal. `operator` is the partner that reports what an electronic one tells; empty for a mechanical one."""

    number: str
    operator: str = ""

    @property
    def electronic(self) -> bool:
        return bool(self.operator)


class SealFound(StrEnum):
    """What an inspector found of a seal on arrival."""

    INTACT = "intact"
    BROKEN = "broken"
    MISSING = "missing"
    OTHER = "other"  # another number than was put on


class Movement(Struct, frozen=True, kw_only=True):
    """A movement as it is now. `route` are post codes and junctions of the network in order; `limit` is when the goods
    have to be at the destination, `answer_by` when an enquiry ends."""

    number: str
    status: Status
    carrier: str
    carrier_name: str
    reference: str
    declaration: str
    vehicle: str
    container: str
    departure: str
    destination: str
    goods: tuple[Goods, ...]
    guarantee_tiyn: int
    guarantee_notified_tiyn: int  # what the carrier had notified
    notified_at: datetime
    seals: tuple[Seal, ...] = ()
    route: tuple[str, ...] = ()
    limit: datetime | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    answer_by: datetime | None = None
    found: tuple[tuple[str, SealFound], ...] = ()
    arrived_kg: tuple[tuple[int, Decimal], ...] = ()  # by item, where less arrived than was declared
    transit: Transit | None = None
    missing_tiyn: int = 0  # of the payments at stake, what is owed for goods that did not arrive

    @property
    def duties_tiyn(self) -> int:
        """Return what would be owed for all the goods, as far as it is determined."""
        return sum(each.duties_tiyn for each in self.goods)

    @property
    def electronic(self) -> bool:
        return any(each.electronic for each in self.seals)

    @property
    def seal_mismatch(self) -> bool:
        """Whether a seal was not found on arrival as it was put on."""
        return any(found is not SealFound.INTACT for _, found in self.found)


def number_of(departure: str, destination: str, day: str, serial: int) -> str:
    """Return the number of a movement: both posts, the day as ddmmyy, and a serial within departure and day."""
    return f"{NUMBER_BEGINS}-{departure}-{destination}-{day}-{serial:07d}"


def posts_of(number: str) -> tuple[str, ...]:
    """Return the posts of departure and destination that a number names; nothing for what is no such number."""
    parts = number.split("-")
    return tuple(parts[1:3]) if len(parts) == 5 and parts[0] == NUMBER_BEGINS else ()
