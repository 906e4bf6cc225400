"""An inspector starts an inspection, writes the act with what was found and signs it; payment is demanded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.visitor import Visitor

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша"}


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    """Return a case that is to be inspected: goods from a country under an embargo."""
    return lodge(portal_address, portal_folder, "anna", "altyn", origin="KP")


def test_dana_inspects_writes_the_act_and_signs_it(
    visit: Callable[..., Visitor], portal_folder: Path, number: str
) -> None:
    dana = visit()
    page = dana.page
    dana.sign_in("dana")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Worklist")
    page.get_by_role("link", name=number).click()
    expect(page.locator("#case-status")).to_have_text("Inspection ordered")
    dana.look("inspection-1-case")

    page.get_by_role("link", name="Start the inspection").click()
    page.get_by_role("button", name="Start the inspection").click()
    expect(page.locator("#case-status")).to_have_text("Inspection in progress")

    page.get_by_role("link", name="Write the inspection act").click()
    page.get_by_role("button", name="Prepare the act for signing").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.get_by_text("Say where the goods were inspected").first).to_be_visible()
    dana.look("inspection-2-what-is-missing")

    page.get_by_label("Where the goods were inspected").fill("Warehouse 3, dock 2, KZ123ABC02")
    page.get_by_label("What was counted, weighed or measured").fill("10 of 60 cartons opened and weighed")
    page.get_by_label("What was seen of item 1").fill("Made in another country than declared")
    page.get_by_label("Violation in item 1").check()
    for found in page.get_by_label("found", exact=True).all():
        found.check()
    page.get_by_label("Kind of violation").select_option("false_origin")
    page.get_by_label("Owed more because of it, tenge").fill("125 000,50")
    page.get_by_label("Photographs and documents").set_input_files(
        {"name": "Фото пломбы.png", "mimeType": "image/png", "buffer": PNG}
    )
    page.get_by_role("button", name="Prepare the act for signing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign the inspection act")
    dana.look("inspection-3-sign")

    sign_with_key(page, portal_folder / "demo" / "keys" / "nurlan.p12")
    expect(page.locator(".govuk-error-summary:visible")).to_be_visible()  # somebody else's key
    dana.look("inspection-4-another-key")
    sign_with_key(page, portal_folder / "demo" / "keys" / "dana.p12")
    page.wait_for_url(f"**/desk/cases/{number}")
    expect(page.locator("#case-status")).to_have_text("Inspection act signed")
    page.get_by_text("Show the picture").click()
    expect(page.locator(".files__picture")).to_be_visible()
    for language, name in NAMES.items():
        if language != "en":
            dana.switch_to(name)
        dana.look(f"inspection-5-signed-{language}")
    page.get_by_role("button", name="English").click()

    page.get_by_role("link", name="Demand payment").click()
    page.get_by_label("For what it is owed").fill("Import duty without the preference")
    page.get_by_label("Sum, tenge").fill("125000.50")
    page.get_by_role("button", name="Send the demand").click()
    expect(page.locator("#case-status")).to_have_text("Payment due")
    expect(page.locator("#case-history")).to_contain_text("125,000.50")


def test_the_case_of_another_post_is_not_found(visit: Callable[..., Visitor], number: str) -> None:
    kairat = visit()
    kairat.sign_in("kairat")
    assert kairat.open(f"/desk/cases/{number}") == 404
    assert kairat.open(f"/desk/cases/{number}/do/start-inspection") == 404
    assert kairat.open(f"/desk/cases/{number}/act") == 404


def test_what_two_do_at_once_is_told_to_the_second(visit: Callable[..., Visitor], number: str) -> None:
    dana, erlan = visit(), visit()
    for person, name in ((dana, "dana"), (erlan, "erlan")):
        person.sign_in(name)
        person.open(f"/desk/cases/{number}/do/start-inspection")
    for person in (dana, erlan):
        person.page.get_by_role("button", name="Start the inspection").click()
    expect(erlan.page.get_by_role("heading", level=1)).to_have_text("The case has gone on")
    erlan.look("inspection-6-gone-on")
