"""The outbox: messages that were decided in a transaction and leave after it. docs/stores.md tells its duty."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary
from sqlmodel import Field, SQLModel


class OutboxRow(SQLModel, table=True):
    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due", "delivered_at", "next_attempt_at"),)
    message_id: str = Field(primary_key=True, max_length=64)
    recipient: str  # participant:BIN
    kind: str
    subject: str  # registration number
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    delivered_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
