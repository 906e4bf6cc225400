"""How often a partner may ask: an allowance that fills evenly, told of in every answer; and who is not let in for now.

The allowance is kept in the database, for all processes. Wrong signatures are counted in each.
"""

import math
from datetime import datetime

from msgspec import Struct

from portal.clock import Clock
from portal.errors import TooManyRequests

REFUSALS_PER_MINUTE = 60
REMEMBERED_MOST = 10_000


class Left(Struct, frozen=True):
    """What is left of the requests of a minute, and in how many seconds all of them are there again."""

    quota: int
    requests: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """Return the fields of the IETF draft "RateLimit header fields for HTTP"."""
        return {
            "RateLimit-Policy": f'"partner";q={self.quota};w=60',
            "RateLimit": f'"partner";r={self.requests};t={self.seconds}',
        }


class Allowance(Struct, frozen=True):
    """How many requests a partner had left at a moment."""

    left: float
    at: datetime

    def left_at(self, now: datetime, per_minute: int) -> float:
        return refilled(self.left, (now - self.at).total_seconds(), per_minute)


def take(allowance: Allowance, now: datetime, per_minute: int) -> Allowance:
    """Return what an allowance is after one more request. Raises `TooManyRequests`."""
    left = allowance.left_at(now, per_minute)
    demand_one(left, per_minute)
    return Allowance(left - 1, now)


def refilled(left: float, seconds: float, per_minute: int) -> float:
    return min(float(per_minute), left + max(seconds, 0.0) * per_minute / 60)


def demand_one(left: float, per_minute: int) -> None:
    """Raises `TooManyRequests` when nothing is left."""
    if left < 1:
        raise TooManyRequests(math.ceil((1 - left) * 60 / per_minute))


def told(allowance: Allowance, per_minute: int) -> Left:
    return Left(per_minute, int(allowance.left), math.ceil((per_minute - allowance.left) * 60 / per_minute))


class Doors:
    """Who comes with too many wrong signatures from one address is sent away without a look. In a process's memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # address -> (refusals left, moment)

    def demand_open(self, address: str) -> None:
        """Raises `TooManyRequests`."""
        if address in self._left:
            demand_one(self._of(address), REFUSALS_PER_MINUTE)

    def refused(self, address: str) -> None:
        """Note that somebody at an address was refused."""
        if len(self._left) >= REMEMBERED_MOST:
            self._left = {each: kept for each, kept in self._left.items() if self._of(each) < REFUSALS_PER_MINUTE}
        self._left[address] = (self._of(address) - 1, self._clock.monotonic())

    def _of(self, address: str) -> float:
        now = self._clock.monotonic()
        left, since = self._left.get(address, (float(REFUSALS_PER_MINUTE), now))
        return refilled(left, now - since, REFUSALS_PER_MINUTE)
