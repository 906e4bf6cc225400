"""Anna files an import by form: from a blank draft to the decision, without losing anything on the way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.keys import sign_with_key
from e2e.visitor import Visitor

S, C = "GoodsShipment/", "GoodsShipment/Consignment/"
ITEM = {
    "Commodity/ClassificationID": "9403 60 100 9",
    "Commodity/Description": "Dining tables of wood, oak, 160 x 90 cm",
    "OriginCountryCode": "CN",
    "Commodity/GoodsMeasure/GrossMassMeasure": "1 720,5",
    "Commodity/GoodsMeasure/NetMassMeasure": "1500",
    "PackageQuantity": "25",
    "Packaging[1]/TypeCode": "CT",
    "Packaging[1]/Quantity": "25",
    "Commodity/ItemChargeAmount": "5 250,00",
    "Commodity/ItemChargeAmount/@currencyID": "usd",
}
PAGES = ("", "/sections/general", "/sections/parties", "/sections/trade", "/sections/transport", "/goods", "/goods/1")
LAST_PAGES = ("/sections/documents", "/check", "/review", "/sign")


def put(page: Page, values: dict[str, str]) -> None:
    for name, value in values.items():
        field = page.locator(f'[name="{name}"]')
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def go_on(page: Page) -> None:
    press(page, "[data-primary]")


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.click(button)


def begin(visitor: Visitor, person: str = "anna") -> str:
    """Sign in and begin an import; return its path."""
    visitor.sign_in(person)
    visitor.open("/drafts/new")
    visitor.page.check("input[value=IM40]")
    visitor.page.click("main form .govuk-button")
    visitor.page.wait_for_url("**/drafts/*")
    return visitor.page.url.removeprefix(visitor.address)


def fill_in(visitor: Visitor, draft: str) -> None:
    """Go through the pages as the form leads."""
    page = visitor.page
    visitor.open(f"{draft}/sections/general")
    put(page, {"DeclarationOfficeID": "20201"})
    go_on(page)
    exporter = f"{S}Exporter/Party/"
    put(page, {f"{exporter}Name": "MERIDIAN LIGHTING CO LTD", f"{exporter}Address/CountryCode": "CN"})
    go_on(page)
    go_on(page)  # no broker
    countries = {f"{S}{name}CountryCode": code for name, code in (("Trade", "CN"), ("Export", "CN"))}
    put(page, {**countries, f"{S}TradeTerms/ConditionCode": "CPT", f"{S}TradeTerms/LocationName": "Almaty"})
    go_on(page)
    put(page, {f"{C}DepartureTransportMeans/ModeCode": "31", f"{C}BorderTransportMeans/ModeCode": "31"})
    go_on(page)
    press(page, "button[name=add]")
    put(page, ITEM)
    go_on(page)
    page.wait_for_url("**/goods?first=1")
    visitor.open(f"{draft}/sections/documents")
    row = "AdditionalDocument[1]"
    put(page, {f"{row}/TypeCode": "04021", f"{row}/ID": "INV-2026-77", f"{row}/IssueDate": "12.11.2026"})
    press(page, "button[name=add]")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_import_is_filed_by_form(visit: Callable[..., Visitor], portal_folder: Path, language: str) -> None:
    visitor = visit(language=language)
    draft = begin(visitor)
    fill_in(visitor, draft)
    for path in (*PAGES, *LAST_PAGES):
        visitor.open(draft + path)
        visitor.look(f"form-{language}-{path.strip('/').replace('/', '-') or 'tasks'}")
    sign_with_key(visitor.page, portal_folder / "demo" / "keys" / "anna.p12")
    visitor.page.wait_for_url("**/declarations/*/*/*")
    visitor.look(f"form-{language}-decision")
    visitor.open(f"{draft}/sign")
    assert "/declarations/20201/" in visitor.page.url


def test_the_form_works_without_javascript(visit: Callable[..., Visitor]) -> None:
    visitor = visit(javascript=False)
    draft = begin(visitor)
    fill_in(visitor, draft)
    visitor.open(f"{draft}/review")
    expect(visitor.page.locator("a[href$='/sign']").first).to_be_visible()


def test_every_change_is_saved_at_once(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    visitor.open(f"{draft}/sections/trade")
    put(visitor.page, {f"{S}TradeTerms/LocationName": "Shymkent"})
    expect(visitor.page.locator("[data-save-state]")).to_have_text("Everything is saved")
    visitor.open(f"{draft}/sections/trade")
    expect(visitor.page.locator(f'[name="{S}TradeTerms/LocationName"]')).to_have_value("Shymkent")


def test_nothing_is_lost_while_the_network_is_gone(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    page, place = visitor.page, f'[name="{S}TradeTerms/LocationName"]'
    visitor.open(f"{draft}/sections/trade")
    page.route("**/sections/trade", lambda route: route.abort())
    page.fill(place, "Aktau")
    expect(page.locator("[data-save-state]")).to_contain_text("No connection")
    page.unroute("**/sections/trade")
    expect(page.locator("[data-save-state]")).to_have_text("Everything is saved", timeout=15_000)
    visitor.complaints.clear()  # the browser complains of the connection, as it should


def test_nothing_is_lost_when_the_browser_closes_before_it_was_saved(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    page, place = visitor.page, f'[name="{S}TradeTerms/LocationName"]'
    visitor.open(f"{draft}/sections/trade")
    page.route("**/sections/trade", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.fill(place, "Aktobe")
    expect(page.locator("[data-save-state]")).to_contain_text("No connection")
    other = page.context.new_page()
    page.close()
    other.goto(f"{visitor.address}{draft}/sections/trade")
    expect(other.locator(place)).to_have_value("Aktobe")
    expect(other.locator("[data-save-state]")).to_have_text("Everything is saved")
    visitor.complaints.clear()


def test_nothing_is_lost_when_the_session_ends(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    page, place = visitor.page, f'[name="{S}TradeTerms/LocationName"]'
    visitor.open(f"{draft}/sections/trade")
    page.context.clear_cookies(name="shekara_session")
    page.fill(place, "Kostanay")
    expect(page.locator("[data-save-state]")).to_contain_text("You have been signed out")
    visitor.open(f"/demo/sign-in?next={draft}/sections/trade")
    page.check("input[value=anna]")
    page.click("main form button")
    page.wait_for_url("**/sections/trade")
    expect(page.locator(place)).to_have_value("Kostanay")
    expect(page.locator("[data-save-state]")).to_have_text("Everything is saved")


def test_two_windows_are_told_of_each_other(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    place = f'[name="{S}TradeTerms/LocationName"]'
    visitor.open(f"{draft}/sections/trade")
    other = visitor.page.context.new_page()
    other.goto(f"{visitor.address}{draft}/sections/trade")
    other.fill(place, "Almaty")
    expect(other.locator("[data-save-state]")).to_have_text("Everything is saved")
    visitor.page.fill(place, "Astana")
    expect(visitor.page.locator("[data-save-state]")).to_contain_text("changed in another window")
    go_on(visitor.page)
    expect(visitor.page.locator(".govuk-error-summary")).to_contain_text("the other window has “Almaty”")
    expect(visitor.page.locator(place)).to_have_value("Astana")
    visitor.look("form-conflict")


def test_the_keyboard_alone_is_enough(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    draft = begin(visitor)
    page = visitor.page
    visitor.open(f"{draft}/sections/general")
    page.focus('[name="DeclarationOfficeID"]')
    page.keyboard.type("20201")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sections/parties")
    page.focus('[name="Declarant/Address/CityName"]')
    page.keyboard.type("Almaty")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sections/agent")
