"""Who declares on which day: the order of events of a history, split into shards that do not depend on each other."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

import numpy

from portal.demo.history.chance import Chance
from portal.demo.history.world import Firm, World, busyness
from risk_gateway.parameters import ReferenceValues

SHARDS = 4  # fixed, so that a history does not depend on how many processors made it
_COUNTS, _DAYS = 1, 2  # which stream of chance


class Event(NamedTuple):
    """A declaration to be made; `number` counts those of one firm."""

    day: date
    firm: Firm
    number: int


class Plan(NamedTuple):
    """What is to be made: `cheating` is the factor on every firm's readiness to cheat, `values` what is usual."""

    world: World
    counts: tuple[int, ...]
    cheating: float
    values: ReferenceValues = ReferenceValues()


def plan(world: World, declarations: int, base_rate: float) -> Plan:
    """Share out the declarations by size and time in business, and find the factor that gives the base rate."""
    days = [(firm.last_day - firm.first_day).days + 1 for firm in world.firms]
    weights = numpy.array([firm.size * active for firm, active in zip(world.firms, days, strict=True)])
    generator = numpy.random.Generator(numpy.random.PCG64((world.seed, _COUNTS)))
    counts = tuple(int(count) for count in generator.multinomial(declarations, weights / weights.sum()))
    expected = sum(firm.cheats * count for firm, count in zip(world.firms, counts, strict=True))
    return Plan(world, counts, base_rate * declarations / expected if expected else 0.0)


def shard_of(firm: Firm) -> int:
    """Return the shard of a firm: that of its broker, so that what is known of a broker stays in one place."""
    return (firm.broker.index if firm.broker else firm.index) % SHARDS


def events(made: Plan, shard: int) -> Iterator[Event]:
    """Yield the events of a shard in the order of days."""
    world = made.world
    days = [world.first + timedelta(days=offset) for offset in range((world.last - world.first).days + 1)]
    cumulative = [0.0, *accumulate(busyness(day, world.first) for day in days)]
    of_shard = [firm for firm in world.firms if shard_of(firm) == shard]
    yield from sorted(
        (
            Event(day, firm, number)
            for firm in of_shard
            for number, day in enumerate(_days_of(firm, made, days, cumulative), start=1)
        ),
        key=lambda event: (event.day, event.firm.index, event.number),
    )


def _days_of(firm: Firm, made: Plan, days: list[date], cumulative: list[float]) -> list[date]:
    """Return the days on which a firm declares, busy ones more often, in order."""
    chance, first = Chance(made.world.seed, _DAYS, firm.index), made.world.first
    low, high = cumulative[(firm.first_day - first).days], cumulative[(firm.last_day - first).days + 1]
    drawn = (bisect_left(cumulative, chance.uniform(low, high)) for _ in range(made.counts[firm.index]))
    return sorted(days[max(1, index) - 1] for index in drawn)
