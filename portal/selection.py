"""The keys of random selection: each committed to before its day, and disclosed when the day is well over.

Both are events of the journal, whose time-stamps prove the order: first the commitment, then the day, then the key. So
nobody could choose the key by what was lodged, and everybody can check afterwards that the draws are those of the key.
"""

import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from portal import audit
from portal.clock import Clock
from portal.database import reading, writing
from portal.errors import PortalError
from risk_gateway import selection_store
from risk_gateway.days import begins, day_of
from risk_gateway.selection_store import DayKey, commitment_of
from signing import store as signing_store

HORIZON_DAYS = 7  # so many days ahead a key is committed to, so that an outage over a long weekend leaves no gap
KEPT_SECRET_DAYS = 1  # whole days that a key stays secret after its own: late lodgements are still being answered
KEY_BYTES = 32
PAUSE_SECONDS = 60.0


class DisclosedTooEarly(PortalError):
    """The key of a day that is not well over would let traders foresee its draws."""


def discloses(day: date) -> datetime:
    """Return the moment from which the key of a day may be disclosed."""
    return begins(day + timedelta(days=1 + KEPT_SECRET_DAYS))


def key_of(connection: Connection, day: date, now: datetime) -> bytes:
    """Return the day's secret key; when nobody has made one, make it and commit to it at once, late as that is.

    Within the caller's transaction, which may write.
    """
    found = selection_store.read_key(connection, day) or commit(connection, day, now)
    return found.key


def commit(connection: Connection, day: date, now: datetime, key: bytes | None = None) -> DayKey:
    """Return the day's key, made and committed to in the journal unless it is there. `key` is for tests only."""
    signing_store.lock_head(connection)  # other processes that want the same wait here
    found = selection_store.read_key(connection, day)
    if found is not None:
        return found
    made = key or secrets.token_bytes(KEY_BYTES)
    kept = DayKey(day, made, commitment_of(made), now)
    selection_store.add_key(connection, kept)
    particulars = {"commitment": kept.commitment, "late": "yes" if now >= begins(day) else "no"}
    audit.record_one(connection, audit.Record(audit.Event.SELECTION_COMMITTED, subject_of(day), now, particulars))
    return kept


def commit_ahead(engine: Engine, now: datetime, days: int = HORIZON_DAYS) -> list[DayKey]:
    """Commit to the keys of today and of so many days after it; return those that were made."""
    today = day_of(now)
    wanted = [today + timedelta(days=number) for number in range(days + 1)]
    with reading(engine) as connection:
        missing = [day for day in wanted if selection_store.read_key(connection, day) is None]
    if not missing:
        return []
    with writing(engine) as connection:
        signing_store.lock_head(connection)  # another process may have made some of them since
        return [commit(connection, day, now) for day in missing if selection_store.read_key(connection, day) is None]


def disclose(connection: Connection, day: date, now: datetime) -> DayKey | None:
    """Disclose the key of a day in the journal, once; None when the day has none. Raises `DisclosedTooEarly`."""
    if now < discloses(day):
        raise DisclosedTooEarly("selection.too_early", day=day.isoformat(), due=discloses(day).isoformat())
    signing_store.lock_head(connection)
    found = selection_store.read_key(connection, day)
    if found is None or found.disclosed_at is not None:
        return found
    selection_store.set_disclosed(connection, day, now)
    particulars = {"commitment": found.commitment, "key": found.key.hex()}
    audit.record_one(connection, audit.Record(audit.Event.SELECTION_DISCLOSED, subject_of(day), now, particulars))
    return selection_store.read_key(connection, day)


def disclose_due(engine: Engine, now: datetime) -> list[date]:
    """Disclose every key whose day is well over; return the days."""
    before = day_of(now) - timedelta(days=KEPT_SECRET_DAYS)
    with reading(engine) as connection:
        due = [found.day for found in selection_store.read_undisclosed(connection, before)]
    if due:
        with writing(engine) as connection:
            for day in due:
                disclose(connection, day, now)
    return due


def subject_of(day: date) -> str:
    """Return what the journal calls a day's key."""
    return day.isoformat()


class KeyKeeper:
    """Repeated work: commits ahead and discloses what is due. Embedded in `serve` and in `work`; any number may run."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def turn(self) -> float:
        """Do what is due, and return how many seconds to wait."""
        now = self._clock.now()
        commit_ahead(self._engine, now)
        disclose_due(self._engine, now)
        return PAUSE_SECONDS
