"""Makes requests to the bank and reads its replies."""

import hashlib

import msgspec

from interop.adapters.payments.messages import (
    JSON,
    ORDER_PATH,
    STATEMENT_PATH,
    Accepted,
    RefundOrder,
    Statement,
    StatementQuery,
)
from interop.calls import NotUnderstood, Reply, Request, read_json


def ask_statement(after: int) -> Request:
    return Request(STATEMENT_PATH, JSON, msgspec.json.encode(StatementQuery(after=after)))


def read_statement(after: int, reply: Reply) -> Statement:
    """Return what moved. Raises `NotUnderstood`, also for a statement of another part of the account."""
    said = read_json(reply, Statement)
    if said.after != after or said.last < after or (said.more and said.last == after):
        raise NotUnderstood("a statement of other movements")
    return said


def order(wanted: RefundOrder) -> Request:
    return Request(ORDER_PATH, JSON, msgspec.json.encode(wanted))


def read_receipt(wanted: RefundOrder, request: Request, reply: Reply) -> None:
    """Raises `NotUnderstood` unless the bank has taken exactly this order."""
    said = read_json(reply, Accepted)
    if said.order_id != wanted.order_id or said.digest != hashlib.sha256(request.body).hexdigest():
        raise NotUnderstood("a receipt for another order")
