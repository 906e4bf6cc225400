"""An office for tests: a fresh database, the cast's keys and participants, a clock that stands still.

On SQLite by default; on PostgreSQL when SHEKARA_TEST_DATABASE_URL names a server's maintenance database.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pki
import pytest
from cast import ANALYSTS, PARTICIPANTS
from sqlalchemy import Engine, create_engine, make_url, text
from sqlmodel import SQLModel

from declarations import store as declarations_store
from declarations.participants import Participant, PowerOfAttorney
from portal import audit, profile_desk, selection
from portal.database import make_engine, migrate, writing
from portal.demo.seed import put_entry, put_officials
from portal.languages import KAZAKHSTAN_TIME  # noqa: F401 for the tests
from portal.office import Office
from portal.recording import Recorder
from portal.selection import HORIZON_DAYS
from portal.settings import Settings
from risk_gateway import profile_store, selection_store
from risk_gateway import store as risk_store
from risk_gateway.analyst_store import put_analyst
from risk_gateway.desk import Move
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.selection_store import DayKey, commitment_of
from signing import signer
from signing.keyring import Keyring
from signing.trust import TrustStore

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # 10:00 in Kazakhstan
POSTGRESQL = os.environ.get("SHEKARA_TEST_DATABASE_URL")
UNDRAWN_KEY = bytes(31) + b"\x01"  # a day key under which the tests' references are not drawn at random
opened: list[Engine] = []  # closed after each test, forgotten after each file


class StillClock:
    """Stands at `at` until it is moved."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.ticks = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks


def settings(home: Path, **changes: Any) -> Settings:
    url = _fresh_postgresql() if POSTGRESQL else _fresh_sqlite(home)
    return replace(Settings(home=home, database_url=url, demo=not POSTGRESQL), **changes)


def for_commands(monkeypatch: pytest.MonkeyPatch, given: Settings, home: Path | None = None) -> None:
    """Let commands of this process find the office's database and home, or another home."""
    monkeypatch.setenv("SHEKARA_HOME", str(home or given.home))
    monkeypatch.setenv("SHEKARA_DATABASE_URL", given.database_url)


def office(
    home: Path,
    clock: StillClock | None = None,
    mark: Callable[[str], None] | None = None,
    trust: TrustStore | None = None,
) -> Office:
    """Return an office on a fresh database with the cast's participants and powers of attorney."""
    return reopen(with_cast(home), clock, mark, trust)


def with_cast(home: Path) -> Settings:
    """Return the settings of a fresh database that has the cast in it."""
    given = settings(home)
    if POSTGRESQL:
        _postgresql_with_cast(given.database_url)
    else:
        shutil.copy(_sqlite_with_cast(), home / "shekara.db")
    return given


def reopen(
    given: Settings,
    clock: StillClock | None = None,
    mark: Callable[[str], None] | None = None,
    trust: TrustStore | None = None,
) -> Office:
    """Return another office on the same database, as another process would have."""
    clock = clock or StillClock()
    engine = make_engine(given.database_url)
    opened.append(engine)
    keyring = Keyring.of(pki.office_key())
    recorder = Recorder(engine, clock, keyring, *([mark] if mark else []))
    return Office(given, engine, clock, trust or pki.trust_store(), keyring, recorder)


def keep_keys(home: Path) -> None:
    """Write the office's key and the trusted roots where a served portal looks for them."""
    shutil.copytree(_keys(), home, dirs_exist_ok=True)


@cache
def _keys() -> Path:
    """Write them once: their passwords are guessed easily, and opened quickly, as no real ones are."""
    home = Path(tempfile.mkdtemp(prefix="shekara-keys-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signer, "_KDF_ROUNDS", 1)
        _write_keys(home)
    return home


def _write_keys(home: Path) -> None:
    given = Settings(home=home, database_url="")
    for name, content in (("roots", pki.authority().root_pem()), ("intermediates", pki.authority().intermediate_pem())):
        folder = given.trust_folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "demo.pem").write_bytes(content)
    given.office_key_file.write_bytes(pki.office_key().to_pkcs12("demo"))
    pki.authority().save(home / "demo" / "authority", "demo")
    (given.trust_folder / "evidence").mkdir(exist_ok=True)
    for number, revoked in enumerate(pki.trust_store().evidence.crls):
        (given.trust_folder / "evidence" / f"{number}.crl").write_bytes(revoked)


def seed_cast(given: Settings, day: date = NOW.date()) -> None:
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        for firm in PARTICIPANTS.values():
            participant = Participant(firm.identifier, firm.name, frozenset(firm.roles), firm.registered_on)
            declarations_store.put_participant(connection, participant)
            risk_store.put_category(connection, firm.identifier, firm.registered_on, firm.category)
            put_entry(connection, firm, day)
        for principal in ("altyn", "tengri"):
            declarations_store.put_power(connection, power(principal, "zhibek"))
        profile_store.install_starter(connection, NOW)
        for analyst in ANALYSTS:
            put_analyst(connection, analyst)
        put_officials(connection)
        for number in range(HORIZON_DAYS + 1):
            selection_store.add_key(connection, undrawn(day + timedelta(days=number)))
    engine.dispose()


def undrawn(day: date) -> DayKey:
    """Return the key of a day under which nothing of the tests is drawn; it is in no journal, which begins empty."""
    return DayKey(day, UNDRAWN_KEY, commitment_of(UNDRAWN_KEY), NOW - timedelta(days=1))


def journal_keys(office: Office) -> None:
    """Commit in the journal to the keys that `office` put into the database."""
    now = office.clock.now()
    with writing(office.engine) as connection:
        for key in selection_store.read_keys(connection, date.max):
            particulars = {"commitment": key.commitment, "late": "no"}
            record = audit.Record(audit.Event.SELECTION_COMMITTED, selection.subject_of(key.day), now, particulars)
            audit.record_one(connection, record)


def journal_profiles(office: Office) -> None:
    """Tell the journal of the profiles that `office` put into the database, as if it had had them installed."""
    now = office.clock.now()
    with writing(office.engine) as connection:
        connection.execute(profile_store.move_table.delete())
        connection.execute(profile_store.profile_table.delete())
        profile_desk.install(connection, shipped_profiles(), now)


def suspend_profiles(office: Office) -> None:
    """Let an analyst suspend every profile of the cast's office."""
    now = office.clock.now()
    with writing(office.engine) as connection:
        for profile in shipped_profiles():
            analyst = ANALYSTS[0].iin
            profile_desk.take(connection, profile.code, profile.version, Move.SUSPEND, analyst, now, "a test")


def power(principal: str, agent: str, **changes: Any) -> PowerOfAttorney:
    """Return a power of attorney between firms of the cast, valid through 2026 and 2027."""
    usual = PowerOfAttorney(
        principal=PARTICIPANTS[principal].identifier,
        agent=PARTICIPANTS[agent].identifier,
        number="P-1",
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 12, 31),
        scope=frozenset({"IM", "EX", "TT"}),
    )
    return PowerOfAttorney(**{**{name: getattr(usual, name) for name in usual.__struct_fields__}, **changes})


def _fresh_sqlite(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(_sqlite_template(), home / "shekara.db")
    return f"sqlite:///{home / 'shekara.db'}"


@cache
def _sqlite_template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="shekara-test-")) / "template.db"
    migrate(f"sqlite:///{path}")
    _into_one_file(path)
    return path


@cache
def _sqlite_with_cast() -> Path:
    path = _sqlite_template().with_name("cast.db")
    shutil.copy(_sqlite_template(), path)
    seed_cast(Settings(home=path.parent, database_url=f"sqlite:///{path}"))
    _into_one_file(path)
    return path


def _into_one_file(path: Path) -> None:
    engine = make_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@cache
def _postgresql_database() -> str:
    """Return the URL of a database of this test process, migrated."""
    server = make_url(POSTGRESQL or "")
    name = f"shekara_test_{os.getpid()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = server.set(database=name).render_as_string(hide_password=False)
    migrate(url)
    return url


def _fresh_postgresql() -> str:
    url = _postgresql_database()
    engine = make_engine(url)
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # the ledger is only added to
        connection.exec_driver_sql("; ".join(f"DELETE FROM {each.name}" for each in SQLModel.metadata.sorted_tables))
        connection.execute(text("INSERT INTO revision (id, number) VALUES (1, 1)"))
        connection.execute(text("INSERT INTO journal_head (id, size, frontier) VALUES (1, 0, '')"))
    engine.dispose()
    return url


def _postgresql_with_cast(url: str) -> None:
    """Put the cast into the database, which is empty: seeded once, and copied from then on."""
    engine = make_engine(url)
    with writing(engine) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in _postgresql_cast_tables(url):
            connection.exec_driver_sql(f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM cast_kept.{name}")
    engine.dispose()


@cache
def _postgresql_cast_tables(url: str) -> tuple[str, ...]:
    """Seed the database of this test process, keep a copy of each table, and return their names."""
    seed_cast(Settings(home=Path(), database_url=url))
    names = [each.name for each in SQLModel.metadata.sorted_tables]
    engine = make_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE SCHEMA cast_kept"))
        filled = tuple(name for name in names if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})")))
        for name in filled:
            connection.execute(text(f"CREATE TABLE cast_kept.{name} AS TABLE {name}"))
    engine.dispose()
    return filled
