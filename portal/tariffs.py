"""Loading a full tariff: by a command or by an administrator, in the journal, in force at once."""

import hashlib

import zstandard
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.reference import Tariff
from portal import audit
from portal.clock import Clock
from signing import store as signing_store


def load(connection: Connection, clock: Clock, name: str, text: str, by: str = "") -> int:
    """Put the tariff of a CSV into force and return how many lines it has. Raises TariffUnreadable."""
    tariff = Tariff.parse_csv(text, name)
    signing_store.lock_head(connection)  # nothing is accepted between the moment taken here and the commit
    now = clock.now()
    content = text.encode()
    declarations_store.add_tariff(connection, name, now, True, zstandard.compress(content))
    digest = hashlib.sha256(content).hexdigest()
    particulars = {"source": name, "lines": str(len(tariff)), "digest": digest, "by": by}
    audit.record_one(connection, audit.Record(audit.Event.REFERENCE_LOADED, "tariff", now, particulars))
    declarations_store.bump_revision(connection)
    return len(tariff)
