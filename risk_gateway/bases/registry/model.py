"""The registry of minimal-risk participants: entries as the steps that made them, and what follows at a moment."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from risk_gateway.days import day_of
from risk_gateway.model import Category


class Status(StrEnum):
    """How an entry stands at a moment; only an active one gives the simplified procedure."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXCLUDED = "EXCLUDED"
    LAPSED = "LAPSED"


class Step(StrEnum):
    """What can happen to an entry."""

    ADMIT = "ADMIT"
    RENEW = "RENEW"
    SUSPEND = "SUSPEND"
    RESTORE = "RESTORE"
    EXCLUDE = "EXCLUDE"


AFTER: dict[Step, Status] = {
    Step.ADMIT: Status.ACTIVE,
    Step.RENEW: Status.ACTIVE,
    Step.SUSPEND: Status.SUSPENDED,
    Step.RESTORE: Status.ACTIVE,
    Step.EXCLUDE: Status.EXCLUDED,
}
ALLOWED: dict[Status | None, frozenset[Step]] = {
    None: frozenset({Step.ADMIT}),
    Status.ACTIVE: frozenset({Step.RENEW, Step.SUSPEND, Step.EXCLUDE}),
    Status.SUSPENDED: frozenset({Step.RESTORE, Step.EXCLUDE}),
    Status.EXCLUDED: frozenset({Step.ADMIT, Step.RESTORE}),
    Status.LAPSED: frozenset({Step.ADMIT, Step.EXCLUDE}),
}


class EntryStep(Struct, frozen=True, kw_only=True):
    """One step of a participant's entry. It holds from `at` on; `valid_to` is the last day of the entry after it.

    `number` counts from 1. `cause` names the application, violation or appeal behind it. `by_iin` is empty for what the
    portal did by itself. `sequence` is the index of its journal entry, None for what was there before the journal.
    """

    participant: str
    number: int
    step: Step
    at: datetime
    valid_to: date
    reason: str
    text: str = ""
    by_iin: str = ""
    by_name: str = ""
    cause: str = ""
    statement: str | None = None
    sequence: int | None = None


def status_of(steps: Sequence[EntryStep], moment: datetime) -> Status | None:
    """Return how an entry with these steps, in order, stands at a moment; None before the first of them."""
    last = in_force(steps, moment)
    if last is None:
        return None
    status = AFTER[last.step]
    return Status.LAPSED if status is not Status.EXCLUDED and day_of(moment) > last.valid_to else status


def in_force(steps: Sequence[EntryStep], moment: datetime) -> EntryStep | None:
    """Return the last step that had been taken at a moment."""
    return next((each for each in reversed(steps) if each.at <= moment), None)


def category_of(status: Status | None, recorded: str | None) -> Category:
    """Return the risk category of a participant: low with an active entry only.

    Without one, what is on record, and medium for "low" or nothing. What is no category counts as the strictest, so
    that nobody gains by it.
    """
    if status is Status.ACTIVE:
        return Category.LOW
    if recorded is None or recorded == Category.LOW:
        return Category.MEDIUM
    return Category(recorded) if recorded in list(Category) else Category.HIGH
