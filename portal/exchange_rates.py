"""Loading published exchange rates: by a command or by an administrator, in the journal, in force from their days."""

import hashlib

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.reference import Reference, published_rates
from portal import audit
from portal.clock import Clock
from risk_gateway.days import day_of
from signing import store as signing_store


def load(connection: Connection, clock: Clock, name: str, text: str, by: str = "") -> int:
    """Put the rates of a CSV on record and return how many they are. Raises RatesUnreadable.

    What was accepted before keeps the rates of its moment.
    """
    signing_store.lock_head(connection)  # nothing is accepted between the moment taken here and the commit
    now = clock.now()
    rates = published_rates.parse_csv(text, Reference.shipped().on(day_of(now)).currencies)
    declarations_store.add_exchange_rates(connection, rates, name, now)
    digest = hashlib.sha256(text.encode()).hexdigest()
    particulars = {"source": name, "lines": str(len(rates)), "digest": digest, "by": by}
    audit.record_one(connection, audit.Record(audit.Event.REFERENCE_LOADED, "exchange rates", now, particulars))
    declarations_store.bump_revision(connection)
    return len(rates)
