"""Reading what a spreadsheet says, without a spreadsheet program: XLSX and CSV become rows of text.

Only stored values are read: a formula is never evaluated, its last result is taken. Every limit is checked before
the memory is spent, so a small file cannot claim a billion cells: therefore no library that lays sheets out densely.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import Final

from lxml import etree
from msgspec import Struct

from portal.declarant.goods import errors
from portal.declarant.goods.errors import FileRefused

BYTES_MAX: Final = 5_000_000
UNPACKED_MAX: Final = 40_000_000
ELEMENTS_MAX: Final = 2_000_000
PARTS_MAX: Final = 500
ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 200
CELL_CHARACTERS_MAX: Final = 4_000
SHEETS_MAX: Final = 30

_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_RELATION: Final = "id"
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DAY_FORMATS: Final = frozenset({14, 15, 16, 17, 22})  # built-in number formats that show a day
_DAY_FORMAT: Final = re.compile(r"[dyДГ]", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_EPOCH: Final = date(1899, 12, 30)
_SERIAL_MAX: Final = 2_958_465  # 31.12.9999


class Numeral(str):
    """A number that the workbook stores as one: there is no question which mark is the decimal."""

    __slots__ = ()


class Sheet(Struct, frozen=True):
    """One sheet. Numbers are written with a point and as short as they are exact; days as YYYY-MM-DD.

    `merged` leads from a cell inside a merged area, as (row, column) from 0, to the area's first cell.
    `decimal_comma` tells that a comma in its numbers is more likely the decimal mark.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    decimal_comma: bool = False

    def cell(self, row: int, column: int) -> str:
        """Return the text of a cell, and nothing for one that is not there."""
        line = self.rows[row] if 0 <= row < len(self.rows) else ()
        return line[column] if column < len(line) else ""

    def spread(self, row: int, column: int) -> str:
        """Return the text of a cell or, where cells were merged, that of the area it is in."""
        return self.cell(*self.merged.get((row, column), (row, column)))


def read_sheets(data: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of an XLSX or CSV file that have anything in them. Raises `FileRefused`."""
    if not data.strip():
        raise FileRefused(errors.EMPTY)
    if len(data) > BYTES_MAX:
        raise FileRefused(errors.TOO_LARGE, megabytes=BYTES_MAX // 1_000_000)
    if data.startswith(_OLD_EXCEL):
        raise FileRefused(errors.OLD_EXCEL)
    sheets = tuple(_workbook(data)) if data.startswith(_ZIP) else (_table(data),)
    found = tuple(sheet for sheet in sheets if any(any(row) for row in sheet.rows))
    if not found:
        raise FileRefused(errors.NO_TABLE)
    return found


def _table(data: bytes) -> Sheet:
    text = _decoded(data)
    if "\0" in text or text.lstrip().startswith(("<", "%PDF", "{")):
        raise FileRefused(errors.NOT_A_SHEET)
    mark = _delimiter(text)
    rows: list[tuple[str, ...]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            if len(rows) == ROWS_MAX:
                raise FileRefused(errors.TOO_MANY_ROWS, rows=ROWS_MAX)
            if len(row) > COLUMNS_MAX:
                raise FileRefused(errors.TOO_MANY_COLUMNS, columns=COLUMNS_MAX)
            rows.append(tuple(_shown(cell) for cell in row))
    except csv.Error:
        raise FileRefused(errors.NOT_A_SHEET) from None
    return Sheet("CSV", tuple(rows), decimal_comma=mark == ";")


def _decoded(data: bytes) -> str:
    """Return the text: in UTF-8 or UTF-16 when it says so by a mark, in UTF-8 when it is that, else in cp1251."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings: tuple[str, ...] = ("utf-16",) if marked else ("utf-8-sig", "cp1251")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(errors.UNKNOWN_LETTERS)


def _delimiter(text: str) -> str:
    """Return the mark that cuts most lines into the same number of cells, above one."""
    sample = text[:50_000].splitlines()[:200]
    best, most = ",", 0
    for mark in (";", "\t", ",", "|"):
        widths = [len(row) for row in csv.reader(sample, delimiter=mark) if row]
        common = max(set(widths), key=widths.count, default=0)
        score = common * widths.count(common) if common > 1 else 0
        if score > most:
            best, most = mark, score
    return best


def _workbook(data: bytes) -> Iterator[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
                raise FileRefused(errors.EXPANDS)
            yield from _Workbook(archive).sheets()
    except (
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
        KeyError,
        IndexError,
        ValueError,
        OSError,
        NotImplementedError,
        EOFError,
        OverflowError,
        zlib.error,
    ):
        raise FileRefused(errors.UNREADABLE) from None
    except RuntimeError:  # zipfile says so of an encrypted part
        raise FileRefused(errors.OLD_EXCEL) from None


class _Workbook:
    """An open XLSX file. What it says of its own size was checked; zipfile does not unpack more than that."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower().lstrip("/"): name for name in archive.namelist()}
        self._strings = list(self._shared_strings())
        self._days = self._day_styles()

    def sheets(self) -> Iterator[Sheet]:
        relations = {
            element.get("Id"): element.get("Target", "") for element in self._elements("xl/_rels/workbook.xml.rels")
        }
        listed = [element for element in self._elements("xl/workbook.xml") if _local(element) == "sheet"]
        if not listed:
            raise FileRefused(errors.NOT_A_SHEET)
        for element in listed[:SHEETS_MAX]:
            link = next(
                (value for name, value in element.attrib.items() if etree.QName(name).localname == _RELATION), ""
            )
            target = str(relations.get(link, ""))
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if "worksheets" in path and element.get("state", "visible") == "visible":
                yield self._sheet(element.get("name", ""), path)

    def _sheet(self, name: str, path: str) -> Sheet:
        rows: dict[int, dict[int, str]] = {}
        merged: dict[tuple[int, int], tuple[int, int]] = {}
        number = -1
        for element in self._elements(path):
            kind = _local(element)
            if kind == "row":
                number, cells = self._row(element, number)
                if cells:
                    rows[number] = cells
            elif kind == "mergeCell":
                _merge(element.get("ref", ""), merged)
        last = max(rows, default=-1)
        return Sheet(name, tuple(_line(rows.get(at, {})) for at in range(last + 1)), merged)

    def _row(self, element: etree._Element, before: int) -> tuple[int, dict[int, str]]:
        number = int(element.get("r") or before + 2) - 1
        cells: dict[int, str] = {}
        column = -1
        for cell in element:
            if _local(cell) != "c":
                continue
            place = _PLACE.fullmatch(cell.get("r", ""))
            column = _column(place[1]) if place else column + 1
            if column >= COLUMNS_MAX:
                if self._value(cell):
                    raise FileRefused(errors.TOO_MANY_COLUMNS, columns=COLUMNS_MAX)
                continue
            if text := self._value(cell):
                cells[column] = text
        if cells and not 0 <= number < ROWS_MAX:
            raise FileRefused(errors.TOO_MANY_ROWS, rows=ROWS_MAX)
        return number, cells

    def _value(self, cell: etree._Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _shown(_texts(cell))
        stored = next((child.text or "" for child in cell if _local(child) == "v"), "")
        if kind == "s":
            return self._strings[int(stored)] if stored else ""
        if kind in ("str", "d"):
            return _shown(stored[:10] if kind == "d" else stored)
        if kind != "n" or not stored:  # truth values and errors say nothing about goods
            return ""
        return self._number(stored, int(cell.get("s") or 0))

    def _number(self, stored: str, style: int) -> str:
        number = float(stored)
        if not isfinite(number):
            return ""
        if style in self._days and 1 <= number <= _SERIAL_MAX:
            return (_EPOCH + timedelta(days=int(number))).isoformat()
        return plain(number)

    def _shared_strings(self) -> Iterator[str]:
        if "xl/sharedstrings.xml" in self._names:
            for element in self._elements("xl/sharedStrings.xml"):
                if _local(element) == "si":
                    yield _shown(_texts(element))

    def _day_styles(self) -> frozenset[int]:
        """Return the numbers of the styles that show a day."""
        if "xl/styles.xml" not in self._names:
            return frozenset()
        own: dict[str, str] = {}
        days: set[int] = set()
        for element in self._elements("xl/styles.xml"):
            if _local(element) == "numFmt":
                own[element.get("numFmtId", "")] = element.get("formatCode", "")
            elif _local(element) == "cellXfs":
                for number, style in enumerate(element):
                    format_id = style.get("numFmtId", "0")
                    shown = _QUOTED.sub("", own.get(format_id, ""))
                    if int(format_id) in _DAY_FORMATS or _DAY_FORMAT.search(shown):
                        days.add(number)
        return frozenset(days)

    def _elements(self, path: str) -> Iterator[etree._Element]:
        """Yield the elements of a part as they end, without keeping rows that were read."""
        name = self._names[path.lower()]
        with self._archive.open(name) as part:
            parsed = etree.iterparse(
                part, events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
            )
            for count, (_event, element) in enumerate(parsed):
                if count == 0 and element.getroottree().docinfo.doctype:
                    raise FileRefused(errors.UNREADABLE)
                if count == ELEMENTS_MAX:
                    raise FileRefused(errors.EXPANDS)
                yield element
                if _local(element) in ("row", "si") and (parent := element.getparent()) is not None:
                    element.clear()
                    while len(parent) > 1:
                        del parent[0]


def plain(number: float) -> Numeral:
    """Write a number as short as it is exact, without an exponent: 0.148, 13534.2, 8539229000."""
    return Numeral(f"{Decimal(repr(number)):f}".removesuffix(".0"))


def _line(cells: dict[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(at, "") for at in range(max(cells, default=-1) + 1))


def _merge(area: str, merged: dict[tuple[int, int], tuple[int, int]]) -> None:
    first, _, last = area.partition(":")
    start, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last)
    if start is None or end is None:
        return
    top, left = int(start[2]) - 1, _column(start[1])
    for row in range(top, min(int(end[2]), ROWS_MAX)):
        for column in range(left, min(_column(end[1]) + 1, COLUMNS_MAX)):
            if len(merged) >= ROWS_MAX:
                return
            merged[row, column] = (top, left)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _texts(element: etree._Element) -> str:
    """Return the text of a string with all its runs, without the reading aids of East Asian scripts."""
    return "".join(
        child.text or ""
        for child in element.iter()
        if _local(child) == "t" and (parent := child.getparent()) is not None and _local(parent) != "rPh"
    )


def _shown(text: str) -> str:
    """Return the text of a cell on one line, without what cannot be seen."""
    return " ".join(
        "".join(mark for mark in text[:CELL_CHARACTERS_MAX] if mark.isprintable() or mark.isspace()).split()
    )
