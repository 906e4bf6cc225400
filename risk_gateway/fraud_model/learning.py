"""The tables of a model: what was found by value, what is usual by commodity, and which codes there are."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from risk_gateway.fraud_model.features import CODED, ENCODED, MEDIAN_LEVELS, Row, encoded
from risk_gateway.fraud_model.spec import Encoding, Usual

CODE_ROWS_MIN = 20  # a rarer code is not known: a tree could only learn single acts from it
CODES_MAX = 60
ACTS_MIN = 2.0  # a value with fewer acts tells little, and most values have but one
MEDIAN_ROWS_MIN = 5
PLACES = 6
GOODS_SEPARATOR = "\x1f"


def folds_of(rows: Sequence[Row], acts: Sequence[str], folds: int) -> NDArray[np.int64]:
    """Return the fold of each row, 0 to `folds` - 1.

    Rows of the same goods, or of the same act, never lie in different folds; an act "" is one of its own. What belongs
    together lies in the fold that its first goods, in order of text, choose.
    """
    goods = [GOODS_SEPARATOR.join(row.goods_tuple) for row in rows]
    groups = _Groups()
    for one, act in zip(goods, acts, strict=True):
        if act:
            groups.join(one, f"{GOODS_SEPARATOR}{act}")
    firsts: dict[str, str] = {}
    for one in goods:
        root = groups.root(one)
        firsts[root] = min(one, firsts.get(root, one))
    return np.array([_chosen(firsts[groups.root(one)], folds) for one in goods], dtype=np.int64)


def _chosen(goods: str, folds: int) -> int:
    return int.from_bytes(hashlib.sha256(goods.encode()).digest()[:8], "big") % folds


class _Groups:
    """What belongs together, pair by pair (union-find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, one: str) -> str:
        above = self._above.get(one, one)
        while above != self._above.get(above, above):
            above = self._above[above] = self._above.get(self._above[above], self._above[above])
        return above

    def join(self, one: str, other: str) -> None:
        self._above[self.root(other)] = self.root(one)


def encodings_of(
    rows: Sequence[Row],
    found: NDArray[np.float64],
    weight: NDArray[np.float64],
    used: NDArray[np.bool_],
    smoothing: float,
) -> dict[str, Encoding]:
    """Return the target encodings of the rows that are `used`; one row at least is."""
    places = np.flatnonzero(used).tolist()
    prior = round(float(np.average(found[places], weights=weight[places])), PLACES)
    acts, wrong = weight[places].tolist(), (weight * found)[places].tolist()
    values = encoded([rows[place] for place in places])
    return {
        name: Encoding(prior, smoothing, _seen(zip(column, acts, wrong, strict=True)))
        for name, column in zip(ENCODED, values, strict=True)
    }


def _seen(known: Iterable[tuple[str, float, float]]) -> dict[str, tuple[float, float]]:
    """Return by value the acts, and those of them that found something, weighted; of ACTS_MIN and more."""
    acts: defaultdict[str, float] = defaultdict(float)
    violations: defaultdict[str, float] = defaultdict(float)
    for key, weight, violation in known:
        acts[key] += weight
        violations[key] += violation
    kept = sorted(key for key, number in acts.items() if number >= ACTS_MIN)
    return {key: (round(acts[key], PLACES), round(violations[key], PLACES)) for key in kept}


def medians_of(rows: Sequence[Row]) -> dict[str, Usual]:
    """Return the medians by commodity, where at least MEDIAN_ROWS_MIN rows tell."""
    return {level: _usual(rows, digits) for level, digits in MEDIAN_LEVELS.items()}


def _usual(rows: Sequence[Row], digits: int) -> Usual:
    prefixes: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        prefixes[row.commodity[:digits]].append(row)

    def medians(number: Callable[[Row], float]) -> dict[str, float]:
        known = {prefix: [one for one in map(number, prefixes[prefix]) if one > 0] for prefix in sorted(prefixes)}
        enough = {prefix: numbers for prefix, numbers in known.items() if len(numbers) >= MEDIAN_ROWS_MIN}
        return {prefix: round(float(np.median(numbers)), PLACES) for prefix, numbers in enough.items()}

    return Usual(
        per_kg=medians(lambda row: row.value / row.mass_kg if row.mass_kg > 0 else 0.0),
        mass_kg=medians(lambda row: row.mass_kg),
        value=medians(lambda row: row.value),
    )


def codes_of(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Return the codes of each low-cardinality feature that are frequent enough, the most frequent first."""
    codes = {}
    for name in CODED:
        counted = Counter(getattr(row, name) for row in rows)
        counted.pop("", None)
        frequent = sorted((-count, code) for code, count in counted.items() if count >= CODE_ROWS_MIN)
        codes[name] = tuple(code for _, code in frequent[:CODES_MAX])
    return codes
