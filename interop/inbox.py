"""The inbox of partners: each message has its effect once, and a signed receipt that stays the same."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection

from interop import exchange_store as store
from interop.envelope import REFUSED, TAKEN, Envelope
from interop.errors import MessageRefused as MessageRefused  # what a handler raises
from interop.exchange_store import Incoming
from interop.receipts import Receipt, sign_receipt
from signing.signer import SigningKey


class Arrived(Struct, frozen=True):
    """A message with the SHA-256 of its envelope's bytes, and that of the proof of who sent it."""

    partner: str
    envelope: Envelope
    digest: str
    proof: str


class Taken(Struct, frozen=True):
    """The message is new: its effect belongs into the transaction that took it."""

    position: int


class Repeated(Struct, frozen=True):
    """The message was received before, and this is what was answered."""

    receipt: str
    outcome: str
    code: str


def take(connection: Connection, partner_id: str, message_id: str, digest: str) -> Taken | Repeated:
    """Take a message unless it was taken or refused before. Others from this partner wait until the transaction ends.

    Raises `MessageRefused` when another message was received under this id.
    """
    received = store.lock_stream(connection, partner_id)
    known = store.find_taken(connection, partner_id, message_id)
    if known is None:
        return Taken(received + 1)
    if known.digest != digest:
        raise MessageRefused("exchange.id_reused")
    return Repeated(known.receipt, known.outcome, known.code)


def conclude(
    connection: Connection, arrived: Arrived, taken: Taken, by: str, key: SigningKey, now: datetime, code: str = ""
) -> str:
    """Record what came of a message that was taken, and return the signed receipt. With a code it was refused."""
    envelope, outcome = arrived.envelope, REFUSED if code else TAKEN
    receipt = sign_receipt(
        Receipt(
            id=envelope.id,
            sequence=envelope.sequence,
            position=taken.position,
            digest=arrived.digest,
            outcome=outcome,
            code=code,
            received_at=now,
            sender=arrived.partner,
            by=by,
        ),
        key,
    )
    store.add_taken(
        connection,
        Incoming(
            partner=arrived.partner,
            message_id=envelope.id,
            position=taken.position,
            sequence=envelope.sequence,
            kind=envelope.kind,
            subject=envelope.subject,
            digest=arrived.digest,
            outcome=outcome,
            code=code,
            received_at=now,
            receipt=receipt,
            proof=arrived.proof,
        ),
    )
    return receipt


def read_receipt(connection: Connection, partner_id: str, message_id: str) -> Incoming | None:
    """Return what came of a partner's message."""
    return store.find_taken(connection, partner_id, message_id)
