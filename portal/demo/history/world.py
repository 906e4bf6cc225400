"""The firms of a generated world: who they are, how big, what they trade in, how honest, and through which broker."""

from datetime import date, timedelta
from math import exp

from msgspec import Struct

from declarations.identifiers import checksum_holds
from portal.demo.history.catalogue import Catalogue, Goods, catalogue
from portal.demo.history.chance import Chance, Weighted
from risk_gateway.profiles import Category, Motive

DECLARATIONS_PER_FIRM = 33  # on average over the whole history
FIRMS_MIN, FIRMS_MAX = 40, 6000
FIRMS_PER_BROKER = 40
INLAND_POSTS = ("20201", "20201", "10101")
SERIAL_OF_BROKERS = 90_000
SERIAL_OF_FIRMS = 50_000

# How often a firm cheats, as shares of its declarations, before the whole is brought to the base rate.
HONESTY = Weighted({"honest": 72.0, "opportunist": 20.0, "crooked": 8.0})
CHEATS = {"honest": (0.0, 0.02), "opportunist": (0.05, 0.2), "crooked": (0.15, 0.5)}

IMPORT_MOTIVES = Weighted(
    {
        Motive.UNDERSTATED_VALUE: 36.0,
        Motive.FALSE_CODE: 17.0,
        Motive.UNDERSTATED_VOLUME: 14.0,
        Motive.FALSE_ORIGIN: 11.0,
        Motive.CONCEALMENT: 9.0,
        Motive.FALSE_DOCUMENTS: 8.0,
        Motive.CAPITAL_FLIGHT: 3.0,
        Motive.PROHIBITION: 2.0,
    }
)
EXPORT_MOTIVES = Weighted(
    {
        Motive.OVERSTATED_VALUE: 32.0,
        Motive.FALSE_EXPORT: 28.0,
        Motive.CAPITAL_FLIGHT: 20.0,
        Motive.FALSE_CODE: 10.0,
        Motive.FALSE_DOCUMENTS: 5.0,
        Motive.PROHIBITION: 5.0,
    }
)


class Habit(Struct, frozen=True):
    """Goods that a firm buys (or sells) again and again: from where, and at which share of the usual price."""

    goods: Goods
    country: str
    price: float


class Broker(Struct, frozen=True):
    """A customs representative. `integrity` is 0-1: crooked firms look for those of little."""

    index: int
    identifier: str
    registered_on: date
    integrity: float


class Firm(Struct, frozen=True):
    """A participant. `size` is its share of all declarations before scaling; `cheats` the probability to plant a fraud.

    It declares from `first_day` to `last_day`, both included.
    """

    index: int
    identifier: str
    registered_on: date
    first_day: date
    last_day: date
    size: float
    sector: str
    exports: bool
    habits: tuple[Habit, ...]
    post: str
    broker: Broker | None
    category: Category
    cheats: float
    motives: tuple[Motive, ...]


class World(Struct, frozen=True):
    """Everything that does not change while declarations are made. `first` and `last` are the first and last day."""

    seed: int
    first: date
    last: date
    firms: tuple[Firm, ...]


def make_world(seed: int, declarations: int, last: date, days: int) -> World:
    """Return the firms of a history of so many declarations that ends on `last`; the same arguments, the same world."""
    chance, first = Chance(seed), last - timedelta(days=days - 1)
    number = min(FIRMS_MAX, max(FIRMS_MIN, declarations // DECLARATIONS_PER_FIRM))
    brokers = [_broker(index, first, chance) for index in range(max(3, number // FIRMS_PER_BROKER))]
    firms = tuple(_firm(index, first, last, brokers, chance) for index in range(number))
    return World(seed, first, last, firms)


def make_bin(registered_on: date, serial: int) -> str:
    """Return a BIN with a valid check digit for a firm registered in that month; `serial` has five digits."""
    for kind in range(10):
        number = f"{registered_on:%y%m}4{kind}{serial:05d}"
        for digit in range(10):
            if checksum_holds(f"{number}{digit}"):
                return f"{number}{digit}"
    raise ValueError(serial)  # one of ten kinds always has a check digit


def _broker(index: int, first: date, chance: Chance) -> Broker:
    registered_on = first - timedelta(days=chance.whole(300, 5000))
    return Broker(index, make_bin(registered_on, SERIAL_OF_BROKERS + index), registered_on, chance.uniform(0, 1))


def _firm(index: int, first: date, last: date, brokers: list[Broker], chance: Chance) -> Firm:
    known = catalogue()
    sector = chance.weighted(known.sector_draw)
    honesty = chance.weighted(HONESTY)
    first_day, last_day, registered_on = _life(honesty, first, last, chance)
    exports = known.sectors[sector].direction == "EX"
    old = (first - registered_on).days > 3 * 365
    minimal_risk = old and chance.happens(0.45 if honesty == "honest" else 0.12)
    return Firm(
        index=index,
        identifier=make_bin(registered_on, SERIAL_OF_FIRMS + index),
        registered_on=registered_on,
        first_day=first_day,
        last_day=last_day,
        size=min(60.0, chance.heavy_tail(1.1)) * (0.6 if honesty == "crooked" else 1.0),
        sector=sector,
        exports=exports,
        habits=_habits(known, sector, chance),
        post=chance.one_of(INLAND_POSTS),
        broker=_choose_broker(honesty, brokers, chance),
        category=Category.LOW if minimal_risk else Category.MEDIUM,
        cheats=chance.uniform(*CHEATS[honesty]),
        motives=_favourites(exports, chance),
    )


def _life(honesty: str, first: date, last: date, chance: Chance) -> tuple[date, date, date]:
    """Return first and last day of activity, and the day of registration: firms come and go, crooked ones sooner."""
    days = (last - first).days
    first_day = first + timedelta(days=chance.whole(0, int(days * 0.9))) if chance.happens(0.35) else first
    last_day = last
    if chance.happens(0.6 if honesty == "crooked" else 0.15):
        last_day = min(last, first_day + timedelta(days=chance.whole(60, 400)))
    began = first_day != first
    young = (10, 250) if honesty == "crooked" else (20, 900)
    age = chance.whole(*young) if began else chance.whole(100, 6500)
    return first_day, last_day, first_day - timedelta(days=age)


def _habits(known: Catalogue, sector: str, chance: Chance) -> tuple[Habit, ...]:
    goods = known.of_sector[sector]
    chosen = {chance.whole(0, len(goods) - 1) for _ in range(chance.whole(1, 6))}
    kinds = [goods[index] for index in sorted(chosen) for _ in range(chance.whole(1, 2))]
    return tuple(Habit(one, chance.weighted(known.origins(one)), chance.spread(0.22 * one.volatility)) for one in kinds)


def _choose_broker(honesty: str, brokers: list[Broker], chance: Chance) -> Broker | None:
    """Return the broker of a firm, None where it files for itself; of two, a crooked firm takes the laxer one."""
    if chance.happens(0.4):
        return None
    one, other = chance.one_of(brokers), chance.one_of(brokers)
    if honesty == "honest":
        return one
    return min(one, other, key=lambda broker: broker.integrity)


def _favourites(exports: bool, chance: Chance) -> tuple[Motive, ...]:
    """Return two motives, perhaps the same: a wrongdoer has his ways."""
    options = EXPORT_MOTIVES if exports else IMPORT_MOTIVES
    return chance.weighted(options), chance.weighted(options)


def busyness(day: date, first: date) -> float:
    """Return how busy a day is against the average: month, day of the week, growth of 12 % a year."""
    week = (1.05, 1.0, 1.0, 1.0, 1.1, 0.3, 0.12)[day.weekday()]
    growth = exp(0.12 * (day - first).days / 365)
    return float(catalogue().months[day.month] * week * growth)
