"""Stands in for the bank: payments that people make there, its statement of them, and refunds that it pays out."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from interop.adapters.payments.messages import (
    JSON,
    ORDER_PATH,
    PAGE_MOST,
    STATEMENT_PATH,
    Accepted,
    PaidOut,
    Payer,
    Payment,
    Reference,
    RefundOrder,
    Statement,
    StatementQuery,
    Tiyn,
)
from interop.calls import Reply, Request

_TABLES = """
CREATE TABLE IF NOT EXISTS movement (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
    body BLOB NOT NULL, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS refund_order (id TEXT PRIMARY KEY, body BLOB NOT NULL);
"""
IN, OUT = "in", "out"


class PayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody pays at the bank. `id` "" has the bank number it."""

    payer: Payer
    tiyn: Tiyn
    reference: Reference = ""
    id: Reference = ""


class Stub:
    """Answers as the bank would. `database` is a file; safe to use in several threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with closing(self._open()) as connection:
            connection.executescript(_TABLES)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a request to one of the paths of messages.py; anything else gets 404, what cannot be read 400."""
        try:
            if request.path == STATEMENT_PATH:
                return self._statement(msgspec.json.decode(request.body, type=StatementQuery))
            if request.path == ORDER_PATH:
                return self._order(msgspec.json.decode(request.body, type=RefundOrder), request.body, now)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Reply(400, JSON, b"{}")
        return Reply(404, JSON, b"{}")

    def pay(self, body: bytes, now: datetime) -> None:
        """Have somebody pay. Raises `msgspec.MsgspecError`."""
        wanted = msgspec.json.decode(body, type=PayIn)
        with closing(self._open()) as connection, connection:
            count = connection.execute("SELECT count(*) FROM movement").fetchone()[0]
            payment = Payment(
                id=wanted.id or f"P{count + 1:08}",
                payer=wanted.payer,
                reference=wanted.reference,
                tiyn=wanted.tiyn,
                paid_at=now,
            )
            _move(connection, IN, payment.id, msgspec.json.encode(payment))

    def set(self, participant: str, yes: bool, now: datetime) -> None:
        """Have a participant pay a million tenge into its balance."""
        if yes:
            self.pay(msgspec.json.encode({"payer": participant, "tiyn": 1_000_000_00}), now)

    def notices(self) -> list[bytes]:
        """Return the orders that have arrived, each once, in the order of their arrival."""
        with closing(self._open()) as connection:
            return [body for (body,) in connection.execute("SELECT body FROM refund_order ORDER BY rowid")]

    def _statement(self, query: StatementQuery) -> Reply:
        with closing(self._open()) as connection:
            found = connection.execute(
                "SELECT number, kind, body FROM movement WHERE number > ? ORDER BY number LIMIT ?",
                (query.after, PAGE_MOST + 1),
            ).fetchall()
        page = found[:PAGE_MOST]
        said = Statement(
            after=query.after,
            last=page[-1][0] if page else query.after,
            more=len(found) > PAGE_MOST,
            payments=tuple(msgspec.json.decode(body, type=Payment) for _, kind, body in page if kind == IN),
            paid_out=tuple(msgspec.json.decode(body, type=PaidOut) for _, kind, body in page if kind == OUT),
        )
        return Reply(200, JSON, msgspec.json.encode(said))

    def _order(self, order: RefundOrder, body: bytes, now: datetime) -> Reply:
        with closing(self._open()) as connection, connection:
            before = connection.execute("SELECT body FROM refund_order WHERE id = ?", (order.order_id,)).fetchone()
            if before is not None and before[0] != body:
                return Reply(409, JSON, b"{}")
            if before is None:
                connection.execute("INSERT INTO refund_order VALUES (?, ?)", (order.order_id, body))
                paid = PaidOut(order_id=order.order_id, paid_at=now)
                _move(connection, OUT, order.order_id, msgspec.json.encode(paid))
        said = Accepted(order_id=order.order_id, digest=hashlib.sha256(body).hexdigest())
        return Reply(200, JSON, msgspec.json.encode(said))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=10)


def _move(connection: sqlite3.Connection, kind: str, identifier: str, body: bytes) -> None:
    connection.execute("INSERT OR IGNORE INTO movement (kind, id, body) VALUES (?, ?, ?)", (kind, identifier, body))
