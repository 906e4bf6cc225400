"""What is kept of the journal: rows that are only ever appended, and the head of their tree."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import SQLModel

from signing.tables import JournalHeadRow, JournalRow

journal = SQLModel.metadata.tables[JournalRow.__tablename__]
head = SQLModel.metadata.tables[JournalHeadRow.__tablename__]

_INSERT = insert(journal)
_MOVE_HEAD = update(head).values(size=bindparam("new_size"), frontier=bindparam("new_frontier"))
_LOCK_HEAD = select(head.c.size, head.c.frontier).with_for_update()


def lock_head(connection: Connection) -> tuple[int, bytes]:
    """Return (size, frontier), and keep other appenders waiting until the transaction ends."""
    row = connection.execute(_LOCK_HEAD).one()
    return row.size, bytes(row.frontier)


def append_rows(connection: Connection, rows: Sequence[Mapping[str, Any]], size: int, frontier: bytes) -> None:
    connection.execute(_INSERT, rows)
    connection.execute(_MOVE_HEAD, {"new_size": size, "new_frontier": frontier})


def read_entries(connection: Connection, subject: str) -> list[tuple[int, str, bytes]]:
    """Return (index, event, entry) of all that happened to a subject, oldest first."""
    statement = select(journal.c.index, journal.c.event, journal.c.entry).where(journal.c.subject == subject)
    rows = connection.execute(statement.order_by(journal.c.index))
    return [(index, event, bytes(entry)) for index, event, entry in rows]


def read_leaves(connection: Connection) -> list[bytes]:
    """Return all leaf hashes in order: for checking, never in a request."""
    return [bytes(leaf) for leaf in connection.execute(select(journal.c.leaf).order_by(journal.c.index)).scalars()]
