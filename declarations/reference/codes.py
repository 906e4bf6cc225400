"""What the reference data say on one day: `Codes`, which controls and `payable` look things up in."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from declarations.reference.commodity_tariff import Tariff
from declarations.reference.rate import Rate

TENGE: Final = "KZT"
EXCISE_PREFIXES: Final = (10, 8, 6, 4)
_NAMELESS: Final[Mapping[str, str]] = MappingProxyType({})


class Code(Struct, frozen=True):
    """An entry of a code list. `names` are by language; the usual entries have all of kk, ru, en."""

    code: str
    names: Mapping[str, str] = _NAMELESS

    def name(self, language: str) -> str:
        """Return the name in `language`, else in English, else the code."""
        return self.names.get(language) or self.names.get("en") or self.code


class Office(Struct, frozen=True):
    """A customs post. `border` is the country it faces, None inland; `mode` is road or rail."""

    code: str
    names: Mapping[str, str]
    region: str
    border: str | None
    mode: str | None
    fictitious: bool

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]


class ProcedureKind(Struct, frozen=True):
    """A customs procedure: the types of box 1.1 it goes with, and whether it can only follow another procedure."""

    code: str
    names: Mapping[str, str]
    types: frozenset[str]
    after_another: bool

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["en"]


class ExchangeRate(Struct, frozen=True):
    """`tenge` for `units` of `currency`, from `since` until the next entry of that currency."""

    currency: str
    units: int
    tenge: Decimal
    since: date

    @property
    def of_one(self) -> Decimal:
        return self.tenge / self.units


class UnitConversion(Struct, frozen=True):
    """One of the unit makes `factor` of `base`."""

    base: str
    factor: Decimal


class Codes(Struct, frozen=True):
    """The code lists, rates and tariff valid on `day`. Dictionaries are by code."""

    day: date
    countries: Mapping[str, Code]
    countries_or_open: frozenset[str]  # also EU, 00 and 99, where the country may be left open
    currencies: Mapping[str, Code]
    units: Mapping[str, Code]
    unit_symbols: Mapping[str, str]
    unit_conversions: Mapping[str, UnitConversion]
    packages: Mapping[str, Code]
    incoterms: Mapping[str, Code]
    transport_modes: Mapping[str, Code]
    procedures: Mapping[str, ProcedureKind]
    procedure_features: Mapping[str, Code]
    document_kinds: Mapping[str, Code]
    offices: Mapping[str, Office]
    preferences: Mapping[str, Code]
    no_preference: frozenset[str]  # codes of box 36 that claim nothing
    payment_kinds: Mapping[str, Code]
    valuation_methods: Mapping[str, Code]
    charges: Mapping[str, Code]
    charge_signs: Mapping[str, int]
    vat_rate: Decimal  # a share, 0-1
    fee: Decimal  # tenge for a declaration
    excises: Mapping[str, Rate]  # by the beginning of the commodity code
    exchange_rates: Mapping[str, tuple[ExchangeRate, ...]]  # by currency, the latest first
    tariff: Tariff
    published: Mapping[str, Decimal] = {}  # tenge of one unit by currency, on the day

    def rate(self, currency: str, day: date | None = None) -> Decimal | None:
        """Return how many tenge one unit of `currency` is on `day` (else on the codes' day); None when unknown."""
        if currency == TENGE:
            return Decimal(1)
        found = self.exchange_rate(currency, day)
        return found.of_one if found else None

    def exchange_rate(self, currency: str, day: date | None = None) -> ExchangeRate | None:
        """Return the published rate of `currency` on `day` (else on the codes' day); None when there is none."""
        day = day or self.day
        return next((rate for rate in self.exchange_rates.get(currency, ()) if rate.since <= day), None)

    def excise(self, commodity_code: str) -> Rate | None:
        """Return the excise of the goods; None when they bear none."""
        for length in EXCISE_PREFIXES:
            if rate := self.excises.get(commodity_code[:length]):
                return rate
        return None

    def in_unit(self, value: Decimal, unit: str, wanted: str) -> Decimal | None:
        """Return `value` of `unit` in the unit `wanted`; None when one does not convert into the other."""
        if unit == wanted:
            return value
        base, factor = self._base(unit)
        wanted_base, wanted_factor = self._base(wanted)
        return value * factor / wanted_factor if base == wanted_base else None

    def _base(self, unit: str) -> tuple[str, Decimal]:
        found = self.unit_conversions.get(unit)
        return (found.base, found.factor) if found else (unit, Decimal(1))
