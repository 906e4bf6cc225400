"""Partners as separate servers, with faults on demand: what the portal makes of them over real connections."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import asking
import httpx
import msgspec
import offices
import pki
import pytest
from asking import ASKED
from builders import export_xml
from cast import PARTICIPANTS
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from interop import exchange_store, outbox, partner_store
from interop.disclosure import Policy
from interop.partners import PartnerKind
from portal.clock import SystemClock
from portal.commands.partner import app as partner_command
from portal.database import reading, writing
from portal.exchange.sending import Sending
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.stand.opening import CERTIFICATE, PEERS, open_stand
from portal.stand.server import Stand
from risk_gateway.bases.partner_facts.model import Answer, Question
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of

ALTYN = PARTICIPANTS["altyn"].identifier
KINDS = {
    "tax": PartnerKind.TAX_SERVICE,
    "police": PartnerKind.LAW_ENFORCEMENT,
    "abroad": PartnerKind.FOREIGN_CUSTOMS,
}
QUESTIONS = {"tax": Question.TAX_DEBT, "police": Question.POLICE_NOTICE, "abroad": Question.FOREIGN_RECORD}
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = offices.office(tmp_path / "office", SystemClock())  # type: ignore[arg-type]
    yield made
    made.recorder.stop()


@contextmanager
def running(kind: PartnerKind, folder: Path, port: int = 0, salt: str = "") -> Iterator[Stand]:
    stand = open_stand(kind, folder, SystemClock(), port, salt)
    thread = threading.Thread(target=stand.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stand
    finally:
        stand.end()
        thread.join(5)


@pytest.fixture
def stands(office: Office, tmp_path: Path) -> Iterator[dict[str, Stand]]:
    """All three partners, on record with their addresses."""
    abroad = tmp_path / "abroad"
    abroad.mkdir()
    (abroad / PEERS).write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    with ExitStack() as stack:
        opened = {name: stack.enter_context(running(kind, tmp_path / name)) for name, kind in KINDS.items()}
        asking.put_partners(office, tax=opened["tax"].address, police=opened["police"].address)
        put_abroad(office, opened["abroad"], abroad)
        yield opened


OPEN = Policy(fields=frozenset({"number"}))


def put_abroad(office: Office, stand: Stand, folder: Path, policy: Policy = OPEN) -> None:
    known = asking.partner("abroad", PartnerKind.FOREIGN_CUSTOMS, stand.address)
    keys = ((folder / CERTIFICATE).read_text(encoding="ascii"),)
    with writing(office.engine) as connection:
        partner_store.put_partner(connection, msgspec.structs.replace(known, keys=keys, policy=policy), offices.NOW)


def answers(office: Office, seconds: float = 20.0) -> dict[Question, Answer]:
    return {fact.question: fact.answer for fact in office.asking.ask(ALTYN, *ASKED, seconds)}


def fault(stand: Stand, **given: object) -> None:
    reply = httpx.post(f"{stand.address}/faults", json=given, trust_env=False)
    assert reply.status_code == 200, reply.text


def test_all_three_partners_are_asked_over_http(office: Office, stands: dict[str, Stand]) -> None:
    for name in ("tax", "abroad"):
        httpx.post(f"{stands[name].address}/facts", json={"participant": ALTYN, "yes": True}, trust_env=False)

    assert answers(office) == {
        Question.TAX_DEBT: YES,
        Question.POLICE_NOTICE: NO,
        Question.FOREIGN_RECORD: YES,
    }


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("kind", ["slow", "error", "garbage", "truncated", "reset"])
def test_a_partner_in_trouble_is_unknown_and_the_others_answer(
    office: Office, stands: dict[str, Stand], name: str, kind: str
) -> None:
    fault(stands[name], kind=kind, seconds=60)
    began = time.monotonic()

    found = answers(office, seconds=10)  # time enough for the others on a busy machine

    assert found.pop(QUESTIONS[name]) is UNKNOWN
    assert set(found.values()) == {NO}
    assert time.monotonic() - began < 30


def test_a_partner_that_is_not_there_is_unknown(office: Office, stands: dict[str, Stand]) -> None:
    stands["tax"].end()

    assert answers(office)[Question.TAX_DEBT] is UNKNOWN


def test_a_fault_may_last_for_some_requests_only(office: Office, stands: dict[str, Stand]) -> None:
    fault(stands["tax"], kind="error", times=2)

    statuses = [
        httpx.post(f"{stands['tax'].address}/v1/debts", content=b"{}", trust_env=False).status_code for _ in range(3)
    ]

    assert statuses == [500, 500, 400]


@pytest.mark.parametrize("given", [b"{}", b"[]", b'{"kind": "tired"}', b'{"kind": "slow", "seconds": -1}', b"\xff"])
def test_a_fault_that_is_none_is_refused(stands: dict[str, Stand], given: bytes) -> None:
    reply = httpx.post(f"{stands['tax'].address}/faults", content=given, trust_env=False)

    assert reply.status_code == 400


def test_customs_abroad_answer_only_to_those_whose_key_they_have(office: Office, stands: dict[str, Stand]) -> None:
    reply = httpx.post(
        f"{stands['abroad'].address}/exchange/v1/queries",
        json={"purpose": "curiosity", "legal_basis": "none", "number": ALTYN},
        trust_env=False,
    )

    assert reply.status_code == 401


def test_an_answer_that_is_signed_by_somebody_else_is_unknown(
    office: Office, stands: dict[str, Stand], tmp_path: Path
) -> None:
    httpx.post(f"{stands['abroad'].address}/facts", json={"participant": ALTYN, "yes": False}, trust_env=False)
    other = tmp_path / "other"
    open_stand(PartnerKind.FOREIGN_CUSTOMS, other, SystemClock()).server_close()
    put_abroad(office, stands["abroad"], other)

    assert answers(office)[Question.FOREIGN_RECORD] is UNKNOWN


def test_an_identifier_that_may_not_travel_is_asked_about_by_its_hash(
    office: Office, stands: dict[str, Stand], tmp_path: Path
) -> None:
    folder = tmp_path / "hashing"
    folder.mkdir()
    (folder / PEERS).write_bytes(pki.office_key().certificate.public_bytes(Encoding.PEM))
    with running(PartnerKind.FOREIGN_CUSTOMS, folder, salt="of both") as stand:
        seen: list[bytes] = []
        answer = stand.stub.answer
        stand.stub.answer = lambda request, now: (seen.append(request.body), answer(request, now))[1]  # type: ignore[method-assign]
        stand.stub.set(ALTYN, yes=True, now=offices.NOW)
        put_abroad(office, stand, folder, Policy(hash_fields=frozenset({"number"}), salt="of both"))

        found = answers(office)[Question.FOREIGN_RECORD]

    assert ALTYN.encode() not in b"".join(seen)
    assert found is YES


@pytest.mark.parametrize("policy", [Policy(), Policy(hash_fields=frozenset({"number"}))], ids=["nothing", "no salt"])
def test_abroad_is_not_asked_about_an_identifier_that_may_not_travel_at_all(
    office: Office, stands: dict[str, Stand], tmp_path: Path, policy: Policy
) -> None:
    put_abroad(office, stands["abroad"], tmp_path / "abroad", policy)
    seen: list[bytes] = []
    stands["abroad"].stub.answer = lambda request, now: seen.append(request.body)  # type: ignore[method-assign,assignment,return-value,func-returns-value]

    found = answers(office)

    assert found[Question.FOREIGN_RECORD] is UNKNOWN
    assert seen == []


# --- notifications --------------------------------------------------------------------------------------------------


def export(office: Office, reference: str) -> str:
    data = pki.sign_as("zarina", export_xml(reference=reference))
    return lodge(Lodged(data, offices.NOW), office).stored.registration_number


def until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def arrived(stand: Stand) -> list[dict[str, object]]:
    content = httpx.get(f"{stand.address}/notices", trust_env=False).content
    return [msgspec.json.decode(body) for body in msgspec.json.decode(content, type=list[bytes])]


def test_a_released_export_is_told_to_the_tax_service_once_whatever_it_meets(
    office: Office, stands: dict[str, Stand]
) -> None:
    fault(stands["tax"], kind="truncated", times=2)  # it has taken the message, and we do not know it
    number = export(office, "FOR-VAT")
    sending = Sending(office)

    def told() -> bool:
        sending.work_once()
        return bool(arrived(stands["tax"]))

    until(told)
    time.sleep(1.5)
    sending.work_once()
    time.sleep(0.5)
    sending.work_once()

    (notice,) = arrived(stands["tax"])
    content = notice["content"]
    assert isinstance(content, dict)
    assert (notice["kind"], content["event"], content["registration_number"]) == ("decision", "export_released", number)


def test_a_violation_that_is_recorded_abroad_is_read_from_there(office: Office, stands: dict[str, Stand]) -> None:
    httpx.post(f"{stands['abroad'].address}/facts", json={"participant": ALTYN, "yes": True}, trust_env=False)

    def counted() -> bool:
        Sending(office).work_once()
        with reading(office.engine) as connection:
            return bool(violation_store.counting(connection, ALTYN, day_of(office.clock.now())))

    until(counted)


def test_a_message_abroad_has_a_receipt_that_the_partner_signed(office: Office, stands: dict[str, Stand]) -> None:
    with writing(office.engine) as connection:
        message_id = outbox.send(connection, "abroad", "test", "a test", b'{"a": 1}', office.clock.now())

    def delivered() -> bool:
        Sending(office).work_once()
        with reading(office.engine) as connection:
            return not exchange_store.due(connection, "abroad", office.clock.now() + timedelta(days=1), 10)

    until(delivered)

    with reading(office.engine) as connection:
        (sent,) = exchange_store.list_outgoing(connection, exchange_store.DELIVERED, "abroad")
    assert (sent.message_id, sent.position) == (message_id, 1)
    assert arrived(stands["abroad"]) == [{"a": 1}]


def test_the_command_says_what_is_wrong_with_a_port_that_is_taken(stands: dict[str, Stand], tmp_path: Path) -> None:
    taken = stands["tax"].port

    result = CliRunner().invoke(
        partner_command, ["law_enforcement", "--port", str(taken), "--home", str(tmp_path / "again")]
    )

    assert result.exit_code == 2
    assert "cannot be opened" in result.output
