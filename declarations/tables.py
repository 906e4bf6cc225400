"""Tables of what was declared, and of who may declare. docs/stores.md tells the duty of each.

The declarant's number opens every key, so that the tables can be distributed by participant.
Money is in tiyn (1/100 tenge), times are UTC.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, String, UniqueConstraint
from sqlmodel import Field, SQLModel


class ParticipantRow(SQLModel, table=True):
    __tablename__ = "participant"
    identifier: str = Field(primary_key=True, max_length=20)
    name: str
    roles: str  # space-separated
    registered_on: date


class PowerOfAttorneyRow(SQLModel, table=True):
    __tablename__ = "power_of_attorney"
    principal: str = Field(primary_key=True, max_length=20)
    agent: str = Field(primary_key=True, max_length=20)
    number: str = Field(primary_key=True, max_length=50)
    valid_from: date
    valid_to: date
    scope: str  # type codes, space-separated
    revoked_on: date | None = None


class PowerChangeRow(SQLModel, table=True):
    """What a power of attorney said before an administrator changed it, so that what was lodged before stays right."""

    __tablename__ = "power_of_attorney_change"
    principal: str = Field(primary_key=True, max_length=20)
    agent: str = Field(primary_key=True, max_length=20)
    number: str = Field(primary_key=True, max_length=50)
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))  # the journal index
    valid_to: date
    revoked_on: date | None = None


class DeclarationRow(SQLModel, table=True):
    __tablename__ = "declaration"
    __table_args__ = (
        UniqueConstraint("registration_number", "version", name="one_version_per_registration_number"),
        Index("declaration_by_participant", "declarant", "sequence"),
        Index("declaration_by_sequence", "sequence"),
        Index("declaration_by_digest", "digest"),
        Index("declaration_by_status", "office", "status", "sequence"),
        Index("declaration_by_type_and_status", "type_code", "status", "sequence"),
    )
    declarant: str = Field(primary_key=True, max_length=20)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    version: int = Field(primary_key=True)
    registration_number: str
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))  # the journal index: grows with time
    agent: str | None = None
    declarant_name: str
    type_code: str
    procedure: str | None = None
    office: str
    status: str
    outcome: str
    item_count: int
    customs_value_tiyn: int | None = Field(default=None, sa_column=Column(BigInteger))
    signer_iin: str
    signer_name: str
    digest: str = Field(sa_column=Column(String(64), nullable=False))  # SHA-256 of the received bytes, hex
    received_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    accepted_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class DocumentRow(SQLModel, table=True):
    """The signed bytes as received, compressed with zstd: the evidence."""

    __tablename__ = "declaration_document"
    declarant: str = Field(primary_key=True, max_length=20)
    functional_reference_id: str = Field(primary_key=True, max_length=35)
    version: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AmendmentRow(SQLModel, table=True):
    """A signed correction that somebody had to permit, and what became of it. The granted ones are versions too."""

    __tablename__ = "amendment"
    digest: str = Field(primary_key=True, max_length=64)  # SHA-256 of the received bytes, hex
    registration_number: str = Field(index=True)
    amends: int  # the version that it corrects
    state: str  # of declarations.amendment_store.State
    sender: str | None = Field(default=None, max_length=20)
    signer_iin: str
    reason: str
    received_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))  # the journal index of the request
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the signed bytes as received, zstd


class RegistrationCounterRow(SQLModel, table=True):
    __tablename__ = "registration_counter"
    office: str = Field(primary_key=True, max_length=8)
    day: str = Field(primary_key=True, max_length=6)  # ddmmyy
    last: int


class TariffRow(SQLModel, table=True):
    """A full tariff as loaded: the newest one is in force."""

    __tablename__ = "tariff"
    id: int | None = Field(default=None, primary_key=True)
    source: str
    loaded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    complete: bool
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the CSV, zstd


class ExchangeRateRow(SQLModel, table=True):
    """A published exchange rate as loaded; of two for the same currency and day the one loaded last counts."""

    __tablename__ = "exchange_rate"
    id: int | None = Field(default=None, primary_key=True)
    currency: str = Field(max_length=3)
    since: date
    units: int
    tenge: str  # exact
    source: str
    loaded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class RevisionRow(SQLModel, table=True):
    """One row: counts every change of what judging depends on (participants, powers, tariff, rates, tokens)."""

    __tablename__ = "revision"
    id: int = Field(default=1, primary_key=True)
    number: int
