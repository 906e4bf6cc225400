"""From an invoice in a spreadsheet to the items of a draft."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.visitor import Visitor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from workbooks import INVOICE, workbook

LOOKS = [("kk", 320, False), ("ru", 1280, True)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARTLY = """Счёт;A-77;Валюта;EUR;;
;;;;;
Наименование товара;Страна происхождения;Кол-во;Ед. изм.;Вес нетто, кг;Сумма
Кресло офисное с подлокотниками, обивка из ткани;Китай;10;шт;120,5;1 250,00
Стол письменный;Атлантида;5;шт;200;900,00
Лампа настольная;Турция;сто;шт;5;40,00
Итого;;;;;2 190,00
"""


def send(visitor: Visitor, name: str, data: bytes, kind: str = "text/csv") -> None:
    visitor.page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})
    visitor.page.click("main form button.govuk-button")


@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_rows_with_errors_are_told_of_and_the_others_can_be_taken(
    visit: Callable[..., Visitor], language: str, width: int, dark: bool
) -> None:
    look = f"{language}-{width}{'-dark' if dark else ''}"
    anna = visit(language=language, width=width, dark=dark)
    page = anna.page
    anna.sign_in("anna")
    anna.open("/import")
    anna.look(f"import-1-form-{look}")
    send(anna, "declaration.xml", b"<Declaration/>")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    anna.look(f"import-2-no-sheet-{look}")
    send(anna, "счёт.csv", PARTLY.encode("cp1251"))
    expect(page.locator("#row-errors")).to_be_visible()
    anna.look(f"import-3-errors-{look}")
    page.click("#add button")
    expect(page.locator("#partial-error")).to_be_visible()
    anna.look(f"import-4-choose-{look}")
    page.check("#partial")
    page.click("#add button")
    page.wait_for_url("**/drafts/*/goods")
    expect(page.get_by_text("Кресло офисное").first).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_an_invoice_becomes_a_draft(visit: Callable[..., Visitor], javascript: bool) -> None:
    anna = visit(javascript=javascript)
    anna.sign_in("anna")
    anna.open("/import")
    send(anna, "invoice.xlsx", workbook(INVOICE), XLSX)
    expect(anna.page.get_by_text("3 rows are good")).to_be_visible()
    expect(anna.page.get_by_text("It equals the total in the file.")).to_be_visible()
    if javascript:
        anna.look("import-5-good")
    anna.page.get_by_role("button", name="Make a draft with 3 items").click()
    anna.page.wait_for_url("**/drafts/*/goods")
    expect(anna.page.get_by_text("Desk lamp").first).to_be_visible()


def test_a_column_is_named_by_hand_and_known_the_next_time(visit: Callable[..., Visitor]) -> None:
    data = b"Description,Whence,Qty,Unit,Amount USD\nOffice chair,CN,2,pcs,50\n"
    anna = visit()
    page = anna.page
    anna.sign_in("anna")
    anna.open("/import")
    send(anna, "list.csv", data)
    page.locator("summary", has_text="What the columns mean").click()
    page.get_by_label("Meaning of column B").select_option("origin")
    page.get_by_role("button", name="Show again").click()
    expect(page.locator(".import-lines")).to_contain_text("China")
    page.click("#add button")
    page.wait_for_url("**/drafts/*/goods")
    anna.open("/import")
    send(anna, "list.csv", data)
    expect(page.locator(".import-lines")).to_contain_text("China")
