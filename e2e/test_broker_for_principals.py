"""Berik files for Altyn Dala, then for Tengri; a power of attorney that ended yesterday lets nothing through."""

from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest
from cast import PARTICIPANTS
from playwright.sync_api import expect

from e2e.keys import sign_with_key
from e2e.lodging import lodge
from e2e.test_file_by_form import fill_in, go_on, put
from e2e.visitor import Visitor

BROKER = {
    "Agent/FunctionCode": "2",
    "Agent/RegistryID": "DEMO/0007",
    "Agent/ContractID": "ZL-2026/15",
    "Agent/ContractDate": "15.01.2026",
}
ALTYN, TENGRI, QORGAN = (PARTICIPANTS[key] for key in ("altyn", "tengri", "qorgan"))


def begin(berik: Visitor, kind: str, principal: str) -> str:
    berik.open("/drafts/new")
    berik.page.check(f"input[name=kind][value={kind}]")
    berik.page.check(f"input[name=declarant][value='{principal}']")
    berik.page.get_by_role("button", name="Begin").click()
    berik.page.wait_for_url("**/drafts/*")
    return berik.page.url.removeprefix(berik.address)


def test_berik_files_for_altyn_and_then_for_tengri(visit: Callable[..., Visitor], portal_folder: Path) -> None:
    berik = visit()
    page = berik.page
    berik.sign_in("berik")
    berik.open("/drafts/new")
    berik.look("broker-3-for-whom")
    draft = begin(berik, "IM40", ALTYN.identifier)
    expect(page.locator("main")).to_contain_text(ALTYN.name)
    fill_in(berik, draft)
    berik.open(f"{draft}/sections/agent")
    put(page, BROKER)
    go_on(page)
    berik.open(f"{draft}/review")
    expect(page.locator("main")).to_contain_text(ALTYN.identifier)
    berik.look("broker-4-review")
    berik.open(f"{draft}/sign")
    sign_with_key(page, portal_folder / "demo" / "keys" / "berik.p12")
    page.wait_for_url("**/declarations/*/*/*")
    expect(page.locator("main")).to_contain_text(ALTYN.name)
    berik.look("broker-5-decision")

    other = begin(berik, "EX10", TENGRI.identifier)
    berik.open(other)
    expect(page.locator("main")).to_contain_text(TENGRI.name)
    expect(page.locator("main")).not_to_contain_text(ALTYN.name)
    berik.open("/drafts")
    expect(page.locator("main")).to_contain_text(TENGRI.name)
    berik.look("broker-6-drafts")


def test_a_power_that_ended_yesterday_lets_nothing_through(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path
) -> None:
    number = lodge(portal_address, portal_folder, "yerkin", "qorgan")
    berik = visit()
    page = berik.page
    berik.sign_in("berik")
    expect(page.get_by_text(QORGAN.name)).to_have_count(0)
    for part in ("", "/notice", "/declaration", "/signatures", "/evidence", "/selection", "/versions", "/amend"):
        assert berik.open(f"/declarations/{number}{part}") == 404, part
    for what in ("answer", "withdrawal", "appeal"):
        assert berik.open(f"/declarations/{number}/state/{what}") == 404, what
    berik.look("broker-7-power-ended")
    berik.open("/drafts/new")
    expect(page.locator(f"input[value='{QORGAN.identifier}']")).to_have_count(0)
    page.locator("input[name=declarant]").first.evaluate(f"field => {{ field.value = '{QORGAN.identifier}'; }}")
    page.locator("input[name=declarant]").first.check()
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    berik.look("broker-8-not-for-them")
    with pytest.raises(HTTPError) as refused:
        lodge(portal_address, portal_folder, "berik", "qorgan", agent="zhibek", sender="zhibek")
    assert refused.value.code == 403
