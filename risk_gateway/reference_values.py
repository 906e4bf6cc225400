"""Computes what goods usually cost and weigh from released declarations. A signal to look, never a value to impose.

All in the logarithm of the value. The lower bound is a low quantile, but no lower than so many robust standard
deviations below the median. No participant sets it alone: each counts with a bounded weight, and of the bounds that
come out when one participant is left out the highest is taken. docs/reference-values.md tells the reasons and limits.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from math import exp, log
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from risk_gateway.archive import StoredCase
from risk_gateway.packing import unpack
from risk_gateway.parameters import MassPerUnit, UnitValue
from risk_gateway.profiles import AT_OTHER_MOMENTS, Outcome
from risk_gateway.usual import ANY_ORIGIN, DIGITS, KILOGRAM

METHODS = Path(__file__).parent / "bases" / "reference_values" / "method.toml"
NORMAL_OF_MAD = 1.4826  # standard deviations of a normal distribution in one median absolute deviation
DIGITS_KEPT = 4
ROUNDING = 1e-9  # of sums of weights

Numbers: TypeAlias = NDArray[np.float64]


class Method(Struct, frozen=True, forbid_unknown_fields=True):
    """The constants of the computation; method.toml says what each means."""

    since: date
    source: str
    quantile: float
    spread: float
    near: float
    weight_max: int
    items_min: int
    participants_min: int


class Group(NamedTuple):
    """What is computed together: a prefix of 4, 6 or 10 digits, an origin or `*`, and kg, a unit, or kg per unit."""

    commodity: str
    origin: str
    measure: str


class Seen(NamedTuple):
    """A value of one goods item: who declared it, and the logarithm of the value."""

    participant: str
    logarithm: float


class Bounds(NamedTuple):
    low: float
    median: float
    high: float
    items: int


class Computed(Struct, frozen=True):
    """What came out, and of how many released declarations."""

    unit_values: tuple[UnitValue, ...]
    mass_per_unit: tuple[MassPerUnit, ...]
    declarations: int


class _Item(Struct, frozen=True, gc=False):
    commodity_code: str
    origin_country: str | None = None
    usd_per_kg: float | None = None
    usd_per_unit: float | None = None
    unit: str | None = None
    mass_per_unit_kg: float | None = None


class _Case(Struct, frozen=True):
    """A case, read as far as it is needed here."""

    items: tuple[_Item, ...]


_DECODER = msgspec.json.Decoder(_Case, strict=False)  # decimals are text there


# --- from cases to values ---------------------------------------------------------------------------------------------


def compute(cases: Iterable[StoredCase], first: date, last: date, method: Method) -> Computed:
    """Return the values that the released ones of these cases of `first` to `last` give: of what was lodged, for goods
    of travellers have other prices, and goods on their way are declared again."""
    prices: dict[Group, set[Seen]] = {}
    masses: dict[Group, set[Seen]] = {}
    declarations = 0
    for case in (each for each in cases if released(each) and each.block not in AT_OTHER_MOMENTS):
        declarations += 1
        for item in _DECODER.decode(unpack(case.case)).items:
            _note(prices, item, KILOGRAM, item.usd_per_kg, case.declarant)
            if item.unit:
                _note(prices, item, item.unit, item.usd_per_unit, case.declarant)
                _note(masses, item, item.unit, item.mass_per_unit_kg, case.declarant)
    period, source = f"{first.isoformat()}/{last.isoformat()}", f"released declarations, {method.source}"
    return Computed(
        tuple(_unit_value(group, found, source, period) for group, found in _bounded(prices, method)),
        tuple(_mass(group, found, source, period) for group, found in _bounded(masses, method)),
        declarations,
    )


def released(case: StoredCase) -> bool:
    """Say whether goods of this case left without anything found: released at once, or after a control in vain."""
    if case.result is not None:
        return not case.result.found
    return case.outcome == Outcome.SIMPLIFIED_RELEASE.value


def _note(seen: dict[Group, set[Seen]], item: _Item, measure: str, value: float | None, participant: str) -> None:
    """Add a value to every group it belongs to; the same value of the same participant counts once."""
    if not value or value < 0:
        return
    noted = Seen(participant, log(value))
    for digits in DIGITS:
        for origin in {item.origin_country or ANY_ORIGIN, ANY_ORIGIN}:
            seen.setdefault(Group(item.commodity_code[:digits], origin, measure), set()).add(noted)


def _bounded(seen: dict[Group, set[Seen]], method: Method) -> Iterator[tuple[Group, Bounds]]:
    for group in sorted(seen):
        found = bounds_of(seen[group], method)
        if found is not None:
            yield group, found


# --- bounds -----------------------------------------------------------------------------------------------------------


class Arranged(NamedTuple):
    """The logarithms, rising, with the weight of each and the number of its participant."""

    logs: Numbers
    weights: Numbers
    who: NDArray[np.intp]

    @property
    def shares(self) -> Numbers:
        """The weight of each participant."""
        return np.bincount(self.who, self.weights).astype(np.float64)

    @property
    def centres(self) -> Numbers:
        """The median of each participant, rising."""
        counts = np.bincount(self.who)
        grouped = self.logs[np.argsort(self.who, kind="stable")]
        return np.sort(grouped[np.cumsum(counts) - counts + (counts - 1) // 2])

    def mirrored(self) -> "Arranged":
        return Arranged(-self.logs[::-1], self.weights[::-1], self.who[::-1])


def arrange(seen: Iterable[Seen], method: Method) -> Arranged:
    """Return the values in order; all of one participant weigh no more than `weight_max` of them."""
    values = sorted(seen, key=lambda one: (one.logarithm, one.participant))
    _, who = np.unique([one.participant for one in values], return_inverse=True)
    counts = np.bincount(who).astype(float)
    weights = np.minimum(counts, method.weight_max) / counts
    return Arranged(np.array([one.logarithm for one in values]), weights[who], who)


def bounds_of(seen: Iterable[Seen], method: Method) -> Bounds | None:
    """Return the bounds of these values; None when too few are left without some participant."""
    given = arrange(seen, method)
    shares = given.shares
    if len(shares) <= method.participants_min or shares.sum() - shares.max() < method.items_min:
        return None
    low, high = bound_of_all(given, method), -bound_of_all(given.mirrored(), method)
    median = max(quantile(given.logs, given.weights, 0.5), low)
    return Bounds(exp(low), exp(median), exp(max(high, median)), len(given.logs))


def bound_of_all(given: Arranged, method: Method) -> float:
    """Return a bound that is no lower than the bound of all, nor of all without any one participant.

    A bound is a low quantile, but not far below the median of the participants (each has one vote), nor close to it. So
    nobody can bring it below what the others' values give. Without one participant the median of the others is one
    of two neighbours, and the deviation no smaller than that of all one place earlier.
    """
    centres = given.centres
    place = (len(centres) - 2) // 2
    medians = centres[place : place + 2]
    floor = max(median - _width(centres, median, place, method) for median in medians)
    low = max(_quantile_without_one(given, method.quantile), floor)
    return float(min(low, medians[-1] + log(method.near)))


def _width(centres: Numbers, median: float, place: int, method: Method) -> float:
    """Return the most that the bound may lie below this median: so many robust standard deviations."""
    return float(method.spread * NORMAL_OF_MAD * np.partition(np.abs(centres - median), place)[place])


def _quantile_without_one(given: Arranged, share: float) -> float:
    """Return the highest of the quantiles of all and of all without any one participant."""
    shares, reached = given.shares, np.cumsum(given.weights)
    enough = int(np.searchsorted(reached, share * reached[-1] + shares.max())) + 1  # beyond it lies none of them
    logs, weights, who = given.logs[:enough], given.weights[:enough], given.who[:enough]
    highest = quantile(given.logs, given.weights, share)
    for one in np.unique(who):
        left = np.cumsum(np.where(who == one, 0.0, weights))
        place = int(np.searchsorted(left, share * (reached[-1] - shares[one]) - ROUNDING))
        highest = max(highest, float(logs[min(place, len(logs) - 1)]))
    return highest


def quantile(values: Numbers, weights: Numbers, share: float) -> float:
    """Return the smallest of these rising values at or below which lies at least `share` of the weight."""
    reached = np.cumsum(weights)
    place = int(np.searchsorted(reached, share * reached[-1] - ROUNDING))
    return float(values[min(place, len(values) - 1)])


# --- as reference values ----------------------------------------------------------------------------------------------


def _unit_value(group: Group, found: Bounds, source: str, period: str) -> UnitValue:
    return UnitValue(*group, _decimal(found.low), _decimal(found.median), source, found.items, period)


def _mass(group: Group, found: Bounds, source: str, period: str) -> MassPerUnit:
    low, median, high = _decimal(found.low), _decimal(found.median), _decimal(found.high)
    return MassPerUnit(*group, low, median, high, source, found.items, period)


def _decimal(value: float) -> Decimal:
    """Return a value to four significant digits: more would say more than is known."""
    return Decimal(format(Decimal(f"{value:.{DIGITS_KEPT}g}"), "f"))


def method_on(day: date) -> Method:
    """Return the method in force on `day`, or else the first."""
    begun = [method for method in methods() if method.since <= day]
    return (begun or methods())[-1 if begun else 0]


@cache
def methods() -> Sequence[Method]:
    """Return every method that there has been, the oldest first."""
    raw = tomllib.loads(METHODS.read_text(encoding="utf-8"))
    return sorted(msgspec.convert(raw["method"], tuple[Method, ...]), key=lambda method: method.since)
