"""The adapter of registers: its schema is what is read by, and nothing that comes back is believed unless it fits."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from interop.adapters.registers import client, messages
from interop.adapters.registers.messages import Contract, ContractsAnswer, NumbersQuery, Permit, PermitsAnswer
from interop.adapters.registers.stub import Entry, Stub
from interop.calls import NotUnderstood, Query, Reply, Request
from risk_gateway.bases.registers.model import Register, Standing

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
HOLDER = "180740024681"
QUERY = Query("q-1", HOLDER, "customs_control", "article 1 [?]", AT)
NUMBERS = {Register.PERMIT: ("LIC-1",), Register.CURRENCY_CONTRACT: ("1/26",)}
PERMIT = Permit(number="LIC-1", standing="entered", commodities=["7204"], grams_left=5)
CONTRACT = Contract(number="1/26", standing="entered", currency="USD", cents_left=5)
GENUINE = {
    Register.PERMIT: msgspec.json.encode(PermitsAnswer(query_id="q-1", holder=HOLDER, permits=[PERMIT], as_of=AT)),
    Register.CURRENCY_CONTRACT: msgspec.json.encode(
        ContractsAnswer(query_id="q-1", holder=HOLDER, contracts=[CONTRACT], as_of=AT)
    ),
}


def read(register: Register, body: bytes, status: int = 200) -> object:
    return client.read(QUERY, register, NUMBERS[register], Reply(status, "application/json", body))


def test_the_json_schemas_that_are_published_are_those_that_are_read_by() -> None:
    folder = Path(messages.__file__).parent / "schema"
    published = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")}

    assert published == {name: msgspec.json.schema(shape) for name, shape in messages.SHAPES.items()}


@pytest.mark.parametrize("register", Register)
def test_a_genuine_answer_is_read(register: Register) -> None:
    said, as_of = client.read(QUERY, register, NUMBERS[register], Reply(200, "application/json", GENUINE[register]))

    assert as_of == AT
    assert {number: each.standing for number, each in said.items()} == {NUMBERS[register][0]: Standing.ENTERED}


@settings(max_examples=200)
@given(st.sampled_from(Register), st.binary(max_size=400))
def test_arbitrary_bytes_are_never_an_answer(register: Register, body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read(register, body)


@settings(max_examples=300)
@given(st.sampled_from(Register), st.data())
def test_an_answer_with_a_changed_byte_is_refused_or_about_the_same_number(
    register: Register, data: st.DataObject
) -> None:
    body = bytearray(GENUINE[register])
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        said, _ = client.read(QUERY, register, NUMBERS[register], Reply(200, "application/json", bytes(body)))
    except NotUnderstood:
        return
    assert tuple(said) == NUMBERS[register]


@pytest.mark.parametrize("register", Register)
@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 404, 429])
def test_no_status_but_200_is_an_answer(register: Register, status: int) -> None:
    with pytest.raises(NotUnderstood):
        read(register, GENUINE[register], status)


@pytest.mark.parametrize(
    "permits",
    [
        [],
        [PERMIT, PERMIT],
        [replace(PERMIT, number="LIC-2")],
        [PERMIT, replace(PERMIT, number="LIC-2")],
        [replace(PERMIT, commodities=[])],
        [replace(PERMIT, standing="not_found")],
        [replace(PERMIT, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1))],
    ],
)
def test_an_answer_that_says_too_little_too_much_or_two_things_is_refused(permits: list[Permit]) -> None:
    told = PermitsAnswer(query_id="q-1", holder=HOLDER, permits=permits, as_of=AT)

    with pytest.raises(NotUnderstood):
        read(Register.PERMIT, msgspec.json.encode(told))


def test_where_the_number_of_the_firm_may_not_travel_it_is_not_asked() -> None:
    hidden = Query("q-1", HOLDER, "customs_control", "article 1 [?]", AT, "hash", by_hash=True)

    with pytest.raises(NotUnderstood):
        client.ask(hidden, Register.PERMIT, ["LIC-1"])


def test_the_stub_answers_every_number_once_and_of_anothers_entry_nothing(tmp_path: Path) -> None:
    stub = Stub(tmp_path / "registers.db")
    stub.put(Entry(HOLDER, permit=PERMIT))
    stub.put(Entry("150340012340", permit=replace(PERMIT, number="LIC-2")))
    request = client.ask(QUERY, Register.PERMIT, ["LIC-1", "LIC-2", "LIC-3"])

    told = msgspec.json.decode(stub.answer(request, AT).body, type=PermitsAnswer)

    assert told.permits == [
        PERMIT,
        Permit(number="LIC-2", standing="other_party"),
        Permit(number="LIC-3", standing="not_found"),
    ]


def test_the_stub_revokes_what_is_a_holders_and_lets_it_stand_again(tmp_path: Path) -> None:
    stub = Stub(tmp_path / "registers.db")
    stub.put(Entry(HOLDER, permit=PERMIT))
    stub.put(Entry(HOLDER, contract=CONTRACT))
    days = []
    for yes in (True, False):
        stub.set(HOLDER, yes=yes, now=AT)
        said, _ = client.read(
            QUERY, Register.PERMIT, ["LIC-1"], stub.answer(client.ask(QUERY, Register.PERMIT, ["LIC-1"]), AT)
        )
        days.append(said["LIC-1"].closed_on)

    assert days == [date(2026, 11, 24), None]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/debts", b"{}", 404),
        ("/v1/permits", b"{", 400),
        ("/v1/contracts", b"\xff", 400),
        ("/v1/permits", b"{}", 400),
    ],
)
def test_the_stub_says_what_it_cannot_read(tmp_path: Path, path: str, body: bytes, status: int) -> None:
    assert Stub(tmp_path / "registers.db").answer(Request(path, "application/json", body), AT).status == status


def test_a_question_says_about_whom_why_and_on_what_ground() -> None:
    asked = msgspec.json.decode(client.ask(QUERY, Register.PERMIT, ["LIC-1"]).body, type=NumbersQuery)

    assert (asked.holder, asked.purpose, asked.legal_basis) == (HOLDER, QUERY.purpose, QUERY.legal_basis)
