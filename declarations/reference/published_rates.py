"""Exchange rates as they are published, read from CSV: a line for a currency and the day from which its rate holds."""

from collections.abc import Container, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from declarations.reference.codes import ExchangeRate
from declarations.reference.csv_file import FileUnreadable, Row, read_lines

REQUIRED_COLUMNS: Final = ("currency", "since", "tenge")
UNITS_MOST: Final = 10_000
TENGE_MOST: Final = Decimal(1_000_000)
PLACES_MOST: Final = 6

Key = tuple[str, date]


class RatesUnreadable(FileUnreadable):
    """The file is no list of exchange rates."""

    code_of_file = "R-002"


def parse_csv(text: str, currencies: Container[str]) -> tuple[ExchangeRate, ...]:
    """Return the rates of `text`: columns currency, since (yyyy-mm-dd), tenge and, if need be, units.

    Raises `RatesUnreadable` with every line that is wrong.
    """

    def read(row: Row, seen: Mapping[Key, ExchangeRate]) -> tuple[Key, ExchangeRate]:
        rate = _rate(row, currencies)
        key = rate.currency, rate.since
        if key in seen:
            raise ValueError("the currency has this day twice")
        return key, rate

    return tuple(read_lines(text, REQUIRED_COLUMNS, read, RatesUnreadable).values())


def _rate(row: Row, currencies: Container[str]) -> ExchangeRate:
    """Return the rate of `row`; raises ValueError saying what is wrong with it."""
    currency = (row["currency"] or "").strip()
    if currency not in currencies:
        raise ValueError("the currency is not in the classifier")
    try:
        since = date.fromisoformat((row["since"] or "").strip())
    except ValueError:
        raise ValueError("the day is not written as yyyy-mm-dd") from None
    units = (row.get("units") or "1").strip()
    if not (units.isascii() and units.isdigit() and 1 <= int(units) <= UNITS_MOST):
        raise ValueError(f"the units are not a whole number from 1 to {UNITS_MOST}")
    return ExchangeRate(currency, int(units), _tenge((row["tenge"] or "").strip()), since)


def _tenge(text: str) -> Decimal:
    try:
        tenge = Decimal(text)
    except InvalidOperation:
        raise ValueError("the tenge are not a number such as 520.10") from None
    exponent = tenge.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 < tenge < TENGE_MOST or exponent < -PLACES_MOST:
        raise ValueError("the tenge are not a number such as 520.10")
    return tenge
