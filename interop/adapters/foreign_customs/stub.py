"""Customs of another country for the demonstration and for tests: violations and messages in a database of its own.

It speaks the exchange as docs/exchange.md tells a partner to, and shares nothing with our side of it but the shapes.
"""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import msgspec

from interop.adapters.foreign_customs.messages import (
    JSON,
    QUERY_PATH,
    SUBMISSION_PATH,
    VIOLATIONS_PATH,
    Answers,
    Asked,
    Page,
    Submission,
    Told,
    ViolationMessage,
)
from interop.calls import Reply, Request
from interop.disclosure import hash_of
from interop.envelope import REFUSED, TAKEN, Answered, Envelope, digest_of, unwrap
from interop.errors import EnvelopeRefused
from interop.receipts import Receipt, sign_receipt
from signing.signer import SigningKey

NAME = "stub-customs"
PAGE_MOST = 200
HALF_A_YEAR = timedelta(days=180)
_TABLES = """
    CREATE TABLE IF NOT EXISTS violation (place INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT, content BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS message (
        position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, digest TEXT, receipt TEXT, body BLOB NOT NULL);
"""


class Stub:
    """Answers as foreign customs would. `database` is a file; safe to use in several threads. `salt` is the secret that
    both sides hash identifiers with."""

    def __init__(self, database: Path, key: SigningKey, salt: str = "") -> None:
        self._database = database
        self._key = key
        self._salt = salt
        with closing(self._open()) as connection:
            connection.executescript(_TABLES)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a request to one of the paths of messages.py; anything else gets 404, what cannot be read 400."""
        path, _, query = request.path.partition("?")
        try:
            if path == QUERY_PATH:
                return self._told(msgspec.json.decode(request.body, type=Asked), now)
            if path == SUBMISSION_PATH:
                return self._taken(msgspec.json.decode(request.body, type=Submission), now)
            if path == VIOLATIONS_PATH:
                return self._page(int(parse_qs(query).get("after", ["0"])[0]))
        except (msgspec.MsgspecError, ValueError):
            return Reply(400, JSON, b"{}")
        return Reply(404, JSON, b"{}")

    def set(self, participant: str, yes: bool, now: datetime) -> None:
        """Have a confirmed violation of half a year ago on record of somebody, or have it annulled."""
        committed_on = (now - HALF_A_YEAR).date()
        with closing(self._open()) as connection, connection:
            found = connection.execute("SELECT COUNT(*) FROM violation WHERE number = ?", (participant,)).fetchone()
            violation = ViolationMessage(
                id=f"XX-CRV-{participant}",
                version=found[0] + 1,
                kind="false_code",
                state="confirmed" if yes else "annulled",
                scheme="BIN",
                number=participant,
                country="KZ",
                article="12-3",
                committed_on=committed_on,
                decision_number=f"XX-{participant[-4:]}",
                decided_on=committed_on,
                legal_basis="Mutual assistance in customs matters [?]",
            )
            values = participant, msgspec.json.encode(violation)
            connection.execute("INSERT INTO violation (number, content) VALUES (?, ?)", values)

    def notices(self) -> list[bytes]:
        """Return the messages that have arrived, each once, in the order of their arrival."""
        with closing(self._open()) as connection:
            return [body for (body,) in connection.execute("SELECT body FROM message ORDER BY position")]

    def _told(self, asked: Asked, now: datetime) -> Reply:
        newest: dict[str, ViolationMessage] = {}
        with closing(self._open()) as connection:
            for number, content in connection.execute("SELECT number, content FROM violation ORDER BY place"):
                if asked.number_hash in ("", hash_of(number, self._salt)) and asked.number in ("", number):
                    violation = msgspec.json.decode(content, type=ViolationMessage)
                    newest[violation.id] = violation
        return _json(Told(now, list(newest.values())))

    def _page(self, after: int) -> Reply:
        with closing(self._open()) as connection:
            wanted = "SELECT place, content FROM violation WHERE place > ? ORDER BY place LIMIT ?"
            found = connection.execute(wanted, (after, PAGE_MOST)).fetchall()
            received = connection.execute("SELECT COUNT(*) FROM message").fetchone()[0]
        violations = [msgspec.json.decode(content, type=ViolationMessage) for _, content in found]
        cursor = str(found[-1][0] if found else after)
        return _json(Page(violations, cursor, len(found) == PAGE_MOST, received))

    def _taken(self, submission: Submission, now: datetime) -> Reply:
        answers = [self._take(bytes(message), now) for message in submission.messages]
        with closing(self._open()) as connection:
            received = connection.execute("SELECT COUNT(*) FROM message").fetchone()[0]
        return _json(Answers(answers, received))

    def _take(self, data: bytes, now: datetime) -> Answered:
        try:
            envelope = unwrap(data)
        except EnvelopeRefused as refused:
            return Answered(REFUSED, code=refused.code)
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            wanted = "SELECT digest, receipt FROM message WHERE id = ?"
            known = connection.execute(wanted, (envelope.id,)).fetchone()
            if known is not None and known[0] != digest_of(data):
                return Answered(REFUSED, envelope.id, "exchange.id_reused")
            receipt = known[1] if known else self._keep(connection, envelope, data, now)
            connection.commit()
        return Answered(TAKEN, envelope.id, receipt=receipt)

    def _keep(self, connection: sqlite3.Connection, envelope: Envelope, data: bytes, now: datetime) -> str:
        last = connection.execute("SELECT COALESCE(MAX(position), 0) FROM message").fetchone()[0]
        receipt = sign_receipt(
            Receipt(
                id=envelope.id,
                sequence=envelope.sequence,
                position=last + 1,
                digest=digest_of(data),
                outcome=TAKEN,
                received_at=now,
                sender="us",
                by=NAME,
            ),
            self._key,
        )
        values = last + 1, envelope.id, digest_of(data), receipt, bytes(envelope.body)
        connection.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", values)
        return receipt

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=10)


def _json(value: object) -> Reply:
    return Reply(200, JSON, msgspec.json.encode(value))
