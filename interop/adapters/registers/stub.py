"""The registers of the demonstration and of tests: permits and contracts in a database of its own."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from interop.adapters.registers.messages import (
    CONTRACTS_PATH,
    JSON,
    PERMITS_PATH,
    Contract,
    ContractsAnswer,
    NumbersQuery,
    Permit,
    PermitsAnswer,
)
from interop.calls import Reply, Request
from risk_gateway.days import day_of
from risk_gateway.kept_numbers import kept_number

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    register TEXT, number TEXT, holder TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (register, number)
);
CREATE TABLE IF NOT EXISTS query (query_id TEXT PRIMARY KEY, holder TEXT NOT NULL, purpose TEXT NOT NULL);
"""
Shape = TypeVar("Shape", Permit, Contract)


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """What is put on record: one of the two, with whose it is. `standing` is "entered"."""

    holder: str
    permit: Permit | None = None
    contract: Contract | None = None


class Stub:
    """Answers as a register would. `database` is a file; safe to use in several threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        with closing(self._open()) as connection:
            connection.executescript(_TABLES)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a request to one of the paths of messages.py; anything else gets 404, what cannot be read 400."""
        if request.path not in (PERMITS_PATH, CONTRACTS_PATH):
            return Reply(404, JSON, b"{}")
        try:
            query = msgspec.json.decode(request.body, type=NumbersQuery)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Reply(400, JSON, b"{}")
        with closing(self._open()) as connection, connection:
            values = query.query_id, query.holder, query.purpose
            connection.execute("INSERT OR IGNORE INTO query VALUES (?, ?, ?)", values)
        said: PermitsAnswer | ContractsAnswer
        if request.path == PERMITS_PATH:
            permits = self._found(request.path, query, Permit)
            said = PermitsAnswer(query_id=query.query_id, holder=query.holder, permits=permits, as_of=now)
        else:
            contracts = self._found(request.path, query, Contract)
            said = ContractsAnswer(query_id=query.query_id, holder=query.holder, contracts=contracts, as_of=now)
        return Reply(200, JSON, msgspec.json.encode(said))

    def put(self, entry: Entry) -> None:
        """Put a permit or a contract on record, or change it."""
        for path, kept in ((PERMITS_PATH, entry.permit), (CONTRACTS_PATH, entry.contract)):
            if kept is not None:
                row = path, kept_number(kept.number), entry.holder, msgspec.json.encode(kept)
                with closing(self._open()) as connection, connection:
                    connection.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", row)

    def enter(self, body: bytes) -> None:
        """Put on record what is in JSON. Raises `msgspec.MsgspecError`."""
        self.put(msgspec.json.decode(body, type=Entry))

    def set(self, participant: str, yes: bool, now: datetime) -> None:
        """Have all that is a participant's be revoked or closed today, or stand again."""
        day = day_of(now) if yes else None
        for path, _, body in self._of_holder(participant):
            if path == PERMITS_PATH:
                permit = msgspec.json.decode(body, type=Permit)
                self.put(Entry(participant, permit=replace(permit, revoked_on=day)))
            else:
                contract = msgspec.json.decode(body, type=Contract)
                self.put(Entry(participant, contract=replace(contract, closed_on=day)))

    def notices(self) -> list[bytes]:
        """Registers are told nothing."""
        return []

    def questions(self) -> list[tuple[str, str]]:
        """Return about whom it was asked and why, in order."""
        with closing(self._open()) as connection:
            return list(connection.execute("SELECT holder, purpose FROM query ORDER BY rowid"))

    def _found(self, path: str, query: NumbersQuery, shape: type[Shape]) -> list[Shape]:
        with closing(self._open()) as connection:
            return [self._one(connection, path, query.holder, number, shape) for number in query.numbers]

    def _one(self, connection: sqlite3.Connection, path: str, holder: str, number: str, shape: type[Shape]) -> Shape:
        wanted = "SELECT holder, body FROM entry WHERE register = ? AND number = ?"
        found = connection.execute(wanted, (path, kept_number(number))).fetchone()
        if found is None:
            return shape(number=number, standing="not_found")
        if found[0] != holder:
            return shape(number=number, standing="other_party")
        return replace(msgspec.json.decode(found[1], type=shape), number=number)

    def _of_holder(self, holder: str) -> Sequence[tuple[str, str, bytes]]:
        with closing(self._open()) as connection:
            wanted = "SELECT register, number, body FROM entry WHERE holder = ? ORDER BY register, number"
            return connection.execute(wanted, (holder,)).fetchall()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._database, timeout=10)
