"""What remains to judge with when judging itself broke down."""

from datetime import date
from typing import Any

import fraud_models
from msgspec.structs import replace

from risk_gateway import emergency
from risk_gateway.knowledge import build
from risk_gateway.model import Knowledge


def with_model(known: Knowledge) -> Knowledge:
    names = ("day", "profiles", "parameters", "reference_values", "phrases", "day_key")
    return build(**{name: getattr(known, name) for name in names}, model=fraud_models.small())


def test_the_model_goes_first_and_what_profiles_find_stays(starter: Any) -> None:
    known = with_model(starter())
    left = emergency.without(known, RuntimeError("no leaf"))
    assert left.model is None
    assert left.profiles == known.profiles
    assert left.problem == "RuntimeError: no leaf"


def test_without_a_model_the_profiles_go(starter: Any) -> None:
    left = emergency.without(starter(), RuntimeError("no bit"))
    assert (left.profiles, left.problem) == ((), "RuntimeError: no bit")
    assert left.day_key == starter().day_key


def test_a_day_without_parameters_of_its_own_has_the_last_known_ones(starter: Any) -> None:
    late = replace(starter(), day=date(2200, 1, 1))
    assert emergency.without(late, RuntimeError("x")).parameters.documentary_from > 0
