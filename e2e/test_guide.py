"""The walk-through of docs/guide: from an invoice in a spreadsheet to the decision, in three languages, by clock.

With SHEKARA_GUIDE=1 its pictures are made anew in docs/guide/pictures.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, expect
from workbooks import workbook

from e2e.keys import sign_with_key
from e2e.test_file_by_form import C, S, go_on, put
from e2e.test_import_items import XLSX, send
from e2e.visitor import Visitor

PICTURES = Path(__file__).parents[1] / "docs" / "guide" / "pictures"
WITHIN_SECONDS = 600  # of a person; the browser needs a few
HEIGHT_MOST, MARGIN = 900, 16  # pixels of a picture
INVOICE = (
    ("HUALI FURNITURE CO LTD",),
    ("Invoice", "HL-2026-118", "Date", "2026-11-20", "Currency", "USD"),
    (),
    ("No", "Description", "HS code", "Origin", "Qty", "Unit", "Net kg", "Gross kg", "Packages", "Amount"),
    (1, "Dining tables of wood, oak, 160 x 90 cm", "9403601009", "CN", 25, "PCS", 1500, 1720.5, 25, 5250.0),
    (2, "Chairs with oak frame, upholstered, textile", "9401610000", "CN", 100, "PCS", 780, 910, 50, 6900.0),
    ("Total", None, None, None, None, None, None, None, None, 12150.0),
)


class Album:
    """Pictures of a journey in one language: for the guide when it is asked for, else only looked at."""

    def __init__(self, visitor: Visitor, language: str) -> None:
        self._visitor, self._language = visitor, language

    def take(self, name: str, part: str = "main") -> None:
        """Take a picture of a part of the page."""
        self._visitor.look(f"guide-{name}-{self._language}")
        if os.environ.get("SHEKARA_GUIDE"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            self._visitor.page.evaluate("window.scrollTo(0, 0)")  # a box is of the window, a clip of the page
            shown = self._visitor.page.locator(part).bounding_box()
            assert shown is not None
            clip: FloatRect = {
                "x": shown["x"] - MARGIN,
                "y": shown["y"],
                "width": shown["width"] + 2 * MARGIN,
                "height": min(shown["height"], HEIGHT_MOST),
            }
            path = PICTURES / f"{name}-{self._language}.png"
            self._visitor.page.screenshot(path=path, full_page=True, clip=clip)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_invoice_becomes_a_decision(visit: Callable[..., Visitor], portal_folder: Path, language: str) -> None:
    visitor = visit(language=language, width=1000)
    page, album = visitor.page, Album(visitor, language)
    key = portal_folder / "demo" / "keys" / "anna.p12"
    began = time.monotonic()
    visitor.open("/sign-in")
    page.check("#signing-way-file")
    album.take("1-sign-in")
    sign_with_key(page, key)
    page.wait_for_url("**/declarations")

    visitor.open("/import")
    send(visitor, "invoice-HL-2026-118.xlsx", workbook(INVOICE), XLSX)
    expect(page.locator(".check-state--well")).to_be_visible()
    album.take("2-invoice")
    page.click("#add button")
    page.wait_for_url("**/drafts/*/goods")
    draft = page.url.removeprefix(visitor.address).removesuffix("/goods")
    visitor.open(draft)
    album.take("3-sections")

    visitor.open(f"{draft}/sections/general")
    put(page, {"DeclarationOfficeID": "20201"})
    go_on(page)
    exporter = f"{S}Exporter/Party/"
    put(page, {f"{exporter}Name": "HUALI FURNITURE CO LTD", f"{exporter}Address/CountryCode": "CN"})
    go_on(page)
    go_on(page)  # no broker
    put(page, {f"{S}TradeCountryCode": "CN", f"{S}ExportCountryCode": "CN"})
    put(page, {f"{S}TradeTerms/ConditionCode": "CPT", f"{S}TradeTerms/LocationName": "Almaty"})
    album.take("4-contract")
    go_on(page)
    put(page, {f"{C}DepartureTransportMeans/ModeCode": "31", f"{C}BorderTransportMeans/ModeCode": "31"})
    go_on(page)
    visitor.open(f"{draft}/review")
    album.take("5-review")
    visitor.open(f"{draft}/sign")
    page.check("#signing-way-file")
    album.take("6-sign")
    sign_with_key(page, key)
    page.wait_for_url("**/declarations/*/*/*")
    expect(page.locator("#decision")).to_be_visible()
    assert time.monotonic() - began < WITHIN_SECONDS
    album.take("7-decision")
