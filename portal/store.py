"""What the portal keeps for itself: tokens, web sessions and what participants were told."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations.store import aware
from interop.store import Message, outbox
from portal.database import reading, writing
from portal.tables import ApiTokenRow, NotificationRow, OfficialRow, SignInChallengeRow, WebSessionRow
from portal.views import Session, SignedIn

PARTICIPANT = "participant:"
TOKEN_ID_LENGTH = 12

token = SQLModel.metadata.tables[ApiTokenRow.__tablename__]
web_session = SQLModel.metadata.tables[WebSessionRow.__tablename__]
notification = SQLModel.metadata.tables[NotificationRow.__tablename__]
official = SQLModel.metadata.tables[OfficialRow.__tablename__]
sign_in_challenge = SQLModel.metadata.tables[SignInChallengeRow.__tablename__]


class ApiToken(Struct, frozen=True):
    participant: str
    expires_at: datetime
    revoked_at: datetime | None

    def valid_at(self, moment: datetime) -> bool:
        return moment < self.expires_at and (self.revoked_at is None or moment < self.revoked_at)


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_token(connection: Connection, token_hash: str) -> ApiToken | None:
    row = connection.execute(select(token).where(token.c.token_hash == token_hash)).first()
    if row is None:
        return None
    return ApiToken(row.participant, aware(row.expires_at), aware(row.revoked_at) if row.revoked_at else None)


def add_token(
    connection: Connection,
    token_hash: str,
    participant: str,
    label: str,
    created_at: datetime,
    expires_at: datetime,
    issued_by: str | None = None,
) -> None:
    values = {
        "token_hash": token_hash,
        "participant": participant,
        "label": label,
        "created_at": created_at,
        "expires_at": expires_at,
        "issued_by": issued_by,
    }
    connection.execute(insert(token), values)


class KeptToken(Struct, frozen=True):
    """A token as it is listed. `id` is the beginning of its hash: enough to name it, nothing to call with."""

    id: str
    participant: str
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    issued_by: str | None
    revoked_by: str | None


def read_tokens(connection: Connection, participant: str) -> tuple[KeptToken, ...]:
    """Return every token that this participant ever had, newest first."""
    wanted = select(token).where(token.c.participant == participant)
    rows = connection.execute(wanted.order_by(token.c.created_at.desc(), token.c.token_hash))
    return tuple(
        KeptToken(
            id=row.token_hash[:TOKEN_ID_LENGTH],
            participant=row.participant,
            label=row.label,
            created_at=aware(row.created_at),
            expires_at=aware(row.expires_at),
            revoked_at=aware(row.revoked_at) if row.revoked_at else None,
            issued_by=row.issued_by,
            revoked_by=row.revoked_by,
        )
        for row in rows
    )


def revoke_token(connection: Connection, participant: str, token_id: str, at: datetime, by: str | None) -> bool:
    """Revoke a participant's token; tell whether there was one that still opened something."""
    wanted = (
        (token.c.participant == participant)
        & (func.substr(token.c.token_hash, 1, TOKEN_ID_LENGTH) == token_id)
        & token.c.revoked_at.is_(None)
        & (token.c.expires_at > at)
    )
    return connection.execute(update(token).where(wanted).values(revoked_at=at, revoked_by=by)).rowcount > 0


class Official(Struct, frozen=True):
    """One appointment. `valid_to` is the last day, None without an end; `id` is None before it is stored."""

    iin: str
    name: str
    role: str
    post: str | None
    valid_from: date
    valid_to: date | None
    appointed_by: str
    ended_at: datetime | None = None
    id: int | None = None

    def in_office(self, day: date) -> bool:
        return self.ended_at is None and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def add_official(connection: Connection, given: Official) -> int:
    """Store an appointment and return its id."""
    values = {name: getattr(given, name) for name in given.__struct_fields__ if name != "id"}
    return int(connection.execute(insert(official).values(values).returning(official.c.id)).scalar_one())


def end_official(connection: Connection, identifier: int, at: datetime) -> bool:
    """End an appointment now; tell whether there was one to end."""
    wanted = (official.c.id == identifier) & official.c.ended_at.is_(None)
    return connection.execute(update(official).where(wanted).values(ended_at=at)).rowcount == 1


def read_officials(connection: Connection, iin: str | None = None) -> tuple[Official, ...]:
    """Return every appointment there ever was, of one person or of all, oldest first."""
    wanted = select(official).order_by(official.c.valid_from, official.c.id)
    rows = connection.execute(wanted if iin is None else wanted.where(official.c.iin == iin))
    return tuple(
        Official(
            iin=row.iin,
            name=row.name,
            role=row.role,
            post=row.post,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            appointed_by=row.appointed_by,
            ended_at=aware(row.ended_at) if row.ended_at else None,
            id=row.id,
        )
        for row in rows
    )


def use_challenge(connection: Connection, nonce: str, at: datetime, lifetime: timedelta) -> bool:
    """Tell whether this challenge serves for the first time; those that are too old to serve are forgotten."""
    connection.execute(delete(sign_in_challenge).where(sign_in_challenge.c.used_at < at - 2 * lifetime))
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"nonce": nonce, "used_at": at}
    added = add(sign_in_challenge).values(row).on_conflict_do_nothing().returning(sign_in_challenge.c.nonce)
    return connection.execute(added).first() is not None


def add_notifications(connection: Connection, messages: Sequence[Message], at: datetime) -> list[Message]:
    """Tell participants once: a message that comes again changes nothing. Recipients read `participant:NUMBER`.

    Return the messages that are new.
    """
    wanted = [message.message_id for message in messages]
    known = set(
        connection.execute(select(notification.c.message_id).where(notification.c.message_id.in_(wanted))).scalars()
    )
    new = [message for message in messages if message.message_id not in known]
    rows = [
        {
            "message_id": message.message_id,
            "participant": message.recipient.removeprefix(PARTICIPANT),
            "sequence": message.sequence,
            "kind": message.kind,
            "subject": message.subject,
            "delivered_at": at,
        }
        for message in new
    ]
    if rows:
        connection.execute(insert(notification), rows)
    return new


class Notification(Struct, frozen=True):
    """What a participant was told. `body` is the sealed notice, zstd."""

    message_id: str
    participant: str
    sequence: int
    kind: str
    subject: str
    delivered_at: datetime
    body: bytes


def page_of_notifications(
    connection: Connection, participants: Sequence[str], before: int | None, limit: int
) -> list[Notification]:
    """Return what these participants were told below a sequence, newest first."""
    wanted = _told().where(notification.c.participant.in_(participants))
    if before is not None:
        wanted = wanted.where(notification.c.sequence < before)
    newest = (notification.c.sequence.desc(), notification.c.message_id)
    return [_notification(row) for row in connection.execute(wanted.order_by(*newest).limit(limit))]


def find_notification(connection: Connection, participants: Sequence[str], message_id: str) -> Notification | None:
    mine = notification.c.participant.in_(participants) & (notification.c.message_id == message_id)
    row = connection.execute(_told().where(mine)).first()
    return None if row is None else _notification(row)


def _told() -> Select[Any]:
    return select(notification, outbox.c.body).join(outbox, outbox.c.message_id == notification.c.message_id)


def _notification(row: Row[Any]) -> Notification:
    return Notification(**{**row._mapping, "delivered_at": aware(row.delivered_at), "body": bytes(row.body)})


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
            "firm": session.firm,
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
        return Session(key, person, aware(row.created_at), aware(row.seen_at), row.firm)

    def touch(self, key: str, at: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(web_session).where(web_session.c.session_hash == key).values(seen_at=at))

    def end(self, key: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(web_session).where(web_session.c.session_hash == key))
