"""Sending to a partner and reading from it: nothing is lost, nothing has two effects, and nobody waits for others."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import exchanging
import msgspec
import offices
import pki
import pytest
import violating
from cast import PARTICIPANTS
from exchanging import ABROAD, HERE, Wire, lost
from litestar.testing import TestClient
from msgspec.structs import replace
from sqlalchemy.exc import DataError

from interop import exchange_store, outbox, query_log
from interop.adapters.tax_service.stub import Stub as TaxService
from interop.calls import Request
from interop.disclosure import FIELDS, hash_of
from interop.distributing import distribute
from interop.envelope import Answers
from interop.exchange_store import DEAD, DELIVERED, WAITING, Outgoing
from interop.partner_store import SEND
from interop.partners import PartnerKind, read_key
from interop.query_log import Query
from interop.querying import Page
from interop.receipts import Receipt, read_receipt
from portal import audit
from portal.database import reading, writing
from portal.exchange import handling
from portal.exchange.client import Client, Reply, Undelivered
from portal.exchange.sending import Sending
from portal.exchange.service import Exchange
from portal.exchange.tending import ExchangeKeeper
from portal.office import Office
from portal.violations import service
from risk_gateway.bases.violations import conflict_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import State
from signing import store as signing_store

ALTYN = PARTICIPANTS["altyn"].identifier
RECEIPT = Receipt(
    id="m-1",
    sequence=1,
    position=1,
    digest="0" * 64,
    outcome="taken",
    received_at=offices.NOW,
    sender=HERE,
    by="990140000018",
)
Fault = Callable[[bytes], None]


class Two(NamedTuple):
    """Our office, which sends, and the Kyrgyz one, which is served; they share a clock."""

    ours: Office
    theirs: Office
    clock: offices.StillClock
    client: TestClient[Any]

    def sending(self, fault: Fault = lambda body: None) -> Sending:
        return Sending(self.ours, lambda office: Wire(office, self.client, fault))

    def work(self, fault: Fault = lambda body: None, *, after: float = 0) -> None:
        self.clock.at += timedelta(seconds=after)
        self.sending(fault).work_once()

    def send(self, *numbers: int, kind: str = "violation", subject: str = "", **changes: Any) -> list[str]:
        with writing(self.ours.engine) as connection:
            return [
                outbox.send(
                    connection,
                    ABROAD,
                    kind,
                    subject or f"KZ-{number}",
                    exchanging.violation(number, **{"id": f"KZ-{number}", "country": "KZ", **changes}),
                    self.clock.now(),
                )
                for number in numbers
            ]

    def sent(self, message_id: str) -> Outgoing:
        with reading(self.ours.engine) as connection:
            found = exchange_store.read_outgoing(connection, message_id)
        assert found is not None
        return found

    def states(self, message_ids: list[str]) -> list[str]:
        return [self.sent(each).state for each in message_ids]

    def record(self, *identifiers: str) -> None:
        desk = violating.desk_of(self.ours)
        for identifier in identifiers:
            with writing(self.ours.engine) as connection:
                made = violating.violation(identifier, ALTYN, "found_by_control", offices.NOW.date())
                service.record(connection, desk, made, "", self.clock.now())

    def effects(self) -> list[str]:
        """Return the violations that the partner put on record, in order."""
        return [each["subject"] for each in events(self.theirs, audit.Event.VIOLATION_RECORDED)]

    def health(self, place: int = 0) -> outbox.PartnerHealth:
        with reading(self.ours.engine) as connection:
            return outbox.health(connection)[place]


def events(office: Office, event: audit.Event) -> list[dict[str, Any]]:
    with reading(office.engine) as connection:
        rows = connection.execute(signing_store.journal.select().order_by(signing_store.journal.c.index)).all()
    return [json.loads(row.entry) for row in rows if row.event == event.value]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    clock = offices.StillClock()
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    ours = offices.office(tmp_path / "ours", clock)
    theirs = exchanging.office_abroad(tmp_path / "theirs", clock)
    exchanging.put(ours, exchanging.partner())
    exchanging.put(theirs, exchanging.partner(HERE, pki.office_key(), country="KZ"))
    with exchanging.served(theirs, tmp_path / "theirs", clock, exchanging.foreign_key()) as client:
        yield Two(ours, theirs, clock, client)


def test_a_message_arrives_once_and_its_signed_receipt_is_kept(two: Two) -> None:
    [message_id] = two.send(1)
    two.work()
    sent = two.sent(message_id)
    receipt = read_receipt(sent.receipt, [read_key(exchanging.pem_of(exchanging.foreign_key()))])
    assert (sent.state, sent.position, receipt.sequence, receipt.sender) == (DELIVERED, 1, 1, HERE)
    assert two.effects() == [f"{HERE}:KZ-1"]
    entry = events(two.ours, audit.Event.EXCHANGE_SUBMITTED)[0]
    assert (entry["subject"], entry["particulars"]["outcome"]) == (message_id, "taken")
    two.work()
    assert two.effects() == [f"{HERE}:KZ-1"]


def test_a_violation_on_record_goes_to_the_partner_as_far_as_its_policy_says(two: Two) -> None:
    with writing(two.ours.engine) as connection:
        made = violating.violation("KZ-CRV-1", ALTYN, "found_by_control", offices.NOW.date())
        [message_id] = distribute(connection, made, offices.NOW)
        assert distribute(connection, replace(made, kind="unheard_of"), offices.NOW) == ()
    body = json.loads(two.sent(message_id).envelope)["body"]
    assert (body["id"], body["number"]) == ("KZ-CRV-1", ALTYN)


def test_nothing_is_lost_while_a_partner_is_down(two: Two) -> None:
    def down(_body: bytes) -> None:
        raise Undelivered("not reached: ConnectError")

    sent = two.send(1, 2, 3)
    for _ in range(20):
        two.work(down, after=60)
    assert two.states(sent) == [WAITING] * 3
    health = two.health()
    assert (health.waiting, health.sending.failures, health.sending.trouble) == (3, 20, "not reached: ConnectError")
    two.work(after=60)
    assert two.states(sent) == [DELIVERED] * 3
    assert two.health().sending.trouble == ""
    assert two.effects() == [f"{HERE}:KZ-{number}" for number in (1, 2, 3)]


def test_nothing_is_lost_while_a_partner_is_switched_off_and_it_comes_in_order(two: Two) -> None:
    exchanging.put(two.ours, exchanging.partner(active=False))
    two.record("KZ-CRV-1", "KZ-CRV-2")
    two.work(after=61)
    assert (two.effects(), two.health().waiting) == ([], 2)
    exchanging.put(two.ours, exchanging.partner())
    two.record("KZ-CRV-3")
    two.work()
    assert two.effects() == [f"{HERE}:KZ-CRV-{number}" for number in (1, 2, 3)]


def test_a_partner_in_trouble_is_left_alone_longer_and_longer(two: Two) -> None:
    tries: list[int] = []

    def down(body: bytes) -> None:
        tries.extend([1] if body else [])  # not when reading
        raise Undelivered("not reached: ConnectError")

    two.send(1)
    for _ in range(8):
        two.work(down, after=1)
    assert len(tries) == 5  # at 1, 2, 3, 4, 6: after 1/4, 1/2, 1, 2, 4 seconds


def test_when_the_answer_is_lost_the_effect_is_one_and_the_receipt_the_same(two: Two) -> None:
    class Deaf(Wire):
        def plain(self, *given: Any) -> Any:
            super().plain(*given)
            raise Undelivered("no answer: ReadError", of_content=True)

    [message_id] = two.send(1)
    Sending(two.ours, lambda office: Deaf(office, two.client)).work_once()
    assert two.sent(message_id).state == WAITING
    assert two.effects() == [f"{HERE}:KZ-1"]
    two.work(after=5)
    assert two.sent(message_id).state == DELIVERED
    assert two.effects() == [f"{HERE}:KZ-1"]


def test_a_message_that_kills_every_connection_holds_up_no_other(two: Two) -> None:
    tries: list[float] = []

    def poison(body: bytes) -> None:
        if b"KZ-37" in body:
            tries.append(time.monotonic())
            lost(body)

    sent = two.send(*range(1, 101))
    two.work(poison)  # one turn, while the clock stands still
    assert len(tries) <= 6, "of 25, 13, 7, 4, 2 and 1 messages: all that the others wait for"
    states = two.states(sent)
    assert [number for number, state in enumerate(states, start=1) if state != DELIVERED] == [37]
    assert two.sent(sent[36]).code == "exchange.unanswered"


def test_a_partner_that_does_not_answer_delays_no_other(two: Two) -> None:
    exchanging.put(two.ours, exchanging.partner("uz"))
    two.send(1)
    with writing(two.ours.engine) as connection:
        other = outbox.send(connection, "uz", "test", "t", b"{}", offices.NOW)
    answered = threading.Event()

    def hang(body: bytes) -> None:
        if b"KZ-1" in body:
            answered.wait(60)

    sending = two.sending(hang)
    sending.turn()
    try:
        until = time.monotonic() + 30
        while two.sent(other).state != DELIVERED and time.monotonic() < until:
            time.sleep(0.02)
        assert two.sent(other).state == DELIVERED, (two.sent(other).code, two.health(1))
        assert two.effects() == []
    finally:
        answered.set()
    sending.work_once()
    assert two.effects() == [f"{HERE}:KZ-1"]


def test_what_a_partner_refuses_for_good_is_a_dead_letter_that_can_be_sent_again(two: Two) -> None:
    [bad], [good] = two.send(1, kind="song"), two.send(2)
    two.work()
    assert (two.sent(bad).state, two.sent(bad).code, two.sent(good).state) == (DEAD, "exchange.kind_unknown", DELIVERED)
    assert two.sent(bad).receipt, "a refusal is receipted, too"
    with writing(two.ours.engine) as connection:
        assert [each.message_id for each in outbox.list_dead(connection)] == [bad]
        assert outbox.replay(connection, bad, offices.NOW)
        assert not outbox.replay(connection, good, offices.NOW), "only a dead letter"
    assert two.sent(bad).state == WAITING
    two.work()
    assert two.sent(bad).state == DEAD


def test_what_a_partner_cannot_take_is_given_up_after_twelve_attempts(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> None:
        raise RuntimeError("something nobody expected")

    monkeypatch.setattr(handling, "HANDLERS", {**handling.HANDLERS, "test": broken})
    [bad], [good] = two.send(1, kind="test"), two.send(2)
    two.work()
    assert (two.states([bad, good]), two.sent(bad).code) == ([WAITING, DELIVERED], "exchange.trouble")
    for _ in range(11):
        two.work(after=3600)
    assert (two.sent(bad).state, two.sent(bad).attempts) == (DEAD, outbox.ATTEMPTS_MAX)
    monkeypatch.undo()
    with writing(two.ours.engine) as connection:
        outbox.replay(connection, bad, two.clock.now())
    two.work(after=1)
    assert two.sent(bad).state == DELIVERED


def test_a_late_answer_never_makes_a_dead_letter_of_what_is_delivered(two: Two) -> None:
    [message_id] = two.send(1)
    before = two.sent(message_id)
    two.work()
    with writing(two.ours.engine) as connection:  # a process that was slow, with what it read before
        outbox.refused(connection, before, "exchange.body", two.clock.now())
        outbox.not_taken(connection, replace(before, attempts=outbox.ATTEMPTS_MAX), "exchange.trouble", two.clock.now())
    assert (two.sent(message_id).state, two.sent(message_id).receipt != "") == (DELIVERED, True)


def test_versions_of_one_violation_stay_in_order(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    real = handling.HANDLERS["violation"]
    fails = [True]

    def once(*given: Any) -> None:
        if b'"version": 1' in given[3] and fails:
            fails.pop()
            raise RuntimeError("the first time")
        real(*given)

    monkeypatch.setattr(handling, "HANDLERS", {"violation": once})
    first = two.send(1, subject="S")
    second = two.send(1, subject="S", version=2)
    other = two.send(2)
    two.work()
    assert two.states(first + second + other) == [WAITING, WAITING, DELIVERED]
    two.work(after=1)
    two.work(after=5)
    assert two.states(first + second) == [DELIVERED, DELIVERED]
    assert [two.sent(each).position for each in first + second] == [2, 3]


def test_of_two_processes_one_sends_and_when_it_dies_the_other_takes_over(two: Two) -> None:
    [message_id] = two.send(1)
    now = two.clock.now()
    with writing(two.ours.engine) as connection:
        assert exchange_store.take_lease(connection, ABROAD, SEND, "another", now, now + timedelta(minutes=2))
    two.work()
    assert two.sent(message_id).state == WAITING
    two.work(after=121)  # the other one was killed
    assert two.sent(message_id).state == DELIVERED


def test_a_receipt_that_is_not_the_partners_is_none(two: Two) -> None:
    exchanging.put(two.ours, exchanging.partner(key=pki.authority().office("Somebody", "990140000099")))
    [message_id] = two.send(1)
    two.work()
    assert two.sent(message_id).state == WAITING
    assert two.health().sending.trouble == "answer: exchange.key_unknown"


def test_a_partner_restored_from_an_older_copy_gets_again_what_it_lost(two: Two) -> None:
    kept, gone = two.send(1, 2), two.send(3, 4, 5)
    two.work()
    with writing(two.theirs.engine) as connection:  # the copy was made after the second message
        connection.execute(exchange_store.inbox.delete().where(exchange_store.inbox.c.position > 2))
        connection.execute(exchange_store.stream.update().values(received=2))
        lost_rows = violation_store.version_table.c.id.in_([f"{HERE}:KZ-{number}" for number in (3, 4, 5)])
        connection.execute(violation_store.version_table.delete().where(lost_rows))
    late = two.send(6, 7, 8, 9)
    two.work(after=1)
    two.work(after=1)
    assert two.states([*kept, *gone, *late]) == [DELIVERED] * 9
    with reading(two.theirs.engine) as connection:
        on_record = [violation_store.newest(connection, f"{HERE}:KZ-{number}") for number in range(1, 10)]
    assert all(on_record)
    assert two.health().restored_at is not None


def test_a_restored_partner_to_whom_nothing_is_sent_is_noticed_when_it_is_read_from(two: Two) -> None:
    sent = two.send(1, 2)
    two.work()
    with writing(two.theirs.engine) as connection:
        connection.execute(exchange_store.inbox.delete())
        connection.execute(exchange_store.stream.update().values(received=0))
        connection.execute(violation_store.version_table.delete())
    two.work(after=61)
    two.work(after=1)
    assert two.states(sent) == [DELIVERED] * 2
    with reading(two.theirs.engine) as connection:
        assert violation_store.newest(connection, f"{HERE}:KZ-1") is not None


def test_what_arrives_while_a_partner_answers_is_not_taken_for_lost(two: Two) -> None:
    sent: list[str] = []

    class Late(Wire):
        def plain(self, method: str, *given: Any) -> Reply:
            reply = super().plain(method, *given)
            if method == "GET" and not sent:
                sent.extend(two.send(1))
                two.work()
            return reply

    Sending(two.ours, lambda office: Late(office, two.client)).work_once()
    assert two.states(sent) == [DELIVERED]
    assert two.health().restored_at is None


def test_an_answer_that_contradicts_its_own_receipts_is_none(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = Exchange.submit
    monkeypatch.setattr(Exchange, "submit", lambda *given: replace(submit(*given), received=0))
    [message_id] = two.send(1)
    two.work()
    assert (two.sent(message_id).state, two.sent(message_id).receipt) == (WAITING, "")
    assert two.health().sending.trouble == "answer: contradicts itself"
    monkeypatch.undo()
    two.work(after=1)
    assert two.sent(message_id).state == DELIVERED
    assert two.effects() == [f"{HERE}:KZ-1"]


def test_the_receipt_that_a_message_had_is_kept_when_it_is_sent_again(two: Two) -> None:
    [message_id] = two.send(1)
    two.work()
    before = two.sent(message_id).receipt
    with writing(two.theirs.engine) as connection:
        connection.execute(exchange_store.inbox.delete())
        connection.execute(exchange_store.stream.update().values(received=0))
    two.work(after=61)
    two.work(after=1)
    with reading(two.ours.engine) as connection:
        assert exchange_store.replaced_receipts(connection, message_id) == (before,)
    assert two.sent(message_id).receipt not in ("", before)


def test_who_always_says_that_it_has_lost_all_gets_it_again_every_five_minutes(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []

    def count(body: bytes) -> None:
        sent.extend([body] if b"KZ-1" in body else [])

    violations = Exchange.violations
    monkeypatch.setattr(Exchange, "violations", lambda *given: replace(violations(*given), received=0))
    two.send(1)
    for _ in range(10):
        two.work(count, after=60)
    assert len(sent) == 3  # at once, when it says so first, and five minutes after that


def test_what_was_kept_long_enough_is_deleted_and_nothing_else(two: Two) -> None:
    [delivered], [dead] = two.send(1), two.send(2, kind="song")
    two.work()
    asked = Query(partner=HERE, about="1", purpose="x", legal_basis="y", at=two.clock.at, answer="nothing")
    with writing(two.theirs.engine) as connection:
        query_log.log_query(connection, asked)
        taken = exchange_store.find_taken(connection, HERE, delivered)
    assert taken is not None

    def tended() -> tuple[list[str], bool, int]:
        for office in (two.ours, two.theirs):
            ExchangeKeeper(office).turn()
        with reading(two.theirs.engine) as connection:
            proven = exchange_store.read_proof(connection, taken.proof) is not None
            return [each.message_id for each in all_sent(two)], proven, len(query_log.list_queries(connection))

    assert tended() == ([delivered, dead], True, 1)
    long_ago = two.clock.at - timedelta(days=1827)
    with writing(two.ours.engine) as connection:
        connection.execute(exchange_store.outbox.update().values(ended_at=long_ago))
    with writing(two.theirs.engine) as connection:
        connection.execute(exchange_store.proof.update().values(at=long_ago))
        connection.execute(query_log.query_table.update().values(at=long_ago))
    assert tended() == ([dead], False, 0)
    with reading(two.theirs.engine) as connection:
        assert exchange_store.find_taken(connection, HERE, delivered) == taken  # it is known again


# --- what leaves ------------------------------------------------------------------------------------------------------


def narrow(two: Two, **changes: Any) -> None:
    exchanging.put(two.ours, exchanging.partner(policy=exchanging.policy(**changes)))


def all_sent(two: Two) -> list[Outgoing]:
    """Return all messages in their order."""
    states = (WAITING, DELIVERED, DEAD, exchange_store.WITHHELD)
    with reading(two.ours.engine) as connection:
        found = [each for state in states for each in exchange_store.list_outgoing(connection, state)]
    return sorted(found, key=lambda each: each.sequence)


def told(message: Outgoing) -> dict[str, Any]:
    return json.loads(message.envelope)["body"]


WITHOUT_NUMBER = {"fields": FIELDS - {"number", "article", "place"}, "hash_fields": frozenset({"number"})}


def test_a_policy_that_became_narrower_holds_for_what_waits(two: Two) -> None:
    two.record("KZ-CRV-1")
    [before] = all_sent(two)
    assert told(before)["number"] == ALTYN
    narrow(two, **WITHOUT_NUMBER)
    leaving: list[bytes] = []
    two.work(leaving.append)
    assert not any(ALTYN.encode() in body for body in leaving)
    [after] = all_sent(two)
    assert (after.state, told(after)["number_hash"]) == (DELIVERED, hash_of(ALTYN, exchanging.SALT))
    assert (after.sequence, after.message_id != before.message_id) == (before.sequence, True)


def test_it_holds_for_a_dead_letter_that_is_sent_again(two: Two) -> None:
    two.record("KZ-CRV-1")
    [before] = all_sent(two)
    with writing(two.ours.engine) as connection:
        outbox.refused(connection, before, "exchange.trouble", two.clock.now())
    narrow(two, **WITHOUT_NUMBER)
    with writing(two.ours.engine) as connection:
        outbox.replay(connection, before.message_id, two.clock.now())
    two.work()
    [after] = all_sent(two)
    assert (after.state, "number" in told(after)) == (DELIVERED, False)


def test_what_may_be_told_no_more_ends_and_the_others_go(two: Two) -> None:
    two.record("KZ-CRV-1", "KZ-CRV-2")
    narrow(two, kinds=frozenset({"smuggling"}))
    leaving: list[bytes] = []
    [tested] = two.send(1, kind="test")
    two.work(leaving.append)
    assert [each.state for each in all_sent(two)] == [exchange_store.WITHHELD] * 2 + [DELIVERED]
    assert not any(b"KZ-CRV" in body for body in leaving)
    outcomes = [each["particulars"]["outcome"] for each in events(two.ours, audit.Event.EXCHANGE_SUBMITTED)]
    assert sorted(outcomes) == ["taken", "withheld", "withheld"]
    assert two.sent(tested).state == DELIVERED


def test_what_may_be_held_no_more_does_not_leave(two: Two) -> None:
    two.record("KZ-CRV-1")
    two.clock.at += timedelta(days=6 * 366)
    two.work()
    assert [each.state for each in all_sent(two)] == [exchange_store.WITHHELD]


def test_a_message_without_its_record_leaves_only_as_far_as_its_fields_may(two: Two) -> None:
    two.send(1)
    narrow(two, fields=FIELDS - {"name"})
    two.work()
    assert [each.state for each in all_sent(two)] == [exchange_store.WITHHELD]


def test_a_message_that_changed_after_it_had_arrived_unheard_has_no_second_effect(two: Two) -> None:
    class Deaf(Wire):
        def plain(self, *given: Any) -> Any:
            super().plain(*given)
            raise Undelivered("no answer: ReadError", of_content=True)

    two.record("KZ-CRV-1")
    Sending(two.ours, lambda office: Deaf(office, two.client)).work_once()
    narrow(two, fields=FIELDS - {"article", "place", "name"})
    two.work(after=5)
    assert [each.state for each in all_sent(two)] == [DELIVERED]
    assert two.effects() == [f"{HERE}:KZ-CRV-1"]


# --- partners with a format of their own ------------------------------------------------------------------------------


def to_the_stub(two: Two, stub: TaxService) -> Sending:
    class ToStub(Client):
        def plain(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
            asked = Request(url.removeprefix(exchanging.ADDRESS), headers["Content-Type"], body)
            reply = stub.answer(asked, two.clock.now())
            return Reply(reply.status, {"content-type": reply.media_type}, reply.body)

    return Sending(two.ours, ToStub)


def test_the_tax_service_is_told_in_its_own_format_and_its_receipt_is_kept(two: Two, tmp_path: Path) -> None:
    exchanging.put(two.ours, exchanging.partner(kind=PartnerKind.TAX_SERVICE))
    told = b'{"event":"export_exited","registration_number":"20201/011226/0000001","version":1}'
    with writing(two.ours.engine) as connection:
        sent = [
            outbox.send(connection, ABROAD, kind, kind, body, offices.NOW)
            for kind, body in (("decision", told), ("song", told), ("decision", b"[1]"))
        ]
    to_the_stub(two, TaxService(tmp_path / "tax.db")).work_once()
    assert two.states(sent) == [DELIVERED, DEAD, DEAD]
    assert sent[0] in two.sent(sent[0]).receipt
    assert two.sent(sent[1]).code == "exchange.not_expressible"


# --- reading the partner's violations ---------------------------------------------------------------------------------


def put_abroad(two: Two, *identifiers: str, **changes: Any) -> None:
    desk = violating.desk_of(two.theirs)
    for identifier in identifiers:
        with writing(two.theirs.engine) as connection:
            made = violating.violation(identifier, ALTYN, "found_by_control", offices.NOW.date(), **changes)
            service.record(connection, desk, made, "", offices.NOW)


def here(two: Two, identifier: str) -> Any:
    with reading(two.ours.engine) as connection:
        return violation_store.newest(connection, f"{ABROAD}:{identifier}")


def test_violations_of_a_partner_are_read_by_cursor_each_once(two: Two) -> None:
    put_abroad(two, "KG-1", "KG-2")
    two.work()
    put_abroad(two, "KG-3")
    put_abroad(two, "KG-1", state=State.ANNULLED)
    two.work(after=61)
    assert [here(two, f"KG-{number}").state for number in (1, 2, 3)] == [
        State.ANNULLED,
        State.CONFIRMED,
        State.CONFIRMED,
    ]
    recorded = events(two.ours, audit.Event.VIOLATION_RECORDED)
    assert len(recorded) == 4
    two.work(after=61)
    assert len(events(two.ours, audit.Event.VIOLATION_RECORDED)) == 4


def test_each_violation_of_a_page_has_the_moment_at_which_its_turn_came(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_abroad(two, "KG-1", "KG-2")
    handle = handling.HANDLERS["violation"]

    def slow(*given: Any) -> None:
        handle(*given)
        two.clock.at += timedelta(seconds=3)

    monkeypatch.setitem(handling.HANDLERS, "violation", slow)  # type: ignore[arg-type]
    two.work()
    assert here(two, "KG-2").recorded_at - here(two, "KG-1").recorded_at == timedelta(seconds=3)


def test_a_restored_base_of_a_partner_is_read_anew(two: Two) -> None:
    put_abroad(two, "KG-1", "KG-2")
    two.work()
    with writing(two.theirs.engine) as connection:
        connection.execute(violation_store.version_table.delete().where(violation_store.version_table.c.cursor > 1))
    put_abroad(two, "KG-9")
    two.work(after=61)
    assert here(two, "KG-9") is not None
    assert two.health().restored_at is not None


def test_a_violation_that_cannot_be_taken_holds_up_none_behind_it(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    real = handling.HANDLERS["violation"]

    def picky(*given: Any) -> None:
        if b"KG-1" in given[3]:
            raise RuntimeError("something nobody expected")
        real(*given)

    put_abroad(two, "KG-1", "KG-2")
    monkeypatch.setitem(handling.HANDLERS, "violation", picky)  # type: ignore[arg-type]
    two.work()
    assert here(two, "KG-2") is not None
    refused = events(two.ours, audit.Event.EXCHANGE_RECEIVED)
    assert [each["particulars"]["code"] for each in refused] == ["exchange.trouble"]


def test_a_version_that_is_read_otherwise_than_before_is_passed_over_and_noted(two: Two) -> None:
    put_abroad(two, "KG-1", amount_tiyn=4)
    two.work()
    with writing(two.theirs.engine) as connection:  # restored from an older copy, and recorded anew
        connection.execute(violation_store.version_table.delete())
    put_abroad(two, "KG-1", amount_tiyn=5)
    put_abroad(two, "KG-2")
    two.work(after=61)
    [refused] = events(two.ours, audit.Event.EXCHANGE_RECEIVED)
    assert refused["particulars"]["code"] == "violation.contradicts"
    assert here(two, "KG-2") is not None
    with reading(two.ours.engine) as connection:
        assert [each.violation for each in conflict_store.standing(connection, 9)] == [f"{ABROAD}:KG-1"]


def test_a_violation_that_no_column_holds_is_passed_over(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    real = handling.HANDLERS["violation"]

    def handle(*given: Any) -> None:
        if b"KG-1" in given[3]:
            raise DataError("INSERT", {}, ValueError())
        real(*given)

    put_abroad(two, "KG-1", "KG-2")
    table = violation_store.version_table
    with writing(two.theirs.engine) as connection:
        connection.execute(table.update().where(table.c.id == "KG-1").values(id="KG-1\x00" + "x" * 80))
    monkeypatch.setitem(handling.HANDLERS, "violation", handle)  # type: ignore[arg-type]
    two.work()
    assert here(two, "KG-2") is not None
    [refused] = events(two.ours, audit.Event.EXCHANGE_RECEIVED)
    assert (refused["subject"], refused["particulars"]["code"]) == (f"KG-1{'x' * 80} 1", "exchange.body")


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ({"answers": [{"status": "refused", "code": "x" * 65}], "received": 1}, Answers),
        ({"answers": [{"status": "taken", "receipt": "a.b.c\x00"}], "received": 1}, Answers),
        ({"answers": [], "received": 2**63}, Answers),
        ({"violations": [], "cursor": "x" * 121, "more": False, "received": 0}, Page),
        ({"violations": [], "cursor": "1\x00", "more": False, "received": 0}, Page),
        ({"violations": [], "cursor": "1", "more": False, "received": 2**63}, Page),
        ({**msgspec.to_builtins(RECEIPT), "position": 2**63}, Receipt),
        ({**msgspec.to_builtins(RECEIPT), "position": 0}, Receipt),
        ({**msgspec.to_builtins(RECEIPT), "code": "x" * 65}, Receipt),
    ],
)
def test_what_a_partner_answers_fits_where_it_is_kept(given: dict[str, Any], shape: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, shape)


def test_a_client_that_is_not_told_otherwise_speaks_http(two: Two) -> None:
    exchanging.put(two.ours, exchanging.partner(address="http://127.0.0.1:9"))
    two.send(1)
    Sending(two.ours, Client).work_once()
    assert two.health().sending.trouble == "not reached: ConnectError"
