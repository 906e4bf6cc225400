"""Two whole instances, each a process with a database and an authority of its own, that exchange violations.

They reach each other through proxies that make faults, and are killed at random. What must hold afterwards is `judge`d
from what both have stored.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import exchanging
import httpx
import msgspec
import offices
import pki
import processes
import violating
from chaos import Proxy
from sqlalchemy import Engine, select

from declarations.identifiers import is_bin
from interop import exchange_store, outbox
from interop.envelope import digest_of
from interop.exchange_store import DEAD, DELIVERED
from interop.partners import read_key
from interop.receipts import read_receipt
from portal import audit
from portal.casework.desk import Desk
from portal.clock import SystemClock
from portal.database import make_engine, migrate, reading, writing
from portal.exchange.cursors import cursor_at
from portal.exchange.keeping import change_partner
from portal.keys import keyring_of
from portal.settings import Settings
from portal.violations import service
from risk_gateway import selection_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of
from signing import store as signing_store
from signing.authority import DemoAuthority

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_SECONDS = 120
IN_A_TRANSACTION = 5  # violations that are recorded at once
CLOCK = SystemClock()


class Country:
    """An instance: `name` is what the other one calls it. Its process is started, killed and started again."""

    def __init__(self, name: str, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.settings = Settings(home=home, database_url=f"sqlite:///{home / 'shekara.db'}")
        _found(self.settings)
        self.engine: Engine = make_engine(self.settings.database_url)
        self.keyring = keyring_of(self.settings)
        self.port = processes.free_port()
        self.address = ""  # by which the other one reaches it
        self.kills = 0
        self._process: BaseProcess | None = None

    def start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHEKARA_")}
        changes = {
            "SHEKARA_HOME": str(self.settings.home),
            "SHEKARA_DATABASE_URL": self.settings.database_url,
            "SHEKARA_PUBLIC_URL": self.address,
            "SHEKARA_EXCHANGE_TIMEOUT_SECONDS": "3",
            "SHEKARA_EXCHANGE_PULL_SECONDS": "3",
        }
        words = ("serve", "--port", str(self.port))
        self._process = processes.start({**inherited, **changes}, self.settings.home / "log", *words)

    def serves(self) -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{self.port}/health", trust_env=False, verify=False, timeout=5)
        except httpx.HTTPError:
            return False
        return True

    def wait(self) -> None:
        """Wait until it serves. Raises `RuntimeError` when it does not."""
        until = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < until:
            if self.serves():
                return
            time.sleep(0.05)  # the process is another one: there is nothing to wait on but its port
        raise RuntimeError(f"{self.name} did not start: {(self.settings.home / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """End the process as a power cut does, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
            self.kills += 1

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process)
            self._process = None
        self.engine.dispose()

    def knows(self, other: "Country", port: int) -> None:
        """Put the other one on record, to be reached at a port of this machine."""
        key = other.keyring.at(CLOCK.now())
        other.address = f"http://127.0.0.1:{port}"
        made = exchanging.partner(other.name, key, name=other.name, country="XQ", address=other.address)
        with writing(self.engine) as connection:
            change_partner(connection, made, "", CLOCK.now())

    def named(self, numbers: Sequence[int]) -> list[str]:
        """Return the ids of its violations of these numbers."""
        return [f"KZ-CRV-{self.name}-{number}" for number in numbers]

    def record(self, identifiers: Sequence[str]) -> None:
        """Record violations, each of which is told to the partner in the same transaction."""
        desk = Desk(CLOCK, self.keyring)
        for start in range(0, len(identifiers), IN_A_TRANSACTION):
            with writing(self.engine) as connection:
                for number, identifier in enumerate(identifiers[start : start + IN_A_TRANSACTION], start):
                    made = violating.violation(identifier, bin_of(number), "found_by_control", date(2026, 6, 1))
                    service.record(connection, desk, made, "", CLOCK.now())

    def latencies(self, other: "Country", since: datetime) -> list[float]:
        """Return how many seconds each message took that was written since then and has been delivered."""
        with reading(self.engine) as connection:
            sent = exchange_store.list_outgoing(connection, DELIVERED, other.name, 1_000_000)
        new = (each for each in sent if each.created_at >= since)
        return [(each.ended_at - each.created_at).total_seconds() for each in new if each.ended_at]

    def send_poison(self, other: "Country", number: int) -> str:
        """Send what the other one will never take."""
        body = msgspec.json.encode({"poison": number})
        with writing(self.engine) as connection:
            return outbox.send(connection, other.name, "poison", f"poison-{number}", body, CLOCK.now())

    def health(self, other: "Country") -> outbox.PartnerHealth:
        with reading(self.engine) as connection:
            return next(each for each in outbox.health(connection) if each.partner == other.name)

    def verify_journal(self) -> str:
        """Have the journal recomputed from its entries; return what the command says. Raises `CalledProcessError`."""
        command = [sys.executable, "-m", "portal.cli", "journal", "verify"]
        environment = {
            **os.environ,
            "SHEKARA_HOME": str(self.settings.home),
            "SHEKARA_DATABASE_URL": self.settings.database_url,
        }
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

    def subjects(self, event: audit.Event) -> Counter[str]:
        journal = signing_store.journal
        with reading(self.engine) as connection:
            rows = connection.execute(select(journal.c.subject).where(journal.c.event == event.value))
            return Counter(rows.scalars())


@dataclass
class Run:
    """A run of both: what was sent, how often each was killed, what the network did, and how long it took."""

    sides: tuple[Country, Country]
    proxies: tuple[Proxy, Proxy]
    sent: dict[str, int] = field(default_factory=dict)
    poison: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0


@contextmanager
def connected(home: Path, share: float, seed_: int, poison: bytes | None = None) -> Iterator[Run]:
    """Start two instances that reach each other through proxies with this share of faults."""
    one, two = Country("north", home / "north"), Country("south", home / "south")
    with Proxy(two.port, share, seed_, poison) as there, Proxy(one.port, share, seed_ + 1, poison) as back:
        one.knows(two, there.port)
        two.knows(one, back.port)
        try:
            for side in (one, two):
                side.start()
            for side in (one, two):
                side.wait()
            yield Run((one, two), (there, back))
        finally:
            for side in (one, two):
                side.stop()


def exchange(
    run: Run, messages: int, seed_: int, *, kill_every: tuple[float, float], kills_max: int, patience: float
) -> None:
    """Have each side record half of the messages while both are killed at random; wait until all are answered.

    Each side sends some poison, too. Raises `TimeoutError` when that takes longer than `patience` seconds.
    """
    began = time.monotonic()
    chance = random.Random(seed_)
    left = {side.name: list(range(messages // 2)) for side in run.sides}
    strike: float | None = None  # when to kill one of them, once both serve
    while any(left.values()) or not _settled(run):
        if time.monotonic() - began > patience:
            raise TimeoutError(str([side.health(other) for side, other in _pairs(run)]))
        for side, other in _pairs(run):
            some, left[side.name] = left[side.name][:20], left[side.name][20:]
            if some:
                side.record(side.named(some))
                run.sent[side.name] = run.sent.get(side.name, 0) + len(some)
                if chance.random() < 0.05 or not run.poison.get(side.name):
                    run.poison.setdefault(side.name, []).append(side.send_poison(other, some[0]))
        if strike is None and all(side.serves() for side in run.sides):
            strike = time.monotonic() + chance.uniform(*kill_every)
        elif strike is not None and time.monotonic() > strike and sum(side.kills for side in run.sides) < kills_max:
            victim = chance.choice(run.sides)
            victim.kill()
            victim.start()
            strike = None
        time.sleep(0.5)  # others record and receive meanwhile
    run.seconds = time.monotonic() - began


def _pairs(run: Run) -> tuple[tuple[Country, Country], tuple[Country, Country]]:
    one, two = run.sides
    return (one, two), (two, one)


def _settled(run: Run) -> bool:
    """Tell whether nothing waits and both have read all of the other's violations."""
    return all(
        side.health(other).waiting == 0 and side.health(other).cursor == newest_cursor(other)
        for side, other in _pairs(run)
    )


def newest_cursor(side: Country) -> str:
    with reading(side.engine) as connection:
        last = violation_store.last_cursor(connection)
        [(place, violation)] = violation_store.changed_since(connection, last - 1, 1)
    return cursor_at(place, violation)


def judge(run: Run) -> dict[str, Any]:
    """Make sure of what must hold, and return the figures. Raises `AssertionError`, `CalledProcessError`."""
    figures: dict[str, Any] = {"seconds": round(run.seconds, 1)}
    for side, other in _pairs(run):
        figures[side.name] = _judge(side, other, run.sent[side.name], run.poison[side.name])
    figures["requests"] = dict(sum((proxy.seen for proxy in run.proxies), Counter()))
    figures["kills"] = {side.name: side.kills for side in run.sides}
    return figures


def _judge(side: Country, other: Country, sent: int, poison: list[str]) -> dict[str, Any]:
    """What `side` sent to `other`, on both sides."""
    table, inbox = exchange_store.outbox, exchange_store.inbox
    with reading(side.engine) as connection:
        rows = connection.execute(select(table).where(table.c.partner == other.name)).all()
    with reading(other.engine) as connection:
        taken = {row.message_id: row for row in connection.execute(select(inbox).where(inbox.c.partner == side.name))}
        stream = exchange_store.read_stream(connection, side.name)
        version = violation_store.version_table
        mine = version.c.id.like(f"{side.name}:%")
        versions = Counter(connection.execute(select(version.c.id).where(mine)).scalars())
    states = Counter(row.state for row in rows)
    assert states == {DELIVERED: sent, DEAD: len(poison)}, states
    assert {row.message_id for row in rows if row.state == DEAD} == set(poison)
    keys = [read_key(exchanging.pem_of(other.keyring.at(CLOCK.now())))]
    for row in rows:
        receipt = read_receipt(row.receipt, keys)
        there = taken[row.message_id]
        assert receipt.digest == digest_of(bytes(row.envelope)) == there.digest
        assert (receipt.position, receipt.sequence, receipt.outcome) == (there.position, row.sequence, there.outcome)
        assert there.receipt == row.receipt
    assert len(taken) == len(rows) == stream.received
    assert sorted(row.position for row in taken.values()) == list(range(1, len(rows) + 1))
    assert sorted(row.sequence for row in rows) == list(range(1, len(rows) + 1))
    assert versions == dict.fromkeys((f"{side.name}:{each}" for each in side.named(range(sent))), 1)
    recorded = {
        name: times for name, times in other.subjects(audit.Event.VIOLATION_RECORDED).items() if name in versions
    }
    assert recorded == dict.fromkeys(versions, 1), "each effect once"
    received = other.subjects(audit.Event.EXCHANGE_RECEIVED)
    assert {row.message_id: 1 for row in rows} == {name: times for name, times in received.items() if name in taken}
    submitted = side.subjects(audit.Event.EXCHANGE_SUBMITTED)
    assert set(submitted) >= {row.message_id for row in rows}
    return {"sent": sent, "receipts": len(rows), "refused": len(poison), "effects": len(versions)}


def _found(given: Settings) -> None:
    """Make an office with an authority of its own, its keys, and the cast's participants."""
    now = CLOCK.now()
    migrate(given.database_url)
    offices.seed_cast(given, day_of(now))
    authority = DemoAuthority.create(now)
    authority.save(given.home / "demo" / "authority", "demo")
    for name, content in (("roots", authority.root_pem()), ("intermediates", authority.intermediate_pem())):
        folder = given.trust_folder / name
        folder.mkdir(parents=True)
        (folder / "demo.pem").write_bytes(content)
    key = authority.office(f"Customs of {given.home.name} (demo)", pki.OFFICE_BIN)
    given.office_key_file.write_bytes(key.to_pkcs12(given.office_key_password))
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        connection.execute(selection_store.selection_key.delete())  # the portal commits to its own
    engine.dispose()


def bin_of(number: int) -> str:
    """Return a BIN that checks."""
    near = (f"1001400{(number + step) % 10_000:04d}{end}" for step in range(10) for end in range(10))
    return next(each for each in near if is_bin(each))
