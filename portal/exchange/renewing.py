"""What waits for a partner is told as its policy has it when it leaves, not as it was when the message was recorded."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from interop import exchange_store as store
from interop.disclosure import allows, disclose
from interop.distributing import KIND
from interop.envelope import digest_of, wrap
from interop.exchange_store import WITHHELD, Outgoing
from interop.partner_store import read_partner
from interop.partners import Partner
from portal import audit
from portal.database import reading, writing
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of
from signing import store as signing_store

NOT_ALLOWED = "exchange.withheld"


def renew(engine: Engine, partner_id: str, waiting: Sequence[Outgoing], now: datetime) -> list[Outgoing]:
    """Return the messages that the partner's policy still lets leave, as it lets them; the others end here.

    One that changes gets another id: the partner may have had it already, and an id stands for its bytes.
    """
    with reading(engine) as connection:
        partner = read_partner(connection, partner_id)
        if partner is None or all(_renewed(connection, partner, each, now) == each for each in waiting):
            return list(waiting)
    with writing(engine) as connection:
        signing_store.lock_head(connection)
        partner = read_partner(connection, partner_id) or partner
        renewed = [_put(connection, each, _renewed(connection, partner, each, now), now) for each in waiting]
    return [each for each in renewed if each is not None]


def _put(connection: Connection, before: Outgoing, after: Outgoing | None, now: datetime) -> Outgoing | None:
    if after is None:
        store.end(connection, before, WITHHELD, now, code=NOT_ALLOWED)
        particulars = {
            "partner": before.partner,
            "kind": before.kind,
            "about": before.subject,
            "digest": digest_of(before.envelope),
            "outcome": WITHHELD,
            "code": NOT_ALLOWED,
            "receipt": "",
        }
        entry = audit.Record(audit.Event.EXCHANGE_SUBMITTED, before.message_id, now, particulars)
        audit.record_one(connection, entry)
    elif after != before:
        store.put_envelope(connection, before, after)
    return after


def _renewed(connection: Connection, partner: Partner, message: Outgoing, now: datetime) -> Outgoing | None:
    """Return a message as it may leave now; None when it may not."""
    if message.kind != KIND:
        return message
    told: Any = msgspec.json.decode(message.envelope, type=_Told).body
    if not isinstance(told, dict):
        return None
    version = told.get("version")
    source = violation_store.find(connection, message.subject, version) if isinstance(version, int) else None
    if source is None:
        return message if allows(partner.policy, told) else None
    told_now = disclose(source, partner.policy) if source.held_on(day_of(now)) else None
    if told_now is None:
        return None
    if told_now == told:
        return message
    message_id, body = secrets.token_hex(16), msgspec.json.encode(told_now)
    envelope = wrap(message_id, message.sequence, message.kind, message.subject, message.created_at, body)
    return replace(message, message_id=message_id, envelope=envelope)


class _Told(msgspec.Struct):
    body: Any
