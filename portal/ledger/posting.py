"""Writing an entry: its rows, the balances, and the journal's entry that tells it, in one transaction.

The journal holds the digest of an entry, its key and its document, and neither amounts nor persons.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection

from declarations.ledger import rules, store
from declarations.ledger.errors import PostingRefused
from declarations.ledger.model import (
    TIYN_MOST,
    AccountKind,
    Claim,
    Draft,
    Entry,
    EntryKind,
    Line,
    Outstanding,
    Transfer,
)
from portal import audit
from portal.ledger.errors import LedgerRefused
from risk_gateway import canonical
from risk_gateway.days import day_of
from signing import store as signing_store

_NO_SIGNS: Final = frozenset("|\n\r\t")  # they divide the parts of an account's name
_ORDER: Final = (AccountKind.DEBT, AccountKind.PAYABLE, AccountKind.INTEREST)


def post(connection: Connection, at: datetime, drafts: Sequence[tuple[Draft, str]]) -> None:
    """Write entries, the journal's entries that tell them, and the balances. Raises `LedgerRefused`."""
    size, frontier = signing_store.lock_head(connection)
    made, records = [], []
    for number, (draft, wish) in enumerate(drafts, start=size):
        if not draft.transfers:
            raise LedgerRefused("ledger.amount_wrong", "amount")
        for name in (draft.document, draft.holder):
            if _NO_SIGNS & set(name):
                raise LedgerRefused("ledger.no_claim", document=draft.document)
        entry = Entry(number=number, at=at, draft=draft)
        digest = digest_of(entry)
        made.append((entry, digest, wish))
        records.append(
            audit.Record(audit.Event.LEDGER_POSTED, subject_of(draft.document), at, particulars_of(entry, digest))
        )
    try:
        store.add_entries(connection, made)
    except PostingRefused as refused:
        raise LedgerRefused(refused.code, refused.field, **refused.params) from None
    audit.append(connection, size, frontier, records)


def post_one(
    connection: Connection,
    at: datetime,
    claim: Claim,
    wish: str,
    *,
    key: str,
    kind: EntryKind,
    transfers: tuple[Transfer, ...],
    by: str = "",
) -> None:
    draft = Draft(key=key, kind=kind, document=claim.document, holder=claim.holder, transfers=transfers, by=by)
    post(connection, at, [(draft, wish)])


def known(connection: Connection, key: str, wish: str) -> bool:
    """Whether this was done before. Raises `LedgerRefused` where something else was, under the same key."""
    before = store.find_request(connection, key)
    if before is not None and before != wish:
        raise LedgerRefused("ledger.key_reused")
    return before is not None


def wish_of(draft: Draft) -> str:
    return canonical.digest([draft.kind, draft.holder, draft.document, [each.tiyn for each in draft.transfers]])


def digest_of(entry: Entry) -> str:
    """Return what the journal holds of an entry: SHA-256 of all of it."""
    draft = entry.draft
    transfers = [[each.debit.id, each.credit.id, each.tiyn] for each in draft.transfers]
    said = [
        draft.key,
        draft.kind,
        draft.document,
        draft.holder,
        draft.by,
        draft.source,
        entry.at.astimezone(UTC),
        transfers,
    ]
    return canonical.digest(said)


def subject_of(document: str) -> str:
    """Return how the journal calls a document's payments, beside what it tells of the document itself."""
    return f"ledger:{document}"


def particulars_of(entry: Entry, digest: str) -> dict[str, str]:
    return {"key": entry.draft.key, "kind": entry.draft.kind.value, "entry": digest}


def claim_of(connection: Connection, document: str) -> Claim:
    claim = store.read_claim(connection, document)
    if claim is None:
        raise LedgerRefused("ledger.no_claim", document=document)
    return claim


def standing_of(connection: Connection, claim: Claim) -> Outstanding:
    return store.standing(claim, store.balances_of(connection, claim.document), tuple(_ORDER))


def owed_of(connection: Connection, at: datetime, document: str) -> tuple[tuple[AccountKind, str, int], ...]:
    return store.owed_of(store.balances_of(connection, document), rules.order_on(day_of(at)))


def by_code(lines: Sequence[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.code] = found.get(line.code, 0) + line.tiyn
    return found


def whole_lines(lines: Sequence[Line]) -> list[Line]:
    for line in lines:
        if not 0 <= line.tiyn < TIYN_MOST:
            raise LedgerRefused("ledger.amount_wrong", "amount")
    return [Line(code, tiyn) for code, tiyn in sorted(by_code(lines).items()) if tiyn]


def demand_whole(tiyn: int) -> None:
    if not 0 < tiyn < TIYN_MOST:
        raise LedgerRefused("ledger.amount_wrong", "amount")
