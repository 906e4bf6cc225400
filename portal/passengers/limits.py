"""How often strangers may ask: a bucket for each address and each reference, which fills evenly."""

import math
import threading
from collections.abc import Callable
from typing import Final

from portal.passengers.errors import PassengerRefused

KEPT_MOST: Final = 20_000  # buckets; then those that are full again go


class Limits:
    """`ticks` are seconds of a clock that only goes forward. In the memory of one process."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._buckets: dict[str, tuple[float, float, float]] = {}  # name -> (left, moment, per second)
        self._lock = threading.Lock()

    def take(self, name: str, size: int, seconds: float) -> None:
        """Take one of the `size` that a bucket holds, which fills in `seconds`. Raises `PassengerRefused`."""
        speed = size / seconds
        with self._lock:
            now = self._ticks()
            left, since, _ = self._buckets.get(name, (float(size), now, speed))
            left = min(float(size), left + (now - since) * speed)
            if left < 1:
                raise PassengerRefused("passengers.too_many", seconds=str(math.ceil((1 - left) / speed)))
            if len(self._buckets) >= KEPT_MOST:
                self._sweep(now)
            self._buckets[name] = (left - 1, now, speed)

    def _sweep(self, now: float) -> None:
        """Forget those who have not asked for an hour; whoever asked just now stays counted."""
        hour = 3600.0
        self._buckets = {name: each for name, each in self._buckets.items() if now - each[1] < hour}
