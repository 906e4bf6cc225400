"""What partners ask of the exchange: take messages, tell violations, answer queries, show receipts.

Every message is taken in a transaction of its own: its effect, its place in the inbox, its receipt and its entry in the
journal are there together or not at all. One that is refused or fails holds up only what is about the same subject.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog
from litestar.exceptions import ClientException
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from interop import exchange_store, inbox, query_log
from interop.envelope import LATER, REFUSED, TAKEN, Answered, Answers, Envelope, Submission, digest_of, unwrap
from interop.errors import EnvelopeRefused, MessageRefused
from interop.inbox import Arrived, Repeated
from interop.partners import Partner
from interop.query_log import Query
from interop.querying import Asked, Page, Told
from portal import audit
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.errors import ExchangeRefused, NotFound
from portal.exchange import asked, cursors, handling, hashes
from portal.exchange.signatures import Proof
from portal.office import Office
from risk_gateway.packing import pack
from signing import store as signing_store


class Exchange:
    """The exchange of an office."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)

    def submit(self, partner: Partner, proof: Proof, body: bytes) -> Answers:
        """Take a batch; each message is answered by itself. Raises `ClientException` for what is no batch."""
        self._office.demand_open()
        try:
            batch = msgspec.json.decode(body, type=Submission)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ClientException from None
        kept = self._keep(partner, proof, body)
        if b'"number_hash"' in body:
            hashes.learn(self._office.engine, partner)
        answers: list[Answered] = []
        behind: set[str] = set()
        for message in batch.messages:
            answers.append(self._answer(partner, bytes(message), kept, behind))
        with reading(self._office.engine) as connection:
            return Answers(answers, exchange_store.read_stream(connection, partner.id).received)

    def violations(self, partner: Partner, after: str, limit: int) -> Page:
        """Return violations since a cursor. Raises `CursorLost`."""
        with reading(self._office.engine) as connection:
            found = cursors.read_page(connection, partner, after, limit, self._office.clock.now())
            received = exchange_store.read_stream(connection, partner.id).received
        return Page(found.violations, found.cursor, found.more, received)

    def query(self, partner: Partner, body: bytes) -> Told:
        """Answer what a partner asks about somebody, as far as its policy goes; the query is logged in any case.

        Raises `ClientException` for what is no query, `ExchangeRefused` for what it may not ask.
        """
        try:
            wanted = msgspec.json.decode(body, type=Asked)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ClientException from None
        if wanted.number_hash:
            hashes.learn(self._office.engine, partner)
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            answer = asked.answer(connection, partner, wanted, now)
            query_log.log_query(connection, answer.logged)
            audit.record_one(connection, _query_entry(answer.logged))
        # COMMIT POINT: nobody is told anything that is not in the log
        if answer.logged.answer == query_log.REFUSED:
            raise ExchangeRefused(answer.logged.code, purpose=wanted.purpose)
        return Told(now, list(answer.violations))

    def receipt(self, partner: Partner, message_id: str) -> str:
        """Return the receipt of one of the partner's messages. Raises `NotFound`."""
        with reading(self._office.engine) as connection:
            found = inbox.read_receipt(connection, partner.id, message_id)
        if found is None:
            raise NotFound("exchange.receipt_unknown")
        return found.receipt

    def _keep(self, partner: Partner, proof: Proof, body: bytes) -> str:
        """Keep what proves that the partner sent this, and return by what it is found; it is there again, too."""
        digest = hashlib.sha256(proof.signed).hexdigest()
        with writing(self._office.engine) as connection:
            row = {"digest": digest, "partner": partner.id, "signed": proof.signed, "signature": proof.signature}
            exchange_store.add_proof(connection, {**row, "body": pack(body), "at": self._office.clock.now()})
            exchange_store.seen_alive(connection, partner.id)
        return digest

    def _answer(self, partner: Partner, data: bytes, proof: str, behind: set[str]) -> Answered:
        """Take one message. What is `behind` has an earlier one about its subject that could not be taken."""
        try:
            envelope = unwrap(data)
        except EnvelopeRefused as refused:
            return Answered(REFUSED, code=refused.code)
        if envelope.subject in behind:
            return Answered(LATER, envelope.id, "exchange.behind")
        arrived = Arrived(partner.id, envelope, digest_of(data), proof)
        try:
            return self._take(partner, arrived)
        except MessageRefused as refused:
            return self._refuse(partner, arrived, refused)
        except (DataError, OverflowError):  # no column holds it, however often it is sent
            return self._refuse(partner, arrived, MessageRefused("exchange.body"))
        except Exception as error:  # noqa: BLE001 whatever one message meets, the others are taken
            structlog.get_logger().error("exchange.trouble", partner=partner.id, message=envelope.id, exc_info=error)
            behind.add(envelope.subject)
            return Answered(LATER, envelope.id, "exchange.trouble")

    def _take(self, partner: Partner, arrived: Arrived) -> Answered:
        envelope = arrived.envelope
        handle = handling.HANDLERS.get(envelope.kind)
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)  # before the partner's row, as everybody who tells partners does
            now = self._office.clock.now()  # not before the wait for the lock: the journal's moments stay in order
            taken = inbox.take(connection, partner.id, envelope.id, arrived.digest)
            if isinstance(taken, Repeated):
                return Answered(taken.outcome, envelope.id, taken.code, taken.receipt)
            if handle is None:
                raise MessageRefused("exchange.kind_unknown")
            handle(connection, self._desk, partner, bytes(envelope.body), now)
            receipt = self._conclude(connection, arrived, taken, now, "")
        # COMMIT POINT: the effect, the receipt and the entry are there together
        return Answered(TAKEN, envelope.id, receipt=receipt)

    def _refuse(self, partner: Partner, arrived: Arrived, refused: MessageRefused) -> Answered:
        """Record that a message will never be taken; all it had done is undone by now."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            try:
                taken = inbox.take(connection, partner.id, arrived.envelope.id, arrived.digest)
            except MessageRefused as another:
                return Answered(REFUSED, arrived.envelope.id, another.code)
            if isinstance(taken, Repeated):
                return Answered(taken.outcome, arrived.envelope.id, taken.code, taken.receipt)
            handling.note(connection, refused)
            receipt = self._conclude(connection, arrived, taken, self._office.clock.now(), refused.code)
        return Answered(REFUSED, arrived.envelope.id, refused.code, receipt)

    def _conclude(self, connection: Connection, arrived: Arrived, taken: inbox.Taken, now: datetime, code: str) -> str:
        keyring = self._office.keyring
        receipt = inbox.conclude(connection, arrived, taken, keyring.bin, keyring.at(now), now, code)
        audit.record_one(connection, _received_entry(arrived, receipt, code, now))
        return receipt


def _received_entry(arrived: Arrived, receipt: str, code: str, now: datetime) -> audit.Record:
    envelope: Envelope = arrived.envelope
    particulars = {
        "partner": arrived.partner,
        "kind": envelope.kind,
        "about": envelope.subject,
        "digest": arrived.digest,
        "outcome": REFUSED if code else TAKEN,
        "code": code,
        "proof": arrived.proof,
        "receipt": digest_of(receipt.encode()),
    }
    return audit.Record(audit.Event.EXCHANGE_RECEIVED, envelope.id, now, particulars)


def _query_entry(query: Query) -> audit.Record:
    particulars = {
        "about": query.about,
        "purpose": query.purpose,
        "legal_basis": query.legal_basis,
        "answer": query.answer,
        "code": query.code,
        "told": _joined(query.told),
    }
    return audit.Record(audit.Event.EXCHANGE_QUERIED, query.partner, query.at, particulars)


def _joined(told: Sequence[str]) -> str:
    return ", ".join(told)
