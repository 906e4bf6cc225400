"""Who failed lately is not waited for: a partner rests after a failure, then one question tries it again."""

import threading
from collections.abc import Callable

REST_SECONDS = 15.0


class Breaker:
    """Knows when each partner failed last. `ticks` are seconds that never go back. Safe in several threads."""

    def __init__(self, ticks: Callable[[], float], rest_seconds: float = REST_SECONDS) -> None:
        self._ticks = ticks
        self._rest = rest_seconds
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def may_ask(self, partner: str) -> bool:
        """Tell whether to ask now; after its rest one caller may, and the others as soon as that one had an answer."""
        with self._lock:
            now, until = self._ticks(), self._until.get(partner)
            if until is None:
                return True
            if now < until:
                return False
            self._until[partner] = now + self._rest
            return True

    def is_well(self, partner: str) -> bool:
        """Tell whether a partner did not fail lately, or has rested since."""
        with self._lock:
            return self._ticks() >= self._until.get(partner, float("-inf"))

    def failed(self, partner: str) -> None:
        with self._lock:
            self._until[partner] = self._ticks() + self._rest

    def answered(self, partner: str) -> None:
        with self._lock:
            self._until.pop(partner, None)
