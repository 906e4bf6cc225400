"""The job that brings results back to profiles: hits and closed controls are tallied, and what has ended is expired.

Embedded in `serve`, or `shekara work`; any number may run. A cursor and its tallies are one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

from sqlalchemy import Connection, Engine

from portal import profile_desk
from portal.clock import Clock
from portal.database import reading, writing
from risk_gateway import feedback_store
from risk_gateway.days import day_of
from risk_gateway.desk import OFFICE, Move
from risk_gateway.errors import MoveRefused
from risk_gateway.feedback import Tallies, merged

BATCH_MAX = 500
PAUSE_SECONDS = 5.0
LAST_DAY_PASSED = "its last day has passed"

ReadNew = Callable[[Connection, int, int], Iterator[tuple[int, Tallies]]]
SOURCES: tuple[tuple[str, ReadNew], ...] = (
    ("feedback.hits", feedback_store.new_hits),
    ("feedback.results", feedback_store.new_results),
)


class Feedback:
    """`mark` is told each point of the transaction at which a crash test may strike."""

    def __init__(self, engine: Engine, clock: Clock, mark: Callable[[str], None] = lambda point: None) -> None:
        self._engine = engine
        self._clock = clock
        self._mark = mark

    def turn(self) -> float:
        """Take in what is new, expire what has ended, and return how many seconds to wait for more."""
        taken = [self.take_in(name, read) for name, read in SOURCES]
        self.expire()
        return 0.0 if BATCH_MAX in taken else PAUSE_SECONDS

    def take_in(self, name: str, read: ReadNew) -> int:
        """Tally the next batch of one source; return how many journal entries it came from."""
        if not self._is_new(name, read):
            return 0
        with writing(self._engine) as connection:
            position = feedback_store.take_cursor(connection, name)
            new = list(read(connection, position, BATCH_MAX))
            if not new:
                return 0
            feedback_store.add_tallies(connection, merged(tallies for _, tallies in new))
            self._mark("after tallies")
            feedback_store.put_cursor(connection, name, new[-1][0])
            self._mark("before commit")
            # COMMIT POINT: from here the batch is counted, once
        return len({index for index, _ in new})

    def _is_new(self, name: str, read: ReadNew) -> bool:
        """Look without taking the writers' lock: most turns have nothing to do."""
        with reading(self._engine) as connection:
            position = feedback_store.read_cursor(connection, name)
            return next(read(connection, position, 1), None) is not None

    def expire(self) -> int:
        """End each version whose last day has passed; return how many."""
        now = self._clock.now()
        with reading(self._engine) as connection:
            ended = feedback_store.read_ended(connection, day_of(now))
        for code, version in ended:
            with suppress(MoveRefused), writing(self._engine) as connection:  # refused: another worker was first
                profile_desk.take(connection, code, version, Move.EXPIRE, OFFICE, now, LAST_DAY_PASSED)
        return len(ended)
