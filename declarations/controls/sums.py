"""Boxes 4 to 6, 12, 22, 32, 35, 38, 42, 45, 46: counts, sums and weights agree with the items."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import MEASURE, ROOT, in_item
from declarations.model import Declaration
from declarations.reference.codes import TENGE

DECISION_257: Final = "EEC Decision 257"
SINCE: Final = date(2011, 1, 1)
STATISTICAL_CURRENCY: Final = "USD"


@control("C-301", box="5", source=f"{DECISION_257}, box 5", since=SINCE)
def number_of_items_agrees(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The number of items in box 5 must be the number of items listed."""
    listed = len(declaration.shipment.items)
    if declaration.goods_item_quantity != listed:
        params = {"declared": str(declaration.goods_item_quantity), "listed": str(listed)}
        yield Place(f"{ROOT}/GoodsItemQuantity", params=params)


@control("C-302", box="32", source=f"{DECISION_257}, box 32", since=SINCE)
def items_are_numbered_in_turn(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Items must be numbered 1, 2, 3 and so on, in the order in which they are listed."""
    for number, item in enumerate(declaration.shipment.items, 1):
        if item.sequence != number:
            params = {"declared": str(item.sequence), "expected": str(number)}
            yield Place(in_item(number, "SequenceNumeric"), number, params)


@control("C-303", box="6", source=f"{DECISION_257}, box 6", since=SINCE)
def packages_add_up(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The number of packages in box 6 must be the sum of the items' packages."""
    declared = declaration.total_package_quantity
    if declared is None:
        return
    total = 0
    for item in declaration.shipment.items:
        if item.package_quantity is None:
            return
        total += item.package_quantity
    if total != declared:
        params = {"declared": str(declared), "computed": str(total)}
        yield Place(f"{ROOT}/TotalPackageQuantity", params=params)


@control("C-304", box="12", source=f"{DECISION_257}, boxes 12 and 45", since=SINCE)
def customs_values_add_up(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs value in box 12 must be the sum of the items' customs values in box 45."""
    declared = declaration.customs_value
    if declared is None:
        return
    total = Decimal(0)
    for item in declaration.shipment.items:
        value = item.customs_value
        if value is None or value.currency != declared.currency:
            return
        total += value.value
    if total != declared.value:
        params = {"declared": str(declared.value), "computed": str(total)}
        yield Place(f"{ROOT}/CustomsValueAmount", params=params)


@control("C-305", box="22", source=f"{DECISION_257}, boxes 22 and 42", since=SINCE)
def item_prices_add_up(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The prices of the items in box 42 must add up to the invoice total in box 22."""
    declared = declaration.invoice_amount
    if declared is None:
        return
    total = Decimal(0)
    for item in declaration.shipment.items:
        price = item.price
        if price is None or price.currency != declared.currency:
            return
        total += price.value
    if total != declared.value:
        params = {"declared": str(declared.value), "computed": str(total), "currency": declared.currency}
        yield Place(f"{ROOT}/InvoiceAmount", params=params)


@control("C-306", box="42", source=f"{DECISION_257}, boxes 22 and 42", since=SINCE)
def prices_are_in_the_invoice_currency(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The price of an item in box 42 must be in the currency of the invoice total in box 22."""
    if declaration.invoice_amount is None:
        return
    currency = declaration.invoice_amount.currency
    for number, item in enumerate(declaration.shipment.items, 1):
        price = item.price
        if price is not None and price.currency != currency and price.value:
            params = {"currency": price.currency, "expected": currency}
            yield Place(in_item(number, "Commodity/ItemChargeAmount/@currencyID"), number, params)


@control("C-307", box="45", source=f"{DECISION_257}, boxes 12 and 45", since=SINCE)
def customs_values_are_in_tenge(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Customs values in boxes 12 and 45 must be in tenge."""
    declared = declaration.customs_value
    if declared is not None and declared.currency != TENGE:
        yield Place(f"{ROOT}/CustomsValueAmount/@currencyID", params={"currency": declared.currency}, box="12")
    for number, item in enumerate(declaration.shipment.items, 1):
        value = item.customs_value
        if value is not None and value.currency != TENGE:
            yield Place(in_item(number, "CustomsValueAmount/@currencyID"), number, {"currency": value.currency})


@control("C-308", box="46", source=f"{DECISION_257}, box 46", since=SINCE)
def statistical_values_are_in_dollars(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The statistical value in box 46 must be in US dollars."""
    for number, item in enumerate(declaration.shipment.items, 1):
        value = item.statistical_value
        if value is not None and value.currency != STATISTICAL_CURRENCY:
            yield Place(in_item(number, "StatisticalValueAmount/@currencyID"), number, {"currency": value.currency})


@control("C-309", box="38", source=f"{DECISION_257}, boxes 35 and 38", since=SINCE)
def net_mass_is_within_gross(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The net mass in box 38 must not be more than the gross mass in box 35."""
    for number, item in enumerate(declaration.shipment.items, 1):
        net, gross = item.net_mass_kg, item.gross_mass_kg
        if net is not None and gross is not None and net > gross:
            params = {"net": str(net), "gross": str(gross)}
            yield Place(in_item(number, f"{MEASURE}/NetMassMeasure"), number, params)


@control("C-310", box="38", source=f"{DECISION_257}, box 38", since=SINCE)
def mass_without_packing_is_within_net(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The net mass without any packing must not be more than the net mass, or than the gross mass."""
    for number, item in enumerate(declaration.shipment.items, 1):
        bare = item.net_net_mass_kg
        if bare is None:
            continue
        limit = item.net_mass_kg if item.net_mass_kg is not None else item.gross_mass_kg
        if limit is not None and bare > limit:
            params = {"net": str(bare), "limit": str(limit)}
            yield Place(in_item(number, f"{MEASURE}/NetNetWeightMeasure"), number, params)
