"""Tables of the registry. docs/stores.md tells the duty of each; a `sequence` is the index of the journal entry."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel


def _moment(*, optional: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional)


class EntryStepRow(SQLModel, table=True):
    """A step of a participant's entry: rows are added, never changed. `by_iin` is empty for what the portal did."""

    __tablename__ = "registry_step"
    participant: str = Field(primary_key=True, max_length=20)
    number: int = Field(primary_key=True)
    step: str = Field(max_length=10)
    at: datetime = Field(sa_column=_moment())
    valid_to: date
    reason: str = Field(max_length=60)
    text: str
    by_iin: str = Field(max_length=12)
    by_name: str
    cause: str = Field(max_length=120, index=True)
    statement: str | None = Field(default=None, max_length=32)
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))


class ApplicationRow(SQLModel, table=True):
    """An application and what became of it. Nobody decides on one's own; a participant has one open at a time."""

    __tablename__ = "registry_application"
    __table_args__ = (
        CheckConstraint("decided_by_iin <> by_iin", name="application_takes_another"),
        Index(
            "registry_application_open",
            "participant",
            unique=True,
            sqlite_where=text("state = 'FILED'"),
            postgresql_where=text("state = 'FILED'"),
        ),
        Index("registry_application_by_state", "state", "filed_at"),
    )
    number: str = Field(primary_key=True, max_length=30)
    participant: str = Field(max_length=20, index=True)
    renewal: bool
    office: str = Field(max_length=10)
    filed_at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)
    by_name: str
    agent: str | None = Field(default=None, max_length=20)
    statement: str = Field(max_length=32)
    state: str = Field(max_length=10)
    round: int = 0  # of the newest findings
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_by_name: str | None = None
    reasons: str = ""  # space-separated codes
    text: str = ""
    decision: str | None = Field(default=None, max_length=32)  # the statement that decided
    decided_sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd


class FindingRow(SQLModel, table=True):
    """What was found of a criterion in one round of verification: rows are added, never changed."""

    __tablename__ = "registry_finding"
    application: str = Field(primary_key=True, max_length=30)
    round: int = Field(primary_key=True)
    criterion: str = Field(primary_key=True, max_length=40)
    place: int
    outcome: str = Field(max_length=10)
    value: str
    source: str
    at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    found_at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)


class RegistryStatementRow(SQLModel, table=True):
    """A statement as prepared, and once it is accepted as signed. `digest` is of what is to be signed (canonical)."""

    __tablename__ = "registry_statement"
    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=20)
    participant: str = Field(max_length=20, index=True)
    by_iin: str = Field(max_length=12)
    by_name: str
    organisation: str | None = Field(default=None, max_length=20)
    intent: str  # JSON: what it brings about once it is signed
    prepared: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    prepared_at: datetime = Field(sa_column=_moment())
    expires_at: datetime = Field(sa_column=_moment())
    signed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # zstd
    signed_digest: str | None = Field(default=None, sa_column=Column(String(64)))
    accepted_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))


class RegistryAppealRow(SQLModel, table=True):
    """An appeal against a refusal or a step. Who decided what is contested does not decide on the appeal."""

    __tablename__ = "registry_appeal"
    __table_args__ = (
        CheckConstraint("decided_by_iin <> contested_iin", name="registry_appeal_takes_another"),
        Index(
            "registry_appeal_open",
            "participant",
            unique=True,
            sqlite_where=text("state = 'OPEN'"),
            postgresql_where=text("state = 'OPEN'"),
        ),
    )
    number: str = Field(primary_key=True, max_length=30)
    participant: str = Field(max_length=20, index=True)
    against: str = Field(max_length=40)  # application:NUMBER or step:NUMBER
    contested_iin: str = Field(max_length=12)  # who decided it; empty: the portal did
    filed_at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)
    by_name: str
    text: str
    statement: str = Field(max_length=32)
    state: str = Field(max_length=10)
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_by_name: str | None = None
    decided_text: str = ""
    decision: str | None = Field(default=None, max_length=32)
    decided_sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd
