"""Webhooks: signed as the specification says, kept out of private networks, and nobody waits for one that hangs."""

import hashlib
import hmac
import http.server
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

import caseworking
import msgspec
import pytest
from browsing import Browser
from caseworking import YELLOW, Desk, person
from cast import PARTICIPANTS
from evidencing import browsing_stored
from lxml import html
from offices import power

from declarations import store as declarations_store
from interop.store import take_due
from portal.account.service import OLD_SECRET_FOR, Account
from portal.database import reading, writing
from portal.webhooks import signatures, store
from portal.webhooks.addresses import NoWay, Problem, is_public, resolve, target_of
from portal.webhooks.delivering import ATTEMPTS_MAX, DISABLED_AFTER, Deliveries
from portal.webhooks.queueing import queue_notices
from portal.webhooks.sending import Outcome, send
from portal.worker import Worker
from risk_gateway.days import day_of

ALTYN = PARTICIPANTS["altyn"].identifier
URL = "https://erp.example.kz/customs"


class Sent:
    """A sender that answers as it is told, and remembers what it was given."""

    def __init__(self, answer: Callable[[str], Outcome] = lambda _: Outcome(status=204)) -> None:
        self.answer = answer
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        self.requests.append((url, headers, body))
        return self.answer(url)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path, YELLOW)


def deliveries(desk: Desk, sent: Sent) -> Deliveries:
    return Deliveries(desk.office.engine, desk.clock, loopback=False, send=sent)


def deliver(desk: Desk, sent: Sent) -> None:
    Worker(desk.office.engine, desk.clock, "https://customs.example").deliver_due()
    deliveries(desk, sent).deliver_due()


def endpoint(desk: Desk, key: str = "anna", url: str = URL) -> store.Endpoint:
    return Account(desk.office).add_endpoint(person(key), url)


def kept(desk: Desk, made: store.Endpoint, key: str = "anna") -> store.Endpoint:
    (found,) = [each for each in Account(desk.office).endpoints(person(key)) if each.id == made.id]
    return found


# Where they may go


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", Problem.URL),
        ("erp", Problem.URL),
        ("ftp://erp.example.kz/", Problem.URL),
        ("https://", Problem.URL),
        ("https://anna:demo@erp.example.kz/", Problem.URL),
        ("https://erp.example.kz\\@10.0.0.1/", Problem.URL),
        ("https://erp.example.kz/ x", Problem.URL),
        ("https://erp.example.kz/#part", Problem.URL),
        ("https://erp.example.kz:99999/", Problem.URL),
        (f"https://erp.example.kz/{'x' * 500}", Problem.URL),
        ("http://erp.example.kz/", Problem.HTTPS),
        ("https://localhost/", Problem.FORBIDDEN),
        ("https://erp/", Problem.FORBIDDEN),
        ("https://metadata.google.internal/", Problem.FORBIDDEN),
        ("https://127.0.0.1/", Problem.FORBIDDEN),
        ("https://10.1.2.3/", Problem.FORBIDDEN),
        ("https://169.254.169.254/latest/", Problem.FORBIDDEN),
        ("https://[::1]/", Problem.FORBIDDEN),
        ("https://[::ffff:10.0.0.1]/", Problem.FORBIDDEN),
        ("https://[64:ff9b::a00:1]/", Problem.FORBIDDEN),
        ("https://127.1/", Problem.FORBIDDEN),
        ("https://2130706433/", Problem.FORBIDDEN),
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url: str, problem: Problem) -> None:
    with pytest.raises(NoWay) as refused:
        target_of(url)
    assert refused.value.problem is problem


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "100.64.0.1", "192.168.1.1", "172.16.0.1", "224.0.0.1", "fc00::1", "fe80::1", "2002:a00:1::"]
)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_a_name_that_leads_into_the_own_network_is_refused_when_it_is_resolved() -> None:
    target = target_of("https://localhost/", loopback=True)
    assert resolve(target, loopback=True) in ("127.0.0.1", "::1")
    with pytest.raises(NoWay) as refused:
        resolve(target)
    assert refused.value.problem is Problem.FORBIDDEN


def test_loopback_is_for_this_machine_only() -> None:
    assert target_of("http://127.0.0.1:8177/x", loopback=True).authority == "127.0.0.1:8177"
    for url in ("http://10.0.0.1/", "https://10.0.0.1/"):
        with pytest.raises(NoWay):
            target_of(url, loopback=True)


# One attempt, against a real receiver


class Receiver(http.server.BaseHTTPRequestHandler):
    held = threading.Event()

    def do_POST(self) -> None:
        if self.path == "/hangs":
            self.held.wait(5)
            return
        self.server.bodies.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        status = HTTPStatus.FOUND if self.path == "/moved" else HTTPStatus.NO_CONTENT
        self.send_response(status)
        if self.path == "/moved":
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.bodies = []  # type: ignore[attr-defined]
    Receiver.held.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    Receiver.held.set()
    server.shutdown()
    server.server_close()


def at(server: http.server.ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_what_is_sent_arrives_with_its_headers(receiver: http.server.ThreadingHTTPServer) -> None:
    outcome = send(at(receiver, "/hook"), {"webhook-id": "m-1"}, b"{}", loopback=True)
    assert outcome == Outcome(status=204)
    ((headers, body),) = receiver.bodies  # type: ignore[attr-defined]
    assert (headers["webhook-id"], headers["Content-Type"], body) == ("m-1", "application/json", b"{}")


def test_a_redirect_is_not_followed(receiver: http.server.ThreadingHTTPServer) -> None:
    outcome = send(at(receiver, "/moved"), {}, b"{}", loopback=True)
    assert (outcome.status, outcome.delivered) == (302, False)
    assert len(receiver.bodies) == 1  # type: ignore[attr-defined]


def test_a_receiver_that_does_not_answer_is_given_up(receiver: http.server.ThreadingHTTPServer) -> None:
    assert send(at(receiver, "/hangs"), {}, b"{}", loopback=True, seconds=0.3) == Outcome(problem=Problem.TIME)


def test_nobody_there_is_a_problem_and_no_error() -> None:
    assert send("http://127.0.0.1:9/", {}, b"{}", loopback=True).problem is Problem.CONNECTION
    assert send("https://10.0.0.1/", {}, b"{}").problem is Problem.FORBIDDEN


# Signatures


def test_the_signature_is_that_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    assert signatures.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, secret) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def genuine(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Verify as a receiver would, with nothing of ours."""
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")


# What is told, to whom


def test_a_decision_is_told_with_number_status_code_and_link_only(desk: Desk) -> None:
    made, sent = endpoint(desk), Sent()
    deliver(desk, sent)
    ((url, headers, body),) = sent.requests
    told = json.loads(body)
    number = desk.numbers[YELLOW]
    assert url == URL
    assert genuine(headers, body, made.secret)
    assert told["type"] == "declaration.decided"
    assert told["data"] == {
        "number": number,
        "reference": "PREFERENCE",
        "version": 1,
        "status": "DOCUMENTS_REQUESTED",
        "code": "06",
        "link": f"https://customs.example/declarations/{number}",
    }


def test_a_move_is_told_and_nothing_of_its_words(desk: Desk) -> None:
    endpoint(desk)
    sent = Sent()
    deliver(desk, sent)
    desk.ask()
    deliver(desk, sent)
    assert json.loads(sent.requests[-1][2])["type"] == "declaration.moved"
    assert b"contract" not in sent.requests[-1][2].lower()


def test_others_are_not_told(desk: Desk) -> None:
    endpoint(desk, "yerkin")
    sent = Sent()
    deliver(desk, sent)
    assert sent.requests == []


@pytest.mark.parametrize(
    ("changes", "told"), [({}, 1), ({"scope": frozenset({"EX"})}, 0), ({"valid_to": "yesterday"}, 0)]
)
def test_a_broker_is_told_while_the_power_of_attorney_holds(desk: Desk, changes: dict, told: int) -> None:
    endpoint(desk, "berik")
    if changes.get("valid_to") == "yesterday":
        changes = {"valid_to": day_of(desk.clock.at) - timedelta(days=1)}
    with writing(desk.office.engine) as connection:
        declarations_store.put_power(connection, power("altyn", "zhibek", **changes))
    sent = Sent()
    deliver(desk, sent)
    assert len(sent.requests) == told


def test_in_a_batch_of_several_declarants_each_broker_is_told_of_his_own_only(desk: Desk) -> None:
    mine, others = endpoint(desk), endpoint(desk, "berik", "https://broker.example.kz/customs")
    with writing(desk.office.engine) as connection:
        declarations_store.put_power(connection, power("altyn", "zhibek"))
        (notice,) = take_due(connection, desk.clock.at, 10)
        foreign = msgspec.structs.replace(notice, message_id="of another declarant")
        declarants = [ALTYN, PARTICIPANTS["qorgan"].identifier]
        queue_notices(connection, [notice, foreign], declarants, desk.clock.at, "https://customs.example")
        told = {each.id: store.claim(connection, each.id, desk.clock.at, desk.clock.at, 10) for each in (mine, others)}
    of_mine, of_others = ([each.message_id for each in claimed[1]] if claimed else [] for claimed in told.values())
    assert of_mine == of_others == [notice.message_id]


# When it fails


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(desk: Desk) -> None:
    made, sent = endpoint(desk), Sent(lambda _: Outcome(status=500))
    waits: list[datetime] = []
    deliver(desk, sent)
    for _ in range(ATTEMPTS_MAX - 1):
        with writing(desk.office.engine) as connection:
            store.enable(connection, made.id)  # it would be switched off before
        ((delivery),) = Account(desk.office).endpoint(person("anna"), made.id).deliveries
        waits.append(delivery.next_attempt_at)
        before = len(sent.requests)
        desk.clock.at = delivery.next_attempt_at - timedelta(seconds=1)
        deliveries(desk, sent).deliver_due()
        assert len(sent.requests) == before
        desk.clock.at = delivery.next_attempt_at
        deliveries(desk, sent).deliver_due()
    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(waits)]
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (20, 12 * 3600)
    page = Account(desk.office).endpoint(person("anna"), made.id)
    assert page.deliveries[0].next_attempt_at is None
    assert page.deliveries[0].attempts == ATTEMPTS_MAX == len(sent.requests)
    assert {each.status for each in page.attempts[page.deliveries[0].message_id]} == {500}


def test_an_endpoint_at_which_nothing_arrives_is_switched_off_and_told(desk: Desk) -> None:
    made, sent = endpoint(desk), Sent(lambda _: Outcome(problem=Problem.TIME))
    deliver(desk, sent)
    assert kept(desk, made).disabled_at is None
    desk.clock.at += DISABLED_AFTER
    deliveries(desk, sent).deliver_due()
    assert kept(desk, made).disabled_because == "failing"
    with browsing_stored(desk.office, "anna") as browser:
        for address in ("/account", "/account/notifications", "/account/webhooks"):
            assert "A webhook was switched off" in browser.get(address).text
        browser.post(f"/account/webhooks/{made.id}/enable", {})
        assert "A webhook was switched off" not in browser.get("/account").text


def test_a_receiver_that_is_gone_is_not_asked_again(desk: Desk) -> None:
    made = endpoint(desk)
    deliver(desk, Sent(lambda _: Outcome(status=410)))
    assert kept(desk, made).disabled_because == "gone"


def test_what_arrives_ends_the_failing(desk: Desk) -> None:
    made, sent = endpoint(desk), Sent(lambda _: Outcome(status=503))
    deliver(desk, sent)
    assert kept(desk, made).failing_since is not None
    desk.clock.at += timedelta(minutes=1)
    deliveries(desk, Sent()).deliver_due()
    assert kept(desk, made).failing_since is None


def test_one_that_hangs_delays_no_other(desk: Desk) -> None:
    endpoint(desk, url="https://slow.example.kz/")
    endpoint(desk, url="https://fast.example.kz/")
    arrived, release = threading.Event(), threading.Event()

    def answer(url: str) -> Outcome:
        if "slow" in url:
            release.wait(120)
        else:
            arrived.set()
        return Outcome(status=204)

    Worker(desk.office.engine, desk.clock).deliver_due()
    sending = Deliveries(desk.office.engine, desk.clock, loopback=False, send=Sent(answer))
    assert sending.turn() < 1
    assert arrived.wait(60)
    release.set()
    sending.deliver_due()


def test_what_is_being_sent_is_not_sent_by_another_process_too(desk: Desk) -> None:
    made = endpoint(desk)
    Worker(desk.office.engine, desk.clock).deliver_due()
    now = desk.clock.at
    with writing(desk.office.engine) as connection:
        first = store.claim(connection, made.id, now, now + timedelta(minutes=5), 20)
        second = store.claim(connection, made.id, now, now + timedelta(minutes=5), 20)
    assert first is not None
    assert second is not None
    assert (len(first[1]), len(second[1])) == (1, 0)


# The pages


@pytest.fixture
def anna(desk: Desk) -> Iterator[Browser]:
    with browsing_stored(desk.office, "anna") as browser:
        yield browser


def secret_on(answer_text: str) -> str:
    return str(html.fromstring(answer_text).xpath("string(//*[@id='secret'])"))


def test_a_secret_is_shown_once_and_an_old_one_signs_for_a_day(desk: Desk, anna: Browser) -> None:
    answer = anna.post("/account/webhooks", {"url": URL})
    assert answer.status_code == 201
    old = secret_on(answer.text)
    (made,) = Account(desk.office).endpoints(person("anna"))
    new = secret_on(anna.post(f"/account/webhooks/{made.id}/rotate", {}).text)
    assert old.startswith("whsec_")
    assert old != new
    for address in ("/account/webhooks", f"/account/webhooks/{made.id}"):
        assert "whsec_" not in anna.get(address).text
    sent = Sent()
    anna.post(f"/account/webhooks/{made.id}/test", {})
    deliver(desk, sent)
    assert all(genuine(headers, body, secret) for _, headers, body in sent.requests for secret in (old, new))
    desk.clock.at += OLD_SECRET_FOR
    anna.post(f"/account/webhooks/{made.id}/test", {})
    deliveries(desk, sent).deliver_due()
    _, headers, body = sent.requests[-1]
    assert json.loads(body)["type"] == "webhook.test"
    assert genuine(headers, body, new)
    assert not genuine(headers, body, old)


@pytest.mark.parametrize("url", ["", "https://10.0.0.1/", "http://erp.example.kz/"])
def test_a_wrong_address_is_said_beside_the_field(anna: Browser, url: str) -> None:
    answer = anna.post("/account/webhooks", {"url": url})
    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath("//p[@id='url-error']")


def test_the_same_address_twice_and_more_than_allowed_are_refused(anna: Browser) -> None:
    addresses = [f"{URL}/{number}" for number in range(5)]
    assert [anna.post("/account/webhooks", {"url": url}).status_code for url in addresses] == [201] * 5
    assert anna.post("/account/webhooks", {"url": addresses[0]}).status_code == 422
    assert anna.post("/account/webhooks", {"url": URL}).status_code == 422


@pytest.mark.parametrize("rest", ["rotate", "test", "enable", "disable", "remove"])
def test_nobody_else_touches_or_sees_it(desk: Desk, rest: str) -> None:
    made = endpoint(desk)
    with browsing_stored(desk.office, "yerkin") as browser:
        assert browser.get(f"/account/webhooks/{made.id}").status_code == 404
        assert browser.post(f"/account/webhooks/{made.id}/{rest}", {}).status_code == 404
    assert kept(desk, made) == made


def test_a_notice_is_sent_again_under_the_same_id(desk: Desk, anna: Browser) -> None:
    endpoint(desk)
    sent = Sent()
    deliver(desk, sent)
    answer = anna.post("/account/notifications/resend", {"message": f"decision:{desk.numbers[YELLOW]}:1"})
    assert answer.headers["location"].endswith("?sent=1")
    deliveries(desk, sent).deliver_due()
    first, again = sent.requests
    assert first[1]["webhook-id"] == again[1]["webhook-id"]


def test_a_removed_one_leaves_nothing_behind(desk: Desk, anna: Browser) -> None:
    made = endpoint(desk)
    deliver(desk, Sent(lambda _: Outcome(status=500)))
    assert anna.post(f"/account/webhooks/{made.id}/remove", {}).status_code == 303
    with reading(desk.office.engine) as connection:
        for table in (store.endpoint, store.delivery, store.attempt):
            assert connection.execute(table.select()).all() == []
