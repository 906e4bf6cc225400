"""Whether the world has moved away from what a model learned; an alarm goes to a person, who decides.

The population stability index compares how a feature, or the score, lay in training with how it lies now. Calibration
compares what the model expects with what random inspections, which no risk chose, have found.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from risk_gateway.fraud_model.features import CODED, FEATURES, Matrix
from risk_gateway.fraud_model.spec import Histogram
from risk_gateway.precision import precision

SCORE = "score"
BINS = 10
WATCH_FROM, ALARM_FROM = 0.1, 0.25
SHARE_MIN = 0.0005  # of a bin without cases: the index of an empty bin would be infinite
PLACES = 6


class State(StrEnum):
    STABLE = "stable"
    WATCH = "watch"
    ALARM = "alarm"


class Drift(Struct, frozen=True):
    """The population stability index of one feature, or of the score."""

    feature: str
    index: float

    @property
    def state(self) -> State:
        if self.index >= ALARM_FROM:
            return State.ALARM
        return State.WATCH if self.index >= WATCH_FROM else State.STABLE


class Bin(Struct, frozen=True):
    """Random inspections with probabilities of one bin: how many violations were expected and found, and the 95 %
    interval of the observed share. `fits` says that the expected share lies in it."""

    low: float
    high: float
    acts: int
    expected: float
    observed: int
    interval_low: float
    interval_high: float

    @property
    def fits(self) -> bool:
        return self.interval_low <= self.expected / self.acts <= self.interval_high


def reference_of(matrix: Matrix, scores: Sequence[float]) -> dict[str, Histogram]:
    """Return how each feature, and the score, lies."""
    columns = _columns(matrix, scores)
    return {name: _histogram(numbers, _edges(name, numbers)) for name, numbers in columns.items()}


def drifts(reference: Mapping[str, Histogram], matrix: Matrix, scores: Sequence[float]) -> list[Drift]:
    """Return the index of each feature and of the score, the largest first. The matrix has one row at least."""
    columns = _columns(matrix, scores)
    found = [
        Drift(name, stability_index(then, _histogram(columns[name], then.edges)))
        for name, then in sorted(reference.items())
    ]
    return sorted(found, key=lambda drift: (-drift.index, drift.feature))


def stability_index(then: Histogram, now: Histogram) -> float:
    """Return the sum over the bins of (now - then) * ln(now / then)."""
    pairs = zip(then.shares, now.shares, strict=True)
    floored = [(max(SHARE_MIN, one), max(SHARE_MIN, other)) for one, other in pairs]
    return round(sum((now - then) * math.log(now / then) for then, now in floored), PLACES)


def calibration(inspected: Sequence[tuple[float, bool]], bins: int = 5) -> list[Bin]:
    """Return expected against observed violations of random inspections: (probability, found), in bins of as many."""
    ordered = sorted(inspected)
    cut = [ordered[len(ordered) * n // bins : len(ordered) * (n + 1) // bins] for n in range(bins)]
    return [_bin(part) for part in cut if part]


def _bin(part: Sequence[tuple[float, bool]]) -> Bin:
    observed = sum(found for _, found in part)
    shown = precision(observed, len(part))
    low, high = float(shown.low or 0), float(shown.high or 0)
    expected = round(sum(probability for probability, _ in part), PLACES)
    return Bin(part[0][0], part[-1][0], len(part), expected, observed, low, high)


def _columns(matrix: Matrix, scores: Sequence[float]) -> dict[str, NDArray[np.float64]]:
    columns = {name: matrix[:, place] for place, name in enumerate(FEATURES)}
    return {**columns, SCORE: np.array(scores, dtype=np.float64)}


def _edges(name: str, numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Return where the bins of a feature end: at each code, or so that each bin holds as many rows."""
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return ()
    if name in CODED:
        return tuple(float(code) for code in np.unique(known))
    shares = np.arange(1, BINS) / BINS
    return tuple(float(edge) for edge in np.unique(np.quantile(known, shares, method="lower")))


def _histogram(numbers: NDArray[np.float64], edges: tuple[float, ...]) -> Histogram:
    known = numbers[~np.isnan(numbers)]
    places = np.searchsorted(np.array(edges), known, side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    shares = [*counts, len(numbers) - len(known)]
    return Histogram(edges, tuple(round(float(count) / len(numbers), PLACES) for count in shares))
