"""The time that judging may take. Cooperative: the engine asks between profiles and between chunks of items."""

from collections.abc import Callable

from risk_gateway.errors import OutOfTime


class Budget:
    """So many milliseconds by a monotonic clock in seconds, which the caller gives."""

    def __init__(self, clock: Callable[[], float], milliseconds: float) -> None:
        self.checks = 0
        self._clock = clock
        self._deadline = clock() + milliseconds / 1000

    @classmethod
    def replaying(cls, stopped_at: int | None) -> "Budget":
        """Return a budget that runs out at the same check as the one being replayed, or never."""
        budget = cls(lambda: 0.0, 0)
        budget._clock = lambda: float(budget.checks == stopped_at)
        return budget

    def check(self) -> None:
        """Raise OutOfTime when the time is up."""
        self.checks += 1
        if self._clock() > self._deadline:
            raise OutOfTime(self.checks)
