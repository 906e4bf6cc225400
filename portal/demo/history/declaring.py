"""From a draft to the declaration that the portal would read, as far as facts and payables look at one."""

from decimal import Decimal

from declarations.model import (
    AdditionalDocument,
    Agent,
    Amount,
    Consignment,
    CurrencyExchange,
    Declaration,
    GoodsItem,
    GoodsShipment,
    Party,
    PartyIdentifier,
    PreferenceCode,
    Procedure,
    Quantity,
    Signatory,
    TransportMeans,
)
from declarations.reference import Codes
from portal.demo.history.drafts import INVOICE, Draft, Line

TENGE, DOLLAR = "KZT", "USD"
PREFERENCE = PreferenceCode("OO", "ПП", "-", "OO")
NO_PREFERENCE = PreferenceCode("OO", "OO", "-", "OO")
CARRIAGE = {"FCA": 1.05, "EXW": 1.08}  # what carriage to the border adds to the price, by terms of delivery
ORIGINAL = "9"


def declare(draft: Draft, codes: Codes) -> Declaration:
    """Return the declaration of a draft, at the exchange rates of its day."""
    firm, exports = draft.firm, draft.firm.exports
    items = tuple(_item(number, line, draft, codes) for number, line in enumerate(draft.lines, start=1))
    here = "KZ"
    return Declaration(
        function=ORIGINAL,
        functional_reference_id=draft.reference,
        issued_at=draft.at,
        type_code="EX" if exports else "IM",
        office=draft.post,
        goods_item_quantity=len(items),
        declarant=_party(firm.identifier),
        shipment=GoodsShipment(
            items=items,
            trade_country=draft.trade_country,
            export_country=here if exports else draft.partner,
            destination_country=draft.partner if exports else here,
            consignment=_consignment(draft),
        ),
        signatory=Signatory("Generated", draft.at.date()),
        procedure=draft.procedure,
        customs_value=None if exports else _sum(items, TENGE),
        invoice_amount=_sum(items, draft.currency),
        exchange_rates=_rates(draft, codes),
        agent=_agent(draft),
    )


def _item(number: int, line: Line, draft: Draft, codes: Codes) -> GoodsItem:
    exports = draft.firm.exports
    dollar, currency = _rate(DOLLAR, codes), _rate(draft.currency, codes)
    tenge = line.value_usd * dollar
    value = tenge * CARRIAGE.get(draft.incoterms, 1.0)
    unit = line.goods.unit
    return GoodsItem(
        sequence=number,
        description=line.goods.name,
        commodity_code=line.declared_code,
        gross_mass_kg=_number(line.gross_kg, 3),
        net_mass_kg=_number(line.net_kg, 3),
        tariff_quantity=Quantity(Decimal(line.units), unit) if unit else None,
        price=Amount(_number(tenge / currency, 2), draft.currency),
        preference=None if exports else PREFERENCE if line.preference else NO_PREFERENCE,
        valuation_method=None if exports else line.method,
        customs_value=None if exports else Amount(_number(value, 2), TENGE),
        statistical_value=Amount(_number(value / dollar, 2), DOLLAR),
        procedure=Procedure(draft.procedure, "00", "000"),
        origin_country="KZ" if exports else line.country,
        documents=_documents(number, line, draft),
    )


def _documents(number: int, line: Line, draft: Draft) -> tuple[AdditionalDocument, ...]:
    """Return the item's own documents; those of the whole declaration stand at its first item."""
    identifiers = {kind: f"{kind}-{draft.reference}" for kind in (draft.documents if number == 1 else ())}
    identifiers |= {kind: f"{kind}-{draft.reference}-{number}" for kind in line.documents}
    if INVOICE in identifiers:
        identifiers[INVOICE] = draft.invoice
    for kind in identifiers:
        if kind.startswith("06") and line.certificate:
            identifiers[kind] = line.certificate[0]
    return tuple(AdditionalDocument(kind, identifiers[kind]) for kind in sorted(identifiers))


def _consignment(draft: Draft) -> Consignment:
    return Consignment(
        container=draft.container,
        border_means=TransportMeans(mode=draft.mode),
        border_offices=(draft.border_post,) if draft.border_post else (),
        routing_countries=draft.routing,
    )


def _agent(draft: Draft) -> Agent | None:
    broker = draft.broker
    if broker is None:
        return None
    return Agent(_party(broker.identifier), "1", "GENERATED", "GENERATED", broker.registered_on)


def _party(identifier: str) -> Party:
    return Party("Generated", PartyIdentifier(identifier, "BIN"))


def _rates(draft: Draft, codes: Codes) -> tuple[CurrencyExchange, ...]:
    found = (codes.exchange_rate(currency) for currency in sorted({DOLLAR, draft.currency} - {TENGE}))
    return tuple(CurrencyExchange(rate.currency, rate.tenge, rate.units, rate.since) for rate in found if rate)


def _rate(currency: str, codes: Codes) -> float:
    rate = codes.rate(currency)
    if rate is None:
        raise LookupError(f"no exchange rate of {currency} on {codes.day}")
    return float(rate)


def _sum(items: tuple[GoodsItem, ...], currency: str) -> Amount:
    amounts = (item.customs_value if currency == TENGE else item.price for item in items)
    return Amount(sum((amount.value for amount in amounts if amount), Decimal(0)), currency)


def _number(value: float, places: int) -> Decimal:
    """Return a decimal with so many places, never 0: nobody declares nothing."""
    return max(Decimal(f"{value:.{places}f}"), Decimal(1).scaleb(-places))
