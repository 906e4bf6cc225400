"""What moves at the bank: payments are taken from its statement, each once, and approved refunds are ordered there.

Requests are signed by the office, and an answer counts only with the bank's signature. How far the statement was read
is kept; should it be lost, what comes again changes nothing.
"""

import asyncio
from typing import Final

import structlog
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.identifiers import is_bin, is_iin
from declarations.ledger import refund_store, store
from declarations.ledger.model import ClaimKind
from declarations.ledger.refund_store import State
from interop import exchange_store, partner_store
from interop.adapters.payments import client
from interop.adapters.payments.messages import Payment, RefundOrder, Statement
from interop.calls import NotUnderstood, Reply, Request
from interop.partners import Partner, PartnerKind
from portal.asking.transport import Call, Edge, NoAnswer
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.ledger import books, refunds
from portal.ledger.errors import LedgerRefused
from portal.ledger.releasing import release_if_paid
from portal.office import Office
from signing import store as signing_store

SECONDS: Final = 10.0
PAUSE_SECONDS, TROUBLED_SECONDS = 2.0, 15.0


class Banking:
    def __init__(self, office: Office, call: Call | None = None) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)
        self._call = call or Edge(office.keyring, office.clock).call

    def turn(self) -> float:
        """Take what came in and order what is to go out, and return how many seconds to wait for more."""
        with reading(self._office.engine) as connection:
            partners = partner_store.list_partners(connection, active=True)
        for bank in (each for each in partners if each.kind is PartnerKind.PAYMENTS):
            try:
                while self._read_on(bank):
                    pass
                self._order(bank)
            except (NoAnswer, NotUnderstood) as error:
                structlog.get_logger().warning("ledger.bank", partner=bank.id, trouble=str(error))
                return TROUBLED_SECONDS
        return PAUSE_SECONDS

    def _read_on(self, bank: Partner) -> bool:
        """Take one page of the statement; tell whether there is more. Raises `NoAnswer`, `NotUnderstood`."""
        with reading(self._office.engine) as connection:
            after = int(exchange_store.read_stream(connection, bank.id).cursor or 0)
        reply = self._answer(bank, client.ask_statement(after))
        statement = client.read_statement(after, reply)
        for payment in statement.payments:
            self._take(bank, payment)
        self._note_paid_out(statement)
        with writing(self._office.engine) as connection:
            exchange_store.set_cursor(connection, bank.id, str(statement.last))
        return statement.more

    def _answer(self, bank: Partner, request: Request) -> Reply:
        """Return the bank's signed reply. Raises `NoAnswer`, `NotUnderstood`."""

        async def call() -> Reply:
            return await self._call(bank, request, SECONDS)

        return asyncio.run(call())

    def _take(self, bank: Partner, payment: Payment) -> None:
        """Take one payment in a transaction of its own; what contradicts an earlier one is noted and passed over."""
        try:
            with writing(self._office.engine) as connection:
                receive(connection, self._desk, bank.id, payment)
                # COMMIT POINT: from here the payment is credited, once
        except LedgerRefused as refused:
            structlog.get_logger().error("ledger.payment", partner=bank.id, payment=payment.id, code=refused.code)

    def _note_paid_out(self, statement: Statement) -> None:
        for paid in statement.paid_out:
            with writing(self._office.engine) as connection:
                refunds.note_paid(connection, self._desk, paid.order_id, paid.paid_at)

    def _order(self, bank: Partner) -> None:
        """Order what was approved; the same order again is the same to the bank. Raises `NoAnswer`, `NotUnderstood`."""
        with reading(self._office.engine) as connection:
            approved = refund_store.in_state(connection, State.APPROVED)
        for each in approved:
            wanted = RefundOrder(order_id=each.number, payee=each.holder, account=each.account, tiyn=each.tiyn)
            request = client.order(wanted)
            client.read_receipt(wanted, request, self._answer(bank, request))
            with writing(self._office.engine) as connection:
                refunds.note_ordered(connection, self._desk, each.number)


def receive(connection: Connection, desk: Desk, bank: str, payment: Payment) -> None:
    """Credit a payment: to the document it names, to the balance of whom it names, or to nobody until an officer knows.

    Raises `LedgerRefused` where the same id was another payment before.
    """
    signing_store.lock_head(connection)
    now = desk.clock.now()
    source = f"bank:{bank}:{payment.id}"
    holder, document = whose(connection, payment)
    books.pay(connection, now, key=source, holder=holder, document=document, tiyn=payment.tiyn, source=source)
    refund_store.keep_payment(connection, source, payment, holder, now)
    if document:
        release_if_paid(connection, desk, document)
    elif holder:
        store.wake_claims(connection, holder, now)  # there is money for what it owes


def whose(connection: Connection, payment: Payment) -> tuple[str, str]:
    """Return holder and document of a payment; ("", "") when nobody knows.

    Anybody may pay for a firm's document. For a traveller's the payer has to be the one that the order names: a
    reference alone is soon mistyped.
    """
    claim = store.read_claim(connection, payment.reference) if payment.reference else None
    if claim is not None:
        if claim.kind is ClaimKind.CRO and payment.payer != claim.holder:
            return "", ""
        return claim.holder, claim.document
    named = payment.reference or payment.payer
    known = is_bin(named) or is_iin(named)
    if known and declarations_store.read_participant(connection, named) is not None:
        return named, ""
    return "", ""
