"""What the page of health counts: messages, webhooks, evidence, the size of the database. Nothing that was declared."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select, text

from declarations.store import aware
from interop import outbox as outbox_of_partners
from interop.partner_store import list_partners
from interop.store import outbox
from portal.webhooks.store import delivery, endpoint
from signing import evidence_store
from signing.evidence_store import CRL, OCSP

LISTED_MOST = 25
BY_OWNER = "owner"


class Waiting(Struct, frozen=True):
    """A message that has not left yet. Which declaration it is about is nobody's business here."""

    kind: str
    sequence: int
    created_at: datetime
    attempts: int
    next_attempt_at: datetime


class Outbox(Struct, frozen=True):
    """`postponed` were tried and did not leave; `oldest` is None when nothing waits."""

    waiting: int
    postponed: int
    attempts: int
    oldest: datetime | None
    listed: Sequence[Waiting]


class Webhooks(Struct, frozen=True):
    endpoints: int
    failing: int
    off: int
    waiting: int


class Partners(Struct, frozen=True):
    """Partners with whom the exchange is on: how many, how many of them do not answer; and dead letters to any."""

    active: int
    failing: int
    dead: int


class RevocationList(Struct, frozen=True):
    """The newest list of an authority; `subject` is its address."""

    subject: str
    this_update: datetime
    next_update: datetime | None
    fetched_at: datetime


def read_outbox(connection: Connection) -> Outbox:
    waits = outbox.c.delivered_at.is_(None)
    count, attempts, oldest = connection.execute(
        select(func.count(), func.max(outbox.c.attempts), func.min(outbox.c.created_at)).where(waits)
    ).one()
    postponed = connection.execute(select(func.count()).select_from(outbox).where(waits, outbox.c.attempts > 0))
    columns = ("kind", "sequence", "created_at", "attempts", "next_attempt_at")
    rows = connection.execute(
        select(*(outbox.c[name] for name in columns)).where(waits).order_by(outbox.c.created_at).limit(LISTED_MOST)
    )
    return Outbox(
        waiting=count,
        postponed=int(postponed.scalar_one()),
        attempts=attempts or 0,
        oldest=aware(oldest) if oldest else None,
        listed=[
            Waiting(row.kind, row.sequence, aware(row.created_at), row.attempts, aware(row.next_attempt_at))
            for row in rows
        ],
    )


def read_webhooks(connection: Connection) -> Webhooks:
    """Count endpoints: all, those that fail, and those that were switched off for failing."""
    columns = endpoint.c
    off = columns.disabled_at.is_not(None)
    failing = ~off & columns.failing_since.is_not(None)
    switched_off = off & (columns.disabled_because != BY_OWNER)
    endpoints, failing_now, switched = (
        int(connection.execute(select(func.count()).select_from(endpoint).where(*where)).scalar_one())
        for where in ((), (failing,), (switched_off,))
    )
    waits = select(func.count()).select_from(delivery).where(delivery.c.next_attempt_at.is_not(None))
    return Webhooks(endpoints, failing_now, switched, int(connection.execute(waits).scalar_one()))


def read_partners(connection: Connection) -> Partners:
    active = {each.id for each in list_partners(connection, active=True)}
    found = [each for each in outbox_of_partners.health(connection) if each.partner in active]
    failing = sum(bool(each.sending.failures or each.pulling.failures) for each in found)
    return Partners(len(active), failing, sum(each.dead for each in found))


def read_lists(connection: Connection) -> list[RevocationList]:
    """Return the newest revocation list of each authority."""
    columns = evidence_store.evidence.c
    rows = connection.execute(
        select(
            columns.subject,
            func.max(columns.this_update).label("this_update"),
            func.max(columns.next_update).label("next_update"),
            func.max(columns.fetched_at).label("fetched_at"),
        )
        .where(columns.kind == CRL)
        .group_by(columns.subject)
        .order_by(columns.subject)
    )
    return [
        RevocationList(
            row.subject,
            aware(row.this_update),
            aware(row.next_update) if row.next_update else None,
            aware(row.fetched_at),
        )
        for row in rows
    ]


def last_answer(connection: Connection) -> datetime | None:
    """Return when the last OCSP answer came."""
    columns = evidence_store.evidence.c
    found = connection.execute(select(func.max(columns.fetched_at)).where(columns.kind == OCSP)).scalar()
    return aware(found) if found else None


def database_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return int(pages) * int(connection.execute(text("PRAGMA page_size")).scalar_one())
