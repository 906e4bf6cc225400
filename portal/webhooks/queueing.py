"""Who is told of a notice by webhook: its declarant, and the brokers who may act for him that day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.participants import PowerOfAttorney
from interop.store import Message
from portal.casework.ownership import in_force
from portal.webhooks import store
from portal.webhooks.messages import TEST, body_of, body_of_test, read_notice
from portal.webhooks.store import Endpoint
from risk_gateway.days import day_of


def queue_notices(
    connection: Connection, messages: Sequence[Message], participants: Sequence[str], now: datetime, portal: str
) -> None:
    """Queue each message, to a participant that stands beside it, for the endpoints of those who may know of it."""
    powers = {each: declarations_store.read_powers(connection, each) for each in sorted(set(participants))}
    parties = {*powers, *(power.agent for given in powers.values() for power in given)}
    listening = [each for each in store.read_endpoints(connection, parties) if each.disabled_at is None]
    rows: list[dict[str, Any]] = []
    for message, participant in zip(messages, participants, strict=True):
        given = powers[participant]
        near = {participant, *(power.agent for power in given)}
        if not any(each.participant in near for each in listening):
            continue
        told = {participant, *_agents(connection, message.subject, given, now)}
        if wanted := [each for each in listening if each.participant in told]:
            body = body_of(message.kind, read_notice(message.body), portal)
            rows += [row_of(each, message, body, now) for each in wanted]
    if rows:
        store.queue(connection, rows)


def row_of(to: Endpoint, message: Message, body: str, now: datetime) -> dict[str, Any]:
    return _row(to, message.message_id, message.kind, message.subject, body, now)


def row_of_test(to: Endpoint, message_id: str, now: datetime) -> dict[str, Any]:
    return _row(to, message_id, TEST, "", body_of_test(now), now)


def _row(to: Endpoint, message_id: str, kind: str, subject: str, body: str, now: datetime) -> dict[str, Any]:
    return {
        "endpoint": to.id,
        "message_id": message_id,
        "kind": kind,
        "subject": subject,
        "body": body,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "delivered_at": None,
    }


def _agents(connection: Connection, number: str, given: Sequence[PowerOfAttorney], now: datetime) -> set[str]:
    """Return who may act in this declaration on this day, by the powers that its declarant gave."""
    stored = declarations_store.find_by_number(connection, number)
    if stored is None:
        return set()
    return {each.agent for each in given if in_force(each, stored.type_code, day_of(now))}
