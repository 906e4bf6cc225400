"""Trains a fraud model: the same examples give the same model, under the same version.

An act counts once, however many goods items it has. Rows of the same goods, or of one act, never stand on both sides: a
row is encoded, and the calibration is found, by what was seen in other goods of other acts only.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import lightgbm
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from risk_gateway.fraud_model import calibration, drift
from risk_gateway.fraud_model.errors import TooFewLabels
from risk_gateway.fraud_model.features import CATEGORICAL, FEATURES, Matrix, Row, Tables
from risk_gateway.fraud_model.learning import codes_of, encodings_of, folds_of, medians_of
from risk_gateway.fraud_model.spec import Encoding, FraudModel, Usual, sealed

Numbers = NDArray[np.float64]


class Example(NamedTuple):
    """A goods item of a closed inspection act.

    `weight` is its share of the act; `represents` how many declarations the act stands for: 1 / propensity. `act` tells
    which items are of one act; "" is one of its own.
    """

    row: Row
    found: bool
    weight: float = 1.0
    represents: float = 1.0
    act: str = ""


class Recipe(Struct, frozen=True):
    """How to train. `smoothing` is in acts: an encoding leans on the share of all as if it had seen so many of it."""

    trees: int = 150
    leaves: int = 7
    learning_rate: float = 0.03
    rows_per_leaf_min: int = 100
    folds: int = 5
    smoothing: float = 5.0
    seed: int = 7


class Trained(NamedTuple):
    """A model, and the probability that it gives each of its own examples without having seen the same goods."""

    model: FraudModel
    held_out: list[float]


def demand_enough(acts: int, found: int, acts_min: int, found_min: int) -> None:
    """Raises TooFewLabels, which says how many there are."""
    if acts < acts_min or found < found_min or found == acts:
        counts = {"acts": acts, "found": found, "acts_min": acts_min, "found_min": found_min}
        raise TooFewLabels("model-few-labels", **{name: str(count) for name, count in counts.items()})


def train(
    examples: Sequence[Example], block: str, source: str, recipe: Recipe = Recipe(), population: Sequence[Row] = ()
) -> Trained:
    """Return a trained model of a block. `source` says what it learned from.

    `population` are the rows that drift is measured against: of all declarations, inspected or not; without it, the
    examples themselves. Raises TooFewLabels when they all lie in one fold.
    """
    rows = [example.row for example in examples]
    labels = _Labels.of(examples)
    folds = folds_of(rows, [example.act for example in examples], recipe.folds)
    if len(set(folds.tolist())) < 2:
        found = sum(example.found for example in examples)
        demand_enough(len(examples), found, len(examples) + 1, 1)
    tables = _Learner(rows, labels, medians_of(rows), codes_of(rows), recipe.smoothing)
    matrix = _encoded_by_others(rows, folds, tables)
    raw = _held_out(matrix, labels, folds, recipe)
    worst = _worst_of_acts(raw, examples)
    line = calibration.rising_line(raw[worst], labels.found[worst], labels.represents[worst])

    everything = np.full(len(rows), True)
    booster = _boost(matrix, labels, everything, recipe)
    lay = tables.of(everything).matrix(population or rows)
    model = FraudModel(
        block=block,
        features=FEATURES,
        encodings=tables.encodings(everything),
        medians=tables.medians,
        codes=tables.codes,
        booster=booster.model_to_string(),
        calibration=line,
        reference=drift.reference_of(lay, calibration.probabilities(line, _log_odds(booster, lay))),
        source=source,
    )
    return Trained(sealed(model), calibration.probabilities(line, raw))


class _Labels(NamedTuple):
    """What was found in each row (0 or 1), its share of its act, and how many declarations the act stands for."""

    found: Numbers
    weight: Numbers
    represents: Numbers

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "_Labels":
        columns = ((example.found, example.weight, example.represents) for example in examples)
        return cls(*np.array(list(columns), dtype=np.float64).reshape(-1, 3).T)


class _Learner(NamedTuple):
    """Makes the tables of the rows that are used; medians and codes, which tell of no label, are of all rows."""

    rows: Sequence[Row]
    labels: _Labels
    medians: dict[str, Usual]
    codes: dict[str, tuple[str, ...]]
    smoothing: float

    def encodings(self, used: NDArray[np.bool_]) -> dict[str, Encoding]:
        return encodings_of(self.rows, self.labels.found, self.labels.weight, used, self.smoothing)

    def of(self, used: NDArray[np.bool_]) -> Tables:
        return Tables(self.encodings(used), self.medians, self.codes)


def _encoded_by_others(rows: Sequence[Row], folds: NDArray[np.int64], tables: _Learner) -> Matrix:
    """Return the features of each row, by tables that its own fold has no part in."""
    matrix = np.empty((len(rows), len(FEATURES)))
    for fold in sorted(set(folds.tolist())):
        there = np.flatnonzero(folds == fold).tolist()
        matrix[there] = tables.of(folds != fold).matrix([rows[place] for place in there])
    return matrix


def _held_out(matrix: Matrix, labels: _Labels, folds: NDArray[np.int64], recipe: Recipe) -> Numbers:
    """Return the log-odds of each row by trees that were trained without its fold."""
    raw = np.empty(len(matrix))
    for fold in range(recipe.folds):
        there = folds == fold
        if there.any():
            raw[there] = _log_odds(_boost(matrix, labels, ~there, recipe), matrix[there])
    return raw


def _worst_of_acts(raw: Numbers, examples: Sequence[Example]) -> list[int]:
    """Return the places of the items with the highest log-odds, one of each act: by them a declaration is judged."""
    worst: dict[str, int] = {}
    for place, example in enumerate(examples):
        act = example.act or f"of its own {place}"
        if act not in worst or raw[place] > raw[worst[act]]:
            worst[act] = place
    return sorted(worst.values())


def _boost(matrix: Matrix, labels: _Labels, used: NDArray[np.bool_], recipe: Recipe) -> Any:
    """Return a booster over the rows that are `used`; one thread and fixed seeds, so that it is always the same."""
    parameters = {
        "objective": "binary",
        "num_leaves": recipe.leaves,
        "learning_rate": recipe.learning_rate,
        "min_data_in_leaf": recipe.rows_per_leaf_min,
        "min_data_per_group": recipe.rows_per_leaf_min,
        "seed": recipe.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        matrix[used],
        labels.found[used],
        weight=labels.weight[used],
        feature_name=list(FEATURES),
        categorical_feature=CATEGORICAL,
        params=parameters,
    )
    return lightgbm.train(parameters, data, num_boost_round=recipe.trees)


def _log_odds(booster: Any, matrix: Matrix) -> Numbers:
    raw: Numbers = np.asarray(booster.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)
    return raw
