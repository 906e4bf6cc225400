"""The fraud model: the same for the same acts, honest about goods it has not seen, and never judging alone."""

import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import fraud_models
import numpy as np
import pytest
from fraud_models import QUICK, RIGHT_ORIGIN, WRONG_ORIGIN, small
from msgspec.structs import replace

from risk_gateway import canonical, gateway, knowledge
from risk_gateway.budget import Budget
from risk_gateway.errors import OutOfTime
from risk_gateway.fraud_model import booster_text, calibration, prediction
from risk_gateway.fraud_model.evaluation import area_under_curve
from risk_gateway.fraud_model.features import FEATURES, Row, feature_label, rows_of
from risk_gateway.fraud_model.learning import folds_of
from risk_gateway.fraud_model.spec import FraudModel, sealed, version_of
from risk_gateway.fraud_model.training import Example, TooFewLabels, train
from risk_gateway.model import Case, Knowledge, Opinion, Outcome
from risk_gateway.profiles import MeasureCode

CHEAP = {"commodity_code": "8539229000", "origin_country": WRONG_ORIGIN, "net_mass_kg": Decimal(500)} | {
    "item_value_usd": Decimal(400)
}
DEAR = {**CHEAP, "origin_country": RIGHT_ORIGIN, "item_value_usd": Decimal(9000)}
ASK_ELSEWHERE = """
import sys
from pathlib import Path
{before}
from risk_gateway import canonical
from risk_gateway.budget import Budget
from risk_gateway.fraud_model import prediction
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.model import Case
model = canonical.loads(Path(sys.argv[1]).read_bytes(), FraudModel)
case = canonical.loads(Path(sys.argv[2]).read_bytes(), Case)
sys.stdout.buffer.write(canonical.dumps(prediction.opinion(case, model, Budget.replaying(None))))
"""


def asked(case: Case, model: FraudModel | None) -> Opinion | None:
    return prediction.opinion(case, model, Budget.replaying(None))


def sure(case: Case, model: FraudModel | None) -> Opinion:
    found = asked(case, model)
    assert found is not None
    return found


@pytest.fixture
def with_model(shipped: Knowledge) -> Any:
    """Return knowledge with these profiles, this model and this weight of its opinion."""

    def build(*profiles: Any, model: FraudModel | None, weight: int = 100) -> Knowledge:
        parts = {name: getattr(shipped, name) for name in ("day", "reference_values", "phrases", "day_key")}
        parameters = replace(shipped.parameters, model_weight=weight)
        return knowledge.build(**parts, profiles=profiles, parameters=parameters, model=model)

    return build


def test_a_period_without_goods_has_no_features() -> None:
    loaded = prediction.load(small())
    assert loaded is not None
    assert loaded.matrix([]).shape == (0, len(FEATURES))


# --- training ---------------------------------------------------------------------------------------------------------


def test_the_same_acts_give_the_same_model_under_the_same_version() -> None:
    again = train(fraud_models.examples(), "imports", "test 7", QUICK).model
    assert canonical.dumps(again) == canonical.dumps(small())
    assert again.version == version_of(again) != small(8).version


def test_a_model_comes_back_from_json_as_it_went() -> None:
    back = canonical.loads(canonical.dumps(small()), FraudModel)
    assert back == small()
    assert version_of(back) == small().version


def test_rows_of_the_same_goods_or_of_one_act_never_lie_in_two_folds() -> None:
    rows = [example.row for example in fraud_models.examples(300)]
    rows += [row._replace(declarant="150340012340") for row in rows[:100]]
    acts = [f"act {place // 3}" for place in range(len(rows))]
    folds = folds_of(rows, acts, 5)
    by_goods: dict[object, set[int]] = {}
    for row, act, fold in zip(rows, acts, folds.tolist(), strict=True):
        by_goods.setdefault(row.goods_tuple, set()).add(fold)
        by_goods.setdefault(act, set()).add(fold)
    assert all(len(found) == 1 for found in by_goods.values())
    assert set(folds.tolist()) == set(range(5))


def test_what_was_found_in_goods_does_not_leak_into_how_the_same_goods_are_held_out() -> None:
    chance = np.random.default_rng(3)
    rows = [example.row._replace(declarant=str(place)) for place, example in enumerate(fraud_models.examples(300))]
    repeated = [example for row in rows for example in [Example(row, bool(chance.random() < 0.4))] * 4]
    trained = train(repeated, "imports", "noise", QUICK)
    found = [example.found for example in repeated]
    assert area_under_curve(trained.held_out, found) < 0.6


def test_an_act_of_many_items_does_not_leak_from_one_item_into_another() -> None:
    chance = np.random.default_rng(5)
    rows = [example.row for example in fraud_models.examples(800)]
    found = [bool(chance.random() < 0.4) for _ in range(200)]
    acts = [
        Example(row._replace(declarant=f"firm {place // 4}"), found[place // 4], act=f"act {place // 4}")
        for place, row in enumerate(rows)
    ]
    trained = train(acts, "imports", "noise", QUICK)
    assert area_under_curve(trained.held_out, [example.found for example in acts]) < 0.6


def test_probabilities_rise_with_the_log_odds_and_mean_what_they_say() -> None:
    trained = train(fraud_models.examples(3000), "imports", "test", QUICK)
    line = trained.model.calibration
    grid = calibration.probabilities(line, [place / 50 for place in range(-400, 400)])
    assert grid == sorted(grid)
    assert 0 < grid[0] < grid[-1] < 1
    found = sum(example.found for example in fraud_models.examples(3000))
    assert sum(trained.held_out) == pytest.approx(found, rel=0.05)


def test_the_worst_item_of_an_act_is_as_probable_as_acts_find_violations() -> None:
    rows = [example.row for example in fraud_models.examples(3000)]
    chance = np.random.default_rng(2)
    found = [bool(chance.random() < 0.2) for _ in range(300)]
    acts = [Example(row, found[place // 10], 0.1, act=f"act {place // 10}") for place, row in enumerate(rows)]
    held_out = train(acts, "imports", "test", QUICK).held_out
    worst = [max(held_out[place : place + 10]) for place in range(0, 3000, 10)]
    assert sum(worst) == pytest.approx(sum(found), rel=0.05)


def test_acts_that_stand_for_many_declarations_weigh_as_many_in_the_calibration() -> None:
    raw, found = np.linspace(-2, 2, 400), np.array([1.0, 0.0] * 200)
    even = calibration.rising_line(raw, found, np.ones(400))
    mostly_right = calibration.rising_line(raw, found, np.where(found == 1, 1.0, 9.0))
    assert calibration.probability(even, 0.0) == pytest.approx(0.5, abs=0.02)
    assert calibration.probability(mostly_right, 0.0) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("same", [True, False])
def test_acts_of_one_kind_or_of_one_goods_teach_nothing(same: bool) -> None:
    row = fraud_models.examples(1)[0].row
    with pytest.raises(TooFewLabels) as refused:
        train([Example(row, same)] * 50, "imports", "test", QUICK)
    assert "50" in refused.value.text("en")


# --- asking -----------------------------------------------------------------------------------------------------------


def test_cheap_goods_from_the_wrong_origin_are_the_worst_and_the_reasons_say_so(case: Any) -> None:
    found = sure(case(items=[DEAR] * 6 + [CHEAP]), small())
    assert [one.item for one in found.items] == [7, 1, 2, 3, 4]
    assert found.probability == found.items[0].probability > Decimal("0.6") > found.items[1].probability
    assert found.model == small().version
    shares = [abs(reason.contribution) for reason in found.items[0].reasons]
    assert shares == sorted(shares, reverse=True)
    assert {"hs6_origin_rate", "hs4_route_rate", "agent_origin_rate"} & {one.feature for one in found.items[0].reasons}
    assert all(-one.probability.as_tuple().exponent <= 6 for one in found.items)


def test_the_contributions_of_an_item_sum_up_to_its_log_odds() -> None:
    loaded = prediction.load(small())
    assert loaded is not None
    matrix = loaded.matrix([example.row for example in fraud_models.examples(50)])
    raw = loaded._booster.predict(matrix, raw_score=True)
    whole = loaded._booster.predict(matrix, pred_contrib=True)
    assert np.allclose(whole.sum(axis=1), raw)
    assert np.array_equal(loaded.contributions(matrix), whole[:, :-1])


def test_what_is_not_known_of_goods_is_no_reason_to_fail(case: Any) -> None:
    odd = {"item_value_usd": Decimal("1E+400"), "net_mass_kg": Decimal(0)}
    found = sure(case(items=[{}, odd, {**CHEAP, "item_value_usd": Decimal(-1)}]), small())
    assert len(found.items) == 3
    assert b"NaN" not in canonical.dumps(found)


def test_a_case_and_a_line_of_the_same_goods_give_the_same_row(case: Any) -> None:
    (row,) = rows_of(case({"dispatch_country": "CN", "office": "20201"}, [CHEAP], declarant="150340012340"))
    assert row.goods_tuple == Row("8539229000", "CN", "CN", "", "", "", "", "", mass_kg=500.0, value=400.0).goods_tuple
    assert (row.declarant, row.office, row.procedure) == ("150340012340", "20201", "40")
    assert math.isnan(row.net_gross_percent)


def test_another_process_gives_the_same_bytes(case: Any, tmp_path: Path) -> None:
    facts = case(items=[CHEAP, DEAR, {}])
    assert elsewhere(tmp_path, facts, "") == canonical.dumps(sure(facts, small()))


def test_many_threads_at_once_get_the_same_opinion(case: Any) -> None:
    facts, fresh = case(items=[CHEAP, DEAR] * 20), train(fraud_models.examples(seed=21), "imports", "test", QUICK).model
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: canonical.dumps(sure(facts, fresh)), range(64)))
    assert len(found) == 1


def test_without_lightgbm_there_is_no_opinion(case: Any, tmp_path: Path) -> None:
    assert elsewhere(tmp_path, case(items=[CHEAP]), "sys.modules['lightgbm'] = None") == b"null"


def elsewhere(folder: Path, case: Case, before: str) -> bytes:
    """Return the small model's opinion as another process has it."""
    (folder / "model.json").write_bytes(canonical.dumps(small()))
    (folder / "case.json").write_bytes(canonical.dumps(case))
    script = ASK_ELSEWHERE.format(before=before)
    command = [sys.executable, "-c", script, str(folder / "model.json"), str(folder / "case.json")]
    return subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[2]).stdout


def test_time_that_runs_out_is_told_to_the_gateway(case: Any) -> None:
    with pytest.raises(OutOfTime):
        prediction.opinion(case(items=[CHEAP]), small(), Budget.replaying(2))


def test_there_is_no_opinion_without_a_model_for_the_block_or_without_items(case: Any) -> None:
    assert asked(case(items=[CHEAP]), None) is None
    assert asked(case(items=[CHEAP], block="exports"), small()) is None
    assert asked(case(items=()), small()) is None


BROKEN = {
    "no booster": lambda text: "hello",
    "nothing": lambda text: "",
    "cut in the head": lambda text: text[:300],
    "cut in a tree": lambda text: text[: len(text) // 3],
    "cut after the trees": lambda text: text[: text.index("end of trees")],
    "a leaf that is no number": lambda text: text.replace("leaf_value=", "leaf_value=x", 1),
    "a leaf that is not finite": lambda text: _changed(text, "leaf_value", "nan"),
    "a split that leads nowhere": lambda text: _changed(text, "left_child", "77"),
    "a split that leads back": lambda text: _changed(text, "left_child", "0"),
    "a feature that is not there": lambda text: _changed(text, "split_feature", "99"),
    "a threshold that is no number": lambda text: _changed(text, "threshold", "nan"),
    "an empty leaf": lambda text: _changed(text, "leaf_count", "0"),
    "other features": lambda text: text.replace("mass_log", "mess_log"),
}


def _changed(text: str, field: str, first: str) -> str:
    """Return the text with another first value of a field of its first tree, the sizes as they were."""
    begins = text.index(f"{field}=") + len(field) + 1
    old = text[begins : text.index(" ", begins)]
    sizes = text.index("tree_sizes=") + len("tree_sizes=")
    size = text[sizes : text.index(" ", sizes)]
    longer = str(int(size) + len(first) - len(old))
    return text[:sizes] + longer + text[sizes + len(size) : begins] + first + text[begins + len(old) :]


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_booster_leaves_the_rules_to_judge_alone(
    how: str, case: Any, profile: Any, with_model: Any, assess: Any, capfd: Any
) -> None:
    broken = sealed(replace(small(), booster=BROKEN[how](small().booster)))
    assert not booster_text.is_sound(broken.booster, FEATURES)
    facts, rules = case(items=[CHEAP]), profile(weight=35)
    assessment = assess(facts, with_model(rules, model=broken))
    alone = assess(facts, with_model(rules, model=None))
    assert assessment.opinion is None
    assert replace(assessment, knowledge_version="") == replace(alone, knowledge_version="")
    assert capfd.readouterr() == ("", "")


def test_a_split_between_what_is_known_and_what_is_not_is_sound() -> None:
    """LightGBM writes an infinite threshold where all known values go one way and the missing ones the other."""
    text = _changed(small().booster, "threshold", "inf")
    assert booster_text.is_sound(text, FEATURES)
    assert prediction.load(sealed(replace(small(), booster=text))) is not None


def test_another_text_under_the_version_of_a_loaded_model_is_not_believed(case: Any) -> None:
    facts = case(items=[CHEAP])
    before = sure(facts, small())
    assert asked(facts, replace(small(), calibration=((0.0, 0.999),))) is None
    assert sure(facts, small()) == before


# --- in the gateway ---------------------------------------------------------------------------------------------------


def test_the_model_alone_orders_documents_and_never_an_inspection(
    case: Any, profile: Any, with_model: Any, assess: Any
) -> None:
    certain = sealed(replace(small(), calibration=((-9.0, 0.998), (9.0, 0.999))))
    silent = profile(weight=0, measures=("INSPECT_FULL",))
    assessment = assess(case(items=[CHEAP]), with_model(silent, model=certain))
    assert assessment.score > 99
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK
    asks = profile(weight=35, measures=("INSPECT_FULL",))
    assert assess(case(items=[CHEAP]), with_model(asks, model=certain)).outcome is Outcome.INSPECTION_ORDER
    assert assess(case(items=[CHEAP]), with_model(silent, model=None)).outcome is Outcome.SIMPLIFIED_RELEASE


def test_a_model_whose_weight_is_zero_is_asked_and_changes_nothing(
    case: Any, profile: Any, with_model: Any, assess: Any
) -> None:
    rules = profile(weight=35)
    assessment = assess(case(items=[CHEAP]), with_model(rules, model=small(), weight=0))
    assert assessment.opinion is not None
    assert assessment.score == assess(case(items=[CHEAP]), with_model(rules, model=None)).score


def test_a_replay_asks_the_model_of_that_day_whatever_judges_now(case: Any, profile: Any, with_model: Any) -> None:
    facts, then = case(items=[CHEAP, DEAR]), with_model(profile(), model=small())
    first = canonical.dumps(gateway.assess(facts, then, Budget.replaying(None)))
    now = with_model(profile(), model=small(8))
    assert canonical.dumps(gateway.assess(facts, now, Budget.replaying(None))) != first
    kept = canonical.loads(canonical.dumps(then), Knowledge)
    assert canonical.dumps(gateway.assess(facts, kept, Budget.replaying(None))) == first


def test_what_a_declarant_reads_names_no_feature_and_no_probability(
    case: Any, profile: Any, with_model: Any, decided: Any
) -> None:
    known = with_model(profile(measures=(MeasureCode.DOCUMENTARY_CONTROL,)), model=small())
    decision = decided(case(items=[CHEAP]), known)
    found = sure(case(items=[CHEAP]), small())
    for language in ("kk", "ru", "en"):
        answer = str(decision.as_json(language))
        assert str(found.probability) not in answer
        assert not any(feature in answer for feature in FEATURES if "_" in feature)
        assert small().version not in answer


def test_every_feature_has_a_name_in_three_languages() -> None:
    for code in FEATURES:
        label = feature_label(code)
        assert all(label.into(language).strip() for language in ("kk", "ru", "en"))
    with pytest.raises(KeyError):
        feature_label("no_feature")
