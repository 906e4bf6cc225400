"""Which violations on record weigh against an entry, and which of them have had their consequence."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from risk_gateway.bases.registry.criteria import consequences_on, criteria_on, months_after, step_after_violation
from risk_gateway.bases.registry.model import EntryStep, Step
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Violation
from risk_gateway.days import day_of


def weighs(violation: Violation, now: datetime) -> bool:
    """Tell whether it counts, and was committed within the time at which the criteria look."""
    today = day_of(now)
    first = months_after(today, -criteria_on(today).rule("no_violations").months)
    return violation.counts_on(today) and violation.committed_on >= first


def had_its_consequence(violation: Violation, steps: Sequence[EntryStep], now: datetime) -> bool:
    """Tell whether the last step for it is as grave as what its kind, as it is on record now, leads to."""
    last = next((each.step for each in reversed(steps) if each.cause == violation.id), None)
    return last in (Step.EXCLUDE, step_after_violation(consequences_on(day_of(now)), violation.kind))


def looked_at(connection: Connection, violation: Violation, steps: Sequence[EntryStep]) -> bool:
    """Tell whether an officer gave the entry back with this violation on record, which is of a kind for officers to
    look at."""
    first = violation_store.versions(connection, violation.id)[:1]
    return any(
        each.step is Step.RESTORE and each.by_iin and first and first[0].recorded_at <= each.at for each in steps
    )


def only_suspends(violation: Violation, now: datetime) -> bool:
    """Tell whether its kind leads to no more than an officer's look at the entry."""
    return step_after_violation(consequences_on(day_of(now)), violation.kind) is Step.SUSPEND


def another_weighs(
    connection: Connection, steps: Sequence[EntryStep], undone: EntryStep, now: datetime, *, looks: bool = False
) -> bool:
    """Tell whether an entry cannot be given back by undoing one of its steps, because of another violation.

    A violation for which the entry was taken away and given back already does not stand in the way again; nor, when an
    officer `looks` at the entry as a whole, one that only asks for that.
    """
    return any(
        weighs(each, now)
        and not (looks and only_suspends(each, now))
        and not had_its_consequence(each, [undone], now)
        and not (had_its_consequence(each, steps, now) and _given_back(each, steps))
        for each in violation_store.of_number(connection, undone.participant)
    )


def _given_back(violation: Violation, steps: Sequence[EntryStep]) -> bool:
    last = max(each.number for each in steps if each.cause == violation.id)
    return any(each.step is Step.RESTORE and each.number > last for each in steps)
