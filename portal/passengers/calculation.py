"""The calculation of a payment in words: numbers as the reader's language writes them."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from declarations.defects import phrase
from declarations.passengers.computing import Step
from portal.languages import Writing


def lines_of(steps: Iterable[Step], language: str) -> list[str]:
    """Return each step as a line."""
    writing = Writing(language)
    return [
        phrase(each.code, language).format_map(
            {name: _written(name, value, writing) for name, value in each.params.items()}
        )
        for each in steps
    ]


def _written(name: str, value: str, writing: Writing) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:  # a currency
        return value
    if name.endswith(("_eur", "_kzt", "amount")):
        return writing.amount(number, "").strip()
    return writing.plain_number(number)
