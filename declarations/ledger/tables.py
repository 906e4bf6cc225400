"""Tables of the ledger. docs/stores.md tells the duty of each; entries and transfers are only added, which the database
enforces with triggers (migration 0020).
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Index, LargeBinary, String
from sqlmodel import Field, SQLModel


def _moment(*, optional: bool = False, index: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=optional, index=index)


def _tiyn() -> Column[int]:
    return Column(BigInteger, nullable=False)


class LedgerAccountRow(SQLModel, table=True):
    """An account with its balance, which a constraint keeps from being less than nothing."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("balance_tiyn >= 0", name="ledger_balance_is_not_negative"),
        Index("ledger_account_by_holder", "holder", "kind"),
        Index("ledger_account_by_document", "document", "kind"),
    )
    id: str = Field(primary_key=True, max_length=160)
    kind: str = Field(max_length=12)
    holder: str = Field(max_length=40)
    document: str = Field(max_length=60)
    code: str = Field(max_length=12)
    balance_tiyn: int = Field(sa_column=_tiyn())


class LedgerEntryRow(SQLModel, table=True):
    """One entry; `number` is the index of the journal entry that tells the same."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ledger_entry_by_document", "document", "number"),
        Index("ledger_entry_by_holder", "holder", "number"),
    )
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    key: str = Field(sa_column=Column(String(160), nullable=False, unique=True))
    kind: str = Field(max_length=20)
    document: str = Field(max_length=60)
    holder: str = Field(max_length=40)
    at: datetime = Field(sa_column=_moment())
    by_iin: str = Field(max_length=12)
    source: str = Field(max_length=100)
    digest: str = Field(sa_column=Column(String(64), nullable=False))
    request: str = Field(sa_column=Column(String(64), nullable=False))


class LedgerTransferRow(SQLModel, table=True):
    """So many tiyn from one account to another: debit and credit in one row, so they are equal."""

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("tiyn > 0", name="ledger_transfer_moves_something"),
        CheckConstraint("debit <> credit", name="ledger_transfer_has_two_sides"),
        Index("ledger_transfer_by_debit", "debit"),
        Index("ledger_transfer_by_credit", "credit"),
    )
    entry: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    position: int = Field(primary_key=True)
    debit: str = Field(max_length=160)
    credit: str = Field(max_length=160)
    tiyn: int = Field(sa_column=_tiyn())


class LedgerClaimRow(SQLModel, table=True):
    """What is claimed for a document and how far that has come; `next_at` is when the office has to look again."""

    __tablename__ = "ledger_claim"
    document: str = Field(primary_key=True, max_length=60)
    holder: str = Field(max_length=40, index=True)
    kind: str = Field(max_length=12)
    office: str = Field(max_length=10)
    due: date = Field(sa_column=Column(Date, nullable=False))
    declared: str  # JSON
    charged_at: datetime = Field(sa_column=_moment())
    noticed: str = Field(max_length=2)
    overdue: bool
    interest_to: date | None = Field(default=None, sa_column=Column(Date))
    next_at: datetime | None = Field(default=None, sa_column=_moment(optional=True, index=True))


class LedgerNoticeRow(SQLModel, table=True):
    """A sealed notice 13, 14 or 15 about a document."""

    __tablename__ = "ledger_notice"
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    document: str = Field(max_length=60, index=True)
    holder: str = Field(max_length=40)
    code: str = Field(max_length=2)
    at: datetime = Field(sa_column=_moment())
    told: str  # JSON: all that the notice is made of
    notice: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # sealed XML, zstd


class LedgerRefundRow(SQLModel, table=True):
    """A refund from asking to paying; nobody approves what is one's own proposal."""

    __tablename__ = "ledger_refund"
    __table_args__ = (CheckConstraint("decided_by_iin <> proposed_by_iin", name="refund_takes_two"),)
    number: str = Field(primary_key=True, max_length=30)
    holder: str = Field(max_length=40, index=True)
    tiyn: int = Field(sa_column=_tiyn())
    account: str = Field(max_length=34)
    reason: str
    state: str = Field(max_length=10, index=True)
    asked_by_iin: str = Field(max_length=12)
    asked_at: datetime = Field(sa_column=_moment())
    proposed_by_iin: str | None = Field(default=None, max_length=12)
    proposed_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_by_iin: str | None = Field(default=None, max_length=12)
    decided_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))
    decided_text: str = ""
    paid_at: datetime | None = Field(default=None, sa_column=_moment(optional=True))


class LedgerPaymentRow(SQLModel, table=True):
    """A payment of which the bank told, once; `holder` is empty while nobody knows for whom it is."""

    __tablename__ = "ledger_payment"
    id: str = Field(primary_key=True, max_length=64)
    payer: str = Field(max_length=40)
    reference: str = Field(max_length=60)
    tiyn: int = Field(sa_column=_tiyn())
    paid_at: datetime = Field(sa_column=_moment())
    received_at: datetime = Field(sa_column=_moment(index=True))
    holder: str = Field(max_length=40, index=True)
    allocated_by_iin: str = Field(max_length=12)
