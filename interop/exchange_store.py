"""Messages to and from partners: what waits in which order, what was taken, and who works for whom at the moment.

Within a subject messages stay in order: one waits until the earlier ones about the same are delivered or given up.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations import store as declarations_store
from interop.partner_store import lease, stream
from interop.tables import AllowanceRow, NonceRow, OldReceiptRow, ProofRow, SentRow, TakenRow

outbox = SQLModel.metadata.tables[SentRow.__tablename__]
inbox = SQLModel.metadata.tables[TakenRow.__tablename__]
proof = SQLModel.metadata.tables[ProofRow.__tablename__]
old_receipt = SQLModel.metadata.tables[OldReceiptRow.__tablename__]
allowance = SQLModel.metadata.tables[AllowanceRow.__tablename__]
nonce = SQLModel.metadata.tables[NonceRow.__tablename__]

WAITING, DELIVERED, DEAD, WITHHELD = "waiting", "delivered", "dead", "withheld"
RESEND_AFTER = timedelta(minutes=5)


class Outgoing(Struct, frozen=True):
    """A message to a partner. `code` is the partner's last word on it, `receipt` its signed receipt, `position` the
    place that it has among all that the partner received."""

    message_id: str
    partner: str
    sequence: int
    kind: str
    subject: str
    envelope: bytes
    state: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    ended_at: datetime | None
    code: str
    receipt: str
    position: int | None


class Incoming(Struct, frozen=True):
    """A message that was taken or refused once and for all: as the `position`-th from this partner."""

    partner: str
    message_id: str
    position: int
    sequence: int
    kind: str
    subject: str
    digest: str
    outcome: str
    code: str
    received_at: datetime
    receipt: str
    proof: str


class Stream(Struct, frozen=True):
    """How far the exchange with a partner is. `restored_at` is when it was last seen to have lost what it had taken."""

    partner: str
    sent: int
    received: int
    cursor: str
    restored_at: datetime | None


class Lease(Struct, frozen=True):
    """Who works for a partner, and how that goes. `failures` in a row; `trouble` is what the last one met."""

    partner: str
    job: str
    owner: str
    until: datetime | None
    next_at: datetime | None
    failures: int
    trouble: str
    tried_at: datetime | None
    answered_at: datetime | None


def next_sequence(connection: Connection, partner: str) -> int:
    """Return the next sequence for a partner; others wait for it until the transaction ends.

    Raises `NoResultFound` for a partner who is not on record.
    """
    count = update(stream).where(stream.c.partner == partner).values(sent=stream.c.sent + 1).returning(stream.c.sent)
    return int(connection.execute(count).scalar_one())


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    connection.execute(insert(outbox), row)


def read_outgoing(connection: Connection, message_id: str) -> Outgoing | None:
    row = connection.execute(select(outbox).where(outbox.c.message_id == message_id)).first()
    return None if row is None else _outgoing(row)


def list_outgoing(
    connection: Connection, state: str, partner: str | None = None, limit: int = 200
) -> tuple[Outgoing, ...]:
    """Return the messages in a state, the newest first."""
    wanted = select(outbox).where(outbox.c.state == state)
    if partner is not None:
        wanted = wanted.where(outbox.c.partner == partner)
    rows = connection.execute(wanted.order_by(outbox.c.created_at.desc(), outbox.c.sequence.desc()).limit(limit))
    return tuple(map(_outgoing, rows))


def due(connection: Connection, partner: str, now: datetime, limit: int) -> list[Outgoing]:
    """Return what may be sent to a partner now, in order: nothing behind what is put off about the same subject."""
    waiting = (outbox.c.partner == partner) & (outbox.c.state == WAITING)
    delayed = (
        select(outbox.c.subject, func.min(outbox.c.sequence).label("first"))
        .where(waiting, outbox.c.next_attempt_at > now)
        .group_by(outbox.c.subject)
        .subquery()
    )
    wanted = (
        select(outbox)
        .outerjoin(delayed, delayed.c.subject == outbox.c.subject)
        .where(waiting, outbox.c.next_attempt_at <= now)
        .where(delayed.c.first.is_(None) | (outbox.c.sequence < delayed.c.first))
    )
    return [_outgoing(row) for row in connection.execute(wanted.order_by(outbox.c.sequence).limit(limit))]


def end(connection: Connection, message: Outgoing, state: str, now: datetime, **told: Any) -> None:
    """Note that a message that waits is delivered or given up; `told` are `code`, `receipt` and `position`."""
    values = {"state": state, "ended_at": now, "attempts": message.attempts + 1, **told}
    where = (outbox.c.message_id == message.message_id) & (outbox.c.state == WAITING)
    connection.execute(update(outbox).where(where).values(values))


def put_off(connection: Connection, message: Outgoing, until: datetime, code: str) -> None:
    values = {"next_attempt_at": until, "code": code, "attempts": message.attempts + 1}
    where = (outbox.c.message_id == message.message_id) & (outbox.c.state == WAITING)
    connection.execute(update(outbox).where(where).values(values))


def put_envelope(connection: Connection, before: Outgoing, after: Outgoing) -> None:
    """Let a message that waits leave under another id with another envelope, at its place."""
    where = (outbox.c.message_id == before.message_id) & (outbox.c.state == WAITING)
    values = {"message_id": after.message_id, "envelope": after.envelope}
    connection.execute(update(outbox).where(where).values(values))


def replay(connection: Connection, message_id: str, now: datetime) -> bool:
    """Let a dead letter be sent again; tell whether there was one."""
    return _send_again(connection, now, outbox.c.message_id == message_id, outbox.c.state == DEAD) == 1


def send_again_from(connection: Connection, partner: str, position: int, now: datetime, but: str = "") -> int:
    """Let everything that a partner received at `position` and after it be sent again, `but` one; return how much.

    At once when the last time is longer ago than `RESEND_AFTER`, else when it will be: who always says that it has lost
    all gets it no oftener.
    """
    resent_at = aware(connection.execute(select(stream.c.resent_at).where(stream.c.partner == partner)).scalar_one())
    at = now
    if resent_at is not None:
        at = resent_at if resent_at > now else max(now, resent_at + RESEND_AFTER)
    delivered = (outbox.c.partner == partner, outbox.c.state == DELIVERED, outbox.c.message_id != but)
    found = _send_again(connection, at, *delivered, outbox.c.position >= position)
    if found:
        connection.execute(update(stream).where(stream.c.partner == partner).values(restored_at=now, resent_at=at))
    return found


def highest_position(connection: Connection, partner: str) -> int:
    """Return the highest position at which a partner says it received a message, 0 without one."""
    wanted = select(func.max(outbox.c.position)).where(outbox.c.partner == partner)
    return connection.execute(wanted).scalar_one() or 0


def is_at(connection: Connection, partner: str, position: int, but: str) -> bool:
    """Tell whether a partner has said of another message that it received it at this position."""
    where = (outbox.c.partner == partner) & (outbox.c.position == position) & (outbox.c.message_id != but)
    return connection.execute(select(outbox.c.message_id).where(where)).first() is not None


def replaced_receipts(connection: Connection, message_id: str) -> tuple[str, ...]:
    """Return the receipts that a message had before it was sent again, the oldest first."""
    wanted = select(old_receipt.c.receipt).where(old_receipt.c.message_id == message_id).order_by(old_receipt.c.id)
    return tuple(connection.execute(wanted).scalars())


def _send_again(connection: Connection, at: datetime, *where: Any) -> int:
    """Let messages wait again; the receipts that they had are kept, for they prove that the partner had them."""
    kept = select(outbox.c.message_id, outbox.c.partner, outbox.c.receipt).where(*where, outbox.c.receipt != "")
    connection.execute(insert(old_receipt).from_select(["message_id", "partner", "receipt"], kept))
    anew = {"state": WAITING, "ended_at": None, "attempts": 0, "next_attempt_at": at, "code": ""}
    anew |= {"receipt": "", "position": None}
    return connection.execute(update(outbox).where(*where).values(anew)).rowcount


def waiting_counts(connection: Connection) -> dict[str, tuple[int, int, datetime | None]]:
    """Return for each partner with messages how many wait, how many are dead, and since when the oldest waits."""
    wanted = (
        select(
            outbox.c.partner,
            func.count().filter(outbox.c.state == WAITING),
            func.count().filter(outbox.c.state == DEAD),
            func.min(outbox.c.created_at).filter(outbox.c.state == WAITING),
        )
        .where(outbox.c.state.in_((WAITING, DEAD)))
        .group_by(outbox.c.partner)
    )
    return {name: (waiting, dead, aware(oldest)) for name, waiting, dead, oldest in connection.execute(wanted)}


def find_taken(connection: Connection, partner: str, message_id: str) -> Incoming | None:
    where = (inbox.c.partner == partner) & (inbox.c.message_id == message_id)
    row = connection.execute(select(inbox).where(where)).first()
    return None if row is None else Incoming(**{**row._mapping, "received_at": aware(row.received_at)})


def lock_stream(connection: Connection, partner: str) -> int:
    """Return how many messages a partner has sent; others wait for it until the transaction ends."""
    mine = select(stream.c.received).where(stream.c.partner == partner).with_for_update()
    return int(connection.execute(mine).scalar_one())


def add_taken(connection: Connection, taken: Incoming) -> None:
    connection.execute(insert(inbox), {name: getattr(taken, name) for name in taken.__struct_fields__})
    connection.execute(update(stream).where(stream.c.partner == taken.partner).values(received=taken.position))


def add_proof(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep what proves who sent something, once."""
    if connection.execute(select(proof.c.digest).where(proof.c.digest == row["digest"])).first() is None:
        connection.execute(insert(proof), row)


def read_proof(connection: Connection, digest: str) -> Row[Any] | None:
    return connection.execute(select(proof).where(proof.c.digest == digest)).first()


def use_nonce(connection: Connection, partner: str, value: str, expires_at: datetime, now: datetime) -> bool:
    """Note a nonce, and tell whether it is new. Those that have expired are forgotten."""
    connection.execute(delete(nonce).where(nonce.c.expires_at < now))
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = add(nonce).values(partner=partner, nonce=value, expires_at=expires_at).on_conflict_do_nothing()
    return connection.execute(made.returning(nonce.c.nonce)).first() is not None


def read_allowance(connection: Connection, partner: str, *, lock: bool) -> tuple[float, datetime] | None:
    """Return how many requests a partner had left, and when; locked, others wait for it until the transaction ends."""
    wanted = select(allowance.c.left, allowance.c.at).where(allowance.c.partner == partner)
    row = connection.execute(wanted.with_for_update() if lock else wanted).first()
    return None if row is None else (row.left, declarations_store.aware(row.at))


def put_allowance(connection: Connection, partner: str, left: float, at: datetime) -> None:
    values = {"partner": partner, "left": left, "at": at}
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = add(allowance).values(values)
    connection.execute(made.on_conflict_do_update(index_elements=["partner"], set_=values))


def forget(connection: Connection, before: datetime) -> int:
    """Delete what was exchanged and had ended before a moment, and return how much. The inbox stays: what is in it is
    known again, and holds no content."""
    ended = outbox.c.state.in_((DELIVERED, WITHHELD)) & (outbox.c.ended_at < before)
    there = select(outbox.c.message_id)
    return sum(
        connection.execute(each).rowcount
        for each in (
            delete(outbox).where(ended),
            delete(old_receipt).where(old_receipt.c.message_id.not_in(there)),
            delete(proof).where(proof.c.at < before),
        )
    )


def read_stream(connection: Connection, partner: str) -> Stream:
    """Return how far the exchange with a partner is. Raises `NoResultFound`."""
    row = connection.execute(select(stream).where(stream.c.partner == partner)).one()
    return Stream(row.partner, row.sent, row.received, row.cursor, aware(row.restored_at))


def set_cursor(connection: Connection, partner: str, cursor: str) -> None:
    connection.execute(update(stream).where(stream.c.partner == partner).values(cursor=cursor))


def note_restored(connection: Connection, partner: str, now: datetime) -> None:
    connection.execute(update(stream).where(stream.c.partner == partner).values(restored_at=now))


def read_leases(connection: Connection) -> tuple[Lease, ...]:
    return tuple(map(_lease, connection.execute(select(lease).order_by(lease.c.partner, lease.c.job))))


def free_jobs(connection: Connection, now: datetime) -> list[tuple[str, str]]:
    """Return (partner, job) of what nobody works on and need not rest."""
    free = and_(
        or_(lease.c.until.is_(None), lease.c.until <= now), or_(lease.c.next_at.is_(None), lease.c.next_at <= now)
    )
    wanted = select(lease.c.partner, lease.c.job).where(free).order_by(lease.c.tried_at)
    return [(row.partner, row.job) for row in connection.execute(wanted)]


def partners_with_mail(connection: Connection, now: datetime) -> set[str]:
    wanted = select(outbox.c.partner).where(outbox.c.state == WAITING, outbox.c.next_attempt_at <= now).distinct()
    return set(connection.execute(wanted).scalars())


def take_lease(connection: Connection, partner: str, job: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take a job for oneself until a moment, or longer; tell whether nobody else has it."""
    mine = or_(lease.c.owner == owner, lease.c.until.is_(None), lease.c.until <= now)
    where = (lease.c.partner == partner) & (lease.c.job == job) & mine
    return connection.execute(update(lease).where(where).values(owner=owner, until=until)).rowcount == 1


def give_back(connection: Connection, partner: str, job: str, owner: str, next_at: datetime) -> None:
    """End a job, and let it rest until a moment."""
    where = (lease.c.partner == partner) & (lease.c.job == job) & (lease.c.owner == owner)
    connection.execute(update(lease).where(where).values(until=None, owner="", next_at=next_at))


def note_try(connection: Connection, partner: str, job: str, now: datetime, trouble: str, *, failed: bool) -> None:
    """Note what a job met: `trouble`, empty when all went well, and whether it failed altogether."""
    values: dict[str, Any] = {
        "tried_at": now,
        "trouble": trouble[:200],
        "failures": lease.c.failures + 1 if failed else 0,
    }
    if not failed:
        values["answered_at"] = now
    connection.execute(update(lease).where(lease.c.partner == partner, lease.c.job == job).values(values))


def wake(connection: Connection, partner: str) -> None:
    """Let a partner be tried at once, whatever it met before."""
    connection.execute(update(lease).where(lease.c.partner == partner).values(next_at=None, failures=0))


def seen_alive(connection: Connection, partner: str) -> None:
    """Let a partner that could not be reached be tried at once: it has just called."""
    failing = (lease.c.partner == partner) & (lease.c.failures > 0)
    connection.execute(update(lease).where(failing).values(next_at=None, failures=0))


def aware(moment: datetime | None) -> datetime | None:
    """SQLite gives back times without their zone: they are UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _outgoing(row: Row[Any]) -> Outgoing:
    times = {name: aware(row._mapping[name]) for name in ("created_at", "next_attempt_at", "ended_at")}
    return Outgoing(**{**row._mapping, **times, "envelope": bytes(row.envelope)})


def _lease(row: Row[Any]) -> Lease:
    times = {name: aware(row._mapping[name]) for name in ("until", "next_at", "tried_at", "answered_at")}
    return Lease(**{**row._mapping, **times})
