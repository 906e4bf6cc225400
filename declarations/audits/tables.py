"""Tables of audits after release. docs/stores.md tells the duty of each; a `sequence` is the journal entry's index."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, LargeBinary, String, text
from sqlmodel import Field, SQLModel

NOT_ENDED = "status NOT IN ('NO_FINDING', 'CLOSED', 'ANNULLED', 'SET_ASIDE')"


def _moment(*, optional: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional)


class AuditRow(SQLModel, table=True):
    """An audit as it stands. Whoever made its plan does not open it; a participant has one at a time."""

    __tablename__ = "audit_case"
    __table_args__ = (
        CheckConstraint("opened_iin <> plan_iin", name="audit_opened_by_another"),
        Index(
            "audit_case_at_work",
            "participant",
            unique=True,
            sqlite_where=text(NOT_ENDED),
            postgresql_where=text(NOT_ENDED),
        ),
        Index("audit_case_by_status", "status", "moved_at"),
    )
    number: str = Field(primary_key=True, max_length=30)
    participant: str = Field(max_length=20, index=True)
    status: str = Field(max_length=20)
    before: str | None = Field(default=None, max_length=20)
    chosen: str = Field(max_length=10)
    objective: str
    judgement: str = Field(max_length=60)
    selected_at: datetime = Field(sa_column=_moment())
    moved_at: datetime = Field(sa_column=_moment())
    moves: int
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    directions: str = ""  # space-separated codes
    first: date | None = None
    last: date | None = None
    plan_iin: str | None = Field(default=None, max_length=12)
    plan_name: str | None = None
    opened_iin: str | None = Field(default=None, max_length=12)
    opened_name: str | None = None
    outcome_iin: str | None = Field(default=None, max_length=12)
    outcome_name: str | None = None
    amount_tiyn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    limit_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))


class AuditMoveRow(SQLModel, table=True):
    """A move of an audit: rows are added, never changed. `by_iin` is empty for what the portal did."""

    __tablename__ = "audit_move"
    audit: str = Field(primary_key=True, max_length=30)
    number: int = Field(primary_key=True)
    action: str = Field(max_length=20)
    source: str | None = Field(default=None, max_length=20)
    target: str = Field(max_length=20)
    actor: str = Field(max_length=20)
    at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)
    by_name: str
    text: str
    limit_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    statement: str | None = Field(default=None, max_length=32)
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd
    sequence: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))


class AuditStatementRow(SQLModel, table=True):
    """A statement as prepared, and once it is accepted as signed. `digest` is of what is to be signed (canonical)."""

    __tablename__ = "audit_statement"
    id: str = Field(primary_key=True, max_length=32)
    audit: str = Field(max_length=30, index=True)
    action: str = Field(max_length=20)
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


class AuditAppealRow(SQLModel, table=True):
    """An appeal against an outcome, one open at a time. Who decided what is contested does not decide on the appeal."""

    __tablename__ = "audit_appeal"
    __table_args__ = (
        CheckConstraint("decided_iin <> contested_iin", name="audit_appeal_takes_another"),
        Index(
            "audit_appeal_open",
            "audit",
            unique=True,
            sqlite_where=text("state = 'OPEN'"),
            postgresql_where=text("state = 'OPEN'"),
        ),
    )
    audit: str = Field(primary_key=True, max_length=30)
    number: int = Field(primary_key=True)  # that of its move
    contested_iin: str = Field(max_length=12)
    filed_at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)
    text: str
    state: str = Field(max_length=10)
    decided_iin: str | None = Field(default=None, max_length=12)
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))


class AuditFigureRow(SQLModel, table=True):
    """What another source says of a participant's month: the newest answer."""

    __tablename__ = "audit_figure"
    participant: str = Field(primary_key=True, max_length=20)
    month: date = Field(primary_key=True)
    import_base_tiyn: int = Field(sa_column=Column(BigInteger, nullable=False))
    invoiced_grams: int = Field(sa_column=Column(BigInteger, nullable=False))
    partner: str = Field(max_length=60)
    as_of: datetime = Field(sa_column=_moment())
