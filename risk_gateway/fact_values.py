"""What goods are worth in dollars, and the arithmetic of facts: ratios to four places, percentages to two."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from declarations.model import Amount, Declaration, GoodsItem

TENGE, DOLLAR = "KZT", "USD"
_PLACES = Decimal("0.0001")
_CENT = Decimal("0.01")


def usd_rates(declaration: Declaration, published: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the dollars for one unit of the document's currencies: by the published rates, by box 23 where nothing is
    published.

    Box 23 may be of another day, or of a currency that nobody published: it must not decide what goods are worth.
    """
    tenge = {**_declared_rates(declaration), **published, TENGE: Decimal(1)}
    dollar = tenge.get(DOLLAR)
    rates = {each: tenge[each] / dollar for each in _currencies(declaration) if each in tenge} if dollar else {}
    rates[DOLLAR] = Decimal(1)
    return rates


def _currencies(declaration: Declaration) -> set[str]:
    amounts = [declaration.invoice_amount]
    for item in declaration.items:
        amounts += (item.price, item.customs_value, item.statistical_value)
    return {amount.currency for amount in amounts if amount is not None}


def _declared_rates(declaration: Declaration) -> dict[str, Decimal]:
    return {line.currency: line.rate / line.units for line in declaration.exchange_rates if line.units}


def deviation(declaration: Declaration, published: Mapping[str, Decimal]) -> Decimal | None:
    """Return by how much box 23 is off the published rates at most; None where there is nothing to compare."""
    off = [
        abs(rate - published[currency]) * 100 / published[currency]
        for currency, rate in _declared_rates(declaration).items()
        if published.get(currency)
    ]
    return max(off).quantize(_CENT) if off else None


def in_usd(amount: Amount | None, rates: Mapping[str, Decimal]) -> Decimal | None:
    rate = rates.get(amount.currency) if amount else None
    return None if amount is None or rate is None else (amount.value * rate).quantize(_CENT)


def worth_usd(item: GoodsItem, rates: Mapping[str, Decimal]) -> Decimal | None:
    """Return the lowest of what boxes 42, 45 and 46 say: stating one of them high does not hide a low value.

    A price of zero says nothing of the value.
    """
    price = item.price if item.price and item.price.value else None
    values = [
        amount.value * rates[amount.currency]
        for amount in (price, item.customs_value, item.statistical_value)
        if amount is not None and amount.currency in rates
    ]
    return min(values).quantize(_CENT) if values else None


def ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return part / whole to four places; None when either is unknown or there is nothing to divide by."""
    return None if part is None or not whole else (part / whole).quantize(_PLACES)


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else (part * 100 / whole).quantize(_CENT)


def percent_of_share(share: Decimal | None) -> Decimal | None:
    return None if share is None else (share * 100).quantize(_CENT)


def total_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known; None when nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None
