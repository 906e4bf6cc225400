"""Reference data: code lists, rates and the tariff, each entry dated and each table with its source."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from declarations.reference import files
from declarations.reference.codes import Code, Codes, ExchangeRate, Office, ProcedureKind, UnitConversion
from declarations.reference.commodity_tariff import Tariff, TariffLine, TariffUnreadable
from declarations.reference.files import Dated, Table
from declarations.reference.rate import Rate, RateUnreadable

__all__ = [
    "Code",
    "Codes",
    "ExchangeRate",
    "Office",
    "ProcedureKind",
    "Rate",
    "RateUnreadable",
    "Reference",
    "Tariff",
    "TariffLine",
    "TariffUnreadable",
]

DAYS_KEPT: Final = 64
TABLES: Final = (
    "charges",
    "countries",
    "currencies",
    "document_kinds",
    "incoterms",
    "offices",
    "packages",
    "payments",
    "preferences",
    "procedure_features",
    "procedures",
    "transport_modes",
    "units",
    "valuation",
)


class Reference:
    """All reference data over time; immutable. `on` gives what holds on a day."""

    def __init__(
        self,
        tables: dict[str, Table],
        dues: files.Dues,
        exchange_rates: dict[str, tuple[ExchangeRate, ...]],
        tariff: Tariff,
    ) -> None:
        self._tables = tables
        self._dues = dues
        self._exchange_rates = exchange_rates
        self._days: dict[date, Codes] = {}
        self.tariff = tariff

    @staticmethod
    @cache
    def shipped() -> "Reference":
        """Return the data that the product ships with: its own tables, demonstration rates and a partial tariff."""
        tables = {name: files.read_table(name) for name in TABLES}
        return Reference(tables, files.read_dues(), files.read_exchange_rates(), files.read_demo_tariff())

    def with_tariff(self, tariff: Tariff) -> "Reference":
        return Reference(self._tables, self._dues, self._exchange_rates, tariff)

    def with_exchange_rates(self, rates: Iterable[ExchangeRate]) -> "Reference":
        """Return these data with `rates` added; where a currency and day are given twice, the added one counts."""
        known = {(rate.currency, rate.since): rate for dated in self._exchange_rates.values() for rate in dated}
        added = {(rate.currency, rate.since): rate for rate in rates}
        return Reference(self._tables, self._dues, files.by_currency({**known, **added}.values()), self.tariff)

    def tables(self) -> Mapping[str, Table]:
        """Return the code lists by name."""
        return self._tables

    def sources(self) -> dict[str, str]:
        """Return where each table comes from, by the table's name."""
        return {name: table.source for name, table in self._tables.items()} | {"tariff": self.tariff.source}

    def on(self, day: date) -> Codes:
        """Return what holds on `day`; kept for the days asked for last."""
        codes = self._days.get(day)
        if codes is None:
            codes = self._codes(day)
            if len(self._days) >= DAYS_KEPT:
                self._days.pop(next(iter(self._days)), None)
            self._days[day] = codes
        return codes

    def _codes(self, day: date) -> Codes:
        tables = self._tables
        names = {name: table.names_on(day) for name, table in tables.items()}
        charges, preferences = tables["charges"].on(day), tables["preferences"].on(day)
        countries, units = names["countries"], tables["units"].on(day)
        return Codes(
            day=day,
            countries=countries,
            countries_or_open=frozenset(countries) | {entry.code for entry in tables["countries"].open_entries},
            currencies=names["currencies"],
            units=names["units"],
            unit_symbols={code: entry.facts["symbol"] for code, entry in units.items()},
            unit_conversions=_conversions(units),
            packages=names["packages"],
            incoterms=names["incoterms"],
            transport_modes=names["transport_modes"],
            procedures=_procedures(tables["procedures"].on(day)),
            procedure_features=names["procedure_features"],
            document_kinds=names["document_kinds"],
            offices=_offices(tables["offices"].on(day), tables["offices"].fictitious),
            preferences=names["preferences"],
            no_preference=frozenset(code for code, entry in preferences.items() if not entry.facts["claims"]),
            payment_kinds=names["payments"],
            valuation_methods=names["valuation"],
            charges=names["charges"],
            charge_signs={code: entry.facts["sign"] for code, entry in charges.items()},
            vat_rate=_in_force(self._dues.vat, "share", day),
            fee=_in_force(self._dues.fees, "amount", day),
            excises={entry.code: entry.facts["rate"] for entry in self._dues.excises if entry.valid_on(day)},
            exchange_rates=self._exchange_rates,
            tariff=self.tariff,
            published=_published(self._exchange_rates, day),
        )


def _published(rates: dict[str, tuple[ExchangeRate, ...]], day: date) -> dict[str, Decimal]:
    """Return the tenge of one unit of each currency that had a rate on `day`; `rates` have the latest first."""
    newest = {currency: next((rate for rate in dated if rate.since <= day), None) for currency, dated in rates.items()}
    return {currency: rate.of_one for currency, rate in newest.items() if rate is not None}


def _in_force(entries: tuple[Dated, ...], fact: str, day: date) -> Decimal:
    """Return `fact` of the entry valid on `day`, else of the earliest: the tables do not reach back for ever."""
    valid = [entry for entry in entries if entry.valid_on(day)]
    entry = valid[0] if valid else min(entries, key=lambda entry: entry.valid_from)
    return Decimal(entry.facts[fact])


def _conversions(units: dict[str, Dated]) -> dict[str, UnitConversion]:
    return {
        code: UnitConversion(entry.facts["convert"][0], Decimal(entry.facts["convert"][1]))
        for code, entry in units.items()
        if "convert" in entry.facts
    }


def _procedures(entries: dict[str, Dated]) -> dict[str, ProcedureKind]:
    return {
        code: ProcedureKind(
            code, entry.names(), frozenset(entry.facts["types"]), entry.facts.get("after_another", False)
        )
        for code, entry in entries.items()
    }


def _offices(entries: dict[str, Dated], fictitious: bool) -> dict[str, Office]:
    return {
        code: Office(
            code,
            entry.names(),
            entry.facts["region"],
            entry.facts.get("border"),
            entry.facts.get("mode"),
            fictitious,
        )
        for code, entry in entries.items()
    }
