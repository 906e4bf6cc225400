"""How partners are called: what goes out and what comes back, as values. Nothing here speaks to a network."""

from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct

from risk_gateway.bases.partner_facts.model import Question

ANSWER_BYTES_MOST = 65_536
AHEAD_MOST, OLD_MOST = timedelta(minutes=5), timedelta(hours=24)

Shape = TypeVar("Shape")


class Query(Struct, frozen=True):
    """One question to one partner: about whom, why, and on what ground. `id` comes back in the answer.

    `number_hash` is the HMAC of the identifier, where there is a secret shared with the partner; `by_hash` tells that
    the identifier itself may not travel.
    """

    id: str
    participant: str
    purpose: str
    legal_basis: str
    asked_at: datetime
    number_hash: str = ""
    by_hash: bool = False


class Request(Struct, frozen=True):
    """What is posted to a path below the partner's address."""

    path: str
    media_type: str
    body: bytes


class Reply(Struct, frozen=True):
    status: int
    media_type: str
    body: bytes


class Answered(Struct, frozen=True):
    """What a partner says: `as_of` is the moment of which it speaks."""

    question: Question
    yes: bool
    as_of: datetime
    detail: str = ""


class NotUnderstood(Exception):
    """Something cannot be asked, or a reply is no answer to it; the text says why, and holds nothing of the reply."""


def demand_open(query: Query) -> None:
    """Raises `NotUnderstood` when the identifier may travel only as its HMAC: for forms that have no place for one."""
    if query.by_hash:
        raise NotUnderstood("not asked: its form has no hashed identifier")


def demand_answer(reply: Reply, media_type: str) -> None:
    """Raises `NotUnderstood` unless a reply is a success, of that type and not too large."""
    if reply.status != 200:
        raise NotUnderstood(f"status {reply.status}")
    if reply.media_type.partition(";")[0].strip().lower() != media_type:
        raise NotUnderstood("another media type")
    if len(reply.body) > ANSWER_BYTES_MOST:
        raise NotUnderstood("too large")


def read_json(reply: Reply, shape: type[Shape]) -> Shape:
    """Return the JSON of a reply in its shape. Raises `NotUnderstood` for anything else."""
    demand_answer(reply, "application/json")
    try:
        return msgspec.json.decode(reply.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstood("not in the agreed form") from None


def demand_about(query: Query, query_id: str, participant: str, as_of: datetime) -> None:
    """Raises `NotUnderstood` for an answer to another question, about somebody else, or of another time."""
    if query_id != query.id:
        raise NotUnderstood("an answer to another question")
    if participant != query.participant:
        raise NotUnderstood("about somebody else")
    if as_of.tzinfo is None or not query.asked_at - OLD_MOST <= as_of <= query.asked_at + AHEAD_MOST:
        raise NotUnderstood("of another time")
