"""Securities for a document: held, given back, or taken for what is owed. In the caller's transaction, once by key."""

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.ledger import planning, store
from declarations.ledger.model import Account, AccountKind, Draft, EntryKind, Transfer, guarantor, prepaid, security
from portal.ledger.books import accrue
from portal.ledger.errors import LedgerRefused
from portal.ledger.posting import demand_whole, known, owed_of, post, post_one
from risk_gateway import canonical
from signing import store as signing_store


def hold(
    connection: Connection,
    at: datetime,
    *,
    key: str,
    holder: str,
    document: str,
    tiyn: int,
    guaranteed: bool = False,
    by: str = "",
) -> None:
    """Hold a security for a document: money of the prepaid balance, or a guarantor's promise on paper.

    Raises `LedgerRefused` "ledger.not_enough".
    """
    signing_store.lock_head(connection)
    demand_whole(tiyn)
    wish = canonical.digest(["hold", holder, document, tiyn, guaranteed])
    if not known(connection, key, wish):
        source = guarantor(holder, document) if guaranteed else prepaid(holder)
        draft = Draft(
            key=key,
            kind=EntryKind.HELD,
            document=document,
            holder=holder,
            transfers=(Transfer(source, security(holder, document), tiyn),),
            by=by,
        )
        post(connection, at, [(draft, wish)])


def release(connection: Connection, at: datetime, *, key: str, document: str, tiyn: int | None = None) -> int:
    """Give a security back, all of it when no amount is given. Return how much. Raises `LedgerRefused`."""
    signing_store.lock_head(connection)
    wish = canonical.digest(["release", document, tiyn])
    if known(connection, key, wish):
        return 0
    account, held, promised = _security(connection, document)
    wanted = held if tiyn is None else tiyn
    if account is None or not 0 < wanted <= held:
        if tiyn is None:
            return 0
        raise LedgerRefused("ledger.not_enough", "amount")
    transfers = planning.giving_back(account.holder, document, wanted, promised)
    draft = Draft(key=key, kind=EntryKind.RELEASED, document=document, holder=account.holder, transfers=transfers)
    post(connection, at, [(draft, wish)])
    return wanted


def forfeit(
    connection: Connection, at: datetime, *, key: str, document: str, onto: str | None = None, by: str = ""
) -> int:
    """Take a security for what `onto`, else the document itself, owes. Return how much; the rest stays held."""
    signing_store.lock_head(connection)
    target = onto or document
    wish = canonical.digest(["forfeit", document, target])
    if known(connection, key, wish):
        return 0
    account, held, _ = _security(connection, document)
    claim = accrue(connection, at, target)
    if account is None:
        return 0
    owed = owed_of(connection, at, target)
    transfers = planning.settling(claim.holder, target, owed, held, account)
    if not transfers:
        return 0
    post_one(connection, at, claim, wish, key=key, kind=EntryKind.FORFEITED, transfers=transfers, by=by)
    taken = sum(each.tiyn for each in transfers)
    if taken == sum(tiyn for _, _, tiyn in owed):
        store.put_claim(connection, replace(claim, next_at=None))
    return taken


def _security(connection: Connection, document: str) -> tuple[Account | None, int, int]:
    """Return the account of a document's security, what it holds, and how much of that is only promised."""
    balances = store.balances_of(connection, document)
    held = [(each, tiyn) for each, tiyn in balances.items() if each.kind is AccountKind.SECURITY]
    promised = sum(tiyn for each, tiyn in balances.items() if each.kind is AccountKind.GUARANTOR)
    return (*held[0], promised) if held else (None, 0, promised)
