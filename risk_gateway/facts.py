"""Gathers the facts of one declaration into a `Case`: what it says, what it owes, and who lodges it.

Only what the document and the caller tell; a fact that they do not tell is None. Ratios are rounded half even to four
places, percentages to two.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, localcontext
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from declarations.model import Consignment, Declaration, GoodsItem
from declarations.tariff import ItemPayables, Payables
from risk_gateway import history, repeated_goods
from risk_gateway.bases.partner_facts.model import JUDGED, Answer, Question, answer_at, rules_of
from risk_gateway.days import day_of
from risk_gateway.fact_values import (
    deviation,
    in_usd,
    percent,
    percent_of_share,
    ratio,
    total_of,
    usd_rates,
    worth_usd,
)
from risk_gateway.model import Case, Earlier, HeaderFacts, ItemFacts, Load, OpenControl, ParticipantFacts
from risk_gateway.parameters import ReferenceValues
from risk_gateway.profiles import Block, Extent
from risk_gateway.register_facts import Registered, registered
from risk_gateway.usual import Usual, usual_of

BLOCK_OF_TYPE = {"IM": Block.IMPORTS, "EX": Block.EXPORTS, "TT": Block.DELIVERIES}
VIOLATIONS_MONTHS = 24
FACTS_VERSION = 4  # one more whenever the same document would give other facts: docs/decisions/0013
EXPORT = "EX"
NO_EXEMPTION = frozenset({"OO", "ОО", "-", "--", ""})  # box 36; the second is in Cyrillic letters

FACT_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Declared = TypeVar("Declared")
Facts = TypeVar("Facts")

_YES_OR_NO = {Answer.YES: True, Answer.NO: False, Answer.UNKNOWN: None}
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])


def gather(
    declaration: Declaration,
    payables: Payables,
    declarant: ParticipantFacts,
    agent: ParticipantFacts | None,
    reference_values: ReferenceValues,
    received_at: datetime,
    document_digest: str,
    *,
    series_id: str | None = None,
    load: Load = Load(),
    earlier: Earlier | None = None,
    published: Mapping[str, Decimal] = {},
    delivery: Callable[[], dict[str, Any]] = dict,
) -> Case:
    """Return the case of a declaration received at an aware moment.

    `payables` is what is at stake, one entry per item, in order; `load` is what was ordered that day before;
    `published` are the tenge of one unit of a currency on that day, which go before what box 23 says. `series_id` is
    given for an amendment that carries its own number: the series of the first lodgement; `earlier` for every
    amendment. `delivery` gives what a transit declaration tells of its delivery (transit_facts.py). A type of
    declaration without a block keeps its type code as the block's name. Never raises for what a document says: facts
    that cannot be computed are not known, and the case's `problem` says where.
    """
    problems: list[str] = []
    balances = declarant.certificate_balances_kg
    with localcontext(_EXACT):
        shares = [owed.duty_share for owed in payables.items if owed.duty_share is not None]
        around = _Around(
            rates=_tried("rates", problems, {}, usd_rates, declaration, published),
            share_max=max(shares, default=None),
            exceeded=_tried("certificates", problems, None, _exceeded_certificates, declaration.items, balances),
            dispatch=declaration.shipment.export_country,
            exports=declaration.type_code == EXPORT,
            usual=usual_of(reference_values),
            declarant=declarant,
            registered=_tried("registers", problems, None, registered, declaration, declarant, received_at),
        )
        pairs = zip(declaration.items, payables.items, strict=True)
        items = tuple(
            _tried(f"item {item.sequence}", problems, _bare_item(item), _item_facts, item, owed, around)
            for item, owed in pairs
        )
        bare, day = _bare_header(declaration, declarant), day_of(received_at)
        header = _tried(
            "header", problems, bare, _header_facts, declaration, items, declarant, agent, reference_values, around, day
        )
        header = replace(
            header,
            rate_deviation_percent=_tried("box 23", problems, None, deviation, declaration, published),
            **_tried("open controls", problems, dict[str, bool](), _pending, declaration, declarant.open_controls),
            **_tried("partners", problems, dict[str, Any](), _of_partners, declarant, received_at),
            **_tried("registers", problems, dict[str, Any](), around.registered.header if around.registered else dict),
            **_tried("delivery", problems, dict[str, Any](), delivery),
        )
    return Case(
        series_id=series_id or f"{declarant.identifier}/{declaration.functional_reference_id}",
        document_digest=document_digest,
        block=BLOCK_OF_TYPE.get(declaration.type_code, declaration.type_code),
        lodged_at=received_at,
        header=header,
        items=items,
        declarant=declarant.identifier,
        agent=agent.identifier if agent else None,
        load=load,
        problem="; ".join(problems) or None,
        facts_version=FACTS_VERSION,
        earlier=earlier,
        partner_facts=declarant.partner_facts,
        register_facts=declarant.register_facts if around.registered else None,
    )


def _tried(place: str, problems: list[str], bare: Facts, compute: Callable[..., Facts], *given: Any) -> Facts:
    """Return what is computed; what cannot be is noted, and the bare facts stand for it."""
    try:
        return compute(*given)
    except FACT_ERRORS as error:
        problems.append(f"{place}: {type(error).__name__}")
        return bare


def _bare_item(item: GoodsItem) -> ItemFacts:
    return ItemFacts(sequence=item.sequence, commodity_code=item.commodity_code)


def _bare_header(declaration: Declaration, declarant: ParticipantFacts) -> HeaderFacts:
    return HeaderFacts(
        type_code=declaration.type_code,
        declarant_category=declarant.category,
        procedure=declaration.procedure,
        office=declaration.office,
        is_amendment=declaration.function == "4",
    )


class _Around(NamedTuple):
    """What the facts of an item need besides the item."""

    rates: Mapping[str, Decimal]
    share_max: Decimal | None
    exceeded: frozenset[str] | None
    dispatch: str | None
    exports: bool
    usual: Usual
    declarant: ParticipantFacts
    registered: Registered | None


def _header_facts(
    declaration: Declaration,
    items: tuple[ItemFacts, ...],
    declarant: ParticipantFacts,
    agent: ParticipantFacts | None,
    reference_values: ReferenceValues,
    around: _Around,
    day: date,
) -> HeaderFacts:
    shipment = declaration.shipment
    consignment = shipment.consignment or Consignment()
    border = consignment.border_means or consignment.departure_means
    routing = _routing_countries(consignment)
    documents = tuple(sorted({kind for item in items for kind in item.item_documents or ()}))
    return HeaderFacts(
        type_code=declaration.type_code,
        procedure=declaration.procedure,
        office=declaration.office,
        transport_mode=border.mode if border else None,
        container=consignment.container,
        incoterms=shipment.trade_terms.condition if shipment.trade_terms else None,
        trade_country=shipment.trade_country,
        dispatch_country=shipment.export_country,
        destination_country=shipment.destination_country,
        routing_countries=routing or None,
        border_offices=consignment.border_offices or None,
        unusual_route=_unusual_route(items, consignment.border_offices, routing, reference_values),
        item_count=len(items),
        invoice_value_usd=in_usd(declaration.invoice_amount, around.rates),
        customs_value_kzt=declaration.customs_value.value if declaration.customs_value else None,
        tax_at_stake_kzt=total_of(item.item_tax_kzt for item in items),
        duty_share_max_percent=percent_of_share(around.share_max),
        documents=documents,
        invoice_reused=_invoice_reused(declaration.items, declarant.used_invoices),
        is_amendment=declaration.function == "4",
        declarant_category=declarant.category,
        declarant_age_months=_months(declarant.registered_on, day),
        declarant_declarations=declarant.declarations_count,
        declarant_violations_24_months=_recent_violations(declarant, day),
        declarant_amendments_after_notice=declarant.amendments_after_notice,
        declarant_exports_without_exit=declarant.exports_without_exit,
        agent_present=agent is not None,
        agent_category=agent.category if agent else None,
        agent_violations_24_months=_recent_violations(agent, day) if agent else None,
        agent_declarations=agent.declarations_as_agent if agent else None,
    )


def _item_facts(item: GoodsItem, owed: ItemPayables, around: _Around) -> ItemFacts:
    origin, declarant = history.origin_of(item), around.declarant
    dispatch, share, named = around.dispatch, owed.duty_share, history.certificates_of(item)
    value_usd = worth_usd(item, around.rates)
    quantity, procedure = item.tariff_quantity, item.procedure
    unit = quantity.unit if quantity else None
    per_kg = ratio(value_usd, item.net_mass_kg)
    per_unit = ratio(value_usd, quantity.value) if quantity else None
    usual = (
        around.usual.unit_value(item.commodity_code, origin, unit)
        if origin
        else around.usual.strictest_unit_value(item.commodity_code, unit, too_dear=around.exports)
    )
    weighs = around.usual.mass(item.commodity_code, origin, unit)
    per_unit_kg = ratio(item.net_mass_kg, quantity.value) if quantity else None
    measured = {"kg": per_kg, unit: per_unit}.get(usual.measure) if usual else None
    return ItemFacts(
        sequence=item.sequence,
        commodity_code=item.commodity_code,
        origin_country=origin,
        item_procedure=procedure.current if procedure else None,
        previous_procedure=procedure.previous if procedure else None,
        preference_claimed=item.preference.duty not in NO_EXEMPTION if item.preference else False,
        origin_not_dispatch=origin != dispatch if origin and dispatch else None,
        valuation_method=item.valuation_method,
        price_zero=item.price.value == 0 if item.price else None,
        net_mass_kg=item.net_mass_kg,
        gross_mass_kg=item.gross_mass_kg,
        net_gross_percent=percent(item.net_mass_kg, item.gross_mass_kg),
        mass_per_unit_kg=per_unit_kg,
        mass_to_reference_percent=percent(per_unit_kg, weighs.median_kg) if weighs else None,
        item_value_kzt=item.customs_value.value if item.customs_value else None,
        item_value_usd=value_usd,
        usd_per_kg=per_kg,
        usd_per_unit=per_unit,
        unit=unit,
        value_to_reference_percent=percent(measured, usual.low_usd) if usual else None,
        value_to_median_percent=percent(measured, usual.median_usd) if usual else None,
        duty_share_percent=percent_of_share(share),
        duty_gap_percent=None
        if share is None or around.share_max is None
        else percent_of_share(around.share_max - share),
        item_tax_kzt=total_of(line.amount for line in owed.lines),
        item_documents=tuple(sorted({document.type_code for document in item.documents})),
        certificate_exceeded=_exceeded(named, around),
        certificate_unknown=_unknown(named, declarant.certificate_balances_kg),
        first_commodity=_first(item.commodity_code, declarant.known_commodities),
        first_origin=_first((item.commodity_code, origin), declarant.known_goods) if origin else None,
        exact_precedent=_precedent(item.commodity_code, origin, declarant.findings),
        permit_register=around.registered.of_item(item) if around.registered else None,
        origin_unknown=None if origin else True,
        quota_claimed=item.quota is not None,
        intellectual_property=None
        if item.intellectual_property is None
        else item.intellectual_property not in ("", "0"),
    )


# --- documents and history ------------------------------------------------------------------------------------------


def _exceeded_certificates(items: Sequence[GoodsItem], balances: Mapping[str, Decimal] | None) -> frozenset[str] | None:
    """Return the certificates on which this declaration writes off more than is left."""
    if balances is None:
        return None
    used = history.grams_by_certificate(items)
    return frozenset(number for number in used.keys() & balances.keys() if used[number] > balances[number] * 1000)


def _exceeded(named: frozenset[str], around: _Around) -> bool | None:
    """Say whether an item uses up more than is left on a certificate; None where none that it names is on record."""
    balances = around.declarant.certificate_balances_kg
    if around.exceeded is None or balances is None or (named and named.isdisjoint(balances)):
        return None
    return not around.exceeded.isdisjoint(named)


def _unknown(named: frozenset[str], balances: Mapping[str, Decimal] | None) -> bool | None:
    return None if balances is None else not named <= balances.keys()


def _pending(declaration: Declaration, controls: Sequence[OpenControl] | None) -> dict[str, bool]:
    """Return whether an inspection of the same goods is ordered and not closed, and whether a full one."""
    if controls is None:
        return {}
    extent = repeated_goods.pending(repeated_goods.marks_of(declaration), controls)
    return {"control_pending": extent is not None, "full_control_pending": extent is Extent.FULL}


def _of_partners(declarant: ParticipantFacts, received_at: datetime) -> dict[str, Any]:
    """Return what partners say of the declarant: what is not known, or too old, is never taken for "no"."""
    if declarant.partner_facts is None:
        return {}
    rules = rules_of(day_of(received_at))
    said = {question: answer_at(declarant.partner_facts, question, received_at, rules) for question in JUDGED}
    return {
        "declarant_tax_debt": _YES_OR_NO[said[Question.TAX_DEBT]],
        "declarant_police_notice": _YES_OR_NO[said[Question.POLICE_NOTICE]],
        "partner_facts_unknown": tuple(each.value for each in JUDGED if said[each] is Answer.UNKNOWN),
    }


def _invoice_reused(items: Sequence[GoodsItem], used: frozenset[str] | None) -> bool | None:
    return None if used is None else not used.isdisjoint(history.invoices_of(items))


def _first(declared: Declared, known: frozenset[Declared] | None) -> bool | None:
    return None if known is None else declared not in known


def _precedent(commodity: str, origin: str | None, findings: Mapping[tuple[str, str], int] | None) -> int | None:
    """Return how many controls found something in the same goods of the same declarant.

    Where the origin is not known, now or then, whatever was found in the commodity counts.
    """
    if findings is None:
        return None
    origins = {origin, ""} if origin else {known for code, known in findings if code == commodity}
    return max((findings.get((commodity, each), 0) for each in origins), default=0)


def _months(start: date | None, day: date) -> int | None:
    """Return the whole months from `start` to `day`."""
    if start is None:
        return None
    return (day.year - start.year) * 12 + day.month - start.month - (day.day < start.day)


def _recent_violations(participant: ParticipantFacts, day: date) -> int:
    return sum(
        1
        for _, committed in participant.violations
        if committed <= day and (_months(committed, day) or 0) < VIOLATIONS_MONTHS
    )


# --- route ----------------------------------------------------------------------------------------------------------


def _routing_countries(consignment: Consignment) -> tuple[str, ...]:
    """Return the countries of boxes 51 and 55, each once, in order of the code."""
    transhipped = (transhipment.country for transhipment in consignment.transhipments)
    return tuple(sorted({*consignment.routing_countries, *transhipped}))


def _unusual_route(
    items: Iterable[ItemFacts], offices: tuple[str, ...], countries: tuple[str, ...], reference_values: ReferenceValues
) -> bool | None:
    """Say whether goods of some origin enter where such goods do not; None when neither route nor habit is known."""
    origins = {item.origin_country for item in items}
    routes = [route for route in reference_values.routes if route.origin in origins]
    if not routes or not (offices or countries):
        return None
    return any(not set(offices) <= set(route.offices) or not set(countries) <= set(route.countries) for route in routes)
