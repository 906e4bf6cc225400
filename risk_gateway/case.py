"""What the gateway judges: the facts of one document at one moment, and of those it is about."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from risk_gateway.bases.partner_facts.model import PartnerFact
from risk_gateway.bases.registers.model import RegisterFact
from risk_gateway.profiles import Category, Extent, Outcome


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
    register_facts: tuple[RegisterFact, ...] | None = None


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
    currency_contract_register: str | None = None
    registers_unknown: tuple[str, ...] | None = None
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
    permit_register: str | None = None


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
    nobody looked. `register_facts` are what registers had said of the numbers that the document names; None where it
    names none, or nobody looked.
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
    register_facts: tuple[RegisterFact, ...] | None = None
