"""What time brings about in the ledger: money on the balance is used, what is due is told, what is late becomes debt.

Embedded in `serve`, or `shekara work`; any number may run. Each document is looked at in a transaction of its own.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from declarations import store as declarations_store
from declarations.identifiers import is_bin, is_iin
from declarations.ledger import rules, store
from declarations.ledger.model import Claim, ClaimKind, Outstanding, prepaid
from interop import store as interop_store
from interop import tax_notices
from interop.payment_notices import DUE, KIND, REMINDER, SHORT, PaymentLine, PaymentTold, payment_notice
from portal import audit
from portal.casework.desk import Desk
from portal.clock import Clock
from portal.database import reading, writing
from portal.ledger import books
from portal.ledger.errors import LedgerRefused
from portal.ledger.posting import claim_of, standing_of, subject_of
from portal.ledger.releasing import release_if_paid
from risk_gateway.days import begins, day_of
from risk_gateway.packing import pack
from signing import seal
from signing import store as signing_store
from signing.keyring import Keyring

BATCH_MAX: Final = 50
PAUSE_SECONDS: Final = 1.0


class Follower:
    """Looks at each document when something may have to be done about it."""

    def __init__(self, engine: Engine, clock: Clock, keyring: Keyring) -> None:
        self._engine = engine
        self._clock = clock
        self._desk = Desk(clock, keyring)

    def turn(self) -> float:
        """Look at what is due, and return how many seconds to wait for more."""
        with reading(self._engine) as connection:
            documents = store.claims_due(connection, self._clock.now(), BATCH_MAX)
        for document in documents:
            try:
                with writing(self._engine) as connection:
                    look(connection, self._desk, document)
                    # COMMIT POINT: from here the document is looked at, once
            except LedgerRefused as refused:  # one document must not hold up those behind it
                structlog.get_logger().error("ledger.follow", document=document, code=refused.code)
                with writing(self._engine) as connection:
                    _look_again(connection, document, self._clock.now() + timedelta(hours=1))
        return 0.0 if len(documents) == BATCH_MAX else PAUSE_SECONDS


def look(connection: Connection, desk: Desk, document: str) -> None:
    """Do what is due for one document now."""
    size, _ = signing_store.lock_head(connection)
    now = desk.clock.now()
    claim = store.read_claim(connection, document)
    if claim is None or claim.next_at is None or claim.next_at > now:
        return  # another has looked
    today = day_of(now)
    standing = books.settle(connection, now, key=f"settled:{document}:{size}", document=document)
    claim = claim_of(connection, document)
    if standing.payable and today > claim.due:
        books.become_debt(connection, now, document)
        claim = books.accrue(connection, now, document)
        standing = standing_of(connection, claim)
        claim = _tell(connection, desk, claim, standing, DUE, "OVERDUE", now)
    elif not standing.in_full:
        claim = _tell_what_is_due(connection, desk, claim, standing, now)
    elif release_if_paid(connection, desk, document):
        claim = claim_of(connection, document)
        standing = standing_of(connection, claim)
    store.put_claim(connection, replace(claim, next_at=_next(claim, standing, today)))


def _tell_what_is_due(connection: Connection, desk: Desk, claim: Claim, standing: Outstanding, now: datetime) -> Claim:
    if claim.overdue and not standing.payable:
        return claim  # it was told when it became debt
    if claim.noticed == "":
        claim = _tell(connection, desk, claim, standing, DUE, "CHARGED", now)
        if standing.paid:
            claim = _tell(connection, desk, claim, standing, SHORT, "SHORT", now)
    elif claim.noticed != REMINDER and day_of(now) >= rules.reminder_before(claim.due):
        claim = _tell(connection, desk, claim, standing, REMINDER, "REMINDER", now)
    return claim


def _next(claim: Claim, standing: Outstanding, today: date) -> datetime | None:
    """Return when to look again."""
    if standing.in_full:
        return None
    if standing.debt or standing.interest:
        day = today + timedelta(days=1)
    elif claim.noticed != REMINDER and rules.reminder_before(claim.due) > today:
        day = rules.reminder_before(claim.due)
    else:
        day = max(claim.due, today) + timedelta(days=1)
    return begins(day)


def _tell(
    connection: Connection, desk: Desk, claim: Claim, standing: Outstanding, code: str, event: str, now: datetime
) -> Claim:
    """Seal a notice, keep it, journal it, and send it to whoever can be reached; return the claim as it is then."""
    size, frontier = signing_store.lock_head(connection)
    document = claim.document
    told = PaymentTold(
        code=code,
        event=event,
        document=document,
        holder=claim.holder,
        made_at=now.astimezone(UTC),
        journal_index=size,
        due=claim.due,
        charged=standing.charged,
        owed=tuple(PaymentLine(kind.value, name, tiyn) for kind, name, tiyn in standing.owed),
        prepaid=store.balance(connection, prepaid(claim.holder)),
    )
    notice = seal.seal(payment_notice(told), desk.keyring.at(now), now)
    row = {"sequence": size, "document": document, "holder": claim.holder, "code": code, "at": now}
    row |= {"told": msgspec.json.encode(told).decode(), "notice": pack(notice)}
    store.add_notice(connection, row)
    claim = replace(claim, noticed=code)
    store.put_claim(connection, claim)
    audit.append(
        connection,
        size,
        frontier,
        [audit.Record(audit.Event.LEDGER_TOLD, subject_of(document), now, said(told, notice))],
    )
    if is_bin(claim.holder) or is_iin(claim.holder):
        interop_store.add_messages(connection, [_message(claim, size, notice, now)])
    if event == "OVERDUE" and claim.kind is ClaimKind.DECLARATION:
        stored = declarations_store.find_by_number(connection, document)
        if stored is not None:
            tax_notices.tell(connection, stored, tax_notices.Event.DEBT, now, standing.open)
    return claim


def said(told: PaymentTold, notice: bytes) -> dict[str, str]:
    """Return what the journal's entry says of a notice: no amounts, and nobody's number."""
    return {"code": told.code, "event": told.event, "notice": hashlib.sha256(notice).hexdigest()}


def _message(claim: Claim, sequence: int, notice: bytes, now: datetime) -> dict[str, object]:
    return {
        "message_id": f"payment:{claim.document}:{sequence}",
        "recipient": f"participant:{claim.holder}",
        "kind": KIND,
        "subject": claim.document,
        "body": pack(notice),
        "sequence": sequence,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
    }


def _look_again(connection: Connection, document: str, at: datetime) -> None:
    claim = store.read_claim(connection, document)
    if claim is not None:
        store.put_claim(connection, replace(claim, next_at=at))
