"""Exchange rates as they are published, read from CSV: a line for a currency and the day from which its rate holds."""

import csv
from collections.abc import Container, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from declarations.errors import DeclarationsError
from declarations.reference.codes import ExchangeRate

REQUIRED_COLUMNS: Final = ("currency", "since", "tenge")
UNITS_MOST: Final = 10_000
TENGE_MOST: Final = Decimal(1_000_000)
PLACES_MOST: Final = 6
PROBLEMS_SHOWN: Final = 20
TEXT_SHOWN: Final = 120


class RatesUnreadable(DeclarationsError):
    """The file is no list of exchange rates. `problems` are (line number, the line's text, what is wrong)."""

    def __init__(self, problems: tuple[tuple[int, str, str], ...]) -> None:
        self.problems = problems
        shown = "; ".join(f"{number}: {text!r}: {wrong}" for number, text, wrong in problems[:PROBLEMS_SHOWN])
        super().__init__("R-002", {"count": str(len(problems)), "lines": shown})


def parse_csv(text: str, currencies: Container[str]) -> tuple[ExchangeRate, ...]:
    """Return the rates of `text`: columns currency, since (yyyy-mm-dd), tenge and, if need be, units.

    Raises `RatesUnreadable` with every line that is wrong.
    """
    rows = csv.DictReader(text.lstrip("\ufeff").splitlines())
    missing = [name for name in REQUIRED_COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise RatesUnreadable(((1, ",".join(rows.fieldnames or ()), f"no column {', '.join(missing)}"),))
    rates: dict[tuple[str, date], ExchangeRate] = {}
    problems = []
    try:
        for row in rows:
            try:
                rate = _rate(row, currencies)
                if (rate.currency, rate.since) in rates:
                    raise ValueError("the currency has this day twice")
            except ValueError as wrong:
                shown = ",".join(value for value in row.values() if isinstance(value, str))[:TEXT_SHOWN]
                problems.append((rows.line_num, shown, str(wrong)))
            else:
                rates[rate.currency, rate.since] = rate
    except csv.Error as wrong:
        problems.append((rows.line_num, "", str(wrong)))
    if not rates and not problems:
        problems.append((rows.line_num, "", "no lines"))
    if problems:
        raise RatesUnreadable(tuple(problems))
    return tuple(rates.values())


def _rate(row: Mapping[str, str | None], currencies: Container[str]) -> ExchangeRate:
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
