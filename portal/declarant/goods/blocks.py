"""Finding the tables of goods in a file, and proposing what their columns mean."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from portal.declarant.goods import errors, wording
from portal.declarant.goods.errors import FileRefused
from portal.declarant.goods.sheets import Numeral, Sheet
from portal.declarant.goods.wording import Vocabulary

HEADINGS_MIN: Final = 2
BLOCKS_MAX: Final = 20
HEADING_FACTS: Final = ("invoice_number", "invoice_date", "currency", "incoterms")
_NUMBERS: Final = ("quantity", "unit_price", "amount", "net_mass")


class Column(Struct, frozen=True):
    """A column of the table: its place from 0, the heading over it, and the first things in it."""

    at: int
    heading: str
    examples: tuple[str, ...]

    @property
    def letter(self) -> str:
        return letters(self.at)


class Block(Struct, frozen=True):
    """A table: rows from `first` up to `last`, not included, under a heading of `depth` rows that ends at `first`."""

    sheet: int
    heading: int
    depth: int
    last: int
    headings: tuple[str, ...]

    @property
    def first(self) -> int:
        return self.heading + self.depth


class Choices(Struct, frozen=True):
    """What the columns mean. `currency` and `unit` are for rows that name none themselves."""

    columns: Mapping[str, int] = {}
    currency: str = ""
    unit: str = ""
    decimal_comma: bool = False
    mass_units: Mapping[str, str] = {}  # by field, where the heading says tonnes or grams


def letters(column: int) -> str:
    """Name a column as spreadsheets do: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def find_blocks(sheets: Sequence[Sheet]) -> tuple[Block, ...]:
    """Return the tables of goods, the largest first. Raises `FileRefused` when there is none."""
    found = [block for number, sheet in enumerate(sheets) for block in _blocks_of(number, sheet)]
    if not found:
        raise FileRefused(errors.NO_TABLE)
    found.sort(key=lambda block: (-len(proposed_columns(block.headings)), block.first - block.last))
    return tuple(found[:BLOCKS_MAX])


def columns_of(block: Block, sheet: Sheet) -> tuple[Column, ...]:
    """Return the columns that have a heading or anything in them."""
    width = max((len(sheet.rows[row]) for row in range(block.heading, block.last)), default=0)
    columns = []
    for at in range(width):
        values = [text for row in range(block.first, block.last) if (text := sheet.cell(row, at))][:3]
        heading = block.headings[at] if at < len(block.headings) else ""
        if heading or values:
            columns.append(Column(at, heading, tuple(values)))
    return tuple(columns)


def propose(block: Block, sheet: Sheet, words: Vocabulary) -> Choices:
    """Return what the columns seem to mean, by their headings and by what stands above and in the table."""
    columns = proposed_columns(block.headings)
    headed = [block.headings[at] for name, at in columns.items() if name in ("amount", "unit_price", "currency")]
    facts = heading_facts(block, sheet)
    currency = next(filter(None, (words.currency(text) for text in headed)), None)
    currency = currency or words.currency(facts.get("currency", "")) or _currency_below(block, sheet, words)
    texts = [
        text
        for name, at in columns.items()
        if name in _NUMBERS
        for row in range(block.first, block.last)
        if (text := sheet.cell(row, at)) and not isinstance(text, Numeral)
    ]
    likely = wording.decimal_comma_likely(texts)
    return Choices(
        columns,
        currency or "",
        _unit_in_heading(columns, block, words) or "",
        sheet.decimal_comma if likely is None else likely,
        _mass_units(columns, block, words),
    )


def proposed_columns(headings: Sequence[str]) -> dict[str, int]:
    """Return the column of each field: the one whose heading says so in most words."""
    best: dict[str, tuple[int, int]] = {}
    for at, heading in enumerate(headings):
        name, length = wording.field_of(heading)
        if name in wording.FIELDS and length > best.get(name, (-1, 0))[1]:
            best[name] = (at, length)
    return {name: best[name][0] for name in wording.FIELDS if name in best}


def heading_facts(block: Block, sheet: Sheet) -> dict[str, str]:
    """Return what the lines above the table say of the invoice: its number, day, currency and terms."""
    found: dict[str, str] = {}
    for row in sheet.rows[: block.heading]:
        cells = [text for text in row if text]
        for at, text in enumerate(cells):
            label, mark, rest = text.partition(":")
            for fact in HEADING_FACTS:
                if fact not in found and wording.names_heading(fact, label if mark else text):
                    value = rest.strip() or (cells[at + 1] if at + 1 < len(cells) else "")
                    if value:
                        found[fact] = value
    return found


def _blocks_of(number: int, sheet: Sheet) -> Iterator[Block]:
    starts: list[tuple[int, int, tuple[str, ...]]] = []
    row = 0
    while row < len(sheet.rows):
        heading = _heading_at(sheet, row)
        if heading is None:
            row += 1
            continue
        depth, texts = heading
        if not starts or texts != starts[-1][2]:  # the same again is a heading repeated on a new page
            starts.append((row, depth, texts))
        row += depth
    for at, (row, depth, texts) in enumerate(starts):
        last = starts[at + 1][0] if at + 1 < len(starts) else len(sheet.rows)
        if row + depth < last:
            yield Block(number, row, depth, last, texts)


def _heading_at(sheet: Sheet, row: int) -> tuple[int, tuple[str, ...]] | None:
    """Return how many rows the heading at `row` takes, and its texts by column; None when there is no heading."""
    if not _may_head(sheet, row):
        return None
    width = len(sheet.rows[row])
    alone = tuple(sheet.spread(row, at) for at in range(width))
    known = proposed_columns(alone)
    if len(known) < HEADINGS_MIN:
        return None
    if row + 1 < len(sheet.rows) and _may_head(sheet, row + 1):
        below = proposed_columns([sheet.spread(row + 1, at) for at in range(len(sheet.rows[row + 1]))])
        both = _joined(sheet, row)
        together = proposed_columns(both)
        if len(together) > len(known) > len(below) and _tells_goods(together):
            return 2, both
    return (1, alone) if _tells_goods(known) else None


def _tells_goods(columns: Mapping[str, int]) -> bool:
    return "description" in columns or "code" in columns


def is_heading(sheet: Sheet, row: int) -> bool:
    return _heading_at(sheet, row) is not None


def _joined(sheet: Sheet, row: int) -> tuple[str, ...]:
    width = max(len(sheet.rows[row]), len(sheet.rows[row + 1]))
    joined = []
    for at in range(width):
        upper, lower = sheet.spread(row, at), sheet.spread(row + 1, at)
        joined.append(upper if upper == lower or not lower else f"{upper} {lower}".strip())
    return tuple(joined)


def _may_head(sheet: Sheet, row: int) -> bool:
    """Tell whether a row has the looks of a heading: several texts, and no number."""
    cells = [text for text in sheet.rows[row] if text]
    return len(cells) >= HEADINGS_MIN and not any(isinstance(text, Numeral) or _is_number(text) for text in cells)


def _is_number(text: str) -> bool:
    return wording.decimal_of(text, comma=False) is not None


def _unit_in_heading(columns: Mapping[str, int], block: Block, words: Vocabulary) -> str | None:
    """Return the unit of "Quantity, pcs" when there is no column of units."""
    if "quantity" not in columns or "unit" in columns:
        return None
    named = wording.simplified(block.headings[columns["quantity"]]).split()
    return next((unit for word in reversed(named) if (unit := words.unit(word))), None)


def _mass_units(columns: Mapping[str, int], block: Block, words: Vocabulary) -> dict[str, str]:
    """Return the units of "Net, t" and the like."""
    found = {}
    for name in ("net_mass", "gross_mass"):
        heading = block.headings[columns[name]] if name in columns else ""
        named = (words.unit(word) for word in wording.simplified(heading).split())
        if unit := next((unit for unit in named if unit in ("163", "168")), None):
            found[name] = unit
    return found


def _currency_below(block: Block, sheet: Sheet, words: Vocabulary) -> str | None:
    """Return the currency of a line of totals: "Total, USD"."""
    for row in range(block.last - 1, max(block.first, block.last - 15) - 1, -1):
        if any(wording.begins_total(text) for text in sheet.rows[row] if text):
            found = words.currency(" ".join(sheet.rows[row]))
            if found:
                return found
    return None
