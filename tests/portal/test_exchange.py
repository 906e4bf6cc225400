"""The exchange as a partner meets it: who may call, what is taken once, what is told, and what is logged."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import exchanging
import keyrings
import offices
import pki
import pytest
import violating
from caseworking import person
from cast import PARTICIPANTS
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from exchanging import ABROAD, LAW, PURPOSE, Link, message
from litestar.testing import TestClient
from sqlalchemy.exc import DataError

from declarations import store as declarations_store
from declarations.participants import Participant
from interop import exchange_store, query_log
from interop.adapters.law_enforcement import client as law_enforcement
from interop.disclosure import FIELDS, hash_of
from interop.envelope import digest_of
from interop.partners import PartnerKind, read_key
from interop.receipts import read_receipt
from portal import audit
from portal.app import create_app
from portal.database import reading, writing
from portal.exchange import callers, handling
from portal.exchange import hashes as number_hashes
from portal.exchange.signatures import sign_request
from portal.exchange.tending import ExchangeKeeper
from portal.office import Office
from portal.violations import service
from portal.violations.base import ViolationBase
from risk_gateway.bases.violations import store as violation_store
from signing import store as signing_store

ALTYN = PARTICIPANTS["altyn"].identifier


class There(NamedTuple):
    office: Office
    clock: offices.StillClock
    link: Link
    client: Any

    def events(self, event: audit.Event) -> list[dict[str, Any]]:
        with reading(self.office.engine) as connection:
            rows = connection.execute(signing_store.journal.select().order_by(signing_store.journal.c.index)).all()
        return [json.loads(row.entry) for row in rows if row.event == event.value]

    def violation(self, identifier: str) -> Any:
        with reading(self.office.engine) as connection:
            return violation_store.newest(connection, identifier)

    def record(self, *identifiers: str, **changes: Any) -> None:
        desk = violating.desk_of(self.office)
        for identifier in identifiers:
            with writing(self.office.engine) as connection:
                made = violating.violation(identifier, ALTYN, "found_by_control", offices.NOW.date(), **changes)
                service.record(connection, desk, made, "", offices.NOW)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    clock = offices.StillClock()
    office = offices.office(tmp_path, clock)
    exchanging.put(office, exchanging.partner())
    with exchanging.served(office, tmp_path, clock) as client:
        yield There(office, clock, Link(client, clock), client)


# --- who may call ----------------------------------------------------------------------------------------------------


def test_an_unsigned_request_is_told_how_to_sign(there: There) -> None:
    answer = there.link.call("GET", "/exchange/v1/violations", headers={})
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.not_signed")
    assert answer.headers["www-authenticate"] == "Signature"


def test_a_key_of_nobody_opens_nothing(there: There) -> None:
    stranger = Link(there.client, there.clock, pki.authority().office("Somebody else", "990140000099"))
    assert stranger.get("/violations").json()["code"] == "exchange.key_unknown"


def test_a_person_of_the_cast_is_no_partner(there: There) -> None:
    assert Link(there.client, there.clock, pki.key_of("nurlan")).get("/violations").status_code == 401


def test_a_partner_that_was_switched_off_is_out_at_once(there: There) -> None:
    exchanging.put(there.office, exchanging.partner(active=False))
    assert there.link.get("/violations").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/exchange/v1/submissions", exchanging.batch(message(2))),
        ("POST", "/exchange/v1/queries", exchanging.batch(message(1))),
        ("POST", "/exchange/v1/submissions?x=1", exchanging.batch(message(1))),
    ],
    ids=["body", "path", "query"],
)
def test_what_was_changed_on_the_way_is_refused(there: There, method: str, path: str, body: bytes) -> None:
    headers = there.link.headers("POST", "/exchange/v1/submissions", exchanging.batch(message(1)))
    answer = there.link.call(method, path, body, headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.signature")


def test_a_signature_under_another_label_is_refused_before_anything_is_done(there: There) -> None:
    body = exchanging.batch(message())
    headers = there.link.headers("POST", "/exchange/v1/submissions", body)
    other = {name: value.replace("sig=", "sig1=") if "ignature" in name else value for name, value in headers.items()}
    answer = there.link.call("POST", "/exchange/v1/submissions", body, other)
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.signature")
    assert there.violation(f"{ABROAD}:KG-1") is None


def test_a_body_without_a_signed_digest_is_refused(there: There) -> None:
    headers = there.link.headers("POST", "/exchange/v1/submissions")
    answer = there.link.call("POST", "/exchange/v1/submissions", exchanging.batch(message()), headers)
    assert answer.json()["code"] == "exchange.signature"


def test_a_request_cannot_be_sent_again_by_whoever_overheard_it(there: There) -> None:
    headers = there.link.headers("GET", "/exchange/v1/violations")
    assert there.link.call("GET", "/exchange/v1/violations", headers=headers).status_code == 200
    assert there.link.call("GET", "/exchange/v1/violations", headers=headers).json()["code"] == "exchange.replayed"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_refused(there: There, minutes: int) -> None:
    headers = there.link.headers("GET", "/exchange/v1/violations")
    there.clock.at += timedelta(minutes=minutes)
    assert there.link.call("GET", "/exchange/v1/violations", headers=headers).json()["code"] == "exchange.window"


def test_a_nonce_outlives_the_window_in_which_its_signature_would_be_taken(there: There) -> None:
    headers = there.link.headers("GET", "/exchange/v1/violations")
    there.clock.at -= timedelta(minutes=4, seconds=59)
    assert there.link.call("GET", "/exchange/v1/violations", headers=headers).status_code == 200
    there.clock.at += timedelta(minutes=9, seconds=58)
    assert there.link.get("/violations").status_code == 200  # which forgets what has expired
    assert there.link.call("GET", "/exchange/v1/violations", headers=headers).json()["code"] == "exchange.replayed"


def test_during_a_change_of_keys_both_are_taken_and_afterwards_only_the_new_one(there: There) -> None:
    old, new = exchanging.foreign_key(), pki.authority().office("Kyrgyz customs", exchanging.ABROAD_BIN)
    fresh = Link(there.client, there.clock, new)
    exchanging.put(there.office, exchanging.partner(keys=(exchanging.pem_of(new), exchanging.pem_of(old))))
    assert (there.link.get("/violations").status_code, fresh.get("/violations").status_code) == (200, 200)
    exchanging.put(there.office, exchanging.partner(keys=(exchanging.pem_of(new),)))
    assert (there.link.get("/violations").status_code, fresh.get("/violations").status_code) == (401, 200)


def test_an_expired_certificate_is_no_key_any_more(there: There) -> None:
    short = keyrings.office_key(offices.NOW - keyrings.DAY, offices.NOW + keyrings.DAY)
    exchanging.put(there.office, exchanging.partner(key=short))
    link = Link(there.client, there.clock, short)
    assert link.get("/violations").status_code == 200
    there.clock.at += 2 * keyrings.DAY
    assert link.get("/violations").json()["code"] == "exchange.key_unknown"


def test_answers_are_signed_and_tell_what_is_left_of_the_rate(there: There) -> None:
    exchanging.put(there.office, exchanging.partner(per_minute=2))
    answer = there.link.get("/violations")
    assert 'tag="shekara-exchange-answer"' in answer.headers["signature-input"]
    assert answer.headers["ratelimit-policy"] == '"partner";q=2;w=60'
    assert answer.headers["ratelimit"] == '"partner";r=1;t=30'
    assert there.link.get("/violations").status_code == 200
    refused = there.link.get("/violations")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")


def test_the_rate_is_of_all_processes_together(there: There) -> None:
    exchanging.put(there.office, exchanging.partner(per_minute=2))
    app = create_app(exchanging.given_address(there.office), there.clock)
    with TestClient(app, base_url=exchanging.ADDRESS, raise_server_exceptions=False) as another:
        other = Link(another, there.clock)
        assert [each.get("/violations").status_code for each in (there.link, other, there.link, other)] == [
            200,
            200,
            429,
            429,
        ]
        there.clock.at += timedelta(seconds=30)
        assert [other.get("/violations").status_code, there.link.get("/violations").status_code] == [200, 429]


def test_no_signature_is_looked_at_of_who_has_no_request_left(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    exchanging.put(there.office, exchanging.partner(per_minute=1))
    assert there.link.get("/violations").status_code == 200

    def verify(*given: Any) -> None:
        raise AssertionError("this costs too much")

    monkeypatch.setattr(callers, "verify_request", verify)
    assert there.link.get("/violations").status_code == 429


def test_who_comes_with_wrong_signatures_is_sent_away_without_a_look(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    verify = callers.verify_request

    def count(*given: Any) -> Any:
        looked.append(1)
        return verify(*given)

    monkeypatch.setattr(callers, "verify_request", count)
    headers = there.link.headers("GET", "/exchange/v1/receipts/x")
    answers = [there.link.call("GET", "/exchange/v1/violations", headers=headers).status_code for _ in range(70)]
    assert (answers.count(401), answers.count(429), len(looked)) == (60, 10, 60)
    assert there.link.get("/violations").status_code == 429  # nor is anybody else let in from there
    there.clock.ticks += 1
    assert there.link.get("/violations").status_code == 200


def test_a_body_that_is_too_large_is_refused(there: There) -> None:
    answer = there.link.call("POST", "/exchange/v1/submissions", b" " * 2_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


def test_what_was_signed_for_another_portal_is_not_taken_here(there: There) -> None:
    headers = sign_request(there.link.key, "GET", "http://other.example/exchange/v1/violations", b"", offices.NOW)
    as_if_there = {**headers, "Host": "other.example"}
    answer = there.link.call("GET", "/exchange/v1/violations", headers=as_if_there)
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.signature")


@pytest.mark.parametrize("demo", [False, True])
def test_without_its_address_only_a_demonstration_serves_the_exchange(tmp_path: Path, demo: bool) -> None:
    clock = offices.StillClock()
    office = offices.office(tmp_path, clock)
    exchanging.put(office, exchanging.partner())
    offices.keep_keys(tmp_path)
    app = create_app(replace(office.settings, demo=demo), clock)
    with TestClient(app, base_url=exchanging.ADDRESS) as client:
        answer = Link(client, clock).get("/violations")
    assert answer.status_code == (200 if demo else 503)
    assert demo or answer.json()["code"] == "exchange.no_address"


# --- messages --------------------------------------------------------------------------------------------------------


def test_a_violation_from_abroad_is_on_record_with_a_receipt_over_its_very_bytes(there: There) -> None:
    sent = message()
    answers = there.link.submit(sent).json()
    assert [each["status"] for each in answers["answers"]] == ["taken"]
    receipt = read_receipt(answers["answers"][0]["receipt"], [read_key(exchanging.pem_of(pki.office_key()))])
    assert (receipt.id, receipt.outcome, receipt.position, receipt.sender) == ("message-1", "taken", 1, ABROAD)
    assert receipt.digest == digest_of(sent)
    assert there.violation(f"{ABROAD}:KG-1").source_name
    entry = there.events(audit.Event.EXCHANGE_RECEIVED)[0]
    assert entry["particulars"]["digest"] == receipt.digest


def test_a_message_sent_again_has_no_second_effect_and_the_same_receipt(there: There) -> None:
    first, again = there.link.submit(message()).json(), there.link.submit(message()).json()
    assert again == first
    assert len(there.events(audit.Event.EXCHANGE_RECEIVED)) == 1
    assert len(there.events(audit.Event.VIOLATION_RECORDED)) == 1


def test_another_message_under_a_used_id_is_refused_and_the_first_one_stands(there: There) -> None:
    there.link.submit(message())
    other = message(1, body=exchanging.violation(2))
    answer = there.link.submit(other).json()["answers"][0]
    assert (answer["status"], answer["code"], "receipt" in answer) == ("refused", "exchange.id_reused", False)
    assert there.violation(f"{ABROAD}:KG-2") is None


def test_a_spoilt_message_blocks_nobody_in_its_batch(there: There) -> None:
    spoilt = [
        b'{"id":"x"}',
        message(2).replace(b"KG-2", b"KG-3"),
        message(3, kind="song"),
        message(4, body=b"[]"),
        message(5, body=exchanging.violation(5, kind="rudeness")),
    ]
    answers = there.link.submit(message(1), *spoilt, message(6)).json()["answers"]
    assert [each["status"] for each in answers] == ["taken", *["refused"] * 5, "taken"]
    assert [each.get("code") for each in answers[1:4]] == [
        "exchange.envelope",
        "exchange.digest",
        "exchange.kind_unknown",
    ]
    assert all("receipt" in each for each in answers[3:6]), "what is refused for good has a receipt, too"


def test_a_refused_message_leaves_no_trace_but_its_refusal(there: There) -> None:
    there.link.submit(message(1, body=exchanging.violation(1, kind="rudeness")))
    assert there.events(audit.Event.VIOLATION_RECORDED) == []
    entry = there.events(audit.Event.EXCHANGE_RECEIVED)[0]["particulars"]
    assert entry["outcome"] == "refused"


def test_a_version_told_otherwise_is_not_taken_and_an_officer_sees_it(there: There) -> None:
    there.link.submit(message(1))
    other = message(2, subject="KG-1", body=exchanging.violation(1, amount_tiyn=7, kind="smuggling"))
    answer = there.link.submit(other).json()["answers"][0]
    assert (answer["status"], answer["code"], "receipt" in answer) == ("refused", "violation.contradicts", True)
    assert there.link.submit(other).json()["answers"][0] == answer
    base = ViolationBase(there.office)
    assert [each.violation for each in base.conflicts()] == [f"{ABROAD}:KG-1"]
    [conflict] = base.record(person("gulnar"), f"{ABROAD}:KG-1").conflicts
    assert dict(conflict.differs) == {"kind": "smuggling", "amount_tiyn": "7"}
    there.link.submit(message(3, subject="KG-1", body=exchanging.violation(1, version=2)))
    assert base.conflicts() == ()  # it has said which is right


def waits_for_the_journal(clock: offices.StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever wants the lock of the journal's head wait 3 s for it."""
    lock_head = signing_store.lock_head

    def wait(connection: Any) -> tuple[int, bytes]:
        clock.at += timedelta(seconds=3)
        return lock_head(connection)

    monkeypatch.setattr(signing_store, "lock_head", wait)


def test_who_waited_for_the_journal_writes_the_moment_after_the_wait(
    there: There, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_for_the_journal(there.clock, monkeypatch)
    receipt = there.link.submit(message()).json()["answers"][0]["receipt"]
    told = read_receipt(receipt, [read_key(exchanging.pem_of(pki.office_key()))])
    assert told.received_at >= offices.NOW + timedelta(seconds=3)


def test_trouble_with_one_message_holds_up_only_its_subject(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(*given: Any) -> None:
        if b"KG-1" in given[3]:
            raise RuntimeError("something nobody expected")

    monkeypatch.setattr(handling, "HANDLERS", {"violation": handle})
    answers = there.link.submit(message(1), message(2, subject="KG-1"), message(3)).json()["answers"]
    assert [(each["status"], each.get("code")) for each in answers] == [
        ("later", "exchange.trouble"),
        ("later", "exchange.behind"),
        ("taken", None),
    ]
    assert there.events(audit.Event.EXCHANGE_RECEIVED)[0]["subject"] == "message-3"


@pytest.mark.parametrize("error", [DataError("INSERT", {}, ValueError()), OverflowError()], ids=["data", "overflow"])
def test_what_no_column_holds_is_refused_for_good(
    there: There, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def handle(*given: Any) -> None:
        raise error

    monkeypatch.setattr(handling, "HANDLERS", {"violation": handle})
    answer = there.link.submit(message()).json()["answers"][0]
    assert (answer["status"], answer["code"], "receipt" in answer) == ("refused", "exchange.body", True)


def test_a_receipt_can_be_asked_for_later_by_its_sender_only(there: There) -> None:
    given = there.link.submit(message()).json()["answers"][0]["receipt"]
    assert there.link.get("/receipts/message-1").text == given
    other_key = pki.authority().office("Tax", "990140000027")
    exchanging.put(there.office, exchanging.partner("uz", other_key))
    other = Link(there.client, there.clock, other_key)
    assert other.get("/receipts/message-1").status_code == 404
    assert there.link.get("/receipts/nothing").json()["code"] == "exchange.receipt_unknown"


def test_what_proves_who_sent_a_message_is_kept(there: There) -> None:
    there.link.submit(message())
    with reading(there.office.engine) as connection:
        taken = exchange_store.find_taken(connection, ABROAD, "message-1")
        assert taken is not None
        proof = exchange_store.read_proof(connection, taken.proof)
    assert proof is not None
    r, s = int.from_bytes(proof.signature[:32], "big"), int.from_bytes(proof.signature[32:], "big")
    public = exchanging.foreign_key().certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(encode_dss_signature(r, s), proof.signed, ec.ECDSA(hashes.SHA256()))


def test_what_is_no_batch_is_malformed(there: There) -> None:
    assert there.link.post("/submissions", {"messages": []}).json()["code"] == "request.malformed"
    assert there.link.post("/submissions", [1]).status_code == 400
    assert there.link.submit(*[message(n) for n in range(1, 102)]).status_code == 400


def test_law_enforcement_reports_in_its_own_xml_and_nobody_else_does(there: There) -> None:
    report = law_enforcement.message("violation", "m-1", exchanging.violation(1)).body
    sent = message(1, kind="report", body=json.dumps(report.decode()).encode())
    assert there.link.submit(sent).json()["answers"][0]["code"] == "exchange.kind_unknown"
    exchanging.put(there.office, exchanging.partner(kind=PartnerKind.LAW_ENFORCEMENT))
    again = message(2, kind="report", body=json.dumps(report.decode()).encode())
    spoilt = message(3, kind="report", body=b'"<x/>"')
    answers = there.link.submit(again, spoilt).json()["answers"]
    assert [each.get("code") for each in answers] == [None, "exchange.body"]
    assert there.violation(f"{ABROAD}:KG-1") is not None


# --- violations since a cursor ---------------------------------------------------------------------------------------


def test_pages_lead_through_all_that_was_written_each_once(there: There) -> None:
    there.record(*(f"KZ-CRV-{number}" for number in range(5)))
    seen, cursor, more = [], "", True
    while more:
        page = there.link.get(f"/violations?after={cursor}&limit=2").json()
        seen += [each["id"] for each in page["violations"]]
        cursor, more = page["cursor"], page["more"]
    assert seen == [f"KZ-CRV-{number}" for number in range(5)]
    there.record("KZ-CRV-5")
    later = there.link.get(f"/violations?after={cursor}").json()
    assert [each["id"] for each in later["violations"]] == ["KZ-CRV-5"]


def test_what_policy_withholds_is_not_told_but_passed(there: There) -> None:
    fields = frozenset(FIELDS) - {"name", "number"}
    policy = exchanging.policy(fields=fields, hash_fields=frozenset({"number"}))
    exchanging.put(there.office, exchanging.partner(policy=policy))
    there.record("KZ-CRV-1")
    told = there.link.get("/violations").json()["violations"][0]
    assert "number" not in told
    assert told["number_hash"] == hash_of(ALTYN, exchanging.SALT)
    exchanging.put(there.office, exchanging.partner(policy=exchanging.policy(kinds=frozenset())))
    page = there.link.get("/violations").json()
    assert page["violations"] == []
    assert page["cursor"]


def test_what_may_not_be_held_any_more_is_not_told(there: There) -> None:
    there.record("KZ-CRV-1", hold_until=offices.NOW.date() - timedelta(days=1))
    assert there.link.get("/violations").json()["violations"] == []


def test_what_another_partner_told_us_is_not_told_on(there: There) -> None:
    there.link.submit(message())
    assert there.link.get("/violations").json()["violations"] == []


def test_a_cursor_of_before_a_restore_is_noticed(there: There) -> None:
    there.record("KZ-CRV-1", "KZ-CRV-2")
    cursor = there.link.get("/violations").json()["cursor"]
    with writing(there.office.engine) as connection:  # the copy was made when there was one version
        connection.execute(violation_store.version_table.delete().where(violation_store.version_table.c.cursor > 1))
    beyond = there.link.get(f"/violations?after={cursor}")
    assert (beyond.status_code, beyond.json()["code"]) == (410, "exchange.cursor_lost")
    there.record("KZ-CRV-OTHER")  # takes the place of what was lost
    assert there.link.get(f"/violations?after={cursor}").status_code == 410
    assert len(there.link.get("/violations").json()["violations"]) == 2


@pytest.mark.parametrize(
    "cursor", ["x", "1", "-1.0000000000000000", "1.000000000000000g", "999999999999999999.0123456789abcdef"]
)
def test_a_cursor_that_is_none_is_lost(there: There, cursor: str) -> None:
    assert there.link.get(f"/violations?after={cursor}").status_code == 410


# --- queries ---------------------------------------------------------------------------------------------------------


def ask(there: There, **changes: Any) -> Any:
    return there.link.post("/queries", {"number": ALTYN, "purpose": PURPOSE, "legal_basis": LAW, **changes})


def logged(there: There) -> list[query_log.Query]:
    with reading(there.office.engine) as connection:
        return list(query_log.list_queries(connection))


def test_a_query_is_answered_as_far_as_policy_goes_and_logged(there: There) -> None:
    there.record("KZ-CRV-1")
    told = ask(there).json()["violations"]
    assert [each["id"] for each in told] == ["KZ-CRV-1"]
    entry = logged(there)[0]
    assert (entry.partner, entry.about, entry.purpose, entry.legal_basis) == (ABROAD, ALTYN, PURPOSE, LAW)
    assert (entry.answer, entry.told) == ("told", ("KZ-CRV-1 1",))
    assert there.events(audit.Event.EXCHANGE_QUERIED)[0]["particulars"]["about"] == ALTYN


def test_a_query_by_hash_finds_whom_it_means(there: There) -> None:
    there.record("KZ-CRV-1")
    told = ask(there, number="", number_hash=hash_of(ALTYN, exchanging.SALT)).json()["violations"]
    assert len(told) == 1
    assert logged(there)[0].about == ALTYN
    assert ask(there, number="", number_hash=hash_of(ALTYN, "another salt")).json()["violations"] == []


def test_a_query_for_a_purpose_that_is_not_agreed_is_refused_and_logged(there: There) -> None:
    there.record("KZ-CRV-1")
    answer = ask(there, purpose="curiosity")
    assert (answer.status_code, answer.json()["code"]) == (403, "exchange.purpose")
    assert (logged(there)[0].answer, logged(there)[0].code) == ("refused", "exchange.purpose")


def test_a_query_about_nobody_or_two_is_refused_and_logged(there: There) -> None:
    assert ask(there, number="").json()["code"] == "exchange.nobody"
    assert ask(there, number_hash="0" * 64).status_code == 403
    assert [each.answer for each in logged(there)] == ["refused", "refused"]


def test_of_somebody_without_record_nothing_is_told_and_the_query_is_logged(there: There) -> None:
    assert ask(there, number="990140000099").json()["violations"] == []
    assert logged(there)[0].answer == "nothing"


@pytest.mark.parametrize("changes", [{"legal_basis": ""}, {"purpose": "a\x00b"}, {"number": 1}, {"more": "x"}])
def test_a_query_that_is_none_is_malformed(there: There, changes: dict[str, Any]) -> None:
    assert ask(there, **changes).status_code == 400


def test_a_hashed_identifier_from_abroad_is_matched_with_our_participant(there: There) -> None:
    told = json.loads(exchanging.violation(1))
    del told["number"], told["name"]
    body = json.dumps(
        {**told, "scheme": "BIN", "country": "KZ", "number_hash": hash_of(ALTYN, exchanging.SALT)}
    ).encode()
    assert there.link.submit(message(1, body=body)).json()["answers"][0]["status"] == "taken"
    assert there.violation(f"{ABROAD}:KG-1").identity.number == ALTYN


def by_hash(number: str) -> bytes:
    told = json.loads(exchanging.violation(1))
    del told["number"], told["name"]
    hashed = {"scheme": "BIN", "country": "KZ", "number_hash": hash_of(number, exchanging.SALT)}
    return json.dumps({**told, **hashed}).encode()


def test_who_becomes_known_later_is_matched_with_what_was_told_of_them_by_hash(there: There) -> None:
    newcomer = "990140000057"
    there.link.submit(message(1, body=by_hash(newcomer)))
    keeper = ExchangeKeeper(there.office)
    keeper.turn()
    assert there.violation(f"{ABROAD}:KG-1").identity.number.startswith("hmac:")
    with writing(there.office.engine) as connection:
        known = Participant(newcomer, "Newcomer LLP", frozenset({"importer"}), offices.NOW.date())
        declarations_store.put_participant(connection, known)
    keeper.turn()
    assert there.violation(f"{ABROAD}:KG-1").identity.key == f"BIN:KZ:{newcomer}"
    with reading(there.office.engine) as connection:
        assert violation_store.counting(connection, newcomer, offices.NOW.date())
    keeper.turn()
    there.link.submit(message(2, subject="KG-1", body=by_hash(newcomer)))
    assert there.violation(f"{ABROAD}:KG-1").version == 2  # once, and the same again is nothing new


def test_hashes_of_another_secret_match_nobody(there: There) -> None:
    there.link.submit(message(1, body=by_hash(ALTYN)))
    exchanging.put(there.office, exchanging.partner(policy=exchanging.policy(salt="another secret of the two")))
    again = json.loads(by_hash(ALTYN))
    there.link.submit(message(2, body=json.dumps({**again, "id": "KG-2"}).encode()))
    numbers = [there.violation(f"{ABROAD}:KG-{number}").identity.number for number in (1, 2)]
    assert (numbers[0], numbers[1][:5]) == (ALTYN, "hmac:")


def test_a_hash_is_looked_up_and_not_tried_out_under_the_lock(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    there.link.submit(message(1, body=by_hash(ALTYN)))
    made: list[str] = []

    def count(number: str, salt: str) -> str:
        made.append(number)
        return hash_of(number, salt)

    monkeypatch.setattr(number_hashes, "hash_of", count)
    again = {**json.loads(by_hash(ALTYN)), "id": "KG-2"}
    there.link.submit(message(2, body=json.dumps(again).encode()))
    assert made == [ALTYN]


def test_a_partner_that_changes_is_in_the_journal_without_its_secret(there: There) -> None:
    entry = there.events(audit.Event.PARTNER_CHANGED)[0]
    assert entry["subject"] == ABROAD
    assert exchanging.SALT not in json.dumps(entry)
