"""A trained fraud model as data: it is part of the knowledge, so that a replay asks the same model again."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct


class Encoding(Struct, frozen=True):
    """A smoothed target encoding: the score of each known value of a feature, and of every other."""

    values: Mapping[str, float]
    counts: Mapping[str, int]
    otherwise: float


class FraudModel(Struct, frozen=True, kw_only=True):
    """`booster` is LightGBM's own text. `calibration` are (raw, calibrated) probabilities, rising, to interpolate in."""

    version: str
    block: str
    features: tuple[str, ...]
    encodings: Mapping[str, Encoding]
    booster: str
    calibration: tuple[tuple[Decimal, Decimal], ...]
    source: str
