"""The job that brings results back to profiles: hits and closed controls are tallied, and what has ended is expired.

Embedded in `serve`, or `shekara work`; any number may run. A cursor and its tallies are one transaction.
"""

from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import Connection, Engine

from portal import profile_desk
from portal.clock import Clock
from portal.database import reading, writing
from risk_gateway import desk_store, feedback_store
from risk_gateway.days import day_of
from risk_gateway.desk import OFFICE, Move
from risk_gateway.errors import MoveRefused
from risk_gateway.feedback import Tallies, merged

BATCH_MAX = 500
PAUSE_SECONDS = 5.0
_ANOTHER_WAS_FIRST = ("move-not-allowed", "move-meanwhile")
LAST_DAY_PASSED = "its last day has passed"

ReadNew = Callable[[Connection, int, int], Iterator[tuple[int, Tallies | None]]]
SOURCES: tuple[tuple[str, ReadNew], ...] = (
    ("feedback.hits", feedback_store.new_hits),
    ("feedback.judgements", feedback_store.new_judgements),
    (feedback_store.RESULTS, feedback_store.new_results),
    ("feedback.annulments", feedback_store.new_annulments),
)


class Feedback:
    """`mark` is told each point of the transaction at which a crash test may strike.

    `passed_over` counts the decisions that could not be read: they are in the log, and the audit tells what is wrong.
    """

    def __init__(self, engine: Engine, clock: Clock, mark: Callable[[str], None] = lambda point: None) -> None:
        self._engine = engine
        self._clock = clock
        self._mark = mark
        self.passed_over = 0
        self._not_ended: set[tuple[str, int]] = set()

    def turn(self) -> float:
        """Expire what has ended, take in what is new, and return how many seconds to wait for more.

        What has ended comes first: nothing that cannot be read keeps a profile alive.
        """
        self.expire()
        taken = [self.take_in(name, read) for name, read in SOURCES]
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
            feedback_store.add_tallies(connection, merged(tallies for _, tallies in new if tallies is not None))
            self._mark("after tallies")
            feedback_store.put_cursor(connection, name, new[-1][0])
            self._mark("before commit")
            # COMMIT POINT: from here the batch is counted, once
        self._tell(name, [index for index, tallies in new if tallies is None])
        return len({index for index, _ in new})

    def _tell(self, name: str, damaged: list[int]) -> None:
        self.passed_over += len(damaged)
        if damaged:
            told = {"entries": damaged, "passed_over": self.passed_over}
            structlog.get_logger().error("feedback.damaged", source=name, **told)

    def _is_new(self, name: str, read: ReadNew) -> bool:
        """Look without taking the writers' lock: most turns have nothing to do."""
        with reading(self._engine) as connection:
            position = feedback_store.read_cursor(connection, name)
            return next(read(connection, position, 1), None) is not None

    def expire(self) -> int:
        """End each version whose last day has passed; return how many. What cannot be ended is told once."""
        with reading(self._engine) as connection:
            ended = feedback_store.read_ended(connection, day_of(self._clock.now()))
        return sum(self._expired(code, version) for code, version in ended)

    def _expired(self, code: str, version: int) -> bool:
        now = self._clock.now()
        try:
            with writing(self._engine) as connection:
                if desk_store.read_standing(connection, code, version).profile.valid_to >= day_of(now):
                    raise MoveRefused("profile-tampered", place=code)  # its content says another end than its row
                profile_desk.take(connection, code, version, Move.EXPIRE, OFFICE, now, LAST_DAY_PASSED)
        except MoveRefused as refused:
            if refused.code not in _ANOTHER_WAS_FIRST and (code, version) not in self._not_ended:
                self._not_ended.add((code, version))
                structlog.get_logger().error("feedback.not_expired", profile=code, version=version, code=refused.code)
            return False
        return True
