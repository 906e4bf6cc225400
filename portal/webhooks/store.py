"""Webhook endpoints, what is to be sent to them, and what came of each attempt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations.store import aware
from portal.webhooks.sending import Outcome
from portal.webhooks.tables import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow

endpoint = SQLModel.metadata.tables[WebhookEndpointRow.__tablename__]
delivery = SQLModel.metadata.tables[WebhookDeliveryRow.__tablename__]
attempt = SQLModel.metadata.tables[WebhookAttemptRow.__tablename__]

_DELIVERY = delivery.c


class Endpoint(Struct, frozen=True):
    """Where a participant wants to be told. `old_secret` signs too until `old_until`."""

    id: str
    participant: str
    url: str
    secret: str
    old_secret: str | None
    old_until: datetime | None
    created_at: datetime
    created_by: str
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None

    def keys(self, at: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at a moment."""
        if self.old_secret is None or self.old_until is None or at >= self.old_until:
            return (self.secret,)
        return self.secret, self.old_secret


class Delivery(Struct, frozen=True):
    endpoint: str
    message_id: str
    kind: str
    subject: str
    body: str
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: int
    delivered_at: datetime | None
    last_status: int | None
    last_problem: str | None


class Attempt(Struct, frozen=True):
    message_id: str
    at: datetime
    status: int | None
    problem: str | None
    milliseconds: int


def add_endpoint(connection: Connection, given: Endpoint) -> None:
    connection.execute(insert(endpoint), {name: getattr(given, name) for name in given.__struct_fields__})


def read_endpoints(connection: Connection, participants: Collection[str]) -> tuple[Endpoint, ...]:
    """Return the endpoints of these participants, oldest first."""
    wanted = select(endpoint).where(endpoint.c.participant.in_(participants))
    return tuple(map(_endpoint, connection.execute(wanted.order_by(endpoint.c.created_at, endpoint.c.id))))


def find_endpoint(connection: Connection, participant: str, identifier: str) -> Endpoint | None:
    wanted = (endpoint.c.participant == participant) & (endpoint.c.id == identifier)
    row = connection.execute(select(endpoint).where(wanted)).first()
    return None if row is None else _endpoint(row)


def remove_endpoint(connection: Connection, identifier: str) -> None:
    """Forget an endpoint with all that was to be sent to it."""
    for table in (attempt, delivery):
        connection.execute(delete(table).where(table.c.endpoint == identifier))
    connection.execute(delete(endpoint).where(endpoint.c.id == identifier))


def rotate_secret(connection: Connection, given: Endpoint, secret: str, old_until: datetime) -> None:
    values = {"secret": secret, "old_secret": given.secret, "old_until": old_until}
    connection.execute(update(endpoint).where(endpoint.c.id == given.id).values(values))


def enable(connection: Connection, identifier: str) -> None:
    values = {"disabled_at": None, "disabled_because": None, "failing_since": None}
    connection.execute(update(endpoint).where(endpoint.c.id == identifier).values(values))


def disable(connection: Connection, identifier: str, at: datetime, because: str) -> None:
    values = {"disabled_at": at, "disabled_because": because}
    connection.execute(update(endpoint).where(endpoint.c.id == identifier).values(values))


def queue(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have messages sent; one that was sent or is waiting already begins anew."""
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = add(delivery)
    anew = {name: made.excluded[name] for name in ("next_attempt_at", "attempts", "delivered_at", "body")}
    connection.execute(made.on_conflict_do_update(index_elements=["endpoint", "message_id"], set_=anew), list(rows))


def due_endpoints(connection: Connection, now: datetime, without: Collection[str], limit: int) -> list[str]:
    """Return enabled endpoints for which something is due, the longest waiting first."""
    waiting = func.min(_DELIVERY.next_attempt_at)
    statement = (
        select(_DELIVERY.endpoint)
        .join(endpoint, endpoint.c.id == _DELIVERY.endpoint)
        .where(_DELIVERY.next_attempt_at <= now, endpoint.c.disabled_at.is_(None), _DELIVERY.endpoint.not_in(without))
        .group_by(_DELIVERY.endpoint)
        .order_by(waiting)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def claim(
    connection: Connection, identifier: str, now: datetime, until: datetime, limit: int
) -> tuple[Endpoint, list[Delivery]] | None:
    """Take what is due for an endpoint, oldest first, so that nobody else sends it before `until`.

    None when the endpoint is gone or does not want any.
    """
    row = connection.execute(select(endpoint).where(endpoint.c.id == identifier).with_for_update()).first()
    if row is None or row.disabled_at is not None:
        return None
    wanted = select(delivery).where(_DELIVERY.endpoint == identifier, _DELIVERY.next_attempt_at <= now)
    rows = connection.execute(wanted.order_by(_DELIVERY.created_at, _DELIVERY.message_id).limit(limit)).all()
    taken = [_delivery(each) for each in rows]
    _put_off(connection, identifier, [each.message_id for each in taken], until)
    return _endpoint(row), taken


def _put_off(connection: Connection, identifier: str, messages: Iterable[str], until: datetime) -> None:
    mine = (_DELIVERY.endpoint == identifier) & _DELIVERY.message_id.in_(list(messages))
    connection.execute(update(delivery).where(mine).values(next_attempt_at=until))


def record_success(connection: Connection, made: Delivery, tried: Attempt) -> None:
    _record(connection, made, tried, None, tried.at)
    connection.execute(update(endpoint).where(endpoint.c.id == made.endpoint).values(failing_since=None))


def record_failure(
    connection: Connection, made: Delivery, tried: Attempt, again: datetime | None, held: Iterable[str]
) -> datetime | None:
    """Keep a failed attempt, to be repeated `again`, and let the messages behind it wait as long.

    Return since when nothing has arrived there; None when the endpoint is gone.
    """
    _record(connection, made, tried, again, None)
    _put_off(connection, made.endpoint, held, again or tried.at)
    mine = endpoint.c.id == made.endpoint
    connection.execute(update(endpoint).where(mine, endpoint.c.failing_since.is_(None)).values(failing_since=tried.at))
    since = connection.execute(select(endpoint.c.failing_since).where(mine)).scalar()
    return None if since is None else aware(since)


def _record(
    connection: Connection, made: Delivery, tried: Attempt, again: datetime | None, delivered: datetime | None
) -> None:
    values = {
        "attempts": made.attempts + 1,
        "next_attempt_at": again,
        "delivered_at": delivered,
        "last_status": tried.status,
        "last_problem": tried.problem,
    }
    mine = (_DELIVERY.endpoint == made.endpoint) & (_DELIVERY.message_id == made.message_id)
    if connection.execute(update(delivery).where(mine).values(values)).rowcount:
        row = {name: getattr(tried, name) for name in tried.__struct_fields__}
        connection.execute(insert(attempt), {"endpoint": made.endpoint, **row})


def read_deliveries(connection: Connection, identifier: str, limit: int) -> tuple[Delivery, ...]:
    """Return what was or will be sent to an endpoint, newest first."""
    wanted = select(delivery).where(_DELIVERY.endpoint == identifier)
    rows = connection.execute(wanted.order_by(_DELIVERY.created_at.desc(), _DELIVERY.message_id).limit(limit))
    return tuple(map(_delivery, rows))


def read_deliveries_of(connection: Connection, messages: Collection[str], endpoints: Collection[str]) -> list[Delivery]:
    """Return what became of these messages at these endpoints."""
    wanted = select(delivery).where(_DELIVERY.message_id.in_(messages), _DELIVERY.endpoint.in_(endpoints))
    return list(map(_delivery, connection.execute(wanted)))


def read_attempts(connection: Connection, identifier: str, messages: Collection[str]) -> list[Attempt]:
    """Return every attempt to send these messages to an endpoint, newest first."""
    wanted = select(attempt).where(attempt.c.endpoint == identifier, attempt.c.message_id.in_(messages))
    rows = connection.execute(wanted.order_by(attempt.c.at.desc()))
    return [Attempt(row.message_id, aware(row.at), row.status, row.problem, row.milliseconds) for row in rows]


def attempt_of(made: Delivery, at: datetime, outcome: Outcome, took: timedelta) -> Attempt:
    milliseconds = int(took / timedelta(milliseconds=1))
    return Attempt(made.message_id, at, outcome.status, outcome.problem and outcome.problem.value, milliseconds)


def _endpoint(row: Row[Any]) -> Endpoint:
    values = row._mapping
    moments = {
        name: aware(values[name]) if values[name] else None
        for name in ("old_until", "created_at", "failing_since", "disabled_at")
    }
    return Endpoint(**{**values, **moments})


def _delivery(row: Row[Any]) -> Delivery:
    values = row._mapping
    moments = {
        name: aware(values[name]) if values[name] else None
        for name in ("created_at", "next_attempt_at", "delivered_at")
    }
    return Delivery(**{**values, **moments})
