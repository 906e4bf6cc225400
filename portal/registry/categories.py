"""Once a month everybody's risk category is worked out anew, by a dated rule over what is on record.

It holds from the next day on, so what was judged before is judged by what held then. Who has an active entry in the
registry is of low risk whatever is recorded here.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, Engine

from declarations import store as declarations_store
from portal import audit
from portal.clock import Clock
from portal.database import reading, writing
from portal.registry import store
from portal.registry.verifying import known_of
from risk_gateway import feedback_store
from risk_gateway import store as risk_store
from risk_gateway.bases.registry.criteria import category_of_month, category_rule_on
from risk_gateway.bases.registry.model import category_of
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Violation
from risk_gateway.days import day_of
from risk_gateway.model import Category
from signing import store as signing_store

CURSOR = "registry.categories"
AT_ONCE = 100  # changes in one transaction: lodgements wait for no more


class Change(Struct, frozen=True):
    """A category that changes. `first` is the first day on which the new one holds."""

    participant: str
    before: Category
    after: Category
    first: date


def recompute_if_due(engine: Engine, clock: Clock) -> tuple[Change, ...] | None:
    """Work the categories of the month out unless that was done; None when it was."""
    month = _month_of(day_of(clock.now()))
    with reading(engine) as connection:
        if feedback_store.read_cursor(connection, CURSOR) >= month:
            return None
    return recompute(engine, clock)


def recompute(engine: Engine, clock: Clock) -> tuple[Change, ...]:
    """Work everybody's category out, and return what changed.

    A crash on the way loses nothing: what was changed stays, and the next run finds the rest.
    """
    now = clock.now()
    with reading(engine) as connection:
        found = [change for number in store.participants(connection) if (change := _change(connection, number, now))]
    made: list[Change] = []
    for start in range(0, len(found), AT_ONCE):
        with writing(engine) as connection:
            signing_store.lock_head(connection)
            made += _made(connection, found[start : start + AT_ONCE], now)
    with writing(engine) as connection:
        feedback_store.take_cursor(connection, CURSOR)
        feedback_store.put_cursor(connection, CURSOR, _month_of(day_of(now)))
    return tuple(made)


def _change(connection: Connection, participant: str, now: datetime) -> Change | None:
    today = day_of(now)
    first = today + timedelta(days=1)
    before = category_of(None, risk_store.read_category(connection, participant, first))
    after = category_of_month(category_rule_on(today), known_of(connection, participant, now), before, today)
    return None if after is before else Change(participant, before, after, first)


def _made(connection: Connection, changes: list[Change], now: datetime) -> Iterator[Change]:
    """Write the changes that still are some, each with its entry in the journal."""
    for each in changes:
        if _change(connection, each.participant, now) != each:
            continue
        _put(connection, each, now)
        yield each


def give_back(connection: Connection, participant: str, violation: Violation, now: datetime) -> None:
    """Undo that a violation made a participant high, when its record is annulled and no other one does so.

    What held when the record was made holds again from the next day on. Writes into the caller's transaction.
    """
    today, first = day_of(now), day_of(now) + timedelta(days=1)
    recorded_on = day_of(violation_store.versions(connection, violation.id)[0].recorded_at)
    now_on = category_of(None, risk_store.read_category(connection, participant, first))
    before = category_of(None, risk_store.read_category(connection, participant, recorded_on))
    if now_on is not Category.HIGH or before is Category.HIGH:
        return
    due = category_of_month(category_rule_on(today), known_of(connection, participant, now), before, today)
    if due is not Category.HIGH:
        _put(connection, Change(participant, now_on, due, first), now)


def _put(connection: Connection, change: Change, now: datetime) -> None:
    risk_store.put_category(connection, change.participant, change.first, change.after.value)
    particulars = {"before": change.before.value, "after": change.after.value, "first": change.first.isoformat()}
    record = audit.Record(audit.Event.CATEGORY_RECOMPUTED, change.participant, now, particulars)
    audit.record_one(connection, record)
    declarations_store.bump_revision(connection)


def _month_of(day: date) -> int:
    return day.year * 12 + day.month
