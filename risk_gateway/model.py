"""What the gateway judges, with what, and what comes of it.

A `Case` (facts of one document) is judged against a `Knowledge` (what was known that moment) and gives an `Assessment`;
from that follows the `Decision`. All four are frozen and have one canonical JSON, so that any decision can be replayed.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

from risk_gateway.bases.partner_facts.model import PartnerFact
from risk_gateway.budget import Budget
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.parameters import Parameters, ReferenceValues
from risk_gateway.profiles import (
    Category,
    Extent,
    Kind,
    MeasureCode,
    Outcome,
    Profile,
    strictest,
)
from risk_gateway.words import Words

__all__ = [
    "Assessment",
    "Budget",
    "Case",
    "Category",
    "Decision",
    "Degraded",
    "Earlier",
    "Explanation",
    "Extent",
    "Finding",
    "ItemOpinion",
    "Knowledge",
    "Load",
    "Measure",
    "MeasureCode",
    "OpenControl",
    "Opinion",
    "Outcome",
    "Parameters",
    "ParticipantFacts",
    "Reason",
    "ReferenceValues",
    "Selection",
]


# --- the case -------------------------------------------------------------------------------------------------------


class OpenControl(Struct, frozen=True):
    """A mark of goods of which an inspection is ordered and not closed: see `risk_gateway.history.marks_of`.

    `reference` is the trader's own number of that declaration, `extent` the inspection's. `ordered_on` is None where
    the reader has left out what is too old.
    """

    mark: str
    reference: str
    extent: Extent
    grams: int = 0
    tiyn: int = 0
    ordered_on: date | None = None


class ParticipantFacts(Struct, frozen=True):
    """What is known of a participant at the moment of lodgement. None means not known, and never fires.

    `violations` are (kind, day). `certificate_balances_kg` tells what is left on each certificate or permit.
    `known_goods` are (commodity, origin) declared before, origin "" where unknown; `findings` counts the controls that
    found something in them. `open_controls` are those of the same commodities and papers under other references.
    """

    identifier: str
    category: Category
    registered_on: date | None = None
    violations: tuple[tuple[str, date], ...] = ()
    declarations_count: int | None = None
    known_commodities: frozenset[str] | None = None
    amendments_after_notice: int | None = None
    exports_without_exit: int | None = None
    used_invoices: frozenset[str] | None = None
    certificate_balances_kg: Mapping[str, Decimal] | None = None
    declarations_as_agent: int | None = None
    known_goods: frozenset[tuple[str, str]] | None = None
    findings: Mapping[tuple[str, str], int] | None = None
    open_controls: tuple[OpenControl, ...] | None = None
    partner_facts: tuple[PartnerFact, ...] | None = None


class HeaderFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Facts of the whole declaration; catalog.toml says what each means. None means not known."""

    type_code: str
    declarant_category: Category
    procedure: str | None = None
    office: str | None = None
    transport_mode: str | None = None
    container: bool | None = None
    incoterms: str | None = None
    trade_country: str | None = None
    dispatch_country: str | None = None
    destination_country: str | None = None
    routing_countries: tuple[str, ...] | None = None
    border_offices: tuple[str, ...] | None = None
    unusual_route: bool | None = None
    item_count: int | None = None
    invoice_value_usd: Decimal | None = None
    customs_value_kzt: Decimal | None = None
    tax_at_stake_kzt: Decimal | None = None
    duty_share_max_percent: Decimal | None = None
    documents: tuple[str, ...] | None = None
    invoice_reused: bool | None = None
    is_amendment: bool | None = None
    declarant_age_months: int | None = None
    declarant_declarations: int | None = None
    declarant_violations_24_months: int | None = None
    declarant_amendments_after_notice: int | None = None
    declarant_exports_without_exit: int | None = None
    agent_present: bool | None = None
    agent_category: Category | None = None
    agent_violations_24_months: int | None = None
    agent_declarations: int | None = None
    rate_deviation_percent: Decimal | None = None
    control_pending: bool | None = None
    full_control_pending: bool | None = None
    declarant_tax_debt: bool | None = None
    declarant_police_notice: bool | None = None
    partner_facts_unknown: tuple[str, ...] | None = None
    # of deliveries
    movement_event: str | None = None
    carrier_non_deliveries_24_months: int | None = None
    remote_post: bool | None = None
    seal_mismatch: bool | None = None
    seal_broken: bool | None = None
    off_route: bool | None = None
    unplanned_stop: bool | None = None
    limit_date_missed: bool | None = None
    electronic_seal: bool | None = None
    guarantee_to_duties_percent: Decimal | None = None
    excise_goods: bool | None = None
    scan_mismatch: bool | None = None
    # of passengers
    corridor_chosen: str | None = None
    crossings_30_days: int | None = None
    mass_to_allowance_percent: Decimal | None = None
    value_to_allowance_percent: Decimal | None = None
    above_allowance: bool | None = None
    traveller_smuggling_violations_36_months: int | None = None
    traveller_police_notice: bool | None = None
    identical_articles_max: int | None = None
    cash_above_limit: bool | None = None
    cash_declared: bool | None = None
    inspector_suspicion: str | None = None
    vehicle_present: bool | None = None
    # of audits
    classification_drift_percent: Decimal | None = None
    vat_return_difference_percent: Decimal | None = None
    invoice_difference_percent: Decimal | None = None
    origin_shift_percent: Decimal | None = None
    value_to_peers_percent: Decimal | None = None
    findings_24_months: int | None = None
    broker_changes_12_months: int | None = None
    flagged_declarations_36_months: int | None = None


class ItemFacts(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Facts of one goods item; catalog.toml says what each means. None means not known."""

    sequence: int
    commodity_code: str
    origin_country: str | None = None
    item_procedure: str | None = None
    previous_procedure: str | None = None
    preference_claimed: bool | None = None
    origin_not_dispatch: bool | None = None
    valuation_method: str | None = None
    price_zero: bool | None = None
    net_mass_kg: Decimal | None = None
    gross_mass_kg: Decimal | None = None
    net_gross_percent: Decimal | None = None
    item_value_kzt: Decimal | None = None
    item_value_usd: Decimal | None = None
    usd_per_kg: Decimal | None = None
    usd_per_unit: Decimal | None = None
    unit: str | None = None
    value_to_reference_percent: Decimal | None = None
    value_to_median_percent: Decimal | None = None
    duty_share_percent: Decimal | None = None
    duty_gap_percent: Decimal | None = None
    item_tax_kzt: Decimal | None = None
    item_documents: tuple[str, ...] | None = None
    certificate_exceeded: bool | None = None
    first_commodity: bool | None = None
    first_origin: bool | None = None
    exact_precedent: int | None = None
    mass_per_unit_kg: Decimal | None = None
    mass_to_reference_percent: Decimal | None = None
    quota_claimed: bool | None = None
    intellectual_property: bool | None = None
    origin_unknown: bool | None = None
    certificate_unknown: bool | None = None


class Load(Struct, frozen=True, omit_defaults=True):
    """What was ordered that day before this case: inspections at its post, hits of profiles with a cap."""

    inspections: int = 0
    capped: Mapping[str, int] = {}


class Earlier(Struct, frozen=True, omit_defaults=True):
    """What an amendment starts from: the lane of the version before, which only an officer makes milder.

    `released` says that the goods had been let go: what is found now can only be audited. `notified` says that the
    declarant had been told of a control before he amended.
    """

    outcome: Outcome
    extent: Extent | None = None
    released: bool = False
    notified: bool = False


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The facts of one lodgement. `series_id` is the same for all amendments; `document_digest` is SHA-256 in hex.

    `declarant` and `agent` are BIN or IIN: for the fraud model and for the record; no condition can name them.
    `problem` says for the operator which facts could not be computed: the assessment is then degraded. `facts_version`
    tells by which rules the facts were gathered: docs/decisions/0013-facts-have-a-version.md. `earlier` is there for an
    amendment only. `partner_facts` are what partners had said of the declarant by then, with their age; None where
    nobody looked.
    """

    series_id: str
    document_digest: str
    block: str
    lodged_at: datetime
    header: HeaderFacts
    items: tuple[ItemFacts, ...]
    declarant: str | None = None
    agent: str | None = None
    load: Load = Load()
    problem: str | None = None
    facts_version: int = 1
    earlier: Earlier | None = None
    partner_facts: tuple[PartnerFact, ...] | None = None


# --- the knowledge --------------------------------------------------------------------------------------------------


class Knowledge(Struct, frozen=True, kw_only=True):
    """Everything a case is judged with on `day`. `version` is the SHA-256 of the digests of its parts: see manifest.py.

    `day_key` is secret until it is disclosed: who holds it can foresee the random selection. It is the key of
    `key_day`: the day on which the series was first lodged, `day` when None. Without a `model` rules judge alone.
    `problem` says for the operator what of it could not be had: every assessment is then degraded.
    """

    day: date
    profiles: tuple[Profile, ...]
    parameters: Parameters
    reference_values: ReferenceValues
    phrases: Mapping[str, Words]
    day_key: bytes
    key_day: date | None = None
    model: FraudModel | None = None
    problem: str | None = None
    version: str = ""


# --- the assessment -------------------------------------------------------------------------------------------------


class Match(Struct, frozen=True, gc=False):
    """A condition that held: what was expected, what was found, both as text."""

    field: str
    op: str
    expected: str
    actual: str


class Evidence(Struct, frozen=True, gc=False):
    """The matches of one item, or of the header when `item` is None."""

    item: int | None
    matches: tuple[Match, ...]


class Finding(Struct, frozen=True, kw_only=True):
    """A profile that fired. No `items` means the whole declaration; `evidence` covers the first few items only.

    `rate` is the share of its hits that the profile acts upon for this participant; `selected` is False when this hit
    was not drawn.
    """

    profile: str
    profile_version: int
    kind: Kind
    family: str
    weight: int
    rate: Decimal
    items: tuple[int, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    selected: bool = True


class Selection(Struct, frozen=True):
    """One draw: `draw` is the HMAC in hex; it selects when, read as a fraction of 1, it is below `rate`."""

    profile: str
    profile_version: int
    rate: Decimal
    draw: str
    selected: bool


class Reason(Struct, frozen=True):
    """What moved the model's opinion of an item: a feature, its value as text, and its share in log-odds."""

    feature: str
    value: str
    contribution: Decimal


class ItemOpinion(Struct, frozen=True):
    """The calibrated probability of a violation, 0-1 to six places, and its main reasons, the strongest first."""

    item: int
    probability: Decimal
    reasons: tuple[Reason, ...] = ()


class Opinion(Struct, frozen=True):
    """What the fraud model thinks. `probability` is that of the worst item; `items` are the worst five, worst first."""

    model: str  # version
    probability: Decimal
    items: tuple[ItemOpinion, ...] = ()


class Degraded(StrEnum):
    """Why the gateway could not finish judging."""

    OUT_OF_TIME = "out-of-time"
    OUT_OF_KNOWLEDGE = "out-of-knowledge"
    ERROR = "error"


class Assessment(Struct, frozen=True, kw_only=True):
    """How risky. `by_score`, `by_direct`, `by_draw` say which outcome each reason alone demands.

    `waived` tells that a minimal-risk participant was spared a physical inspection: it became a documentary check and
    a flag for audit. `postponed` tells the same of a post that has no inspectors left that day. `opinion` is None when
    no model judged. `propensity` is the probability, over all draws, that this case had of being inspected.
    `stopped_at` is the check of the time budget at which judging stopped, so that a replay stops there too; `problem`
    says for the operator what went wrong. `by_earlier` is the lane of the version before, for an amendment only.
    """

    knowledge_version: str
    findings: tuple[Finding, ...]
    selections: tuple[Selection, ...]
    worst_item_score: Decimal
    breadth: Decimal
    factor: Decimal
    score: Decimal
    by_score: Outcome
    by_direct: Outcome
    by_draw: Outcome
    waived: bool = False
    postponed: bool = False
    opinion: Opinion | None = None
    propensity: Decimal = Decimal(0)
    degraded: Degraded | None = None
    stopped_at: int | None = None
    problem: str | None = None
    by_earlier: Outcome | UnsetType = UNSET  # left out of the bytes of everything that is no amendment

    @property
    def by_findings(self) -> Outcome:
        return strictest(self.by_score, self.by_direct)

    @property
    def outcome(self) -> Outcome:
        """The strictest that any reason demands; never a release when judging could not finish."""
        return self.by_itself if self.by_earlier is UNSET else strictest(self.by_itself, self.by_earlier)

    @property
    def by_itself(self) -> Outcome:
        """What this document alone demands, whatever was decided of the version before."""
        unfinished = Outcome.DOCUMENTARY_CHECK if self.degraded else Outcome.SIMPLIFIED_RELEASE
        return strictest(self.by_findings, self.by_draw, unfinished)


# --- the decision ---------------------------------------------------------------------------------------------------


class Measure(Struct, frozen=True):
    """What is ordered. No `items` means all goods of the declaration."""

    code: MeasureCode
    extent: Extent | None = None
    items: tuple[int, ...] = ()
    deadline: datetime | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """A reason in words that are safe for the declarant: no profile, weight, score or threshold."""

    category_code: str
    category: Words
    text: Words
    items: tuple[int, ...] = ()
    next_step: Words
    deadline: datetime | None = None
    legal_basis: Words
    appeal: Words


class Decision(Struct, frozen=True, kw_only=True):
    """What follows. `measures` holds every measure, also those that only officers may know."""

    id: str
    outcome: Outcome
    inspection_extent: Extent | None
    measures: tuple[Measure, ...]
    explanation: tuple[Explanation, ...]
    degraded: bool
    decided_at: datetime
    document_digest: str
    knowledge_version: str

    def as_json(self, language: str) -> dict[str, object]:
        """Return the answer to the declarant, in kk, ru or en. A flag for audit stays inside the office."""
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "inspection_extent": self.inspection_extent.value if self.inspection_extent else None,
            "measures": [
                {
                    "code": measure.code.value,
                    "extent": measure.extent.value if measure.extent else None,
                    "items": list(measure.items),
                    "deadline": _iso(measure.deadline),
                }
                for measure in self.measures
                if measure.code is not MeasureCode.POST_AUDIT_FLAG
            ],
            "explanation": [
                {
                    "category": entry.category.into(language),
                    "text": f"{entry.text.into(language)} {entry.legal_basis.into(language)}",
                    "items": list(entry.items),
                    "next_step": f"{entry.next_step.into(language)} {entry.appeal.into(language)}",
                    "deadline": _iso(entry.deadline),
                }
                for entry in self.explanation
            ],
            "degraded": self.degraded,
            "decided_at": _iso(self.decided_at),
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
