"""What the fraud model looks at: one row of numbers for each goods item.

Declarations and the benchmark's files both become `Row`s first; from there on the code is the same. The features are
smoothed target encodings with their counts, deviations from the medians of the commodity, and low-cardinality codes.
What is not known is not a number (NaN). Whether the very same goods were found wrong before is no feature: it is an
indicator of its own.
"""

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain, repeat
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


ENCODED = (
    "declarant",
    "agent",
    "hs6",
    "hs4",
    "hs6_origin",
    "hs4_route",
    "hs2_office",
    "declarant_hs4",
    "agent_hs2",
    "agent_origin",
)


def encoded(rows: Sequence[Row]) -> tuple[list[str], ...]:
    """Return the values of all rows that are encoded, a list for each name of ENCODED."""
    hs6, hs4, hs2 = ([row.commodity[:digits] for row in rows] for digits in (6, 4, 2))
    agents = [row.agent for row in rows]
    return (
        [row.declarant for row in rows],
        agents,
        hs6,
        hs4,
        [f"{code}/{row.origin}" for code, row in zip(hs6, rows, strict=True)],
        [f"{code}/{row.dispatch}/{row.origin}" for code, row in zip(hs4, rows, strict=True)],
        [f"{code}/{row.office}" for code, row in zip(hs2, rows, strict=True)],
        [f"{row.declarant}/{code}" for code, row in zip(hs4, rows, strict=True)],
        [f"{agent}/{code}" for code, agent in zip(hs2, agents, strict=True)],
        [f"{row.agent}/{row.origin}" for row in rows],
    )


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
VALUE, MASS, PER_KG = (FEATURES.index(name) for name in LOGARITHMS)
DEVIATING = slice(FEATURES.index(DEVIATIONS[0]), FEATURES.index(DEVIATIONS[-1]) + 1)
DEVIATES = [PER_KG, MASS, VALUE] * len(MEDIAN_LEVELS)  # what the deviations, in their order, are deviations of
CATEGORICAL = [FEATURES.index(name) for name in CODED]

Known = tuple[Mapping[str, float], float]  # numbers by value, and that of any other value


class Tables:
    """What turns rows into numbers, of one model: looked up, not computed, where possible, and column by column."""

    def __init__(
        self,
        encodings: Mapping[str, Encoding],
        medians: Mapping[str, Usual],
        codes: Mapping[str, Sequence[str]],
    ) -> None:
        self._encodings = [_encoded_numbers(encodings[name]) for name in ENCODED]
        self._medians = [(digits, _logarithms_of(medians[level])) for level, digits in MEDIAN_LEVELS.items()]
        self._codes = [{code: float(place) for place, code in enumerate(codes[name])} for name in CODED]

    @classmethod
    def of(cls, model: FraudModel) -> "Tables":
        """Raises KeyError when the model lacks a table."""
        return cls(model.encodings, model.medians, model.codes)

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """Return one row of features for each row, in the order of FEATURES."""
        if not rows:
            return np.empty((0, len(FEATURES)))
        numbers = chain.from_iterable(self._columns(rows))
        lay = np.fromiter(numbers, np.float64, len(FEATURES) * len(rows)).reshape(len(FEATURES), len(rows))
        lay[VALUE : MASS + 1] = _logarithms(lay[VALUE : MASS + 1])
        lay[PER_KG] = np.round(lay[VALUE] - lay[MASS], PLACES)
        lay[DEVIATING] = np.round(lay[DEVIATES] - lay[DEVIATING], PLACES)
        return np.ascontiguousarray(lay.T)

    def _columns(self, rows: Sequence[Row]) -> Iterator[Iterable[float]]:
        """Give the features that are looked up; of a logarithm the number itself, of a deviation what is usual."""
        for (rates, counts), values in zip(self._encodings, encoded(rows), strict=True):
            yield _looked_up(rates, values)
            yield _looked_up(counts, values)
        masses = [row.mass_kg for row in rows]
        yield from ([row.value for row in rows], masses, masses)
        for digits, medians in self._medians:
            prefixes = [row.commodity[:digits] for row in rows]
            yield from (_looked_up((usual, UNKNOWN), prefixes) for usual in medians)
        yield from zip(*map(_numbers_of, rows), strict=True)
        for known, codes in zip(self._codes, zip(*map(_codes_of, rows), strict=True), strict=True):
            yield _looked_up((known, UNKNOWN), codes)


def _looked_up(known: Known, values: Sequence[str]) -> Iterator[float]:
    numbers, otherwise = known
    return map(numbers.get, values, repeat(otherwise))


def _encoded_numbers(encoding: Encoding) -> tuple[Known, Known]:
    """Return the rate of each value, and the logarithm of its count."""
    pull = encoding.smoothing * encoding.prior
    rates = {
        value: round((found + pull) / (acts + encoding.smoothing), 6) for value, (acts, found) in encoding.seen.items()
    }
    counts = {value: round(math.log1p(acts), PLACES) for value, (acts, _) in encoding.seen.items()}
    return (rates, round(encoding.prior, 6)), (counts, 0.0)


def _logarithms_of(usual: Usual) -> tuple[Mapping[str, float], ...]:
    """Return by commodity the logarithms of the usual value per mass, mass and value, as DEVIATIONS are ordered."""
    return tuple(
        dict(zip(medians, _logarithms(np.array([*medians.values()], np.float64)).tolist(), strict=True))
        for medians in (usual.per_kg, usual.mass_kg, usual.value)
    )


def _logarithms(numbers: Matrix) -> Matrix:
    """Return the natural logarithms; not a number for what has none."""
    known: Matrix = np.full_like(numbers, UNKNOWN)
    np.log(numbers, out=known, where=numbers > 0)
    return np.round(known, PLACES, out=known)


# --- of a case --------------------------------------------------------------------------------------------------------


def rows_of(case: Case) -> list[Row]:
    """Return a row for each item, in order."""
    header = case.header
    of_all = (
        header.dispatch_country or "",
        case.declarant or "",
        case.agent or "",
        header.office or "",
        header.transport_mode or "",
    )
    counts = (
        _number(header.item_count),
        _number(header.declarant_age_months),
        min(_number(header.declarant_declarations), DECLARATIONS_MAX),
        _number(header.declarant_violations_24_months),
        _number(header.agent_violations_24_months),
    )
    return [
        Row(
            item.commodity_code,
            item.origin_country or "",
            *of_all,
            item.item_procedure or header.procedure or "",
            item.previous_procedure or "",
            header.incoterms or "",
            _tariff_of(item),
            item.valuation_method or "",
            _number(item.duty_share_percent),
            _number(item.net_mass_kg),
            _number(item.item_value_usd),
            _number(item.net_gross_percent),
            _number(item.mass_to_reference_percent),
            _number(item.value_to_reference_percent),
            *counts,
            _number(item.first_commodity),
        )
        for item in case.items
    ]


def _tariff_of(item: ItemFacts) -> str:
    """Return under which rate the goods are declared."""
    if item.preference_claimed is None:
        return ""
    return "preference" if item.preference_claimed else "quota" if item.quota_claimed else "general"


def _number(fact: Decimal | int | None) -> float:
    """Return a fact as a number; one without a value, or no finite one, is not known."""
    if fact is None:
        return UNKNOWN
    number = float(fact)
    return number if math.isfinite(number) else UNKNOWN


# --- words ------------------------------------------------------------------------------------------------------------


def feature_label(code: str) -> Words:
    """Return what a feature is called. Raises KeyError for a code that no model ever had."""
    return _labels()[code]


@cache
def _labels() -> Mapping[str, Words]:
    raw = tomllib.loads((Path(__file__).parent / "features.toml").read_text(encoding="utf-8"))
    return {code: Words(**texts) for code, texts in raw.items()}
