"""A documentary check: claimed with a key of the keyboard, documents requested, answered signed, and released."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.visitor import Visitor


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    return lodge(portal_address, portal_folder, "yerkin", "qorgan")


def row(person: Visitor, number: str) -> str:
    return f"#row-{number.replace('/', '-')}"


def test_nurlan_requests_yerkin_answers_nurlan_releases(
    visit: Callable[..., Visitor], portal_folder: Path, number: str
) -> None:
    nurlan, yerkin = visit(), visit(width=390)
    page = nurlan.page
    nurlan.sign_in("nurlan")
    page.get_by_label("Number, declarant or BIN").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url("**search=**")
    page.locator("body").press("j")
    expect(page.locator(f"{row(nurlan, number)} [data-case-link]")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(row(nurlan, number))).to_contain_text("Give back")
    nurlan.look("documents-1-claimed")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#case-status")).to_have_text("Documents requested")

    page.get_by_role("link", name="Request documents").click()
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    nurlan.look("documents-2-what-is-missing")
    page.get_by_label("Documents or data, one on each line").fill("Contract with annexes\nProof of payment")
    page.get_by_label("What is needed, and why").fill("The price is below the usual one")
    page.get_by_role("button", name="Send the request").click()
    page.wait_for_url(f"**/desk/cases/{number}")
    expect(page.locator("#case-head")).to_contain_text("Waits for an answer")
    nurlan.look("documents-3-requested")

    yerkin.sign_in("yerkin")
    yerkin.open(f"/declarations/{number}")
    yerkin.page.locator("a[href*='/state/']").first.click()
    yerkin.page.locator("textarea").first.fill("Attached")
    yerkin.page.locator("input[type=file]").first.set_input_files(
        {"name": "Договор.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    yerkin.page.locator("main form button[type=submit]").first.click()
    sign_with_key(yerkin.page, portal_folder / "demo" / "keys" / "yerkin.p12")
    yerkin.page.wait_for_url(f"**/declarations/{number}")

    expect(page.locator("#case-status")).to_have_text("Documents submitted")  # live
    expect(page.locator("#case-history")).to_contain_text("Договор.pdf")
    with page.expect_download() as download:
        page.get_by_role("link", name="Договор.pdf").click()
    assert download.value.suggested_filename == "Договор.pdf"
    page.get_by_role("link", name="Release", exact=True).click()
    page.get_by_role("button", name="Release the goods").click()
    expect(page.locator("#case-status")).to_have_text("Released")
    nurlan.look("documents-4-released")


def test_the_list_keeps_up_without_losing_the_place(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, number: str
) -> None:
    nurlan = visit()
    nurlan.sign_in("nurlan")
    nurlan.open(f"/desk?search={number[:5]}")
    link = nurlan.page.locator(f"{row(nurlan, number)} [data-case-link]")
    link.focus()
    another = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    expect(nurlan.page.locator(row(nurlan, another))).to_be_visible()
    expect(link).to_be_focused()


def test_without_javascript_the_check_works(visit: Callable[..., Visitor], number: str) -> None:
    nurlan = visit(javascript=False)
    nurlan.sign_in("nurlan")
    page = nurlan.page
    nurlan.open(f"/desk?search={number}")
    page.get_by_role("button", name="Claim").click()
    expect(page.locator(row(nurlan, number))).to_contain_text("Give back")
    page.get_by_role("link", name=number).click()
    page.get_by_role("link", name="Ask a question").click()
    page.get_by_label("Your question").fill("Who is the maker?")
    page.get_by_role("button", name="Send the question").click()
    expect(page.locator("#case-status")).to_have_text("Question to the declarant")
