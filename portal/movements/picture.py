"""The network with movements on it, as SVG that the server draws. Everything on it stands in the table beside it too.

Places along the width are percentages, so that letters keep their size on a phone; the picture is a scheme, no map.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup, escape
from msgspec import Struct

from declarations.movements.events import State
from declarations.movements.network import Network, Place, Plane, project

_HIGH: Final = 360  # pixels
_MARGIN: Final = 8  # percent
_MICRO: Final = 1_000_000


class Spot(Struct, frozen=True):
    """Where a movement was last: `alarm` colours it."""

    name: str
    longitude: int
    latitude: int
    alarm: bool


class Near(Struct, frozen=True):
    """The place nearest to a position, and how far that is."""

    place: Place
    metres: int


def draw(
    network: Network,
    title: str,
    description: str,
    names: Mapping[str, str],
    spots: Sequence[Spot],
    route: Sequence[str],
) -> Markup:
    """Return the network, or with a `route` its part of it. `names` of places are in the reader's language."""
    shown = set(route) or set(network.places)
    drawing = _Drawing([network.places[code].plane for code in shown] + [_plane(each) for each in spots])
    parts: list[Markup] = []
    for road in network.roads:
        on_route = any(set(road.between) == set(pair) for pair in itertools.pairwise(route))
        if on_route or not route:
            style = "network__route" if on_route else "network__road"
            parts += drawing.line([each.plane for each in road.bends], style)
    parts += [part for code in sorted(shown) for part in drawing.place(network.places[code], names.get(code, code))]
    parts += [part for each in spots for part in drawing.spot(each)]
    return Markup(
        '<svg class="network" role="img" aria-labelledby="network-title network-desc" width="100%" height="{}">'
        '<title id="network-title">{}</title><desc id="network-desc">{}</desc>{}</svg>'
    ).format(_HIGH, title, description, Markup("").join(parts))


def spots_of(name: str, state: State, alarm: bool) -> Iterator[Spot]:
    """Yield where the seals of a movement were last."""
    for each in state.seals:
        if each.longitude is not None and each.latitude is not None:
            yield Spot(name, each.longitude, each.latitude, alarm)


def nearest(network: Network, longitude: int, latitude: int) -> Near:
    here = project(longitude / _MICRO, latitude / _MICRO)
    place = min(network.places.values(), key=lambda each: math.dist(each.plane, here))
    return Near(place, round(math.dist(place.plane, here)))


class _Drawing:
    """Puts places of the plane on the picture."""

    def __init__(self, points: Sequence[Plane]) -> None:
        self._left, self._right = min(x for x, _ in points), max(x for x, _ in points)
        self._bottom, self._top = min(y for _, y in points), max(y for _, y in points)

    def at(self, point: Plane) -> tuple[float, float]:
        """Return percent of the width, and pixels from above."""
        wide, high = max(self._right - self._left, 1), max(self._top - self._bottom, 1)
        across = _MARGIN + (100 - 2 * _MARGIN) * (point[0] - self._left) / wide
        down = 30 + (_HIGH - 70) * (self._top - point[1]) / high
        return round(across, 2), round(down, 1)

    def line(self, points: Sequence[Plane], style: str) -> Iterator[Markup]:
        for here, there in itertools.pairwise(points):
            (x1, y1), (x2, y2) = self.at(here), self.at(there)
            yield Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(style, x1, y1, x2, y2)

    def place(self, place: Place, name: str) -> Iterator[Markup]:
        x, y = self.at(place.plane)
        style = "network__post" if place.post else "network__rest"
        yield Markup('<circle class="{}" cx="{}%" cy="{}" r="{}"/>').format(style, x, y, 6 if place.post else 3)
        if place.post:
            anchor = "start" if x < 25 else "end" if x > 75 else "middle"
            yield Markup('<text class="network__name" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
                x, y + 22, anchor, escape(name)
            )

    def spot(self, spot: Spot) -> Iterator[Markup]:
        x, y = self.at(_plane(spot))
        style = "network__alarm" if spot.alarm else "network__truck"
        yield Markup('<circle class="{}" cx="{}%" cy="{}" r="9"><title>{}</title></circle>').format(
            style, x, y, spot.name
        )


def _plane(spot: Spot) -> Plane:
    return project(spot.longitude / _MICRO, spot.latitude / _MICRO)
