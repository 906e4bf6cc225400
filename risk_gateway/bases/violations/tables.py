"""Tables of the base of violations. Versions are only ever added; what was merged or contested keeps its trail."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

OPEN_CONTEST = "outcome IS NULL"
STANDING_MERGE = "undone_at IS NULL"


class ViolationVersionRow(SQLModel, table=True):
    """One version of one record. `cursor` counts all versions of all records, without gaps, in the order of writing."""

    __tablename__ = "violation_version"
    __table_args__ = (UniqueConstraint("id", "version", name="one_version_per_violation"),)
    cursor: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    id: str = Field(max_length=120)
    version: int
    identity: str = Field(index=True, max_length=80)  # Identity.key
    scheme: str = Field(max_length=10)
    number: str = Field(index=True, max_length=60)
    country: str = Field(max_length=2)
    name: str = Field(max_length=300)
    kind: str = Field(max_length=40)
    article: str = Field(max_length=200)
    committed_on: date
    place: str = Field(max_length=100)
    declaration: str | None = Field(default=None, index=True, max_length=40)
    amount_tiyn: int = Field(sa_column=Column(BigInteger, nullable=False))
    decision_number: str = Field(max_length=100)
    decided_on: date | None = None
    state: str = Field(max_length=10)
    appeal: str = Field(max_length=10)
    expires_on: date | None = None
    source: str = Field(max_length=10)
    source_name: str = Field(max_length=100)
    legal_basis: str = Field(max_length=300)
    hold_until: date
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    provenance: str = Field(max_length=64)
    origin_version: int


class IdentityMergeRow(SQLModel, table=True):
    """An officer's word that two identities are one; taken back, it stays with who took it back and why."""

    __tablename__ = "identity_merge"
    __table_args__ = (
        Index(
            "one_standing_merge_per_identity",
            "merged",
            unique=True,
            sqlite_where=text(STANDING_MERGE),
            postgresql_where=text(STANDING_MERGE),
        ),
    )
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))  # of its journal entry
    merged: str = Field(max_length=80)  # Identity.key
    merged_name: str = Field(max_length=300)
    into: str = Field(index=True, max_length=80)  # Identity.key
    into_name: str = Field(max_length=300)
    reason: str
    by_iin: str = Field(max_length=12)
    by_name: str
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    undone_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    undone_by_iin: str | None = Field(default=None, max_length=12)
    undone_by_name: str | None = None
    undone_reason: str | None = None


class IdentityQuestionRow(SQLModel, table=True):
    """Is this the same? Asked of an officer when a name is only similar; once for two identities."""

    __tablename__ = "identity_question"
    __table_args__ = (UniqueConstraint("identity", "candidate", name="one_question_per_pair"),)
    id: str = Field(primary_key=True, max_length=40)  # cursor of the version that raised it, "-", position
    identity: str = Field(max_length=80)  # Identity.key, of whom the record is
    name: str = Field(max_length=300)
    violation: str = Field(max_length=120)
    candidate: str = Field(max_length=80)  # Identity.key, of the participant it may be
    candidate_name: str = Field(max_length=300)
    score: int  # 0-100
    asked_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    answer: str | None = Field(default=None, max_length=10)  # same, different
    reason: str | None = None
    by_iin: str | None = Field(default=None, max_length=12)
    by_name: str | None = None
    answered_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class ViolationConflictRow(SQLModel, table=True):
    """What a partner told otherwise under a version that it had told before: refused, and for an officer to see."""

    __tablename__ = "violation_conflict"
    violation: str = Field(primary_key=True, max_length=120)
    version: int = Field(primary_key=True)  # the partner's number
    digest: str = Field(primary_key=True, max_length=64)  # SHA-256 of the message
    differs: str  # JSON: the fields that differ, with what was told
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class ViolationContestRow(SQLModel, table=True):
    """A participant's signed objection to a record on it, and what a registry officer decided. One open at a time."""

    __tablename__ = "violation_contest"
    __table_args__ = (
        Index(
            "one_open_contest_per_violation",
            "violation",
            unique=True,
            sqlite_where=text(OPEN_CONTEST + " AND sequence IS NOT NULL"),
            postgresql_where=text(OPEN_CONTEST + " AND sequence IS NOT NULL"),
        ),
    )
    id: str = Field(primary_key=True, max_length=32)
    violation: str = Field(index=True, max_length=120)
    version: int  # of the record as it was read
    participant: str = Field(index=True, max_length=20)
    ground: str = Field(max_length=40)
    said: str  # in the participant's words
    by_iin: str = Field(max_length=12)
    by_name: str
    prepared: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the statement as written, zstd
    digest: str = Field(max_length=64)  # of its canonical form without signature
    prepared_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    signed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # as received, zstd
    signed_digest: str | None = Field(default=None, max_length=64)
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger))  # of the entry that took it
    raised_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    due_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    outcome: str | None = Field(default=None, max_length=10)  # upheld, denied, overtaken
    reason: str | None = Field(default=None, max_length=40)
    decided_text: str | None = None
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_by_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
