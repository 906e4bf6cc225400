"""Turns a checked condition tree into questions about a case, and a profile into the parts that the engine asks.

A fact that is not known makes its leaf neither true nor false, through `not` as well: a profile fires on true only, so
a missing fact never fires.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeAlias

from risk_gateway.catalog import Field, FieldType, Level, fields
from risk_gateway.columns import Answer, Columns
from risk_gateway.conditions import as_text, holds
from risk_gateway.model import Match
from risk_gateway.profiles import Condition, Profile, area_conditions
from risk_gateway.remembering import PerObject

SHARED_LEAVES_MAX = 65_536  # many profiles ask the same: it is compiled once, and answered once of a case

Question: TypeAlias = Callable[[Columns], Answer]
Listing: TypeAlias = tuple[str, tuple[str, ...]]  # a field, and its texts or the beginnings of its commodities


# --- a tree ---------------------------------------------------------------------------------------------------------


def compile(condition: Condition) -> Question:
    """Return what a checked tree asks of a case."""
    if condition.all is not None:
        return _every(tuple(map(compile, condition.all)))
    if condition.any is not None:
        return _some(tuple(map(compile, condition.any)))
    if condition.negated is not None:
        return _opposite(compile(condition.negated))
    return leaf(condition)


def _every(questions: tuple[Question, ...]) -> Question:
    def every(columns: Columns) -> Answer:
        yes, no = columns.everywhere, 0
        for question in questions:
            so, not_so = question(columns)
            yes &= so
            no |= not_so
        return yes, no

    return every


def _some(questions: tuple[Question, ...]) -> Question:
    def some(columns: Columns) -> Answer:
        yes, no = 0, columns.everywhere
        for question in questions:
            so, not_so = question(columns)
            yes |= so
            no &= not_so
        return yes, no

    return some


def _opposite(question: Question) -> Question:
    def opposite(columns: Columns) -> Answer:
        yes, no = question(columns)
        return no, yes

    return opposite


class Leaf:
    """A leaf that was compiled: a question about one field, asked once of a case. Raises the errors of comparing."""

    def __init__(self, field: Field, op: str, value: Any) -> None:
        self.field = field
        self.op = op
        self.expected = as_text(value)
        self._ask = _asking(field, op, value)

    def __call__(self, columns: Columns) -> Answer:
        answer = columns.answers.get(self)
        if answer is None:
            answer = columns.answers[self] = self._ask(columns)
        return answer


@lru_cache(maxsize=SHARED_LEAVES_MAX)
def leaf(condition: Condition) -> Leaf:
    return Leaf(_field(condition), str(condition.op), condition.value)


def _field(condition: Condition) -> Field:
    return fields()[str(condition.field)]


def _asking(field: Field, op: str, value: Any) -> Question:
    if field.level is Level.HEADER:
        return _of_header(field.name, holds(field, op, value))
    if field.type is FieldType.NUMBER:
        return _of_numbers(_range(field.name, op, value))
    listed = _of_listed(field.name, (value,) if field.type is FieldType.FLAG else value)
    return _opposite(listed) if op in ("not_in", "not_prefix", "absent") else listed


def _of_header(name: str, met: Callable[..., bool]) -> Question:
    def of_header(columns: Columns) -> Answer:
        fact = getattr(columns.header, name)
        if fact is None:
            return 0, 0
        return (columns.everywhere, 0) if met(fact) else (0, columns.everywhere)

    return of_header


def _of_listed(name: str, keys: tuple[Any, ...]) -> Question:
    def of_listed(columns: Columns) -> Answer:
        yes = columns.listed(name, keys)
        return yes, columns.known(name) & ~yes

    return of_listed


class Range(NamedTuple):
    """The numbers of a field that are meant; no bound means no limit. A bound is meant too, or `without` it."""

    field: str
    lowest: Decimal | None
    highest: Decimal | None
    without_lowest: bool
    without_highest: bool


def _range(name: str, op: str, value: Any) -> Range:
    if op == "between":
        return Range(name, Decimal(value[0]), Decimal(value[1]), False, False)
    if op in ("<", "<="):
        return Range(name, None, Decimal(value), False, op == "<")
    return Range(name, Decimal(value), None, op == ">", False)


def _of_numbers(meant: Range) -> Question:
    """Values rise: those that are meant stand together."""
    name, lowest, highest, without_lowest, without_highest = meant
    first = bisect_right if without_lowest else bisect_left
    last = bisect_left if without_highest else bisect_right

    def of_numbers(columns: Columns) -> Answer:
        values, before = columns.numbers(name)
        start = 0 if lowest is None else first(values, lowest)
        end = len(values) if highest is None else last(values, highest)
        yes = before[end] & ~before[start]
        return yes, before[-1] & ~yes

    return of_numbers


# --- a profile ------------------------------------------------------------------------------------------------------


class Compiled:
    """A profile as the engine asks it; all parts must hold. It does not hold the profile itself.

    Of the header: `values` list the texts of which it must have one, no field twice; `header` are other conditions.
    Of an item: `listed` list texts and commodities, the narrowest first; `of_items` are other questions, and `ranges`
    what those about numbers ask. A profile that is `header_only` is about the whole declaration.
    """

    def __init__(self, parts: tuple[Condition, ...]) -> None:
        self._parts = parts
        of_header = [part for part in parts if _is_header_only(part)]
        of_items = [part for part in parts if not _is_header_only(part)]
        values = {str(part.field): part for part in of_header if _lists(part)}
        self.values = tuple(map(_listing, values.values()))
        self.header = tuple(part for part in of_header if part is not values.get(str(part.field)))
        self.listed = tuple(map(_listing, sorted(filter(_lists, of_items), key=_width)))
        self.of_items = tuple(compile(part) for part in of_items if not _lists(part))
        self.ranges = tuple(_range(str(part.field), str(part.op), part.value) for part in of_items if _is_number(part))
        self.header_only = not of_items

    def explain(self, columns: Columns, row: int | None) -> tuple[Match, ...]:
        """Return what held of an item, of the header when None: the leaves that made the tree true, each with the
        expected and the actual value."""
        found = []
        for leaf, wanted in self._leaves:
            yes, no = leaf(columns)
            if (yes if wanted else no) >> (row or 0) & 1:
                holder = columns.header if row is None or leaf.field.level is Level.HEADER else columns.items[row]
                op = leaf.op if wanted else f"not {leaf.op}"
                found.append(Match(leaf.field.name, op, leaf.expected, as_text(getattr(holder, leaf.field.name))))
        return tuple(found)

    @cached_property
    def _leaves(self) -> tuple[tuple[Leaf, bool], ...]:
        return tuple(found for part in self._parts for found in _leaves(part))


def _compile_profile(profile: Profile) -> Compiled:
    condition = profile.condition
    return Compiled((*area_conditions(profile), *(condition.all if condition.all is not None else (condition,))))


compiled = PerObject(_compile_profile)  # a checked profile is compiled once, for as long as it lives


def _is_header_only(condition: Condition) -> bool:
    if condition.field is not None:
        return _field(condition).level is Level.HEADER
    return all(map(_is_header_only, _children(condition)))


def _children(condition: Condition) -> tuple[Condition, ...]:
    negated = () if condition.negated is None else (condition.negated,)
    return (condition.all or ()) + (condition.any or ()) + negated


def _leaves(condition: Condition, wanted: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """Yield the leaves of a checked tree in reading order, and whether they shall hold or, below a `not`, not hold."""
    if condition.field is not None:
        yield leaf(condition), wanted
    for child in _children(condition):
        yield from _leaves(child, wanted != (condition.negated is not None))


def _lists(part: Condition) -> bool:
    return part.op in ("in", "prefix")


def _is_number(part: Condition) -> bool:
    return part.field is not None and _field(part).type is FieldType.NUMBER


def _listing(part: Condition) -> Listing:
    return str(part.field), tuple(map(str, part.value)) if isinstance(part.value, tuple) else ()


def _width(part: Condition) -> tuple[bool, int, int]:
    """Rank by how much is let in: by long prefixes of commodities less than by other texts, by few less."""
    _, texts = _listing(part)
    return part.op != "prefix", -min(map(len, texts)), len(texts)
