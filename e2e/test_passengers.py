"""Travellers: one with 60 kg by land pays and leaves, one in green is stopped, one signs with a key."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.keys import sign_with_key
from e2e.visitor import Visitor

NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
TRIES = 5  # a draw takes 1 or 2 of 100
ASAN = {
    "family_name": "Demo",
    "given_name": "Asan",
    "born_on": "22.08.1995",
    "document_number": "N1234567",
    "iin": "950822400311",
}


def fill_in(page: Page, who: dict[str, str], mass: str, corridor: str, value: str = "300") -> None:
    """Fill in the form for somebody who comes by road from China to Nur Zholy."""
    for name, text in who.items():
        page.fill(f"#{name}", text)
    for name, choice in {
        "citizenship": "KZ",
        "document_country": "KZ",
        "office": "30301",
        "mode": "ROAD",
        "country": "CN",
    }.items():
        page.select_option(f"#{name}", choice)
    page.fill("#goods-1-description", "Clothes")
    page.fill("#goods-1-quantity", "5")
    page.fill("#goods-1-mass_kg", mass)
    page.fill("#goods-1-value", value)
    page.check(f"input[name=corridor][value={corridor}]")


def in_each_language(visitor: Visitor, name: str) -> None:
    for language, button in NAMES.items():
        visitor.switch_to(button)
        visitor.look(f"{name}-{language}")


def reference_of(page: Page) -> str:
    found = re.search(r"/travellers/record/([A-Z0-9]{16})", page.url)
    assert found is not None, page.url
    return found[1]


@pytest.mark.parametrize("javascript", [True, False])
def test_asan_with_60_kg_by_land_declares_on_a_phone_pays_and_leaves(
    visit: Callable[..., Visitor], javascript: bool
) -> None:
    asan, madina = visit(width=390, javascript=javascript), visit()
    page = asan.page
    asan.open("/travellers")
    if javascript:
        asan.look("passenger-1-start")
    page.get_by_role("link", name="Declare", exact=True).click()
    who = {**ASAN, "document_number": "N7654321" if javascript else "N7654322"}
    fill_in(page, who, "60", "red")
    page.fill("#born_on", "22.08.95")
    page.get_by_role("button", name="Check first").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Write it as dd.mm.yyyy")
    expect(page.locator("#goods-1-description")).to_have_value("Clothes")
    page.fill("#born_on", "22.08.1995")
    page.click("button[value=goods]")
    expect(page.locator("#goods-1-mass_kg")).to_have_value("60")
    expect(page.locator("#goods-2-description")).to_be_visible()
    page.get_by_role("button", name="Check first").click()
    expect(page.get_by_text("35 kg × 4.00 EUR = 140.00 EUR")).to_be_visible()
    if javascript:
        asan.look("passenger-2-checked")
    page.click("button[value=declare]")
    page.wait_for_url("**/travellers/record/*")
    expect(page.get_by_role("heading", name="Pay, then go through the red corridor")).to_be_visible()
    reference = reference_of(page)

    madina.sign_in("madina")
    madina.open(f"/travellers/record/{reference}")  # as the code leads
    madina.page.wait_for_url(f"**/passengers/{reference}")
    madina.page.get_by_role("button", name="Let the traveller go").click()
    expect(madina.page.locator(".govuk-error-summary")).to_contain_text("is not paid")

    if javascript:
        in_each_language(asan, "passenger-3-to-pay")
    page.get_by_role("button", name="Pay through the demonstration bank").click()
    expect(page.get_by_role("heading", name="Paid: go through the red corridor")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt order (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")

    madina.open(f"/passengers/{reference}")
    if javascript:
        in_each_language(madina, "passenger-4-officer-paid")
    madina.page.get_by_role("button", name="Let the traveller go").click()
    expect(madina.page.get_by_text("Left", exact=True).first).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="You have passed customs")).to_be_visible()


def test_a_traveller_in_green_is_stopped_by_the_inspectors_judgement(
    visit: Callable[..., Visitor], portal_folder: Path
) -> None:
    wei, madina = visit(width=390, language="ru"), visit()
    page = wei.page
    for number in range(TRIES):
        wei.open("/travellers/declare")
        who = {**ASAN, "given_name": "Wei", "iin": "", "document_number": f"E8765432{number}"}
        fill_in(page, who, "10", "green", "200")
        page.click("button[value=declare]")
        page.wait_for_url("**/travellers/record/*")
        if page.locator("h1").inner_text() != "Идите в красный коридор":
            break
    expect(page.get_by_role("heading", name="Вы можете идти")).to_be_visible()
    in_each_language(wei, "passenger-5-green")
    reference = reference_of(page)

    madina.sign_in("madina")
    madina.look("passenger-6-lane")
    madina.page.fill("#reference", reference)
    madina.page.get_by_role("button", name="Open the declaration").click()
    madina.page.wait_for_url(f"**/passengers/{reference}")
    madina.page.get_by_label("Why you stop the traveller").select_option("dog_alert")
    madina.page.get_by_role("button", name="Stop and judge again").click()
    expect(madina.page.locator(".govuk-error-summary")).to_contain_text("Write what you saw")
    expect(madina.page.get_by_label("Why you stop the traveller")).to_have_value("dog_alert")
    madina.page.get_by_label("What you saw").fill("The dog sat down beside the suitcase")
    madina.page.get_by_role("button", name="Stop and judge again").click()
    expect(madina.page.get_by_role("heading", name="Assessments of inspectors")).to_be_visible()
    in_each_language(madina, "passenger-7-officer-stopped")

    page.reload()
    expect(page.get_by_role("heading", name="Go to the red corridor")).to_be_visible()
    wei.look("passenger-8-stopped")

    form = madina.page.locator("form#act")
    form.get_by_label("Where you inspected").fill("Hall 2")
    form.get_by_label("Smuggling: a violation").check()
    form.get_by_label("What was found").fill("A false bottom with 5 kg of silver")
    form.get_by_label("Mass, kg").fill("15")
    form.get_by_label("Value in all").fill("4000")
    form.get_by_role("button", name="Continue to signing").click()
    expect(madina.page.locator(".signing")).to_be_visible()
    madina.look("passenger-9-sign-act")
    sign_with_key(madina.page, portal_folder / "demo" / "keys" / "madina.p12")
    madina.page.wait_for_url(f"**/passengers/{reference}")
    expect(madina.page.get_by_text("KZ-CRV-")).to_be_visible()
    madina.follow(madina.page.get_by_role("button", name="Taken at the cash desk"))
    madina.page.get_by_role("button", name="Let the traveller go").click()
    expect(madina.page.get_by_text("Left", exact=True).first).to_be_visible()


def test_anna_signs_her_declaration_with_her_key(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    anna = visit(width=390)
    page = anna.page
    anna.open("/travellers/declare")
    who = {**ASAN, "given_name": "Anna", "born_on": "12.04.1985", "iin": "850412450128", "document_number": "N2222222"}
    fill_in(page, who, "10", "green", "200")
    page.click("button[value=sign]")
    page.wait_for_url("**/travellers/sign/*")
    anna.look("passenger-10-sign")
    sign_with_key(page, portal_folder / "demo" / "keys" / "anna.p12")
    page.wait_for_url("**/travellers/record/*")
    expect(page.get_by_text("Signed with your key.")).to_be_visible()


def test_a_record_opens_elsewhere_with_reference_and_document(visit: Callable[..., Visitor]) -> None:
    one, other = visit(width=390), visit(width=390)
    one.open("/travellers/declare")
    fill_in(one.page, {**ASAN, "document_number": "N3333333"}, "10", "green", "200")
    one.page.click("button[value=declare]")
    one.page.wait_for_url("**/travellers/record/*")
    reference = reference_of(one.page)
    other.open(f"/travellers/record/{reference}")
    expect(other.page.get_by_text("Asan")).to_have_count(0)
    other.page.fill("#document_number", "N3333334")
    other.page.get_by_role("button", name="Open the declaration").click()
    expect(other.page.locator(".govuk-error-summary")).to_contain_text("no such reference")
    other.look("passenger-11-not-open")
    other.page.fill("#document_number", "N3333333")
    other.page.get_by_role("button", name="Open the declaration").click()
    expect(other.page.get_by_text("What you declared")).to_be_visible()


def test_who_comes_next_at_a_shared_device_finds_nothing_of_who_was_there(visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=390, language="kk")
    page = visitor.page
    visitor.open("/travellers/declare")
    fill_in(page, {**ASAN, "document_number": "N7654399"}, "10", "green")
    visitor.open("/travellers/declare")
    expect(page.locator("#family_name")).to_have_value("Demo")  # kept, for who was interrupted
    visitor.look("passenger-12-kept-kk")
    page.get_by_role("button", name="Тергенімді өшіру").click()
    page.wait_for_url("**/travellers")
    visitor.open("/travellers/declare")
    expect(page.locator("#family_name")).to_have_value("")

    fill_in(page, {**ASAN, "document_number": "N7654399"}, "10", "green")
    page.click("button[value=declare]")
    page.wait_for_url("**/travellers/record/*")
    address = page.url
    page.get_by_role("button", name="Тергенімді өшіру").click()
    page.wait_for_url("**/travellers")
    page.goto(address)
    expect(page.get_by_text("Demo Asan")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('shekara:form:')).length") == 0
