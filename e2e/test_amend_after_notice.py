"""Yerkin corrects what customs has decided on: at once while nobody works on it, else with an officer's permission."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.test_file_by_form import go_on, put
from e2e.visitor import Visitor

LANGUAGES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
BOXES = {"Amendment[1]/ChangeReasonCode": "3", "Amendment[1]/StatementDescription": "Weighed again at the warehouse"}


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    """Return a declaration of Zarina's that documents are wanted for."""
    return lodge(portal_address, portal_folder, "zarina", "tengri", price=40)


def correct(visitor: Visitor, number: str, key: Path) -> None:
    """Correct the declaration in the form, and sign it."""
    page = visitor.page
    visitor.open(f"/declarations/{number}/amend")
    visitor.look("amend-1-how")
    page.locator("form[action$='/correct'] button").click()
    page.wait_for_url("**/drafts/*")
    draft = page.url.removeprefix(visitor.address)
    visitor.look("amend-2-draft")
    visitor.open(f"{draft}/sections/correction")
    put(page, BOXES)
    visitor.look("amend-3-why")
    go_on(page)
    visitor.open(f"{draft}/goods/1")
    put(page, {"Commodity/GoodsMeasure/GrossMassMeasure": "176.5"})
    go_on(page)
    visitor.open(f"{draft}/sign")
    sign_with_key(page, key)
    page.wait_for_url(f"**/declarations/{number}*")


def look_in_three_languages(visitor: Visitor, name: str) -> None:
    """Look with axe in the last of them; in the others only words are different."""
    for language, label in LANGUAGES.items():
        visitor.switch_to(label)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)
        visitor.fits(f"{name}-{language}")
    visitor.look(f"{name}-{language}")


def test_with_an_officers_permission_once_he_has_asked(
    visit: Callable[..., Visitor], portal_folder: Path, number: str
) -> None:
    nurlan, zarina = visit(), visit(width=390)
    nurlan.sign_in("nurlan")
    nurlan.open(f"/desk/cases/{number}/do/ask")
    nurlan.page.fill("#text", "Сколько весит товар?")
    nurlan.page.click("main form button.govuk-button[type=submit]")
    nurlan.page.wait_for_url(f"**/desk/cases/{number}")

    zarina.sign_in("zarina")
    correct(zarina, number, portal_folder / "demo" / "keys" / "zarina.p12")
    expect(zarina.page.locator("#now")).to_be_visible()
    look_in_three_languages(zarina, "amend-5-waits")

    nurlan.page.reload()
    look_in_three_languages(nurlan, "amend-6-case")
    nurlan.open(f"/desk/cases/{number}/do/grant-amendment")
    expect(nurlan.page.locator("main")).to_contain_text("176.5")
    look_in_three_languages(nurlan, "amend-7-permission")
    nurlan.page.click("main form button.govuk-button[type=submit]")
    nurlan.page.wait_for_url(f"**/desk/cases/{number}")
    expect(nurlan.page.locator("#case-title")).to_contain_text("2")

    zarina.open(f"/declarations/{number}")
    expect(zarina.page.locator("main a[href$='/versions']").first).to_be_visible()
    look_in_three_languages(zarina, "amend-8-version-2")


def test_at_once_while_nobody_works_on_it(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    number = lodge(portal_address, portal_folder, "zarina", "tengri", price=40)
    zarina = visit()
    zarina.sign_in("zarina")
    correct(zarina, number, portal_folder / "demo" / "keys" / "zarina.p12")
    expect(zarina.page.locator("#decision")).to_be_visible()
    zarina.open(f"/declarations/{number}/versions")
    expect(zarina.page.locator("main")).to_contain_text("176.5")
    zarina.look("amend-4-versions")
