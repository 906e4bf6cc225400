"""What a declaration says: the frozen model of one document of `schemas/ccd-1.0.xsd`.

Names follow the WCO Data Model classes of the schema; each field's box number stands beside it. Amounts are `Decimal`
with their currency, masses are kilograms, times are aware. An element that the document leaves out is None or ().
"""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct


class Amount(Struct, frozen=True, gc=False):
    """A sum of money and its ISO 4217 currency."""

    value: Decimal
    currency: str


class Quantity(Struct, frozen=True, gc=False):
    """A count or measure and its three-character unit code."""

    value: Decimal
    unit: str


class Address(Struct, frozen=True, gc=False):
    country: str
    region: str | None = None
    city: str | None = None
    line: str | None = None
    postcode: str | None = None


class PartyIdentifier(Struct, frozen=True, gc=False):
    """`scheme` is BIN, IIN or TIN (a foreign number)."""

    value: str
    scheme: str


class Party(Struct, frozen=True, gc=False):
    name: str
    identifier: PartyIdentifier | None = None
    address: Address | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    identity_document: str | None = None
    aeo_registry_id: str | None = None


class Agent(Struct, frozen=True, gc=False):
    """The customs broker who files for the declarant (boxes 14 and 54)."""

    party: Party
    function: str
    registry_id: str
    contract_id: str
    contract_date: date


class CurrencyExchange(Struct, frozen=True, gc=False):
    """Box 23: `rate` tenge for `units` of `currency`."""

    currency: str
    rate: Decimal
    units: int = 1
    rate_date: date | None = None


class Vehicle(Struct, frozen=True, gc=False):
    """A means of transport (boxes 18, 21)."""

    identifier: str
    country: str | None = None
    trailer: str | None = None


class TransportMeans(Struct, frozen=True, gc=False):
    """Boxes 18 and 26 (departure) or 21 and 25 (border)."""

    mode: str | None = None
    nationality: str | None = None
    quantity: int | None = None
    vehicles: tuple[Vehicle, ...] = ()


class GoodsLocation(Struct, frozen=True, gc=False):
    """Box 30."""

    type_code: str | None = None
    office: str | None = None
    identifier: str | None = None
    name: str | None = None
    address: Address | None = None


class DestinationOffice(Struct, frozen=True, gc=False):
    """Box 53."""

    office: str
    control_zone: str | None = None
    limit_date: date | None = None


class TransportEquipment(Struct, frozen=True, gc=False):
    """A container and its seals (boxes 19, 31.3, D)."""

    sequence: int
    identifier: str
    type_code: str | None = None
    seals: tuple[str, ...] = ()


class Transhipment(Struct, frozen=True, gc=False):
    """Box 55."""

    country: str
    place: str | None = None
    means: TransportMeans | None = None
    containers: tuple[str, ...] = ()


class TradeTerms(Struct, frozen=True, gc=False):
    """Box 20: Incoterms code, place, kind of delivery."""

    condition: str
    location: str | None = None
    delivery_kind: str | None = None


class Consignment(Struct, frozen=True, gc=False):
    container: bool | None = None  # 19
    departure_means: TransportMeans | None = None  # 18, 26
    border_means: TransportMeans | None = None  # 21, 25
    border_offices: tuple[str, ...] = ()  # 29
    goods_locations: tuple[GoodsLocation, ...] = ()  # 30
    carrier: Party | None = None  # 50
    routing_countries: tuple[str, ...] = ()  # 51
    destination_office: DestinationOffice | None = None  # 53
    equipment: tuple[TransportEquipment, ...] = ()  # 19, 31.3
    transhipments: tuple[Transhipment, ...] = ()  # 55


class SecondRate(Struct, frozen=True, gc=False):
    """The second part of a combined rate; `operator` is NLT (not less than) or PLUS."""

    operator: str
    rate: Decimal
    rate_type: str
    currency: str | None = None
    unit: str | None = None


class DutyTaxFee(Struct, frozen=True, gc=False):
    """One line of box 47, as declared. `rate_type`: P per cent, S specific, F fixed."""

    type_code: str
    rate: Decimal
    rate_type: str
    payment: Amount
    payment_method: str
    base_amount: Amount | None = None
    base_quantity: Quantity | None = None
    rate_currency: str | None = None
    rate_unit: str | None = None
    second_rate: SecondRate | None = None


class GoodsVehicle(Struct, frozen=True, gc=False):
    """A vehicle that is itself the goods (box 31)."""

    vin: str
    make: str | None = None
    model: str | None = None
    year: int | None = None
    engine_capacity: Decimal | None = None


class ChargeDeduction(Struct, frozen=True, gc=False):
    """An addition to (positive) or deduction from (negative) the price, in the customs value."""

    type_code: str
    amount: Amount


class PreferenceCode(Struct, frozen=True, gc=False):
    """Box 36, four parts."""

    fee: str
    duty: str
    excise: str
    vat: str


class Procedure(Struct, frozen=True, gc=False):
    """Box 37."""

    current: str
    previous: str
    feature: str


class Quota(Struct, frozen=True, gc=False):
    """Box 39."""

    identifier: str
    quantities: tuple[Quantity, ...] = ()
    amount: Amount | None = None


class Packaging(Struct, frozen=True, gc=False):
    type_code: str
    quantity: int | None = None
    marks: str | None = None


class PreviousDocument(Struct, frozen=True, gc=False):
    """Box 40."""

    identifier: str
    type_code: str | None = None
    issue_date: date | None = None
    line: int | None = None


class AdditionalDocument(Struct, frozen=True, gc=False):
    """Box 44. `attachment` is the SHA-256 of the uploaded file, in hex."""

    type_code: str
    identifier: str
    issue_date: date | None = None
    expiration_date: date | None = None
    issuer: str | None = None
    country: str | None = None
    presentation: str | None = None
    attachment: str | None = None


class AdditionalInformation(Struct, frozen=True, gc=False):
    description: str
    code: str | None = None


class GoodsItem(Struct, frozen=True, gc=False):
    sequence: int  # 32
    description: str  # 31.1
    commodity_code: str  # 33.1
    additional_code: str | None = None  # 33
    prohibition_free: str | None = None  # 33.2
    intellectual_property: str | None = None  # 33.3
    trade_mark: str | None = None  # 31.1
    model: str | None = None  # 31.1
    manufacturer: str | None = None  # 31.1
    gross_mass_kg: Decimal | None = None  # 35
    net_mass_kg: Decimal | None = None  # 38
    net_net_mass_kg: Decimal | None = None  # 38, without packing
    tariff_quantity: Quantity | None = None  # 41
    additional_quantities: tuple[Quantity, ...] = ()  # 31.1
    price: Amount | None = None  # 42
    duty_tax_fees: tuple[DutyTaxFee, ...] = ()  # 47
    vehicles: tuple[GoodsVehicle, ...] = ()  # 31
    preference: PreferenceCode | None = None  # 36
    valuation_method: str | None = None  # 43
    charges: tuple[ChargeDeduction, ...] = ()
    customs_value: Amount | None = None  # 45
    statistical_value: Amount | None = None  # 46
    procedure: Procedure | None = None  # 37
    origin_country: str | None = None  # 34
    preferential_origin_country: str | None = None  # 34
    quota: Quota | None = None  # 39
    package_quantity: int | None = None  # 31.2
    package_presence: str | None = None  # 31.2
    packagings: tuple[Packaging, ...] = ()  # 31.2
    containers: tuple[str, ...] = ()  # 31.3
    previous_documents: tuple[PreviousDocument, ...] = ()  # 40
    documents: tuple[AdditionalDocument, ...] = ()  # 44
    statements: tuple[AdditionalInformation, ...] = ()  # 44


class GoodsShipment(Struct, frozen=True, gc=False):
    items: tuple[GoodsItem, ...]
    transaction_nature: str | None = None  # 24.1
    transaction_feature: str | None = None  # 24.2
    trade_country: str | None = None  # 11
    export_country: str | None = None  # 15a
    origin_country: str | None = None  # 16
    destination_country: str | None = None  # 17a
    exporter: Party | None = None  # 2; the declarant itself where the document says SameAsDeclarant
    importer: Party | None = None  # 8; likewise
    payer: Party | None = None  # 9; likewise
    trade_terms: TradeTerms | None = None  # 20
    consignment: Consignment | None = None


class PaymentSummary(Struct, frozen=True, gc=False):
    """Box B."""

    type_code: str
    amount: Amount
    method: str | None = None
    document: str | None = None
    document_date: date | None = None
    payer: str | None = None


class DeferredPayment(Struct, frozen=True, gc=False):
    """Box 48."""

    type_code: str
    document: str
    due_date: date


class ObligationGuarantee(Struct, frozen=True, gc=False):
    """Box 52."""

    details_code: str
    amount: Amount | None = None
    reference: str | None = None
    issue_date: date | None = None


class Amendment(Struct, frozen=True, gc=False):
    """What a correction or withdrawal changes, and why."""

    reason: str
    pointers: tuple[str, ...] = ()
    description: str | None = None


class Signatory(Struct, frozen=True, gc=False):
    """Box 54: the person who signs."""

    name: str
    signing_date: date
    iin: str | None = None
    position: str | None = None
    place: str | None = None
    authority_document: str | None = None


class Declaration(Struct, frozen=True, gc=False):
    function: str  # 9 original, 4 correction, 1 withdrawal, 5 replacement before registration
    functional_reference_id: str  # the trader's own number
    issued_at: datetime  # 54; aware (a time without a zone is Kazakhstan's, UTC+5)
    type_code: str  # 1.1: IM, EX, TT
    office: str  # A
    goods_item_quantity: int  # 5
    declarant: Party  # 14
    shipment: GoodsShipment
    signatory: Signatory
    registration_number: str | None = None  # A, on a correction or withdrawal
    procedure: str | None = None  # 1.2
    feature: str | None = None  # 7
    transit_feature: str | None = None  # 1.2 of transit
    transit_direction: str | None = None  # 1.3 of transit
    language: str | None = None
    loading_list_quantity: int | None = None  # 4
    total_package_quantity: int | None = None  # 6
    customs_value: Amount | None = None  # 12
    invoice_amount: Amount | None = None  # 22
    exchange_rates: tuple[CurrencyExchange, ...] = ()  # 23
    agent: Agent | None = None  # 14, 54
    payments: tuple[PaymentSummary, ...] = ()  # B
    deferred_payments: tuple[DeferredPayment, ...] = ()  # 48
    guarantees: tuple[ObligationGuarantee, ...] = ()  # 52
    amendments: tuple[Amendment, ...] = ()

    @property
    def items(self) -> tuple[GoodsItem, ...]:
        return self.shipment.items
