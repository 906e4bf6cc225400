"""Registers as separate servers, with faults on demand: only what they have signed for this very question counts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asking
import httpx
import msgspec
import offices
import pki
import pytest
import registers
from cryptography.hazmat.primitives.serialization import Encoding
from registers import CONTRACTS, KINDS, LICENCE, PERMITS, TENGRI, permit

from interop import partner_store
from portal.clock import SystemClock
from portal.database import writing
from portal.office import Office
from portal.stand.opening import CERTIFICATE, PEERS, open_stand
from portal.stand.server import Stand
from risk_gateway.bases.registers.model import Named, Register, RegisterFact, Standing

NAMED = Named(TENGRI, Register.PERMIT, LICENCE)
ANOTHER = Named(TENGRI, Register.CURRENCY_CONTRACT, registers.ACCOUNT)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = offices.office(tmp_path / "office", SystemClock())  # type: ignore[arg-type]
    yield made
    made.recorder.stop()


@contextmanager
def running(office: Office, name: str, folder: Path, certificate_of: Path | None = None) -> Iterator[Stand]:
    """Open a register and put it on record with its key, or with another's."""
    folder.mkdir()
    (folder / PEERS).write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    stand = open_stand(KINDS[name], folder, SystemClock())
    thread = threading.Thread(target=stand.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    keys = (((certificate_of or folder) / CERTIFICATE).read_text(encoding="ascii"),)
    known = msgspec.structs.replace(asking.partner(name, KINDS[name], stand.address), keys=keys)
    with writing(office.engine) as connection:
        partner_store.put_partner(connection, known, offices.NOW)
    try:
        yield stand
    finally:
        stand.end()
        thread.join(5)


def post(stand: Stand, path: str, given: object) -> httpx.Response:
    return httpx.post(f"{stand.address}/{path}", content=msgspec.json.encode(given), trust_env=False)


def answer(office: Office, *named: Named, seconds: float = 20.0) -> tuple[RegisterFact, ...]:
    return office.asking.registers.ask(named or (NAMED,), "tests", seconds)


def test_a_register_is_asked_and_answers_signed(office: Office, tmp_path: Path) -> None:
    with running(office, PERMITS, tmp_path / "permits") as stand:
        assert post(stand, "entries", permit()).status_code == 200

        (fact,) = answer(office)

    assert fact.said is not None
    assert (fact.said.standing, fact.said.commodities) == (Standing.ENTERED, ("7204",))


def test_an_answer_signed_by_somebody_else_is_none(office: Office, tmp_path: Path) -> None:
    with (
        running(office, CONTRACTS, tmp_path / "contracts"),
        running(office, PERMITS, tmp_path / "permits", certificate_of=tmp_path / "contracts") as stand,
    ):
        post(stand, "entries", permit())

        contract, mine = answer(office, ANOTHER, NAMED)

    assert contract.said is not None
    assert (mine.said, mine.detail) == (None, "not signed by the partner")


@pytest.mark.parametrize("kind", ["slow", "error", "garbage", "truncated", "reset"])
def test_a_register_in_trouble_is_not_known_and_the_other_answers(office: Office, tmp_path: Path, kind: str) -> None:
    with running(office, CONTRACTS, tmp_path / "contracts"), running(office, PERMITS, tmp_path / "permits") as stand:
        post(stand, "faults", {"kind": kind, "seconds": 60})
        began = time.monotonic()

        contract, mine = answer(office, ANOTHER, NAMED, seconds=10)  # time enough for the other on a busy machine

        assert time.monotonic() - began < 30
    assert contract.said is not None
    assert (mine.said, mine.answered_at) == (None, None)


def test_a_register_that_is_not_there_is_not_known(office: Office, tmp_path: Path) -> None:
    with running(office, PERMITS, tmp_path / "permits"):
        pass

    (fact,) = answer(office)

    assert fact.said is None
    assert fact.detail.startswith("not reached")


def test_who_is_no_peer_of_the_register_is_told_nothing(office: Office, tmp_path: Path) -> None:
    with running(office, PERMITS, tmp_path / "permits") as stand:
        assert post(stand, "v1/permits", {"queryId": "q"}).status_code == 401


@pytest.mark.parametrize("given", [{}, {"holder": TENGRI, "permit": {"number": "1"}}, []])
def test_what_is_no_entry_is_not_put_on_record(office: Office, tmp_path: Path, given: object) -> None:
    with running(office, PERMITS, tmp_path / "permits") as stand:
        assert post(stand, "entries", given).status_code == 400
