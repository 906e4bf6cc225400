"""Whoever may not: another participant's address, another post's case, an official whose appointment has ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cast import PERSONS
from playwright.sync_api import expect
from sqlalchemy import create_engine

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.things import things_of
from e2e.visitor import Visitor
from portal.access import Role
from portal.store import Official, add_official, end_official
from risk_gateway.days import day_of
from signing.authority import DemoAuthority

LANGUAGES = ("kk", "ru", "en")
IIN = "880715303003"


def address(things: dict[str, str]) -> str:
    return "/".join(things[part] for part in ("office", "day", "serial"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_altyns_is_not_found_by_others(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, language: str
) -> None:
    answered = things_of(portal_folder)["answered"]
    yerkin = visit(language=language, width=390)
    yerkin.sign_in("yerkin")
    for part in ("", "/notice", "/amend", f"/files/{answered['file']}", f"/statements/{answered['statement']}"):
        assert yerkin.open(f"/declarations/{address(answered)}{part}") == 404, part
    yerkin.look(f"locked-1-others-{language}")
    assert yerkin.open(f"/desk/cases/{address(answered)}") == 403
    yerkin.look(f"locked-2-not-an-officer-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_case_of_another_post_is_not_found(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, language: str
) -> None:
    inspected = things_of(portal_folder)["inspected"]
    kairat = visit(language=language)
    kairat.sign_in("kairat")
    kairat.look(f"locked-3-empty-worklist-{language}")
    for part in ("", "/act", f"/act/{inspected['statement']}", "/do/release", "/downgrade"):
        assert kairat.open(f"/desk/cases/{address(inspected)}{part}") == 404, part
    kairat.look(f"locked-4-another-post-{language}")


def test_an_appointment_that_ends_locks_out_at_the_next_click(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    authority = DemoAuthority.load(portal_folder / "demo" / "authority", "demo")
    somebody = authority.person("Бауыржан Демо", IIN)
    engine = create_engine(f"sqlite:///{portal_folder / 'shekara.db'}")
    with engine.begin() as connection:
        appointed = Official(
            iin=IIN,
            name="Бауыржан Демо",
            role=Role.DOCUMENT_OFFICER,
            post="20201",
            valid_from=day_of(now),
            valid_to=None,
            appointed_by=PERSONS["asel"].iin,
        )
        identifier = add_official(connection, appointed)
    key = tmp_path / "key.p12"
    key.write_bytes(somebody.to_pkcs12("demo"))
    visitor = visit()
    page = visitor.page
    visitor.open("/sign-in?next=/desk")
    sign_with_key(page, key)
    page.wait_for_url("**/desk")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Worklist")
    with engine.begin() as connection:
        assert end_official(connection, identifier, datetime.now(UTC))
    page.locator("tbody a").first.click()
    page.wait_for_url("**/demo/sign-in**")
    visitor.look("locked-5-appointment-ended")
    visitor.open("/sign-in?next=/desk")
    sign_with_key(page, key)
    expect(page.get_by_role("heading", level=1)).to_contain_text("We know your key, but not you")
    assert visitor.open("/desk") in (200, 403)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Worklist")
    visitor.look("locked-6-no-office")


def test_signed_out_means_signed_out(visit: Callable[..., Visitor], portal_address: str, portal_folder: Path) -> None:
    number = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    yerkin = visit()
    yerkin.sign_in("yerkin")
    assert yerkin.open(f"/declarations/{number}") == 200
    yerkin.page.get_by_role("button", name="Sign out").click()
    yerkin.page.wait_for_url(f"{portal_address}/")
    yerkin.page.go_back()
    yerkin.page.reload()
    assert "/sign-in" in yerkin.page.url
    assert PERSONS["yerkin"].name not in yerkin.page.locator("header").inner_text()
