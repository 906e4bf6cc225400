"""Tables of case work. docs/stores.md tells the duty of each; rows are added, and only what is open is ever updated.

A `sequence` is the index of the journal entry that tells the same. Times are UTC, money is tiyn, lists are JSON.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, LargeBinary, String
from sqlmodel import Field, SQLModel


def _sequence() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


def _moment(*, optional: bool = False, index: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional, index=index)


class DeclarationMoveRow(SQLModel, table=True):
    """One move of one version; `actor_iin` is empty for the portal and its timer."""

    __tablename__ = "declaration_move"
    __table_args__ = (Index("declaration_move_by_number", "registration_number", "sequence"),)
    sequence: int = Field(sa_column=_sequence())
    registration_number: str = Field(max_length=30)
    declarant: str = Field(max_length=20)
    functional_reference_id: str = Field(max_length=35)
    version: int
    action: str = Field(max_length=60)
    source: str = Field(max_length=30)
    target: str = Field(max_length=30)
    actor: str = Field(max_length=20)
    actor_iin: str = Field(max_length=12)
    actor_name: str
    at: datetime = Field(sa_column=_moment())
    reason: str = Field(max_length=60)
    text: str
    limit_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    details: str  # JSON: items, questions, measures, extent, amount_tiyn
    statement: str | None = Field(default=None, max_length=32)
    statement_digest: str | None = Field(default=None, sa_column=Column(String(64)))
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd


class CaseFileRow(SQLModel, table=True):
    """What the worklist needs of a case besides its declaration. `lane` counts for `lane_version` only."""

    __tablename__ = "case_file"
    registration_number: str = Field(primary_key=True, max_length=30)
    lane: str | None = Field(default=None, max_length=30)
    lane_version: int | None = None
    limit_at: datetime | None = Field(default=None, sa_column=_moment(optional=True, index=True))
    assignee_iin: str | None = Field(default=None, max_length=12, index=True)
    assignee_name: str | None = None
    proposal: bool = False
    appeal: bool = Field(default=False, index=True)


class CaseAssignmentRow(SQLModel, table=True):
    """Who was given a case, by whom; nobody's again where `to_iin` is empty."""

    __tablename__ = "case_assignment"
    sequence: int = Field(sa_column=_sequence())
    registration_number: str = Field(max_length=30, index=True)
    version: int
    to_iin: str = Field(max_length=12)
    to_name: str
    by_iin: str = Field(max_length=12)
    by_name: str
    by_role: str = Field(max_length=20)
    at: datetime = Field(sa_column=_moment())


class CaseRequestRow(SQLModel, table=True):
    __tablename__ = "case_request"
    __table_args__ = (Index("case_request_open", "answered_sequence", "overdue_told", "limit_at"),)
    sequence: int = Field(sa_column=_sequence())
    registration_number: str = Field(max_length=30, index=True)
    version: int
    kind: str = Field(max_length=20)
    text: str
    questions: str  # JSON
    items: str  # JSON
    limit_at: datetime = Field(sa_column=_moment())
    asked_at: datetime = Field(sa_column=_moment())
    asked_by: str
    answered_sequence: int | None = Field(default=None, sa_column=Column(BigInteger))
    answered_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    overdue_told: bool = False


class StatementRow(SQLModel, table=True):
    """A statement as prepared, and once it is accepted as signed. `digest` is of what is to be signed (canonical)."""

    __tablename__ = "case_statement"
    id: str = Field(primary_key=True, max_length=32)
    registration_number: str = Field(max_length=30, index=True)
    version: int
    kind: str = Field(max_length=20)
    expected: str = Field(max_length=30)
    request: int | None = Field(default=None, sa_column=Column(BigInteger))
    text: str
    by_iin: str = Field(max_length=12)
    by_name: str
    organisation: str | None = Field(default=None, max_length=20)
    prepared: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    annex: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # zstd, confidential
    prepared_at: datetime = Field(sa_column=_moment())
    expires_at: datetime = Field(sa_column=_moment())
    signed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # zstd
    signed_digest: str | None = Field(default=None, sa_column=Column(String(64)))
    accepted_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))


class CaseAttachmentRow(SQLModel, table=True):
    __tablename__ = "case_attachment"
    id: str = Field(primary_key=True, max_length=32)
    statement: str = Field(max_length=32, index=True)
    position: int
    name: str = Field(max_length=120)
    media_type: str = Field(max_length=100)
    size: int
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    uploaded_at: datetime = Field(sa_column=_moment())
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd


class DowngradeProposalRow(SQLModel, table=True):
    """Four eyes are a constraint of the database: nobody decides on what is one's own."""

    __tablename__ = "downgrade_proposal"
    __table_args__ = (CheckConstraint("decided_by_iin <> by_iin", name="downgrade_takes_two"),)
    sequence: int = Field(sa_column=_sequence())
    registration_number: str = Field(max_length=30, index=True)
    version: int
    from_outcome: str = Field(max_length=30)
    to_outcome: str = Field(max_length=30)
    reason: str = Field(max_length=60)
    text: str
    by_iin: str = Field(max_length=12)
    by_name: str
    by_role: str = Field(max_length=20)
    at: datetime = Field(sa_column=_moment())
    outcome: str | None = Field(default=None, max_length=10)
    decided_sequence: int | None = Field(default=None, sa_column=Column(BigInteger))
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_by_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_text: str | None = None


class AppealRow(SQLModel, table=True):
    __tablename__ = "case_appeal"
    __table_args__ = (CheckConstraint("decided_by_iin <> contested_iin", name="appeal_takes_another"),)
    sequence: int = Field(sa_column=_sequence())
    registration_number: str = Field(max_length=30, index=True)
    version: int
    text: str
    against: str = Field(max_length=30)
    contested_iin: str = Field(max_length=12)  # who made the move into `against`; empty: the gateway did
    at: datetime = Field(sa_column=_moment())
    upheld: bool | None = None
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_text: str | None = None
