"""The condition language: a small tree of all / any / not over leaves of field, operator and value.

A tree is checked here against the catalog; compiler.py turns it into closures.
"""

import difflib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

import msgspec

from risk_gateway.catalog import Field, FieldType, fields
from risk_gateway.errors import ProfileRefused
from risk_gateway.profiles import Condition

NESTING_MAX = 3
DIGITS_MAX = 18  # before the decimal point
DECIMALS_MAX = 12


def parse(raw: object, place: str = "condition") -> Condition:
    """Read a tree from plain TOML or JSON data. Raises ProfileRefused for the first rule it breaks."""
    try:
        condition = msgspec.convert(raw, Condition)
    except msgspec.ValidationError as error:
        raise ProfileRefused("profile-shape", place, problem=str(error)) from error
    for problem in problems(condition, place):
        raise problem
    return condition


def problems(condition: Condition, place: str, depth: int = 0) -> Iterator[ProfileRefused]:
    """Yield everything that is wrong with a tree, each with the place where it is wrong."""
    groups = {
        name: children
        for name, children in (("all", condition.all), ("any", condition.any), ("not", _only(condition.negated)))
        if children is not None
    }
    leaf_parts = (condition.field, condition.op, condition.value)
    is_leaf = None not in leaf_parts
    if len(groups) + is_leaf != 1 or (not is_leaf and leaf_parts != (None, None, None)):
        yield ProfileRefused("condition-shape", place)
        return
    if is_leaf:
        yield from _leaf_problems(condition, place)
        return
    if depth == NESTING_MAX:
        yield ProfileRefused("condition-too-deep", place, limit=str(NESTING_MAX))
        return
    for name, children in groups.items():
        if not children:
            yield ProfileRefused("condition-empty", place, group=name)
        for number, child in enumerate(children, 1):
            yield from problems(child, f"{place}.{name}[{number}]", depth + 1)


def _only(condition: Condition | None) -> tuple[Condition, ...] | None:
    return None if condition is None else (condition,)


def _leaf_problems(condition: Condition, place: str) -> Iterator[ProfileRefused]:
    name, op = str(condition.field), str(condition.op)
    field = fields().get(name)
    if field is None:
        similar = ", ".join(difflib.get_close_matches(name, fields(), n=3)) or "-"
        yield ProfileRefused("condition-unknown-field", place, field=name, similar=similar)
        return
    if op not in field.type.operators:
        allowed = ", ".join(field.type.operators)
        yield ProfileRefused("condition-wrong-operator", place, field=name, op=op, allowed=allowed)
        return
    try:
        holds(field, op, condition.value)
    except _WrongValue as error:
        value = as_text(condition.value)
        yield ProfileRefused("condition-wrong-value", place, field=name, value=value, expected=str(error))


class _WrongValue(Exception):
    """Says what was expected instead."""


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not value or not all(isinstance(part, str) and part for part in value):
        raise _WrongValue('["...", "..."]')
    return value


def _prefixes(value: object) -> tuple[str, ...]:
    prefixes = _texts(value)
    if any(not (prefix.isascii() and prefix.isdecimal()) or len(prefix) not in (2, 4, 6, 10) for prefix in prefixes):
        raise _WrongValue('["72", "7204", "720410", "7204100000"]')
    return prefixes


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _WrongValue("0.5, 10")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _WrongValue("0.5, 10") from None
    if not number.is_finite() or number.adjusted() >= DIGITS_MAX or int(number.as_tuple().exponent) < -DECIMALS_MAX:
        raise _WrongValue("0.5, 10")
    return number


def _range(value: object) -> tuple[Decimal, Decimal]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise _WrongValue("[10, 20]")
    low, high = _number(value[0]), _number(value[1])
    if low > high:
        raise _WrongValue("[10, 20]")
    return low, high


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongValue("true, false")
    return value


def holds(field: Field, op: str, value: object) -> Callable[..., bool]:
    """Return the test of one operator over a known fact. Raises _WrongValue."""
    match field.type:
        case FieldType.TEXT:
            texts = frozenset(_texts(value))
            return texts.__contains__ if op == "in" else lambda fact: fact not in texts
        case FieldType.COMMODITY:
            prefixes = _prefixes(value)
            return _starts(prefixes) if op == "prefix" else _negated(_starts(prefixes))
        case FieldType.LIST:
            kinds = _texts(value)
            return _has(kinds) if op == "present" else _negated(_has(kinds))
        case FieldType.FLAG:
            expected = _flag(value)
            return lambda fact: fact is expected
        case FieldType.NUMBER:
            return _compares(op, value)


def _starts(prefixes: tuple[str, ...]) -> Callable[..., bool]:
    return lambda fact: fact.startswith(prefixes)


def _has(prefixes: tuple[str, ...]) -> Callable[..., bool]:
    """Hold when some member of the list begins with one of the prefixes (document 06 covers 06011)."""
    return lambda fact: any(member.startswith(prefixes) for member in fact)


def _negated(holds: Callable[..., bool]) -> Callable[..., bool]:
    return lambda fact: not holds(fact)


def _compares(op: str, value: object) -> Callable[..., bool]:
    if op == "between":
        low, high = _range(value)
        return lambda fact: low <= fact <= high
    limit = _number(value)
    comparisons: dict[str, Callable[..., bool]] = {
        "<": lambda fact: fact < limit,
        "<=": lambda fact: fact <= limit,
        ">": lambda fact: fact > limit,
        ">=": lambda fact: fact >= limit,
    }
    return comparisons[op]


def as_text(value: object) -> str:
    """Return a fact or a condition's value as it is shown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return str(value)
