"""Keyboard alone: Tab, Enter, space and letters take a declarant to the decision, and an officer to the release.

Only the windows of the system, in which a file is chosen, are left out: no page can drive them.
"""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from e2e.lodging import lodge
from e2e.test_upload import declaration, fresh
from e2e.visitor import Visitor

TABS_MOST = 60
SHOWS_FOCUS = """each => {
  const look = (style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  const label = each.labels?.[0];
  return look(getComputedStyle(each)) ||
    Boolean(label) && ['::before', '::after'].some((part) => look(getComputedStyle(label, part)));
}"""


def tab_to(visitor: Visitor, target: Locator) -> None:
    """Press Tab until the target has the focus, and check that the focus can be seen there."""
    handle = target.element_handle()
    for _ in range(TABS_MOST):
        if handle.evaluate("each => each === document.activeElement"):
            break
        visitor.page.keyboard.press("Tab")
    else:
        raise AssertionError(f"{TABS_MOST} times Tab does not lead to {target}")
    assert handle.evaluate(SHOWS_FOCUS), f"nothing shows that {target} has the focus"


def press_on(visitor: Visitor, target: Locator, key: str = "Enter") -> None:
    tab_to(visitor, target)
    visitor.page.keyboard.press(key)


def test_a_declarant_checks_signs_and_lodges(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    anna = visit()
    page = anna.page
    anna.open("/sign-in")
    page.set_input_files("#signing-key", portal_folder / "demo" / "keys" / "anna.p12")
    tab_to(anna, page.locator("#signing-password"))
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/declarations")
    press_on(anna, page.locator("nav a", has_text="Drafts").first)
    page.wait_for_url("**/drafts")
    press_on(anna, page.locator("main a[href='/check']").first)
    page.wait_for_url("**/check")
    page.set_input_files("#file", {"name": "d.xml", "mimeType": "text/xml", "buffer": declaration(fresh("KEYBOARD"))})
    press_on(anna, page.locator("main form button.govuk-button").first)
    page.wait_for_url("**/check/*")
    page.set_input_files("#signing-key", portal_folder / "demo" / "keys" / "anna.p12")
    tab_to(anna, page.locator("#signing-password"))
    anna.look("keyboard-1-sign")
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/declarations/*/*/*")
    expect(page.locator("#decision")).to_be_visible()


def test_a_section_of_the_form_is_filled_in(visit: Callable[..., Visitor]) -> None:
    anna = visit()
    page = anna.page
    anna.sign_in("anna")
    anna.open("/drafts/new")
    tab_to(anna, page.locator("input[name=kind]:checked"))
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[value=EX10]")).to_be_checked()
    page.keyboard.press("ArrowUp")
    press_on(anna, page.get_by_role("button", name="Begin"))
    page.wait_for_url("**/drafts/*")
    press_on(anna, page.locator("main a[href*='/sections/general']"))
    page.wait_for_url("**/sections/general")
    tab_to(anna, page.locator('[name="DeclarationOfficeID"]'))
    page.keyboard.type("20201")
    press_on(anna, page.locator("[data-primary]"))
    page.wait_for_url("**/sections/parties")


def test_an_officer_claims_and_releases(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    number = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    nurlan = visit()
    page = nurlan.page
    nurlan.sign_in("nurlan")
    tab_to(nurlan, page.get_by_label("Number, declarant or BIN"))
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url("**search=**")
    press_on(nurlan, page.get_by_role("link", name=number))
    page.wait_for_url(f"**/desk/cases/{number}")
    press_on(nurlan, page.get_by_role("button", name="Claim"), key="Space")
    expect(page.get_by_role("button", name="Give back")).to_be_visible()
    press_on(nurlan, page.get_by_role("link", name="Release", exact=True))
    tab_to(nurlan, page.get_by_role("button", name="Release the goods"))
    nurlan.look("keyboard-2-release")
    page.keyboard.press("Enter")
    expect(page.locator("#case-status")).to_have_text("Released")
