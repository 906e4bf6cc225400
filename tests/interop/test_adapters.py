"""Adapters: what is said follows the published schema, and nothing that comes back is believed unless it does too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from interop.adapters.foreign_customs import client as foreign_customs
from interop.adapters.foreign_customs import messages as foreign_messages
from interop.adapters.law_enforcement import client as law_enforcement
from interop.adapters.law_enforcement import messages as xml_messages
from interop.adapters.law_enforcement.messages import NoticeAnswer, NoticeQuery, NotValid, Receipt, Report
from interop.adapters.law_enforcement.stub import Stub as LawEnforcementStub
from interop.adapters.payments import messages as bank_messages
from interop.adapters.tax_service import client as tax_service
from interop.adapters.tax_service import messages as tax_messages
from interop.adapters.tax_service.stub import Stub as TaxStub
from interop.calls import Answered, NotUnderstood, Query, Reply, Request

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
QUERY = Query("q-1", "150340012340", "risk assessment", "article 1 [?]", AT)
CLIENTS: dict[str, Any] = {"tax": tax_service, "police": law_enforcement, "abroad": foreign_customs}
MEDIA = {"tax": "application/json", "police": "application/xml", "abroad": "application/json"}
GENUINE = {
    "tax": msgspec.json.encode(
        tax_messages.DebtAnswer(query_id="q-1", taxpayer=QUERY.participant, owes=False, debt_tiyn=0, as_of=AT)
    ),
    "police": xml_messages.write(NoticeAnswer("q-1", QUERY.participant, (), AT)),
    "abroad": msgspec.json.encode(foreign_messages.Told(AT, [])),
}
names = st.from_regex(r"\A[A-Za-z0-9:._/-]{1,64}\Z")
identifiers = st.from_regex(r"\A[0-9]{12}\Z")
characters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
texts = st.text(characters, min_size=1, max_size=80)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


# --- the schema -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "messages", [tax_messages, foreign_messages, bank_messages], ids=["tax_service", "foreign_customs", "payments"]
)
def test_the_json_schemas_that_are_published_are_those_that_are_read_by(messages: Any) -> None:
    folder = Path(str(messages.__file__)).parent / "schema"
    published = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")}

    assert published == {name: msgspec.json.schema(shape) for name, shape in messages.SHAPES.items()}


queries = st.builds(NoticeQuery, names, identifiers, texts, texts, moments)
notices = st.lists(st.tuples(names, texts), max_size=5).map(tuple)
answers = st.builds(NoticeAnswer, names, identifiers, notices, moments)
reports = st.builds(
    Report, names, st.sampled_from(["decision", "violation"]), st.dictionaries(names, texts, min_size=1, max_size=10)
)
receipts = st.builds(Receipt, names, st.from_regex(r"\A[0-9a-f]{64}\Z"))


@settings(max_examples=150)
@given(st.one_of(queries, answers, reports, receipts))
def test_every_xml_message_is_read_as_it_was_written_or_not_written_at_all(message: Any) -> None:
    try:
        written = xml_messages.write(message)
    except NotValid:
        return
    assert xml_messages.read(written) == message


def test_what_xml_cannot_hold_is_not_written() -> None:
    with pytest.raises(NotUnderstood):
        law_enforcement.message("violation", "m-1", msgspec.json.encode({"name": "a\x00b"}))


# --- what comes back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", CLIENTS)
def test_a_genuine_answer_is_read(who: str) -> None:
    (said,) = CLIENTS[who].read(QUERY, Reply(200, MEDIA[who], GENUINE[who]))

    assert (said.yes, said.as_of) == (False, AT)


@settings(max_examples=300)
@given(st.sampled_from(sorted(CLIENTS)), st.binary(max_size=400))
def test_arbitrary_bytes_are_never_an_answer(who: str, body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        CLIENTS[who].read(QUERY, Reply(200, MEDIA[who], body))


@settings(max_examples=300)
@given(st.sampled_from(sorted(CLIENTS)), st.data())
def test_an_answer_with_a_changed_byte_is_refused_or_says_yes_or_no_about_the_same_participant(
    who: str, data: st.DataObject
) -> None:
    body = bytearray(GENUINE[who])
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    try:
        said = CLIENTS[who].read(QUERY, Reply(200, MEDIA[who], bytes(body)))
    except NotUnderstood:
        return
    assert [type(each) for each in said] == [Answered]
    assert not said[0].yes or who == "tax"


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 400, 401, 404, 429])
@pytest.mark.parametrize("who", CLIENTS)
def test_no_status_but_200_is_an_answer(who: str, status: int) -> None:
    with pytest.raises(NotUnderstood):
        CLIENTS[who].read(QUERY, Reply(status, MEDIA[who], GENUINE[who]))


def test_violations_of_somebody_else_abroad_say_nothing() -> None:
    violation = foreign_messages.ViolationMessage(
        id="XX-1", version=1, kind="false_code", state="confirmed", number="240140031359"
    )
    told = msgspec.json.encode(foreign_messages.Told(AT, [violation]))

    with pytest.raises(NotUnderstood):
        foreign_customs.read(QUERY, Reply(200, "application/json", told))


def test_a_violation_abroad_may_name_the_participant_by_its_hash_only() -> None:
    violation = foreign_messages.ViolationMessage(
        id="XX-1", version=1, kind="false_code", state="confirmed", number_hash="a" * 64
    )
    reply = Reply(200, "application/json", msgspec.json.encode(foreign_messages.Told(AT, [violation])))

    (said,) = foreign_customs.read(msgspec.structs.replace(QUERY, number_hash="a" * 64), reply)
    assert said.yes
    with pytest.raises(NotUnderstood):
        foreign_customs.read(msgspec.structs.replace(QUERY, number_hash="b" * 64), reply)


def test_an_annulled_violation_abroad_is_none() -> None:
    violation = foreign_messages.ViolationMessage(
        id="XX-1", version=2, kind="false_code", state="annulled", number=QUERY.participant
    )
    told = msgspec.json.encode(foreign_messages.Told(AT, [violation]))

    assert [said.yes for said in foreign_customs.read(QUERY, Reply(200, "application/json", told))] == [False]


# --- messages and receipts ------------------------------------------------------------------------------------------

BODY = msgspec.json.encode({"event": "export_released", "registration_number": "20201/241126/0000001", "version": 1})


@pytest.mark.parametrize(("client", "stub"), [(tax_service, TaxStub), (law_enforcement, LawEnforcementStub)])
def test_a_message_that_is_sent_twice_arrives_once_and_has_the_same_receipt(
    client: Any, stub: Callable[[Path], Any], tmp_path: Path
) -> None:
    partner = stub(tmp_path / "partner.db")
    request = client.message("decision", "m-1", BODY)
    replies = [partner.answer(request, AT) for _ in range(2)]

    assert len({client.receipt("m-1", request, reply) for reply in replies}) == 1
    assert len(partner.notices()) == 1


@pytest.mark.parametrize(("client", "stub"), [(tax_service, TaxStub), (law_enforcement, LawEnforcementStub)])
def test_a_receipt_for_other_bytes_or_another_message_confirms_nothing(
    client: Any, stub: Callable[[Path], Any], tmp_path: Path
) -> None:
    partner = stub(tmp_path / "partner.db")
    request = client.message("decision", "m-1", BODY)
    reply = partner.answer(request, AT)
    altered = Request(request.path, request.media_type, request.body.replace(b"0000001", b"0000002"))

    for message_id, sent in (("m-2", request), ("m-1", altered)):
        with pytest.raises(NotUnderstood):
            client.receipt(message_id, sent, reply)


# --- violations of law enforcement ----------------------------------------------------------------------------------

VIOLATION = {"id": "P-1", "version": 2, "kind": "false_code", "state": "confirmed", "number": QUERY.participant}


def test_a_violation_goes_to_law_enforcement_and_comes_back_as_it_was() -> None:
    told = {**VIOLATION, "committed_on": "2026-03-01", "amount_tiyn": 125_000, "place": "Алматы & <Достык>"}
    sent = law_enforcement.message("violation", "m-1", msgspec.json.encode(told))

    assert msgspec.json.decode(law_enforcement.violation(sent.body)) == told


@pytest.mark.parametrize(
    "report",
    [
        xml_messages.write(Report("m-1", "decision", {"id": "P-1"})),
        xml_messages.write(Report("m-1", "violation", {"id": "P-1"})),
        xml_messages.write(Report("m-1", "violation", {**{k: str(v) for k, v in VIOLATION.items()}, "version": "two"})),
        xml_messages.write(Report("m-1", "violation", {**{k: str(v) for k, v in VIOLATION.items()}, "secret": "x"})),
        xml_messages.write(Receipt("m-1", "a" * 64)),
        b"<Report/>",
        b"",
    ],
    ids=["a decision", "fields missing", "no number", "a field too many", "a receipt", "not valid", "nothing"],
)
def test_what_is_no_violation_is_not_taken_for_one(report: bytes) -> None:
    with pytest.raises(NotUnderstood):
        law_enforcement.violation(report)


def test_the_schema_of_law_enforcement_is_one() -> None:
    etree.XMLSchema(etree.parse(xml_messages.SCHEMA_FILE))
