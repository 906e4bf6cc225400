"""Tables of travellers. docs/stores.md tells the duty of each; a `sequence` is the index of the journal entry."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, String
from sqlmodel import Field, SQLModel


def _moment(*, optional: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional)


class PassengerDeclarationRow(SQLModel, table=True):
    """A traveller's declaration as it stands. `form` is that of the page it came from: sent twice, it is taken once."""

    __tablename__ = "passenger_declaration"
    __table_args__ = (
        Index("passenger_declaration_lane", "office", "status", "declared_at"),
        Index("passenger_declaration_open", "status", "expires_at"),
    )
    reference: str = Field(primary_key=True, max_length=16)
    form: str = Field(max_length=64, unique=True)
    office: str = Field(max_length=5)
    direction: str = Field(max_length=5)
    mode: str = Field(max_length=5)
    name: str
    iin: str | None = Field(default=None, max_length=12, index=True)
    document: str = Field(max_length=24, index=True)  # country:number
    chosen: str = Field(max_length=5)
    corridor: str = Field(max_length=5)
    status: str = Field(max_length=20)
    version: int
    declared_at: datetime = Field(sa_column=_moment())
    expires_at: datetime = Field(sa_column=_moment())
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    signed: bool
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # XML as taken, zstd
    computation: str  # JSON
    judgement: str = Field(max_length=40)
    outcome: str = Field(max_length=30)
    suspicion: str | None = Field(default=None, max_length=30)
    cro: str | None = Field(default=None, max_length=40)
    cro_notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # sealed XML, zstd
    act: str | None = Field(default=None, max_length=32)
    settled_by: str = Field(default="", max_length=40)  # number of the goods declaration, or that goods stay
    left_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    left_by: str | None = Field(default=None, max_length=12)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    erased_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))  # then only digests are left


class PassengerStatementRow(SQLModel, table=True):
    """A document as prepared for a signature, and once accepted as signed: a declaration, or an inspection act."""

    __tablename__ = "passenger_statement"
    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=12)
    reference: str | None = Field(default=None, max_length=16, index=True)
    by_iin: str = Field(max_length=12)
    content: str  # JSON: what it brings about once it is signed
    prepared: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    prepared_at: datetime = Field(sa_column=_moment())
    expires_at: datetime = Field(sa_column=_moment())
    signed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # zstd
    signed_digest: str | None = Field(default=None, sa_column=Column(String(64)))
    accepted_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))


class PassengerAssessmentRow(SQLModel, table=True):
    """What an inspector saw in a traveller: rows are added, never changed."""

    __tablename__ = "passenger_assessment"
    reference: str = Field(primary_key=True, max_length=16)
    number: int = Field(primary_key=True)
    reason: str = Field(max_length=30)
    text: str
    by_iin: str = Field(max_length=12)
    by_name: str
    at: datetime = Field(sa_column=_moment())
    judgement: str = Field(max_length=40)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))


class PassengerCrossingRow(SQLModel, table=True):
    """That a traveller crossed: what the frequency of crossings is counted from."""

    __tablename__ = "passenger_crossing"
    __table_args__ = (
        Index("passenger_crossing_by_iin", "iin", "at"),
        Index("passenger_crossing_by_document", "document", "at"),
    )
    reference: str = Field(primary_key=True, max_length=16)
    iin: str | None = Field(default=None, max_length=12)
    document: str = Field(max_length=24)
    office: str = Field(max_length=5)
    direction: str = Field(max_length=5)
    at: datetime = Field(sa_column=_moment())


class PassengerOpeningRow(SQLModel, table=True):
    """A browser that opened a record with its reference and document number, by the SHA-256 of its secret."""

    __tablename__ = "passenger_opening"
    key_hash: str = Field(primary_key=True, max_length=64)
    reference: str = Field(max_length=16, index=True)
    until: datetime = Field(sa_column=_moment())
