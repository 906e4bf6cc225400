"""What an officer reads of partners' answers; the declarant reads nothing of them."""

from datetime import timedelta
from pathlib import Path

import asking
import caseworking
import offices
import pki
import pytest
from asking import POLICE, TAX
from builders import declaration_xml
from caseworking import PREFERENCE, Desk
from cast import PARTICIPANTS
from evidencing import browsing_stored
from httpx import Response
from lxml import html

from portal.database import writing
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway.bases.partner_facts import store
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question

ALTYN = PARTICIPANTS["altyn"].identifier
SECRETS = ("N-2340", "125000 KZT", "Pre-trial", "police", "IM-39", "IM-39P", "not reached", "tax_debt")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def partners_on(page: Response) -> str:
    (part,) = html.fromstring(page.text).xpath("//section[@aria-labelledby='partners-title']")
    return " ".join(part.text_content().split())


def opened(desk: Desk, number: str, language: str = "en") -> str:
    with browsing_stored(desk.office, "erlan") as browser:
        page = browser.get(f"/desk/cases/{number}?language={language}")
        assert page.status_code == 200
        return partners_on(page)


def lodged(desk: Desk, reference: str) -> str:
    data = pki.sign_as("anna", declaration_xml(reference=reference, preference=PREFERENCE))
    return lodge(Lodged(data, desk.clock.now()), desk.office).stored.registration_number


def test_an_officer_reads_what_was_said_when_and_by_whom(desk: Desk, tmp_path: Path) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)

    said = opened(desk, lodged(desk, "SAID"))

    assert "Owes taxes Yes tax, as of 24.11.2026 10:00: 125000 KZT" in said
    assert "Notice of law enforcement No police" in said


def test_an_officer_reads_what_is_unknown_and_why(desk: Desk, tmp_path: Path) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    edge.dead.add(TAX)

    said = opened(desk, lodged(desk, "SILENT"))

    assert "Owes taxes Not known tax: not reached: ConnectError" in said


def test_an_officer_reads_that_nobody_was_asked(desk: Desk) -> None:
    said = opened(desk, lodged(desk, "NOBODY"))

    assert said.count("Not known nobody has been asked") == 2


def test_an_answer_that_was_too_old_is_shown_as_unknown_with_its_age(desk: Desk, tmp_path: Path) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    edge.dead.update((TAX, POLICE))
    at = offices.NOW - timedelta(days=20)
    with writing(desk.office.engine) as connection:
        store.put(connection, ALTYN, [PartnerFact(TAX, Question.TAX_DEBT, Answer.NO, at, at)])

    said = opened(desk, lodged(desk, "OLD"))

    assert "Owes taxes Not known tax, last answer too old: 04.11.2026 10:00: not reached: ConnectError" in said


def test_what_came_since_is_told_beside_what_was_known(desk: Desk, tmp_path: Path) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    number = lodged(desk, "SINCE")
    edge.stubs[POLICE].set(ALTYN, yes=True, now=offices.NOW)
    desk.clock.at += timedelta(hours=2)
    desk.office.asking.ask(ALTYN, "a second look", "article 1 [?]", 1.0)

    said = opened(desk, number)

    assert "Notice of law enforcement No police" in said
    assert "Since then: yes" in said


def test_a_declarant_reads_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    edge = asking.with_partners(desk.office, tmp_path)
    edge.stubs[POLICE].set(ALTYN, yes=True, now=offices.NOW)
    edge.stubs[TAX].set(ALTYN, yes=True, now=offices.NOW)
    number = lodged(desk, "SECRET")

    with browsing_stored(desk.office, "anna") as browser:
        shown = [browser.get(f"/declarations/{number}").text, browser.get("/account").text]

    assert all("Altyn" in page for page in shown)
    assert [secret for secret in SECRETS for page in shown if secret in page] == []
