"""What the seal of a truck that does not exist would tell: for tests and measurements."""

import itertools
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from declarations.movements.events import EventKind, SealEvent
from declarations.movements.network import Network

_MICRO: Final = 1_000_000
EVERY: Final = timedelta(minutes=15)
METRES_AN_HOUR: Final = 60_000


def journey(network: Network, route: Sequence[str], seal: str, departs_at: datetime) -> list[SealEvent]:
    """Return what the seal of a truck tells that goes the whole way without trouble."""
    places = [network.place(each) for each in route]
    told = [(EventKind.SEALED, places[0].longitude, places[0].latitude)]
    told += [(EventKind.POSITION, *each) for each in _on_the_way(network, route)]
    return [
        SealEvent(
            id=f"{seal}:{number}",
            seal=seal,
            kind=kind,
            at=departs_at + (number * EVERY),
            counter=number,
            longitude=round(longitude * _MICRO),
            latitude=round(latitude * _MICRO),
            battery_percent=max(0, 100 - number),
        )
        for number, (kind, longitude, latitude) in enumerate(told)
    ]


def _on_the_way(network: Network, route: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Yield (longitude, latitude) of a truck on the straight roads of the network, every quarter of an hour."""
    step = METRES_AN_HOUR * EVERY.total_seconds() / 3600
    for here, there in itertools.pairwise(network.bends(route)):
        metres = math.dist(here.plane, there.plane)
        for number in range(1, max(1, round(metres / step)) + 1):
            share = number / max(1, round(metres / step))
            yield (
                here.longitude + (there.longitude - here.longitude) * share,
                here.latitude + (there.latitude - here.latitude) * share,
            )
