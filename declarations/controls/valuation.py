"""Boxes 23, 42, 43 and 45: exchange rates, methods, and the customs value worked out from the price."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import ROOT, in_item
from declarations.model import Declaration, GoodsItem
from declarations.reference.codes import TENGE
from declarations.tariff import round_to_tiyn
from declarations.values import KAZAKHSTAN

TRANSACTION_VALUE: Final = "1"
VALUE_TOLERANCE: Final = Decimal("0.01")
SINCE: Final = date(2011, 1, 1)


@control(
    "C-401", box="45", source="EAEU Customs Code, articles 38 to 40; EEC Decision 257, box 45", since=date(2018, 1, 1)
)
def customs_value_follows_from_the_price(declaration: Declaration, context: Context) -> Iterator[Place]:
    """By method 1 the customs value in box 45 must be the price at the exchange rate, with additions and deductions."""
    rates = _declared_rates(declaration)
    day = _issue_day(declaration)
    for number, item in enumerate(declaration.shipment.items, 1):
        value, price = item.customs_value, item.price
        if value is None or price is None or item.valuation_method != TRANSACTION_VALUE or value.currency != TENGE:
            continue
        if not price.value:
            continue
        if price.currency not in rates:
            rates[price.currency] = context.codes.rate(price.currency, day)
        computed = _transaction_value(item, rates, context, day)
        if computed is not None and abs(value.value - computed) > VALUE_TOLERANCE:
            params = {
                "declared": str(value.value),
                "computed": str(computed),
                "price": str(price.value),
                "currency": price.currency,
                "rate": str(rates[price.currency]),
            }
            yield Place(in_item(number, "CustomsValueAmount"), number, params)


def _declared_rates(declaration: Declaration) -> dict[str, Decimal | None]:
    """Return the tenge of one unit of each currency of box 23."""
    rates: dict[str, Decimal | None] = {TENGE: Decimal(1)}
    for line in declaration.exchange_rates:
        if line.units:
            rates[line.currency] = line.rate / line.units
    return rates


def _transaction_value(
    item: GoodsItem, rates: dict[str, Decimal | None], context: Context, day: date
) -> Decimal | None:
    """Return price, additions and deductions in tenge; None when a rate is not known."""
    price = item.price
    rate = rates[price.currency] if price is not None else None
    if price is None or rate is None:
        return None
    total = price.value * rate
    for charge in item.charges:
        currency = charge.amount.currency
        rate = rates[currency] if currency in rates else context.codes.rate(currency, day)
        if rate is None:
            return None
        total += charge.amount.value * rate
    return round_to_tiyn(total)


def _issue_day(declaration: Declaration) -> date:
    return declaration.issued_at.astimezone(KAZAKHSTAN).date()


@control(
    "C-402",
    box="23",
    source="EAEU Customs Code, article 8; published rates of the National Bank",
    since=date(2018, 1, 1),
)
def exchange_rate_is_the_published_one(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The exchange rate in box 23 must be the one published for its date."""
    for number, line in enumerate(declaration.exchange_rates, 1):
        day = line.rate_date or _issue_day(declaration)
        known = context.codes.exchange_rate(line.currency, day)
        if known is not None and line.rate * known.units != known.tenge * line.units:
            params = {
                "currency": line.currency,
                "declared": f"{line.rate}/{line.units}" if line.units != 1 else str(line.rate),
                "published": f"{known.tenge}/{known.units}" if known.units != 1 else str(known.tenge),
                "day": day.isoformat(),
            }
            yield Place(f"{ROOT}/CurrencyExchange[{number}]/RateNumeric", params=params)


@control("C-403", box="23", source="EEC Decision 257, box 23", since=SINCE)
def currency_of_the_price_has_a_rate(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The currency of a price from which a customs value in tenge is worked out must have a rate in box 23."""
    declared = {line.currency for line in declaration.exchange_rates} | {TENGE}
    missing: dict[str, int] = {}
    for number, item in enumerate(declaration.shipment.items, 1):
        price, value = item.price, item.customs_value
        if price is None or value is None or value.currency != TENGE or not price.value:
            continue
        if price.currency not in declared and item.valuation_method == TRANSACTION_VALUE:
            missing.setdefault(price.currency, number)
    for currency, number in missing.items():
        yield Place(f"{ROOT}/CurrencyExchange", params={"currency": currency, "goods": str(number)})


@control("C-404", box="23", source="EEC Decision 257, box 23", since=SINCE)
def currency_has_one_rate(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A currency must have only one exchange rate in box 23."""
    seen: set[str] = set()
    for number, line in enumerate(declaration.exchange_rates, 1):
        if line.currency in seen:
            yield Place(f"{ROOT}/CurrencyExchange[{number}]/CurrencyTypeCode", params={"currency": line.currency})
        seen.add(line.currency)


@control("C-405", box="23", source="EAEU Customs Code, article 8", since=date(2018, 1, 1))
def rate_is_not_of_a_later_day(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The exchange rate in box 23 must not be of a day after the declaration."""
    issued = _issue_day(declaration)
    for number, line in enumerate(declaration.exchange_rates, 1):
        if line.rate_date is not None and line.rate_date > issued:
            params = {"date": line.rate_date.isoformat(), "issued": issued.isoformat()}
            yield Place(f"{ROOT}/CurrencyExchange[{number}]/RateDate", params=params)


@control("C-406", box="23", source="EEC Decision 257, box 23", since=SINCE)
def rate_is_for_at_least_one_unit(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The exchange rate in box 23 must be more than nothing and for at least one unit of the currency."""
    for number, line in enumerate(declaration.exchange_rates, 1):
        if not line.units or not line.rate:
            params = {"currency": line.currency, "rate": str(line.rate), "units": str(line.units)}
            yield Place(f"{ROOT}/CurrencyExchange[{number}]/UnitQuantity", params=params)


@control("C-407", box="43", source="EEC Decision 378, annex 8", since=SINCE)
def valuation_method_is_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The method of valuation in box 43 must be one of 1 to 6."""
    methods = context.codes.valuation_methods
    for number, item in enumerate(declaration.shipment.items, 1):
        if item.valuation_method is not None and item.valuation_method not in methods:
            yield Place(in_item(number, "CustomsValuation/MethodCode"), number, {"code": item.valuation_method})


@control("C-408", box="45", source="EEC Board Decision 160 of 16.10.2018 (form DTS-1)", since=date(2019, 7, 1))
def charges_have_their_sign(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Additions to the price must be positive and deductions from it negative."""
    signs = context.codes.charge_signs
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, charge in enumerate(item.charges, 1):
            sign = signs.get(charge.type_code, 0)
            if sign * charge.amount.value < 0:
                params = {"code": charge.type_code, "amount": str(charge.amount.value)}
                yield Place(in_item(number, f"CustomsValuation/ChargeDeduction[{position}]/Amount"), number, params)
