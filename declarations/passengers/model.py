"""The passenger declaration as frozen values: person, document, crossing, goods, vehicle, money.

Field names are the product's words; `schemas/passenger-1.0.xsd` has the names of the document.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class Corridor(StrEnum):
    """Green: nothing to declare. Red: something is to be declared, or looked at."""

    GREEN = "green"
    RED = "red"


class Direction(StrEnum):
    ENTRY = "ENTRY"
    EXIT = "EXIT"


class Mode(StrEnum):
    """How the border is crossed."""

    AIR = "AIR"
    ROAD = "ROAD"
    RAIL = "RAIL"
    SEA = "SEA"
    FOOT = "FOOT"


class DocumentKind(StrEnum):
    PASSPORT = "PASSPORT"
    IDENTITY_CARD = "IDENTITY_CARD"
    OTHER = "OTHER"


class Carriage(StrEnum):
    """Whether goods come with the traveller, without, or by post."""

    ACCOMPANIED = "ACCOMPANIED"
    UNACCOMPANIED = "UNACCOMPANIED"
    PARCEL = "PARCEL"


class GoodsKind(StrEnum):
    """What the rules tell apart. Alcohol and tobacco have norms of their own."""

    GENERAL = "GENERAL"
    ALCOHOL = "ALCOHOL"
    CIGARETTES = "CIGARETTES"
    CIGARS = "CIGARS"
    TOBACCO = "TOBACCO"


class MoneyKind(StrEnum):
    CASH = "CASH"
    INSTRUMENT = "INSTRUMENT"


class Stay(StrEnum):
    """Whether a vehicle is brought for a time or for good."""

    TEMPORARY = "TEMPORARY"
    FOR_GOOD = "FOR_GOOD"


class Traveller(Struct, frozen=True, kw_only=True):
    """Who crosses. `iin` is None for whoever has none; `document_country` is ISO 3166, two letters."""

    family_name: str
    given_name: str
    born_on: date
    citizenship: str
    document_kind: DocumentKind
    document_number: str
    document_country: str
    iin: str | None = None

    @property
    def name(self) -> str:
        return f"{self.family_name} {self.given_name}"

    @property
    def document(self) -> str:
        """The document by country and number: CC:NUMBER."""
        return f"{self.document_country}:{self.document_number}"

    @property
    def key(self) -> str:
        """By what the same person is known again: the IIN, else the document."""
        return self.iin or self.document


class Crossing(Struct, frozen=True, kw_only=True):
    """Where and how the border is crossed. `country` is the one come from, or gone to."""

    office: str
    direction: Direction
    mode: Mode
    country: str


class Goods(Struct, frozen=True, kw_only=True):
    """One line. `quantity` counts pieces; `litres` is there for alcohol; `value` is in `currency`.

    `commodity_group` are the first four digits of the commodity code, where known.
    """

    carriage: Carriage
    kind: GoodsKind
    description: str
    quantity: int
    mass_kg: Decimal
    value: Decimal
    currency: str
    litres: Decimal | None = None
    commodity_group: str | None = None
    personal_use: bool = True


class Vehicle(Struct, frozen=True, kw_only=True):
    plate: str
    country: str
    description: str
    stay: Stay


class Money(Struct, frozen=True, kw_only=True):
    """Cash or an instrument. `owner`, `origin` and `use` are told where the sum has to be declared."""

    kind: MoneyKind
    amount: Decimal
    currency: str
    owner: str = ""
    origin: str = ""
    use: str = ""


class PassengerDeclaration(Struct, frozen=True, kw_only=True):
    """What a traveller says, as of `issued_at`. Lines keep their order."""

    issued_at: datetime
    language: str
    corridor: Corridor
    traveller: Traveller
    crossing: Crossing
    goods: tuple[Goods, ...] = ()
    vehicle: Vehicle | None = None
    money: tuple[Money, ...] = ()
