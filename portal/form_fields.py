"""What came in a form. Whoever sends it decides what is in it: each field may be missing, several, or a file."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Given = Mapping[str, Any]


def one(given: Given, name: str, most: int | None = None) -> str:
    """Return a field's text without blanks at its ends, `most` characters of it; the first, where there are several."""
    value = given.get(name, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip()[:most] if isinstance(value, str) else ""


def many(given: Given, name: str, most: int | None = None) -> tuple[str, ...]:
    """Return all texts of a field, each without blanks at its ends and `most` characters of it; no blank ones."""
    value = given.get(name, [])
    texts = value if isinstance(value, list) else [value]
    return tuple(text.strip()[:most] for text in texts if isinstance(text, str) and text.strip())


def whole(given: Given, name: str, digits: int = 9) -> int:
    """Return a number that the page itself put into its form; 0, which fits nothing, for what is none or too long."""
    text = one(given, name)
    return int(text) if text.isdecimal() and len(text) <= digits else 0


def tiyn_of(text: str, less_than: Decimal) -> int | None:
    """Return a sum of tenge, typed in any of the three languages, in tiyn; None when it is no sum, or too large."""
    plain = "".join(text.replace("₸", "").replace(",", ".").split())
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < less_than or amount != round(amount, 2):
        return None
    return int(amount * 100)
