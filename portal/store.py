"""What the portal keeps for itself: tokens, web sessions and what participants were told."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from interop.store import Message
from portal.database import reading, writing
from portal.tables import ApiTokenRow, NotificationRow, WebSessionRow
from portal.views import Session, SignedIn

PARTICIPANT = "participant:"

token = SQLModel.metadata.tables[ApiTokenRow.__tablename__]
web_session = SQLModel.metadata.tables[WebSessionRow.__tablename__]
notification = SQLModel.metadata.tables[NotificationRow.__tablename__]


class ApiToken(Struct, frozen=True):
    participant: str
    expires_at: datetime
    revoked_at: datetime | None

    def valid_at(self, moment: datetime) -> bool:
        return moment < self.expires_at and (self.revoked_at is None or moment < self.revoked_at)


def read_token(connection: Connection, token_hash: str) -> ApiToken | None:
    row = connection.execute(select(token).where(token.c.token_hash == token_hash)).first()
    if row is None:
        return None
    return ApiToken(row.participant, aware(row.expires_at), aware(row.revoked_at) if row.revoked_at else None)


def add_token(
    connection: Connection, token_hash: str, participant: str, label: str, created_at: datetime, expires_at: datetime
) -> None:
    values = {
        "token_hash": token_hash,
        "participant": participant,
        "label": label,
        "created_at": created_at,
        "expires_at": expires_at,
    }
    connection.execute(insert(token), values)


def add_notifications(connection: Connection, messages: Sequence[Message], at: datetime) -> None:
    """Tell participants once: a message that comes again changes nothing. Recipients read `participant:NUMBER`."""
    wanted = [message.message_id for message in messages]
    known = set(
        connection.execute(select(notification.c.message_id).where(notification.c.message_id.in_(wanted))).scalars()
    )
    rows = [
        {
            "message_id": message.message_id,
            "participant": message.recipient.removeprefix(PARTICIPANT),
            "sequence": message.sequence,
            "kind": message.kind,
            "subject": message.subject,
            "delivered_at": at,
        }
        for message in messages
        if message.message_id not in known
    ]
    if rows:
        connection.execute(insert(notification), rows)


def read_notifications(connection: Connection, subject: str) -> list[datetime]:
    """Return when the participant was told about this subject."""
    rows = connection.execute(select(notification.c.delivered_at).where(notification.c.subject == subject))
    return [aware(at) for at in rows.scalars()]


class DatabaseSessions:
    """The `Sessions` of portal/views.py over the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, session: Session) -> None:
        values = {
            "session_hash": session.key,
            "person": msgspec.json.encode(session.person).decode(),
            "created_at": session.created_at,
            "seen_at": session.seen_at,
        }
        with writing(self._engine) as connection:
            connection.execute(insert(web_session), values)

    def find(self, key: str) -> Session | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(web_session).where(web_session.c.session_hash == key)).first()
        if row is None:
            return None
        person = msgspec.json.decode(row.person, type=SignedIn)
        return Session(key, person, aware(row.created_at), aware(row.seen_at))

    def touch(self, key: str, at: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(web_session).where(web_session.c.session_hash == key).values(seen_at=at))

    def end(self, key: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(web_session).where(web_session.c.session_hash == key))
