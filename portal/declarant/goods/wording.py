"""What the words on invoices mean: headings of columns, units, countries, currencies, numbers."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.core import get_global

from declarations.reference.codes import Codes
from portal.declarant.goods.sheets import Numeral

FOLDER: Final = Path(__file__).parent
FIELDS: Final = (
    "description",
    "code",
    "origin",
    "quantity",
    "unit",
    "net_mass",
    "gross_mass",
    "unit_price",
    "amount",
    "currency",
    "packages",
    "model",
    "trade_mark",
    "manufacturer",
)
_MARKS: Final = re.compile(r"[^\w#№]+")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_SIGNS: Final = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "CNY",
    "₸": "KZT",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₹": "INR",
}
_MADE_IN: Final = re.compile(r"^(?:made in|product of|сделано в|произведено в|страна|country)\s+")
_MONEY: Final = re.compile(r"\b([A-Z]{3})\b")
_WORDS_TOO: Final = frozenset({"ALL", "TOP", "CUP", "PEN", "MAD", "NOK", "TRY"})  # in capitals these may be mere words
_QUANTITY: Final = re.compile(r"^([\d\s.,'’]+)\s*([^\d\s.,'’].*)$")
_NO_NUMBER: Final = re.compile(r"[^\d.,'’\-\s]+")
_GROUPED: Final = re.compile(r"[\s'’\u00a0\u202f]")


def simplified(text: str) -> str:
    """Return the words of a heading in small letters, without marks: "Кол-во, шт." becomes "кол во шт"."""
    return " ".join(_MARKS.sub(" ", text.casefold().replace("ё", "е")).replace("_", " ").split())


@cache
def _columns() -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """Return the words of each field: what is to be found, and whether the word may go on."""
    tables = tomllib.loads((FOLDER / "columns.toml").read_text(encoding="utf-8"))
    lists = {name: words for name, words in tables.items() if isinstance(words, list)}
    lists |= {f"weak.{name}": words for name, words in tables["weak"].items()}
    lists |= {f"heading.{name}": words for name, words in tables["heading"].items()}
    lists["totals"] = tables["totals"]["words"]
    return {name: tuple((simplified(word), word.endswith("*")) for word in words) for name, words in lists.items()}


def field_of(heading: str) -> tuple[str, int]:
    """Return which field a heading names, and how long the words are that say so; ("", 0) when none is named.

    "number" is the line's own number, which no declaration needs.
    """
    text = simplified(heading)
    best = ("", 0)
    for name, words in _columns().items():
        kind, _, field = name.rpartition(".")
        if field == "totals" or kind == "heading":
            continue
        length = max((len(word) for word, open_end in words if _says(text, word, open_end)), default=0)
        if kind == "weak":
            length = min(length, 1)
        if length > best[1]:
            best = (field, length)
    return best


def names_heading(fact: str, text: str) -> bool:
    """Tell whether a cell above the table is the label of `fact`, as in "Invoice No:"."""
    label = simplified(text)
    return any(label == word for word, _ in _columns()[f"heading.{fact}"])


def is_total(text: str) -> bool:
    """Tell whether a cell says that its row sums up, and nothing else."""
    return any(simplified(text) == word for word, _ in _columns()["totals"])


def begins_total(text: str) -> bool:
    words = simplified(text)
    return any(words == word or words.startswith(f"{word} ") for word, _ in _columns()["totals"])


def _says(text: str, word: str, open_end: bool) -> bool:
    if _CHINESE.search(word):
        return word in text
    return f" {word}" in f" {text}" if open_end else f" {word} " in f" {text} "


class Vocabulary:
    """The words for the units, countries and currencies of one day's reference data."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self._units: dict[str, str] = {}
        for code, entry in codes.units.items():
            for name in (*entry.names.values(), *codes.unit_symbols.get(code, "").split(";")):
                self._units.setdefault(simplified(name), code)
        self._units |= {word: code for word, code in _trade_units().items() if code in codes.units}

    def country(self, text: str) -> str | None:
        """Return the ISO 3166 code of a country by code, or by name in Kazakh, Russian, English or Chinese."""
        code = text.strip().upper()
        if code in self.codes.countries_or_open:
            return code
        name = _MADE_IN.sub("", simplified(text))
        found = _everyday("countries").get(name) or _countries().get(name)
        return found if found in self.codes.countries_or_open else None

    def unit(self, text: str) -> str | None:
        """Return the three-character code of a unit by code, sign or name."""
        if text in self.codes.units:
            return text
        return self._units.get(simplified(text.replace("²", "2").replace("³", "3")))

    def currency(self, text: str) -> str | None:
        """Return the currency that a text names: "Amount, USD", "12.50 €", "сумма в тенге"; None when it names none."""
        if text.strip().upper() in self.codes.currencies:
            return text.strip().upper()
        for found in _MONEY.findall(text):
            if found in self.codes.currencies and found not in _WORDS_TOO:
                return str(found)
        for sign, code in _SIGNS.items():
            if sign in text:
                return code
        words = simplified(text)
        return next(
            (code for word, code in _everyday("currencies").items() if _says(words, word, open_end=False)), None
        )


@cache
def _everyday(table: str) -> Mapping[str, str]:
    """Return the code of each word of one table of words.toml."""
    tables = tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))[table]
    return {simplified(word): code for code, words in tables.items() for word in words}


@cache
def _trade_units() -> Mapping[str, str]:
    tables = tomllib.loads((FOLDER / "units.toml").read_text(encoding="utf-8"))
    return {simplified(word): code for code, words in tables.items() for word in words}


@cache
def _countries() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for old, new in get_global("territory_aliases").items():
        if len(old) == 3 and len(new) == 1 and len(new[0]) == 2:  # ISO 3166 in three letters or digits
            found[old.casefold()] = new[0]
    for language in ("zh", "en", "ru", "kk"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2:
                found[simplified(name)] = code
    return found


def split_quantity(text: str) -> tuple[str, str]:
    """Return ("12.5", "kg") of "12.5 kg"; the second is empty when there is only a number."""
    found = None if isinstance(text, Numeral) else _QUANTITY.match(text)
    return (found[1].strip(), found[2].strip()) if found else (text, "")


def split_money(text: str) -> tuple[str, str]:
    """Return ("12.50", "USD") of "USD 12.50" or "12.50 USD"; the second is empty when there is only a number."""
    if isinstance(text, Numeral):
        return text, ""
    bare = _NO_NUMBER.sub("", text).strip().rstrip(".,")
    return bare, " ".join(_NO_NUMBER.findall(text)).strip()


def decimal_of(text: str, comma: bool) -> Decimal | None:
    """Return the number that a cell writes, None when it is none. `comma`: a single comma is the decimal mark.

    Both marks in one number: the last is the decimal one. One mark several times, or the other single mark before three
    digits, separates thousands.
    """
    if isinstance(text, Numeral):
        return Decimal(text)
    bare = _GROUPED.sub("", text)
    if not re.fullmatch(r"-?[0-9][0-9.,]*|-?[.,][0-9]+", bare):
        return None
    point, mark = bare.rfind("."), bare.rfind(",")
    if point >= 0 and mark >= 0:
        decimal = "." if point > mark else ","
    elif bare.count(".") > 1 or bare.count(",") > 1:
        decimal = ""
    else:
        used = "." if point >= 0 else ","
        usual = "," if comma else "."
        decimal = "" if used != usual and re.search(r"[.,][0-9]{3}$", bare) else used
    for other in {".", ","} - {decimal}:
        bare = bare.replace(other, "")
    try:
        return Decimal(bare.replace(",", "."))
    except InvalidOperation:
        return None


def decimal_comma_likely(texts: list[str]) -> bool | None:
    """Tell from numbers written as text which decimal mark is in use; None when they do not show it."""
    commas = sum(bool(re.search(r"\d,(\d{1,2}|\d{4,})$", text) or re.search(r"\.\d{3},\d", text)) for text in texts)
    points = sum(bool(re.search(r"\d\.(\d{1,2}|\d{4,})$", text) or re.search(r",\d{3}\.\d", text)) for text in texts)
    return None if commas == points else commas > points
