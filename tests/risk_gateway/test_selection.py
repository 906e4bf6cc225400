"""The draw can be verified from the key, cannot be re-rolled, and is never switched off."""

import hashlib
import hmac
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway import scoring
from risk_gateway.errors import ParametersRefused, ProfileRefused
from risk_gateway.model import Load, Outcome
from risk_gateway.profiles import Kind, Motive, SelectionRates
from risk_gateway.selection import draw, in_force

KEY = bytes(range(32))


def test_a_draw_is_the_hmac_of_series_profile_and_version_below_the_rate() -> None:
    by_hand = hmac.new(KEY, b"150340012340/A-1|random|1", hashlib.sha256).digest()
    share = Fraction(int.from_bytes(by_hand, "big"), 2**256)
    for rate in (Decimal("0.005"), Decimal("0.5"), Decimal("0.999")):
        drawn = draw(KEY, "150340012340/A-1", "random", 1, rate)
        assert drawn.draw == by_hand.hex()
        assert drawn.selected is (share < Fraction(rate))
        assert drawn.rate == rate


def test_a_rate_of_one_always_selects() -> None:
    assert all(draw(KEY, f"series/{n}", "random", 1, Decimal(1)).selected for n in range(50))


def test_about_one_in_two_hundred_is_drawn_at_half_a_per_cent() -> None:
    selected = sum(draw(KEY, f"150340012340/{n}", "random", 1, Decimal("0.005")).selected for n in range(20_000))
    assert 70 <= selected <= 130


def test_amending_cannot_re_roll(case: Any, shipped: Any, assess: Any) -> None:
    first = assess(case(), shipped)
    amended = case({"is_amendment": True}, items=[{"price_zero": False}], document_digest="f" * 64)
    assert assess(amended, shipped).selections == first.selections
    assert assess(case(series_id="150340012340/A-2"), shipped).selections != first.selections


def test_every_assessment_keeps_the_random_draw_and_its_propensity(case: Any, shipped: Any, assess: Any) -> None:
    (only,) = assess(case(), shipped).selections
    assert (only.profile, only.rate) == ("random", shipped.parameters.random_rates.medium)


@pytest.mark.parametrize("rate", ["0", "-0.01", "1.01"])
def test_the_minimum_random_rate_never_reaches_zero(rate: str, known: Any, parameters: Any, profile: Any) -> None:
    off = replace(parameters, random_rates=SelectionRates(low=Decimal(rate)))
    with pytest.raises(ParametersRefused, match="parameters-random-rate"):
        known(profile(), parameters=off)


def test_a_short_day_key_is_refused(known: Any, profile: Any) -> None:
    with pytest.raises(ParametersRefused, match="parameters-day-key"):
        known(profile(), day_key=b"short")


# --- rates and caps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", ["0", "-0.01", "1.01"])
def test_a_profile_that_would_never_be_acted_upon_is_refused(rate: str, known: Any, profile: Any) -> None:
    with pytest.raises(ProfileRefused, match="rate"):
        known(profile(selection=SelectionRates(medium=Decimal(rate))))


@pytest.mark.parametrize(("hits", "acted_upon"), [(0, True), (2, True), (3, False), (4, False)])
def test_a_profile_is_acted_upon_as_often_a_day_as_its_cap_allows(
    hits: int, acted_upon: bool, case: Any, known: Any, profile: Any, assess: Any
) -> None:
    knowledge = known(profile("T-1", daily_cap=3, weight=90, measures=("INSPECT_FULL",)))
    assessment = assess(case(load=Load(capped={"T-1": hits})), knowledge)
    (finding,) = assessment.findings
    assert finding.selected is acted_upon
    assert (assessment.outcome is Outcome.INSPECTION_ORDER) is acted_upon


@pytest.mark.parametrize("motive", [Motive.PROHIBITION, Motive.SAFETY])
def test_prohibitions_and_safety_have_no_cap_when_they_are_direct(
    motive: Motive, case: Any, known: Any, profile: Any, assess: Any
) -> None:
    usual = {"daily_cap": 1, "motive": motive, "measures": ("DETAIN",)}
    knowledge = known(profile("T-1", kind=Kind.DIRECT, **usual), profile("T-2", **usual))
    findings = assess(case(load=Load(capped={"T-1": 99, "T-2": 99})), knowledge).findings
    assert {finding.profile: finding.selected for finding in findings} == {"T-1": True, "T-2": False}


def test_a_capped_hit_is_not_acted_upon_although_it_was_drawn(case: Any, known: Any, profile: Any, assess: Any) -> None:
    often = SelectionRates(medium=Decimal("0.999999"))
    knowledge = known(profile("T-1", daily_cap=1, selection=often))
    assessment = assess(case(load=Load(capped={"T-1": 1})), knowledge)
    assert [drawn.selected for drawn in assessment.selections if drawn.profile == "T-1"] == [True]
    assert [finding.selected for finding in assessment.findings] == [False]


def test_a_case_carries_the_counts_of_capped_profiles_that_judge_and_no_others(known: Any, profile: Any) -> None:
    knowledge = known(profile("T-1", daily_cap=3), profile("T-2"))
    load = Load(inspections=2, capped={"T-1": 1, "T-2": 5, "GONE-1": 9})
    assert in_force(load, knowledge) == Load(inspections=2, capped={"T-1": 1})


# --- propensity -----------------------------------------------------------------------------------------------------


def rates(medium: str) -> SelectionRates:
    return SelectionRates(medium=Decimal(medium))


def with_random(parameters: Any, rate: str) -> Any:
    return replace(parameters, random_rates=SelectionRates(*[Decimal(rate)] * 3))


def test_without_uncertain_findings_the_propensity_is_the_random_rate_or_one(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    random = with_random(parameters, "0.005")
    mild = known(profile("T-1"), parameters=random)
    severe = known(profile("T-1", weight=90), parameters=random)
    assert assess(case(), mild).propensity == Decimal("0.005")
    assert assess(case(), severe).propensity == 1


def test_the_propensity_adds_the_chance_of_the_profile_that_inspects(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    inspects = profile("T-1", weight=90, selection=rates("0.25"))
    assessment = assess(case(), known(inspects, parameters=with_random(parameters, "0.02")))
    assert assessment.propensity == Decimal("0.265")  # 0.25 + 0.75 * 0.02


def test_two_findings_that_inspect_only_together_are_weighed_together(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    together = (profile(f"T-{n}", weight=45, selection=rates(rate)) for n, rate in enumerate(("0.5", "0.2")))
    assessment = assess(case(), known(*together, parameters=with_random(parameters, "0.01")))
    assert assessment.propensity == Decimal("0.109")  # 0.1 + 0.9 * 0.01


def test_items_that_the_same_findings_concern_are_weighed_once_and_to_the_same_end(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    def on(code: str, prefix: str, weight: int) -> Any:
        field = {"field": "commodity_code", "op": "prefix", "value": [prefix]}
        return profile(code, condition=field, weight=weight, selection=rates("0.5"))

    items = [{"commodity_code": code} for code in ("8539229000", "9401610000", "8539229000", "9401610000")]
    knowledge = known(
        on("T-1", "85", 50),
        on("T-2", "85", 50),
        on("T-3", "94", 50),
        on("T-4", "94", 5),
        parameters=with_random(parameters, "0.01"),
    )
    assessment = assess(case(items=items), knowledge)
    assert [finding.items for finding in assessment.findings] == [(1, 3), (1, 3), (2, 4), (2, 4)]
    assert assessment.propensity == Decimal("0.2575")  # both of the lamps, never one of each: 0.25 + 0.75 * 0.01


def test_a_capped_finding_has_no_chance(case: Any, known: Any, profile: Any, parameters: Any, assess: Any) -> None:
    capped = profile("T-1", weight=90, selection=rates("0.5"), daily_cap=1)
    knowledge = known(capped, parameters=with_random(parameters, "0.01"))
    assert assess(case(load=Load(capped={"T-1": 1})), knowledge).propensity == Decimal("0.01")


def test_the_propensity_is_that_of_all_combinations(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    weights = {"T-0": (20, "0.9"), "T-1": (35, "0.5"), "T-2": (50, "0.3"), "T-3": (70, "0.1"), "T-4": (30, "1")}
    listed = [profile(code, weight=weight, selection=rates(rate)) for code, (weight, rate) in weights.items()]
    knowledge = known(*listed, parameters=with_random(parameters, "0.02"))
    found = assess(case(), knowledge)
    expected = Decimal(0)
    for acted_upon in product((True, False), repeat=len(found.findings)):
        chance = Decimal(1)
        for finding, taken in zip(found.findings, acted_upon, strict=True):
            chance *= finding.rate if taken else 1 - finding.rate
        listed = [finding for finding, taken in zip(found.findings, acted_upon, strict=True) if taken]
        expected += chance * scoring.demanded(listed, case(), knowledge, None).inspects
    assert found.propensity == expected + (1 - expected) * Decimal("0.02")


def test_cases_are_inspected_as_often_as_their_propensity_says(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    uncertain = [profile(f"T-{n}", weight=30 + n * 10, selection=rates("0.4")) for n in range(4)]
    knowledge = known(*uncertain, parameters=with_random(parameters, "0.05"))
    assessments = [assess(case(series_id=f"series/{n}"), knowledge) for n in range(2_000)]
    (propensity,) = {assessment.propensity for assessment in assessments}
    inspected = sum(assessment.outcome is Outcome.INSPECTION_ORDER for assessment in assessments)
    spread = (2_000 * float(propensity) * (1 - float(propensity))) ** 0.5
    assert abs(inspected - 2_000 * float(propensity)) < 4 * spread


def test_of_many_draws_the_weightiest_are_weighed_and_the_others_stay_as_they_were(
    case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    heavy = [profile(f"T-{n}", weight=50, selection=rates("0.5")) for n in range(8)]
    light = [profile(f"T-{n}", weight=1, family="light", selection=rates("0.5")) for n in range(10, 30)]
    knowledge = known(*heavy, *light, parameters=with_random(parameters, "0.01"))
    one = assess(case(), knowledge)
    assert len(one.selections) == 29
    two_of_eight = 1 - 9 * Decimal("0.5") ** 8
    assert one.propensity == two_of_eight + (1 - two_of_eight) * Decimal("0.01")
