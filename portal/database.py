"""Engine and transactions: SQLite by default, PostgreSQL by URL, the same statements for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url

MIGRATIONS = Path(__file__).parent / "migrations"


def make_engine(url: str) -> Engine:
    """Return an engine whose commits are durable: WAL and synchronous=FULL, or PostgreSQL's synchronous_commit."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(  # what was declared must not stand in a log beside the error
            address, pool_size=4, pool_pre_ping=True, isolation_level="READ COMMITTED", hide_parameters=True
        )
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions behind our back
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
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
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


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
