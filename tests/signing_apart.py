"""What a process of its own does in the tests of the journal: grow it and sign it, beside others that do the same."""

from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from pathlib import Path

import offices

from portal import audit, journal
from portal.database import make_engine, writing
from signing.keyring import Keyring
from signing.signer import SigningKey


def keep_signing(url: str, kept: Path, key: bytes, since: datetime, times: int, notes: "Queue[str | None]") -> None:
    """Append an event and sign twice, again and again; put every note in the queue, and None at the end."""
    engine = make_engine(url)
    clock = offices.StillClock(since)
    keyring = Keyring.of(SigningKey.from_pkcs12(key, "demo"))
    for number in range(times):
        record = audit.Record(audit.Event.TOKEN_ISSUED, f"{since:%H} {number}", since, {"label": "tests"})
        with writing(engine) as connection:
            audit.record_one(connection, record)
        for _ in range(2):
            clock.at += timedelta(microseconds=1)
            made = journal.make_checkpoint(engine, keyring, clock, kept)
            notes.put(made.note if made else "")
    engine.dispose()
    notes.put(None)
