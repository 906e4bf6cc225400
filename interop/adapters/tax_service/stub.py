"""The tax service of the demonstration and of tests: debts and notices in a database of its own."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import msgspec

from interop.adapters.tax_service.messages import (
    JSON,
    NOTICE_PATH,
    QUERY_PATH,
    RETURNS_PATH,
    Accepted,
    DebtAnswer,
    DebtQuery,
    Notice,
    ReturnedMonth,
    ReturnsAnswer,
    ReturnsQuery,
)
from interop.calls import Reply, Request

_TABLES = """
    CREATE TABLE IF NOT EXISTS debt (taxpayer TEXT PRIMARY KEY, tiyn INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS returned (
        taxpayer TEXT, month TEXT, base INTEGER NOT NULL, grams INTEGER NOT NULL, PRIMARY KEY (taxpayer, month)
    );
    CREATE TABLE IF NOT EXISTS query (query_id TEXT PRIMARY KEY, taxpayer TEXT NOT NULL, purpose TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS notice (message_id TEXT PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
"""


class Stub:
    """Answers as the tax service would. `database` is a file; safe to use in several threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with closing(self._open()) as connection:
            connection.executescript(_TABLES)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a request to one of the paths of messages.py; anything else gets 404, what cannot be read 400."""
        try:
            if request.path == QUERY_PATH:
                return self._debt(msgspec.json.decode(request.body, type=DebtQuery), now)
            if request.path == RETURNS_PATH:
                return self._returns(msgspec.json.decode(request.body, type=ReturnsQuery), now)
            if request.path == NOTICE_PATH:
                return self._notice(msgspec.json.decode(request.body, type=Notice), request.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Reply(400, JSON, b"{}")
        return Reply(404, JSON, b"{}")

    def set(self, participant: str, yes: bool, now: datetime) -> None:
        """Have a taxpayer owe, or owe nothing."""
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO debt VALUES (?, ?)", (participant, 125_000_00 if yes else 0))

    def put_returns(self, participant: str, months: Sequence[ReturnedMonth]) -> None:
        """Have a taxpayer have returned so much for some months."""
        rows = [(participant, each.month.isoformat(), each.import_base_tiyn, each.invoiced_grams) for each in months]
        with closing(self._open()) as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO returned VALUES (?, ?, ?, ?)", rows)

    def notices(self) -> list[bytes]:
        """Return the notices that have arrived, each once, in the order of their arrival."""
        with closing(self._open()) as connection:
            return [body for (body,) in connection.execute("SELECT body FROM notice ORDER BY rowid")]

    def _debt(self, query: DebtQuery, now: datetime) -> Reply:
        with closing(self._open()) as connection, connection:
            values = query.query_id, query.taxpayer, query.purpose
            connection.execute("INSERT OR IGNORE INTO query VALUES (?, ?, ?)", values)
            found = connection.execute("SELECT tiyn FROM debt WHERE taxpayer = ?", (query.taxpayer,)).fetchone()
        tiyn = found[0] if found else 0
        said = DebtAnswer(query_id=query.query_id, taxpayer=query.taxpayer, owes=tiyn > 0, debt_tiyn=tiyn, as_of=now)
        return Reply(200, JSON, msgspec.json.encode(said))

    def _returns(self, query: ReturnsQuery, now: datetime) -> Reply:
        with closing(self._open()) as connection, connection:
            values = query.query_id, query.taxpayer, query.purpose
            connection.execute("INSERT OR IGNORE INTO query VALUES (?, ?, ?)", values)
            span = query.taxpayer, query.first.isoformat(), query.last.isoformat()
            found = connection.execute(
                "SELECT month, base, grams FROM returned WHERE taxpayer = ? AND month BETWEEN ? AND ? ORDER BY month",
                span,
            ).fetchall()
        months = [
            ReturnedMonth(month=date.fromisoformat(month), import_base_tiyn=base, invoiced_grams=grams)
            for month, base, grams in found
        ]
        said = ReturnsAnswer(query_id=query.query_id, taxpayer=query.taxpayer, months=months, as_of=now)
        return Reply(200, JSON, msgspec.json.encode(said))

    def _notice(self, notice: Notice, body: bytes) -> Reply:
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO notice VALUES (?, ?, ?)", (notice.message_id, notice.kind, body))
        said = Accepted(message_id=notice.message_id, digest=hashlib.sha256(body).hexdigest())
        return Reply(200, JSON, msgspec.json.encode(said))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=10)
