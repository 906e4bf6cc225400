"""Loading reference data, a full tariff or exchange rates: by a command or by an administrator, in the journal."""

import hashlib
from datetime import datetime
from typing import Protocol

import zstandard
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.reference import Reference, Tariff, published_rates
from portal import audit
from portal.clock import Clock
from risk_gateway.days import day_of
from signing import store as signing_store


class Load(Protocol):
    def __call__(self, connection: Connection, clock: Clock, name: str, text: str, by: str = "") -> int:
        """Put the text of the file `name` on record and return how many lines it has. Raises FileUnreadable."""


def load_tariff(connection: Connection, clock: Clock, name: str, text: str, by: str = "") -> int:
    """Put the tariff of a CSV into force and return how many lines it has. Raises TariffUnreadable."""
    tariff = Tariff.parse_csv(text, name)
    now = _moment(connection, clock)
    declarations_store.add_tariff(connection, name, now, True, zstandard.compress(text.encode()))
    _record(connection, "tariff", text, now, {"source": name, "lines": str(len(tariff)), "by": by})
    return len(tariff)


def load_rates(connection: Connection, clock: Clock, name: str, text: str, by: str = "") -> int:
    """Put the exchange rates of a CSV on record, each in force from its day, and return how many they are.

    What was accepted before keeps the rates of its moment. Raises RatesUnreadable.
    """
    now = _moment(connection, clock)
    rates = published_rates.parse_csv(text, Reference.shipped().on(day_of(now)).currencies)
    declarations_store.add_exchange_rates(connection, rates, name, now)
    _record(connection, "exchange rates", text, now, {"source": name, "lines": str(len(rates)), "by": by})
    return len(rates)


def _moment(connection: Connection, clock: Clock) -> datetime:
    """Return the moment of loading: nothing is accepted between it and the commit."""
    signing_store.lock_head(connection)
    return clock.now()


def _record(connection: Connection, what: str, text: str, now: datetime, particulars: dict[str, str]) -> None:
    digest = hashlib.sha256(text.encode()).hexdigest()
    event = audit.Record(audit.Event.REFERENCE_LOADED, what, now, {**particulars, "digest": digest})
    audit.record_one(connection, event)
    declarations_store.bump_revision(connection)
