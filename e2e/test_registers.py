"""An export names a permit that has ended: its exporter can know before lodging, and the officer reads why it waits."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import processes
import pytest
from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.opening import switch_on
from e2e.standing_in import Standing
from e2e.visitor import Visitor
from interop.partners import PartnerKind

WITHIN_SECONDS = 150  # who does not answer in time is asked again after a minute
ENDED, GOOD = "KZ-LIC-1002", "KZ-LIC-1001"
SCRAP: dict[str, Any] = {
    "type_code": "EX",
    "procedure": "10",
    "counterparty": "TOSHKENT METALL",
    "country": "UZ",
    "incoterms": "FCA",
    "mode": "20",
    "quantity": None,
    "gross": "20100.000",
    "net": "20000.000",
    "price": "10000.00",
    "code": "7204490000",
    "description": "Steel scrap",
    "unit": "796",
    "origin": "KZ",
    "office": "20201",
}


@pytest.fixture(scope="module")
def register(portal_folder: Path, portal_address: str) -> Iterator[Standing]:
    standing = Standing(portal_folder, processes.free_port(), kind=PartnerKind.PERMIT_REGISTER)
    standing.start()
    yield standing
    standing.kill()


def naming(*numbers: str) -> dict[str, Any]:
    permits = tuple({"type": "01011", "id": number, "date": "2026-05-12"} for number in numbers)
    account = {"type": "03031", "id": "1/26090001", "date": "2026-09-01"}
    return {**SCRAP, "documents": (*permits, account)}


def reload_until(visitor: Visitor, text: str) -> None:
    """Load the page again until its part about registers has a text: they may answer late."""
    said, ends = visitor.page.locator("#registers"), time.monotonic() + WITHIN_SECONDS
    while text not in said.inner_text() and time.monotonic() < ends:
        visitor.page.wait_for_timeout(1000)
        visitor.page.reload()
    expect(said).to_contain_text(text)


def test_a_permit_that_has_ended_is_seen_by_the_exporter_and_by_the_officer(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, register: Standing
) -> None:
    asel, aliya, nurlan, zarina = visit(), visit(), visit(), visit(language="ru", width=390)
    asel.sign_in("asel")
    aliya.sign_in("aliya")
    asel.open("/administration/partners")
    expect(asel.page.locator("main")).to_contain_text("Register of currency contracts (demo)")
    asel.look("registers-1-partners")
    before = lodge(portal_address, portal_folder, "zarina", "tengri", **naming(ENDED))
    switch_on(asel, aliya, "permits", register.address)

    zarina.sign_in("zarina")
    zarina.open(f"/declarations/{before}")
    expect(zarina.page.locator("main")).not_to_contain_text("EX-40")
    zarina.page.locator("form[action$='/copy'] button").click()
    zarina.page.wait_for_url("**/drafts/**")
    zarina.page.goto(zarina.page.url.split("?")[0].rstrip("/") + "/check")
    reload_until(zarina, "По реестру сегодня не действует")
    zarina.look("registers-2-check-before-lodging")

    number = lodge(portal_address, portal_folder, "zarina", "tengri", **naming(ENDED))
    nurlan.sign_in("nurlan")
    nurlan.open(f"/desk/cases/{number}")
    said = nurlan.page.locator("section[aria-labelledby='registers-title']")
    expect(said).to_contain_text("Not valid on the day of the declaration")
    expect(said).to_contain_text("no answer by then")  # the other register is switched off
    nurlan.look("registers-3-case")


def test_a_register_that_has_died_stops_nobody(
    visit: Callable[..., Visitor], portal_address: str, portal_folder: Path, register: Standing
) -> None:
    register.kill()

    number = lodge(portal_address, portal_folder, "zarina", "tengri", **naming(GOOD))

    nurlan = visit(language="kk", width=390)
    nurlan.sign_in("nurlan")
    nurlan.open(f"/desk/cases/{number}")
    expect(nurlan.page.locator("section[aria-labelledby='registers-title']")).to_contain_text("Белгісіз")
    nurlan.look("registers-4-silent")
