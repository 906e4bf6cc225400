"""Reading spreadsheets: whatever is sent, the answer is rows or a refusal that says what to do."""

import zipfile
from io import BytesIO

import pytest
from workbooks import INVOICE, workbook

from portal.declarant.goods import errors, sheets
from portal.declarant.goods.errors import FileRefused
from portal.declarant.goods.sheets import read_sheets

WORKSHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def refusal(data: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        read_sheets(data)
    return refused.value.text


def with_sheet(xml: str) -> bytes:
    return workbook([("a", "b")], parts={WORKSHEET: xml})


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", errors.EMPTY),
        (b" \n", errors.EMPTY),
        (b"x" * (sheets.BYTES_MAX + 1), errors.TOO_LARGE),
        (b"\xd0\xcf\x11\xe0 old", errors.OLD_EXCEL),
        (b"PK\x03\x04 nothing", errors.UNREADABLE),
        (b"<Declaration/>", errors.NOT_A_SHEET),
        (b"%PDF-1.7", errors.NOT_A_SHEET),
        (b"a,b\0c", errors.NOT_A_SHEET),
        (b"a,b\n" * (sheets.ROWS_MAX + 1), errors.TOO_MANY_ROWS),
        (b"," * 300, errors.TOO_MANY_COLUMNS),
        (b"\xff\xfea", errors.UNKNOWN_LETTERS),
    ],
)
def test_what_is_no_sheet_is_refused_with_what_to_do(data: bytes, text: str) -> None:
    assert refusal(data) == text


def test_a_cell_at_the_end_of_the_world_costs_no_memory() -> None:
    far = f'<worksheet {MAIN}><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert refusal(with_sheet(far)) == errors.TOO_MANY_COLUMNS
    low = f'<worksheet {MAIN}><sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert refusal(with_sheet(low)) == errors.TOO_MANY_ROWS


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert refusal(with_sheet(" " * (sheets.UNPACKED_MAX + 1))) == errors.EXPANDS


def test_more_elements_than_an_invoice_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ELEMENTS_MAX", 100)
    many = f"<worksheet {MAIN}><sheetData>{'<row/>' * 200}</sheetData></worksheet>"
    assert refusal(with_sheet(many)) == errors.EXPANDS


def test_entities_are_not_expanded() -> None:
    cell = '<row><c t="str"><v>&a;</v></c></row>'
    bomb = f'<!DOCTYPE w [<!ENTITY a "boom">]><worksheet {MAIN}><sheetData>{cell}</sheetData></worksheet>'
    assert refusal(with_sheet(bomb)) == errors.UNREADABLE


def test_a_workbook_that_is_cut_short_is_refused() -> None:
    whole = workbook(INVOICE)
    assert refusal(whole[: len(whole) // 2]) == errors.UNREADABLE


def test_a_reference_to_a_string_that_is_not_there_is_refused() -> None:
    wrong = f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="s"><v>7</v></c></row></sheetData></worksheet>'
    assert refusal(with_sheet(wrong)) == errors.UNREADABLE


def test_a_zip_of_something_else_is_no_sheet() -> None:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(data.getvalue()) == errors.UNREADABLE


def test_formulas_are_not_evaluated_their_last_value_is_read() -> None:
    (sheet,) = read_sheets(workbook([("Total", "=1+1")]))
    assert sheet.cell(0, 1) == "7"


def test_numbers_come_without_the_noise_of_binary_fractions() -> None:
    (sheet,) = read_sheets(workbook([("a", 0.14799999999999999, 2003.06, 1e-7, 8539229000.0)]))
    assert sheet.rows[0][1:] == ("0.148", "2003.06", "0.0000001", "8539229000")


def test_shared_strings_and_days_are_read() -> None:
    cells = '<c r="B2" t="s"><v>0</v></c><c r="C2" s="1"><v>46346</v></c>'
    parts = {
        WORKSHEET: f'<worksheet {MAIN}><sheetData><row r="2">{cells}</row></sheetData></worksheet>',
        "xl/sharedStrings.xml": f"<sst {MAIN}><si><r><t>Office </t></r><r><t>chair</t></r></si></sst>",
        "xl/styles.xml": f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    (sheet,) = read_sheets(workbook([()], parts=parts))
    assert sheet.rows == ((), ("", "Office chair", "2026-11-20"))
