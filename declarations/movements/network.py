"""The network of posts and roads: routes, their lengths, and where a position is beside them. Distances are metres.

Places are projected on a plane that keeps angles (Lambert's conformal cone over Kazakhstan, on a sphere); lengths on it
are right to half a percent.
"""

import heapq
import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import shapely
from msgspec import Struct
from shapely import LineString, Point

from declarations.movements.errors import UnknownPlace

_FILE: Final = Path(__file__).parent / "network.toml"
_EARTH: Final = 6_371_008.8
_MICRO: Final = 1_000_000
_SOUTH, _NORTH, _MIDDLE, _BASE = (math.radians(degrees) for degrees in (43, 53, 67, 48))

Plane = tuple[float, float]


class Terms(Struct, frozen=True):
    """The numbers of control on the way; network.toml says what each means."""

    kilometres_a_day: int
    reserve_hours: int
    corridor_metres: int
    stop_metres: int
    stop_minutes: int
    place_metres: int
    remote_kilometres: int
    clock_seconds: int
    sealing_minutes: int
    enquiry_days: int


class Place(Struct, frozen=True):
    """A post, a resting place or a bend. `names` are by language, empty for posts, which have theirs elsewhere."""

    code: str
    longitude: float
    latitude: float
    rest: bool
    names: Mapping[str, str]

    @property
    def post(self) -> bool:
        return self.code.isdigit()

    @property
    def plane(self) -> Plane:
        return project(self.longitude, self.latitude)


class Road(Struct, frozen=True):
    """`bends` lead from the first place to the second, both with them."""

    between: tuple[str, str]
    bends: tuple[Place, ...]
    metres: float


class Network(Struct, frozen=True):
    source: str
    terms: Terms
    places: Mapping[str, Place]
    roads: tuple[Road, ...]

    def place(self, code: str) -> Place:
        """Raises `UnknownPlace`."""
        found = self.places.get(code)
        if found is None:
            raise UnknownPlace("movement.place_unknown", {"place": code[:60]})
        return found

    @property
    def posts(self) -> tuple[str, ...]:
        return tuple(code for code, place in self.places.items() if place.post)

    def route(self, departure: str, destination: str) -> tuple[str, ...]:
        """Return the places of the shortest way, both ends with it. Raises `UnknownPlace`."""
        self.place(departure), self.place(destination)
        best: dict[str, float] = {departure: 0.0}
        before: dict[str, str] = {}
        waiting = [(0.0, departure)]
        while waiting:
            metres, here = heapq.heappop(waiting)
            if here == destination:
                return _back(before, departure, destination)
            for there, length in self._neighbours(here):
                if metres + length < best.get(there, math.inf):
                    best[there], before[there] = metres + length, here
                    heapq.heappush(waiting, (best[there], there))
        raise UnknownPlace("movement.no_road", {"departure": departure, "destination": destination})

    def bends(self, route: Sequence[str]) -> tuple[Place, ...]:
        """Return the way along a route. Raises `UnknownPlace` where no road leads on."""
        found = [self.place(route[0])]
        for here, there in itertools.pairwise(route):
            found += self._road(here, there)[1:]
        return tuple(found)

    def line(self, route: Sequence[str]) -> tuple[Plane, ...]:
        """Return the way along a route, on the plane. Raises `UnknownPlace`."""
        return tuple(each.plane for each in self.bends(route))

    def metres(self, route: Sequence[str]) -> int:
        return round(LineString(self.line(route)).length) if len(route) > 1 else 0

    def remote(self, route: Sequence[str]) -> bool:
        """Tell whether the end of a route is remote from its beginning."""
        return self.metres(route) >= self.terms.remote_kilometres * 1000

    def limit(self, route: Sequence[str], departs_at: datetime) -> datetime:
        """Return when goods that depart now have to be at the end of a route."""
        days = self.metres(route) / 1000 / self.terms.kilometres_a_day
        return departs_at + timedelta(minutes=math.ceil(days * 24 * 60), hours=self.terms.reserve_hours)

    def _neighbours(self, code: str) -> Iterator[tuple[str, float]]:
        for road in self.roads:
            if code in road.between:
                first, second = road.between
                yield second if code == first else first, road.metres

    def _road(self, here: str, there: str) -> tuple[Place, ...]:
        for road in self.roads:
            if road.between == (here, there):
                return road.bends
            if road.between == (there, here):
                return road.bends[::-1]
        raise UnknownPlace("movement.no_road", {"departure": here[:60], "destination": there[:60]})


class Located(Struct, frozen=True):
    """Where a position is: on the plane, how far from the road, and whether stopping is allowed there."""

    x: int
    y: int
    metres_off: int
    at_place: bool


class Corridor:
    """The way of one movement, with what may be left and right of it."""

    def __init__(self, network: Network, route: Sequence[str]) -> None:
        self._line = LineString(network.line(route))
        shapely.prepare(self._line)
        self._places = shapely.MultiPoint([each.plane for each in network.places.values()])
        self._place_metres = network.terms.place_metres

    def locate(self, longitude: int, latitude: int) -> Located:
        """Return where a position is; longitude and latitude are millionths of a degree."""
        x, y = project(longitude / _MICRO, latitude / _MICRO)
        here = Point(x, y)
        off = round(self._line.distance(here))
        return Located(round(x), round(y), off, self._places.distance(here) <= self._place_metres)


@lru_cache(maxsize=256)
def corridor(route: tuple[str, ...]) -> Corridor:
    """Return the corridor of a route of the shipped network. Raises `UnknownPlace`."""
    return Corridor(network(), route)


@cache
def network() -> Network:
    """Return the shipped network."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    places = {code: _place(code, each) for code, each in raw["places"].items()}
    roads = tuple(_road(each, places) for each in raw["roads"])
    return Network(raw["source"], Terms(**raw["terms"]), MappingProxyType(places), roads)


def project(longitude: float, latitude: float) -> Plane:
    """Return a place on the plane, in metres; both are degrees, latitude between -89 and 89."""
    power, scale, base = _cone()
    radius = _EARTH * scale / math.tan(math.pi / 4 + math.radians(latitude) / 2) ** power
    angle = power * (math.radians(longitude) - _MIDDLE)
    return radius * math.sin(angle), base - radius * math.cos(angle)


@cache
def _cone() -> tuple[float, float, float]:
    def half(latitude: float) -> float:
        return math.tan(math.pi / 4 + latitude / 2)

    power = math.log(math.cos(_SOUTH) / math.cos(_NORTH)) / math.log(half(_NORTH) / half(_SOUTH))
    scale = math.cos(_SOUTH) * half(_SOUTH) ** power / power
    return power, scale, _EARTH * scale / half(_BASE) ** power


def _place(code: str, raw: Mapping[str, Any]) -> Place:
    longitude, latitude = raw["at"]
    names = {language: raw[language] for language in ("kk", "ru", "en") if language in raw}
    return Place(code, longitude, latitude, raw.get("rest", False), names)


def _road(raw: Mapping[str, Any], places: Mapping[str, Place]) -> Road:
    first, second = raw["between"]
    over = (Place("", longitude, latitude, False, {}) for longitude, latitude in raw.get("over", ()))
    bends = (places[first], *over, places[second])
    return Road((first, second), bends, LineString([each.plane for each in bends]).length)


def _back(before: Mapping[str, str], departure: str, destination: str) -> tuple[str, ...]:
    route = [destination]
    while route[-1] != departure:
        route.append(before[route[-1]])
    return tuple(reversed(route))
