"""What the generated world trades in: world.toml with prices of the shipped reference values where they have any."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from portal.demo.history.chance import Weighted
from risk_gateway.knowledge import shipped_reference_values

KILOGRAM = "kg"


class Goods(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of goods. For exports `origins` are the countries of destination. See world.toml."""

    code: str
    name: str
    sector: str
    measure: str
    median_usd: float
    batch_usd: float
    net_percent: float
    origins: dict[str, float]
    unit: str | None = None
    kg_per_unit: float = 1.0
    cover: str | None = None
    permit: str | None = None
    air: float = 4.0
    volatility: float = 1.0

    def usd_per_kg(self, origin: str) -> float:
        """Return the usual price of a kilogram of goods from there: of the reference values, else our estimate."""
        usual = _reference(self.code, origin, self.measure) or self.median_usd
        return usual if self.measure == KILOGRAM else usual / self.kg_per_unit


class Country(Struct, frozen=True, forbid_unknown_fields=True):
    """How goods come from (or go to) a country. An entry is `post/mode`."""

    entries: tuple[str, ...]
    routing: tuple[str, ...]
    currency: str
    certificate: str | None = None


class Sector(Struct, frozen=True, forbid_unknown_fields=True):
    share: float
    direction: str


class Catalogue:
    """world.toml, read once."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.sectors = msgspec.convert(raw["sectors"], dict[str, Sector])
        self.countries = msgspec.convert(raw["countries"], dict[str, Country])
        self.months = {int(month): weight for month, weight in raw["months"].items()}
        goods = msgspec.convert(raw["goods"], list[Goods])
        self.of_sector = {name: tuple(one for one in goods if one.sector == name) for name in self.sectors}
        self.by_code = {one.code: one for one in reversed(goods)}
        self.imported = tuple(one for one in goods if self.sectors[one.sector].direction == "IM")
        self.preferential = tuple(code for code, country in self.countries.items() if country.certificate)
        self.sector_draw = Weighted({name: sector.share for name, sector in self.sectors.items()})
        self.origin_draws = {id(one): Weighted(one.origins) for one in goods}

    def origins(self, goods: Goods) -> Weighted[str]:
        return self.origin_draws[id(goods)]


@cache
def catalogue() -> Catalogue:
    return Catalogue(tomllib.loads((Path(__file__).parent / "world.toml").read_text(encoding="utf-8")))


@cache
def _reference(code: str, origin: str, measure: str) -> float | None:
    """Return the shipped median for the closest beginning of the code, the exact origin before any."""
    known = {(value.commodity, value.origin): value for value in shipped_reference_values().unit_values}
    for digits in (10, 6, 4):
        for country in (origin, "*"):
            found = known.get((code[:digits], country))
            if found is not None and found.measure == measure:
                return float(found.median_usd)
    return None
