"""Whoever types into a form that is not saved by itself finds it again: after a closed page, a session, a lost link."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.visitor import Visitor

ASKED = "Contract with all annexes"
WHY = "The price is below the usual one"


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    return lodge(portal_address, portal_folder, "yerkin", "qorgan")


def form_of(number: str) -> str:
    return f"/desk/cases/{number}/do/request-documents"


def begin(officer: Visitor, number: str) -> None:
    officer.sign_in("nurlan")
    officer.open(form_of(number))
    officer.page.fill("[name=questions]", ASKED)
    officer.page.fill("[name=text]", WHY)


def assert_it_stands_again(officer: Visitor) -> None:
    expect(officer.page.locator("[name=questions]")).to_have_value(ASKED)
    expect(officer.page.locator("[name=text]")).to_have_value(WHY)
    expect(officer.page.locator("[data-kept]")).to_be_visible()


def test_a_closed_page_keeps_what_was_typed_until_it_is_sent(visit: Callable[..., Visitor], number: str) -> None:
    officer = visit()
    begin(officer, number)
    officer.open("/desk")
    officer.open(form_of(number))
    assert_it_stands_again(officer)
    officer.look("kept-1-stands-again-en")

    officer.page.get_by_role("button", name="Send the request").click()
    expect(officer.page.locator("#case-head")).to_contain_text("Waits for an answer")
    officer.open(form_of(number))
    expect(officer.page.locator("[name=text]")).to_have_value("")
    expect(officer.page.locator("[data-kept]")).to_be_hidden()


def test_what_was_sent_into_an_ended_session_stands_again_after_signing_in(
    visit: Callable[..., Visitor], number: str
) -> None:
    officer = visit(language="ru", width=390)
    begin(officer, number)
    officer.page.context.clear_cookies(name="shekara_session")
    officer.page.locator("main form button[type=submit]").first.click()
    officer.page.wait_for_url("**/sign-in*")
    officer.page.check("input[value=nurlan]")
    officer.page.click("main form button")
    officer.page.wait_for_url(f"**{form_of(number)}")
    assert_it_stands_again(officer)
    officer.look("kept-2-after-signing-in-ru-390")


def test_a_lost_link_and_another_person_at_the_same_browser(visit: Callable[..., Visitor], number: str) -> None:
    officer = visit()
    begin(officer, number)
    officer.page.context.set_offline(True)
    officer.page.locator("main form button[type=submit]").first.click()
    officer.page.context.set_offline(False)
    officer.complaints.clear()  # the browser's own page of a lost link
    officer.open(form_of(number))
    assert_it_stands_again(officer)

    officer.page.context.clear_cookies(name="shekara_session")
    officer.sign_in("erlan")
    officer.open(form_of(number))
    expect(officer.page.locator("[name=text]")).to_have_value("")


def test_signing_out_and_throwing_away_leave_nothing(visit: Callable[..., Visitor], number: str) -> None:
    officer = visit(language="kk", width=390, dark=True)
    begin(officer, number)
    officer.open(form_of(number))
    officer.look("kept-3-kk-390-dark")
    officer.page.locator("[data-kept-away]").click()
    expect(officer.page.locator("[name=text]")).to_have_value("")

    officer.page.fill("[name=text]", WHY)
    officer.page.locator("form[action='/sign-out'] button").click()
    officer.page.wait_for_url(f"{officer.address}/")
    officer.sign_in("nurlan")
    officer.open(form_of(number))
    expect(officer.page.locator("[name=text]")).to_have_value("")


def test_a_risk_profile_with_more_rows_than_its_page_is_drawn_again(visit: Callable[..., Visitor]) -> None:
    analyst = visit()
    analyst.sign_in("saule")
    analyst.open("/risk/profiles/new")
    analyst.page.fill("[name=code]", "IM-77")
    rows = analyst.page.locator("#composer select")
    before = rows.count()
    analyst.page.get_by_role("button", name="Add a condition").click()
    expect(rows).not_to_have_count(before)
    more = rows.count()
    analyst.page.fill("[name='title.en']", "Kept")
    analyst.open("/risk/profiles")
    analyst.open("/risk/profiles/new")
    expect(analyst.page.locator("[name='title.en']")).to_have_value("Kept")
    expect(analyst.page.locator("#composer select")).to_have_count(more)
    analyst.look("kept-4-profile-en")
