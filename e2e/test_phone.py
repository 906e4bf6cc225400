"""On a phone, 390 pixels wide: Dana inspects in the dark of a warehouse, and writes the act where the goods are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.visitor import Visitor


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_dana_inspects_with_a_phone(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, language: str
) -> None:
    number = lodge(portal_address, portal_folder, "anna", "altyn", origin="KP")
    dana = visit(language=language, width=390, dark=True)
    page = dana.page
    dana.sign_in("dana")
    dana.look(f"phone-1-worklist-{language}")
    dana.follow(page.get_by_role("link", name=number))
    dana.look(f"phone-2-case-{language}")
    dana.follow(page.locator("a[href$='/do/start-inspection']"))
    dana.look(f"phone-3-start-{language}")
    page.click("main form button.govuk-button[type=submit]")
    page.wait_for_url(f"**/desk/cases/{number}")
    page.locator("a[href$='/act']").click()
    page.fill("#place", "3-қойма, 2-рампа, KZ123ABC02")
    page.fill("#measured", "60 қораптың 10-ы ашылды, өлшенді")
    page.fill("#item-1", "Мәлімделгендей")
    for radio in page.locator("input[type=radio][value=nothing]").all():
        radio.check()
    dana.look(f"phone-4-act-{language}")
    page.click("main form button.govuk-button[type=submit]")
    expect(page.locator(".signing")).to_be_visible()
    sign_with_key(page, portal_folder / "demo" / "keys" / "dana.p12")
    page.wait_for_url(f"**/desk/cases/{number}")
    dana.look(f"phone-5-signed-{language}")
