"""From the log-odds of the trees to a probability that means what it says: Platt's curve, drawn as a rising line."""

import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Line = tuple[tuple[float, float], ...]
Numbers = NDArray[np.float64]

POINTS = 49
BEYOND = 1.0  # log-odds: so far the line goes beyond what was seen
PLACES = 6
LEAST, MOST = 0.0005, 0.9995  # no case is certain
SLOPE_MIN = 0.05  # the line always rises
PULL = 1.0  # towards the slope 1 of trees that need no calibration, as strong as one case
ROUNDS = 50


def rising_line(raw: Numbers, found: Numbers, weight: Numbers) -> Line:
    """Return points of the logistic curve that explains `found` (0 or 1) best by the log-odds `raw`.

    The cases are held out: the trees that gave `raw` were not trained on them. Source: Platt, Advances in Large Margin
    Classifiers (1999), with weights, and drawn a little towards slope 1, so that few cases do not carry it away.
    """
    slope, height = _fit(raw, found, weight)
    ends = float(raw.min()) - BEYOND, float(raw.max()) + BEYOND
    places = [ends[0] + (ends[1] - ends[0]) * place / (POINTS - 1) for place in range(POINTS)]
    shares = [1 / (1 + float(np.exp(-(slope * place + height)))) for place in places]
    return tuple(
        (round(place, PLACES), round(min(MOST, max(LEAST, share)), PLACES))
        for place, share in zip(places, shares, strict=True)
    )


def _fit(raw: Numbers, found: Numbers, weight: Numbers) -> tuple[float, float]:
    """Return slope and height of the weighted logistic regression (Newton's method). Weights count as many cases as a
    simple random sample that would be as good."""
    cases = weight * (weight.sum() / np.square(weight).sum())
    known = np.stack([raw, np.ones(len(raw))])
    pull = np.diag([PULL, 1e-6])
    at, usual = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    for _ in range(ROUNDS):
        share = 1 / (1 + np.exp(-np.clip(at @ known, -30, 30)))
        slope = known @ (cases * (found - share)) - pull @ (at - usual)
        bend = (known * (cases * share * (1 - share))) @ known.T + pull
        step = np.linalg.solve(bend, slope)
        at = at + np.clip(step, -1, 1)
    return max(SLOPE_MIN, float(at[0])), float(at[1])


def probability(line: Line, raw: float) -> float:
    return probabilities(line, [raw])[0]


def probabilities(line: Line, raws: Sequence[float] | Numbers) -> list[float]:
    """Return the probability at each log-odds: between two points in proportion, beyond the ends that of the end."""
    rising = [place for place, _ in line]
    return [_between(line, bisect.bisect_right(rising, raw), raw) for raw in map(float, raws)]


def _between(line: Line, place: int, raw: float) -> float:
    """Return the probability at a log-odds that lies before the point at `place`."""
    if place == 0:
        return line[0][1]
    if place == len(line):
        return line[-1][1]
    (left, low), (right, high) = line[place - 1], line[place]
    return low if right <= left else low + (high - low) * (raw - left) / (right - left)
