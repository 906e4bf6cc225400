"""The outbox of partners: a message is recorded in the transaction of what it tells of, and sent after it.

Delivery is at least once; the recipient's inbox makes the effect one. A message that the partner refuses for good, or
cannot take in `ATTEMPTS_MAX` attempts, becomes a dead letter, which the administrator may send again.
"""

import secrets
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection

from interop import exchange_store as store
from interop.envelope import TAKEN, wrap
from interop.exchange_store import DEAD, DELIVERED, Lease, Outgoing
from interop.partner_store import PULL, SEND
from interop.receipts import Receipt

ATTEMPTS_MAX = 12
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, LONGEST_UNANSWERED_SECONDS = 1, 3600, 60


class PartnerHealth(Struct, frozen=True):
    """How the exchange with a partner goes. `oldest` is since when the oldest message waits."""

    partner: str
    waiting: int
    dead: int
    oldest: datetime | None
    sending: Lease
    pulling: Lease
    restored_at: datetime | None
    cursor: str


def send(connection: Connection, partner_id: str, kind: str, subject: str, body: bytes, now: datetime) -> str:
    """Record a message for a partner, whose body is JSON, in the caller's transaction; return its id.

    Raises `NoResultFound` for a partner who is not on record.
    """
    sequence = store.next_sequence(connection, partner_id)
    message_id = secrets.token_hex(16)
    store.add(
        connection,
        {
            "message_id": message_id,
            "partner": partner_id,
            "sequence": sequence,
            "kind": kind,
            "subject": subject,
            "envelope": wrap(message_id, sequence, kind, subject, now, body),
            "state": store.WAITING,
            "created_at": now,
            "attempts": 0,
            "next_attempt_at": now,
            "code": "",
            "receipt": "",
        },
    )
    return message_id


def list_dead(connection: Connection, partner_id: str | None = None) -> tuple[Outgoing, ...]:
    """Return the dead letters, the newest first."""
    return store.list_outgoing(connection, DEAD, partner_id)


def replay(connection: Connection, message_id: str, now: datetime) -> bool:
    """Let a dead letter be sent again, as the message that it was; tell whether there was one."""
    return store.replay(connection, message_id, now)


def delivered(connection: Connection, message: Outgoing, receipt: Receipt, text: str, now: datetime) -> None:
    """Note the partner's receipt. `text` is its signed form.

    A position that another message has tells that the partner lost what it had received from there on: all of that is
    sent again.
    """
    if store.is_at(connection, message.partner, receipt.position, message.message_id):
        store.send_again_from(connection, message.partner, receipt.position, now, message.message_id)
    state = DELIVERED if receipt.outcome == TAKEN else DEAD
    store.end(connection, message, state, now, code=receipt.code, receipt=text, position=receipt.position)


def not_taken(connection: Connection, message: Outgoing, code: str, now: datetime) -> None:
    """Note that a partner could not take a message now: it is tried again after 1, 2, 4 ... seconds."""
    if message.attempts + 1 >= ATTEMPTS_MAX:
        store.end(connection, message, DEAD, now, code=code)
        return
    wait = min(FIRST_WAIT_SECONDS * 2**message.attempts, LONGEST_WAIT_SECONDS)
    store.put_off(connection, message, now + timedelta(seconds=wait), code)


def confirmed(connection: Connection, message: Outgoing, text: str, now: datetime) -> None:
    """Note that a partner took a message, with what it said in its own format."""
    store.end(connection, message, DELIVERED, now, code="", receipt=text)


def refused(connection: Connection, message: Outgoing, code: str, now: datetime) -> None:
    """Note that a partner will never take a message: it is a dead letter."""
    store.end(connection, message, DEAD, now, code=code)


def unanswered(connection: Connection, message: Outgoing, now: datetime) -> None:
    """Put off a message after which no answer came, though it was sent alone. That may be the partner's trouble or the
    network's: it is never given up for it."""
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(message.attempts, ATTEMPTS_MAX), LONGEST_UNANSWERED_SECONDS)
    store.put_off(connection, message, now + timedelta(seconds=wait), "exchange.unanswered")


def partner_has(connection: Connection, partner_id: str, received: int, now: datetime) -> int:
    """Take note of how many messages a partner says it has; send again what it lost, and return how much."""
    return store.send_again_from(connection, partner_id, received + 1, now)


def health(connection: Connection) -> tuple[PartnerHealth, ...]:
    """Return how the exchange with each partner on record goes."""
    counts = store.waiting_counts(connection)
    jobs = {(each.partner, each.job): each for each in store.read_leases(connection)}
    found = []
    for partner in sorted({partner for partner, _ in jobs}):
        waiting, dead, oldest = counts.get(partner, (0, 0, None))
        stream = store.read_stream(connection, partner)
        sending, pulling = jobs[partner, SEND], jobs[partner, PULL]
        found.append(PartnerHealth(partner, waiting, dead, oldest, sending, pulling, stream.restored_at, stream.cursor))
    return tuple(found)
