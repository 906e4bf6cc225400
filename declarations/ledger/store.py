"""What is kept of the ledger. All is SQLAlchemy Core over a caller's connection; the caller commits.

A balance changes by one statement that refuses what would leave less than nothing, so two who spend the same money at
once cannot both succeed, under the journal's lock or without it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations.ledger.errors import PostingRefused
from declarations.ledger.model import (
    OWED,
    Account,
    AccountKind,
    Claim,
    ClaimKind,
    Draft,
    Entry,
    EntryKind,
    Holdings,
    Outstanding,
    Transfer,
    changes_of,
)
from declarations.ledger.tables import (
    LedgerAccountRow,
    LedgerClaimRow,
    LedgerEntryRow,
    LedgerNoticeRow,
    LedgerTransferRow,
)
from declarations.store import aware

account = SQLModel.metadata.tables[LedgerAccountRow.__tablename__]
entry_table = SQLModel.metadata.tables[LedgerEntryRow.__tablename__]
transfer = SQLModel.metadata.tables[LedgerTransferRow.__tablename__]
claim_table = SQLModel.metadata.tables[LedgerClaimRow.__tablename__]
notice_table = SQLModel.metadata.tables[LedgerNoticeRow.__tablename__]

_INSERT_ENTRY = insert(entry_table)
_INSERT_TRANSFER = insert(transfer)
_INSERT_CLAIM = insert(claim_table)
_BY_KEY = select(entry_table.c.number, entry_table.c.request).where(entry_table.c.key == bindparam("key"))
_BY_DOCUMENT = select(account).where(account.c.document == bindparam("document"))
_CLAIM = select(claim_table).where(claim_table.c.document == bindparam("document"))
_BALANCE = select(account.c.balance_tiyn).where(account.c.id == bindparam("account"))
_PUT_CLAIM = update(claim_table).where(claim_table.c.document == bindparam("of"))
_SPEND = (
    update(account)
    .where(account.c.id == bindparam("account"), account.c.balance_tiyn >= bindparam("tiyn"))
    .values(balance_tiyn=account.c.balance_tiyn - bindparam("tiyn"))
)


def find_request(connection: Connection, key: str) -> str | None:
    """Return the digest of what was asked for under this key; None where nothing was."""
    row = connection.execute(_BY_KEY, {"key": key}).first()
    return None if row is None else str(row.request)


def add_entries(connection: Connection, entries: Sequence[tuple[Entry, str, str]]) -> None:
    """Add entries, each with its digest and that of what was asked for, and change the balances.

    Raises `PostingRefused` when an account would hold less than nothing.
    """
    connection.execute(_INSERT_ENTRY, [_entry_row(*each) for each in entries])
    rows = [row for entry, _, _ in entries for row in _transfer_rows(entry)]
    connection.execute(_INSERT_TRANSFER, rows)
    change_balances(connection, changes_of([each for entry, _, _ in entries for each in entry.draft.transfers]))


def change_balances(connection: Connection, changes: Mapping[Account, int]) -> None:
    """Change balances, always in the same order, so that nobody waits for each other. Raises `PostingRefused`."""
    if all(tiyn > 0 for tiyn in changes.values()):
        connection.execute(_GROW[connection.dialect.name], [_grown(each, changes[each]) for each in sorted(changes)])
        return
    for each in sorted(changes):
        tiyn = changes[each]
        if tiyn > 0:
            connection.execute(_GROW[connection.dialect.name], _grown(each, tiyn))
        elif connection.execute(_SPEND, {"account": each.id, "tiyn": -tiyn}).rowcount != 1:
            raise PostingRefused("ledger.not_enough", "amount")


def balance(connection: Connection, of: Account) -> int:
    return int(connection.execute(_BALANCE, {"account": of.id}).scalar() or 0)


def balances_of(connection: Connection, document: str) -> dict[Account, int]:
    """Return the accounts of a document that hold anything."""
    rows = connection.execute(_BY_DOCUMENT, {"document": document})
    return {_account(row): int(row.balance_tiyn) for row in rows if row.balance_tiyn}


def charged_of(balances: Mapping[Account, int]) -> dict[str, int]:
    """Return what a document was charged by code."""
    return {each.code: tiyn for each, tiyn in balances.items() if each.kind is AccountKind.BUDGET}


def owed_of(balances: Mapping[Account, int], order: Sequence[AccountKind]) -> tuple[tuple[AccountKind, str, int], ...]:
    """Return what a document still owes, in the order of paying."""
    owed = [(each.kind, each.code, tiyn) for each, tiyn in balances.items() if each.kind in OWED]
    return tuple(sorted(owed, key=lambda one: (order.index(one[0]), one[1])))


def outstanding(connection: Connection, document: str, order: Sequence[AccountKind]) -> Outstanding | None:
    """Return how it stands with a document; None where nothing was ever claimed for it."""
    claim = read_claim(connection, document)
    if claim is None:
        return None
    return standing(claim, balances_of(connection, document), order)


def standing(claim: Claim, balances: Mapping[Account, int], order: Sequence[AccountKind]) -> Outstanding:
    held = (tiyn for each, tiyn in balances.items() if each.kind is AccountKind.SECURITY)
    return Outstanding(
        document=claim.document,
        holder=claim.holder,
        kind=claim.kind,
        due=claim.due,
        charged=sum(charged_of(balances).values()),
        owed=owed_of(balances, order),
        security=sum(held),
    )


def holdings(connection: Connection, holder: str) -> Holdings:
    wanted = select(account.c.kind, func.sum(account.c.balance_tiyn)).where(account.c.holder == holder)
    sums = {kind: int(tiyn) for kind, tiyn in connection.execute(wanted.group_by(account.c.kind))}
    return Holdings(
        prepaid=sums.get(AccountKind.PREPAID.value, 0),
        due=sums.get(AccountKind.PAYABLE.value, 0),
        debt=sums.get(AccountKind.DEBT.value, 0),
        interest=sums.get(AccountKind.INTEREST.value, 0),
        securities=sums.get(AccountKind.SECURITY.value, 0),
        refunds=sums.get(AccountKind.REFUND.value, 0),
    )


def has_accounts(connection: Connection, holder: str) -> bool:
    return connection.execute(select(account.c.id).where(account.c.holder == holder).limit(1)).first() is not None


def totals(connection: Connection) -> dict[AccountKind, int]:
    """Return what all accounts of each kind hold together."""
    wanted = select(account.c.kind, func.sum(account.c.balance_tiyn)).group_by(account.c.kind)
    return {AccountKind(kind): int(tiyn) for kind, tiyn in connection.execute(wanted)}


# --- claims ---------------------------------------------------------------------------------------------------------


def add_claims(connection: Connection, claims: Sequence[Claim]) -> None:
    connection.execute(_INSERT_CLAIM, [_claim_row(each) for each in claims])


def put_claim(connection: Connection, claim: Claim) -> None:
    connection.execute(_PUT_CLAIM, {**_claim_row(claim), "of": claim.document})


def read_claim(connection: Connection, document: str) -> Claim | None:
    row = connection.execute(_CLAIM, {"document": document}).first()
    return None if row is None else _claim(row)


def claims_due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return the documents at which the office has to look again, the longest waiting first."""
    wanted = select(claim_table.c.document).where(claim_table.c.next_at <= now).order_by(claim_table.c.next_at)
    return list(connection.execute(wanted.limit(limit)).scalars())


def wake_claims(connection: Connection, holder: str, now: datetime) -> None:
    """Have the unsettled documents of a holder looked at now."""
    where = (claim_table.c.holder == holder, claim_table.c.next_at.is_not(None))
    connection.execute(update(claim_table).where(*where).values(next_at=now))


def list_claims(
    connection: Connection,
    order: Sequence[AccountKind],
    *,
    holder: str = "",
    overdue: bool = False,
    search: str = "",
    limit: int = 200,
) -> list[Outstanding]:
    """Return documents with how it stands with them: those with something to pay first, then the newest."""
    owed = (
        select(account.c.document, func.sum(account.c.balance_tiyn).label("owed"))
        .where(account.c.kind.in_([each.value for each in OWED]))
        .group_by(account.c.document)
        .subquery()
    )
    together = claim_table.outerjoin(owed, owed.c.document == claim_table.c.document)
    wanted: Select[Any] = select(claim_table).select_from(together)
    if holder:
        wanted = wanted.where(claim_table.c.holder == holder)
    if overdue:
        wanted = wanted.where(claim_table.c.overdue.is_(True), owed.c.owed > 0)
    if search:
        wanted = wanted.where(or_(claim_table.c.document == search, claim_table.c.holder == search))
    open_first = func.coalesce(owed.c.owed, 0) > 0
    rows = connection.execute(wanted.order_by(open_first.desc(), claim_table.c.charged_at.desc()).limit(limit))
    claims = [_claim(row) for row in rows]
    balances = _balances_of_many(connection, [each.document for each in claims])
    return [standing(each, balances.get(each.document, {}), order) for each in claims]


def _balances_of_many(connection: Connection, documents: Sequence[str]) -> dict[str, dict[Account, int]]:
    found: dict[str, dict[Account, int]] = {}
    for row in connection.execute(select(account).where(account.c.document.in_(documents))):
        if row.balance_tiyn:
            found.setdefault(row.document, {})[_account(row)] = int(row.balance_tiyn)
    return found


# --- entries --------------------------------------------------------------------------------------------------------


def read_entries(
    connection: Connection, *, document: str = "", holder: str = "", limit: int | None = None
) -> list[Entry]:
    """Return entries of a document or of a holder, the newest first."""
    wanted = select(entry_table).order_by(entry_table.c.number.desc())
    if document:
        wanted = wanted.where(entry_table.c.document == document)
    if holder:
        wanted = wanted.where(entry_table.c.holder == holder)
    rows = connection.execute(wanted if limit is None else wanted.limit(limit)).all()
    parts = _transfers_of(connection, [row.number for row in rows])
    return [_entry(row, parts.get(row.number, ())) for row in rows]


def stream_entries(connection: Connection) -> Iterator[tuple[Entry, str]]:
    """Yield all entries with their digests, in order."""
    last = -1
    while rows := connection.execute(
        select(entry_table).where(entry_table.c.number > last).order_by(entry_table.c.number).limit(500)
    ).all():
        parts = _transfers_of(connection, [row.number for row in rows])
        for row in rows:
            yield _entry(row, parts.get(row.number, ())), row.digest
        last = rows[-1].number


def all_balances(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(account.c.id, account.c.balance_tiyn))
    return {row.id: int(row.balance_tiyn) for row in rows}


def all_claims(connection: Connection) -> Iterator[Claim]:
    for row in connection.execute(select(claim_table).order_by(claim_table.c.document)):
        yield _claim(row)


def stray_transfers(connection: Connection) -> list[int]:
    """Return the numbers of entries that have transfers and do not exist."""
    together = transfer.outerjoin(entry_table, entry_table.c.number == transfer.c.entry)
    wanted = select(transfer.c.entry).select_from(together).where(entry_table.c.number.is_(None)).distinct()
    return [int(each) for each in connection.execute(wanted).scalars()]


# --- notices --------------------------------------------------------------------------------------------------------


def add_notice(connection: Connection, row: Mapping[str, Any]) -> None:
    connection.execute(insert(notice_table), row)


def find_notice(connection: Connection, sequence: int) -> Row[Any] | None:
    return connection.execute(select(notice_table).where(notice_table.c.sequence == sequence)).first()


def read_notices(connection: Connection, document: str | None = None) -> list[Row[Any]]:
    wanted = select(notice_table).order_by(notice_table.c.sequence)
    if document is not None:
        wanted = wanted.where(notice_table.c.document == document)
    return list(connection.execute(wanted))


# --- rows and values ------------------------------------------------------------------------------------------------


def _growing(add: Callable[..., Any]) -> Any:
    made = add(account)
    more = {"balance_tiyn": account.c.balance_tiyn + made.excluded.balance_tiyn}
    return made.on_conflict_do_update(index_elements=["id"], set_=more)


_GROW = {"postgresql": _growing(postgresql.insert), "sqlite": _growing(sqlite.insert)}


def _grown(each: Account, tiyn: int) -> dict[str, Any]:
    return {
        "id": each.id,
        "kind": each.kind.value,
        "holder": each.holder,
        "document": each.document,
        "code": each.code,
        "balance_tiyn": tiyn,
    }


def _account(row: Row[Any]) -> Account:
    return Account(AccountKind(row.kind), row.holder, row.document, row.code)


def _entry_row(entry: Entry, digest: str, request: str) -> dict[str, Any]:
    draft = entry.draft
    return {
        "number": entry.number,
        "key": draft.key,
        "kind": draft.kind.value,
        "document": draft.document,
        "holder": draft.holder,
        "at": entry.at,
        "by_iin": draft.by,
        "source": draft.source,
        "digest": digest,
        "request": request,
    }


def _transfer_rows(entry: Entry) -> Iterator[dict[str, Any]]:
    for position, each in enumerate(entry.draft.transfers):
        yield {
            "entry": entry.number,
            "position": position,
            "debit": each.debit.id,
            "credit": each.credit.id,
            "tiyn": each.tiyn,
        }


def _transfers_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Transfer, ...]]:
    found: dict[int, tuple[Transfer, ...]] = {}
    for start in range(0, len(numbers), 500):
        wanted = select(transfer).where(transfer.c.entry.in_(numbers[start : start + 500]))
        for row in connection.execute(wanted.order_by(transfer.c.entry, transfer.c.position)):
            made = Transfer(_named(row.debit), _named(row.credit), int(row.tiyn))
            found[row.entry] = (*found.get(row.entry, ()), made)
    return found


def _named(identifier: str) -> Account:
    kind, holder, document, code = identifier.split("|")
    return Account(AccountKind(kind), holder, document, code)


def _entry(row: Row[Any], transfers: tuple[Transfer, ...]) -> Entry:
    draft = Draft(
        key=row.key,
        kind=EntryKind(row.kind),
        document=row.document,
        holder=row.holder,
        transfers=transfers,
        by=row.by_iin,
        source=row.source,
    )
    return Entry(number=row.number, at=aware(row.at), draft=draft)


def _claim_row(claim: Claim) -> dict[str, Any]:
    return {
        "document": claim.document,
        "holder": claim.holder,
        "kind": claim.kind.value,
        "office": claim.office,
        "due": claim.due,
        "declared": msgspec.json.encode(claim.declared, order="sorted").decode(),
        "charged_at": claim.charged_at,
        "noticed": claim.noticed,
        "overdue": claim.overdue,
        "interest_to": claim.interest_to,
        "next_at": claim.next_at,
    }


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        document=row.document,
        holder=row.holder,
        kind=ClaimKind(row.kind),
        office=row.office,
        due=row.due,
        declared=msgspec.json.decode(row.declared, type=dict[str, int]),
        charged_at=aware(row.charged_at),
        noticed=row.noticed,
        overdue=row.overdue,
        interest_to=row.interest_to,
        next_at=aware(row.next_at) if row.next_at else None,
    )
