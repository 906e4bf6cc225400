"""A trained fraud model as data: it is part of the knowledge, so that a replay asks the same model again."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from risk_gateway import canonical


class Encoding(Struct, frozen=True):
    """A smoothed target encoding: by value, how many acts were closed (weighted) and how many found a violation.

    The rate of a value is (found + smoothing * prior) / (acts + smoothing); of a value never seen it is `prior`, 0-1.
    """

    prior: float
    smoothing: float
    seen: Mapping[str, tuple[float, float]]


class Usual(Struct, frozen=True):
    """Medians by commodity prefix: of the value of a kilogram, of the net mass in kg and of the value of an item."""

    per_kg: Mapping[str, float]
    mass_kg: Mapping[str, float]
    value: Mapping[str, float]


class Histogram(Struct, frozen=True):
    """How a feature lay when the model was trained: shares of len(edges) + 2 bins, the last for what is not known.

    Bin n holds what is above edge n-1 and not above edge n.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]


class FraudModel(Struct, frozen=True, kw_only=True, weakref=True):
    """`version` is the SHA-256 of the canonical JSON of all the rest. `booster` is LightGBM's own text.

    `codes` numbers the values of low-cardinality features by their place. `calibration` are (log-odds, probability),
    both rising, to interpolate in. `reference` is for drift: by feature, and "score" for the probability.
    """

    block: str
    features: tuple[str, ...]
    encodings: Mapping[str, Encoding]
    medians: Mapping[str, Usual]
    codes: Mapping[str, tuple[str, ...]]
    booster: str
    calibration: tuple[tuple[float, float], ...]
    reference: Mapping[str, Histogram]
    source: str
    version: str = ""


def version_of(model: FraudModel) -> str:
    """Return the SHA-256 that `version` must have."""
    return canonical.digest({name: getattr(model, name) for name in model.__struct_fields__ if name != "version"})


def sealed(model: FraudModel) -> FraudModel:
    """Return the model under its version."""
    return replace(model, version=version_of(model))
