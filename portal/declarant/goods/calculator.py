"""What importing would cost: the same computation as for a lodged declaration, with the way there in words."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from declarations import tariff
from declarations.model import Amount, GoodsItem, Quantity
from declarations.reference.codes import TENGE, Codes
from declarations.reference.rate import NOT_LESS_THAN, Rate
from declarations.tariff import DOMESTIC_CONSUMPTION, DUTY, EXCISE, FEE, VAT, PayableLine
from portal.languages import marked as _

BUYER_PAYS_TRANSPORT: Final = frozenset({"EXW", "FCA", "FAS", "FOB"})
_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)

ADD_TRANSPORT: Final = _("Under %(terms)s the price is without transport: add what transport to the border costs")
NO_PREFERENCE: Final = _(
    "The duty is without a tariff preference: one is claimed with a certificate of origin in box 36"
)


class Wish(Struct, frozen=True):
    """What is asked. Amounts are in `currency`.

    `transport` is to the border and not in the price; `inland` is behind the border, and the price includes it.
    """

    code: str
    value: Decimal
    currency: str
    origin: str | None = None
    terms: str | None = None
    transport: Decimal = Decimal(0)
    inland: Decimal = Decimal(0)
    net_mass_kg: Decimal | None = None
    quantity: Decimal | None = None
    unit: str | None = None


class Term(Struct, frozen=True):
    """A part of the customs value, in the currency asked: `sign` is + or -."""

    sign: str
    text: str
    amount: Decimal


class Sum(Struct, frozen=True):
    """One payment. `formula` is in numbers, "1 000.00 × 15 %"; `rate` as printed; `why` says why there is no amount."""

    type_code: str
    amount: Decimal | None
    base: Decimal | None
    rate: Rate | None
    percent: str
    parts: tuple[Decimal, ...] = ()
    quantity: Decimal | None = None
    exchange: Decimal | None = None
    why: PayableLine | None = None


class Bill(Struct, frozen=True):
    """What is owed. `exchange` is tenge for one of the currency; `total` leaves out what is not determined."""

    terms: tuple[Term, ...]
    customs_value: Decimal
    exchange: Decimal
    sums: tuple[Sum, ...]
    total: Decimal
    determined: bool
    hints: tuple[tuple[str, dict[str, str]], ...]


class NoExchangeRate(Exception):
    """There is no rate of that currency on the day."""


def calculate(wish: Wish, codes: Codes) -> Bill:
    """Return what the goods would owe on the day of `codes`. Raises `NoExchangeRate`."""
    exchange = codes.rate(wish.currency)
    if exchange is None:
        raise NoExchangeRate(wish.currency)
    terms = [Term("+", _("price of the goods"), wish.value)]
    if wish.transport:
        terms.append(Term("+", _("transport and insurance to the border"), wish.transport))
    if wish.inland:
        terms.append(Term("-", _("transport behind the border"), wish.inland))
    foreign = wish.value + wish.transport - wish.inland
    customs_value = (foreign * exchange).quantize(_CENT, ROUND_HALF_UP)
    item = _item(wish, customs_value)
    lines = tariff.item_payables(item, DOMESTIC_CONSUMPTION, codes).lines
    fee = PayableLine(FEE, None, "", codes.fee)
    sums = tuple(_explained(line, item, codes) for line in (fee, *lines))
    return Bill(
        terms=tuple(terms),
        customs_value=customs_value,
        exchange=exchange,
        sums=sums,
        total=sum((each.amount for each in sums if each.amount is not None), Decimal(0)),
        determined=all(each.amount is not None for each in sums),
        hints=tuple(_hints(wish)),
    )


def _item(wish: Wish, customs_value: Decimal) -> GoodsItem:
    quantity = None if wish.quantity is None or wish.unit is None else Quantity(wish.quantity, wish.unit)
    return GoodsItem(
        sequence=1,
        description="-",
        commodity_code=wish.code,
        origin_country=wish.origin,
        net_mass_kg=wish.net_mass_kg,
        tariff_quantity=quantity,
        price=Amount(wish.value, wish.currency),
        customs_value=Amount(customs_value, TENGE),
    )


def _explained(line: PayableLine, item: GoodsItem, codes: Codes) -> Sum:
    """Return a payment with what it was computed from."""
    if line.amount is None:
        return Sum(line.type_code, None, line.base, _rate_of(line, codes), line.rate, why=line)
    if line.type_code == FEE:
        return Sum(FEE, line.amount, None, None, "")
    if line.type_code == VAT:
        return Sum(VAT, line.amount, line.base, None, line.rate)
    rate = _rate_of(line, codes)
    if rate is None or rate.unit is None or rate.amount is None or rate.currency is None:
        return Sum(line.type_code, line.amount, line.base, rate, line.rate)
    quantity = tariff.quantity_in(item, rate.unit, codes)
    exchange = codes.rate(rate.currency)
    specific = Decimal(0)
    if quantity is not None and exchange is not None:
        specific = tariff.round_to_tiyn(quantity / rate.per * rate.amount * exchange)
    share = None if rate.percent is None else tariff.round_to_tiyn((line.base or Decimal(0)) * rate.percent / _HUNDRED)
    parts = (specific,) if share is None else (share, specific)
    return Sum(line.type_code, line.amount, line.base, rate, line.rate, parts, quantity, exchange)


def _rate_of(line: PayableLine, codes: Codes) -> Rate | None:
    return Rate.parse(line.rate) if line.type_code in (DUTY, EXCISE) and line.rate else None


def greater_of(rate: Rate | None) -> bool:
    """Tell whether the payment is the greater of two parts, rather than their sum."""
    return rate is not None and rate.operator == NOT_LESS_THAN


def _hints(wish: Wish) -> list[tuple[str, dict[str, str]]]:
    hints: list[tuple[str, dict[str, str]]] = []
    if wish.terms in BUYER_PAYS_TRANSPORT and not wish.transport:
        hints.append((ADD_TRANSPORT, {"terms": wish.terms}))
    hints.append((NO_PREFERENCE, {}))
    return hints
