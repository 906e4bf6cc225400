"""Accounts, transfers and entries. An entry is a list of transfers, so its debits equal its credits by construction."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

INTEREST_CODE: Final = "interest"
DEMANDED_CODE: Final = "demanded"  # what an officer demands above what the declaration itself shows
TIYN_MOST: Final = 10**15  # of one line: ten trillion tenge, so that sums fit into 64 bits


class AccountKind(StrEnum):
    """What an account holds. None ever holds less than nothing, on its own side."""

    BANK = "bank"  # money that came in and has not gone out
    PREPAID = "prepaid"  # a holder's money, for whatever falls due
    UNALLOCATED = "unallocated"  # money of which nobody knows yet for whom it is
    PAYABLE = "payable"  # what a holder is to pay for a document by a day, by payment code
    DEBT = "debt"  # what was not paid by that day
    INTEREST = "interest"
    SECURITY = "security"  # held for a document
    GUARANTOR = "guarantor"  # promised on paper by somebody else, behind a security
    REFUND = "refund"  # approved, and not paid out yet
    BUDGET = "budget"  # what the state is owed or has got for a document, by payment code


OWED: Final = frozenset({AccountKind.PAYABLE, AccountKind.DEBT, AccountKind.INTEREST})
_GROWS_BY_DEBIT: Final = OWED | {AccountKind.BANK, AccountKind.GUARANTOR}


class Account(Struct, frozen=True, order=True):
    """`holder` and `code` are empty where an account has none; `document` too, for a prepaid balance."""

    kind: AccountKind
    holder: str = ""
    document: str = ""
    code: str = ""

    @property
    def id(self) -> str:
        return f"{self.kind.value}|{self.holder}|{self.document}|{self.code}"


class Transfer(Struct, frozen=True):
    """So many tiyn, more than nothing, are debited to one account and credited to another."""

    debit: Account
    credit: Account
    tiyn: int


class EntryKind(StrEnum):
    CHARGED = "charged"
    ADJUSTED = "adjusted"
    RECEIVED = "received"
    SETTLED = "settled"
    OVERDUE = "overdue"
    INTEREST = "interest"
    HELD = "held"
    RELEASED = "released"
    FORFEITED = "forfeited"
    REFUND_APPROVED = "refund approved"
    REFUND_PAID = "refund paid"
    ALLOCATED = "allocated"


class Draft(Struct, frozen=True, kw_only=True):
    """An entry as it is wanted. `key` makes it one: what has the same key is the same entry.

    `document` is what every tenge of it leads to; of money that is for no document yet, the bank's payment. `by` is the
    officer's IIN, empty for the portal; `source` where money came from.
    """

    key: str
    kind: EntryKind
    document: str
    holder: str
    transfers: tuple[Transfer, ...]
    by: str = ""
    source: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """A draft that was posted: `number` is its place in the journal."""

    number: int
    at: datetime
    draft: Draft


class ClaimKind(StrEnum):
    DECLARATION = "declaration"
    CRO = "cro"
    RECOVERY = "recovery"
    AUDIT = "audit"


class Line(Struct, frozen=True):
    """`code` is a kind of payment (declarations/reference/payments.toml)."""

    code: str
    tiyn: int


class Claim(Struct, frozen=True, kw_only=True):
    """What is being claimed for a document, and how far that has come; how much, the accounts tell.

    `declared` is what the declaration itself owes by code, so that an amendment posts the difference. `noticed` is the
    code of the last notice; `next_at` is when the office has to look again, None when there is nothing left to do.
    """

    document: str
    holder: str
    kind: ClaimKind
    office: str
    due: date
    declared: Mapping[str, int]
    charged_at: datetime
    noticed: str = ""
    overdue: bool = False
    interest_to: date | None = None
    next_at: datetime | None = None


class Outstanding(Struct, frozen=True, kw_only=True):
    """How it stands with a document. `owed` is what is still to pay in the order of paying: kind, code, tiyn."""

    document: str
    holder: str
    kind: ClaimKind
    due: date
    charged: int
    owed: tuple[tuple[AccountKind, str, int], ...]
    security: int = 0

    def _sum(self, kind: AccountKind) -> int:
        return sum(tiyn for each, _, tiyn in self.owed if each is kind)

    @property
    def payable(self) -> int:
        return self._sum(AccountKind.PAYABLE)

    @property
    def debt(self) -> int:
        return self._sum(AccountKind.DEBT)

    @property
    def interest(self) -> int:
        return self._sum(AccountKind.INTEREST)

    @property
    def open(self) -> int:
        return sum(tiyn for _, _, tiyn in self.owed)

    @property
    def paid(self) -> int:
        return self.charged - self.open

    @property
    def in_full(self) -> bool:
        return self.open == 0


class Holdings(Struct, frozen=True, kw_only=True):
    """What a holder has and owes, over all documents."""

    prepaid: int = 0
    due: int = 0
    debt: int = 0
    interest: int = 0
    securities: int = 0
    refunds: int = 0


def prepaid(holder: str) -> Account:
    return Account(AccountKind.PREPAID, holder)


def security(holder: str, document: str) -> Account:
    return Account(AccountKind.SECURITY, holder, document)


def guarantor(holder: str, document: str) -> Account:
    return Account(AccountKind.GUARANTOR, holder, document)


def budget(document: str, code: str) -> Account:
    return Account(AccountKind.BUDGET, "", document, code)


BANK: Final = Account(AccountKind.BANK)
UNALLOCATED: Final = Account(AccountKind.UNALLOCATED)


def changes_of(transfers: Sequence[Transfer]) -> dict[Account, int]:
    """Return by how much each account grows, or shrinks, on its own side; those left as they are not at all."""
    changes: dict[Account, int] = {}
    for each in transfers:
        for account, debited in ((each.debit, True), (each.credit, False)):
            grows = (account.kind in _GROWS_BY_DEBIT) is debited
            changes[account] = changes.get(account, 0) + (each.tiyn if grows else -each.tiyn)
    return {account: tiyn for account, tiyn in changes.items() if tiyn}
