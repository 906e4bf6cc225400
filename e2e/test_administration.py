"""An administrator appoints and ends an official, and records and revokes a power of attorney."""

from collections.abc import Callable

from e2e.visitor import Visitor

NEW = "880506300459"
PRINCIPAL = "180740024681"


def test_an_official_is_appointed_and_ended_without_javascript(visit: Callable[..., Visitor]) -> None:
    asel = visit(javascript=False)
    asel.sign_in("asel")
    asel.open("/admin/officials/new")
    page = asel.page
    page.fill("#iin", "880506300450")
    page.fill("#name", "Ayan New")
    page.select_option("#role", "inspector")
    page.select_option("#post", "20201")
    asel.follow(page.locator("main form button").first)
    assert page.inner_text("#iin-error").endswith("12 digits, the last of which follows from the others")
    page.fill("#iin", NEW)
    asel.follow(page.locator("main form button").first)
    assert page.inner_text("h1") == f"Ayan New {NEW}"
    page.click("summary")
    asel.follow(page.get_by_role("button", name="End it now"))
    assert "This appointment is over" in page.inner_text("main")


def test_a_power_of_attorney_is_recorded_and_revoked(visit: Callable[..., Visitor]) -> None:
    asel = visit()
    asel.sign_in("asel")
    page = asel.page
    asel.open(f"/admin/powers/new?principal={PRINCIPAL}")
    page.fill("#agent", "110540007770")
    page.fill("#number", "E2E/1")
    page.fill("#valid_to", "2031-01-31")
    asel.follow(page.locator("main form button").first)
    assert "E2E/1" in page.inner_text("h1")
    asel.follow(page.locator("main form button.govuk-button--warning"))
    assert "It holds no more" in page.inner_text("main")
    asel.look("administration-revoked")
    in_kazakh = visit(language="kk", width=390, dark=True)
    in_kazakh.sign_in("asel")
    in_kazakh.open("/admin/powers?status=all")
    in_kazakh.look("administration-powers-kk-390-dark")
