"""The history of a holder for a spreadsheet. What was typed by somebody is text there, never a formula."""

import io
from collections.abc import Iterable
from decimal import Decimal

import xlsxwriter

from portal.languages import KAZAKHSTAN_TIME, translations
from portal.ledger.service import Line
from portal.ledger.words import COLUMNS, ENTRIES, SHEET

_WIDTHS = (18, 32, 30, 18, 18, 18, 36)


def as_workbook(lines: Iterable[Line], language: str) -> bytes:
    """Return an XLSX file with typed amounts in tenge and times of Kazakhstan."""
    out, say = io.BytesIO(), translations(language).gettext
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(say(SHEET)[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        moment, money = book.add_format({"num_format": "dd.mm.yyyy hh:mm"}), book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        for column, (title, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, say(title), bold)
        for place, line in enumerate(lines, 1):
            sheet.write_datetime(place, 0, line.at.astimezone(KAZAKHSTAN_TIME).replace(tzinfo=None), moment)
            sheet.write_string(place, 1, say(ENTRIES[line.kind]))
            sheet.write_string(place, 2, line.document)
            for column, tiyn in enumerate((line.prepaid, line.owed, line.security), 3):
                sheet.write_number(place, column, Decimal(tiyn).scaleb(-2), money)
            sheet.write_string(place, 6, line.source)
    return out.getvalue()
