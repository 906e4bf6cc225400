"""Makes requests to the tax service and reads its replies."""

import hashlib
from datetime import date

import msgspec

from interop.adapters.tax_service.messages import (
    JSON,
    NOTICE_PATH,
    QUERY_PATH,
    RETURNS_PATH,
    Accepted,
    DebtAnswer,
    DebtQuery,
    Kind,
    Notice,
    ReturnsAnswer,
    ReturnsQuery,
)
from interop.calls import Answered, NotUnderstood, Query, Reply, Request, demand_about, demand_open, read_json
from risk_gateway.bases.partner_facts.model import Question

QUESTIONS = (Question.TAX_DEBT,)


def ask(query: Query) -> Request:
    """Ask whether a participant owes taxes. Raises `NotUnderstood` where the identifier itself may not travel."""
    demand_open(query)
    asked = DebtQuery(
        query_id=query.id,
        taxpayer=query.participant,
        purpose=query.purpose,
        legal_basis=query.legal_basis,
        asked_at=query.asked_at,
    )
    return Request(QUERY_PATH, JSON, msgspec.json.encode(asked))


def read(query: Query, reply: Reply) -> tuple[Answered, ...]:
    """Return what the tax service answers. Raises `NotUnderstood`."""
    said = read_json(reply, DebtAnswer)
    demand_about(query, said.query_id, said.taxpayer, said.as_of)
    if said.owes != (said.debt_tiyn > 0):
        raise NotUnderstood("contradicts itself")
    detail = f"{said.debt_tiyn // 100} KZT" if said.owes else ""
    return (Answered(Question.TAX_DEBT, said.owes, said.as_of, detail),)


def ask_returns(query: Query, first: date, last: date) -> Request:
    """Ask what a participant returned for VAT in some months. Raises `NotUnderstood` as `ask`."""
    demand_open(query)
    asked = ReturnsQuery(
        query_id=query.id,
        taxpayer=query.participant,
        first=first,
        last=last,
        purpose=query.purpose,
        legal_basis=query.legal_basis,
        asked_at=query.asked_at,
    )
    return Request(RETURNS_PATH, JSON, msgspec.json.encode(asked))


def read_returns(query: Query, first: date, last: date, reply: Reply) -> ReturnsAnswer:
    """Return the months that the tax service has a return of. Raises `NotUnderstood`."""
    said = read_json(reply, ReturnsAnswer)
    demand_about(query, said.query_id, said.taxpayer, said.as_of)
    months = [each.month for each in said.months]
    if len(set(months)) != len(months) or not all(first <= each <= last and each.day == 1 for each in months):
        raise NotUnderstood("of other months")
    return said


def message(kind: str, message_id: str, body: bytes) -> Request:
    """Make the notice for a message of the outbox, whose body is a JSON object."""
    notice = Notice(message_id=message_id, kind=msgspec.convert(kind, Kind), content=msgspec.json.decode(body))
    return Request(NOTICE_PATH, JSON, msgspec.json.encode(notice))


def receipt(message_id: str, request: Request, reply: Reply) -> str:
    """Return the receipt for a notice, as it came. Raises `NotUnderstood` for anything but one for these bytes."""
    said = read_json(reply, Accepted)
    if (said.message_id, said.digest) != (message_id, hashlib.sha256(request.body).hexdigest()):
        raise NotUnderstood("confirms another message")
    return reply.body.decode()
