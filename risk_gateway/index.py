"""Which profiles a case leaves in question: thousands are ruled out without being asked.

Profiles stand in sections: one for each chapter of goods, one for goods of all chapters, one about the declaration as a
whole. In its section each has a seat, a bit. What the header decides is one integer, the active profiles of the
section; each item narrows it to those that admit its numbers, its commodity and its other texts. What a profile lists
and the range that it names are decided here; whoever is left is still to be asked all else.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import attrgetter, or_
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

from risk_gateway.budget import Budget
from risk_gateway.columns import COMMODITY, beginnings, places
from risk_gateway.compiler import CHAPTER, EVERY_CHAPTER, Compiled, Listing, compile
from risk_gateway.leaves import Range
from risk_gateway.model import HeaderFacts, ItemFacts
from risk_gateway.profiles import Condition

CHUNK = 128  # items between two looks at the clock
SEATS_CHUNK = 2_048  # the same of seats
TURNED_FROM = 4_096  # pairs of item and profile, from which on they are not gone through one by one

Pair: TypeAlias = tuple[int, int]  # the number of an item, and the seats of the profiles that it leaves in question


class Index:
    """Of compiled profiles in their places."""

    def __init__(self, profiles: Sequence[Compiled]) -> None:
        whole: list[int] = []
        chapters: defaultdict[str, list[int]] = defaultdict(list)
        for place, parts in enumerate(profiles):
            if parts.header_only:
                whole.append(place)
                continue
            for chapter in parts.chapters:
                chapters[chapter].append(place)
        self._scales = _scales(parts.item.range for parts in profiles)
        self._numbers = _reading([scale.field for scale in self._scales])
        self._whole = self._seated(profiles, whole)
        self._chapters = {chapter: self._seated(profiles, places) for chapter, places in chapters.items()}

    def _seated(self, profiles: Sequence[Compiled], at: Sequence[int]) -> "_Seated":
        section = _section(tuple([profiles[place] for place in at]))
        return _Seated(section, tuple(at), [section.by_slot(scale) for scale in self._scales])

    def in_question(self, header: HeaderFacts, items: Sequence[ItemFacts], budget: Budget) -> list[tuple[int, int]]:
        """Return the places of the profiles in question, rising, each with a bit for each item of which it is; none for
        a profile about the whole declaration. Raises OutOfTime, and built-in errors."""
        found: defaultdict[int, int] = defaultdict(int)
        for seat in places(self._whole.section.active(header)):
            found[self._whole.places[seat]] = 0
        for chapter, pairs in self._left(header, items, budget).items():
            of_profiles = self._chapters[chapter].places
            for seat, rows in _by_seat(pairs, budget):
                found[of_profiles[seat]] |= rows
        return sorted(found.items())

    def _left(self, header: HeaderFacts, items: Sequence[ItemFacts], budget: Budget) -> Mapping[str, list[Pair]]:
        """Return by chapter the items of which somebody is left in question, rising, each with the seats of those."""
        left: defaultdict[str, list[Pair]] = defaultdict(list)
        active: dict[str, int] = {}
        for number, item in enumerate(items):
            if number and not number % CHUNK:
                budget.check()
            slots = [scale.slot(fact) for scale, fact in zip(self._scales, self._numbers(item), strict=True)]
            for chapter in (EVERY_CHAPTER, item.commodity_code[:CHAPTER]):
                if chapter not in self._chapters:
                    continue
                section, _, by_slot = self._chapters[chapter]
                seats = section.everyone
                for admitting, slot in zip(by_slot, slots, strict=True):
                    seats &= admitting[slot]
                if seats:
                    if chapter not in active:
                        active[chapter] = section.active(header)
                    if seats := section.admitting(item, seats & active[chapter]):
                        left[chapter].append((number, seats))
        return left


def _by_seat(pairs: Sequence[Pair], budget: Budget) -> Iterator[tuple[int, int]]:
    """Turn (item, its seats) into (seat, its items); a seat may come several times. Raises OutOfTime."""
    if sum([seats.bit_count() for _, seats in pairs]) < TURNED_FROM:
        for item, seats in pairs:
            for seat in places(seats):
                yield seat, 1 << item
        return
    budget.check()
    octets = max(seats for _, seats in pairs).bit_length() // 8 + 1
    rows = np.zeros((pairs[-1][0] + 1, octets), np.uint8)
    for item, seats in pairs:
        rows[item] = np.frombuffer(seats.to_bytes(octets, "little"), np.uint8)
    turned = np.packbits(np.unpackbits(rows, axis=1, bitorder="little").T, axis=1, bitorder="little")
    for seat, items in enumerate(turned):
        if not seat % SEATS_CHUNK:
            budget.check()
        if items.any():
            yield seat, int.from_bytes(items.tobytes(), "little")


def _reading(fields: Sequence[str]) -> Callable[[object], Iterable[Any]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda facts: [getattr(facts, field) for field in fields]


# --- a section ------------------------------------------------------------------------------------------------------


class _Section:
    """Profiles on their seats: for each thing that may rule profiles out, the seats that it concerns."""

    def __init__(self, profiles: Sequence[Compiled]) -> None:
        self.everyone = (1 << len(profiles)) - 1
        self._of_header = _texts((parts.header.listed for parts in profiles), self.everyone)
        self._of_items = _texts((parts.item.listed for parts in profiles), self.everyone)
        ranges = [parts.header.range for parts in profiles]
        self._numbers = [(scale, scale.admitting(ranges)) for scale in _scales(ranges)]
        self._ranges = [parts.item.range for parts in profiles]
        self._by_slot: dict[str, tuple[_Scale, list[int]]] = {}
        tests: defaultdict[Condition, int] = defaultdict(int)
        for seat, parts in enumerate(profiles):
            for condition in parts.header.others:
                tests[condition] |= 1 << seat
        self._tests = [(compile(condition), concerned) for condition, concerned in tests.items()]

    def by_slot(self, scale: "_Scale") -> list[int]:
        """Return by slot of a scale of items whom it admits; worked out again when the scale has changed."""
        known = self._by_slot.get(scale.field)
        if known is None or known[0] != scale:
            known = self._by_slot[scale.field] = scale, scale.admitting(self._ranges)
        return known[1]

    def active(self, header: HeaderFacts) -> int:
        """Return the profiles of which all holds that they ask of the header."""
        active = self.everyone
        for texts in self._of_header:
            active &= texts.admitting(getattr(header, texts.field))
        for scale, admitting in self._numbers:
            active &= admitting[scale.slot(getattr(header, scale.field))]
        for test, concerned in self._tests:
            if active & concerned and not test(header, None):
                active &= ~concerned
        return active

    def admitting(self, item: ItemFacts, active: int) -> int:
        """Return those of the active profiles that list what an item is."""
        for texts in self._of_items:
            active &= texts.admitting(getattr(item, texts.field))
        return active


class _Seated(NamedTuple):
    """A section in an index: the places of its profiles, and for each scale of the index whom each slot admits."""

    section: _Section
    places: tuple[int, ...]
    by_slot: list[list[int]]


_sections: WeakValueDictionary[tuple[Compiled, ...], _Section] = WeakValueDictionary()


def _section(profiles: tuple[Compiled, ...]) -> _Section:
    """Return the section of these profiles, the same again for as long as somebody has it."""
    found = _sections.get(profiles)
    if found is None:
        found = _sections[profiles] = _Section(profiles)
    return found


# --- texts ----------------------------------------------------------------------------------------------------------


class _Texts:
    """The profiles that a text or flag of one field leaves in question: those that list it, and the others, that list
    none."""

    def __init__(self, field: str, listing: Mapping[Any, int], everyone: int) -> None:
        self.field = field
        self._others = everyone & ~reduce(or_, listing.values())
        self._by_text = {text: seats | self._others for text, seats in listing.items()}

    def admitting(self, fact: Any) -> int:
        return self._by_text.get(fact, self._others) if fact is not None else self._others


class _Commodities(_Texts):
    """The same by the beginnings of a commodity."""

    def admitting(self, fact: str | None) -> int:
        admitting = self._others
        for beginning in beginnings(fact or ""):
            if beginning in self._by_text:
                admitting |= self._by_text[beginning]
        return admitting


def _texts(listings: Iterable[tuple[Listing, ...]], everyone: int) -> list[_Texts]:
    """Return the postings of each field that is listed, commodities first: they rule out most."""
    by_field: defaultdict[str, defaultdict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for seat, given in enumerate(listings):
        bit = 1 << seat
        for field, texts in given:
            by_text = by_field[field]
            for text in texts:
                by_text[text] |= bit
    return [
        (_Commodities if field == COMMODITY else _Texts)(field, by_text, everyone)
        for field, by_text in sorted(by_field.items(), key=lambda one: one[0] != COMMODITY)
    ]


# --- numbers --------------------------------------------------------------------------------------------------------


class _Scale(NamedTuple):
    """The bounds of a field's ranges cut its numbers into slots: below the first bound, on it, between it and the next,
    and so on. Slot 0 is for a number that is not known."""

    field: str
    bounds: tuple[Decimal, ...]

    def slot(self, number: Decimal | int | None) -> int:
        if number is None:
            return 0
        place = bisect_left(self.bounds, number)
        return 2 * place + 1 + (place < len(self.bounds) and self.bounds[place] == number)

    def admitting(self, ranges: Sequence[Range | None]) -> list[int]:
        """Return by slot the seats of those whose range it is in, and of all who name no range of this field."""
        here = (1 << len(ranges)) - 1
        turns: defaultdict[int, int] = defaultdict(int)  # by slot, who comes or goes there
        for seat, given in enumerate(ranges):
            if given is None or given.field != self.field:
                continue
            bit = 1 << seat
            here ^= bit
            turns[1 if given.lowest is None else self.slot(given.lowest) + given.without_lowest] ^= bit
            if given.highest is not None:
                turns[self.slot(given.highest) + (not given.without_highest)] ^= bit
        found = []
        for slot in range(2 * len(self.bounds) + 2):
            if slot in turns:
                here ^= turns[slot]
            found.append(here)
        return found


def _scales(ranges: Iterable[Range | None]) -> list[_Scale]:
    bounds: defaultdict[str, set[Decimal | None]] = defaultdict(set)
    for given in ranges:
        if given is not None:
            bounds[given.field] |= {given.lowest, given.highest}
    return [
        _Scale(field, tuple(sorted(bound for bound in found if bound is not None))) for field, found in bounds.items()
    ]
