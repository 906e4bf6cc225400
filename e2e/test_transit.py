"""A truck goes under a transit declaration: its carrier names it, and it is cleared when the goods are discharged."""

from collections.abc import Callable
from pathlib import Path

import builders
import pytest
from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.test_deliveries import IF_DRAWN, press
from e2e.visitor import Visitor

TRIES = 5  # a draw takes 1 of 100


@pytest.fixture
def anna(visit: Callable[..., Visitor]) -> Visitor:
    made = visit()
    made.sign_in("anna")
    return made


@pytest.fixture
def declared(anna: Visitor, portal_address: str, portal_folder: Path) -> str:
    """Return the number of a transit declaration that was released at once."""
    for _ in range(TRIES):
        number = lodge(portal_address, portal_folder, "anna", "altyn", build=builders.transit_xml, items=2)
        anna.open(f"/declarations/{number}")
        if "Released" in anna.page.inner_text("#summary"):
            return number
    pytest.fail("No transit declaration was released.")


def test_goods_go_as_declared_and_the_declaration_is_cleared(
    visit: Callable[..., Visitor], anna: Visitor, declared: str
) -> None:
    aigerim, aidos, dana = visit(width=390, language="ru"), visit(), visit()
    for each, who in ((aigerim, "aigerim"), (aidos, "aidos"), (dana, "dana")):
        each.sign_in(who)
    aigerim.open("/movements/new")
    for name, value in {"reference": "E2E-TT", "vehicle": "321 CBA 05", "declaration": declared}.items():
        aigerim.page.fill(f"#{name}", value)
    aigerim.look("transit-notify-ru-390")
    aigerim.page.click("main form button")
    aigerim.page.wait_for_url("**/movements/DC-*")
    moving = aigerim.page.url.rpartition("/")[2]
    expect(aigerim.page.locator("main")).to_contain_text("Altyn Dala Trade LLP")
    aigerim.look("transit-own-ru-390")
    anna.open(f"/declarations/{declared}")
    expect(anna.page.locator("#summary")).to_contain_text(moving)
    anna.look("transit-declaration")
    aidos.open(f"/control/movements/{moving}")
    press(aidos, "clear")
    aidos.page.fill("#seal-1", "M-7001")
    press(aidos, "seal")
    press(aidos, "let-go", inspection=IF_DRAWN)
    expect(aidos.page.locator("#do-let-go")).to_have_count(0)
    aidos.look("transit-departed")
    aidos.page.click(f"text={declared}")
    aidos.page.wait_for_url("**/desk/cases/**")
    expect(aidos.page.locator("main")).to_contain_text(moving)
    aidos.look("transit-case")
    dana.open(f"/control/movements/{moving}")
    dana.page.select_option("#found-1", "intact")
    press(dana, "arrive")
    press(dana, "discharge", inspection=IF_DRAWN)
    expect(dana.page.locator("#do-discharge")).to_have_count(0)
    anna.open(f"/declarations/{declared}")
    expect(anna.page.locator("#summary")).to_contain_text("Cleared")
    anna.look("transit-cleared")


def test_it_is_used_once_and_what_it_says_is_not_typed(visit: Callable[..., Visitor], declared: str) -> None:
    aigerim = visit()
    aigerim.sign_in("aigerim")
    page = aigerim.page
    aigerim.open("/movements/new")
    for name, value in {"reference": "E2E-T1", "vehicle": "321 CBA 05", "declaration": declared}.items():
        page.fill(f"#{name}", value)
    page.fill("#code-1", "8471300000")
    page.click("main form button")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Leave the goods empty")
    aigerim.look("transit-goods-typed")
    page.fill("#code-1", "")
    page.click("main form button")
    page.wait_for_url("**/movements/DC-*")
    aigerim.open("/movements/new")
    for name, value in {"reference": "E2E-T2", "vehicle": "321 CBA 05", "declaration": declared}.items():
        page.fill(f"#{name}", value)
    page.click("main form button")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Goods move under this transit declaration already")
