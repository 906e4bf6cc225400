"""A process killed at any marked point of the commit, under load: nothing acknowledged is lost, nothing is doubled."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from multiprocessing.process import BaseProcess
from pathlib import Path

import builders
import httpx
import offices
import pki
import processes
import pytest
from cast import PARTICIPANTS
from sqlalchemy import text

from declarations import store as declarations_store
from portal import audit
from portal.clock import SystemClock
from portal.database import make_engine, reading, writing
from portal.settings import Settings
from portal.store import add_token, token_hash
from risk_gateway import selection_store
from signing import journal, verify, xmlgate
from signing import store as signing_store

POINTS = (
    "after declaration",
    "after decision",
    "after case",
    "after history",
    "after journal",
    "after ledger",
    "before commit",
    "after commit",
)
CYCLES = int(os.environ.get("SHEKARA_TEST_CRASHES", "50"))
SENDERS = 4
TOKEN, QORGAN_TOKEN = "a-token-of-altyn-dala", "a-token-of-qorgan"


class Server:
    """A real portal in a process of its own that kills itself at `crash_at`."""

    def __init__(self, given: Settings, port: int) -> None:
        self.given = given
        self._port = port
        self._log = given.home / "server.log"
        self.url = f"http://127.0.0.1:{port}"
        self.process: BaseProcess | None = None

    def start(self, crash_at: str | None, **given: float) -> None:
        words = ("serve", "--port", str(self._port))
        self.process = processes.start(self._environment(crash_at), self._log, *words, **given)
        processes.wait_until_it_answers(self.url, self.process, self._log)

    def audit(self) -> None:
        """Have the independent checker verify anew all that is stored."""
        processes.run(self._environment(None), self._log, "audit")

    def _environment(self, crash_at: str | None) -> dict[str, str]:
        return {
            **os.environ,
            "SHEKARA_HOME": str(self.given.home),
            "SHEKARA_DATABASE_URL": self.given.database_url,
            "SHEKARA_CRASH_AT": crash_at or "",
        }

    def wait_for_death(self) -> int | None:
        assert self.process is not None
        self.process.join(120)
        return self.process.exitcode

    def stop(self) -> None:
        if self.process is not None:
            processes.stop(self.process)


@pytest.fixture
def server(tmp_path: Path, unused_port: int) -> Server:
    given = replace(offices.settings(tmp_path), demo=False)
    offices.seed_cast(given)
    offices.keep_keys(tmp_path)
    offices.journal_profiles(offices.reopen(given, SystemClock()))
    now = SystemClock().now()
    engine = make_engine(given.database_url)
    with writing(engine) as connection:
        connection.execute(selection_store.selection_key.delete())  # the portal commits to its own
        until = now.replace(year=now.year + 1)
        for token, firm in ((TOKEN, "altyn"), (QORGAN_TOKEN, "qorgan")):
            add_token(connection, token_hash(token), PARTICIPANTS[firm].identifier, "test", now, until)
    engine.dispose()
    return Server(given, unused_port)


def send_until_dead(server: Server, numbers: "count[int]") -> dict[str, tuple[bytes, dict[str, object]]]:
    """Lodge new declarations until the portal dies; return (document, answer) of all that it acknowledged."""
    acknowledged: dict[str, tuple[bytes, dict[str, object]]] = {}

    def send(_: int) -> None:
        with httpx.Client(
            trust_env=False, verify=False, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as client:
            for number in numbers:
                signed = declaration(f"C-{number}")
                try:
                    answer = client.post(f"{server.url}/api/v1/declarations", content=signed)
                except httpx.TransportError:
                    acknowledged.setdefault(f"C-{number}", (signed, {}))
                    return
                assert answer.status_code == 201, answer.text
                acknowledged[f"C-{number}"] = (signed, answer.json())

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, range(SENDERS)))
    return acknowledged


def declaration(reference: str) -> bytes:
    now = SystemClock().now()
    local = now.astimezone(offices.KAZAKHSTAN_TIME)
    unsigned = builders.declaration_xml(
        reference=reference, issued_at=local.isoformat(timespec="seconds"), rate_date=local.date().isoformat()
    )
    return pki.sign_as("anna", unsigned, now)


def test_nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed(server: Server) -> None:
    numbers = count()
    sent: dict[str, tuple[bytes, dict[str, object]]] = {}
    for cycle in range(CYCLES):
        server.start(f"{POINTS[cycle % len(POINTS)]}:{1 + 3 * cycle % 11}")
        sent.update(send_until_dead(server, numbers))
        assert server.wait_for_death() == -9
    server.start(None)
    try:
        with httpx.Client(
            trust_env=False, verify=False, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as client:
            for signed, first in sent.values():
                again = client.post(f"{server.url}/api/v1/declarations", content=signed)
                assert again.status_code == 201
                assert not first or again.json() == first
    finally:
        server.stop()
    everything_fits(server.given, set(sent))
    server.audit()


def test_a_killed_server_leaves_no_process_behind(server: Server) -> None:
    server.start(None, aside_after=0.0)
    assert server.process is not None
    aside = eventually(lambda: children_of(server.process.pid), bool)
    server.process.kill()
    assert server.wait_for_death() == -9
    assert eventually(lambda: [pid for pid in aside if Path(f"/proc/{pid}").exists()], lambda left: not left) == []


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started, except the helper that tracks shared memory."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def eventually(look: Callable[[], list[int]], enough: Callable[[list[int]], bool]) -> list[int]:
    """Look again until it is enough, for a minute at most; return what was seen last."""
    until = time.monotonic() + 60
    while not enough(seen := look()) and time.monotonic() < until:
        time.sleep(0.05)  # another process ends in its own time
    return seen


def everything_fits(given: Settings, sent: set[str]) -> None:
    """Each sent declaration is there once, with its decision, history, journal entry, sealed notice and message."""
    office = offices.reopen(given)
    with reading(office.engine) as connection:
        assert declarations_store.count_declarations(connection) == len(sent)
        size, frontier = signing_store.lock_head(connection)
        leaves = signing_store.read_leaves(connection)
        decided = signing_store.read_subjects(connection, audit.Event.DECLARATION_DECIDED.value)
        stored = declarations_store.page(connection, [PARTICIPANTS["altyn"].identifier], None, None, len(sent) + 1)
        counted = connection.execute(text("SELECT declarations FROM participant_history")).scalars().all()
        goods = connection.execute(text("SELECT declarations FROM participant_goods")).scalars().all()
        invoices = connection.execute(text("SELECT functional_reference_id FROM invoice_use")).scalars().all()
    assert counted == goods == [len(sent)]
    assert set(invoices) == sent
    assert len(decided) == len(sent) == len(stored)
    assert journal.head_of([journal.LeafHash(leaf) for leaf in leaves]) == journal.Head.from_bytes(size, frontier)
    assert {row.key.functional_reference_id for row in stored} == sent
    assert len({row.registration_number for row in stored}) == len(sent)
    for row in stored:
        notice = verify.verify(xmlgate.open_document(office.answer_of(row).notice))
        assert notice.root.findtext(f"{{{xmlgate.NOTICE}}}DeclarationDigest") == row.digest


CORRECTING_POINTS = ("after move", "before commit", "after commit")


def test_a_correction_is_there_once_whenever_the_process_is_killed(server: Server) -> None:
    url = f"{server.url}/api/v1/declarations"
    headers = {"Authorization": f"Bearer {QORGAN_TOKEN}"}
    with httpx.Client(trust_env=False, verify=False, headers=headers, timeout=30) as client:
        server.start(None)
        answers = (client.post(url, content=by_yerkin(f"Q-{number}", **mass(number))).json() for number in range(30))
        undrawn = (answer for answer in answers if answer["status"] == "DOCUMENTS_REQUESTED")
        lodged = list(islice(undrawn, len(CORRECTING_POINTS)))
        server.stop()
        for point, first in zip(CORRECTING_POINTS, lodged, strict=True):
            reference, number = first["functional_reference_id"], first["registration_number"]
            same = mass(int(reference.removeprefix("Q-")))
            corrected = by_yerkin(reference, function="4", registration_number=number, **{**same, "price": "420.00"})
            server.start(f"{point}:1")
            with pytest.raises(httpx.TransportError):
                client.post(url, content=corrected)
            assert server.wait_for_death() == -9
            server.start(None)
            answer = client.post(url, content=corrected)
            assert (answer.status_code, answer.json()["version"]) == (201, 2), answer.text
            server.stop()
    server.audit()


def mass(number: int) -> dict[str, str]:
    """Return goods unlike those of other numbers: the goods of one that is drawn are inspected again."""
    return {"net": f"{150 + 10 * number}.000", "gross": f"{170 + 10 * number}.000", "price": f"{1000 + 60 * number}.00"}


def by_yerkin(reference: str, **changes: object) -> bytes:
    """Return one of Qorgan's: documents are asked for, so a correction is entered at once."""
    now = SystemClock().now()
    local = now.astimezone(offices.KAZAKHSTAN_TIME)
    dates = {"issued_at": local.isoformat(timespec="seconds"), "rate_date": local.date().isoformat()}
    given = {"declarant": "qorgan", "signatory": "yerkin", **dates, **changes}
    return pki.sign_as("yerkin", builders.declaration_xml(reference=reference, **given), now)
