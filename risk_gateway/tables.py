"""Tables of decisions and of what the gateway remembers. docs/stores.md tells the duty of each."""

from datetime import date, datetime

from sqlalchemy import Column, DateTime, LargeBinary
from sqlmodel import Field, SQLModel


class DecisionRow(SQLModel, table=True):
    """A decision with all that is needed to replay it; every blob is zstd."""

    __tablename__ = "decision"
    declarant: str = Field(primary_key=True, max_length=20)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    version: int = Field(primary_key=True)
    decision_id: str = Field(index=True)
    knowledge_version: str
    degraded: bool
    decided_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    case: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON of the Case
    assessment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    decision: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # canonical JSON
    payables: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON, as shown
    notice: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the sealed XML


class KnowledgeRow(SQLModel, table=True):
    """What the gateway knew, once per version: canonical JSON, zstd. It holds the day's secret selection key."""

    __tablename__ = "knowledge"
    version: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RiskCategoryRow(SQLModel, table=True):
    """The risk category of a participant from a day on."""

    __tablename__ = "risk_category"
    participant: str = Field(primary_key=True, max_length=20)
    valid_from: date = Field(primary_key=True)
    category: str  # low, medium, high


class ViolationRow(SQLModel, table=True):
    """A customs-rule violation on record."""

    __tablename__ = "violation"
    id: str = Field(primary_key=True, max_length=40)
    participant: str = Field(index=True, max_length=20)
    kind: str
    committed_on: date


class SelectionKeyRow(SQLModel, table=True):
    """The secret key of one day's random selection."""

    __tablename__ = "selection_key"
    day: date = Field(primary_key=True)
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
