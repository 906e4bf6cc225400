"""An export leaves in two vehicles: the border confirms each, and the tax service is told once."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from e2e.lodging import lodge
from e2e.visitor import Visitor

WHEAT: dict[str, Any] = {
    "type_code": "EX",
    "procedure": "10",
    "counterparty": "TOSHKENT DON MAHSULOTLARI",
    "country": "UZ",
    "incoterms": "FCA",
    "mode": "20",
    "quantity": None,
    "gross": "60500.000",
    "net": "60000.000",
    "price": "13200.00",
    "code": "1001990000",
    "description": "Soft wheat, class 3, harvest of 2026, in bulk",
    "unit": "796",
    "origin": "KZ",
}


@pytest.fixture
def number(portal_address: str, portal_folder: Path) -> str:
    return lodge(portal_address, portal_folder, "zarina", "tengri", **WHEAT)


def told(folder: Path, number: str) -> list[str]:
    """Return what the tax service is told of a declaration: the messages that wait for it, or went."""
    with closing(sqlite3.connect(folder / "shekara.db")) as connection:
        rows = connection.execute(
            "SELECT envelope FROM exchange_outbox WHERE partner = 'tax-service' AND subject = ? ORDER BY sequence",
            (number,),
        ).fetchall()
    return [json.loads(envelope)["body"]["event"] for (envelope,) in rows]


def test_an_export_leaves_in_two_vehicles_and_the_vat_confirmation_goes_out_once(
    visit: Callable[..., Visitor], portal_folder: Path, number: str
) -> None:
    aidos, zarina = visit(), visit(width=390)
    aidos.sign_in("aidos")
    aidos.open("/exits")
    page = aidos.page
    page.get_by_label("Registration number of the export").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/exits/{number}")
    aidos.look("exits-1-export")

    for vehicle, typed in (("A 001", ("70000", "36000")), ("B 002", ("24000",))):
        page.get_by_label("Number of the vehicle").fill(vehicle)
        page.get_by_label("Seals on it").fill("KZ-1")
        page.get_by_role("button", name="Record the arrival").click()
        for mass in typed:
            page.get_by_label("Item 1: leaves, kg").fill(mass)
            page.get_by_role("button", name="Confirm the exit").click()
            if mass == "70000":
                expect(page.locator(".govuk-error-summary")).to_be_focused()
                aidos.look("exits-2-too-much")
        expect(page.locator(".exit-vehicle", has_text=vehicle)).to_contain_text("Has left")
        assert ("export_exited" in told(portal_folder, number)) is (vehicle == "B 002")
    expect(page.locator("main")).not_to_contain_text("A vehicle has arrived")
    aidos.look("exits-3-all-has-left")
    assert told(portal_folder, number).count("export_exited") == 1

    zarina.sign_in("zarina")
    zarina.open(f"/declarations/{number}")
    expect(zarina.page.locator("main")).to_contain_text("Exited")
    zarina.open("/payments")
    zarina.look("payments-own")
    zarina.open(f"/payments/document?number={number}")
    zarina.look("payments-document")
