"""What the desk shows. Only shapes; all of it is confidential, and none of it may reach a declarant."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from portal.views import DeclarationPage, Lane
from risk_gateway.bases.registers.model import Said
from risk_gateway.officer_view import OfficerView


class Pace(StrEnum):
    """How a case stands against its time limit."""

    ON_TIME = "on time"
    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    DONE = "done"


class CaseClock(Struct, frozen=True):
    """The time limit of a case and how far it is away; `minutes` is negative when it is past."""

    pace: Pace
    due_at: datetime | None
    minutes: int | None


class Order(Struct, frozen=True):
    """A measure as the decision orders it, with those that a declarant is not told."""

    code: str
    extent: str | None
    items: tuple[int, ...]
    deadline: datetime | None


class ItemRisk(Struct, frozen=True):
    """What the gateway computed of an item, and which profiles found it."""

    usd_per_kg: Decimal | None
    reference_percent: Decimal | None
    profiles: tuple[str, ...]


class Reasoning(Struct, frozen=True):
    """Everything that led to the decision; `view` is None when it cannot be read any more, and `trouble` says why."""

    orders: tuple[Order, ...]
    items: dict[int, ItemRisk]
    view: OfficerView | None
    trouble: str | None


class Likeness(Struct, frozen=True):
    """The same goods in another declaration, with the price of a kilogram. `found` is None without an inspection."""

    number: str
    declared_on: date
    declarant: str
    declarant_name: str
    same_participant: bool
    own_post: bool
    item: int
    usd_per_kg: Decimal | None
    net_mass_kg: Decimal | None
    outcome: Lane
    found: bool | None


class SimilarGoods(Struct, frozen=True):
    """One of the goods of a case beside the same goods of others. `median` is of those, in USD a kilogram."""

    item: int
    commodity_code: str
    origin: str | None
    usd_per_kg: Decimal | None
    median: Decimal | None
    others: tuple[Likeness, ...]


class ControlDone(Struct, frozen=True):
    """A closed control of a participant's declaration. `amount` is tenge."""

    act: str
    number: str
    closed_on: date
    found: bool
    motive: str | None
    amount: Decimal


class PastDeclaration(Struct, frozen=True):
    number: str
    received_at: datetime
    outcome: Lane
    status: str
    customs_value: Decimal | None
    item_count: int


class ParticipantRecord(Struct, frozen=True):
    """What the office knows of a participant; `violations` are (kind, day)."""

    identifier: str
    name: str
    category: str | None
    registered_on: date | None
    declarations: int
    violations: tuple[tuple[str, date], ...]
    controls: tuple[ControlDone, ...]
    recent: tuple[PastDeclaration, ...]


class PartnerSaid(Struct, frozen=True):
    """What a partner had said of the declarant when the case was judged: `answer` is yes, no or unknown.

    `too_old` tells that it had said something, at `answered_at`, that could no longer be relied on. `since` is another
    answer that has come after the case was judged, with its moment.
    """

    question: str
    partner: str
    answer: str
    answered_at: datetime | None
    too_old: bool
    detail: str
    since: tuple[str, datetime] | None


class RegisterSaid(Struct, frozen=True):
    """What a register had said of a number that the declaration names, when the case was judged.

    `result` is what came of it, `entry` what it rests on; `too_old` and `since` are as in `PartnerSaid`. Nothing was
    there yet where `partner` is empty.
    """

    register: str
    number: str
    items: tuple[int, ...]
    result: str
    partner: str = ""
    entry: Said | None = None
    answered_at: datetime | None = None
    too_old: bool = False
    detail: str = ""
    since: tuple[str, datetime] | None = None


class CaseFile(Struct, frozen=True):
    """One case as an officer opens it."""

    page: DeclarationPage
    reasoning: Reasoning
    similar: tuple[SimilarGoods, ...]
    participant: ParticipantRecord
    partners: tuple[PartnerSaid, ...] = ()
    registers: tuple[RegisterSaid, ...] = ()
