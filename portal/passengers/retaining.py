"""How long travellers' data is kept, and how it goes.

What says who it was goes, and what was declared; that there was a declaration stays, with the digests that the journal
has, so that the record still adds up. Nothing brings back what went.
"""

from datetime import UTC, date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection

from portal import audit
from portal.passengers import store
from portal.passengers.store import Due
from risk_gateway.bases.violations.terms import months_after
from risk_gateway.dated import in_force
from risk_gateway.days import begins, day_of
from signing import store as signing_store


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """One table of bases/parameters/passenger_retention.toml."""

    valid_from: date
    valid_to: date
    source: str
    unused_days: int
    crossed_months: int
    inspected_months: int


def retention_on(day: date) -> Retention:
    """Return what is in force on a day. Raises ParametersRefused when nothing is."""
    return in_force(Retention, "passenger_retention", day)


def due(connection: Connection, now: datetime, most: int) -> tuple[str, ...]:
    """Return the references of what is kept no longer. Nothing is owed any more of what has ended."""
    today = day_of(now)
    terms = retention_on(today)
    before = Due(
        unused=now - timedelta(days=terms.unused_days),
        crossed=begins(months_after(today, -terms.crossed_months)).astimezone(UTC),
        inspected=begins(months_after(today, -terms.inspected_months)).astimezone(UTC),
    )
    return store.due_for_erasure(connection, before, most)


def erase(connection: Connection, reference: str, now: datetime) -> None:
    """Erase who it was and what was declared, in the caller's transaction; erased once, it is left alone."""
    size, frontier = signing_store.lock_head(connection)
    if not store.erase(connection, reference, now):
        return
    particulars = {"terms": retention_on(day_of(now)).valid_from.isoformat()}
    record = audit.Record(audit.Event.PASSENGER_ERASED, reference, now, particulars)
    audit.append(connection, size, frontier, [record])
