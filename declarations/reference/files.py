"""The shipped reference files: TOML tables of dated entries, read once.

A file has `source`, `valid_from` and [codes], each entry with names (kk, ru, en), further facts and, where it is not
valid throughout, `from` and `to` (both days included). `partial = true` marks a list that does not have every code.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from declarations.reference.codes import Code, ExchangeRate
from declarations.reference.commodity_tariff import Tariff
from declarations.reference.rate import Rate

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("kk", "ru", "en")


class Dated(Struct, frozen=True):
    """One entry of a table and the days it is valid, both included; `valid_to` None is open-ended."""

    code: str
    facts: Mapping[str, Any]
    valid_from: date
    valid_to: date | None

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def named(self) -> Code:
        return Code(self.code, self.names())

    def names(self) -> dict[str, str]:
        return {language: self.facts[language] for language in LANGUAGES if language in self.facts}


class Table(Struct, frozen=True):
    """One reference file."""

    source: str
    entries: tuple[Dated, ...]
    open_entries: tuple[Dated, ...] = ()
    partial: bool = False
    fictitious: bool = False

    def on(self, day: date) -> dict[str, Dated]:
        return {entry.code: entry for entry in self.entries if entry.valid_on(day)}

    def names_on(self, day: date) -> dict[str, Code]:
        return {entry.code: entry.named() for entry in self.entries if entry.valid_on(day)}


class Dues(Struct, frozen=True):
    """What the state charges, over time: VAT shares, fees in tenge, excise by beginning of the code."""

    vat: tuple[Dated, ...]
    fees: tuple[Dated, ...]
    excises: tuple[Dated, ...]


def read_table(name: str) -> Table:
    """Return the table of `name`.toml."""
    file = _read(name)
    since = file["valid_from"]
    unnamed: Mapping[str, Mapping[str, Any]] = {code: {} for code in file.get("unnamed", ())}
    return Table(
        source=file["source"],
        entries=_entries({**unnamed, **file["codes"]}, since),
        open_entries=_entries(file.get("open", {}), since),
        partial=file.get("partial", False),
        fictitious=file.get("fictitious", False),
    )


def read_dues() -> Dues:
    payments, excise = _read("payments"), _read("excise")
    since = excise["valid_from"]
    return Dues(
        vat=tuple(_dated("5010", facts) for facts in payments["vat"]),
        fees=tuple(_dated("1010", facts) for facts in payments["fee"]),
        excises=tuple(
            _dated(facts["code"], {**facts, "rate": Rate.parse(facts["rate"])}, since) for facts in excise["excise"]
        ),
    )


def read_exchange_rates() -> dict[str, tuple[ExchangeRate, ...]]:
    """Return the published rates by currency, the latest first."""
    rates = [
        ExchangeRate(facts["currency"], facts["units"], Decimal(facts["tenge"]), facts["from"])
        for facts in _read("exchange_rates")["rate"]
    ]
    return by_currency(rates)


def by_currency(rates: Iterable[ExchangeRate]) -> dict[str, tuple[ExchangeRate, ...]]:
    found: dict[str, list[ExchangeRate]] = {}
    for rate in sorted(rates, key=lambda rate: rate.since, reverse=True):
        found.setdefault(rate.currency, []).append(rate)
    return {currency: tuple(dated) for currency, dated in found.items()}


def read_demo_tariff() -> Tariff:
    """Return the shipped tariff: rates of some codes as in force on 18.06.2026, marked partial."""
    text = (FOLDER / "demo_tariff.csv").read_text(encoding="utf-8")
    source = "EAEU Common Customs Tariff as of 18.06.2026, some codes (demonstration)"
    return Tariff.parse_csv(text, source, complete=False)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def _entries(codes: Mapping[str, Mapping[str, Any]], since: date) -> tuple[Dated, ...]:
    return tuple(_dated(code, facts, since) for code, facts in codes.items())


def _dated(code: str, facts: Mapping[str, Any], since: date = date.min) -> Dated:
    return Dated(code, facts, facts.get("from", since), facts.get("to"))
