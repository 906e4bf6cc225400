"""An invoice on its way into a draft: what the file says, what the person chose, and the items that come of it."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from declarations.reference.codes import Codes
from portal.declarant.goods import blocks, lines, wording
from portal.declarant.goods.blocks import Block, Choices, Column
from portal.declarant.goods.lines import Lines
from portal.declarant.goods.sheets import Sheet, read_sheets
from portal.declarant.goods.wording import Vocabulary

INVOICE_KIND: Final = "04021"
_DAYS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y")


class Destination(Struct, frozen=True):
    """Where the items of a new draft go: what is declared, and for whom."""

    kind: str
    declarant: str


class Chosen(Struct, frozen=True):
    """What a person chose for a file. `choices` None: as proposed. `done` is the draft that has the items by now."""

    destination: Destination | None = None
    block: int = 0
    choices: Choices | None = None
    done: str | None = None


class Import(Struct, frozen=True):
    """A file, one of its tables with what its columns mean, and the goods in it. `blocks` are all of its tables."""

    chosen: Chosen
    sheets: tuple[Sheet, ...]
    blocks: tuple[Block, ...]
    block: Block
    columns: tuple[Column, ...]
    choices: Choices
    lines: Lines

    @property
    def sheet(self) -> Sheet:
        return self.sheets[self.block.sheet]

    def field_at(self, column: int) -> str:
        """Return the field that a column was chosen for, empty when it is left out."""
        return next((name for name, at in self.choices.columns.items() if at == column), "")


def read_import(data: bytes, chosen: Chosen, codes: Codes, remembered: Mapping[str, Choices]) -> Import:
    """Read a file. `remembered` has earlier choices by the digest of the headings. Raises `FileRefused`."""
    words = Vocabulary(codes)
    sheets = read_sheets(data)
    found = blocks.find_blocks(sheets)
    block = found[chosen.block] if chosen.block < len(found) else found[0]
    sheet = sheets[block.sheet]
    choices = chosen.choices or remembered.get(digest_of(block)) or blocks.propose(block, sheet, words)
    return Import(
        chosen,
        sheets,
        found,
        block,
        blocks.columns_of(block, sheet),
        choices,
        lines.read_lines(block, sheet, choices, words),
    )


def headings_in(data: bytes) -> tuple[str, ...]:
    """Return the digests of the headings of all tables of a file. Raises `FileRefused`."""
    return tuple(digest_of(block) for block in blocks.find_blocks(read_sheets(data)))


def digest_of(block: Block) -> str:
    """Return the SHA-256 of the headings, by which a form of invoice is known again."""
    text = "\n".join(wording.simplified(heading) for heading in block.headings)
    return hashlib.sha256(text.encode()).hexdigest()


def items_for_new_draft(read: Import) -> list[dict[str, str]]:
    """Return the good items; the first names the invoice in box 44, as far as the file tells its number."""
    items = [dict(line.item) for line in read.lines.good]
    facts = blocks.heading_facts(read.block, read.sheet)
    number = facts.get("invoice_number", "")
    if items and 0 < len(number) <= 50:
        items[0] |= {"AdditionalDocument[1]/TypeCode": INVOICE_KIND, "AdditionalDocument[1]/ID": number}
        if day := day_in(facts.get("invoice_date", "")):
            items[0]["AdditionalDocument[1]/IssueDate"] = day.isoformat()
    return items


def day_in(text: str) -> date | None:
    """Return the day that an invoice states, None when it cannot be read with certainty."""
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 a day has no time zone
        except ValueError:
            continue
    return None


def terms_in(read: Import, codes: Codes) -> dict[str, str]:
    """Return box 20 as far as the file tells it: "CPT Almaty"."""
    text = blocks.heading_facts(read.block, read.sheet).get("incoterms", "")
    words = text.replace(",", " ").split()
    code = next((word.upper() for word in words if word.upper() in codes.incoterms), None)
    return {} if code is None else {"GoodsShipment/TradeTerms/ConditionCode": code}


def unpack_chosen(text: str) -> Chosen:
    return msgspec.json.decode(text, type=Chosen) if text else Chosen()


def pack_chosen(chosen: Chosen) -> str:
    return msgspec.json.encode(chosen).decode()


def chosen_from(read: Import, sent: Mapping[str, str], codes: Codes) -> tuple[Chosen, dict[int, str]]:
    """Return what a form chose, and the columns that name a field which another column has too."""
    columns: dict[str, int] = {}
    twice: dict[int, str] = {}
    for column in read.columns:
        name = sent.get(f"column-{column.at}", "")
        if name not in wording.FIELDS:
            continue
        if name in columns:
            twice[column.at] = name
        else:
            columns[name] = column.at
    choices = Choices(
        columns=columns,
        currency=sent.get("currency", "") if sent.get("currency", "") in codes.currencies else "",
        unit=sent.get("unit", "") if sent.get("unit", "") in codes.units else "",
        decimal_comma=sent.get("decimal") == "comma",
        mass_units={name: unit for name, unit in read.choices.mass_units.items() if name in columns},
    )
    return replace(read.chosen, choices=choices), twice
