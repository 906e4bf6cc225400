"""How well scores find violations, measured where the truth is known."""

from collections.abc import Collection, Sequence

import numpy as np
from msgspec import Struct

from risk_gateway.fraud_model.korea import Line
from risk_gateway.fraud_model.prediction import Loaded

SHARES_PERCENT = (1, 2, 5, 10)
PLACES = 4


class AtShare(Struct, frozen=True):
    """Of the `percent` with the highest scores: how many are violations, which part of all violations, and of their
    revenue, they are. All 0-1."""

    percent: int
    precision: float
    recall: float
    revenue: float


class Metrics(Struct, frozen=True):
    """`base_rate` is the precision of looking at random; `auc` how often a violation scores above what is none."""

    cases: int
    violations: int
    base_rate: float
    auc: float
    at: tuple[AtShare, ...]


class Benchmark(Struct, frozen=True):
    """The model, and a look-up of exact precedents, on validation lines: all as published, and goods never seen."""

    published: Metrics
    unseen: Metrics
    precedent_published: Metrics
    precedent_unseen: Metrics
    seen_share: float


def measure(scores: Sequence[float], found: Sequence[bool], revenue: Sequence[float]) -> Metrics:
    """Return how well the scores rank what was found; `revenue` is what each would have brought. Equal scores keep
    their order. There is one case at least."""
    order = np.argsort(-np.array(scores), kind="stable")
    hit = np.array(found, dtype=np.float64)[order]
    brought = hit * np.array(revenue, dtype=np.float64)[order]
    return Metrics(
        cases=len(hit),
        violations=int(hit.sum()),
        base_rate=round(float(hit.mean()), PLACES),
        auc=round(area_under_curve(scores, found), PLACES),
        at=tuple(_at(percent, hit, brought) for percent in SHARES_PERCENT),
    )


def _at(percent: int, hit: np.ndarray, brought: np.ndarray) -> AtShare:
    first = max(1, len(hit) * percent // 100)
    found, worth = float(hit[:first].sum()), float(brought[:first].sum())
    return AtShare(
        percent,
        precision=round(found / first, PLACES),
        recall=round(found / max(1.0, float(hit.sum())), PLACES),
        revenue=round(worth / float(brought.sum()), PLACES) if brought.sum() else 0.0,
    )


def area_under_curve(scores: Sequence[float], found: Sequence[bool]) -> float:
    """Return the area under the ROC curve, equal scores counting half; 0.5 when all are of one kind."""
    numbers, hit = np.array(scores), np.array(found, dtype=bool)
    _, place, count = np.unique(numbers, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(hit.sum())
    pairs = positives * (len(hit) - positives)
    return float((ranks[hit].sum() - positives * (positives + 1) / 2) / pairs) if pairs else 0.5


def benchmark(loaded: Loaded, trained_on: Sequence[Line], lines: Sequence[Line]) -> Benchmark:
    """Measure on the validation lines of the public benchmark: most of them repeat a training line's goods, so that a
    look-up of precedents does well; only goods never seen tell what a model has learned."""
    precedents: dict[tuple[str, ...], tuple[int, int]] = {}
    for line in trained_on:
        seen, found = precedents.get(line.row.goods_tuple, (0, 0))
        precedents[line.row.goods_tuple] = seen + 1, found + line.found
    base = sum(line.found for line in trained_on) / len(trained_on)
    looked_up = [_share(precedents.get(line.row.goods_tuple), base) for line in lines]
    scores = loaded.probabilities(loaded.matrix([line.row for line in lines]))
    everything = range(len(lines))
    unseen = [place for place in everything if lines[place].row.goods_tuple not in precedents]
    return Benchmark(
        published=_of(scores, lines, everything),
        unseen=_of(scores, lines, unseen),
        precedent_published=_of(looked_up, lines, everything),
        precedent_unseen=_of(looked_up, lines, unseen),
        seen_share=round(1 - len(unseen) / len(lines), PLACES),
    )


def _share(precedent: tuple[int, int] | None, base: float) -> float:
    return base if precedent is None else precedent[1] / precedent[0]


def _of(scores: Sequence[float], lines: Sequence[Line], places: Collection[int]) -> Metrics:
    return measure(
        [scores[place] for place in places],
        [lines[place].found for place in places],
        [lines[place].revenue for place in places],
    )
