"""What the fraud model looks at: one row of numbers for each goods item.

Declarations and the benchmark's files both become `Row`s first; from there on the code is the same. The features are
smoothed target encodings with their counts, deviations from the medians of the commodity, and low-cardinality codes.
What is not known is not a number (NaN). Whether the very same goods were found wrong before is no feature: it is an
indicator of its own.
"""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from risk_gateway.fraud_model.spec import Encoding, FraudModel, Usual
from risk_gateway.model import Case, ItemFacts
from risk_gateway.words import Words

Matrix = NDArray[np.float64]
UNKNOWN = math.nan
PLACES = 4  # of logarithms: the last bits of a logarithm differ between machines
DECLARATIONS_MAX = 200.0  # so many make a declarant known; beyond, the number only grows with time
MEDIAN_LEVELS = {"hs6": 6, "hs4": 4}  # digits of the commodity code


class Row(NamedTuple):
    """A goods item as the model sees it; "" and NaN mean not known. Values are in any one currency."""

    commodity: str
    origin: str
    dispatch: str
    declarant: str
    agent: str
    office: str
    transport: str
    procedure: str
    previous_procedure: str = ""
    terms: str = ""
    tariff: str = ""
    origin_mark: str = ""
    rate_percent: float = UNKNOWN
    mass_kg: float = UNKNOWN
    value: float = UNKNOWN
    net_gross_percent: float = UNKNOWN
    mass_to_reference: float = UNKNOWN
    value_to_reference: float = UNKNOWN
    items: float = UNKNOWN
    age_months: float = UNKNOWN
    declarations: float = UNKNOWN
    violations: float = UNKNOWN
    agent_violations: float = UNKNOWN
    first_commodity: float = UNKNOWN

    @property
    def goods_tuple(self) -> tuple[str, ...]:
        """Return what makes two items the same goods: rows that share it must not be on both sides of a split."""
        numbers = (self.rate_percent, self.mass_kg, self.value)
        return (self.commodity, self.dispatch, self.origin, self.tariff, *map(repr, numbers))


ENCODED: Mapping[str, Callable[[Row], str]] = {
    "declarant": lambda row: row.declarant,
    "agent": lambda row: row.agent,
    "hs6": lambda row: row.commodity[:6],
    "hs4": lambda row: row.commodity[:4],
    "hs6_origin": lambda row: f"{row.commodity[:6]}/{row.origin}",
    "hs4_route": lambda row: f"{row.commodity[:4]}/{row.dispatch}/{row.origin}",
    "hs2_office": lambda row: f"{row.commodity[:2]}/{row.office}",
    "declarant_hs4": lambda row: f"{row.declarant}/{row.commodity[:4]}",
    "agent_hs2": lambda row: f"{row.agent}/{row.commodity[:2]}",
    "agent_origin": lambda row: f"{row.agent}/{row.origin}",
}
CODED = ("office", "transport", "procedure", "previous_procedure", "terms", "tariff", "origin_mark")
NUMBERS = (
    "rate_percent",
    "net_gross_percent",
    "mass_to_reference",
    "value_to_reference",
    "items",
    "age_months",
    "declarations",
    "violations",
    "agent_violations",
    "first_commodity",
)
LOGARITHMS = ("value_log", "mass_log", "value_per_kg_log")
DEVIATIONS = tuple(f"{what}_{level}" for level in MEDIAN_LEVELS for what in ("per_kg_to", "mass_to", "value_to"))
FEATURES: tuple[str, ...] = (
    *(f"{name}_{part}" for name in ENCODED for part in ("rate", "count")),
    *LOGARITHMS,
    *DEVIATIONS,
    *NUMBERS,
    *CODED,
)
_numbers_of = attrgetter(*NUMBERS)
_codes_of = attrgetter(*CODED)
CATEGORICAL = [FEATURES.index(name) for name in CODED]


class Tables:
    """What turns rows into numbers, of one model: looked up, not computed, where possible."""

    def __init__(
        self,
        encodings: Mapping[str, Encoding],
        medians: Mapping[str, Usual],
        codes: Mapping[str, Sequence[str]],
    ) -> None:
        self._encoders = [(ENCODED[name], _Encoder(encodings[name])) for name in ENCODED]
        self._medians = [(digits, _logarithms_of(medians[level])) for level, digits in MEDIAN_LEVELS.items()]
        self._codes = [{code: float(place) for place, code in enumerate(codes[name])} for name in CODED]

    @classmethod
    def of(cls, model: FraudModel) -> "Tables":
        """Raises KeyError when the model lacks a table."""
        return cls(model.encodings, model.medians, model.codes)

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """Return one row of features for each row, in the order of FEATURES."""
        return np.array([self._numbers(row) for row in rows], dtype=np.float64).reshape(len(rows), len(FEATURES))

    def _numbers(self, row: Row) -> list[float]:
        numbers: list[float] = []
        for key_of, encoder in self._encoders:
            numbers += encoder.of(key_of(row))
        value, mass = _logarithm(row.value), _logarithm(row.mass_kg)
        per_kg = round(value - mass, PLACES)
        numbers += (value, mass, per_kg)
        for digits, (usual_per_kg, usual_mass, usual_value) in self._medians:
            prefix = row.commodity[:digits]
            numbers += (
                round(per_kg - usual_per_kg.get(prefix, UNKNOWN), PLACES),
                round(mass - usual_mass.get(prefix, UNKNOWN), PLACES),
                round(value - usual_value.get(prefix, UNKNOWN), PLACES),
            )
        numbers += _numbers_of(row)
        numbers += [known.get(code, UNKNOWN) for known, code in zip(self._codes, _codes_of(row), strict=True)]
        return numbers


class _Encoder:
    """The (rate, logarithm of the count) of each value."""

    def __init__(self, encoding: Encoding) -> None:
        pull = encoding.smoothing * encoding.prior
        self._known = {
            value: (round((found + pull) / (acts + encoding.smoothing), 6), round(math.log1p(acts), PLACES))
            for value, (acts, found) in encoding.seen.items()
        }
        self._otherwise = (round(encoding.prior, 6), 0.0)

    def of(self, value: str) -> tuple[float, float]:
        return self._known.get(value, self._otherwise)


def _logarithm(number: float) -> float:
    """Return the natural logarithm; not a number for what has none."""
    return round(math.log(number), PLACES) if number > 0 else UNKNOWN


def _logarithms_of(usual: Usual) -> tuple[dict[str, float], ...]:
    return tuple(
        {prefix: _logarithm(median) for prefix, median in medians.items()}
        for medians in (usual.per_kg, usual.mass_kg, usual.value)
    )


# --- of a case --------------------------------------------------------------------------------------------------------


def rows_of(case: Case) -> list[Row]:
    """Return a row for each item, in order."""
    header = case.header
    shared = Row(
        "",
        "",
        header.dispatch_country or "",
        case.declarant or "",
        case.agent or "",
        header.office or "",
        header.transport_mode or "",
        header.procedure or "",
        terms=header.incoterms or "",
        items=_number(header.item_count),
        age_months=_number(header.declarant_age_months),
        declarations=min(_number(header.declarant_declarations), DECLARATIONS_MAX),
        violations=_number(header.declarant_violations_24_months),
        agent_violations=_number(header.agent_violations_24_months),
    )
    return [_row_of(item, shared) for item in case.items]


def _row_of(item: ItemFacts, shared: Row) -> Row:
    """Return the row of an item of which `shared` holds what the whole declaration says."""
    return shared._replace(
        commodity=item.commodity_code,
        origin=item.origin_country or "",
        procedure=item.item_procedure or shared.procedure,
        previous_procedure=item.previous_procedure or "",
        tariff=_tariff_of(item),
        origin_mark=item.valuation_method or "",
        rate_percent=_number(item.duty_share_percent),
        mass_kg=_number(item.net_mass_kg),
        value=_number(item.item_value_usd),
        net_gross_percent=_number(item.net_gross_percent),
        mass_to_reference=_number(item.mass_to_reference_percent),
        value_to_reference=_number(item.value_to_reference_percent),
        first_commodity=_number(item.first_commodity),
    )


def _tariff_of(item: ItemFacts) -> str:
    """Return under which rate the goods are declared."""
    if item.preference_claimed is None:
        return ""
    return "preference" if item.preference_claimed else "quota" if item.quota_claimed else "general"


def _number(fact: Decimal | int | None) -> float:
    """Return a fact as a number; one without a value, or no finite one, is not known."""
    number = UNKNOWN if fact is None else float(fact)
    return number if math.isfinite(number) else UNKNOWN


# --- words ------------------------------------------------------------------------------------------------------------


def feature_label(code: str) -> Words:
    """Return what a feature is called. Raises KeyError for a code that no model ever had."""
    return _labels()[code]


@cache
def _labels() -> Mapping[str, Words]:
    raw = tomllib.loads((Path(__file__).parent / "features.toml").read_text(encoding="utf-8"))
    return {code: Words(**texts) for code, texts in raw.items()}
