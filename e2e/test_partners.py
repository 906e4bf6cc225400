"""A partner goes down and nothing is lost; a violation comes from abroad and the next lodgement is judged by it."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import processes
import pytest
from builders import GOODS
from cast import PARTICIPANTS

from e2e.lodging import lodge
from e2e.opening import switch_on
from e2e.standing_in import Standing
from e2e.visitor import Visitor
from portal.app import open_office
from portal.casework.desk import Desk
from portal.database import writing
from portal.demo.partners import SALT
from portal.settings import Settings
from portal.violations.service import NEW, record
from risk_gateway.bases.violations.kinds import FOUND_BY_CONTROL
from risk_gateway.bases.violations.model import Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import held_until
from risk_gateway.days import day_of

ALTYN, KASPI = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["kaspi"].identifier
PARTNER = "/administration/partners/qiyalia"
WITHIN_SECONDS = 180
CODE, DESCRIPTION, PIECES, PRICE, GROSS, NET, PACKAGES = GOODS[1]
OTHER_GOODS = {  # than those of which an inspection is open
    "code": CODE,
    "description": DESCRIPTION,
    "quantity": str(PIECES),
    "price": Decimal(PRICE),
    "gross": GROSS,
    "net": NET,
    "packages": PACKAGES,
}


@pytest.fixture(scope="module")
def qiyalia(portal_folder: Path, portal_address: str) -> Iterator[Standing]:
    """Return the customs of a country that does not exist; nobody has started it yet."""
    standing = Standing(portal_folder, processes.free_port(), SALT)
    yield standing
    standing.kill()


def found_by_an_officer(home: Path, number: str) -> str:
    """Record a violation as an act does, and return the number of the record."""
    office = open_office(replace(Settings.load(), home=home, database_url=f"sqlite:///{home / 'shekara.db'}"))
    now = office.clock.now()
    committed = day_of(now) - timedelta(days=30)
    violation = Violation(
        id=NEW,
        identity=participant_identity(number),
        kind=FOUND_BY_CONTROL,
        committed_on=committed,
        state=State.CONFIRMED,
        source=Source.ACT,
        legal_basis="An act of inspection",
        hold_until=held_until(committed),
        recorded_at=now,
        provenance="0" * 64,
    )
    with writing(office.engine) as connection:
        written = record(connection, Desk(office.clock, office.keyring), violation, "", now)
    office.engine.dispose()
    return written.id


def shows(visitor: Visitor, path: str, text: str) -> None:
    """Load a page until it shows a text."""
    ends = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < ends:
        visitor.open(path)
        if re.search(text, visitor.page.inner_text("main")):
            return
        time.sleep(0.3)  # what happens in other processes can only be looked at again
    pytest.fail(f"{path} never showed {text!r}:\n{visitor.page.inner_text('main')}")


def test_a_partner_is_down_and_nothing_is_lost(
    visit: Callable[..., Visitor], portal_folder: Path, qiyalia: Standing
) -> None:
    asel, aliya = visit(), visit()
    asel.sign_in("asel")
    aliya.sign_in("aliya")
    qiyalia.start()
    switch_on(asel, aliya, "qiyalia", qiyalia.address)
    first = found_by_an_officer(portal_folder, KASPI)
    shows(asel, PARTNER, r"Messages to it\s+answered")
    qiyalia.kill()
    lost = found_by_an_officer(portal_folder, KASPI)
    shows(asel, "/administration/partners", r"Qiyalia[^\n]*\s[^\n]*\s+Does not answer")
    shows(asel, f"{PARTNER}/messages?status=waiting", "Violation")
    asel.look("partners-down")
    text = asel.page.inner_text("main")
    assert lost not in text
    assert KASPI not in text
    qiyalia.start()
    shows(asel, f"{PARTNER}/messages?status=waiting", "Nothing waits")
    told = qiyalia.told()
    assert [each["id"] for each in told if each["id"] in (first, lost)] == [first, lost]
    assert all("number" not in each and "number_hash" in each for each in told)
    shows(asel, PARTNER, "In order")
    asel.look("partners-back")


def test_a_violation_from_abroad_changes_the_next_lodgement(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, qiyalia: Standing
) -> None:
    qiyalia.kill()
    qiyalia.start()
    asel, aliya = visit(), visit()
    asel.sign_in("asel")
    aliya.sign_in("aliya")
    switch_on(asel, aliya, "qiyalia", qiyalia.address)
    anna = visit()
    anna.sign_in("anna")
    before = lodge(portal_address, portal_folder, "anna", "altyn", items=[OTHER_GOODS])
    anna.open(f"/declarations/{before}")
    assert "Simplified release" in anna.page.inner_text("main")
    anna.look("partners-lane-before")
    qiyalia.says(ALTYN, violates=True)
    shows(anna, "/account", "qiyalia|Qiyalia")
    anna.keep("partners-own-record")
    after = lodge(portal_address, portal_folder, "anna", "altyn", items=[OTHER_GOODS])
    anna.open(f"/declarations/{after}")
    assert "Simplified release" not in anna.page.inner_text("main")
    anna.look("partners-lane-after")


def test_a_partner_is_recorded_and_its_policy_tried_without_javascript(
    visit: Callable[..., Visitor], portal_folder: Path
) -> None:
    asel = visit(javascript=False, width=390, language="ru")
    asel.sign_in("asel")
    page = asel.page
    asel.open("/administration/partners/new")
    page.fill("#id", "second")
    page.select_option("#kind", "foreign_customs")
    page.fill("#partner_name", "Вторая таможня")
    page.fill("#country", "XZ")
    page.fill("#address", "http://customs.example")
    asel.follow(page.locator("main form button").first)
    assert "https://" in page.inner_text("#address-error")
    page.fill("#address", "https://customs.example")
    asel.follow(page.locator("main form button").first)
    assert page.inner_text("h1") == "Вторая таможня Выключен"
    certificate = portal_folder / "partners" / "foreign_customs" / "certificate.pem"
    page.fill("#pem", certificate.read_text("ascii"))
    asel.follow(page.get_by_role("button", name="Добавить этот ключ"))
    assert "Этот ключ уже внесён" in page.inner_text("#pem-error")  # it is Qiyalia's
    asel.open("/administration/partners/second/policy")
    page.check("#number_as-hashed")
    page.check("input[name=kinds][value=smuggling]")
    asel.follow(page.locator("button[value=preview]"))
    assert "введите общий секрет" in page.inner_text("#salt-error")
    page.fill("#salt", "sixteen letters!")
    asel.follow(page.locator("button[value=preview]"))
    assert page.url.endswith("/policy#preview")
    heading = page.locator("#preview").bounding_box()
    assert heading is not None
    assert 0 <= heading["y"] < page.evaluate("innerHeight")  # what was asked for is what is seen
    assert "Это ещё не действует" in page.inner_text("main")
    assert "хэш" in page.inner_text(".partner-preview")
    asel.keep("partners-policy-tried")


def test_a_dead_letter_is_sent_again_after_a_question(visit: Callable[..., Visitor]) -> None:
    asel = visit()
    asel.sign_in("asel")
    page = asel.page
    asel.open("/administration/partners/police/messages")
    asel.follow(page.get_by_role("link", name="Send again").first)
    asel.look("partners-replay")
    page.click("text=Yes, send it again")
    page.wait_for_url("**/messages?status=waiting")
    assert page.locator("tbody tr").count() == 1
    asel.open("/administration/partners/police/messages")
    assert "There are no dead letters" in page.inner_text("main")
