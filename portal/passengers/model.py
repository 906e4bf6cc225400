"""What the portal holds of a traveller's declaration, and what may become of it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from declarations.passengers.computing import Computation
from declarations.passengers.model import Corridor, Direction, Mode
from risk_gateway.coded_facts import Suspicion
from risk_gateway.profiles import Outcome


class Status(StrEnum):
    """READY may go; the next three say what is missing; the last two are ends."""

    READY = "READY"
    INSPECTION = "INSPECTION"
    PAYMENT_DUE = "PAYMENT_DUE"
    GOODS_DECLARATION = "GOODS_DECLARATION"
    LEFT = "LEFT"
    EXPIRED = "EXPIRED"


OPEN = (Status.READY, Status.INSPECTION, Status.PAYMENT_DUE, Status.GOODS_DECLARATION)


class Record(Struct, frozen=True, kw_only=True):
    """A declaration as it stands. `version` counts its moves: who works on it says which one they saw.

    `cro` is the number of its customs receipt order, where something is to be paid; `act` the signed statement of an
    inspection. `judgement` is the number of the newest judgement, whose outcome is `outcome`.
    """

    reference: str
    office: str
    direction: Direction
    mode: Mode
    name: str
    iin: str | None
    document: str
    chosen: Corridor
    corridor: Corridor
    status: Status
    version: int
    declared_at: datetime
    expires_at: datetime
    digest: str
    signed: bool
    content: bytes
    computation: Computation
    judgement: str
    outcome: Outcome
    suspicion: Suspicion | None = None
    cro: str | None = None
    act: str | None = None
    settled_by: str = ""
    left_at: datetime | None = None

    def expired_at(self, moment: datetime) -> bool:
        return self.status is Status.EXPIRED or (self.status in OPEN and self.expires_at <= moment)

    @property
    def holder(self) -> str:
        """Who owes the payments, as the ledger names a person."""
        return self.iin or f"document:{self.document}"


class Assessment(Struct, frozen=True, kw_only=True):
    """What an inspector saw: an expert's assessment, a source of its own."""

    reference: str
    number: int
    reason: Suspicion
    text: str
    by_iin: str
    by_name: str
    at: datetime
    judgement: str


class Result(StrEnum):
    """What an inspection found."""

    AS_DECLARED = "as_declared"
    DIFFERS = "differs"  # by mistake: no violation
    UNDECLARED = "undeclared_goods"
    SMUGGLING = "smuggling"


VIOLATIONS = (Result.UNDECLARED, Result.SMUGGLING)  # their values are kinds of violations


class Found(Struct, frozen=True, kw_only=True):
    """All goods that an inspection found, of the general kind and alcohol, as sums; of other things the text tells."""

    mass_kg: Decimal
    value: Decimal
    currency: str
    litres: Decimal = Decimal(0)
    for_trade: bool = False


class InspectionAct(Struct, frozen=True, kw_only=True):
    """What an inspector signs. `found` is there unless all was as declared; `expected` the version that was seen."""

    reference: str
    expected: int
    place: str
    result: Result
    text: str
    found: Found | None = None


class Prepared(Struct, frozen=True):
    """A document that waits for its signature."""

    id: str
    document: bytes
    expires_at: datetime
    reference: str | None = None
