"""What may be brought free on a day: dated numbers of `allowances.toml`."""

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from declarations.errors import DeclarationsError
from declarations.passengers.model import Carriage, Mode

FILE: Final = Path(__file__).parent / "allowances.toml"


class NoAllowances(DeclarationsError):
    """No table of allowances holds on the day."""


class Norm(Struct, frozen=True, forbid_unknown_fields=True):
    """Free up to a value and a mass; above it `percent` of the value, not less than a sum for each kilogram."""

    free_value: Decimal
    free_mass_kg: Decimal
    percent: Decimal
    least_per_kg: Decimal


class Allowances(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[allowances]]` table; sums are in `currency`, `valid_to` is the last day."""

    valid_from: date
    valid_to: date
    source: str
    currency: str
    payment_code: str
    reference_hours: int
    cash_limit: Decimal
    cash_currency: str
    cigarettes: int
    cigars: int
    tobacco_kg: Decimal
    alcohol_free_litres: Decimal
    alcohol_most_litres: Decimal
    alcohol_per_litre: Decimal
    adult_years: int
    air: Norm
    land: Norm
    unaccompanied: Norm
    parcel: Norm

    def norm(self, carriage: Carriage, mode: Mode) -> Norm:
        if carriage is Carriage.UNACCOMPANIED:
            return self.unaccompanied
        if carriage is Carriage.PARCEL:
            return self.parcel
        return self.air if mode is Mode.AIR else self.land


def allowances_on(day: date) -> Allowances:
    """Return what holds on a day. Raises `NoAllowances`."""
    for period in read(FILE):
        if period.valid_from <= day <= period.valid_to:
            return period
    raise NoAllowances("passengers.no_allowances", {"day": day.isoformat()})


@cache
def read(file: Path) -> tuple[Allowances, ...]:
    """Return every period of a file."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(msgspec.convert(each, Allowances) for each in raw["allowances"])
