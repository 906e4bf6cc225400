"""Tables of the portal itself: who may call, who is signed in, what each participant was told. See docs/stores.md."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Index
from sqlmodel import Field, SQLModel


class ApiTokenRow(SQLModel, table=True):
    """A token of a participant; only its SHA-256 is stored."""

    __tablename__ = "api_token"
    token_hash: str = Field(primary_key=True, max_length=64)
    participant: str = Field(index=True, max_length=20)
    label: str
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    issued_by: str | None = None  # a person's name; None for the office
    revoked_by: str | None = None


class WebSessionRow(SQLModel, table=True):
    """A signed-in person; the cookie holds a secret of which only the SHA-256 is stored."""

    __tablename__ = "web_session"
    session_hash: str = Field(primary_key=True, max_length=64)
    person: str  # JSON of portal.views.SignedIn
    firm: str | None = Field(default=None, max_length=12)  # the BIN that the certificate named
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    seen_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class OfficialRow(SQLModel, table=True):
    """A person in the service of customs: in which role, where, from when until when; nothing is ever deleted."""

    __tablename__ = "official"
    id: int | None = Field(default=None, primary_key=True)
    iin: str = Field(index=True, max_length=12)
    name: str
    role: str = Field(max_length=20)
    post: str | None = Field(default=None, max_length=8)
    valid_from: date
    valid_to: date | None = None  # the last day
    appointed_by: str
    ended_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class SignInChallengeRow(SQLModel, table=True):
    """A challenge with which somebody has signed in: it never serves again. Kept until it would be too old anyway."""

    __tablename__ = "sign_in_challenge"
    nonce: str = Field(primary_key=True, max_length=64)
    used_at: datetime = Field(sa_column=Column(DateTime(timezone=True), index=True, nullable=False))


class NotificationRow(SQLModel, table=True):
    """What a participant was told, and when: written by the worker from the outbox, once per message."""

    __tablename__ = "notification"
    __table_args__ = (Index("notification_by_participant", "participant", "sequence"),)
    message_id: str = Field(primary_key=True, max_length=64)
    participant: str = Field(max_length=20)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str
    subject: str = Field(index=True)
    delivered_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
