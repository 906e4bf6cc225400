"""Recompute the whole journal from its stored entries, and name the first record that does not fit.

It reads everything once, in order, and keeps only the frontier of the tree: a journal of any length is checked in the
same memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from cryptography import x509
from msgspec import Meta, Struct

from signing import journal
from signing.checkpoint import Checkpoint, StoredCheckpoint, open_note
from signing.errors import CheckpointInvalid, JournalBroken, TimestampInvalid

EntryRow = tuple[int, str, str, bytes, bytes]  # index, event, subject, entry, leaf
# (token, the stamped bytes) -> the moment that a trusted authority states; raises TimestampInvalid.
ReadStamp = Callable[[bytes, bytes], datetime]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """An event as it stands in the journal: docs/events.md."""

    at: Annotated[datetime, Meta(tz=True)]
    event: str
    index: int
    particulars: dict[str, str]
    subject: str


@dataclass(frozen=True)
class Stored:
    """What is stored of a journal: entries by index, tiles in the order of their completion, checkpoints by size."""

    entries: Iterable[EntryRow]
    size: int
    frontier: bytes
    tiles: Iterable[journal.Tile]
    checkpoints: Iterable[StoredCheckpoint]


@dataclass(frozen=True)
class Knowledge:
    """What the checker knows from elsewhere: the closed list of events, the office's certificates, how to judge a
    time-stamp, and checkpoints that were kept outside the database."""

    events: Collection[str]
    certificates: Sequence[x509.Certificate]
    read_stamp: ReadStamp
    marks: Sequence[Checkpoint] = ()


@dataclass(frozen=True)
class Summary:
    """What was found to fit. `signed` is the size of the newest checkpoint, `stamped` of the newest with a token."""

    size: int
    root: bytes
    tiles: int
    checkpoints: int
    signed: int
    stamped: int


def verify(stored: Stored, knowledge: Knowledge) -> Summary:
    """Check every entry, tile and checkpoint, the head, and the marks. Raises JournalBroken, CheckpointInvalid."""
    head = journal.Head()
    tiles = _Tiles(stored.tiles)
    checkpoints = _Checkpoints(stored.checkpoints, knowledge)
    marks = {mark.size: mark.root for mark in knowledge.marks}
    for row in stored.entries:
        leaf = _check_entry(head.size, row, knowledge.events)
        head, completed = journal.append(head, [leaf])
        for tile in completed:
            tiles.check(tile)
        if checkpoints.next_size == head.size:
            checkpoints.check(head)
        if head.size in marks:
            _check_mark(marks.pop(head.size), head, checkpoints.signed)
    checkpoints.demand_end(head.size)
    if marks:
        raise JournalBroken("journal.cut", {"size": str(max(marks)), "count": str(head.size)})
    tiles.demand_end()
    if (stored.size, stored.frontier) != (head.size, head.frontier_bytes()):
        raise JournalBroken("journal.head", {"count": str(head.size)})
    return Summary(
        head.size, journal.root(head), tiles.count, checkpoints.count, checkpoints.signed, checkpoints.stamped
    )


def read_entry(entry: bytes) -> Entry:
    """Return what the bytes of an entry say. Raises ValueError when they are not its canonical form."""
    read = msgspec.json.decode(entry, type=Entry)
    if msgspec.json.encode(read, order="sorted") != entry:
        raise ValueError("an entry must be in canonical form")
    return read


def _check_entry(position: int, row: EntryRow, events: Collection[str]) -> journal.LeafHash:
    """Return the leaf hash of the entry in this position."""
    index, event, subject, entry, leaf = row
    if index != position:
        raise JournalBroken("journal.missing", {"index": str(position)})
    if journal.leaf_hash(entry) != leaf:
        raise JournalBroken("journal.leaf", {"index": str(position)})
    try:
        read = read_entry(entry)
    except ValueError:
        raise JournalBroken("journal.entry", {"index": str(position)}) from None
    if (read.index, read.event, read.subject) != (index, event, subject) or event not in events:
        raise JournalBroken("journal.entry", {"index": str(position)})
    return journal.LeafHash(leaf)


def _check_mark(root: bytes, head: journal.Head, signed: int) -> None:
    if root != journal.root(head):
        raise JournalBroken("journal.mark", {"size": str(head.size)})
    if signed != head.size:
        raise JournalBroken("journal.unsigned", {"size": str(head.size)})


class _Tiles:
    """Goes through the stored tiles beside the entries that complete them."""

    def __init__(self, stored: Iterable[journal.Tile]) -> None:
        self._stored: Iterator[journal.Tile] = iter(stored)
        self.count = 0

    def check(self, computed: journal.Tile) -> None:
        if next(self._stored, None) != computed:
            raise JournalBroken("journal.tile", {"level": str(computed.level), "index": str(computed.index)})
        self.count += 1

    def demand_end(self) -> None:
        for tile in self._stored:
            raise JournalBroken("journal.tile", {"level": str(tile.level), "index": str(tile.index)})


class _Checkpoints:
    """Goes through the stored checkpoints beside the entries that they cover."""

    def __init__(self, stored: Iterable[StoredCheckpoint], knowledge: Knowledge) -> None:
        self._stored = iter(stored)
        self._knowledge = knowledge
        self._next = next(self._stored, None)
        self.count = self.signed = self.stamped = 0

    @property
    def next_size(self) -> int | None:
        return None if self._next is None else self._next.size

    def check(self, head: journal.Head) -> None:
        """Check the next one, which has the size of this head."""
        row = self._next
        assert row is not None  # noqa: S101 it has a size
        broken = JournalBroken("journal.checkpoint", {"size": str(row.size), "since": str(self.signed)})
        try:
            said = open_note(row.note, self._knowledge.certificates)
        except CheckpointInvalid as error:
            raise broken from error
        if (said.size, said.root, said.at) != (row.size, row.root, row.signed_at) or said.root != journal.root(head):
            raise broken
        if said.previous != self.signed:
            raise JournalBroken("journal.unsigned", {"size": str(said.previous)})
        if (row.token, row.stamped_at) != (None, None):
            self._check_stamp(row)
            self.stamped = row.size
        self.count += 1
        self.signed = row.size
        self._next = next(self._stored, None)

    def demand_end(self, count: int) -> None:
        """Make sure that none is left over when all entries were read."""
        if self._next is None:
            return
        if self._next.size > count:
            raise JournalBroken("journal.cut", {"size": str(self._next.size), "count": str(count)})
        raise JournalBroken("journal.checkpoint", {"size": str(self._next.size), "since": str(self.signed)})

    def _check_stamp(self, row: StoredCheckpoint) -> None:
        try:
            at = self._knowledge.read_stamp(row.token or b"", row.note.encode())
        except TimestampInvalid as error:
            raise JournalBroken("journal.token", {"size": str(row.size)}) from error
        if at != row.stamped_at:
            raise JournalBroken("journal.token", {"size": str(row.size)})
