"""The list of declarations for a spreadsheet. What was typed by somebody is text there, never a formula."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

import xlsxwriter

from portal import words
from portal.documents.words import COLUMNS
from portal.languages import KAZAKHSTAN_TIME, translations
from portal.views import DeclarationSummary

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")  # programs take what begins so for a formula
_WIDTHS = (24, 24, 14, 12, 36, 16, 18, 8, 18, 22, 28)

Cell = str | int | Decimal | datetime | None


def as_workbook(rows: Iterable[DeclarationSummary], language: str) -> bytes:
    """Return an XLSX file with typed numbers and times of Kazakhstan."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {**options, "remove_timezone": True}) as book:
        say = translations(language).gettext
        sheet = book.add_worksheet(say(COLUMNS[0])[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        moment, money = book.add_format({"num_format": "dd.mm.yyyy hh:mm"}), book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        for column, title in enumerate(COLUMNS[1:]):
            sheet.write_string(0, column, say(title), bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, cell in enumerate(_cells(row, say)):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, column, cell.replace(tzinfo=None), moment)
                elif isinstance(cell, int):
                    sheet.write_number(last, column, cell)
                elif isinstance(cell, Decimal):
                    sheet.write_number(last, column, cell, money)
                elif cell is not None:
                    sheet.write_string(last, column, cell)
        sheet.autofilter(0, 0, max(last, 1), len(COLUMNS) - 2)
    return out.getvalue()


def as_csv(rows: Iterable[DeclarationSummary], language: str) -> bytes:
    """Return UTF-8 with a byte order mark, without which spreadsheets misread Cyrillic letters."""
    say = translations(language).gettext
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([say(title) for title in COLUMNS[1:]])
    for row in rows:
        writer.writerow([_plain(cell) for cell in _cells(row, say)])
    return out.getvalue().encode("utf-8-sig")


def _cells(row: DeclarationSummary, say: Callable[[str], str]) -> tuple[Cell, ...]:
    return (
        row.registration_number,
        row.functional_reference_id,
        say(words.TYPES.get(row.type_code, row.type_code)),
        f"{row.type_code}{row.procedure or ''}",
        row.declarant_name,
        row.declarant,
        row.received_at.astimezone(KAZAKHSTAN_TIME),
        row.item_count,
        row.customs_value,
        say(words.LANES[row.outcome]["outcome"]),
        say(words.STATUSES.get(row.status, row.status)),
    )


def _plain(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
    return "" if cell is None else str(cell)
