"""Makes requests to law enforcement and reads its replies and reports."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from interop.adapters.law_enforcement import messages
from interop.adapters.law_enforcement.messages import (
    QUERY_PATH,
    REPORT_PATH,
    XML,
    NoticeAnswer,
    NoticeQuery,
    NotValid,
    Receipt,
    Report,
)
from interop.calls import Answered, NotUnderstood, Query, Reply, Request, demand_about, demand_answer, demand_open
from interop.disclosure import ViolationMessage
from risk_gateway.bases.partner_facts.model import Question

QUESTIONS = (Question.POLICE_NOTICE,)
VIOLATION = "violation"


def ask(query: Query) -> Request:
    """Ask whether there is a notice about a participant. Raises `NotUnderstood` for what cannot be asked."""
    demand_open(query)
    asked = NoticeQuery(query.id, query.participant, query.purpose, query.legal_basis, query.asked_at)
    return Request(QUERY_PATH, XML, _written(asked))


def read(query: Query, reply: Reply) -> tuple[Answered, ...]:
    """Return what law enforcement answers. Raises `NotUnderstood`."""
    said = _read(reply)
    if not isinstance(said, NoticeAnswer):
        raise NotUnderstood("not an answer")
    demand_about(query, said.query_id, said.subject, said.as_of)
    detail = ", ".join(number for number, _ in said.notices)
    return (Answered(Question.POLICE_NOTICE, bool(said.notices), said.as_of, detail),)


def message(kind: str, message_id: str, body: bytes) -> Request:
    """Make the report for a message of the outbox, whose body is a flat JSON object. Raises `NotUnderstood`."""
    content: Mapping[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    fields = {name: str(value) for name, value in content.items() if value is not None}
    return Request(REPORT_PATH, XML, _written(Report(message_id, kind, fields)))


def receipt(message_id: str, request: Request, reply: Reply) -> str:
    """Return the receipt for a report, as it came. Raises `NotUnderstood` for anything but one for these bytes."""
    said = _read(reply)
    if said != Receipt(message_id, hashlib.sha256(request.body).hexdigest()):
        raise NotUnderstood("confirms another message")
    return reply.body.decode()


def violation(report: bytes) -> bytes:
    """Return the violation that law enforcement reports, as the JSON in which the exchange takes one.

    Raises `NotUnderstood` for what is no report of a violation, or names a field that a violation has not.
    """
    try:
        said = messages.read(report)
    except NotValid:
        raise NotUnderstood("not in the agreed form") from None
    if not isinstance(said, Report) or said.kind != VIOLATION:
        raise NotUnderstood("not a violation")
    try:
        return msgspec.json.encode(msgspec.convert(dict(said.fields), ViolationMessage, strict=False))
    except msgspec.ValidationError:
        raise NotUnderstood("not the fields of a violation") from None


def _read(reply: Reply) -> messages.Message:
    demand_answer(reply, XML)
    try:
        return messages.read(reply.body)
    except NotValid:
        raise NotUnderstood("not in the agreed form") from None


def _written(message: messages.Message) -> bytes:
    try:
        return messages.write(message)
    except NotValid:
        raise NotUnderstood("cannot be said in the agreed form") from None
