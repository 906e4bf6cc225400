"""A journal in memory as it would be stored, for tests that tamper with it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import pki

from portal import audit
from signing import checkpoint, journal, journal_check
from signing.checkpoint import Checkpoint, StoredCheckpoint
from signing.journal_check import EntryRow, Knowledge, Stored, Summary
from signing.signer import SigningKey

STAMPED_AT = pki.NOW + timedelta(hours=2)


@dataclass(frozen=True)
class Tables:
    """The rows of every table of the journal, and the mark outside the database."""

    entries: tuple[EntryRow, ...]
    size: int
    frontier: bytes
    tiles: tuple[journal.Tile, ...]
    checkpoints: tuple[StoredCheckpoint, ...]
    mark: Checkpoint | None

    def verify(self) -> Summary:
        stored = Stored(self.entries, self.size, self.frontier, self.tiles, self.checkpoints)
        return journal_check.verify(stored, knowledge(self.mark))

    def head(self) -> journal.Head:
        return journal.Head.from_bytes(self.size, self.frontier)

    def first(self, count: int) -> "Tables":
        """Return the tables as they were when there were so many entries; the mark stays."""
        head, tiles = journal.append(journal.Head(), [leaf_of(row) for row in self.entries[:count]])
        checkpoints = tuple(row for row in self.checkpoints if row.size <= count)
        return Tables(self.entries[:count], head.size, head.frontier_bytes(), tuple(tiles), checkpoints, self.mark)

    def rewritten(self, index: int, entry: bytes) -> "Tables":
        """Return the tables with another entry and everything that follows from it, but the checkpoints."""
        old = self.entries[index]
        row = (*old[:3], entry, journal.leaf_hash(entry))
        changed = replace(self, entries=(*self.entries[:index], row, *self.entries[index + 1 :]))
        return replace(changed.first(self.size), checkpoints=self.checkpoints)


def knowledge(mark: Checkpoint | None) -> Knowledge:
    return Knowledge(
        events=frozenset(audit.Event),
        certificates=[pki.office_key().certificate],
        read_stamp=lambda token, note: STAMPED_AT,
        marks=() if mark is None else (mark,),
    )


@cache
def tables(count: int, *sizes: int) -> Tables:
    """Return a journal of `count` events with a checkpoint of each of these sizes, the last of which is the mark."""
    entries = tuple(entry_row(index) for index in range(count))
    bare = Tables(entries, 0, b"", (), (), None).first(count)
    checkpoints: list[StoredCheckpoint] = []
    for size in sizes:
        checkpoints.append(signed(bare.first(size).head(), checkpoints[-1].size if checkpoints else 0))
    mark = checkpoint.read_note(checkpoints[-1].note) if checkpoints else None
    return replace(bare, checkpoints=tuple(checkpoints), mark=mark)


def record(index: int) -> audit.Record:
    """Return an event of its own in every particular."""
    particulars = {"digest": f"{index:064x}", "declarant": f"Алтын дала {index}"}
    at = pki.NOW + timedelta(seconds=index)
    return audit.Record(audit.Event.DECLARATION_DECIDED, f"20201/241126/{index:07}", at, particulars)


def entry_row(index: int) -> EntryRow:
    event = record(index)
    entry = audit.encode(index, event)
    return index, event.event.value, event.subject, entry, journal.leaf_hash(entry)


def signed(head: journal.Head, previous: int, key: SigningKey | None = None) -> StoredCheckpoint:
    key = key or pki.office_key()
    at = pki.NOW + timedelta(hours=1, seconds=head.size)
    said = Checkpoint(checkpoint.origin_of(key.certificate), head.size, journal.root(head), at, previous)
    return StoredCheckpoint(said.size, said.root, checkpoint.sign(said, key), at, None, None)


def leaf_of(row: EntryRow) -> journal.LeafHash:
    return journal.LeafHash(row[4])
