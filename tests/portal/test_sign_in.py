"""Signing in with a key: a challenge that serves one purpose, one browser, one time, for two minutes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import offices
import pki
import pytest
from browsing import CSRF_COOKIE, Browser, browsing
from cast import PARTICIPANTS, PERSONS
from httpx import Response
from msgspec import structs

from portal.access import Role
from portal.accounts.challenges import LIFETIME
from portal.accounts.entrance import ATTEMPTS_PER_MINUTE, Entrance, OfficeGate
from portal.accounts.sign_in import _origin
from portal.people import RecordedPeople
from portal.signing_forms import FormRefused, words
from portal.views import SignedIn
from signing.authority import DemoAuthority
from signing.signer import SigningKey, sign, sign_like_ncalayer
from signing.xmlgate import SIGN_IN, SIGNATURES

NAMESPACES = SIGNATURES | {SIGN_IN}


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        opened.get("/sign-in")
        yield opened


def challenge(browser: Browser) -> bytes:
    answer = browser.get("/sign-in/challenge")
    assert answer.headers["content-type"].startswith("application/xml")
    return answer.content


def signed(data: bytes, key: SigningKey) -> bytes:
    return sign(data, key, pki.NOW, namespaces=NAMESPACES)


def send(browser: Browser, data: bytes | None, **fields: str) -> Response:
    form = {"_csrf_token": browser.client.cookies[CSRF_COOKIE], **fields}
    files = {"signed": ("sign-in.xml", data, "application/xml")} if data is not None else {"other": ("x", b"")}
    return browser.client.post("/sign-in", data=form, files=files, follow_redirects=False)


def refused(answer: Response, text: str) -> bool:
    assert answer.status_code == 422, answer.text
    assert "set-cookie" not in answer.headers
    return text in answer.text


@pytest.mark.parametrize("person", PERSONS)
def test_everybody_with_a_key_and_a_record_comes_in(browser: Browser, person: str) -> None:
    assert send(browser, signed(challenge(browser), pki.key_of(person))).status_code == 303
    page = browser.get("/capacity").text
    assert PERSONS[person].name in page
    assert PERSONS[person].iin in page


def test_a_signature_as_ncalayer_makes_it_is_as_good(browser: Browser) -> None:
    data = sign_like_ncalayer(challenge(browser), pki.key_of("berik"), namespaces=NAMESPACES)
    assert send(browser, data).headers["location"] == "/declarations"


def test_who_was_on_the_way_to_a_page_comes_there_and_never_out_of_the_portal(browser: Browser) -> None:
    answer = send(browser, signed(challenge(browser), pki.key_of("anna")), next="/declarations?lane=release")
    assert answer.headers["location"] == "/declarations?lane=release"
    answer = send(browser, signed(challenge(browser), pki.key_of("anna")), next="https://elsewhere.example/")
    assert answer.headers["location"] == "/"


def test_a_challenge_serves_once(browser: Browser) -> None:
    data = signed(challenge(browser), pki.key_of("anna"))
    assert send(browser, data).status_code == 303
    assert refused(send(browser, data), words()["sign_in.used"]["en"])


def test_a_challenge_that_two_have_signed_lets_one_in(browser: Browser) -> None:
    given = challenge(browser)
    assert send(browser, signed(given, pki.key_of("anna"))).status_code == 303
    assert send(browser, signed(given, pki.key_of("berik"))).status_code == 422


def test_a_challenge_serves_for_two_minutes(browser: Browser) -> None:
    first, second = (signed(challenge(browser), pki.key_of("anna")) for _ in range(2))
    browser.world.clock.moment += LIFETIME
    assert send(browser, first).status_code == 303
    browser.world.clock.moment += timedelta(seconds=1)
    assert refused(send(browser, second), "signed too late")


def test_a_challenge_of_another_browser_is_refused(browser: Browser) -> None:
    with browsing() as other:
        other.get("/sign-in")
        data = signed(challenge(other), pki.key_of("anna"))
    assert refused(send(browser, data), words()["sign_in.not_ours"]["en"])


def test_a_challenge_of_another_portal_is_refused(browser: Browser) -> None:
    elsewhere = browser.get("/sign-in/challenge", Host="elsewhere.example").content
    assert b"<Origin>http://elsewhere.example</Origin>" in elsewhere
    assert refused(send(browser, signed(elsewhere, pki.key_of("anna"))), words()["sign_in.not_ours"]["en"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<Purpose>sign-in<", b"<Purpose>anything<"),
        (b":00Z</IssuedAt>", b":30Z</IssuedAt>"),
        (b"<Seal>", b"<Seal>0"),
        (b"<Seal>", b"<Other/><Seal>"),
        (b"<Seal>", "<Seal>қ".encode()),
        (b"<Nonce>", b"<Nonce>\n"),
        (b"http://testserver.local", b"http://testserver.local/"),
    ],
)
def test_a_challenge_that_somebody_changed_is_refused(browser: Browser, before: bytes, after: bytes) -> None:
    given = challenge(browser)
    assert before in given
    assert refused(send(browser, signed(given.replace(before, after), pki.key_of("anna"))), "is not the message")


def test_one_that_was_changed_after_signing_is_refused(browser: Browser) -> None:
    data = signed(challenge(browser), pki.key_of("anna")).replace(b"<Purpose>sign-in<", b"<Purpose>sign-on<")
    assert send(browser, data).status_code == 422


@pytest.mark.parametrize("namespace", ["urn:shekara:ccd:1", "urn:shekara:statement:1", "urn:shekara:notice:1"])
def test_what_was_signed_for_another_purpose_does_not_sign_in(browser: Browser, namespace: str) -> None:
    other = challenge(browser).replace(SIGN_IN.encode(), namespace.encode())
    assert send(browser, sign(other, pki.key_of("anna"), pki.NOW)).status_code == 422


@pytest.mark.parametrize(
    "data",
    [None, b"", b"   ", b"hello", b"<SignIn/>", b"<!DOCTYPE x><x/>", b"<" * 70_000, b"PK\x03\x04" + bytes(64_100)],
)
def test_what_is_no_signed_challenge_is_refused(browser: Browser, data: bytes | None) -> None:
    assert send(browser, data).status_code == 422


def test_an_unsigned_challenge_is_refused(browser: Browser) -> None:
    assert send(browser, challenge(browser)).status_code == 422


def test_a_stranger_s_certificate_is_refused(browser: Browser) -> None:
    stranger = DemoAuthority.create(pki.NOW, "Another Authority").person("Anna Demo", PERSONS["anna"].iin)
    assert send(browser, signed(challenge(browser), stranger)).status_code == 422


def test_an_expired_certificate_is_refused(browser: Browser) -> None:
    old = pki.authority().person(
        "Anna Demo",
        PERSONS["anna"].iin,
        since=pki.NOW - timedelta(days=400),
        until=pki.NOW - timedelta(days=35),
    )
    assert refused(send(browser, signed(challenge(browser), old)), "expired")


def test_a_seal_of_an_office_is_refused(browser: Browser) -> None:
    assert send(browser, signed(challenge(browser), pki.office_key())).status_code == 422


def test_a_valid_key_of_nobody_is_told_what_to_do(browser: Browser) -> None:
    nobody = pki.authority().person("Жаңа Адам", "850412450128", "240140031359", "Жаңа ЖШС")
    answer = send(browser, signed(challenge(browser), nobody))
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "Жаңа Адам" in answer.text
    assert "240140031359" in answer.text
    assert browser.world.sessions.kept == {}


def test_too_many_attempts_from_one_address_have_to_wait(browser: Browser) -> None:
    for _ in range(ATTEMPTS_PER_MINUTE):
        assert send(browser, b"hello").status_code == 422
    assert send(browser, signed(challenge(browser), pki.key_of("anna"))).status_code == 429
    browser.world.clock.moment += timedelta(seconds=4)
    assert send(browser, b"hello").status_code == 422


def test_who_has_several_capacities_chooses_and_may_choose_again(browser: Browser) -> None:
    anna = next(each for each in browser.world.people.recorded if each.iin == PERSONS["anna"].iin)
    official = SignedIn(iin=anna.iin, name=anna.name, role=Role.AUDITOR)
    browser.world.people.recorded += [official, structs.replace(anna, role=Role.BROKER)]
    assert send(browser, signed(challenge(browser), pki.key_of("anna"))).headers["location"] == "/capacity"
    page = browser.get("/capacity").text
    assert page.count('type="radio"') == 3
    secret = browser.secret
    answer = browser.post("/capacity", {"capacity": "auditor:"})
    assert answer.headers["location"] == "/audits"
    assert browser.secret != secret
    assert len(browser.world.sessions.kept) == 1
    assert browser.post("/capacity", {"capacity": f"broker:{anna.organisation}"}).status_code == 303
    assert browser.get("/declarations").status_code == 200


@pytest.mark.parametrize("capacity", ["", "administrator:", "declarant:", "broker:150340012340", "x" * 100])
def test_nobody_takes_a_capacity_that_the_records_do_not_give(capacity: str) -> None:
    with browsing("anna") as browser:
        assert browser.post("/capacity", {"capacity": capacity}).status_code == 422
        assert "Declarant" in browser.get("/capacity").text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in?next=/declarations"])
def test_only_pages_on_which_people_sign_may_speak_with_ncalayer(path: str) -> None:
    with browsing() as browser:
        policy = browser.get(path).headers["content-security-policy"]
        assert "connect-src 'self' wss://127.0.0.1:13579;" in policy
        assert "worker-src 'self'" in policy
        assert "trusted-types htmx shekara-xml shekara-worker" in policy
        policy = browser.get("/").headers["content-security-policy"]
        assert "connect-src 'self';" in policy
        assert "worker-src" not in policy


def test_a_key_is_asked_for_in_fields_that_no_form_can_send() -> None:
    with browsing() as browser:
        page = browser.get("/sign-in").text
    for field in ("signing-key", "signing-password"):
        tag = page[page.rindex("<input", 0, page.index(f'id="{field}"')) :].partition(">")[0]
        assert " name=" not in tag, tag


def test_the_home_page_leads_to_signing_in() -> None:
    with browsing(demo=False) as browser:
        page = browser.get("/").text
    assert page.count('href="/sign-in"') == 2
    assert PARTICIPANTS["altyn"].name not in page


def test_the_entrance_of_an_office_lets_in_by_its_records_and_once(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    people = RecordedPeople(office.engine, office.clock)
    entrance, other = (Entrance(OfficeGate(office), people, office.clock, "the same") for _ in range(2))
    data = signed(entrance.challenge("https://portal.kz", "cookie"), pki.key_of("dana"))
    [found] = entrance.enter(data, "https://portal.kz", "cookie").capacities
    assert (found.iin, found.role, found.post) == (PERSONS["dana"].iin, Role.INSPECTOR, "20201")
    with pytest.raises(FormRefused, match=r"sign_in\.used"):
        other.enter(data, "https://portal.kz", "cookie")


def test_processes_with_different_secrets_do_not_know_each_other_s_challenges(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    people = RecordedPeople(office.engine, office.clock)
    one, other = (Entrance(OfficeGate(office), people, office.clock, secret) for secret in ("one", "other"))
    data = signed(one.challenge("https://portal.kz", "cookie"), pki.key_of("dana"))
    with pytest.raises(FormRefused, match=r"sign_in\.not_ours"):
        other.enter(data, "https://portal.kz", "cookie")


def test_a_challenge_that_another_site_had_made_is_refused_where_the_portal_has_an_address(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    people = RecordedPeople(office.engine, office.clock)
    entrance = Entrance(OfficeGate(office), people, office.clock, "secret", "https://portal.kz")
    theirs = signed(entrance.challenge("https://evil.example", "cookie"), pki.key_of("dana"))
    request = SimpleNamespace(headers={"host": "evil.example"})
    origin = _origin(request, SimpleNamespace(secure=True), entrance)
    assert origin == "https://portal.kz"
    with pytest.raises(FormRefused, match=r"sign_in\.not_ours"):
        entrance.enter(theirs, origin, "cookie")
