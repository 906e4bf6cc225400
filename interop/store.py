"""The outbox in the database: what was decided leaves after the commit, at least once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update
from sqlmodel import SQLModel

from interop.tables import OutboxRow

outbox = SQLModel.metadata.tables[OutboxRow.__tablename__]

_INSERT = insert(outbox)


class Message(Struct, frozen=True):
    message_id: str
    recipient: str
    kind: str
    subject: str
    body: bytes
    sequence: int
    attempts: int


def add_messages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(_INSERT, rows)


def take_due(connection: Connection, now: datetime, limit: int) -> list[Message]:
    """Return messages that are due, oldest first, kept from other workers until the transaction ends."""
    statement = (
        select(outbox)
        .where(outbox.c.delivered_at.is_(None), outbox.c.next_attempt_at <= now)
        .order_by(outbox.c.next_attempt_at, outbox.c.sequence)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        Message(row.message_id, row.recipient, row.kind, row.subject, bytes(row.body), row.sequence, row.attempts)
        for row in connection.execute(statement)
    ]


def mark_delivered(connection: Connection, message_ids: Sequence[str], at: datetime) -> None:
    where = outbox.c.message_id.in_(message_ids)
    connection.execute(update(outbox).where(where).values(delivered_at=at, attempts=outbox.c.attempts + 1))


def postpone(connection: Connection, message: Message, now: datetime) -> None:
    """Try again later: after 2, 4, 8 ... seconds, at most an hour."""
    wait = timedelta(seconds=min(2 ** (message.attempts + 1), 3600))
    where = outbox.c.message_id == message.message_id
    connection.execute(update(outbox).where(where).values(attempts=message.attempts + 1, next_attempt_at=now + wait))
