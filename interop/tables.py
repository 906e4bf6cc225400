"""What leaves and what comes: the outbox of participants, and the exchange with partners. See docs/stores.md."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, LargeBinary, UniqueConstraint, text
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


class PartnerRow(SQLModel, table=True):
    __tablename__ = "exchange_partner"
    id: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=20)
    country: str = Field(max_length=2)
    active: bool
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON of the Partner
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class PartnerProposalRow(SQLModel, table=True):
    """A change that opens the portal to a partner: two are a constraint of the database."""

    __tablename__ = "exchange_proposal"
    __table_args__ = (
        CheckConstraint(
            "outcome <> 'done' OR (decided_by_iin IS NOT NULL AND decided_by_iin <> by_iin)", name="partner_takes_two"
        ),
        Index(
            "one_open_proposal_per_partner",
            "partner",
            unique=True,
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    partner: str = Field(max_length=40)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # JSON of the Partner as it shall be
    seen: str = Field(max_length=64)  # what stands for the partner as it was
    by_iin: str = Field(max_length=12)
    by_name: str
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    outcome: str | None = Field(default=None, max_length=10)  # done, declined, withdrawn, overtaken
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_by_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class StreamRow(SQLModel, table=True):
    __tablename__ = "exchange_stream"
    partner: str = Field(primary_key=True, max_length=40)
    sent: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # the last sequence given
    received: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # how many were taken or refused
    cursor: str = Field(default="", max_length=120)  # of the partner's violations
    restored_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    resent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))  # what it had lost


class LeaseRow(SQLModel, table=True):
    __tablename__ = "exchange_lease"
    partner: str = Field(primary_key=True, max_length=40)
    job: str = Field(primary_key=True, max_length=10)  # send, pull
    owner: str = Field(default="", max_length=40)
    until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    next_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    failures: int = 0  # in a row
    trouble: str = Field(default="", max_length=200)
    tried_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    answered_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class SentRow(SQLModel, table=True):
    __tablename__ = "exchange_outbox"
    __table_args__ = (
        UniqueConstraint("partner", "sequence"),
        Index("exchange_outbox_due", "partner", "state", "next_attempt_at"),
        Index("exchange_outbox_next", "partner", "state", "sequence"),
        Index("exchange_outbox_position", "partner", "position"),
    )
    message_id: str = Field(primary_key=True, max_length=64)
    partner: str = Field(max_length=40)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = Field(max_length=64)
    subject: str = Field(max_length=120)
    envelope: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # exactly as it is sent
    state: str = Field(max_length=10)  # waiting, delivered, dead, withheld
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    code: str = Field(default="", max_length=64)  # the partner's last word
    receipt: str = Field(default="")
    position: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))  # with the partner


class OldReceiptRow(SQLModel, table=True):
    """The receipt that a message had when it was sent again."""

    __tablename__ = "exchange_receipt"
    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(max_length=64, index=True)
    partner: str = Field(max_length=40)
    receipt: str


class TakenRow(SQLModel, table=True):
    __tablename__ = "exchange_inbox"
    partner: str = Field(primary_key=True, max_length=40)
    message_id: str = Field(primary_key=True, max_length=64)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = Field(max_length=64)
    subject: str = Field(max_length=120)
    digest: str = Field(max_length=64)  # SHA-256 of the envelope
    outcome: str = Field(max_length=10)
    code: str = Field(default="", max_length=64)
    received_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    receipt: str
    proof: str = Field(max_length=64)  # what proves who sent it: a row of exchange_proof


class ProofRow(SQLModel, table=True):
    __tablename__ = "exchange_proof"
    digest: str = Field(primary_key=True, max_length=64)  # SHA-256 of what was signed
    partner: str = Field(max_length=40)
    signed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # the signature base of RFC 9421
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # zstd
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class NonceRow(SQLModel, table=True):
    __tablename__ = "exchange_nonce"
    partner: str = Field(primary_key=True, max_length=40)
    nonce: str = Field(primary_key=True, max_length=64)
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


class AllowanceRow(SQLModel, table=True):
    __tablename__ = "exchange_allowance"
    partner: str = Field(primary_key=True, max_length=40)
    left: float  # requests
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class NumberHashRow(SQLModel, table=True):
    """A number on record here, by its HMAC under the salt that is shared with a partner."""

    __tablename__ = "exchange_number"
    __table_args__ = (Index("exchange_number_hash", "partner", "hash"),)
    partner: str = Field(primary_key=True, max_length=40)
    salt: str = Field(primary_key=True, max_length=16)  # what stands for it
    number: str = Field(primary_key=True, max_length=60)
    hash: str = Field(max_length=64)


class QueryRow(SQLModel, table=True):
    __tablename__ = "exchange_query"
    __table_args__ = (Index("exchange_query_about", "about", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    partner: str = Field(max_length=40)
    about: str = Field(max_length=120)  # the identifier that was asked about, or its hash where it is not known here
    purpose: str = Field(max_length=64)
    legal_basis: str = Field(max_length=500)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    answer: str = Field(max_length=20)  # told, nothing, refused
    code: str = Field(default="", max_length=64)
    told: str = Field(default="[]")  # JSON: what was told: identifier and version of each violation
