"""What time alone brings about: limits that pass, exports whose exit is awaited or missing, statements never signed.

Embedded in `serve`, or `shekara work`; any number may run. Each move is a transaction of its own.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Engine

from declarations.lifecycle import Action, Status
from portal.casework import statement_store, store, terms
from portal.casework.desk import Desk
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import TIMER, Wanted
from portal.casework.moving import make_move
from portal.clock import Clock
from portal.database import reading, writing
from signing.keyring import Keyring

BATCH_MAX = 100
PAUSE_SECONDS = 5.0
FORGET_AFTER = timedelta(days=7)  # behind the time at which a statement could have been signed last


class Timer:
    """`mark` is told each point of a transaction at which a crash test may strike."""

    def __init__(
        self, engine: Engine, clock: Clock, keyring: Keyring, mark: Callable[[str], None] = lambda point: None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._desk = Desk(clock, keyring, mark)

    def turn(self) -> float:
        """Make what moves are due, and return how many seconds to wait for more."""
        due = self.due()
        for wanted in due:
            with (
                suppress(CaseRefused, CaseNotFound),
                writing(self._engine) as connection,
            ):  # refused: it moved meanwhile
                make_move(connection, self._desk, wanted)
                # COMMIT POINT: from here the move is made, once
        self._forget()
        return 0.0 if len(due) >= BATCH_MAX else PAUSE_SECONDS

    def due(self) -> list[Wanted]:
        """Return the moves that are due, up to a batch of each kind."""
        now = self._clock.now()
        with reading(self._engine) as connection:
            overdue = store.read_overdue(connection, now, BATCH_MAX)
            released = store.read_exports(connection, Status.RELEASED, BATCH_MAX)
            missing = store.read_missing_exits(connection, terms.exits_before(now), BATCH_MAX)
        return [
            *(_wanted(number, Action.TELL_OVERDUE, status) for number, status in overdue),
            *(_wanted(number, Action.AWAIT_EXIT, Status.RELEASED) for number in released),
            *(_wanted(number, Action.MISS_EXIT, Status.EXIT_AWAITED) for number in missing),
        ]

    def _forget(self) -> None:
        before = self._clock.now() - FORGET_AFTER
        with reading(self._engine) as connection:
            if not statement_store.any_stale(connection, before):
                return
        with writing(self._engine) as connection:
            statement_store.forget_statements(connection, before)


def _wanted(number: str, action: Action, expected: Status) -> Wanted:
    return Wanted(number=number, action=action, expected=expected, by=TIMER)
