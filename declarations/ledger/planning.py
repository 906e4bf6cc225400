"""Which transfers do what is wanted, worked out of the balances as they stand. Pure: nothing is written here."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from declarations.ledger.model import (
    INTEREST_CODE,
    TIYN_MOST,
    Account,
    AccountKind,
    Line,
    Transfer,
    budget,
    guarantor,
    prepaid,
    security,
)

Owed = Sequence[tuple[AccountKind, str, int]]


def dues_of(totals: Mapping[str, Decimal]) -> dict[str, int]:
    """Return what is owed by payment code in tiyn; nothing at all where an amount is beyond any ledger."""
    dues = {code: int(amount * 100) for code, amount in totals.items() if amount > 0}
    return dues if all(tiyn < TIYN_MOST for tiyn in dues.values()) else {}


def charging(holder: str, document: str, lines: Sequence[Line]) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(Account(AccountKind.PAYABLE, holder, document, line.code), budget(document, line.code), line.tiyn)
        for line in lines
        if line.tiyn
    )


def adjusting(
    holder: str, document: str, charged: Mapping[str, int], owed: Owed, wanted: Mapping[str, int]
) -> tuple[Transfer, ...]:
    """Return what makes a document owe what is wanted of each code.

    Less is taken off what is still to pay first; what was paid already becomes the holder's prepaid balance again.
    """
    return tuple(
        transfer
        for code in sorted({*charged, *wanted})
        for transfer in _adjusting_one(holder, document, code, owed, wanted.get(code, 0) - charged.get(code, 0))
    )


def _adjusting_one(holder: str, document: str, code: str, owed: Owed, by: int) -> Iterator[Transfer]:
    if by > 0:
        yield Transfer(Account(AccountKind.PAYABLE, holder, document, code), budget(document, code), by)
        return
    left = -by
    for kind, _, tiyn in (each for each in owed if each[1] == code):
        if taken := min(left, tiyn):
            yield Transfer(budget(document, code), Account(kind, holder, document, code), taken)
            left -= taken
    if left:
        yield Transfer(budget(document, code), prepaid(holder), left)


def settling(holder: str, document: str, owed: Owed, available: int, source: Account) -> tuple[Transfer, ...]:
    """Return what pays as much of `owed`, in its order, as `available` tiyn of an account reach for."""
    transfers = []
    for kind, code, tiyn in owed:
        if taken := min(available, tiyn):
            transfers.append(Transfer(source, Account(kind, holder, document, code), taken))
            available -= taken
    return tuple(transfers)


def becoming_debt(holder: str, document: str, owed: Owed) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            Account(AccountKind.DEBT, holder, document, code),
            Account(AccountKind.PAYABLE, holder, document, code),
            tiyn,
        )
        for kind, code, tiyn in owed
        if kind is AccountKind.PAYABLE
    )


def growing(holder: str, document: str, tiyn: int) -> tuple[Transfer, ...]:
    """Return what adds interest."""
    owed = Account(AccountKind.INTEREST, holder, document, INTEREST_CODE)
    return (Transfer(owed, budget(document, INTEREST_CODE), tiyn),)


def giving_back(holder: str, document: str, tiyn: int, promised: int) -> tuple[Transfer, ...]:
    """Return what gives a security back: the guarantor's promise first, then the holder's own money."""
    held, of_guarantor = security(holder, document), min(tiyn, promised)
    parts = ((guarantor(holder, document), of_guarantor), (prepaid(holder), tiyn - of_guarantor))
    return tuple(Transfer(held, account, part) for account, part in parts if part)
