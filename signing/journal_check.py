"""Recompute the whole journal from its stored entries, and name the first record that does not fit.

It reads everything once, in order, and keeps only the frontier of the tree: a journal of any length is checked in the
same memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from cryptography import x509
from msgspec import Meta, Struct

from signing import journal
from signing.checkpoint import Checkpoint, StoredCheckpoint, open_note
from signing.errors import CheckpointInvalid, JournalBroken, TimestampInvalid
from signing.timestamp import CLOCKS_DIFFER_MOST, demand_after

# How long before the checkpoint before it an event may have happened: decided or read, it waits for its record.
EVENT_LATE_MOST = timedelta(hours=1)

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


class Times:
    """The earliest and the latest moment that events state which no checkpoint covers yet, each with its event."""

    def __init__(self) -> None:
        self._earliest: tuple[datetime, int] | None = None
        self._latest: tuple[datetime, int] | None = None

    def add(self, index: int, at: datetime) -> None:
        if self._earliest is None or at < self._earliest[0]:
            self._earliest = at, index
        if self._latest is None or at > self._latest[0]:
            self._latest = at, index

    def check(self, previous: datetime | None, signed_at: datetime) -> None:
        """Make sure that no event is older than the checkpoint before it, nor later than its own: of `signed_at`.

        A clock that was set back since the checkpoint before is no event's fault. Raises JournalBroken.
        """
        if self._earliest and previous and self._earliest[0] < min(previous, signed_at) - EVENT_LATE_MOST:
            raise _out_of_time(self._earliest, signed_at)
        if self._latest and self._latest[0] > signed_at + CLOCKS_DIFFER_MOST:
            raise _out_of_time(self._latest, signed_at)


def _out_of_time(event: tuple[datetime, int], signed_at: datetime) -> JournalBroken:
    stated, signed = (f"{moment:%Y-%m-%d %H:%M:%S %Z}" for moment in (event[0], signed_at))
    return JournalBroken("journal.time", {"index": str(event[1]), "stated": stated, "signed": signed})


def verify(stored: Stored, knowledge: Knowledge) -> Summary:
    """Check every entry, tile and checkpoint, the head, and the marks. Raises JournalBroken, CheckpointInvalid."""
    head = journal.Head()
    tiles = _Tiles(stored.tiles)
    checkpoints = _Checkpoints(stored.checkpoints, knowledge)
    marks = {mark.size: mark for mark in knowledge.marks}
    times = Times()
    for row in stored.entries:
        leaf, at = check_entry(head.size, row, knowledge.events)
        times.add(head.size, at)
        head, completed = journal.append(head, [leaf])
        for tile in completed:
            tiles.check(tile)
        if checkpoints.next_size == head.size:
            checkpoints.check(head, times)
            times = Times()
        if head.size in marks:
            _check_mark(marks.pop(head.size), head, checkpoints)
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


def check_entry(position: int, row: EntryRow, events: Collection[str]) -> tuple[journal.LeafHash, datetime]:
    """Return leaf hash and moment of the entry in this position. Raises JournalBroken."""
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
    return journal.LeafHash(leaf), read.at


def _check_mark(mark: Checkpoint, head: journal.Head, checkpoints: "_Checkpoints") -> None:
    """Make sure that the mark of this size fits and is stored; a crash while signing may leave the newest outside."""
    if mark.root != journal.root(head):
        raise JournalBroken("journal.mark", {"size": str(head.size)})
    if checkpoints.signed == head.size:
        return
    if checkpoints.next_size is None and mark.previous == checkpoints.signed:
        raise JournalBroken("journal.pending", {"size": str(head.size)})
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
        self._signed_at: datetime | None = None
        self._tokens: set[int] = set()  # of checkpoints that later ones may name
        self.count = self.signed = self.stamped = 0

    @property
    def next_size(self) -> int | None:
        return None if self._next is None else self._next.size

    def check(self, head: journal.Head, times: Times) -> None:
        """Check the next one, which has the size of this head, and the moments of the events since the one before."""
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
        times.check(self._signed_at, said.at)
        if said.stamped and said.stamped not in self._tokens:
            raise JournalBroken("journal.token_missing", {"size": str(said.stamped)})
        self._tokens = {size for size in self._tokens if size >= said.stamped}
        if (row.token, row.stamped_at) != (None, None):
            self._check_stamp(row)
            self.stamped = row.size
            self._tokens.add(row.size)
        self.count += 1
        self.signed, self._signed_at = row.size, said.at
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
            demand_after(at, row.signed_at)
        except TimestampInvalid as error:
            raise JournalBroken("journal.token", {"size": str(row.size)}) from error
        if at != row.stamped_at:
            raise JournalBroken("journal.token", {"size": str(row.size)})
