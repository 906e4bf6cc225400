"""The leaves of a checked condition tree, compiled: each asks one field one question."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from risk_gateway.catalog import Level, fields
from risk_gateway.conditions import as_text, holds
from risk_gateway.profiles import Condition

SHARED_LEAVES_MAX: Final = 65_536  # many profiles ask the same: it is compiled once
NEGATED: Final = ("not_in", "not_prefix", "absent")
RANGING: Final = ("<", "<=", ">", ">=", "between")


class Range(NamedTuple):
    """The numbers of a field that are meant; no bound means no limit. A bound is meant too, or `without` it."""

    field: str
    lowest: Decimal | None
    highest: Decimal | None
    without_lowest: bool
    without_highest: bool


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """`met` tests a fact that is known, and raises the errors of comparing. `range` says the same of numbers, `listed`
    of all else: what the fact, or its beginning, must be one of; or must not, when it is `negated`.

    `op` and `expected` are how it is told.
    """

    name: str
    op: str
    expected: str
    of_header: bool
    met: Callable[..., bool]
    range: Range | None
    listed: tuple[Any, ...]
    negated: bool


@lru_cache(maxsize=SHARED_LEAVES_MAX)
def leaf(condition: Condition) -> Leaf:
    """Return the compiled leaf of a checked condition that names a field."""
    field, op = fields()[str(condition.field)], str(condition.op)
    meant = range_of(condition) if op in RANGING else None
    met, value = holds(field, op, condition.value), condition.value
    return Leaf(
        name=field.name,
        op=op,
        expected=as_text(value),
        of_header=field.level is Level.HEADER,
        met=met,
        range=meant,
        listed=value if isinstance(value, tuple) else (value,),
        negated=op in NEGATED,
    )


def range_of(condition: Condition) -> Range:
    """Return what a condition on a number means."""
    name, value = str(condition.field), condition.value
    if isinstance(value, tuple):
        return Range(name, _number(value[0]), _number(value[1]), False, False)
    if condition.op in ("<", "<="):
        return Range(name, None, _number(value), False, condition.op == "<")
    return Range(name, _number(value), None, condition.op == ">", False)


_number = lru_cache(maxsize=SHARED_LEAVES_MAX)(Decimal)
