"""Engine and transactions: SQLite by default, PostgreSQL by URL, the same statements for both."""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_SECONDS = 15


class Turns:
    """Lets the writers of a process in one by one, in the order in which they came.

    SQLite has one writer at a time and no queue: who waits for it sleeps, looks, sleeps longer, while one that writes
    again and again is always there first. A lodgement waited a second behind the ledger's small transactions.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it until the block ends. Raises `OperationalError` as SQLite does when locked."""
        self._come()
        try:
            yield
        finally:
            self._go()

    def _come(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            let_in = mine.acquire(timeout=PATIENCE_SECONDS)
        except BaseException:  # Ctrl-C: nobody must wait for one who has gone
            if not self._left(mine):
                self._go()
            raise
        if not let_in and self._left(mine):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    def _left(self, mine: threading.Lock) -> bool:
        """Leave the queue; False for one who was let in at the last moment."""
        with self._guard:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True

    def _go(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


def make_engine(url: str) -> Engine:
    """Return an engine whose commits are durable: WAL and synchronous=FULL, or PostgreSQL's synchronous_commit."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(  # what was declared must not stand in a log beside the error
            address, pool_size=4, pool_pre_ping=True, isolation_level="READ COMMITTED", hide_parameters=True
        )
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        hide_parameters=True,
        connect_args={"timeout": PATIENCE_SECONDS, "check_same_thread": False},
        execution_options={"turns": Turns()},
    )

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions behind our back
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={PATIENCE_SECONDS}000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def opened_engine(url: str) -> Iterator[Engine]:
    """Open an engine for the time of one command; its connections are closed whatever happens."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open one transaction that may write; it is durable when the block has ended without an error."""
    turns = turns_of(engine)
    with turns.turn() if turns is not None else nullcontext(), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


def turns_of(engine: Engine) -> Turns | None:
    """Return the queue of those who write through this engine; PostgreSQL has its own."""
    return cast("Turns | None", engine.get_execution_options().get("turns"))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads."""
    with engine.connect() as connection:
        yield connection


def migrate(url: str) -> None:
    """Bring the tables to the newest version. Forward only."""
    make_engine(url).dispose()  # creates the folder of an SQLite file
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["url"] = url
    command.upgrade(settings, "head")
