"""The condition language: a small tree of all / any / not over leaves of field, operator and value.

A tree is checked against the catalog, then turned into closures once. A fact that is not known makes its leaf neither
true nor false (None), through `not` as well: a profile fires on True only, so a missing fact never fires.
"""

import difflib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import TypeAlias

import msgspec
from msgspec import Struct

from risk_gateway.catalog import Field, FieldType, Level, fields
from risk_gateway.errors import ProfileRefused
from risk_gateway.model import HeaderFacts, ItemFacts, Match
from risk_gateway.profiles import Condition

NESTING_MAX = 3

Test: TypeAlias = Callable[[HeaderFacts, ItemFacts | None], bool | None]


class Leaf(Struct, frozen=True):
    """A compiled leaf for explanations; `wanted` is False below a `not`."""

    field: Field
    op: str
    expected: str
    test: Test
    wanted: bool


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
        _holds(field, op, condition.value)
    except _WrongValue as error:
        value = _text(condition.value)
        yield ProfileRefused("condition-wrong-value", place, field=name, value=value, expected=str(error))


class _WrongValue(Exception):
    """Says what was expected instead."""


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not value or not all(isinstance(part, str) and part for part in value):
        raise _WrongValue('["...", "..."]')
    return value


def _prefixes(value: object) -> tuple[str, ...]:
    prefixes = _texts(value)
    if any(not prefix.isdecimal() or len(prefix) not in (2, 4, 6, 10) for prefix in prefixes):
        raise _WrongValue('["72", "7204", "720410", "7204100000"]')
    return prefixes


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _WrongValue("0.5, 10")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _WrongValue("0.5, 10") from None
    if not number.is_finite():
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


def _holds(field: Field, op: str, value: object) -> Callable[..., bool]:
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


# --- compiling ------------------------------------------------------------------------------------------------------


def compile(condition: Condition) -> Test:
    """Return the closure of a checked tree: True, False, or None when a missing fact leaves it open."""
    if condition.all is not None:
        return conjunction(tuple(compile(child) for child in condition.all))
    if condition.any is not None:
        return _disjunction(tuple(compile(child) for child in condition.any))
    if condition.negated is not None:
        inner = compile(condition.negated)

        def opposite(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
            held = inner(header, item)
            return None if held is None else not held

        return opposite
    return _leaf_test(condition)


def conjunction(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def every(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
        result: bool | None = True
        for test in tests:
            held = test(header, item)
            if held is False:
                return False
            if held is None:
                result = None
        return result

    return every


def _disjunction(tests: tuple[Test, ...]) -> Test:
    def some(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
        result: bool | None = False
        for test in tests:
            held = test(header, item)
            if held:
                return True
            if held is None:
                result = None
        return result

    return some


def _leaf_test(condition: Condition) -> Test:
    field = fields()[str(condition.field)]
    read = attrgetter(field.name)
    holds = _holds(field, str(condition.op), condition.value)
    if field.level is Level.HEADER:

        def of_header(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
            fact = read(header)
            return None if fact is None else holds(fact)

        return of_header

    def of_item(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
        if item is None:
            return None
        fact = read(item)
        return None if fact is None else holds(fact)

    return of_item


# --- explaining -----------------------------------------------------------------------------------------------------


def leaves(condition: Condition, wanted: bool = True) -> tuple[Leaf, ...]:
    """Return the compiled leaves of a checked tree, in reading order."""
    if condition.negated is not None:
        return leaves(condition.negated, not wanted)
    if condition.field is None:
        children = (condition.all or ()) + (condition.any or ())
        return tuple(leaf for child in children for leaf in leaves(child, wanted))
    field = fields()[condition.field]
    op = str(condition.op) if wanted else f"not {condition.op}"
    return (Leaf(field, op, _text(condition.value), _leaf_test(condition), wanted),)


def explain(parts: tuple[Leaf, ...], header: HeaderFacts, item: ItemFacts | None) -> tuple[Match, ...]:
    """Return what held: the leaves that made the tree true, each with the expected and the actual value."""
    return tuple(
        Match(leaf.field.name, leaf.op, leaf.expected, _text(_actual(leaf.field, header, item)))
        for leaf in parts
        if leaf.test(header, item) is leaf.wanted
    )


def is_header_only(condition: Condition) -> bool:
    return all(leaf.field.level is Level.HEADER for leaf in leaves(condition))


def _actual(field: Field, header: HeaderFacts, item: ItemFacts | None) -> object:
    return getattr(header if field.level is Level.HEADER else item, field.name)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return str(value)
