"""The pages of the registry: what an applicant and an officer see, in every language, and what they never see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pki
import pytest
import registering
from browsing import Browser
from caseworking import person
from evidencing import browsing_stored
from litestar.testing import TestClient
from registering import TENGRI, Desk

from portal.registry.model import Intent, Kind
from portal.words import REGISTRY_SCOPE
from portal.worker import Worker
from risk_gateway.bases.partner_facts.model import Answer, Question
from risk_gateway.bases.registry.model import Status, Step

APPLICATION = "/registry/application"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return registering.desk(tmp_path)


@contextmanager
def browser(desk: Desk, who: str | None, language: str = "en") -> Iterator[Browser]:
    with browsing_stored(desk.office, who, language) as opened:
        yield opened


def sign(opened: Browser, address: str, key: str, desk: Desk) -> str:
    """Have somebody sign the document of a page and hand it in; return where that leads."""
    document = opened.get(f"{address}/document")
    assert document.status_code == 200
    signed = pki.sign_as(key, document.content, desk.clock.at)
    client: TestClient = opened.client
    form = {"_csrf_token": client.cookies["shekara_csrf"]}
    answer = client.post(address, data=form, files={"signed": ("signed.xml", signed)}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_stranger_signs_in_first(desk: Desk) -> None:
    with browser(desk, None) as opened:
        assert opened.get(APPLICATION).status_code == 303
        assert opened.get("/registry").status_code == 303


@pytest.mark.parametrize("who", ["anna", "zarina", "dana", "saule", "asel", "marat"])
def test_only_a_registry_officer_sees_the_worklist(desk: Desk, who: str) -> None:
    number = desk.apply()
    with browser(desk, who) as opened:
        for address in ("/registry", "/registry/entries", f"/registry/applications/{number}"):
            assert opened.get(address).status_code == 403


def test_officials_have_nothing_to_apply_for(desk: Desk) -> None:
    with browser(desk, "gulnar") as opened:
        assert opened.get(APPLICATION).status_code == 403


def test_another_participants_standing_is_not_found(desk: Desk) -> None:
    number = desk.apply()
    with browser(desk, "anna") as opened:
        assert opened.get(f"{APPLICATION}?participant={TENGRI}").status_code == 404
        for address, fields in (
            (APPLICATION, {"participant": TENGRI, "office": "committee"}),
            (f"{APPLICATION}/withdraw", {"participant": TENGRI, "application": number}),
            (f"{APPLICATION}/appeal", {"participant": TENGRI, "text": "no"}),
        ):
            assert opened.post(address, fields).status_code == 404
        assert opened.post(f"{APPLICATION}/withdraw", {"application": number}).status_code == 404


def test_an_application_from_the_form_to_the_admission(desk: Desk) -> None:
    with browser(desk, "zarina") as opened:
        page = opened.get(APPLICATION).text
        assert "Registered for at least 3 years" in page
        refused = opened.post(APPLICATION, {"participant": TENGRI, "office": ""})
        assert refused.status_code == 422
        assert 'href="#office"' in refused.text
        answer = opened.post(APPLICATION, {"participant": TENGRI, "office": "20201"})
        assert answer.status_code == 303
        assert sign(opened, answer.headers["location"], "zarina", desk) == APPLICATION
        assert "are being verified" in opened.get(APPLICATION).text
        desk.registry.verify_waiting()
        page = opened.get(APPLICATION).text
        assert "188 on record" in page
        assert "Withdraw the application" in page
    with browser(desk, "gulnar") as officer:
        listed = officer.get("/registry").text
        assert "Tengri Export LLP" in listed
        address = re.search(r"/registry/applications/[\w-]+", listed)
        assert address
        assert "20201" in officer.get(address[0]).text
        answer = officer.post(f"{address[0]}/decide", {"round": "1", "decision": "admit", "text": ""})
        assert answer.status_code == 303, answer.text
        assert sign(officer, answer.headers["location"], "gulnar", desk) == address[0]
        assert "Admitted" in officer.get(address[0]).text
        assert "Tengri Export LLP" in officer.get("/registry/entries?search=tengri&status=ACTIVE").text
        assert "Tengri Export LLP" not in officer.get("/registry/entries?status=EXCLUDED").text
    assert desk.status(TENGRI) is Status.ACTIVE
    with browser(desk, "zarina") as opened:
        page = opened.get(APPLICATION).text
        assert "In the registry" in page
        assert "can be applied for from" in page


def test_what_is_wrong_stands_beside_its_field(desk: Desk) -> None:
    desk.partners.answers[Question.TAX_DEBT] = Answer.UNKNOWN
    number = desk.apply()
    with browser(desk, "gulnar") as officer:
        page = officer.get(f"/registry/applications/{number}").text
        assert "no answer" in page
        admit = officer.post(f"/registry/applications/{number}/decide", {"round": "1", "decision": "admit"})
        assert (admit.status_code, 'id="waiver-error"' in admit.text) == (422, True)
        refuse = officer.post(f"/registry/applications/{number}/decide", {"round": "1", "decision": "refuse"})
        assert (refuse.status_code, 'id="reasons-error"' in refuse.text) == (422, True)
        other = {"round": "1", "decision": "refuse", "reasons": "other"}
        assert 'id="text-error"' in officer.post(f"/registry/applications/{number}/decide", other).text
        stale = {"round": "7", "decision": "admit"}
        assert "changed meanwhile" in officer.post(f"/registry/applications/{number}/decide", stale).text
        desk.partners.answers[Question.TAX_DEBT] = Answer.NO
        assert officer.post(f"/registry/applications/{number}/verify", {}).status_code == 303
        assert "What was found before" in officer.get(f"/registry/applications/{number}").text


def test_a_refusal_is_read_with_its_reasons_and_appealed_against(desk: Desk) -> None:
    number = desk.apply()
    desk.refuse(number, "taxes_settled", text="Bring a certificate")
    desk.later()
    with browser(desk, "zarina") as opened:
        page = opened.get(APPLICATION).text
        assert "There is a tax debt" in page
        assert "Bring a certificate" in page
        assert opened.post(f"{APPLICATION}/appeal", {"participant": TENGRI, "text": ""}).status_code == 422
        answer = opened.post(f"{APPLICATION}/appeal", {"participant": TENGRI, "text": "I have one"})
        assert sign(opened, answer.headers["location"], "zarina", desk) == APPLICATION
        assert "I have one" in opened.get(APPLICATION).text
    with browser(desk, "gulnar") as officer:
        address = re.search(r"/registry/appeals/[\w-]+", officer.get("/registry").text)
        assert address
        assert "another officer decides on it" in officer.get(address[0]).text
        refused = officer.post(f"{address[0]}/decide", {"decision": "deny", "text": "No"})
        assert refused.status_code == 422


def test_an_entry_is_suspended_from_its_page(desk: Desk) -> None:
    desk.admit()
    desk.later()
    with browser(desk, "gulnar") as officer:
        address = f"/registry/entries/{TENGRI}"
        form = {"step": "SUSPEND", "after": "1", "reason-SUSPEND": "", "text-SUSPEND": ""}
        assert officer.post(f"{address}/step", form).status_code == 422
        form |= {"reason-SUSPEND": "under_examination", "text-SUSPEND": "A letter came"}
        answer = officer.post(f"{address}/step", form)
        assert answer.status_code == 303, answer.text
        assert sign(officer, answer.headers["location"], "gulnar", desk) == address
        assert "A letter came" in officer.get(address).text
        assert officer.get("/registry/entries/000000000000").status_code == 404
    assert desk.status(TENGRI) is Status.SUSPENDED


def test_signed_statements_are_for_the_officer_and_for_whom_they_are_about(desk: Desk) -> None:
    desk.admit()
    statement = desk.steps(TENGRI)[-1].statement
    for who, address, status in (
        ("zarina", f"{APPLICATION}/signed/{statement}", 200),
        ("anna", f"{APPLICATION}/signed/{statement}", 404),
        ("berik", f"{APPLICATION}/signed/{statement}", 404),
        ("gulnar", f"/registry/signed/{statement}", 200),
        ("gulnar", "/registry/signed/none", 404),
    ):
        with browser(desk, who) as opened:
            assert opened.get(address).status_code == status, (who, address)


def test_an_officers_statement_cannot_be_taken_as_an_applicants(desk: Desk) -> None:
    number = desk.apply()
    prepared = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=True))
    applicants = desk.registry.prepare(
        person("zarina"), Intent(kind=Kind.WITHDRAWAL, participant=TENGRI, application=number)
    )
    with browser(desk, "gulnar") as opened:
        assert opened.get(f"/registry/statements/{prepared.id}").status_code == 200
        assert opened.get(f"/registry/statements/{applicants.id}").status_code == 404
    with browser(desk, "zarina") as opened:
        assert opened.get(f"{APPLICATION}/statements/{applicants.id}").status_code == 200
        assert opened.get(f"{APPLICATION}/statements/{prepared.id}").status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_in_every_language(desk: Desk, language: str) -> None:
    number = desk.admit()
    desk.later()
    desk.step(TENGRI, Step.EXCLUDE, "criteria_unmet")
    desk.later()
    appeal = desk.sign("zarina", Intent(kind=Kind.APPEAL, participant=TENGRI, text="It is not so")).number
    again = desk.apply()
    with browser(desk, "gulnar", language) as opened:
        for address in (
            "/registry",
            "/registry/entries",
            f"/registry/applications/{number}",
            f"/registry/applications/{again}",
            f"/registry/entries/{TENGRI}",
            f"/registry/appeals/{appeal}",
        ):
            assert opened.get(address).status_code == 200, address
    with browser(desk, "zarina", language) as opened:
        assert opened.get(APPLICATION).status_code == 200
        assert opened.get("/account/notifications").status_code == 200


def test_a_broker_chooses_for_whom_it_applies(desk: Desk) -> None:
    desk.empower(frozenset({REGISTRY_SCOPE}))
    with browser(desk, "berik") as opened:
        assert f"participant={TENGRI}" in opened.get(APPLICATION).text
        assert "Tengri Export LLP" in opened.get(f"{APPLICATION}?participant={TENGRI}").text


def test_notices_of_the_registry_are_in_the_log_and_reach_webhooks(desk: Desk) -> None:
    with browser(desk, "zarina") as opened:
        opened.post("/account/webhooks", {"url": "http://127.0.0.1:9/customs"})
        desk.admit()
        Worker(desk.office.engine, desk.clock).deliver_due()
        page = opened.get("/account/notifications").text
    assert "Admitted to the registry" in page
    assert f"{TENGRI}-1" in page
