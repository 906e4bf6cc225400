"""Refunds of prepaid money: the holder asks, one officer proposes, another decides, the bank pays out."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from declarations.ledger import refund_store, store
from declarations.ledger.model import BANK, Account, AccountKind, Draft, EntryKind, Transfer, prepaid
from declarations.ledger.refund_store import Refund, State
from portal import audit
from portal.casework.desk import Desk
from portal.ledger.errors import LedgerNotFound, LedgerRefused
from portal.ledger.posting import demand_whole, known, post
from risk_gateway import canonical
from risk_gateway.days import day_of
from signing import store as signing_store

REASON_MOST: Final = 500
_ACCOUNT: Final = re.compile(r"KZ[0-9A-Z]{18}")


def ask(connection: Connection, desk: Desk, *, holder: str, by_iin: str, tiyn: int, account: str, reason: str) -> str:
    """Ask for prepaid money back. Return the number of the refund. Raises `LedgerRefused`."""
    signing_store.lock_head(connection)
    now = desk.clock.now()
    demand_whole(tiyn)
    plain = "".join(account.split()).upper()
    if not _ACCOUNT.fullmatch(plain):
        raise LedgerRefused("ledger.account_wrong", "account")
    waiting = refund_store.sum_in_state(connection, holder, *_WAITING)
    if store.balance(connection, prepaid(holder)) - waiting < tiyn:
        raise LedgerRefused("ledger.not_enough", "amount")
    made = Refund(
        number=refund_store.next_number(connection, day_of(now).year),
        holder=holder,
        tiyn=tiyn,
        account=plain,
        reason=demand_reason(reason),
        state=State.ASKED,
        asked_by_iin=by_iin,
        asked_at=now,
    )
    refund_store.add_refund(connection, made)
    _tell(connection, made.number, State.ASKED, by_iin, now)
    return made.number


def propose(connection: Connection, desk: Desk, *, number: str, by_iin: str) -> None:
    """Propose that what was asked for be refunded. Raises `LedgerRefused`, `LedgerNotFound`."""
    signing_store.lock_head(connection)
    now = desk.clock.now()
    _read(connection, number)
    _move(connection, number, State.ASKED, State.PROPOSED, by_iin, now, proposed_by_iin=by_iin, proposed_at=now)


def decide(connection: Connection, desk: Desk, *, number: str, by_iin: str, approved: bool, text: str) -> None:
    """Approve or refuse a proposed refund; an approved one is set aside. Raises `LedgerRefused`, `LedgerNotFound`."""
    signing_store.lock_head(connection)
    now = desk.clock.now()
    found = _read(connection, number)
    if found.proposed_by_iin == by_iin:
        raise LedgerRefused("ledger.same_person")
    target = State.APPROVED if approved else State.REFUSED
    said = demand_reason(text) if not approved else text.strip()[:REASON_MOST]
    values = {"decided_by_iin": by_iin, "decided_at": now, "decided_text": said}
    _move(connection, number, State.PROPOSED, target, by_iin, now, **values)
    if approved:
        set_aside(
            connection, now, key=f"refund:{number}", holder=found.holder, number=number, tiyn=found.tiyn, by=by_iin
        )


def note_ordered(connection: Connection, desk: Desk, number: str) -> None:
    """The bank has taken the order."""
    signing_store.lock_head(connection)
    _move(connection, number, State.APPROVED, State.ORDERED, "", desk.clock.now())


def note_paid(connection: Connection, desk: Desk, number: str, paid_at: datetime) -> None:
    """The bank has paid out; told again, or of what is not ours, nothing happens."""
    signing_store.lock_head(connection)
    found = refund_store.read_refund(connection, number)
    if found is None or found.state not in (State.APPROVED, State.ORDERED):
        return
    now = desk.clock.now()
    _move(connection, number, found.state, State.PAID, "", now, paid_at=paid_at)
    pay_out(connection, now, key=f"refund-paid:{number}", holder=found.holder, number=number, tiyn=found.tiyn)


def demand_reason(text: str) -> str:
    """Return a reason without blanks around it. Raises `LedgerRefused`."""
    plain = " ".join(text.split())
    if not plain or len(plain) > REASON_MOST:
        raise LedgerRefused("ledger.reason_needed", "reason")
    return plain


def set_aside(connection: Connection, at: datetime, *, key: str, holder: str, number: str, tiyn: int, by: str) -> None:
    """Set an approved refund aside from the prepaid balance. Raises `LedgerRefused` "ledger.not_enough"."""
    _refund(connection, at, key, holder, number, by, EntryKind.REFUND_APPROVED, lambda to: (prepaid(holder), to), tiyn)


def pay_out(connection: Connection, at: datetime, *, key: str, holder: str, number: str, tiyn: int) -> None:
    """The bank has paid a refund out."""
    _refund(connection, at, key, holder, number, "", EntryKind.REFUND_PAID, lambda to: (to, BANK), tiyn)


def _refund(
    connection: Connection,
    at: datetime,
    key: str,
    holder: str,
    number: str,
    by: str,
    kind: EntryKind,
    ends: Callable[[Account], tuple[Account, Account]],
    tiyn: int,
) -> None:
    signing_store.lock_head(connection)
    wish = canonical.digest([kind, holder, number, tiyn])
    if not known(connection, key, wish):
        debit, credit = ends(Account(AccountKind.REFUND, holder, number))
        transfers = (Transfer(debit, credit, tiyn),)
        draft = Draft(key=key, kind=kind, document=number, holder=holder, transfers=transfers, by=by)
        post(connection, at, [(draft, wish)])


def _read(connection: Connection, number: str) -> Refund:
    found = refund_store.read_refund(connection, number)
    if found is None:
        raise LedgerNotFound
    return found


def _move(
    connection: Connection, number: str, source: State, target: State, by_iin: str, now: datetime, **values: object
) -> None:
    if not refund_store.move_refund(connection, number, source, {**values, "state": target.value}):
        raise LedgerRefused("ledger.moved_meanwhile")
    _tell(connection, number, target, by_iin, now)


def _tell(connection: Connection, number: str, state: State, by_iin: str, now: datetime) -> None:
    particulars = {"state": state.value, "by": by_iin}
    audit.record_one(connection, audit.Record(audit.Event.REFUND_MOVED, number, now, particulars))


_WAITING: Final = (State.ASKED, State.PROPOSED)
