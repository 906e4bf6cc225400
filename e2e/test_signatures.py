"""An officer finds a declaration and reads who signed it and what proves it; a broker reads it of her principals'."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from e2e.visitor import Visitor

RELOADS_MAX = 100  # the portal asks for a time-stamp every second
TOLD = {
    "en": ("All signatures are valid", "It is proven that the signed declaration existed on"),
    "ru": ("Все подписи действительны", "Доказано, что подписанная декларация существовала на"),
    "kk": ("Барлық қолтаңба жарамды", "сәтінде бар болғаны дәлелденді"),
}
NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша"}


@pytest.fixture
def stamped(visit: Callable[..., Visitor]) -> str:
    """Return the path of a declaration of Berik's principals, once a time-stamp covers it."""
    berik = visit()
    berik.sign_in("berik")
    path = berik.path_of_first()
    berik.open(f"{path}/signatures")
    for _ in range(RELOADS_MAX):
        if berik.page.locator(f"a[href='{path}/evidence']").count():
            return path
        berik.page.reload()
    pytest.fail("No time-stamp covers the declaration.")


@pytest.mark.parametrize("width", [1280, 390])
def test_dana_finds_a_declaration_and_reads_what_proves_it(
    visit: Callable[..., Visitor], stamped: str, width: int
) -> None:
    dana = visit(width=width)
    page, number = dana.page, stamped.removeprefix("/declarations/")
    dana.sign_in("dana")
    dana.open("/desk/declarations")
    expect(page.get_by_role("heading", level=1)).to_have_text("Find a declaration")
    dana.look(f"officer-1-find-{width}")
    page.get_by_label("Registration number").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk{stamped}")
    for language, (title, proven) in TOLD.items():
        if language != "en":
            page.get_by_role("button", name=NAMES[language]).click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("#verdict-title")).to_have_text(title)
        expect(page.locator(".verdict__lead")).to_contain_text(proven)
        expect(page.locator(".report__code")).to_have_text(["TOTAL-PASSED", "TOTAL-PASSED"])
        expect(page.locator("#journal")).to_contain_text("Shekara Demo Time-Stamp Authority")
        dana.look(f"officer-2-evidence-{language}-{width}")


def test_dana_gets_the_three_files(visit: Callable[..., Visitor], stamped: str) -> None:
    dana = visit()
    dana.sign_in("dana")
    dana.open(f"/desk{stamped}")
    for link in dana.page.locator(".downloads a").all():
        with dana.page.expect_download() as download:
            link.click()
        assert download.value.suggested_filename in dana.page.locator(".downloads code").first.inner_text()


@pytest.mark.parametrize("number", ["nonsense", "20201/010126/0000001"])
def test_a_number_that_leads_nowhere_moves_the_focus_to_the_summary(visit: Callable[..., Visitor], number: str) -> None:
    dana = visit(width=390)
    dana.sign_in("dana")
    dana.open("/desk/declarations")
    dana.page.get_by_label("Registration number").fill(number)
    dana.page.get_by_role("button", name="Find").click()
    expect(dana.page.locator(".govuk-error-summary")).to_be_focused()
    expect(dana.page.locator("#number")).to_have_value(number)
    dana.look(f"officer-3-{number.split('/')[0]}")
    dana.page.locator(".govuk-error-summary a").click()
    expect(dana.page.locator("#number")).to_be_focused()


def test_berik_reads_it_of_his_principals_and_each_keeps_to_the_own_pages(
    visit: Callable[..., Visitor], stamped: str
) -> None:
    berik = visit()
    berik.sign_in("berik")
    berik.open(stamped)
    berik.page.get_by_role("link", name="Signatures and evidence").click()
    expect(berik.page.locator("#verdict-title")).to_have_text("All signatures are valid")
    berik.look("declarant-evidence")
    for path in ("/desk/declarations", f"/desk{stamped}", f"/desk{stamped}/evidence"):
        assert berik.open(path) == 403

    dana = visit()
    dana.sign_in("dana")
    for path in ("/declarations", stamped, f"{stamped}/signatures"):
        assert dana.open(path) == 403

    yerkin = visit()
    yerkin.sign_in("yerkin")
    assert yerkin.open(f"{stamped}/signatures") == 404
