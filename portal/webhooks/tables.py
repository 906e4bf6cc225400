"""Tables of webhooks. docs/stores.md tells the duty of each."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index
from sqlmodel import Field, SQLModel


def _moment(*, optional: bool = False, key: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional, primary_key=key)


class WebhookEndpointRow(SQLModel, table=True):
    """An address of a participant's program. The secret signs, so it is kept as it is; the one before it for a day."""

    __tablename__ = "webhook_endpoint"
    id: str = Field(primary_key=True, max_length=32)
    participant: str = Field(max_length=20, index=True)
    url: str = Field(max_length=500)
    secret: str = Field(max_length=80)
    old_secret: str | None = Field(default=None, max_length=80)
    old_until: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    created_at: datetime = Field(sa_column=_moment())
    created_by: str
    failing_since: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    disabled_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    disabled_because: str | None = Field(default=None, max_length=20)


class WebhookDeliveryRow(SQLModel, table=True):
    """A message to one endpoint. Nothing more is tried where `next_attempt_at` is empty."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("webhook_delivery_due", "next_attempt_at", "endpoint"),
        Index("webhook_delivery_newest", "endpoint", "created_at"),
    )
    endpoint: str = Field(primary_key=True, max_length=32)
    message_id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=40)
    subject: str = Field(max_length=40)
    body: str
    created_at: datetime = Field(sa_column=_moment())
    next_attempt_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    attempts: int = 0
    delivered_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    last_status: int | None = None
    last_problem: str | None = Field(default=None, max_length=20)


class WebhookAttemptRow(SQLModel, table=True):
    __tablename__ = "webhook_attempt"
    endpoint: str = Field(primary_key=True, max_length=32)
    message_id: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(sa_column=_moment(key=True))
    status: int | None = None
    problem: str | None = Field(default=None, max_length=20)
    milliseconds: int
