"""Which profiles a case leaves in question: thousands are ruled out without being asked.

Each profile has a place, a bit. What only the header decides is one big integer, the active profiles; each item narrows
it to those that admit its commodity, its other texts and its numbers. A profile is in question when some item leaves it
so. Not all conditions are looked at here: whoever is left is still to be asked.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from itertools import accumulate
from operator import or_, xor

from risk_gateway.columns import COMMODITY, Columns, beginnings, bits
from risk_gateway.compiler import Compiled, Listing, Range, compile
from risk_gateway.model import ItemFacts
from risk_gateway.profiles import Condition


class Index:
    """Of compiled profiles in their places: for each thing that may rule profiles out, the places that it concerns."""

    def __init__(self, profiles: Sequence[Compiled]) -> None:
        everyone = (1 << len(profiles)) - 1
        placed = tuple(enumerate(profiles))
        self._header_only = bits([place for place, parts in placed if parts.header_only])
        self._of_header = _texts(((place, parts.values) for place, parts in placed), everyone)
        self._of_items = _texts(((place, parts.listed) for place, parts in placed), everyone)
        self._numbers = _numbers(((place, parts.ranges) for place, parts in placed), everyone)
        tests: defaultdict[Condition, list[int]] = defaultdict(list)
        for place, parts in placed:
            for condition in parts.header:
                tests[condition].append(place)
        self._tests = tuple((compile(condition), bits(concerned)) for condition, concerned in tests.items())
        self._everyone = everyone

    def candidates(self, columns: Columns) -> int:
        """Return the profiles in question, as bits. Raises OutOfTime, and built-in errors."""
        active = self._everyone
        for texts in self._of_header:
            active &= texts.admitting(getattr(columns.header, texts.field))
        for question, concerned in self._tests:
            if active & concerned and not question(columns)[0]:
                active &= ~concerned
        left = active & self._header_only
        for item in columns.in_time():
            left |= self._admitting(item, active)
        return left

    def _admitting(self, item: ItemFacts, active: int) -> int:
        for texts in self._of_items:
            active &= texts.admitting(getattr(item, texts.field))
        for numbers in self._numbers:
            if not active:
                break
            active &= numbers.admitting(getattr(item, numbers.field))
        return active


class _Texts:
    """The profiles that a text of one field leaves in question: those that list it, and the others, that list none."""

    def __init__(self, field: str, by_text: Mapping[str, Sequence[int]], everyone: int) -> None:
        self.field = field
        listing = {text: bits(places) for text, places in by_text.items()}
        self._others = everyone & ~reduce(or_, listing.values())
        self._by_text = {text: places | self._others for text, places in listing.items()}

    def admitting(self, fact: str | None) -> int:
        return self._by_text.get(fact, self._others) if fact is not None else self._others


class _Commodities(_Texts):
    """The same by the beginnings of a commodity."""

    def admitting(self, fact: str | None) -> int:
        admitting = self._others
        for beginning in beginnings(fact or ""):
            if beginning in self._by_text:
                admitting |= self._by_text[beginning]
        return admitting


class _Numbers:
    """The profiles that a number of one field leaves in question.

    The bounds of all profiles cut the numbers into slots: below the first bound, on it, between it and the next, and so
    on. Each profile admits the slots of its range, with its bounds.
    """

    def __init__(self, field: str, ranges: Sequence[tuple[int, Range]], everyone: int) -> None:
        self.field = field
        bounds = {bound for _, given in ranges for bound in (given.lowest, given.highest)}
        self._bounds = sorted(bound for bound in bounds if bound is not None)
        starts: defaultdict[int, list[int]] = defaultdict(list)
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for place, given in ranges:
            starts[0 if given.lowest is None else self._slot(given.lowest)].append(place)
            if given.highest is not None:
                ends[self._slot(given.highest) + 1].append(place)
        self._others = everyone & ~bits([place for place, _ in ranges])
        turns = (bits(starts[slot]) ^ bits(ends[slot]) for slot in range(2 * len(self._bounds) + 1))
        self._by_slot = tuple(accumulate(turns, xor, initial=self._others))[1:]

    def admitting(self, fact: Decimal | int | None) -> int:
        return self._others if fact is None else self._by_slot[self._slot(fact)]

    def _slot(self, number: Decimal | int) -> int:
        place = bisect_left(self._bounds, number)
        return 2 * place + (place < len(self._bounds) and self._bounds[place] == number)


def _texts(listings: Iterable[tuple[int, tuple[Listing, ...]]], everyone: int) -> tuple[_Texts, ...]:
    """Return the postings of each field that is listed; of a profile that lists a field twice the first counts."""
    by_field: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, given in listings:
        for field, texts in dict(reversed(given)).items():
            for text in texts:
                by_field[field][text].append(place)
    return tuple(
        (_Commodities if field == COMMODITY else _Texts)(field, by_text, everyone)
        for field, by_text in sorted(by_field.items(), key=lambda one: one[0] != COMMODITY)
    )


def _numbers(ranges: Iterable[tuple[int, tuple[Range, ...]]], everyone: int) -> tuple[_Numbers, ...]:
    """Return the slots of each field; of a profile only the first range counts, so that slots stay few."""
    by_field: defaultdict[str, list[tuple[int, Range]]] = defaultdict(list)
    for place, given in ranges:
        for one in given[:1]:
            by_field[one.field].append((place, one))
    return tuple(_Numbers(field, given, everyone) for field, given in by_field.items())
