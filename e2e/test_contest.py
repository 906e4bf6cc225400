"""Yerkin contests what is on record of his firm; Gulnar says who is who, and decides."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.test_amend_after_notice import look_in_three_languages
from e2e.visitor import Visitor
from interop.disclosure import ViolationMessage
from portal.app import opened
from portal.casework.desk import Desk
from portal.database import writing
from portal.settings import Settings
from portal.violations import service

RECORD = "KZ-CRV-DEMO-0311"
QORGAN = "240140031359"
TOLD = ViolationMessage(
    id="KG-2026-118",
    version=1,
    kind="smuggling",
    state="confirmed",
    scheme="FOREIGN",
    number="02304201610151",
    country="KG",
    name="ОсОО «Корган Импорт»",
    committed_on=date(2026, 5, 4),
    amount_tiyn=92_000_000,
    decision_number="17/2026",
)


@pytest.fixture(scope="module")
def told(portal_address: str, portal_folder: Path) -> None:
    """Let a partner tell of a firm whose name is similar to Qorgan's."""
    settings = Settings(home=portal_folder, database_url=f"sqlite:///{portal_folder / 'shekara.db'}", demo=True)
    with opened(settings) as office, writing(office.engine) as connection:
        desk = Desk(office.clock, office.keyring)
        service.receive(connection, desk, "kg", TOLD, "0" * 64, office.clock.now())


def test_a_record_is_contested_and_annulled(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    yerkin, gulnar = visit(width=390), visit(width=390)
    yerkin.sign_in("yerkin")
    yerkin.open("/account")
    look_in_three_languages(yerkin, "contest-1-own-record")
    page = yerkin.page
    page.click(f"a[href='/account/violations/{RECORD}']")
    look_in_three_languages(yerkin, "contest-2-entry")
    page.click(f"a[href='/account/violations/{RECORD}/contest']")
    page.click("main form button[type=submit]")
    expect(page.locator("#ground-error")).to_be_visible()
    page.check("input[value=wrong_facts]")
    page.fill("#text", "The goods were weighed again on 12 March 2026: protocol 14.\nThe invoice is genuine.")
    yerkin.look("contest-3-form")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/contest/*")
    look_in_three_languages(yerkin, "contest-4-sign")
    sign_with_key(page, portal_folder / "demo" / "keys" / "yerkin.p12")
    page.wait_for_url(f"**/account/violations/{RECORD}")
    expect(page.locator(".violation-contest")).to_contain_text("protocol 14")
    look_in_three_languages(yerkin, "contest-5-raised")

    gulnar.sign_in("gulnar")
    gulnar.open("/violations/contests")
    look_in_three_languages(gulnar, "contest-6-waiting")
    office = gulnar.page
    office.locator("tbody tr", has_text=RECORD).locator("th a").click()
    look_in_three_languages(gulnar, "contest-7-decide")
    office.click("main .violation-form button")
    expect(office.locator("#decision-error")).to_be_visible()
    office.select_option("#decision", "upheld:not_proven")
    office.fill("#text", "The second weighing is in the file and bears the seal of the post.")
    office.click("main .violation-form button")
    expect(office.locator("main .violation-form")).to_have_count(0)
    expect(office.locator("main .violation-contest")).to_contain_text("second weighing")

    page.reload()
    expect(page.locator("main")).to_contain_text("The second weighing is in the file")
    look_in_three_languages(yerkin, "contest-8-annulled")


@pytest.mark.usefixtures("told")
def test_who_is_who_is_said_and_taken_back(visit: Callable[..., Visitor]) -> None:
    gulnar = visit()
    gulnar.sign_in("gulnar")
    gulnar.open("/violations/questions")
    page = gulnar.page
    question = page.locator(".violation-question", has_text=TOLD.name)
    question.locator("button").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose whether they are the same")
    question.locator("input[value=same]").check()
    question.locator("textarea").fill("The same founders, by the Kyrgyz register")
    question.locator("button").click()
    expect(question).to_have_count(0)
    gulnar.open("/violations/identities/FOREIGN:KG:02304201610151")
    expect(page.locator("main")).to_contain_text("The same founders")
    gulnar.look("violations-merged")
    page.click("summary")
    page.fill(".violation-merge textarea", "Another firm of that name")
    page.click(".violation-merge button")
    expect(page.locator("main")).to_contain_text("Taken back")
    gulnar.look("violations-parted")
