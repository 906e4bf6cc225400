"""What a violation on record does to an entry in the registry, without anybody deciding it."""

from datetime import datetime

from sqlalchemy import Connection

from portal.casework.desk import Desk
from portal.registry import categories
from portal.registry.entering import Wanted, take_step
from portal.registry.store import concerned
from portal.registry.weighing import had_its_consequence, looked_at, only_suspends, weighs
from risk_gateway.bases.registry import store as entry_store
from risk_gateway.bases.registry.criteria import consequences_on, step_after_violation
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Status, Step, status_of
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import State, Violation
from risk_gateway.days import day_of

VIOLATION, ANNULLED = "violation", "violation_annulled"


def after_violation(connection: Connection, desk: Desk, violation: Violation, now: datetime) -> None:
    """Suspend or take out the entry of whom a confirmed violation is about; give it, and the category, back when the
    record is annulled.

    Writes into the caller's transaction, behind the caller's own entries of the journal.
    """
    for participant in concerned(connection, violation.identity):
        if violation.state is State.ANNULLED:
            categories.give_back(connection, participant, violation, now)
        steps = entry_store.read_steps(connection, participant)
        if not steps:
            continue
        if weighs(violation, now):
            _take_away(connection, desk, violation, steps, now)
        else:
            _give_back(connection, desk, violation, steps, now)


def _take_away(
    connection: Connection, desk: Desk, violation: Violation, steps: tuple[EntryStep, ...], now: datetime
) -> None:
    """Take the step that follows, unless it, or a graver one, was taken: what an officer undid stays undone."""
    if had_its_consequence(violation, steps, now):
        return
    if only_suspends(violation, now) and looked_at(connection, violation, steps):
        return
    status = status_of(steps, now)
    step = step_after_violation(consequences_on(day_of(now)), violation.kind)
    if status in (Status.ACTIVE, Status.SUSPENDED) and step in ALLOWED[status]:
        wanted = Wanted(participant=steps[-1].participant, step=step, reason=VIOLATION, cause=violation.id)
        take_step(connection, desk, wanted, now)


def _give_back(
    connection: Connection, desk: Desk, violation: Violation, steps: tuple[EntryStep, ...], now: datetime
) -> None:
    """Give the entry back when this violation alone took it away and nothing else counts now."""
    last, status = steps[-1], status_of(steps, now)
    by_it = last.cause == violation.id and last.step in (Step.SUSPEND, Step.EXCLUDE)
    if not by_it or Step.RESTORE not in ALLOWED[status]:
        return
    if not violation_store.counting(connection, last.participant, day_of(now)):
        wanted = Wanted(participant=last.participant, step=Step.RESTORE, reason=ANNULLED, cause=violation.id)
        take_step(connection, desk, wanted, now)
