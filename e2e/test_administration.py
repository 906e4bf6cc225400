"""An administrator appoints and ends an official, and records and revokes a power of attorney."""

from collections.abc import Callable

import pytest

from e2e.visitor import Visitor

NEW = "880506300459"
PRINCIPAL = "180740024681"
PAGES = {
    "administration": "/admin",
    "officials": "/admin/officials?status=all",
    "official": "/admin/officials/1",
    "appoint": "/admin/officials/new",
    "posts": "/admin/posts",
    "participants": "/admin/participants",
    "participant": "/admin/participants/150340012340",
    "new-participant": "/admin/participants/new",
    "powers": "/admin/powers?status=all",
    "new-power": "/admin/powers/new",
    "reference-data": "/admin/reference",
    "health": "/admin/health",
    "nobody-found": "/admin/officials?search=zzz",
}


def test_an_official_is_appointed_and_ended_without_javascript(visit: Callable[..., Visitor]) -> None:
    asel = visit(javascript=False)
    asel.sign_in("asel")
    asel.open("/admin/officials/new")
    page = asel.page
    page.fill("#iin", "880506300450")
    page.fill("#name", "Ayan New")
    page.select_option("#role", "inspector")
    page.select_option("#post", "20201")
    page.click("main form button")
    assert page.inner_text("#iin-error").endswith("12 digits, the last of which follows from the others")
    page.fill("#iin", NEW)
    page.click("main form button")
    assert page.inner_text("h1") == f"Ayan New {NEW}"
    page.click("summary")
    page.click("text=End it now")
    assert "This appointment is over" in page.inner_text("main")


def test_a_power_of_attorney_is_recorded_and_revoked(visit: Callable[..., Visitor]) -> None:
    asel = visit()
    asel.sign_in("asel")
    page = asel.page
    asel.open(f"/admin/powers/new?principal={PRINCIPAL}")
    page.fill("#agent", "110540007770")
    page.fill("#number", "E2E/1")
    page.fill("#valid_to", "2031-01-31")
    page.click("main form button")
    assert "E2E/1" in page.inner_text("h1")
    page.click("main form button.govuk-button--warning")
    assert "It holds no more" in page.inner_text("main")
    asel.look("administration-revoked")


@pytest.mark.parametrize(("width", "dark"), [(320, False), (390, True), (1280, False), (1280, True)])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_page_of_administration_fits_and_is_accessible(
    visit: Callable[..., Visitor], language: str, width: int, dark: bool
) -> None:
    asel = visit(language=language, width=width, dark=dark)
    asel.sign_in("asel")
    for name, path in PAGES.items():
        assert asel.open(path) == 200, path
        asel.look(f"admin-{name}-{language}-{width}-{'dark' if dark else 'light'}")
