"""How often a partner may ask: a bucket for each that fills evenly, told of in every answer."""

import math

from msgspec import Struct

from portal.clock import Clock
from portal.errors import TooManyRequests


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


class Buckets:
    """In the memory of a process: of several, each allows as much."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # partner -> (requests left, moment)

    def take(self, partner: str, per_minute: int) -> Left:
        """Take one request. Raises `TooManyRequests`."""
        now, size = self._clock.monotonic(), float(per_minute)
        left, since = self._buckets.get(partner, (size, now))
        left = min(size, left + (now - since) * size / 60)
        if left < 1:
            raise TooManyRequests(math.ceil((1 - left) * 60 / size))
        self._buckets[partner] = (left - 1, now)
        return Left(per_minute, int(left - 1), math.ceil((size - left + 1) * 60 / size))
