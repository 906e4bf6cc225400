"""What the posts will have to do: inspections expected of the propensities of stored cases, against their capacity."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct, field

from risk_gateway.archive import StoredCase
from risk_gateway.packing import unpack
from risk_gateway.profiles import Block, Outcome

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_PLACES = Decimal("0.01")


class _Known(Struct, frozen=True):
    """The part of an assessment that says how much work it makes."""

    propensity: Decimal = Decimal(0)
    postponed: bool = False


class Work(Struct):
    """What a post had on one day: cases by lane, the inspections to be expected of all draws, those put off."""

    cases: Counter[str] = field(default_factory=Counter)
    expected_inspections: Decimal = Decimal(0)
    postponed: int = 0

    def add(self, other: "Work") -> None:
        self.cases.update(other.cases)
        self.expected_inspections += other.expected_inspections
        self.postponed += other.postponed


Works = dict[tuple[str, date], Work]


class Forecast(Struct, frozen=True):
    """What a weekday brings on average: all cases, and the inspections to be expected."""

    weekday: str
    cases: Decimal
    inspections: Decimal
    over_capacity: bool


class Post(Struct, frozen=True, kw_only=True):
    """The load of one post. `rates` are shares of cases by lane; `capacity` is inspections a day, None without limit.

    `days_over` are days on which more inspections were to be expected than the post can make.
    """

    office: str
    days: int
    cases: int
    rates: dict[str, Decimal]
    expected_inspections: Decimal
    inspections_a_day: Decimal
    documentary_a_day: Decimal
    capacity: int | None
    days_over: int
    postponed: int
    forecast: tuple[Forecast, ...]


_decoder = msgspec.json.Decoder(_Known)


def take(works: Works, stored: StoredCase) -> None:
    """Add one case to the work of its post and day; travellers and audits have inspectors of their own."""
    if stored.block in (Block.PASSENGERS, Block.AUDITS):
        return
    known = _decoder.decode(unpack(stored.assessment))
    work = works.setdefault((stored.office, stored.day), Work())
    work.cases[stored.outcome] += 1
    work.expected_inspections += known.propensity
    work.postponed += known.postponed


def merge(works: Works, others: Works) -> None:
    for key, work in others.items():
        works.setdefault(key, Work()).add(work)


def posts(works: Works, first: date, last: date, capacity: Mapping[str, int]) -> list[Post]:
    """Return the load of each post over the days from `first` to `last`, both included and quiet ones counted."""
    by_office: dict[str, dict[date, Work]] = {}
    for (office, day), work in works.items():
        by_office.setdefault(office, {})[day] = work
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [_post(office, by_office[office], days, capacity.get(office)) for office in sorted(by_office)]


def _post(office: str, by_day: Mapping[date, Work], days: list[date], capacity: int | None) -> Post:
    whole = Work()
    for work in by_day.values():
        whole.add(work)
    cases = whole.cases.total()
    return Post(
        office=office,
        days=len(days),
        cases=cases,
        rates={lane.value: _each(whole.cases[lane.value], cases) for lane in Outcome},
        expected_inspections=whole.expected_inspections.quantize(_PLACES),
        inspections_a_day=_each(whole.expected_inspections, len(days)),
        documentary_a_day=_each(whole.cases[Outcome.DOCUMENTARY_CHECK.value], len(days)),
        capacity=capacity,
        days_over=sum(capacity is not None and work.expected_inspections > capacity for work in by_day.values()),
        postponed=whole.postponed,
        forecast=tuple(_forecast(by_day, days, capacity)),
    )


def _forecast(by_day: Mapping[date, Work], days: list[date], capacity: int | None) -> Iterator[Forecast]:
    for number, name in enumerate(WEEKDAYS):
        of_weekday = [day for day in days if day.weekday() == number]
        works = [by_day[day] for day in of_weekday if day in by_day]
        if works:
            inspections = _each(sum((work.expected_inspections for work in works), Decimal(0)), len(of_weekday))
            cases = _each(sum(work.cases.total() for work in works), len(of_weekday))
            yield Forecast(name, cases, inspections, capacity is not None and inspections > capacity)


def _each(part: Decimal | int, whole: int) -> Decimal:
    return (Decimal(part) / (whole or 1)).quantize(Decimal("0.0001"))
