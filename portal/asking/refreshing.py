"""Facts of partners kept fresh beside the requests: of who lodges, drafts or stands in the registry, and of numbers.

Embedded in `serve`, or `shekara work`; any number may run, for whoever takes a participant keeps the others from it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from portal.asking import store as work_store
from portal.asking.service import Asking, Facts
from portal.clock import Clock
from portal.database import reading, writing
from risk_gateway import feedback_store
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import Answer, PartnerFactRules, is_fresh, rules_of
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.registry.model import Status, status_of
from risk_gateway.days import day_of

PAUSE_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 15.0  # without a partner to ask
LOOK_SECONDS: Final = 30.0  # between two looks at drafts and at the registry
ANSWER_SECONDS: Final = 10.0
BATCH_MOST: Final = 50
DECLARATIONS_MOST: Final = 5_000
CLAIMED: Final = timedelta(minutes=5)  # longer than a batch can take
RETRY: Final = timedelta(minutes=5)
CURSOR: Final = "partner_facts"


class Refresher:
    """Takes turns."""

    def __init__(self, engine: Engine, clock: Clock, asking: Asking) -> None:
        self._engine = engine
        self._clock = clock
        self._asking = asking
        self._looked = float("-inf")

    def turn(self) -> float:
        """Ask about those whose facts are due, and return how many seconds to wait for more."""
        keepers = self._asking.registers.keepers()
        if keepers:
            self._asking.registers.refresh()
        if not self._asking.judged_partners():
            return PAUSE_SECONDS if keepers else IDLE_SECONDS
        self.note()
        return 0.0 if self.refresh() == BATCH_MOST else PAUSE_SECONDS

    def note(self) -> None:
        """Take note of who is at work; whom nobody has asked about yet is due at once."""
        with reading(self._engine) as connection:
            position = feedback_store.read_cursor(connection, CURSOR)
            declared, last = work_store.declared(connection, position, DECLARATIONS_MOST)
        if declared:
            with writing(self._engine) as connection:
                position = feedback_store.take_cursor(connection, CURSOR)
                for participant in sorted(declared):
                    store.see(connection, [participant], declared[participant])
                feedback_store.put_cursor(connection, CURSOR, max(position, last))
        if self._clock.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock.monotonic()
            self._look()

    def _look(self) -> None:
        now = self._clock.now()
        with reading(self._engine) as connection:
            drafted = work_store.drafted(connection, now - timedelta(seconds=2 * LOOK_SECONDS))
            entries = registry_store.read_entries(connection)
        entered = [each for each, steps in entries.items() if status_of(steps, now) is Status.ACTIVE]
        partners = [each.id for each in self._asking.partners()]
        with writing(self._engine) as connection:
            store.see(connection, [*drafted, *entered], now)
            store.forget(connection, partners, now - timedelta(days=rules_of(day_of(now)).lately_days))

    def refresh(self) -> int:
        """Ask about up to a batch of participants, each partner only what is not fresh; return how many."""
        now = self._clock.now()
        rules = rules_of(day_of(now))
        seen_since = now - timedelta(days=rules.lately_days)
        with reading(self._engine) as connection:
            if not store.find_due(connection, now, seen_since, 1):
                return 0
        with writing(self._engine) as connection:
            due = store.claim_due(connection, now, seen_since, now + CLAIMED, BATCH_MOST)
            fresh = {
                (participant, fact.partner)
                for participant in due
                for fact in store.read(connection, participant)
                if is_fresh(fact, now, rules)
            }
        if not due:
            return 0
        asked = self._asking.refresh(due, ANSWER_SECONDS, fresh)
        with writing(self._engine) as connection:
            for participant in sorted(asked):
                store.put_due(connection, participant, _next(asked[participant], now, rules))
        return len(due)


def _next(asked: Facts, now: datetime, rules: PartnerFactRules) -> datetime:
    """Return when to ask again: soon where something is not known, else when the answers are no longer fresh."""
    unknown = any(fact.answer is Answer.UNKNOWN for fact in asked)
    return now + (RETRY if unknown else timedelta(hours=rules.refresh_hours))
