"""Exchange rates are read from CSV, or every wrong line is named."""

from datetime import date
from decimal import Decimal

import pytest

from declarations.reference.codes import ExchangeRate
from declarations.reference.published_rates import RatesUnreadable, parse_csv

KNOWN = frozenset({"USD", "UZS"})


def test_rates_are_read_with_their_units_and_days() -> None:
    text = "\ufeffcurrency,since,tenge,units\nUSD,2026-12-01,520.10,\nUZS,2026-12-02,4.3100,100\n"
    assert parse_csv(text, KNOWN) == (
        ExchangeRate("USD", 1, Decimal("520.10"), date(2026, 12, 1)),
        ExchangeRate("UZS", 100, Decimal("4.3100"), date(2026, 12, 2)),
    )


def test_without_a_column_of_units_a_rate_is_of_one() -> None:
    (rate,) = parse_csv("currency,since,tenge\nUSD,2026-12-01,520.1\n", KNOWN)
    assert rate.units == 1


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("XXX,2026-12-01,5,1", "classifier"),
        ("USD,01.12.2026,5,1", "yyyy-mm-dd"),
        ("USD,2026-12-01,five,1", "not a number"),
        ("USD,2026-12-01,0,1", "not a number"),
        ("USD,2026-12-01,NaN,1", "not a number"),
        ("USD,2026-12-01,Infinity,1", "not a number"),
        ("USD,2026-12-01,1000000,1", "not a number"),
        ("USD,2026-12-01,0.0000001,1", "not a number"),
        ("USD,2026-12-01,5,0", "whole number"),
        ("USD,2026-12-01,5,1.5", "whole number"),
        ("USD,2026-12-01,5,1\nUSD,2026-12-01,6,1", "twice"),
        ("USD", "yyyy-mm-dd"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_read(line: str, wrong: str) -> None:
    with pytest.raises(RatesUnreadable) as refused:
        parse_csv(f"currency,since,tenge,units\nUZS,2026-12-01,4,100\n{line}\n", KNOWN)
    ((_, text, said),) = refused.value.problems
    assert wrong in said
    assert text.startswith(line.split(",")[0])


@pytest.mark.parametrize("text", ["", "currency,since,tenge\n", "a,b\n1,2\n", 'currency,since,tenge\n"USD'])
def test_a_file_without_rates_is_refused(text: str) -> None:
    with pytest.raises(RatesUnreadable) as refused:
        parse_csv(text, KNOWN)
    assert all(refused.value.text(language) for language in ("kk", "ru", "en"))
