"""Tables of the journal and of what is known of certificates. docs/stores.md tells the duty of each."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary
from sqlmodel import Field, SQLModel


class JournalRow(SQLModel, table=True):
    """One event: `entry` is the exact canonical JSON whose leaf hash is in the tree."""

    __tablename__ = "journal"
    index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event: str
    subject: str = Field(index=True)  # what it is about, such as a registration number
    entry: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JournalHeadRow(SQLModel, table=True):
    """One row: the size of the tree and its compact form, locked by whoever appends."""

    __tablename__ = "journal_head"
    id: int = Field(default=1, primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class JournalTileRow(SQLModel, table=True):
    """The root over 256 ** level leaves in a row, once they are all there: what makes proofs cheap."""

    __tablename__ = "journal_tile"
    level: int = Field(primary_key=True)
    index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """A signed statement of size and root of the journal, and the time-stamp token over it; one for a size, ever."""

    __tablename__ = "journal_checkpoint"
    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    note: str  # the signed note, exactly as signed
    signed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    token: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    stamped_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class EvidenceRow(SQLModel, table=True):
    """A genuine revocation list or OCSP answer: what was known of certificates, and when. Never altered or deleted."""

    __tablename__ = "trust_evidence"
    digest: str = Field(primary_key=True, max_length=64)
    kind: str  # crl, ocsp
    subject: str = Field(index=True)  # what it is about, see signing.revocation.Genuine
    this_update: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    next_update: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), index=True))
    says: str = Field(max_length=64)  # a digest of what it says
    revoked: bool = Field(index=True)  # an OCSP answer that its certificate is withdrawn
    fetched_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class KnownCertificateRow(SQLModel, table=True):
    """A signer's certificate that we have met and whose OCSP answer is kept fresh."""

    __tablename__ = "known_certificate"
    fingerprint: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
