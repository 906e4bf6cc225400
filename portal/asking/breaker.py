"""Who failed lately is not waited for: a partner rests after a failure, then one question tries it again.

Who has more time than the question that failed asks all the same: a slow partner is silent for lodgements only.
"""

import threading
from collections.abc import Callable

REST_SECONDS = 15.0


class Breaker:
    """Knows when each partner failed last, and with how many seconds to answer. `ticks` are seconds that never go back.
    Safe in several threads."""

    def __init__(self, ticks: Callable[[], float], rest_seconds: float = REST_SECONDS) -> None:
        self._ticks = ticks
        self._rest = rest_seconds
        self._lock = threading.Lock()
        self._until: dict[str, dict[float, float]] = {}  # partner -> seconds that it had -> moment

    def may_ask(self, partner: str, seconds: float) -> bool:
        """Tell whether to ask now, with so many seconds to answer; after its rest one caller may, and the others as
        soon as that one had an answer."""
        with self._lock:
            now, until = self._ticks(), self._resting(partner, seconds)
            if any(now < moment for moment in until.values()):
                return False
            self._until.get(partner, {}).update(dict.fromkeys(until, now + self._rest))
            return True

    def is_well(self, partner: str, seconds: float) -> bool:
        """Tell whether a partner did not fail lately, with that much time or more, or has rested since."""
        with self._lock:
            return all(self._ticks() >= moment for moment in self._resting(partner, seconds).values())

    def failed(self, partner: str, seconds: float) -> None:
        with self._lock:
            self._until.setdefault(partner, {})[seconds] = self._ticks() + self._rest

    def answered(self, partner: str, seconds: float) -> None:
        """Who answers in so many seconds answers in more."""
        with self._lock:
            for each in self._resting(partner, seconds):
                del self._until[partner][each]

    def _resting(self, partner: str, seconds: float) -> dict[float, float]:
        return {had: until for had, until in self._until.get(partner, {}).items() if had >= seconds}
