"""The dated rules of rules.toml: limits, interest, and in which order a payment settles."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from declarations.ledger.model import AccountKind

_DAYS_A_YEAR: Final = 365


@cache
def _rules() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    path = Path(__file__).parent / "rules.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


def _on(name: str, day: date) -> Mapping[str, Any]:
    """Return the rule of a day. Raises `LookupError` when there is none."""
    for rule in _rules()[name]:
        if rule["from"] <= day <= rule.get("to", date.max):
            return rule
    raise LookupError(f"no rule {name} on {day}")


def limit_after(day: date) -> date:
    """Return the last day on which what falls due may be paid without interest."""
    return day + timedelta(days=_on("terms", day)["payment_days"])


def reminder_before(due: date) -> date:
    return due - timedelta(days=_on("terms", due)["reminder_days"])


def order_on(day: date) -> tuple[AccountKind, ...]:
    return tuple(AccountKind(kind) for kind in _on("order", day)["kinds"])


def interest(tiyn: int, after: date, to: date) -> int:
    """Return the interest on a debt for each day behind `after` up to and with `to`, rounded half up to tiyn."""
    owed = Decimal(0)
    day = after + timedelta(days=1)
    while day <= to:
        rule = _on("interest", day)
        last = min(to, rule.get("to", date.max))
        owed += Decimal(tiyn) * rule["share"] * ((last - day).days + 1) / _DAYS_A_YEAR
        day = last + timedelta(days=1)
    return int(owed.quantize(Decimal(1), ROUND_HALF_UP))
