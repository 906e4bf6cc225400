"""What can be done with the ledger, in the caller's transaction and under the journal's lock.

Every function is idempotent by its `key`: the same again changes nothing; another wish under the same key is refused
(`ledger.key_reused`). An entry of the ledger and the journal's entry that tells it have one number and one commit. The
journal holds the digest of an entry, its key and its document, and neither amounts nor persons.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.ledger import planning, rules, store
from declarations.ledger.model import (
    BANK,
    INTEREST_CODE,
    TIYN_MOST,
    UNALLOCATED,
    AccountKind,
    Claim,
    ClaimKind,
    Draft,
    EntryKind,
    Holdings,
    Line,
    Outstanding,
    Transfer,
    prepaid,
)
from portal.ledger.errors import LedgerRefused
from portal.ledger.posting import (
    by_code,
    claim_of,
    demand_whole,
    known,
    owed_of,
    post,
    post_one,
    standing_of,
    whole_lines,
    wish_of,
)
from risk_gateway import canonical
from risk_gateway.days import day_of
from signing import store as signing_store

_NOT_FOLLOWED: Final = frozenset({ClaimKind.CRO})  # paid at once or not at all: no notices, no interest


def outstanding(connection: Connection, document: str) -> Outstanding | None:
    """Return how it stands with a document; None where nothing was ever claimed for it."""
    claim = store.read_claim(connection, document)
    return None if claim is None else standing_of(connection, claim)


def holdings(connection: Connection, holder: str) -> Holdings:
    """Return what a holder has and owes."""
    return store.holdings(connection, holder)


def charge(
    connection: Connection,
    at: datetime,
    *,
    key: str,
    holder: str,
    document: str,
    kind: ClaimKind,
    lines: Sequence[Line],
    due: date,
    office: str = "",
    by: str = "",
    declared: dict[str, int] | None = None,
) -> Outstanding:
    """Charge a document for the first time. Raises `LedgerRefused`."""
    signing_store.lock_head(connection)
    wish = canonical.digest(["charge", holder, document, kind, by_code(lines), due])
    if not known(connection, key, wish):
        if store.read_claim(connection, document) is not None:
            raise LedgerRefused("ledger.charged_already", document=document)
        draft = charging(key, holder, document, lines, by)
        post(connection, at, [(draft, wish)])
        store.add_claims(connection, [new_claim(draft, kind, due, at, office, declared or {})])
    return standing_of(connection, claim_of(connection, document))


def charge_many(connection: Connection, at: datetime, wanted: Sequence[tuple[Draft, Claim]]) -> None:
    """Charge documents for the first time, together: none of them has a claim yet."""
    if wanted:
        post(connection, at, [(draft, wish_of(draft)) for draft, _ in wanted])
        store.add_claims(connection, [claim for _, claim in wanted])


def charging(key: str, holder: str, document: str, lines: Sequence[Line], by: str = "") -> Draft:
    transfers = planning.charging(holder, document, whole_lines(lines))
    return Draft(key=key, kind=EntryKind.CHARGED, document=document, holder=holder, transfers=transfers, by=by)


def new_claim(draft: Draft, kind: ClaimKind, due: date, at: datetime, office: str, declared: dict[str, int]) -> Claim:
    return Claim(
        document=draft.document,
        holder=draft.holder,
        kind=kind,
        office=office,
        due=due,
        declared=declared,
        charged_at=at,
        next_at=None if kind in _NOT_FOLLOWED else at,
    )


def adjust(
    connection: Connection,
    at: datetime,
    *,
    key: str,
    document: str,
    lines: Sequence[Line],
    due: date | None = None,
    by: str = "",
    declared: dict[str, int] | None = None,
) -> Outstanding:
    """Make a document owe exactly this, by code. Raises `LedgerRefused`.

    What was paid above it becomes prepaid balance again; interest stays unless nothing is owed any more.
    """
    signing_store.lock_head(connection)
    claim = claim_of(connection, document)
    wanted = by_code(whole_lines(lines))
    wish = canonical.digest(["adjust", document, wanted, due])
    if not known(connection, key, wish):
        balances = store.balances_of(connection, document)
        charged = store.charged_of(balances)
        if wanted and INTEREST_CODE in charged:
            wanted[INTEREST_CODE] = charged[INTEREST_CODE]
        owed = store.owed_of(balances, rules.order_on(day_of(at)))
        transfers = planning.adjusting(claim.holder, document, charged, owed, wanted)
        if transfers:
            post_one(connection, at, claim, wish, key=key, kind=EntryKind.ADJUSTED, transfers=transfers, by=by)
        grown = sum(wanted.values()) > sum(charged.values())
        store.put_claim(
            connection,
            replace(
                claim,
                due=due or claim.due,
                declared=claim.declared if declared is None else declared,
                noticed="" if grown else claim.noticed,
                next_at=None if claim.kind in _NOT_FOLLOWED else at,
            ),
        )
    return standing_of(connection, claim_of(connection, document))


def pay(
    connection: Connection, at: datetime, *, key: str, holder: str, document: str, tiyn: int, source: str, by: str = ""
) -> Outstanding | None:
    """Credit money that came in, and settle the document with it; what is above stays as prepaid balance.

    `document` "" pays in only. An empty holder: nobody knows yet whose it is. Raises `LedgerRefused`.
    """
    signing_store.lock_head(connection)
    demand_whole(tiyn)
    if document and (claim := claim_of(connection, document)).holder != holder:
        raise LedgerRefused("ledger.other_holder", document=claim.document)
    wish = canonical.digest(["pay", holder, document, tiyn, source])
    if not known(connection, key, wish):
        to = prepaid(holder) if holder else UNALLOCATED
        draft = Draft(
            key=key,
            kind=EntryKind.RECEIVED,
            document=document or source,
            holder=holder,
            transfers=(Transfer(BANK, to, tiyn),),
            by=by,
            source=source,
        )
        post(connection, at, [(draft, wish)])
        if document:
            return settle(connection, at, key=f"{key}/settled", document=document, most=tiyn)
    return outstanding(connection, document) if document else None


def allocate(connection: Connection, at: datetime, *, key: str, holder: str, payment: str, tiyn: int, by: str) -> None:
    """Give unallocated money to its holder. Raises `LedgerRefused`."""
    signing_store.lock_head(connection)
    wish = canonical.digest(["allocate", holder, payment, tiyn])
    if not known(connection, key, wish):
        draft = Draft(
            key=key,
            kind=EntryKind.ALLOCATED,
            document=payment,
            holder=holder,
            transfers=(Transfer(UNALLOCATED, prepaid(holder), tiyn),),
            by=by,
            source=payment,
        )
        post(connection, at, [(draft, wish)])


def settle(connection: Connection, at: datetime, *, key: str, document: str, most: int = TIYN_MOST) -> Outstanding:
    """Pay what a document owes from its holder's prepaid balance, as far as that reaches. Raises `LedgerRefused`."""
    signing_store.lock_head(connection)
    claim = accrue(connection, at, document)
    wish = canonical.digest(["settle", document])
    if not known(connection, key, wish):
        source = prepaid(claim.holder)
        available = min(most, store.balance(connection, source))
        owed = owed_of(connection, at, document)
        if transfers := planning.settling(claim.holder, document, owed, available, source):
            post_one(connection, at, claim, wish, key=key, kind=EntryKind.SETTLED, transfers=transfers)
            if sum(each.tiyn for each in transfers) == sum(tiyn for _, _, tiyn in owed):
                store.put_claim(connection, replace(claim, next_at=None))
    return standing_of(connection, claim_of(connection, document))


def become_debt(connection: Connection, at: datetime, document: str) -> Claim:
    """Turn what was not paid by its day into debt, and interest begins to grow."""
    signing_store.lock_head(connection)
    claim = claim_of(connection, document)
    transfers = planning.becoming_debt(claim.holder, document, owed_of(connection, at, document))
    if transfers:
        key = f"overdue:{document}:{claim.due}"
        post_one(connection, at, claim, canonical.digest([key]), key=key, kind=EntryKind.OVERDUE, transfers=transfers)
    changed = replace(claim, overdue=True, interest_to=claim.interest_to or claim.due)
    store.put_claim(connection, changed)
    return changed


def accrue(connection: Connection, at: datetime, document: str) -> Claim:
    """Add the interest of the days that have begun since it was added last."""
    claim, today = claim_of(connection, document), day_of(at)
    if claim.interest_to is None or claim.interest_to >= today:
        return claim
    debt = sum(tiyn for kind, _, tiyn in owed_of(connection, at, document) if kind is AccountKind.DEBT)
    if grown := rules.interest(debt, claim.interest_to, today):
        key = f"interest:{document}:{today}"
        transfers = planning.growing(claim.holder, document, grown)
        post_one(connection, at, claim, canonical.digest([key]), key=key, kind=EntryKind.INTEREST, transfers=transfers)
    changed = replace(claim, interest_to=today)
    store.put_claim(connection, changed)
    return changed
