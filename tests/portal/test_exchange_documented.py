"""docs/exchange/partner.py, written apart from the portal, against a served one: what is documented is what works."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import exchanging
import offices
import pki
import pytest
import uvicorn
from cast import PARTICIPANTS
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portal.app import create_app
from portal.clock import SystemClock

SCRIPT = Path(__file__).parents[2] / "docs" / "exchange" / "partner.py"


class Abroad:
    """Somebody abroad with nothing but the script, their key and the office's certificate."""

    def __init__(self, portal: str, folder: Path) -> None:
        self._portal = portal
        self.folder = folder
        key = exchanging.foreign_key()
        secret = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "own.pem").write_bytes(secret + exchanging.pem_of(key).encode())
        (folder / "office.pem").write_text(exchanging.pem_of(pki.office_key()))

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(SCRIPT), self._portal, "own.pem", "office.pem", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def answer(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def abroad(tmp_path: Path, unused_port: int) -> Iterator[Abroad]:
    home = tmp_path / "office"
    home.mkdir()
    office = offices.office(home, offices.StillClock(SystemClock().now()))  # or the journal waits for a time-stamp
    offices.keep_keys(home)
    exchanging.put(office, exchanging.partner(address="http://127.0.0.1:9"))
    address = f"http://127.0.0.1:{unused_port}"
    app = create_app(exchanging.given_address(office, address), SystemClock())
    server = uvicorn.Server(uvicorn.Config(app, port=unused_port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    yield Abroad(address, tmp_path)
    server.should_exit = True
    thread.join(30)


def test_a_violation_is_submitted_and_its_receipt_read_again(abroad: Abroad) -> None:
    (abroad.folder / "violation.json").write_bytes(exchanging.violation(1))
    [answered] = abroad.answer("submit", "violation", "KG-1", "violation.json")["answers"]
    assert (answered["status"], answered["says"]["outcome"]) == ("taken", "taken")
    assert abroad.answer("receipt", answered["id"]) == answered["says"]


def test_violations_are_read_and_a_query_is_answered(abroad: Abroad) -> None:
    page = abroad.answer("violations")
    assert page["violations"] == []
    told = abroad.answer("query", PARTICIPANTS["altyn"].identifier, exchanging.PURPOSE, exchanging.LAW)
    assert told["violations"] == []
    refused = abroad.run("query", PARTICIPANTS["altyn"].identifier, "curiosity", exchanging.LAW)
    assert (refused.returncode, json.loads(refused.stdout)["code"]) == (1, "exchange.purpose")


def test_an_office_with_another_key_is_not_believed(abroad: Abroad) -> None:
    (abroad.folder / "office.pem").write_text(exchanging.pem_of(exchanging.foreign_key()))
    assert "not signed by the office" in abroad.run("violations").stderr
