"""What partners said of participants, and whom to ask about next. docs/stores.md tells the duty of each.

Moments are milliseconds since 1970 in UTC, 0 where there is none: one statement reads them beside counts.
"""

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel


class PartnerFactRow(SQLModel, table=True):
    """The newest answer of a partner, and when it was asked last; a failure keeps the answer of before."""

    __tablename__ = "partner_fact"
    participant: str = Field(primary_key=True, max_length=40)
    partner: str = Field(primary_key=True, max_length=40)
    question: str = Field(primary_key=True, max_length=20)
    answer: str = Field(max_length=10)
    answered_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    asked_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    detail: str = Field(max_length=200)


class PartnerWatchRow(SQLModel, table=True):
    """A participant seen lately, and when its facts are to be asked for again."""

    __tablename__ = "partner_watch"
    participant: str = Field(primary_key=True, max_length=40)
    seen_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    due_ms: int = Field(sa_column=Column(BigInteger, index=True, nullable=False))
