"""Boxes 11, 15 to 17, 22, 23, 31, 34, 36, 37, 39 to 42, 51: codes must be in their classifiers."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import CONSIGNMENT, MEASURE, ROOT, SHIPMENT, in_item
from declarations.model import Declaration, GoodsItem, TransportMeans

PREFERENCE_FORM: Final = re.compile("[A-ZА-Я]{2}")
NO_PROCEDURE: Final = "00"
KILOGRAM: Final = "166"
DECISION_378: Final = "EEC Decision 378"
SINCE: Final = date(2011, 1, 1)


@control("C-601", box="34", source=f"{DECISION_378}, annex 22 (countries)", since=SINCE)
def countries_of_origin_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A country of origin must be in the classifier of countries, or be EU, 00 (unknown) or 99 (various)."""
    known = context.codes.countries_or_open
    common = declaration.shipment.origin_country
    if common is not None and common not in known:
        yield Place(f"{SHIPMENT}/OriginCountryCode", params={"code": common}, box="16")
    for number, item in enumerate(declaration.shipment.items, 1):
        origin, preferential = item.origin_country, item.preferential_origin_country
        if origin is not None and origin not in known:
            yield Place(in_item(number, "OriginCountryCode"), number, {"code": origin})
        if preferential is not None and preferential not in known:
            yield Place(in_item(number, "PreferentialOriginCountryCode"), number, {"code": preferential})


@control("C-602", box="15a", source=f"{DECISION_378}, annex 22 (countries)", since=SINCE)
def countries_of_the_route_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Countries of trade, dispatch, destination, route and transport must be in the classifier of countries."""
    known = context.codes.countries_or_open
    for path, box, code in _route(declaration):
        if code not in known:
            yield Place(path, params={"code": code}, box=box)


def _route(declaration: Declaration) -> Iterator[tuple[str, str, str]]:
    """Yield path, box and code of every country of the shipment's way."""
    shipment = declaration.shipment
    ends = (
        (f"{SHIPMENT}/TradeCountryCode", "11", shipment.trade_country),
        (f"{SHIPMENT}/ExportCountryCode", "15a", shipment.export_country),
        (f"{SHIPMENT}/DestinationCountryCode", "17a", shipment.destination_country),
    )
    for path, box, code in ends:
        if code is not None:
            yield path, box, code
    consignment = shipment.consignment
    if consignment is None:
        return
    if consignment.departure_means is not None:
        yield from _nationalities(f"{CONSIGNMENT}/DepartureTransportMeans", "18", consignment.departure_means)
    if consignment.border_means is not None:
        yield from _nationalities(f"{CONSIGNMENT}/BorderTransportMeans", "21", consignment.border_means)
    for number, code in enumerate(consignment.routing_countries, 1):
        yield f"{CONSIGNMENT}/RoutingCountryCode[{number}]", "51", code
    for number, transhipment in enumerate(consignment.transhipments, 1):
        path = f"{CONSIGNMENT}/Transhipment[{number}]"
        yield f"{path}/CountryCode", "55", transhipment.country
        if transhipment.means is not None:
            yield from _nationalities(f"{path}/TransportMeans", "55", transhipment.means)


def _nationalities(path: str, box: str, means: TransportMeans) -> Iterator[tuple[str, str, str]]:
    if means.nationality is not None:
        yield f"{path}/RegistrationNationalityCode", box, means.nationality
    for number, vehicle in enumerate(means.vehicles, 1):
        if vehicle.country is not None:
            yield f"{path}/Vehicle[{number}]/CountryCode", box, vehicle.country


@control("C-603", box="42", source="ISO 4217", since=SINCE)
def currencies_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A currency must be in the classifier of currencies."""
    known = context.codes.currencies
    invoice = declaration.invoice_amount
    if invoice is not None and invoice.currency not in known:
        yield Place(f"{ROOT}/InvoiceAmount/@currencyID", params={"code": invoice.currency}, box="22")
    for number, line in enumerate(declaration.exchange_rates, 1):
        if line.currency not in known:
            path = f"{ROOT}/CurrencyExchange[{number}]/CurrencyTypeCode"
            yield Place(path, params={"code": line.currency}, box="23")
    for number, item in enumerate(declaration.shipment.items, 1):
        price = item.price
        if price is not None and price.currency not in known:
            path = in_item(number, "Commodity/ItemChargeAmount/@currencyID")
            yield Place(path, number, {"code": price.currency})
        for position, charge in enumerate(item.charges, 1):
            if charge.amount.currency not in known:
                path = in_item(number, f"CustomsValuation/ChargeDeduction[{position}]/Amount/@currencyID")
                yield Place(path, number, {"code": charge.amount.currency}, box="45")


@control("C-604", box="41", source="EEC Board Decision 145 of 27.10.2020 (units of measure)", since=SINCE)
def units_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A unit of measure must be in the classifier of units."""
    known = context.codes.units
    for number, item in enumerate(declaration.shipment.items, 1):
        quantity = item.tariff_quantity
        if quantity is not None and quantity.unit not in known:
            yield Place(in_item(number, f"{MEASURE}/TariffQuantity/@unitCode"), number, {"code": quantity.unit})
        for position, quantity in enumerate(item.additional_quantities, 1):
            if quantity.unit not in known:
                path = in_item(number, f"{MEASURE}/AdditionalQuantity[{position}]/@unitCode")
                yield Place(path, number, {"code": quantity.unit}, box="31")
        if item.quota is not None:
            for position, quantity in enumerate(item.quota.quantities, 1):
                if quantity.unit not in known:
                    path = in_item(number, f"Quota/Quantity[{position}]/@unitCode")
                    yield Place(path, number, {"code": quantity.unit}, box="39")


@control("C-605", box="31", source="UN/ECE Recommendation 21; EEC Decision 378, annex 23", since=SINCE)
def packages_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A kind of package must be in the classifier of packages."""
    known = context.codes.packages
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, packaging in enumerate(item.packagings, 1):
            if packaging.type_code not in known:
                path = in_item(number, f"Packaging[{position}]/TypeCode")
                yield Place(path, number, {"code": packaging.type_code})


@control("C-606", box="36", source=f"{DECISION_378}, annex 7 (exemptions)", since=SINCE)
def preferences_have_their_form(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A preference code in box 36 must be OO (none claimed), a dash (not payable) or two letters."""
    known = context.codes.preferences
    for number, item in enumerate(declaration.shipment.items, 1):
        preference = item.preference
        if preference is None:
            continue
        parts = (
            ("FeeCode", preference.fee),
            ("DutyCode", preference.duty),
            ("ExciseCode", preference.excise),
            ("VATCode", preference.vat),
        )
        for name, code in parts:
            if code not in known and not PREFERENCE_FORM.fullmatch(code):
                yield Place(in_item(number, f"PreferenceCode/{name}"), number, {"code": code})


@control("C-607", box="37", source=f"{DECISION_378}, annex 1 (procedures)", since=SINCE)
def procedures_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A customs procedure, declared or previous, must be in the classifier of procedures."""
    known = context.codes.procedures
    declared = declaration.procedure
    if declared is not None and declared not in known:
        yield Place(f"{ROOT}/ProcedureCode", params={"code": declared}, box="1")
    for number, item in enumerate(declaration.shipment.items, 1):
        procedure = item.procedure
        if procedure is None:
            continue
        if procedure.current not in known:
            yield Place(in_item(number, "GovernmentProcedure/CurrentCode"), number, {"code": procedure.current})
        if procedure.previous not in known:
            yield Place(in_item(number, "GovernmentProcedure/PreviousCode"), number, {"code": procedure.previous})


@control("C-608", box="40", source="EEC Decision 257, boxes 37 and 40", since=SINCE)
def previous_procedure_has_its_document(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Goods that were under another procedure before must name the document of that procedure in box 40."""
    for number, item in enumerate(declaration.shipment.items, 1):
        procedure = item.procedure
        if procedure is not None and procedure.previous != NO_PROCEDURE and not item.previous_documents:
            yield Place(in_item(number, "PreviousDocument"), number, {"procedure": procedure.previous})


@control("C-609", box="37", source="EAEU Customs Code, article 235", since=date(2018, 1, 1))
def following_procedure_has_a_previous_one(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A procedure that only follows another, such as re-import, must name the previous procedure in box 37."""
    known = context.codes.procedures
    for number, item in enumerate(declaration.shipment.items, 1):
        procedure = item.procedure
        if procedure is None or procedure.previous != NO_PROCEDURE:
            continue
        kind = known.get(procedure.current)
        if kind is not None and kind.after_another:
            path = in_item(number, "GovernmentProcedure/PreviousCode")
            yield Place(path, number, {"procedure": procedure.current})


@control("C-610", box="39", source="EEC Decision 257, box 39", since=SINCE)
def quota_says_how_much(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A quota in box 39 must say how much of it is left: a quantity or an amount."""
    for number, item in enumerate(declaration.shipment.items, 1):
        quota = item.quota
        if quota is not None and not quota.quantities and quota.amount is None:
            yield Place(in_item(number, "Quota"), number, {"quota": quota.identifier})


@control("C-611", box="39", source="EEC Decision 257, box 39", since=SINCE)
def goods_are_within_the_quota(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The goods must not be more than what box 39 says is left of the quota."""
    for number, item in enumerate(declaration.shipment.items, 1):
        if item.quota is None:
            continue
        for position, left in enumerate(item.quota.quantities, 1):
            goods = _quantity(item, left.unit)
            if goods is not None and goods > left.value:
                params = {"quota": item.quota.identifier, "left": str(left.value), "goods": str(goods)}
                yield Place(in_item(number, f"Quota/Quantity[{position}]"), number, params)


def _quantity(item: GoodsItem, unit: str) -> Decimal | None:
    """Return how much of exactly `unit` the item says it is."""
    if unit == KILOGRAM and item.net_mass_kg is not None:
        return item.net_mass_kg
    declared = item.tariff_quantity
    if declared is not None and declared.unit == unit:
        return declared.value
    return next((quantity.value for quantity in item.additional_quantities if quantity.unit == unit), None)
