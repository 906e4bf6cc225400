"""The facts of a case by columns, so that a question is answered of all its items at once.

An answer is two integers with a bit for each row, which is an item: where it is so, and where it is not. A row that is
in neither has a fact that is not known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, reduce
from operator import itemgetter, or_
from typing import Any, TypeAlias

from risk_gateway.budget import Budget
from risk_gateway.model import HeaderFacts, ItemFacts

CHUNK = 128  # items read between two looks at the clock
COMMODITY = "commodity_code"
PREFIX_LENGTHS = (2, 4, 6, 10)
REMEMBERED_MAX = 20_000  # commodities, and lists of documents, that come again and again

Answer: TypeAlias = tuple[int, int]


class Columns:
    """The facts of one case. `everywhere` has a bit for each item, and one when there is none: for what the header
    answers. `answers` are those given so far, by who asked. Reading raises OutOfTime, and built-in errors."""

    def __init__(self, header: HeaderFacts, items: Sequence[ItemFacts], budget: Budget) -> None:
        self.header = header
        self.items = items
        self.rows = (1 << len(items)) - 1
        self.everywhere = self.rows or 1
        self.answers: dict[object, Answer] = {}
        self._budget = budget
        self._values: dict[str, Mapping[Any, int]] = {}
        self._indexes: dict[str, Mapping[Any, int]] = {}
        self._known: dict[str, int] = {}
        self._numbers: dict[str, tuple[list[Decimal], list[int]]] = {}

    def in_time(self) -> Iterator[ItemFacts]:
        """Yield the items. Raises OutOfTime between chunks of them."""
        for start in range(0, len(self.items), CHUNK):
            if start:
                self._budget.check()
            yield from self.items[start : start + CHUNK]

    def known(self, field: str) -> int:
        """Return the rows with a value."""
        found = self._known.get(field)
        if found is None:
            found = self._known[field] = reduce(or_, self._by_value(field).values(), 0)
        return found

    def listed(self, field: str, keys: Iterable[Any]) -> int:
        """Return the rows with one of some values; of commodities and lists, with something that begins with one."""
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = self._index(field)
        rows = 0
        for key in keys:
            if key in index:
                rows |= index[key]
        return rows

    def numbers(self, field: str) -> tuple[list[Decimal], list[int]]:
        """Return the known values, rising, and the rows before each of them; the last are all rows with a value."""
        found = self._numbers.get(field)
        if found is None:
            rising = sorted(self._facts(field), key=itemgetter(1))
            before = [0]
            for row, _ in rising:
                before.append(before[-1] | 1 << row)
            found = self._numbers[field] = [value for _, value in rising], before
        return found

    def _facts(self, field: str) -> Iterator[tuple[int, Any]]:
        """Yield each row with its fact, where it is known."""
        for row, item in enumerate(self.in_time()):
            fact = getattr(item, field)
            if fact is not None:
                yield row, fact

    def _by_value(self, field: str) -> Mapping[Any, int]:
        found = self._values.get(field)
        if found is None:
            rows: defaultdict[Any, int] = defaultdict(int)
            for row, value in self._facts(field):
                rows[value] |= 1 << row
            found = self._values[field] = rows
        return found

    def _index(self, field: str) -> Mapping[Any, int]:
        index: defaultdict[Any, int] = defaultdict(int)
        for value, rows in self._by_value(field).items():
            for key in _keys(field, value):
                index[key] |= rows
        return index


def _keys(field: str, value: Any) -> Iterable[Any]:
    """Return what a value is found by."""
    if isinstance(value, tuple):
        return _beginnings_of_any(value)
    return beginnings(value) if field == COMMODITY else (value,)


@lru_cache(maxsize=REMEMBERED_MAX)
def beginnings(commodity: str) -> frozenset[str]:
    """Return what a commodity may be named by: its first 2, 4, 6 and 10 digits."""
    return frozenset(commodity[:length] for length in PREFIX_LENGTHS)


@lru_cache(maxsize=REMEMBERED_MAX)
def _beginnings_of_any(members: tuple[str, ...]) -> frozenset[str]:
    return frozenset(member[:length] for member in members for length in range(1, len(member) + 1))


def places(bits: int) -> Iterator[int]:
    """Yield where the bits are, lowest first."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


def bits(at: Sequence[int]) -> int:
    """Return the integer with a bit at each of the places, which rise."""
    octets = bytearray((at[-1] >> 3) + 1 if at else 0)
    for place in at:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")
