"""Without JavaScript: the form keeps what was typed, a file that was signed elsewhere is lodged, an officer works."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.test_file_by_form import S, begin, fill_in, go_on, put
from e2e.visitor import Visitor
from signing.signer import SigningKey, sign


def test_anna_files_by_form_and_signs_elsewhere(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    anna = visit(javascript=False, width=390)
    page = anna.page
    draft = begin(anna)
    fill_in(anna, draft)
    anna.open(f"{draft}/sections/trade")
    put(page, {f"{S}TradeTerms/LocationName": "Shymkent"})
    go_on(page)
    anna.open(f"{draft}/sections/trade")
    expect(page.locator(f'[name="{S}TradeTerms/LocationName"]')).to_have_value("Shymkent")
    anna.open(f"{draft}/sign")
    anna.keep("no-javascript-1-sign")
    address = page.get_attribute(".signing a[download]", "href")
    unsigned = page.request.get(anna.address + str(address)).body()
    key = SigningKey.from_pkcs12((portal_folder / "demo" / "keys" / "anna.p12").read_bytes(), "demo")
    signed = sign(unsigned, key, datetime.now(UTC))
    page.set_input_files("#signing-signed", {"name": "signed.xml", "mimeType": "text/xml", "buffer": signed})
    page.click(".signing button[type=submit]")
    page.wait_for_url("**/declarations/*/*/*")
    expect(page.locator("#decision")).to_be_visible()
    anna.keep("no-javascript-2-decision")


def test_an_officer_requests_and_releases(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    number = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    nurlan = visit(javascript=False)
    page = nurlan.page
    nurlan.sign_in("nurlan")
    nurlan.open(f"/desk/cases/{number}")
    page.get_by_role("link", name="Request documents").click()
    page.get_by_label("Documents or data, one on each line").fill("Contract with annexes")
    page.get_by_label("What is needed, and why").fill("The price is below the usual one")
    nurlan.keep("no-javascript-3-request")
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator("#case-head")).to_contain_text("Waits for an answer")
    page.get_by_role("link", name="Release", exact=True).click()
    page.get_by_role("button", name="Release the goods").click()
    expect(page.locator("#case-status")).to_have_text("Released")
    nurlan.keep("no-javascript-4-released")
