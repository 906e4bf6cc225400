"""Small XLSX workbooks, written by hand: what they hold, and what no spreadsheet program would write."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Cell = str | int | float | None


def workbook(
    *sheets: Sequence[Sequence[Cell]], merged: Iterable[str] = (), parts: dict[str, str] | None = None
) -> bytes:
    """Return a workbook of these sheets; `merged` are areas of each, `parts` replace or add files of the archive."""
    listed = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1))
    related = "".join(f'<Relationship Id="r{n}" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1))
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}</Relationships>",
        **{f"xl/worksheets/sheet{n}.xml": _sheet(rows, merged) for n, rows in enumerate(sheets, 1)},
        **(parts or {}),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _sheet(rows: Sequence[Sequence[Cell]], merged: Iterable[str]) -> str:
    lines = "".join(
        f'<row r="{number}">{"".join(_cell(number, at, value) for at, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData><mergeCells>{areas}</mergeCells></worksheet>'


def _cell(row: int, column: int, value: Cell) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("="):
        return f'<c r="{place}"><f>{escape(value[1:])}</f><v>7</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


INVOICE: tuple[tuple[Cell, ...], ...] = (
    ("STEPPE SUPPLY LTD",),
    ("Invoice", "SS-2026-7", "Date", "2026-11-20", "Currency", "USD"),
    (),
    ("#", "Product", "Model / Art.", "Origin", "Qty", "Unit", "Net kg", "Unit Price", "Amount"),
    (1, "Office chair", "OC-1", "CN", 10, "PCS", 120.5, 25.3, 253.0),
    (2, "Desk lamp", None, "TR", 40, "PCS", 32.0, 7.125, 285.0),
    (3, "Glass jars", None, "CN", 61.7, "KG", 61.7, 0.148, 9.13),
    (),
    (None, None, None, None, None, None, None, "TOTAL", 547.13),
)
