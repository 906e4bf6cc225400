"""What a risk profile says. A profile is data: it is written in TOML, checked, and never edited in place."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from risk_gateway import canonical
from risk_gateway.words import Words


class Category(StrEnum):
    """The risk category of a participant; low means: in the minimal-risk registry."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Outcome(StrEnum):
    SIMPLIFIED_RELEASE = "SIMPLIFIED_RELEASE"
    DOCUMENTARY_CHECK = "DOCUMENTARY_CHECK"
    INSPECTION_ORDER = "INSPECTION_ORDER"


class Extent(StrEnum):
    """How much is inspected, mildest first."""

    VISUAL = "visual"
    RANDOM = "random"
    PARTIAL = "partial"
    FULL = "full"


class MeasureCode(StrEnum):
    NONE = "NONE"
    POST_AUDIT_FLAG = "POST_AUDIT_FLAG"
    DOCUMENTARY_CONTROL = "DOCUMENTARY_CONTROL"
    REQUEST_DATA = "REQUEST_DATA"
    CONFIRM_WITH_SOURCE = "CONFIRM_WITH_SOURCE"
    EXPERTISE = "EXPERTISE"
    VALUE_CONTROL = "VALUE_CONTROL"
    INSPECT_VISUAL = "INSPECT_VISUAL"
    INSPECT_RANDOM = "INSPECT_RANDOM"
    INSPECT_PARTIAL = "INSPECT_PARTIAL"
    INSPECT_FULL = "INSPECT_FULL"
    SURVEY_AND_SEAL = "SURVEY_AND_SEAL"
    SCAN = "SCAN"
    WEIGH = "WEIGH"
    ELECTRONIC_SEAL = "ELECTRONIC_SEAL"
    ESCORT = "ESCORT"
    FIX_ROUTE = "FIX_ROUTE"
    SECURITY = "SECURITY"
    DETAIN = "DETAIN"

    @property
    def extent(self) -> Extent | None:
        """The extent that an inspection measure orders; None for every other measure."""
        return _EXTENTS.get(self)

    @property
    def outcome(self) -> Outcome:
        """The mildest outcome under which this measure can be ordered."""
        if self in _WITHOUT_CONTROL:
            return Outcome.SIMPLIFIED_RELEASE
        without_opening = self in _ON_PAPER or self in ON_THE_WAY
        return Outcome.DOCUMENTARY_CHECK if without_opening else Outcome.INSPECTION_ORDER


_EXTENTS = {
    MeasureCode.INSPECT_VISUAL: Extent.VISUAL,
    MeasureCode.INSPECT_RANDOM: Extent.RANDOM,
    MeasureCode.INSPECT_PARTIAL: Extent.PARTIAL,
    MeasureCode.INSPECT_FULL: Extent.FULL,
}
_WITHOUT_CONTROL = {MeasureCode.NONE, MeasureCode.POST_AUDIT_FLAG}
_ON_PAPER = {
    MeasureCode.DOCUMENTARY_CONTROL,
    MeasureCode.REQUEST_DATA,
    MeasureCode.CONFIRM_WITH_SOURCE,
    MeasureCode.EXPERTISE,
    MeasureCode.VALUE_CONTROL,
    MeasureCode.SECURITY,
}
ON_THE_WAY = {MeasureCode.ELECTRONIC_SEAL, MeasureCode.ESCORT, MeasureCode.FIX_ROUTE}  # nothing is opened for them
_OUTCOMES = {outcome: rank for rank, outcome in enumerate(Outcome)}
_EXTENT_RANKS = {extent: rank for rank, extent in enumerate(Extent)}
_MEASURES = {code: rank for rank, code in enumerate(MeasureCode)}


def strictness_of(outcome: Outcome) -> int:
    """Return the place of an outcome, mildest first."""
    return _OUTCOMES[outcome]


def strictest(*outcomes: Outcome) -> Outcome:
    return max(outcomes, key=strictness_of)


def mildest(*outcomes: Outcome) -> Outcome:
    return min(outcomes, key=strictness_of)


def allows(outcome: Outcome, code: MeasureCode) -> bool:
    """Say whether a measure may be ordered under an outcome."""
    return _OUTCOMES[code.outcome] <= _OUTCOMES[outcome]


def widest(extents: Iterable[Extent]) -> Extent | None:
    return max(extents, key=_EXTENT_RANKS.__getitem__, default=None)


def in_order(codes: Iterable[MeasureCode]) -> list[MeasureCode]:
    return sorted(codes, key=_MEASURES.__getitem__)


def strictness(codes: Iterable[MeasureCode]) -> tuple[int, int]:
    """Return a rank for a set of measures: by the outcome that they need, then by the extent of inspection."""
    return max(
        ((_OUTCOMES[code.outcome], _EXTENT_RANKS[code.extent] if code.extent else -1) for code in codes),
        default=(-1, -1),
    )


class Block(StrEnum):
    """The risk blocks. Imports and exports judge at lodgement, the others also at other moments: docs/judging.md."""

    IMPORTS = "imports"
    EXPORTS = "exports"
    DELIVERIES = "deliveries"
    PASSENGERS = "passengers"
    AUDITS = "audits"


AT_LODGEMENT = (Block.IMPORTS, Block.EXPORTS)
AT_OTHER_MOMENTS = (Block.DELIVERIES, Block.PASSENGERS, Block.AUDITS)


class Kind(StrEnum):
    """Direct: a hard trigger that orders its measures at once. Indirect: adds to the score."""

    DIRECT = "direct"
    INDIRECT = "indirect"


class Level(StrEnum):
    REPUBLICAN = "republican"
    REGIONAL = "regional"


class RiskCategory(StrEnum):
    """Where the risk lies; what a declarant is told in plain words."""

    GOODS = "goods"
    CUSTOMS_VALUE = "customs_value"
    ORIGIN = "origin"
    DISPATCH = "dispatch"
    PARTICIPANT = "participant"
    TRANSPORT = "transport"
    ROUTE = "route"
    DOCUMENTS = "documents"
    NON_TARIFF = "non_tariff"
    CURRENCY = "currency"
    ACTUAL_EXPORT = "actual_export"
    VAT_REFUND = "vat_refund"
    CODE_ASSIGNMENT = "code_assignment"
    DELIVERY = "delivery"
    SEALS = "seals"
    GUARANTEE = "guarantee"
    TRAVELLER = "traveller"
    PERSONAL_GOODS = "personal_goods"
    CASH = "cash"
    REPORTING = "reporting"


class Motive(StrEnum):
    """What a wrongdoer would gain. Some are never waived for a minimal-risk participant."""

    PROHIBITION = "prohibition"
    SAFETY = "safety"
    UNDERSTATED_VALUE = "understated_value"
    OVERSTATED_VALUE = "overstated_value"
    UNDERSTATED_VOLUME = "understated_volume"
    CONCEALMENT = "concealment"
    FALSE_ORIGIN = "false_origin"
    FALSE_CODE = "false_code"
    CAPITAL_FLIGHT = "capital_flight"
    FALSE_EXPORT = "false_export"
    FALSE_DOCUMENTS = "false_documents"
    EVADED_CONTROL = "evaded_control"
    NON_DELIVERY = "non_delivery"
    SMUGGLING = "smuggling"
    UNDECLARED_GOODS = "undeclared_goods"
    UNPAID_DUTIES = "unpaid_duties"


NEVER_WAIVED = frozenset({Motive.PROHIBITION, Motive.SAFETY, Motive.EVADED_CONTROL, Motive.SMUGGLING})


class Condition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One node of a condition tree: `all`, `any`, `not`, or a leaf of `field`, `op`, `value`.

    Decimals are written as exact text; the catalog says what type a field has.
    """

    all: tuple["Condition", ...] | None = None
    any: tuple["Condition", ...] | None = None
    negated: "Condition | None" = field(default=None, name="not")
    field: str | None = None
    op: str | None = None
    value: str | int | bool | tuple[str | int, ...] | None = None


class Area(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which declarations a profile looks at; an empty tuple does not narrow."""

    directions: tuple[str, ...] = ()  # IM, EX, TT, PD, PA: `DIRECTIONS` of validation.py
    procedures: tuple[str, ...] = ()
    commodities: tuple[str, ...] = ()  # prefixes of 2, 4, 6 or 10 digits, and ranges such as 8501-8504
    commodities_excluded: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    origins_excluded: tuple[str, ...] = ()
    dispatch_countries: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    categories_excluded: tuple[Category, ...] = ()
    offices: tuple[str, ...] = ()


class When(StrEnum):
    """Whether the goods wait for a measure, or leave before it is taken."""

    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


class MeasureOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """A measure that a profile asks for, what the officer should do, and when."""

    code: MeasureCode
    instruction: str = ""
    when: When = When.BEFORE_RELEASE


class SelectionRates(Struct, frozen=True, forbid_unknown_fields=True):
    """The share of hits that is acted upon, 0-1, per participant category."""

    low: Decimal = Decimal(1)
    medium: Decimal = Decimal(1)
    high: Decimal = Decimal(1)

    def of(self, category: Category) -> Decimal:
        rate: Decimal = getattr(self, category)
        return rate


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, weakref=True):
    """A risk area, its indicators and what is ordered. `valid_to` is the last day. `weight` is 0-100.

    Of the profiles of one family only the heaviest counts for an item, so that near-duplicates do not stack.
    `daily_cap` is the most hits that are acted upon in a day, None for all. `author` and `approver` are IIN of
    analysts; there is no approver until another analyst has approved.
    """

    code: str
    version: int
    title: Words
    block: Block
    level: Level
    posts: tuple[str, ...] = ()
    kind: Kind
    category: RiskCategory
    motive: Motive
    area: Area = Area()
    condition: Condition
    weight: int
    family: str
    measures: tuple[MeasureOrder, ...]
    selection: SelectionRates = SelectionRates()
    daily_cap: int | None = None
    valid_from: date
    valid_to: date
    legal_basis: Words
    author: str
    approver: str = ""
    declarant_text: Words

    def active_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to

    @property
    def content(self) -> bytes:
        """The canonical JSON of what the author wrote: all but the approver."""
        return canonical.dumps(replace(self, approver=""))

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hex: what a back-test and an approval are of."""
        return canonical.digest(replace(self, approver=""))


# --- what an area means ---------------------------------------------------------------------------------------------

_PREFIX_LENGTHS = (2, 4, 6)
_DIGITS = re.compile("[0-9]+")


def area_conditions(profile: Profile) -> Iterator[Condition]:
    """Yield the conditions that a profile's posts and area stand for; all of them must hold."""
    area = profile.area
    for name, op, value in (
        ("office", "in", profile.posts),
        ("type_code", "in", area.directions),
        ("procedure", "in", area.procedures),
        ("declarant_category", "in", tuple(area.categories)),
        ("declarant_category", "not_in", tuple(area.categories_excluded)),
        ("office", "in", area.offices),
        ("dispatch_country", "in", area.dispatch_countries),
        ("destination_country", "in", area.destinations),
        ("commodity_code", "prefix", prefixes(area.commodities)),
        ("commodity_code", "not_prefix", prefixes(area.commodities_excluded)),
        ("origin_country", "in", area.origins),
        ("origin_country", "not_in", area.origins_excluded),
    ):
        if value:
            yield Condition(field=name, op=op, value=value)


def prefixes(commodities: Iterable[str]) -> tuple[str, ...]:
    """Return commodities with each range (8501-8504, both ends counted) as the fewest prefixes of 2, 4 or 6 digits.

    Raises ValueError for a range whose ends are not of the same 2, 4 or 6 digits, or fall.
    """
    return tuple(prefix for given in commodities for prefix in (_range(given) if "-" in given else (given,)))


def _range(given: str) -> Iterator[str]:
    first, _, last = given.partition("-")
    if not (_DIGITS.fullmatch(first + last) and len(first) == len(last) in _PREFIX_LENGTHS and first <= last):
        raise ValueError(given)
    whole = _PREFIX_LENGTHS[-1]
    at, end = int(first.ljust(whole, "0")), int(last.ljust(whole, "9"))
    while at <= end:
        length = next(n for n in _PREFIX_LENGTHS if at % (size := 10 ** (whole - n)) == 0 and at + size - 1 <= end)
        yield str(at).zfill(whole)[:length]
        at += 10 ** (whole - length)
