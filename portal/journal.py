"""The journal at work: checkpoints are signed, proofs are made, and everything is recomputed.

Never two checkpoints of one size, and never one that contradicts an earlier one. Whoever signs holds the lock of the
head until the transaction has ended, so that two processes sign one after the other, and the second finds the first's
row. The high-water mark outside the database is on the disk BEFORE the transaction commits. So a crash leaves one of
three states, and from each we go on without a second root for any size:
- before the mark is written: nothing was signed that anybody can have seen;
- after the mark, before the commit: the mark names size and root of the tree at that moment. The events it covers were
  committed earlier, so they are still there; at the same size the next attempt takes the very note of the mark into the
  database, whichever of the office's keys signed it, and a tree that has grown is signed at its new size. Had events
  been lost, the tree would be smaller than the mark, or would not begin with it, and nothing is signed;
- after the commit: both have it.
A checkpoint leaves this function, and is read by anybody, only after the commit.
Two machines on one database keep a mark each, and each lifts its own to the newest checkpoint that it finds. When one
dies between mark and commit, its note was read by nobody, and another's note of that size has the same root.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, Engine

from portal import audit
from portal.clock import Clock
from portal.database import reading, writing
from signing import checkpoint, evidence_store, highwater, journal, journal_check, store, timestamp
from signing.checkpoint import Checkpoint, StoredCheckpoint
from signing.errors import CheckpointInvalid, JournalBroken
from signing.keyring import Keyring
from signing.revocation import Evidence
from signing.signer import SigningKey
from signing.trust import TrustStore

FORMAT = "shekara-journal-1"
_EVENTS = frozenset(audit.Event)


def make_checkpoint(engine: Engine, keyring: Keyring, clock: Clock, kept: Path) -> StoredCheckpoint | None:
    """Return the checkpoint over everything in the journal, signed now unless it was before; None over nothing.

    `kept` is the file of the high-water mark. Raises CheckpointRefused when the journal does not begin with what was
    signed before, JournalBroken when parts of it are missing or a new event states an impossible time, KeyUnusable,
    OSError.
    """
    with writing(engine) as connection:
        head = journal.Head.from_bytes(*store.lock_head(connection))  # other signers wait here
        newest = store.read_newest_checkpoint(connection)
        mark = highwater.read_mark(kept)
        if not head.size and mark is None:
            return None
        before = tuple(_signed_before(newest, mark, kept))
        for earlier in before:
            highwater.demand_growth(earlier, head, store.subtree(connection))
        made = _signed(head.size, keyring.certificates(), newest, mark)
        if made is None:
            now = clock.now()
            _demand_events(connection, newest.size if newest else 0, head.size, before, now)
            made = _sign(head, keyring.at(now), now, newest, _newest_stamped(connection, before))
        if made.note != mark:
            highwater.write_mark(kept, made.note)
        if newest is None or newest.size < made.size:
            store.add_checkpoint(connection, made)
    # COMMIT POINT: from here the checkpoint is known
    return made


def demand_signed(engine: Engine, kept: Path) -> None:
    """Make sure that the journal begins with what was signed before, as `make_checkpoint` will demand it.

    It waits for nobody. The mark is read first: what it covers was committed before it was written. Raises
    CheckpointRefused, CheckpointInvalid, JournalBroken, OSError.
    """
    mark = highwater.read_mark(kept)
    with reading(engine) as connection:
        newest = store.read_newest_checkpoint(connection)
        if newest is not None and mark is None:
            mark = highwater.read_mark(kept)  # the first one, which was written since
        head = journal.Head.from_bytes(*store.read_head(connection))
        for earlier in _signed_before(newest, mark, kept):
            highwater.demand_growth(earlier, head, store.subtree(connection))


def keep_mark(
    engine: Engine, certificates: Sequence[x509.Certificate], kept: Path, note: str | None
) -> Checkpoint | None:
    """Keep a note as the high-water mark, by default the newest of the database; return what it says, None if none is.

    For the operator of a new machine, who has to know that the database is not an old copy. A mark that is there is
    never lowered. Raises CheckpointInvalid, CheckpointRefused.
    """
    with writing(engine) as connection:
        head = journal.Head.from_bytes(*store.lock_head(connection))
        newest = store.read_newest_checkpoint(connection)
        notes = [each for each in (highwater.read_mark(kept), note or (newest.note if newest else None)) if each]
        marks = {checkpoint.open_note(each, certificates): each for each in notes}
        for each in marks:
            highwater.demand_growth(each, head, store.subtree(connection))
        largest = max(marks, key=lambda mark: mark.size, default=None)
        if largest is not None:
            highwater.write_mark(kept, marks[largest])
    return largest


def unstamped_since(connection: Connection) -> datetime | None:
    """Return the time of the oldest event that no checkpoint with a token covers, or None when all are covered.

    Raises JournalBroken when that event cannot be read.
    """
    stamped = store.read_newest_stamped(connection)
    row = store.read_row(connection, stamped.size if stamped else 0)
    if row is None:
        return None
    try:
        return journal_check.read_entry(row[3]).at
    except ValueError:
        raise JournalBroken("journal.entry", {"index": str(row[0])}) from None


def prove(connection: Connection, index: int) -> dict[str, Any] | None:
    """Return the entry and its audit path under the first stamped checkpoint over it, or else the newest one, as JSON.

    None when there is no such entry, or no checkpoint over it yet.
    """
    covering = store.covering(connection, index) or store.read_newest_checkpoint(connection)
    row = store.read_row(connection, index)
    if row is None or covering is None or index >= covering.size:
        return None
    path = journal.prove_inclusion(index, covering.size, store.subtree(connection))
    return {
        "index": index,
        "size": covering.size,
        "entry": row[3].decode(),
        "leaf": row[4].hex(),
        "path": [each.hex() for each in path],
        "checkpoint": covering.note,
        "token": b64encode(covering.token).decode() if covering.token else None,
    }


def read_mark(engine: Engine, kept: Path) -> str | None:
    """Return the kept note, once whoever is about to sign has ended: then its checkpoint is in the database too."""
    with writing(engine) as connection:
        store.lock_head(connection)
        return highwater.read_mark(kept)


def verify(
    engine: Engine,
    certificates: Sequence[x509.Certificate],
    trust: TrustStore,
    marks: Sequence[str],
    now: datetime,
) -> journal_check.Summary:
    """Recompute the journal as it is now, and demand that it holds what these notes, read before, say.

    Raises JournalBroken, CheckpointInvalid.
    """
    knowledge = journal_check.Knowledge(
        events=_EVENTS,
        certificates=certificates,
        read_stamp=_stamps(engine, trust, now),
        marks=[checkpoint.open_note(mark, certificates) for mark in marks],
    )
    with still(engine) as connection, store.read_all(connection) as stored:
        return journal_check.verify(stored, knowledge)


def export(engine: Engine, certificates: Sequence[x509.Certificate]) -> Iterator[bytes]:
    """Yield the lines of a bundle that docs/verifier/verify_journal.py checks anywhere: see docs/events.md."""
    encode = msgspec.json.encode
    with still(engine) as connection, store.read_all(connection) as stored:
        yield encode({"format": FORMAT, "size": stored.size, "certificates": [_der(each) for each in certificates]})
        checkpoints = iter(stored.checkpoints)
        following = next(checkpoints, None)
        count = 0
        for count, (_, _, _, entry, leaf) in enumerate(stored.entries, start=1):
            yield encode({"entry": entry.decode(errors="replace"), "leaf": leaf.hex()})
            while following is not None and following.size <= count:
                yield _attestation(following)
                following = next(checkpoints, None)
        if following is not None:  # more was signed than is there: whoever checks shall see it
            yield from map(_attestation, (following, *checkpoints))
        yield encode({"end": count})


def _attestation(row: StoredCheckpoint) -> bytes:
    return msgspec.json.encode({"checkpoint": row.note, "token": row.token})


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _stamps(engine: Engine, trust: TrustStore, now: datetime) -> journal_check.ReadStamp:
    """Return how to judge a token: by what was known of certificates after its day, and by what is known now."""

    @lru_cache(maxsize=8)
    def trust_after(day: date) -> TrustStore:
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        with reading(engine) as connection:
            known = evidence_store.newest_evidence(connection, min(end, now))
            known |= evidence_store.newest_evidence(connection, now)
            kept, given = evidence_store.read_evidence(connection, known), trust.evidence
        return trust.with_evidence(Evidence((*kept.crls, *given.crls), (*kept.ocsp, *given.ocsp)))

    def read_stamp(token: bytes, note: bytes) -> datetime:
        signed_at = checkpoint.read_note(note.decode()).at
        return timestamp.verify(token, note, trust_after(signed_at.date())).at

    return read_stamp


@contextmanager
def still(engine: Engine) -> Iterator[Connection]:
    """Open a connection that sees the database as it is now, however long it reads."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _signed_before(newest: StoredCheckpoint | None, mark: str | None, kept: Path) -> Iterator[Checkpoint]:
    """Yield the checkpoints that a new one must not contradict. Raises CheckpointRefused when the mark is missing."""
    if newest is not None:
        yield checkpoint.read_note(newest.note)
    if newest is not None or mark is not None:
        yield highwater.demand_mark(kept, mark)


def _demand_events(connection: Connection, first: int, size: int, before: Sequence[Checkpoint], now: datetime) -> None:
    """Make sure that what is about to be signed reads as it should, and did not happen long ago or in the future.

    Only what came after the newest checkpoint is read. Raises JournalBroken.
    """
    times = journal_check.Times()
    position = first
    with store.read_between(connection, first, size) as rows:
        for row in rows:
            times.add(position, journal_check.check_entry(position, row, _EVENTS)[1])
            position += 1
    if position != size:
        raise JournalBroken("journal.missing", {"index": str(position)})
    times.check(max((each.at for each in before), default=None), now)


def _newest_stamped(connection: Connection, before: Sequence[Checkpoint]) -> int:
    """Return the size of the newest checkpoint that has, or is signed to have had, a time-stamp token; 0 if none."""
    stamped = store.read_newest_stamped(connection)
    return max((stamped.size if stamped else 0, *(each.stamped for each in before)))


def _signed(
    size: int, certificates: Sequence[x509.Certificate], newest: StoredCheckpoint | None, mark: str | None
) -> StoredCheckpoint | None:
    """Return the checkpoint of this size that was signed before: the stored one, or what a crash left in the mark.

    The office may have changed its key since.
    """
    if newest is not None and newest.size == size:
        return newest
    try:
        left = checkpoint.open_note(mark or "", certificates)
    except CheckpointInvalid:
        return None
    return StoredCheckpoint(left.size, left.root, mark or "", left.at, None, None) if left.size == size else None


def _sign(
    head: journal.Head, key: SigningKey, at: datetime, newest: StoredCheckpoint | None, stamped: int
) -> StoredCheckpoint:
    origin, previous = checkpoint.origin_of(key.certificate), newest.size if newest else 0
    made = Checkpoint(origin, head.size, journal.root(head), at, previous, stamped)
    return StoredCheckpoint(made.size, made.root, checkpoint.sign(made, key), at, None, None)
