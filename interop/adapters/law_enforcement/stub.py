"""Law enforcement of the demonstration and of tests: notices and reports in a database of its own."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

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
from interop.calls import Reply, Request

_TABLES = """
    CREATE TABLE IF NOT EXISTS notice (subject TEXT PRIMARY KEY, number TEXT NOT NULL, ground TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS query (query_id TEXT PRIMARY KEY, subject TEXT NOT NULL, purpose TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS report (message_id TEXT PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
"""


class Stub:
    """Answers as law enforcement would. `database` is a file; safe to use in several threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with closing(self._open()) as connection:
            connection.executescript(_TABLES)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a request to one of the paths of messages.py; anything else gets 404, what cannot be read 400."""
        try:
            said = messages.read(request.body)
        except NotValid:
            return Reply(400, XML, b"<Refused/>")
        if request.path == QUERY_PATH and isinstance(said, NoticeQuery):
            return self._notice(said, now)
        if request.path == REPORT_PATH and isinstance(said, Report):
            return self._report(said, request.body)
        return Reply(404, XML, b"<Refused/>")

    def set(self, participant: str, yes: bool, now: datetime) -> None:
        """Have a notice about somebody, or none."""
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM notice WHERE subject = ?", (participant,))
            if yes:
                notice = participant, f"N-{participant[-4:]}", "Pre-trial investigation, article 234 [?]"
                connection.execute("INSERT INTO notice VALUES (?, ?, ?)", notice)

    def notices(self) -> list[bytes]:
        """Return the reports that have arrived, each once, in the order of their arrival."""
        with closing(self._open()) as connection:
            return [body for (body,) in connection.execute("SELECT body FROM report ORDER BY rowid")]

    def _notice(self, query: NoticeQuery, now: datetime) -> Reply:
        with closing(self._open()) as connection, connection:
            values = query.query_id, query.subject, query.purpose
            connection.execute("INSERT OR IGNORE INTO query VALUES (?, ?, ?)", values)
            found = connection.execute("SELECT number, ground FROM notice WHERE subject = ?", (query.subject,))
            said = NoticeAnswer(query.query_id, query.subject, tuple(found.fetchall()), now)
        return Reply(200, XML, messages.write(said))

    def _report(self, report: Report, body: bytes) -> Reply:
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO report VALUES (?, ?, ?)", (report.message_id, report.kind, body))
        return Reply(200, XML, messages.write(Receipt(report.message_id, hashlib.sha256(body).hexdigest())))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=10)
