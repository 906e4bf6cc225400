"""What time alone brings about of movements: limits that pass, enquiries that end, alarms that were not judged.

Embedded in `serve`, or `shekara work`; any number may run. Each move is a transaction of its own.
"""

from contextlib import suppress
from typing import Final

from portal.errors import Outdated
from portal.movements.errors import MovementNotFound, MovementRefused
from portal.movements.model import TIMER
from portal.movements.service import Movements

BATCH_MAX: Final = 100
PAUSE_SECONDS: Final = 2.0


class MovementWatch:
    def __init__(self, movements: Movements) -> None:
        self._movements = movements

    def turn(self) -> float:
        """Make what moves are due, and return how many seconds to wait for more."""
        due = self._movements.due(BATCH_MAX)
        for wanted in due:
            with suppress(MovementRefused, MovementNotFound, Outdated):  # it moved meanwhile, or is tried again
                self._movements.act(TIMER, wanted)
        self._movements.judge_waiting()
        return 0.0 if len(due) >= BATCH_MAX else PAUSE_SECONDS
