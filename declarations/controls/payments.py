"""Boxes 47, 48, 52 and B: declared payments recompute, agree with the tariff, and add up."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import ROOT, in_item
from declarations.model import Declaration, DutyTaxFee, GoodsItem
from declarations.reference.codes import TENGE
from declarations.reference.rate import NOT_LESS_THAN
from declarations.tariff import DUTY, EXCISE, VAT, item_payables, round_to_tiyn

LINE_TOLERANCE: Final = Decimal("0.01")
TARIFF_TOLERANCE: Final = Decimal("0.02")  # of two roundings: the declared base may itself be rounded
DECISION_257: Final = "EEC Decision 257"
SINCE: Final = date(2011, 1, 1)
_HUNDRED: Final = Decimal(100)


@control("C-901", box="47", source="EEC Decision 378, annex 9 (kinds of payments)", since=SINCE)
def kinds_of_payments_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The kind of a payment in boxes 47, 48 and B must be in the classifier of payments."""
    known = context.codes.payment_kinds
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, line in enumerate(item.duty_tax_fees, 1):
            if line.type_code not in known:
                path = in_item(number, f"Commodity/DutyTaxFee[{position}]/TypeCode")
                yield Place(path, number, {"code": line.type_code})
    for number, payment in enumerate(declaration.payments, 1):
        if payment.type_code not in known:
            yield Place(f"{ROOT}/PaymentSummary[{number}]/TypeCode", params={"code": payment.type_code}, box="B")
    for number, deferred in enumerate(declaration.deferred_payments, 1):
        if deferred.type_code not in known:
            yield Place(f"{ROOT}/DeferredPayment[{number}]/TypeCode", params={"code": deferred.type_code}, box="48")


@control("C-902", box="47", source=f"{DECISION_257}, boxes 47 and B", since=SINCE)
def payments_are_in_tenge(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Amounts to pay in boxes 47 and B must be in tenge."""
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, line in enumerate(item.duty_tax_fees, 1):
            if line.payment.currency != TENGE:
                path = in_item(number, f"Commodity/DutyTaxFee[{position}]/PaymentAmount/@currencyID")
                yield Place(path, number, {"currency": line.payment.currency})
    for number, payment in enumerate(declaration.payments, 1):
        if payment.amount.currency != TENGE:
            path = f"{ROOT}/PaymentSummary[{number}]/Amount/@currencyID"
            yield Place(path, params={"currency": payment.amount.currency}, box="B")


@control("C-903", box="47", source=f"{DECISION_257}, box 47", since=SINCE)
def payment_lines_recompute(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Each line of box 47 must recompute: the base times the rate is the amount."""
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, line in enumerate(item.duty_tax_fees, 1):
            computed = _amount(line, context)
            if computed is None or line.payment.currency != TENGE:
                continue
            if abs(line.payment.value - computed) > LINE_TOLERANCE:
                params = {"kind": line.type_code, "declared": str(line.payment.value), "computed": str(computed)}
                yield Place(in_item(number, f"Commodity/DutyTaxFee[{position}]/PaymentAmount"), number, params)


def _amount(line: DutyTaxFee, context: Context) -> Decimal | None:
    """Return what the line's own base and rates come to, in tenge; None when it does not say enough."""
    first = _part(line, line.rate, line.rate_type, line.rate_currency, line.rate_unit, context)
    if first is None or line.second_rate is None:
        return None if first is None else round_to_tiyn(first)
    also = line.second_rate
    second = _part(line, also.rate, also.rate_type, also.currency, also.unit, context)
    if second is None:
        return None
    return round_to_tiyn(max(first, second) if also.operator == NOT_LESS_THAN else first + second)


def _part(
    line: DutyTaxFee, rate: Decimal, rate_type: str, currency: str | None, unit: str | None, context: Context
) -> Decimal | None:
    if rate_type == "P":
        base = line.base_amount
        return None if base is None or base.currency != TENGE else base.value * rate / _HUNDRED
    tenge = context.codes.rate(currency or TENGE)
    if tenge is None:
        return None
    if rate_type == "F":
        return rate * tenge
    quantity = line.base_quantity
    if quantity is None:
        return None
    counted = quantity.value if unit is None else context.codes.in_unit(quantity.value, quantity.unit, unit)
    return None if counted is None else counted * rate * tenge


@control("C-904", box="47", source="EAEU Common Customs Tariff (EEC Council Decision 80 of 14.09.2021)", since=SINCE)
def duty_agrees_with_the_tariff(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A declared import duty must be what the customs tariff makes of the goods."""
    return _differing(declaration, context, DUTY)


@control("C-905", box="47", source="Tax Code of Kazakhstan, excise [?]", since=SINCE)
def excise_agrees_with_the_tax_code(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A declared excise must be what the tax code makes of the goods."""
    return _differing(declaration, context, EXCISE)


@control("C-906", box="47", source="Tax Code of Kazakhstan, VAT on imports", since=SINCE)
def vat_agrees_with_the_tax_code(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A declared VAT must be the rate in force of the customs value with duty and excise."""
    return _differing(declaration, context, VAT)


def _differing(declaration: Declaration, context: Context, type_code: str) -> Iterator[Place]:
    """Yield the items whose declared payment differs from the one computed, where that is determined."""
    if declaration.type_code != "IM":
        return
    for number, item in enumerate(declaration.shipment.items, 1):
        declared = _declared(item, type_code) if item.duty_tax_fees else None
        if declared is None:
            continue
        ours = item_payables(item, declaration.procedure, context.codes).line(type_code)
        if ours is None or ours.amount is None or abs(ours.amount - declared) <= TARIFF_TOLERANCE:
            continue
        position = next(place for place, line in enumerate(item.duty_tax_fees, 1) if line.type_code == type_code)
        params = {"declared": str(declared), "computed": str(ours.amount), "rate": ours.rate}
        yield Place(in_item(number, f"Commodity/DutyTaxFee[{position}]/PaymentAmount"), number, params)


def _declared(item: GoodsItem, type_code: str) -> Decimal | None:
    """Return the sum of the item's lines of a kind; None when it has none, or one not in tenge."""
    lines = [line.payment for line in item.duty_tax_fees if line.type_code == type_code]
    if not lines or any(payment.currency != TENGE for payment in lines):
        return None
    return sum((payment.value for payment in lines), Decimal(0))


@control("C-907", box="B", source=f"{DECISION_257}, box B", since=SINCE)
def payments_add_up(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The payments of a kind in box B must be the sum of that kind in box 47 of the items."""
    if not declaration.payments:
        return
    summed: dict[str, Decimal] = {}
    first: dict[str, int] = {}
    for number, payment in enumerate(declaration.payments, 1):
        summed[payment.type_code] = summed.get(payment.type_code, Decimal(0)) + payment.amount.value
        first.setdefault(payment.type_code, number)
    listed: dict[str, Decimal] = {}
    for item in declaration.shipment.items:
        for line in item.duty_tax_fees:
            listed[line.type_code] = listed.get(line.type_code, Decimal(0)) + line.payment.value
    for kind, number in first.items():
        if kind in listed and listed[kind] != summed[kind]:
            params = {"kind": kind, "declared": str(summed[kind]), "computed": str(listed[kind])}
            yield Place(f"{ROOT}/PaymentSummary[{number}]/Amount", params=params)


@control("C-908", box="48", source="EAEU Customs Code, article 59", since=date(2018, 1, 1))
def deferred_payments_are_not_yet_due(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The day to which a payment is deferred in box 48 must not have passed."""
    for number, deferred in enumerate(declaration.deferred_payments, 1):
        if deferred.due_date < context.today:
            params = {"kind": deferred.type_code, "date": deferred.due_date.isoformat()}
            yield Place(f"{ROOT}/DeferredPayment[{number}]/DueDate", params=params)


@control("C-909", box="52", source=f"{DECISION_257}, box 52", since=SINCE)
def guarantees_are_already_issued(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A guarantee in box 52 must not be dated in the future."""
    for number, guarantee in enumerate(declaration.guarantees, 1):
        if guarantee.issue_date is not None and guarantee.issue_date > context.today:
            params = {"date": guarantee.issue_date.isoformat()}
            yield Place(f"{ROOT}/ObligationGuarantee[{number}]/IssueDate", params=params)


@control("C-910", box="B", source=f"{DECISION_257}, box B", since=SINCE)
def payment_documents_are_already_issued(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A payment document in box B must not be dated in the future."""
    for number, payment in enumerate(declaration.payments, 1):
        if payment.document_date is not None and payment.document_date > context.today:
            params = {"kind": payment.type_code, "date": payment.document_date.isoformat()}
            yield Place(f"{ROOT}/PaymentSummary[{number}]/DocumentDate", params=params)
