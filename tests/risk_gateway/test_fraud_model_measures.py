"""What is measured of a fraud model: how it ranks, whether the world drifts away from it, what it may learn from."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import archives
import fraud_models
import numpy as np
import pytest
from fraud_models import small
from msgspec.structs import replace

from risk_gateway import canonical
from risk_gateway.archive import Result
from risk_gateway.fraud_model import drift, korea, prediction
from risk_gateway.fraud_model.drift import State
from risk_gateway.fraud_model.evaluation import area_under_curve, benchmark, measure
from risk_gateway.fraud_model.examples import examples_of
from risk_gateway.fraud_model.features import FEATURES
from risk_gateway.fraud_model.training import Example, Recipe, train
from risk_gateway.model import Assessment
from risk_gateway.packing import pack, unpack
from risk_gateway.profiles import Motive

KOREA = Path(__file__).parents[3] / "shared" / "data" / "korea"
INSPECTS = {"weight": 90, "measures": ("INSPECT_FULL",)}
FOUND = Result(found=True, motive=Motive.CONCEALMENT, amount_tiyn=500)


# --- what is a label --------------------------------------------------------------------------------------------------


def test_an_act_that_found_nothing_is_a_label_too_and_counts_once(case: Any, known: Any, profile: Any) -> None:
    stored = archives.judged(case(items=[{}] * 4), known(profile(**INSPECTS)), result=Result(found=False))
    examples = examples_of(stored)
    assert [example.found for example in examples] == [False] * 4
    assert sum(example.weight for example in examples) == 1
    assert {example.act for example in examples} == {stored.number}


def test_no_act_and_no_inspection_are_no_labels(case: Any, known: Any, profile: Any) -> None:
    inspected = archives.judged(case(), known(profile(**INSPECTS)))
    documents = archives.judged(case(), known(profile(weight=40)), result=FOUND)
    assert examples_of(inspected) == examples_of(documents) == []


def test_when_a_profile_that_was_right_names_items_only_those_are_labels(case: Any, known: Any, profile: Any) -> None:
    zero = profile("T-0", condition={"field": "price_zero", "op": "is", "value": True}, weight=90)
    facts = case(items=[{}, {"price_zero": True}, {}])
    whole = profile("T-1", **INSPECTS)
    right = replace(FOUND, profiles={"T-0": True, "T-1": False})
    (example,) = examples_of(archives.judged(facts, known(zero, whole), result=right))
    assert (example.found, example.weight) == (True, 1.0)
    wrong = replace(FOUND, profiles={"T-0": False, "T-1": True})
    assert len(examples_of(archives.judged(facts, known(zero, whole), result=wrong))) == 3


def test_an_act_stands_for_as_many_declarations_as_its_chance_of_inspection_says(
    case: Any, known: Any, profile: Any
) -> None:
    stored = archives.judged(case(), known(profile(**INSPECTS)), result=FOUND)
    assessment = canonical.loads(unpack(stored.assessment), Assessment)
    for propensity, represents in (("0.02", 50.0), ("1", 1.0), ("0.0001", 500.0)):
        seldom = replace(assessment, propensity=Decimal(propensity))
        examples = examples_of(replace(stored, assessment=pack(canonical.dumps(seldom))))
        assert {example.represents for example in examples} == {represents}


# --- how it ranks -----------------------------------------------------------------------------------------------------


def test_the_highest_scores_are_those_that_are_looked_at() -> None:
    found = [False] * 90 + [True] * 10
    metrics = measure([place / 100 for place in range(100)], found, [1.0] * 99 + [91.0])
    assert (metrics.cases, metrics.violations, metrics.base_rate, metrics.auc) == (100, 10, 0.1, 1.0)
    by_share = {at.percent: (at.precision, at.recall, at.revenue) for at in metrics.at}
    assert by_share[1] == (1.0, 0.1, 0.91)
    assert by_share[10] == (1.0, 1.0, 1.0)


def test_scores_that_are_all_the_same_tell_nothing() -> None:
    assert area_under_curve([0.5] * 4, [True, False, True, False]) == 0.5
    assert area_under_curve([0.1, 0.2], [False, False]) == 0.5
    assert area_under_curve([0.1, 0.9], [True, False]) == 0.0


# --- drift ------------------------------------------------------------------------------------------------------------


def drifted(change: Any) -> dict[str, drift.Drift]:
    """Return by feature how far acts that were changed so lie from those of training."""
    loaded = prediction.load(small())
    assert loaded is not None
    rows = [change(example.row) for example in fraud_models.examples(seed=11)]
    matrix = loaded.matrix(rows)
    found = drift.drifts(small().reference, matrix, loaded.probabilities(matrix))
    assert [one.index for one in found] == sorted((one.index for one in found), reverse=True)
    return {one.feature: one for one in found}


def test_new_acts_like_those_of_training_do_not_alarm() -> None:
    found = drifted(lambda row: row)
    assert set(found) == {*FEATURES, drift.SCORE}
    for feature in ("value_log", "mass_log", "office", "hs6_rate"):
        assert found[feature].state is State.STABLE


def test_prices_that_doubled_alarm_by_their_feature() -> None:
    found = drifted(lambda row: row._replace(value=row.value * 3))
    assert found["value_per_kg_log"].state is State.ALARM
    assert found["mass_log"].state is State.STABLE


def test_a_fact_that_is_no_longer_known_alarms() -> None:
    assert drifted(lambda row: row._replace(office=""))["office"].state is State.ALARM


@pytest.mark.parametrize(("index", "state"), [(0.09, "stable"), (0.1, "watch"), (0.24, "watch"), (0.25, "alarm")])
def test_the_index_says_when_to_watch_and_when_to_alarm(index: float, state: str) -> None:
    assert drift.Drift("score", index).state == state


def test_calibration_compares_what_random_inspections_found_with_what_was_expected() -> None:
    chance = np.random.default_rng(7)
    probabilities = chance.uniform(0.02, 0.4, 2_000).tolist()
    honest = [(one, bool(chance.random() < one)) for one in probabilities]
    bins = drift.calibration(honest)
    assert sum(one.acts for one in bins) == 2_000
    assert all(one.fits for one in bins)
    assert [one.low for one in bins] == sorted(one.low for one in bins)
    boastful = [(min(1.0, one * 3), found) for one, found in honest]
    assert not any(one.fits for one in drift.calibration(boastful))
    assert drift.calibration([]) == []


# --- the public benchmark ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not KOREA.exists(), reason="the Korean import lines are not at ../shared")
def test_on_the_korean_benchmark_the_model_learns_more_than_precedents() -> None:
    trained_on = list(korea.read_lines(KOREA / "train.csv"))[::2]
    lines = list(korea.read_lines(KOREA / "valid.csv"))
    examples = [Example(line.row, line.found) for line in trained_on]
    loaded = prediction.load(train(examples, "imports", "train.csv", Recipe(trees=60, folds=3)).model)
    assert loaded is not None
    measured = benchmark(loaded, trained_on, lines)
    assert measured.unseen.auc > 0.55
    assert measured.unseen.at[2].precision > measured.unseen.base_rate
    assert measured.published.auc > measured.unseen.auc
    assert measured.precedent_unseen.auc == 0.5


def test_a_file_that_is_no_benchmark_is_told_by_its_missing_column(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(KeyError, match="Tax Rate"):
        list(korea.read_lines(tmp_path / "other.csv"))
