"""The facts of a case field by field, so that a question is answered of all its items at once.

An answer is two integers with a bit for each item: where it is so, and where it is not. An item that is in neither has
a fact that is not known. Where little is asked the tests of compiler.py answer sooner.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, reduce
from operator import itemgetter, or_
from typing import Any, Final, TypeAlias

from risk_gateway.leaves import Leaf, Range, leaf
from risk_gateway.model import HeaderFacts, ItemFacts
from risk_gateway.profiles import Condition

COMMODITY: Final = "commodity_code"
PREFIX_LENGTHS: Final = (2, 4, 6, 10)
COMMODITIES_REMEMBERED: Final = 20_000

Answer: TypeAlias = tuple[int, int]
Question: TypeAlias = Callable[["Columns"], Answer]


class Columns:
    """Of one case. A field is read once, and what was answered is kept. Raises built-in errors."""

    def __init__(self, header: HeaderFacts, items: Sequence[ItemFacts]) -> None:
        self.header = header
        self.items = items
        self.everywhere = (1 << len(items)) - 1
        self._answers: dict[Leaf, Answer] = {}
        self._values: dict[str, Mapping[Any, int]] = {}
        self._keys: dict[str, tuple[int, Mapping[Any, int]]] = {}
        self._numbers: dict[str, tuple[list[Decimal], list[int]]] = {}

    def answer(self, asked: Leaf) -> Answer:
        found = self._answers.get(asked)
        if found is None:
            found = self._answers[asked] = self._answer(asked)
        return found

    def _answer(self, asked: Leaf) -> Answer:
        if asked.of_header:
            fact = getattr(self.header, asked.name)
            return (0, 0) if fact is None else (self.everywhere, 0) if asked.met(fact) else (0, self.everywhere)
        if asked.range is not None:
            return self._between(asked.range)
        known, by_key = self._listed(asked.name)
        yes = reduce(or_, [by_key[key] for key in asked.listed if key in by_key], 0)
        return (known & ~yes, yes) if asked.negated else (yes, known & ~yes)

    def _between(self, meant: Range) -> Answer:
        """Values rise: those that are meant stand together."""
        name, lowest, highest, without_lowest, without_highest = meant
        values, before = self._rising(name)
        first = bisect_right if without_lowest else bisect_left
        last = bisect_left if without_highest else bisect_right
        start = 0 if lowest is None else first(values, lowest)
        end = len(values) if highest is None else last(values, highest)
        yes = before[end] & ~before[start]
        return yes, before[-1] & ~yes

    def _rising(self, name: str) -> tuple[list[Decimal], list[int]]:
        """Return the known values, rising, and the items before each of them; the last are all with a value."""
        found = self._numbers.get(name)
        if found is None:
            rising = sorted(self._by_value(name).items(), key=itemgetter(0))
            before = [0]
            for _, rows in rising:
                before.append(before[-1] | rows)
            found = self._numbers[name] = [value for value, _ in rising], before
        return found

    def _listed(self, name: str) -> tuple[int, Mapping[Any, int]]:
        """Return the items with a value, and those of each thing that a value may be listed as."""
        found = self._keys.get(name)
        if found is None:
            by_key: defaultdict[Any, int] = defaultdict(int)
            for value, rows in self._by_value(name).items():
                for key in _keys(name, value):
                    by_key[key] |= rows
            found = self._keys[name] = reduce(or_, self._by_value(name).values(), 0), by_key
        return found

    def _by_value(self, name: str) -> Mapping[Any, int]:
        """Return the items of each value."""
        found = self._values.get(name)
        if found is None:
            rows: defaultdict[Any, int] = defaultdict(int)
            for row, item in enumerate(self.items):
                fact = getattr(item, name)
                if fact is not None:
                    rows[fact] |= 1 << row
            found = self._values[name] = rows
        return found


def _keys(name: str, value: Any) -> Iterable[Any]:
    """Return what a value may be listed as: a commodity and the members of a list by their beginnings."""
    if isinstance(value, tuple):
        return {member[:length] for member in value for length in range(1, len(member) + 1)}
    return beginnings(value) if name == COMMODITY else (value,)


@lru_cache(maxsize=COMMODITIES_REMEMBERED)
def beginnings(commodity: str) -> frozenset[str]:
    """Return what a commodity may be named by: its first 2, 4, 6 and 10 digits."""
    return frozenset(commodity[:length] for length in PREFIX_LENGTHS)


def question(condition: Condition) -> Question:
    """Return what a checked tree asks of a case."""
    if condition.all is not None:
        return _every(tuple(map(question, condition.all)))
    if condition.any is not None:
        return _some(tuple(map(question, condition.any)))
    if condition.negated is not None:
        return _opposite(question(condition.negated))
    asked = leaf(condition)
    return lambda columns: columns.answer(asked)


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


def places(bits: int) -> Iterator[int]:
    """Yield where the bits are, lowest first."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)
