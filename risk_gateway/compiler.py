"""Turns a checked condition tree into a test of a case, and a profile into the parts that the engine asks.

A fact that is not known makes its leaf neither true nor false, through `not` as well: a profile fires on true only, so
a missing fact never fires.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from risk_gateway.catalog import Level, fields
from risk_gateway.columns import COMMODITY, Columns, Question, places, question
from risk_gateway.conditions import as_text
from risk_gateway.leaves import RANGING, Leaf, Range, leaf, range_of
from risk_gateway.model import HeaderFacts, ItemFacts, Match
from risk_gateway.profiles import Condition, Profile, area_conditions
from risk_gateway.remembering import PerObject

CHAPTER = 2  # of the digits of a commodity
EVERY_CHAPTER = "every"  # of profiles that name no goods; no chapter is called so
LISTING = ("in", "prefix", "is")

INCOMPARABLE = (ArithmeticError, AttributeError, TypeError)  # raised for a fact that is not of its field's type

Test: TypeAlias = Callable[[HeaderFacts, ItemFacts | None], bool | None]  # None: a fact is not known
Listing: TypeAlias = tuple[str, tuple[Any, ...]]  # a field, and its texts, beginnings of commodities or its flag


# --- a tree ---------------------------------------------------------------------------------------------------------


def compile(condition: Condition) -> Test:
    """Return the test of a checked tree, of the header alone where it is about no item."""
    if condition.all is not None:
        return _decided(tuple(map(compile, condition.all)), False)
    if condition.any is not None:
        return _decided(tuple(map(compile, condition.any)), True)
    if condition.negated is not None:
        return _not(compile(condition.negated))
    return _of_leaf(leaf(condition))


def _decided(tests: tuple[Test, ...], decisive: bool) -> Test:
    """Return what is `decisive` when one test is, else the opposite when all are known."""

    def test(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
        found: bool | None = not decisive
        for test in tests:
            one = test(header, item)
            if one is decisive:
                return decisive
            if one is None:
                found = None
        return found

    return test


def _not(test: Test) -> Test:
    def opposite(header: HeaderFacts, item: ItemFacts | None) -> bool | None:
        found = test(header, item)
        return None if found is None else not found

    return opposite


def _of_leaf(asked: Leaf) -> Test:
    fact_of, met = _fact_of(asked.name), asked.met

    def of_header(header: HeaderFacts, _: ItemFacts | None) -> bool | None:
        fact = fact_of(header)
        return None if fact is None else met(fact)

    def of_item(_: HeaderFacts, item: ItemFacts | None) -> bool | None:
        fact = fact_of(item)
        return None if fact is None else met(fact)

    return of_header if asked.of_header else of_item


_fact_of = cache(attrgetter)  # one for all leaves: what is at hand already is read in less time


# --- a profile ------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """A leaf as it is told where its profile fired, if it `held`; None where it always has."""

    name: str
    op: str
    expected: str
    of_header: bool
    held: Test | None


class Asked(NamedTuple):
    """What a profile asks of the header, or of an item. `listed` is what fields must be or begin with, no field twice,
    and `range` what one number must be: these rule most profiles out, see index.py. `others` are all else."""

    listed: tuple[Listing, ...]
    range: Range | None
    others: tuple[Condition, ...]


class Compiled:
    """A profile as the engine asks it; all parts must hold. It does not hold the profile itself. One that is
    `header_only` is about the whole declaration, any other about goods of its `chapters`."""

    def __init__(self, parts: tuple[Condition, ...]) -> None:
        self._parts = parts
        of_header: list[Condition] = []
        of_items: list[Condition] = []
        for part in parts:
            (of_header if _is_header_only(part) else of_items).append(part)
        self.header, self.item = _asked(of_header), _asked(of_items)
        self.header_only = not of_items
        self.chapters = _chapters(self.item)
        self._tests = tuple(map(compile, self.item.others))
        self.leaves = sum(map(_leaves, self.item.others))  # that are asked of each item in question

    def firing(self, columns: Columns, rows: int, one_by_one_most: int) -> list[ItemFacts]:
        """Return the items of which all holds, of those as listed and in range, that have their bit in `rows`."""
        items = columns.items
        if self._tests and rows.bit_count() > one_by_one_most:
            with suppress(*INCOMPARABLE):  # in any item; what the items in question say of it counts
                return [items[row] for row in places(rows & self._question(columns)[0])]
        found = [*items] if rows == columns.everywhere else [items[row] for row in places(rows)]
        for test in self._tests:
            found = [item for item in found if test(columns.header, item)]
        return found

    def explain(self, header: HeaderFacts, item: ItemFacts | None) -> tuple[Match, ...]:
        """Return what held where the profile fired, of the header when `item` is None: the leaves that made the tree
        true, each with the expected and the actual value."""
        return tuple(
            [
                Match(name, op, expected, as_text(getattr(header if of_header else item, name)))
                for name, op, expected, of_header, held in self._told
                if held is None or held(header, item)
            ]
        )

    @cached_property
    def _question(self) -> Question:
        return question(Condition(all=self.item.others))

    @cached_property
    def _told(self) -> tuple[Told, ...]:
        return tuple(told for part in self._parts for told in _told(part, part.field is not None))


def _compile_profile(profile: Profile) -> Compiled:
    condition = profile.condition
    return Compiled((*area_conditions(profile), *(condition.all if condition.all is not None else (condition,))))


compiled = PerObject(_compile_profile)  # a checked profile is compiled once, for as long as it lives


def _is_header_only(condition: Condition) -> bool:
    if condition.field is not None:
        return fields()[condition.field].level is Level.HEADER
    return all(map(_is_header_only, _children(condition)))


def _children(condition: Condition) -> tuple[Condition, ...]:
    negated = () if condition.negated is None else (condition.negated,)
    return (condition.all or ()) + (condition.any or ()) + negated


def _leaves(condition: Condition) -> int:
    return 1 if condition.field is not None else sum(map(_leaves, _children(condition)))


def _told(condition: Condition, surely: bool, wanted: bool = True) -> Iterator[Told]:
    """Yield the leaves of a checked tree in reading order; what is `surely` so where the profile fires is not asked."""
    if condition.field is not None:
        asked = leaf(condition)
        op, test = (asked.op, compile(condition)) if wanted else (f"not {asked.op}", _not(compile(condition)))
        yield Told(asked.name, op, asked.expected, asked.of_header, None if surely else test)
    for child in _children(condition):
        yield from _told(child, False, wanted != (condition.negated is not None))


def _asked(parts: Sequence[Condition]) -> Asked:
    """Of two parts that list the same field the narrower is listed, of ranges the first is the range."""
    listing: dict[str, Condition] = {}
    others: list[Condition] = []
    number: Condition | None = None
    for part in parts:
        name = str(part.field)
        if part.op in LISTING and name not in listing:
            listing[name] = part
        elif part.op in LISTING:
            listing[name], wider = sorted((listing[name], part), key=_width)
            others.append(wider)
        elif part.op in RANGING and number is None:
            number = part
        else:
            others.append(part)
    return Asked(tuple(map(_listing, listing.values())), None if number is None else range_of(number), tuple(others))


def _chapters(asked: Asked) -> frozenset[str]:
    commodities = dict(asked.listed).get(COMMODITY)
    return frozenset(text[:CHAPTER] for text in commodities) if commodities else frozenset({EVERY_CHAPTER})


def _listing(part: Condition) -> Listing:
    return str(part.field), part.value if isinstance(part.value, tuple) else (part.value,)


def _width(part: Condition) -> tuple[int, int]:
    """Rank what lists by how much it lets in: by long texts less than by short ones, by few less than by many."""
    texts = part.value if isinstance(part.value, tuple) else ()
    return -min((len(str(text)) for text in texts), default=0), len(texts)
