"""What is kept of the journal: rows that are only ever appended, the head of their tree, tiles and checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, bindparam, func, insert, select, update
from sqlmodel import SQLModel

from signing import journal as tree
from signing.checkpoint import StoredCheckpoint
from signing.errors import JournalBroken
from signing.journal_check import EntryRow, Stored
from signing.tables import CheckpointRow, JournalHeadRow, JournalRow, JournalTileRow

ROWS_AT_ONCE = 2_000

journal = SQLModel.metadata.tables[JournalRow.__tablename__]
head = SQLModel.metadata.tables[JournalHeadRow.__tablename__]
tile = SQLModel.metadata.tables[JournalTileRow.__tablename__]
checkpoint = SQLModel.metadata.tables[CheckpointRow.__tablename__]

_INSERT = insert(journal)
_INSERT_TILE = insert(tile)
_MOVE_HEAD = update(head).values(size=bindparam("new_size"), frontier=bindparam("new_frontier"))
_READ_HEAD = select(head.c.size, head.c.frontier)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_NEWEST = select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)
_LEAVES = (
    select(journal.c.leaf).where(journal.c.index.between(bindparam("low"), bindparam("high"))).order_by(journal.c.index)
)
_TILES = (
    select(tile.c.root)
    .where(tile.c.level == bindparam("level"), tile.c.index.between(bindparam("low"), bindparam("high")))
    .order_by(tile.c.index)
)


def lock_head(connection: Connection) -> tuple[int, bytes]:
    """Return (size, frontier), and keep other appenders waiting until the transaction ends."""
    row = connection.execute(_LOCK_HEAD).one()
    return row.size, bytes(row.frontier)


def read_head(connection: Connection) -> tuple[int, bytes]:
    """Return (size, frontier) without waiting for anybody."""
    row = connection.execute(_READ_HEAD).one()
    return row.size, bytes(row.frontier)


def append_rows(
    connection: Connection,
    rows: Sequence[Mapping[str, Any]],
    tiles: Sequence[tree.Tile],
    size: int,
    frontier: bytes,
) -> None:
    connection.execute(_INSERT, rows)
    if tiles:
        connection.execute(_INSERT_TILE, [asdict(each) for each in tiles])
    connection.execute(_MOVE_HEAD, {"new_size": size, "new_frontier": frontier})


def read_entries(connection: Connection, subject: str) -> list[tuple[int, str, bytes]]:
    """Return (index, event, entry) of all that happened to a subject, oldest first."""
    statement = select(journal.c.index, journal.c.event, journal.c.entry).where(journal.c.subject == subject)
    rows = connection.execute(statement.order_by(journal.c.index))
    return [(index, event, bytes(entry)) for index, event, entry in rows]


def read_subjects(connection: Connection, event: str) -> list[str]:
    """Return what an event happened to, oldest first. It reads the whole journal: for checking, never in a request."""
    statement = select(journal.c.subject).where(journal.c.event == event).order_by(journal.c.index)
    return list(connection.execute(statement).scalars())


def read_happened(connection: Connection, low: int, high: int) -> list[tuple[str, str]]:
    """Return (event, subject) of what stands in the journal from `low` to before `high`."""
    statement = select(journal.c.event, journal.c.subject).where(journal.c.index.between(low, high - 1))
    return [(event, subject) for event, subject in connection.execute(statement)]


def read_row(connection: Connection, index: int) -> EntryRow | None:
    """Return one row of the journal."""
    row = connection.execute(_ENTRIES.where(journal.c.index == index)).first()
    return None if row is None else _entry_row(row)


@contextmanager
def read_between(connection: Connection, low: int, high: int) -> Iterator[Iterator[EntryRow]]:
    """Open the rows of the journal from `low` to before `high`, in order, streamed."""
    between = journal.c.index.between(low, high - 1)
    with _stream(connection, _ENTRIES.where(between).order_by(journal.c.index)) as rows:
        yield map(_entry_row, rows)


def read_leaves(connection: Connection) -> list[bytes]:
    """Return all leaf hashes in order: for checking, never in a request."""
    return [bytes(leaf) for leaf in connection.execute(select(journal.c.leaf).order_by(journal.c.index)).scalars()]


def subtree(connection: Connection) -> tree.Subtree:
    """Return the function that proofs ask: it reads at most 128 rows for a subtree, of leaves or of tiles.

    The function raises JournalBroken when one is not there.
    """

    def perfect(height: int, index: int) -> bytes:
        level, above = divmod(height, tree.TILE_HEIGHT)
        between = {"low": index << above, "high": ((index + 1) << above) - 1}
        if level:
            found = connection.execute(_TILES, {"level": level, **between}).scalars().all()
        else:
            found = connection.execute(_LEAVES, between).scalars().all()
        if len(found) != 1 << above:
            raise JournalBroken("journal.tile", {"level": str(level), "index": str(index << above)})
        return tree.perfect_root([bytes(each) for each in found])

    return perfect


# --- checkpoints ----------------------------------------------------------------------------------------------------


def add_checkpoint(connection: Connection, made: StoredCheckpoint) -> None:
    """Keep a checkpoint without a token; there can be only one of each size."""
    values = {"size": made.size, "root": made.root, "note": made.note, "signed_at": made.signed_at.astimezone(UTC)}
    connection.execute(insert(checkpoint).values(values))


def read_checkpoint(connection: Connection, size: int) -> StoredCheckpoint | None:
    """Return the checkpoint of this size."""
    return _first(connection, select(checkpoint).where(checkpoint.c.size == size))


def read_newest_checkpoint(connection: Connection) -> StoredCheckpoint | None:
    """Return the largest checkpoint."""
    return _first(connection, _NEWEST)


def read_newest_stamped(connection: Connection) -> StoredCheckpoint | None:
    """Return the largest checkpoint with a token."""
    return _first(connection, _NEWEST.where(checkpoint.c.token.is_not(None)))


def covering(connection: Connection, index: int) -> StoredCheckpoint | None:
    """Return the first checkpoint with a token that covers the entry: of all, it proves the earliest time."""
    statement = select(checkpoint).where(checkpoint.c.size > index, checkpoint.c.token.is_not(None))
    return _first(connection, statement.order_by(checkpoint.c.size).limit(1))


def set_token(connection: Connection, size: int, token: bytes, at: datetime) -> None:
    """Add the time-stamp token to a checkpoint; one that is there already stays."""
    this = (checkpoint.c.size == size) & checkpoint.c.token.is_(None)
    connection.execute(update(checkpoint).where(this).values(token=token, stamped_at=at.astimezone(UTC)))


def count_unsigned(connection: Connection) -> int:
    """Return how many events came after the newest checkpoint."""
    newest = select(func.coalesce(func.max(checkpoint.c.size), 0)).scalar_subquery()
    return int(connection.execute(select(head.c.size - newest)).scalar_one())


# --- all of it, for checking ----------------------------------------------------------------------------------------

_ENTRIES = select(journal.c.index, journal.c.event, journal.c.subject, journal.c.entry, journal.c.leaf)
# In the order in which they were completed: by their last leaf, smaller before larger.
_ALL_TILES = select(tile.c.level, tile.c.index, tile.c.root).order_by(
    (tile.c.index + 1).bitwise_lshift(tree.TILE_HEIGHT * tile.c.level), tile.c.level
)


@contextmanager
def read_all(connection: Connection) -> Iterator[Stored]:
    """Open everything stored of the journal, streamed. The connection must see one state of the database."""
    size, frontier = read_head(connection)
    with (
        _stream(connection, _ENTRIES.order_by(journal.c.index)) as entries,
        _stream(connection, _ALL_TILES) as tiles,
        _stream(connection, select(checkpoint).order_by(checkpoint.c.size)) as checkpoints,
    ):
        yield Stored(
            entries=map(_entry_row, entries),
            size=size,
            frontier=frontier,
            tiles=(tree.Tile(*row) for row in tiles),
            checkpoints=map(_checkpoint, checkpoints),
        )


def _stream(connection: Connection, statement: Select[Any]) -> CursorResult[*tuple[Any, ...]]:
    return connection.execute(statement, execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE})


def _entry_row(row: Sequence[Any]) -> EntryRow:
    index, event, subject, entry, leaf = row
    return index, event, subject, bytes(entry), bytes(leaf)


def _first(connection: Connection, statement: Select[Any]) -> StoredCheckpoint | None:
    row = connection.execute(statement).first()
    return None if row is None else _checkpoint(row)


def _checkpoint(row: Row[Any]) -> StoredCheckpoint:
    token = None if row.token is None else bytes(row.token)
    stamped_at = None if row.stamped_at is None else _aware(row.stamped_at)
    return StoredCheckpoint(row.size, bytes(row.root), row.note, _aware(row.signed_at), token, stamped_at)


def _aware(moment: datetime) -> datetime:
    """Return the moment with its zone, which SQLite forgets: we store UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
