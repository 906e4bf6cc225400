"""From the rows of a table to goods items of a declaration, and what is wrong with the rows that give none."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from portal.declarant.goods import troubles, wording
from portal.declarant.goods.blocks import Block, Choices, is_heading, letters
from portal.declarant.goods.sheets import Sheet
from portal.declarant.goods.troubles import Trouble
from portal.declarant.goods.wording import Vocabulary

ITEMS_MAX: Final = 999
FILLED_MIN: Final = 3  # cells by which a row without any number is taken for goods
DESCRIPTION_MAX: Final = 1000
NAME_MAX: Final = 250
_CENT: Final = Decimal("0.01")
_MICRO: Final = Decimal("0.000001")
_LARGEST: Final = Decimal(10) ** 15
_KILOGRAMS: Final = {"166": Decimal(1), "168": Decimal(1000), "163": Decimal("0.001")}
_TOLERANCE: Final = Decimal("0.01")  # a share: unit prices on invoices are rounded


class Line(Struct, frozen=True):
    """One row of goods. `number` is the row's as the spreadsheet counts; `item` has the keys of a draft's item.

    An item with errors is not imported; remarks are only shown.
    """

    number: int
    item: dict[str, str]
    unit_price: Decimal | None
    errors: tuple[Trouble, ...] = ()
    remarks: tuple[Trouble, ...] = ()

    @property
    def amount(self) -> Decimal | None:
        text = self.item.get(PRICE)
        return None if text is None else Decimal(text)


class Lines(Struct, frozen=True):
    """All rows of a table. `skipped` are rows that are no goods, with their text; `stated_total` is the table's own."""

    lines: tuple[Line, ...]
    skipped: tuple[tuple[int, str], ...]
    stated_total: Decimal | None

    @property
    def good(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.errors)

    @property
    def wrong(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.errors)

    @property
    def total(self) -> Decimal:
        return sum((line.amount or Decimal(0) for line in self.good), Decimal(0))

    @property
    def currency(self) -> str:
        return next((line.item[CURRENCY] for line in self.good if CURRENCY in line.item), "")


DESCRIPTION: Final = "Commodity/Description"
CODE: Final = "Commodity/ClassificationID"
MODEL: Final = "Commodity/ModelName"
TRADE_MARK: Final = "Commodity/TradeMarkName"
MANUFACTURER: Final = "Commodity/ManufacturerName"
GROSS: Final = "Commodity/GoodsMeasure/GrossMassMeasure"
NET: Final = "Commodity/GoodsMeasure/NetMassMeasure"
TARIFF_QUANTITY: Final = "Commodity/GoodsMeasure/TariffQuantity"
QUANTITY: Final = "Commodity/GoodsMeasure/AdditionalQuantity[1]"
PRICE: Final = "Commodity/ItemChargeAmount"
CURRENCY: Final = "Commodity/ItemChargeAmount/@currencyID"
ORIGIN: Final = "OriginCountryCode"
PACKAGES: Final = "PackageQuantity"
UNIT_OF: Final = "/@unitCode"


def read_lines(block: Block, sheet: Sheet, choices: Choices, words: Vocabulary) -> Lines:
    """Return what each row of the table gives."""
    lines: list[Line] = []
    skipped: list[tuple[int, str]] = []
    stated: Decimal | None = None
    for row in range(block.first, block.last):
        text = " ".join(cell for cell in sheet.rows[row] if cell)
        if not text:
            continue
        reader = _Row(sheet, row, choices, words)
        if reader.is_total():
            stated = reader.total() or stated
            skipped.append((row + 1, text))
        elif reader.is_counting() or is_heading(sheet, row) or not reader.has_goods():
            skipped.append((row + 1, text))
        else:
            lines.append(reader.line())
    return Lines(tuple(_compared(lines)), tuple(skipped), stated)


def _compared(lines: list[Line]) -> Iterator[Line]:
    """Yield the lines with what can only be seen beside the others."""
    currencies = [line.item[CURRENCY] for line in lines if CURRENCY in line.item]
    usual = max(set(currencies), key=currencies.count, default="")
    for position, line in enumerate(lines):
        errors = list(line.errors)
        own = line.item.get(CURRENCY, usual)
        if own != usual:
            errors.append(Trouble("", "currency", troubles.MANY_CURRENCIES, {"value": own}))
        if position >= ITEMS_MAX:
            errors.append(Trouble("", "", troubles.BEYOND_ITEMS))
        yield Line(line.number, line.item, line.unit_price, tuple(errors), line.remarks)


class _Row:
    def __init__(self, sheet: Sheet, row: int, choices: Choices, words: Vocabulary) -> None:
        self._sheet = sheet
        self._row = row
        self._choices = choices
        self._words = words
        self._item: dict[str, str] = {}
        self._errors: list[Trouble] = []
        self._remarks: list[Trouble] = []

    def is_total(self) -> bool:
        """Tell whether the row sums up: goods that are called "Total" have a price of one and a unit."""
        cells = [text for text in self._sheet.rows[self._row] if text][:3]
        if any(wording.is_total(text) for text in cells):
            return True
        named = any(wording.begins_total(text) for text in cells)
        return named and self._plain(self._own("unit_price")) is None and not (self._own("unit") or self._own("origin"))

    def total(self) -> Decimal | None:
        """Return the sum of prices that a line of totals states."""
        own = self._own("amount")
        cells = [own] if own else [text for text in self._sheet.rows[self._row] if text][-1:]
        return next((self._plain(text) for text in cells), None)

    def is_counting(self) -> bool:
        """Tell whether the row only numbers the columns: 1, 2, 3, 4."""
        cells = [text for text in self._sheet.rows[self._row] if text]
        return len(cells) > 3 and cells == [str(number) for number in range(1, len(cells) + 1)]

    def has_goods(self) -> bool:
        """Tell whether there is a number that goods have, or whether several columns are filled in."""
        numbers = ("quantity", "amount", "unit_price", "net_mass")
        filled = sum(bool(self._own(name)) for name in self._choices.columns)
        return filled >= FILLED_MIN or any(self._plain(self._own(name)) is not None for name in numbers)

    def line(self) -> Line:
        self._names()
        self._code_and_origin()
        quantity, unit = self._quantity()
        self._masses(quantity, unit)
        price = self._prices(quantity)
        self._packages()
        return Line(self._row + 1, self._item, price, tuple(self._errors), tuple(self._remarks))

    def _names(self) -> None:
        description = self._text("description")
        if not description:
            self._wrong("description", troubles.NO_DESCRIPTION)
        for name, key, most in (
            ("description", DESCRIPTION, DESCRIPTION_MAX),
            ("model", MODEL, NAME_MAX),
            ("trade_mark", TRADE_MARK, NAME_MAX),
            ("manufacturer", MANUFACTURER, 150),
        ):
            text = self._text(name)
            if len(text) > most:
                self._wrong(name, troubles.TOO_LONG, most=str(most))
            elif text:
                self._item[key] = text

    def _code_and_origin(self) -> None:
        if text := self._text("code"):
            digits = "".join(text.replace(".", " ").replace("-", " ").split())
            if digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 10:
                self._item[CODE] = digits
            else:
                self._wrong("code", troubles.NOT_A_CODE, value=text[:40])
        if text := self._text("origin"):
            if country := self._words.country(text):
                self._item[ORIGIN] = country
            else:
                self._wrong("origin", troubles.NO_COUNTRY, value=text[:40])

    def _quantity(self) -> tuple[Decimal | None, str | None]:
        text, unit_beside = wording.split_quantity(self._own("quantity"))
        quantity = self._number("quantity", text, _MICRO)
        if quantity is None:
            return None, None
        if quantity <= 0:
            self._wrong("quantity", troubles.NOT_POSITIVE, value=text)
            return None, None
        named = self._text("unit") or unit_beside
        unit = self._words.unit(named) if named else self._choices.unit or None
        if unit is None:
            if named:
                self._wrong("unit", troubles.NO_UNIT, value=named[:40])
            else:
                self._wrong("unit", troubles.UNIT_MISSING)
            return quantity, None
        code = self._item.get(CODE, "")
        line = self._words.codes.tariff.line(code)
        key = TARIFF_QUANTITY if line and line.supplementary_unit == unit else QUANTITY
        self._item[key] = written(quantity)
        self._item[key + UNIT_OF] = unit
        return quantity, unit

    def _masses(self, quantity: Decimal | None, unit: str | None) -> None:
        net = self._mass("net_mass", NET)
        gross = self._mass("gross_mass", GROSS)
        if net is None and "net_mass" not in self._choices.columns and quantity is not None and unit in _KILOGRAMS:
            net = (quantity * _KILOGRAMS[unit]).quantize(_MICRO)
            self._item[NET] = written(net)
        if net is not None and gross is not None and net > gross:
            self._remarks.append(Trouble(self._letter("net_mass"), "net_mass", troubles.NET_ABOVE_GROSS))

    def _mass(self, name: str, key: str) -> Decimal | None:
        text, unit = wording.split_quantity(self._own(name))
        mass = self._number(name, text, _MICRO)
        if mass is None:
            return None
        factor = _KILOGRAMS.get((self._words.unit(unit) if unit else self._unit_of_heading(name)) or "166", Decimal(1))
        mass = (mass * factor).quantize(_MICRO)
        if mass < 0:
            self._wrong(name, troubles.NOT_POSITIVE, value=text)
            return None
        self._item[key] = written(mass)
        return mass

    def _prices(self, quantity: Decimal | None) -> Decimal | None:
        stated = self._money("amount")
        price = self._money("unit_price")
        computed = None if quantity is None or price is None else (quantity * price).quantize(_CENT, ROUND_HALF_UP)
        amount = computed if stated is None else stated.quantize(_CENT, ROUND_HALF_UP)
        if amount is None:
            if not {error.field for error in self._errors} & {"amount", "unit_price", "quantity"}:
                self._wrong("amount", troubles.NO_PRICE)
            return price
        if computed is not None and stated is not None and abs(computed - amount) > max(amount * _TOLERANCE, _CENT):
            values = {"computed": written(computed), "stated": written(amount)}
            self._remarks.append(Trouble(self._letter("amount"), "amount", troubles.DOES_NOT_MULTIPLY, values))
        self._item[PRICE] = f"{amount:f}"
        if currency := self._currency():
            self._item[CURRENCY] = currency
        return price

    def _money(self, name: str) -> Decimal | None:
        text, beside = wording.split_money(self._own(name))
        if beside and self._words.currency(beside) is None:
            self._wrong(name, troubles.NOT_A_NUMBER, value=self._own(name)[:40])
            return None
        money = self._number(name, text, _MICRO, shown=self._own(name))
        if money is not None and money < 0:
            self._wrong(name, troubles.NOT_POSITIVE, value=self._own(name))
            return None
        return money

    def _currency(self) -> str | None:
        if text := self._text("currency"):
            found = self._words.currency(text)
            if found is None:
                self._wrong("currency", troubles.NO_CURRENCY, value=text[:40])
            return found
        for name in ("amount", "unit_price"):
            if found := self._words.currency(self._own(name)):
                return found
        if not self._choices.currency:
            self._wrong("currency", troubles.CURRENCY_MISSING)
        return self._choices.currency or None

    def _packages(self) -> None:
        text, _unit = wording.split_quantity(self._own("packages"))
        count = self._number("packages", text, _MICRO)
        if count is None:
            return
        if count < 0 or count != count.to_integral_value():
            self._wrong("packages", troubles.NOT_WHOLE, value=text)
        else:
            self._item[PACKAGES] = str(int(count))

    def _number(self, name: str, text: str, step: Decimal, shown: str = "") -> Decimal | None:
        """Return the number of a cell; what is none is an error, and so is one that a merge takes from above."""
        if not text:
            if shown:
                self._wrong(name, troubles.NOT_A_NUMBER, value=shown[:40])
            elif name in self._choices.columns and (self._row, self._choices.columns[name]) in self._sheet.merged:
                self._wrong(name, troubles.MERGED)
            return None
        number = self._plain(text)
        if number is None:
            self._wrong(name, troubles.NOT_A_NUMBER, value=(shown or text)[:40])
            return None
        if abs(number) >= _LARGEST:
            self._wrong(name, troubles.TOO_MUCH, value=(shown or text)[:40])
            return None
        return number.quantize(step, ROUND_HALF_UP)

    def _plain(self, text: str) -> Decimal | None:
        return wording.decimal_of(wording.split_money(text)[0], self._choices.decimal_comma)

    def _text(self, name: str) -> str:
        """Return a text, also one that stands once for several merged rows."""
        at = self._choices.columns.get(name)
        return "" if at is None else self._sheet.spread(self._row, at)

    def _own(self, name: str) -> str:
        at = self._choices.columns.get(name)
        return "" if at is None else self._sheet.cell(self._row, at)

    def _unit_of_heading(self, name: str) -> str | None:
        return None if name not in self._choices.columns else self._choices.mass_units.get(name)

    def _letter(self, name: str) -> str:
        at = self._choices.columns.get(name)
        return "" if at is None else letters(at)

    def _wrong(self, name: str, text: str, **values: str) -> None:
        self._errors.append(Trouble(self._letter(name), name, text, values))


def written(number: Decimal) -> str:
    """Write a number as XML wants it, without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
