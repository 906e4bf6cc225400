"""The numbers that cases are compared with: reference values, bands, factors, rates, deadlines. Dated data."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from risk_gateway.profiles import Category, MeasureCode, SelectionRates


class UnitValue(Struct, frozen=True, forbid_unknown_fields=True):
    """What goods usually cost, in USD per `measure` (kg or a unit code): lower bound and median.

    `commodity` is a prefix of 4, 6 or 10 digits; `origin` a country or `*`. `count` is the number of goods items that
    it was computed from, `period` their days. A signal to look, never a value to impose.
    """

    commodity: str
    origin: str
    measure: str
    low_usd: Decimal
    median_usd: Decimal
    source: str
    count: int | None = None
    period: str = ""


class MassPerUnit(Struct, frozen=True, forbid_unknown_fields=True):
    """What one supplementary unit of goods usually weighs net: lower bound, median, upper bound. As `UnitValue`."""

    commodity: str
    origin: str
    unit: str
    low_kg: Decimal
    median_kg: Decimal
    high_kg: Decimal
    source: str
    count: int | None = None
    period: str = ""


class UsualRoute(Struct, frozen=True, forbid_unknown_fields=True):
    """Where goods of an origin usually enter: border offices and countries on the way."""

    origin: str
    offices: tuple[str, ...]
    countries: tuple[str, ...]
    source: str


class ReferenceValues(Struct, frozen=True, cache_hash=True, weakref=True):
    unit_values: tuple[UnitValue, ...] = ()
    routes: tuple[UsualRoute, ...] = ()
    mass_per_unit: tuple[MassPerUnit, ...] = ()


class DeadlineRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Either so many working hours, or the end of the so many-th working day after."""

    working_hours: int | None = None
    working_days: int | None = None


class WorkingTime(Struct, frozen=True):
    """Local opening hours, Monday to Friday; `holidays` are the days off besides."""

    opens: time
    closes: time
    utc_offset_hours: int
    holidays: frozenset[date]


class Parameters(Struct, frozen=True, kw_only=True, weakref=True):
    """The dated numbers of the summary assessment. Scores are 0-100, rates shares 0-1."""

    documentary_from: Decimal
    inspection_from: Decimal
    factor_low: Decimal
    factor_medium: Decimal
    factor_high: Decimal
    breadth_per_family: Decimal
    breadth_max: Decimal
    extent_by_score: MeasureCode
    random_rates: SelectionRates
    random_version: int
    deadlines: Mapping[str, DeadlineRule]
    working_time: WorkingTime
    source: str
    model_weight: int = 0  # 0-100: what a probability of 1 would add to the score; published
    capacity: Mapping[str, int] = {}  # inspections a day by post; a post that is not named has no limit

    def factor(self, category: Category) -> Decimal:
        return {
            Category.LOW: self.factor_low,
            Category.MEDIUM: self.factor_medium,
            Category.HIGH: self.factor_high,
        }[category]


def with_capacity(parameters: Parameters, posts: Mapping[str, int]) -> Parameters:
    """Return the parameters with what the posts themselves have set; the same object when they have set nothing."""
    return replace(parameters, capacity={**parameters.capacity, **posts}) if posts else parameters
