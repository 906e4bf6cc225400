"""Why a file that a person sent cannot be used. templates/texts/*/goods.po has the other two languages."""

from portal.languages import marked as _


class FileRefused(Exception):
    """The file is no sheet that can be read. `text` is what is wrong and what to do; `values` fill its placeholders."""

    def __init__(self, text: str, **values: int | str) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


EMPTY = _("Choose a file: nothing was sent, or the file is empty")
TOO_LARGE = _("The file is larger than %(megabytes)s MB. Leave out pictures and other sheets, or save it as CSV")
NOT_A_SHEET = _(
    "This is neither an XLSX workbook nor a CSV table. Open it in a spreadsheet program and save it as XLSX"
)
OLD_EXCEL = _("This is a workbook of the old kind, or one with a password. Save it as XLSX without a password")
UNREADABLE = _("The workbook is damaged and cannot be read. Open it in a spreadsheet program and save it again as XLSX")
EXPANDS = _("The workbook unpacks to far more than an invoice needs. Copy the table into a new workbook and send that")
TOO_MANY_ROWS = _("The sheet has more than %(rows)s rows. Send only the table of goods")
TOO_MANY_COLUMNS = _("The sheet has more than %(columns)s columns. Send only the table of goods")
NO_TABLE = _("No table of goods was found: a row with the names of the columns, such as “Description” and “Quantity”")
UNKNOWN_LETTERS = _("The letters of this file cannot be read. Save it as CSV in UTF-8, or as XLSX")
