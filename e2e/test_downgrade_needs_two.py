"""A milder lane takes two: who proposes it cannot approve it; the chief of post, somebody else, can."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.visitor import Visitor


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    return lodge(portal_address, portal_folder, "anna", "altyn", origin="KP")


def propose(person: Visitor, number: str) -> None:
    page = person.page
    person.open(f"/desk/cases/{number}")
    page.get_by_role("link", name="Propose a milder lane").click()
    page.get_by_label("Check of documents instead of an inspection (yellow)").check()
    page.locator("input[name=reason]").first.check()
    page.get_by_label("What makes the stricter lane unnecessary").fill(
        "I saw the goods at the scanner: all as declared"
    )
    page.get_by_role("button", name="Put before the chief of post").click()
    page.wait_for_url(f"**/desk/cases/{number}")


def test_dana_proposes_and_erlan_approves(visit: Callable[..., Visitor], number: str) -> None:
    dana, erlan = visit(), visit(language="ru", width=390, dark=True)
    dana.sign_in("dana")
    propose(dana, number)
    expect(dana.page.locator("#case-head")).to_contain_text("Waits for the chief of post")
    expect(dana.page.get_by_role("link", name="Decide on the proposal")).to_have_count(0)
    dana.look("downgrade-1-proposed")

    erlan.sign_in("erlan")
    erlan.open("/desk?waiting=proposals")
    erlan.look("downgrade-2-worklist")
    erlan.page.get_by_role("link", name=number).click()
    erlan.page.get_by_role("link", name="Решить по предложению").click()
    erlan.page.get_by_role("button", name="Отклонить").click()  # without reasons
    expect(erlan.page.locator("#text-error")).to_be_visible()
    erlan.look("downgrade-3-reasons-are-missing")
    erlan.page.get_by_role("button", name="Одобрить").click()
    expect(erlan.page.locator("#case-status")).to_have_text("Запрошены документы")
    erlan.look("downgrade-4-approved")
    expect(dana.page.locator("#case-status")).to_have_text("Documents requested")  # live, without a reload


def test_a_chief_does_not_approve_the_own_proposal(visit: Callable[..., Visitor], number: str) -> None:
    erlan = visit()
    erlan.sign_in("erlan")
    propose(erlan, number)
    expect(erlan.page.locator("#case-head")).to_contain_text("whoever proposed it cannot approve it")
    expect(erlan.page.get_by_role("link", name="Decide on the proposal")).to_have_count(0)
