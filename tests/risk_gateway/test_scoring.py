"""Summary assessment, bands, participant factor, minimal-risk rule; more findings never give a milder outcome."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from risk_gateway import scoring, selection
from risk_gateway.model import Case, Finding, Knowledge, Load, Opinion, Outcome, Selection
from risk_gateway.profiles import Category, Extent, Kind, MeasureCode, Motive, SelectionRates

OUTCOMES = list(Outcome)
IS_ZERO = {"field": "price_zero", "op": "is", "value": True}


def test_two_families_combine_as_independent_indicators() -> None:
    assert scoring.combined([35, 45]) == Decimal("64.25")


def test_profiles_of_one_family_do_not_stack(case: Any, known: Any, profile: Any, assess: Any) -> None:
    same = known(profile("T-1", weight=35, family="value"), profile("T-2", weight=25, family="value"))
    assessment = assess(case(), same)
    assert (assessment.worst_item_score, assessment.breadth) == (35, 0)


def test_the_worst_item_counts_and_different_indicators_add_a_little(
    case: Any, known: Any, profile: Any, assess: Any
) -> None:
    item_profile = profile("T-1", weight=40, condition=IS_ZERO)
    other = profile("T-2", weight=20, condition={"field": "quota_claimed", "op": "is", "value": True})
    apart = assess(case(items=[{"price_zero": True}, {"quota_claimed": True}]), known(item_profile, other))
    together = assess(case(items=[{"price_zero": True, "quota_claimed": True}, {}]), known(item_profile, other))
    assert (apart.worst_item_score, apart.breadth) == (40, 2)
    assert (together.worst_item_score, together.breadth) == (52, 2)


def test_what_concerns_the_whole_declaration_counts_for_each_item(
    case: Any, known: Any, profile: Any, assess: Any
) -> None:
    whole, of_item = profile("T-1", weight=20), profile("T-2", weight=50, condition=IS_ZERO)
    assert assess(case(items=[{"price_zero": True}]), known(whole, of_item)).worst_item_score == 60


@pytest.mark.parametrize(
    ("category", "score", "outcome"),
    [
        (Category.LOW, "22.5", Outcome.SIMPLIFIED_RELEASE),
        (Category.MEDIUM, "45", Outcome.DOCUMENTARY_CHECK),
        (Category.HIGH, "67.5", Outcome.INSPECTION_ORDER),
    ],
)
def test_the_participant_factor_moves_the_same_finding_between_the_bands(
    category: Category, score: str, outcome: Outcome, case: Any, known: Any, profile: Any, assess: Any
) -> None:
    assessment = assess(case({"declarant_category": category}), known(profile(weight=45)))
    assert (assessment.score, assessment.outcome) == (Decimal(score), outcome)


@pytest.mark.parametrize(
    ("weight", "outcome"),
    [
        (29, Outcome.SIMPLIFIED_RELEASE),
        (30, Outcome.DOCUMENTARY_CHECK),
        (59, Outcome.DOCUMENTARY_CHECK),
        (60, Outcome.INSPECTION_ORDER),
    ],
)
def test_the_bands_begin_where_the_parameters_say(
    weight: int, outcome: Outcome, case: Any, known: Any, profile: Any, assess: Any
) -> None:
    assert assess(case(), known(profile(weight=weight))).outcome is outcome


def test_a_direct_profile_beats_the_score(case: Any, known: Any, profile: Any, assess: Any) -> None:
    ban = profile(kind=Kind.DIRECT, weight=0, measures=("INSPECT_FULL",))
    assessment = assess(case(), known(ban))
    assert assessment.score == 0
    assert assessment.by_score is Outcome.SIMPLIFIED_RELEASE
    assert assessment.outcome is Outcome.INSPECTION_ORDER


@pytest.mark.parametrize(
    ("motive", "outcome", "waived"),
    [
        (Motive.PROHIBITION, Outcome.INSPECTION_ORDER, False),
        (Motive.SAFETY, Outcome.INSPECTION_ORDER, False),
        (Motive.UNDERSTATED_VALUE, Outcome.DOCUMENTARY_CHECK, True),
    ],
)
def test_for_a_minimal_risk_participant_only_prohibition_and_safety_order_an_inspection(
    motive: Motive, outcome: Outcome, waived: bool, case: Any, known: Any, profile: Any, assess: Any, decided: Any
) -> None:
    knowledge = known(profile(kind=Kind.DIRECT, motive=motive, measures=("INSPECT_FULL",)))
    facts = case({"declarant_category": Category.LOW})
    assessment, decision = assess(facts, knowledge), decided(facts, knowledge)
    assert (assessment.outcome, assessment.waived) == (outcome, waived)
    assert (MeasureCode.POST_AUDIT_FLAG in {measure.code for measure in decision.measures}) is waived
    assert "AUDIT" not in str(decision.as_json("en"))


def test_the_random_draw_stays_for_a_minimal_risk_participant(
    case: Any, known: Any, profile: Any, decided: Any, parameters: Any
) -> None:
    always = replace(parameters, random_rates=SelectionRates())
    decision = decided(case({"declarant_category": Category.LOW}), known(profile(weight=1), parameters=always))
    assert (decision.outcome, decision.inspection_extent) == (Outcome.INSPECTION_ORDER, Extent.RANDOM)
    assert "random draw" in str(decision.as_json("en"))


def test_a_hit_that_was_not_drawn_is_kept_but_adds_nothing(
    case: Any, known: Any, profile: Any, assess: Any, decided: Any
) -> None:
    rare = SelectionRates(*[Decimal("1e-60")] * 3)
    knowledge = known(
        profile("T-1", weight=90, selection=rare, measures=("INSPECT_FULL",)),
        profile("T-2", kind=Kind.DIRECT, selection=rare, measures=("DETAIN",)),
    )
    assessment = assess(case(), knowledge)
    assert [finding.selected for finding in assessment.findings] == [False, False]
    assert (assessment.score, assessment.outcome) == (0, Outcome.SIMPLIFIED_RELEASE)
    assert decided(case(), knowledge).measures == ()


findings = st.builds(
    Finding,
    profile=st.sampled_from(["P-0", "P-1", "P-2", "P-3", "D-0", "D-1", "D-2"]),
    profile_version=st.just(1),
    kind=st.just(Kind.INDIRECT),
    family=st.sampled_from("abcdefgh"),
    weight=st.integers(0, 100),
    rate=st.just(Decimal(1)),
    items=st.lists(st.integers(1, 5), unique=True, max_size=4).map(lambda items: tuple(sorted(items))),
    selected=st.booleans(),
).map(lambda finding: replace(finding, kind=Kind.DIRECT) if finding.profile.startswith("D") else finding)


def draws(case: Case, knowledge: Knowledge) -> tuple[Selection, ...]:
    return selection.select((), case, knowledge)[1]


def test_the_model_alone_never_orders_more_than_documents(parameters: Any) -> None:
    certain = replace(parameters, model_weight=100)
    score = scoring.with_opinion(Decimal(0), Opinion("m", Decimal(1)), Decimal(1), certain)
    assert score == 100
    assert scoring.outcome_of_scores(Decimal(0), score, certain) is Outcome.DOCUMENTARY_CHECK


def test_the_model_may_raise_to_an_inspection_what_rules_already_doubt(parameters: Any) -> None:
    weighted = replace(parameters, model_weight=50)
    score = scoring.with_opinion(Decimal(40), Opinion("m", Decimal("0.8")), Decimal(1), weighted)
    assert score == 64  # 100 - 60 * 60 / 100
    assert scoring.outcome_of_scores(Decimal(40), score, weighted) is Outcome.INSPECTION_ORDER


@pytest.mark.parametrize(("inspections", "postponed"), [(0, False), (1, True), (9, True)])
def test_a_post_without_inspectors_left_postpones_what_only_the_score_asks_for(
    inspections: int, postponed: bool, case: Any, known: Any, profile: Any, parameters: Any, assess: Any, decided: Any
) -> None:
    limited = known(profile(weight=90, measures=("INSPECT_FULL",)), parameters=replace(parameters, capacity={"2": 1}))
    facts = case({"office": "2"}, load=Load(inspections))
    assessment, decision = assess(facts, limited), decided(facts, limited)
    assert assessment.postponed is postponed
    assert (decision.outcome is Outcome.DOCUMENTARY_CHECK) is postponed
    assert (MeasureCode.POST_AUDIT_FLAG in {measure.code for measure in decision.measures}) is postponed


@pytest.mark.parametrize("motive", [Motive.PROHIBITION, Motive.SAFETY])
def test_capacity_never_postpones_prohibition_safety_or_a_direct_profile(
    motive: Motive, case: Any, known: Any, profile: Any, parameters: Any, assess: Any
) -> None:
    full = replace(parameters, capacity={"2": 0})
    by_score = known(profile(weight=90, motive=motive, measures=("INSPECT_FULL",)), parameters=full)
    direct = known(profile(kind=Kind.DIRECT, measures=("INSPECT_FULL",)), parameters=full)
    for knowledge in (by_score, direct):
        assessment = assess(case({"office": "2"}), knowledge)
        assert (assessment.outcome, assessment.postponed) == (Outcome.INSPECTION_ORDER, False)


@settings(max_examples=300)
@given(
    found=st.lists(findings, max_size=8),
    added=findings,
    category=st.sampled_from(Category),
    opinion=st.none() | st.decimals(0, 1, places=6).map(lambda probability: Opinion("m", probability)),
    inspections=st.integers(0, 2),
)
def test_another_finding_never_gives_a_milder_outcome_or_a_lower_score(
    found: list[Finding],
    added: Finding,
    category: Category,
    opinion: Opinion | None,
    inspections: int,
    case: Any,
    known: Any,
    profile: Any,
    parameters: Any,
) -> None:
    motives = (Motive.CONCEALMENT, Motive.SAFETY, Motive.PROHIBITION, Motive.FALSE_CODE)
    knowledge = known(
        *(profile(f"P-{n}", motive=motive) for n, motive in enumerate(motives)),
        profile("D-0", kind=Kind.DIRECT, measures=("POST_AUDIT_FLAG",)),
        profile("D-1", kind=Kind.DIRECT, measures=("REQUEST_DATA",)),
        profile("D-2", kind=Kind.DIRECT, measures=("INSPECT_VISUAL", "SCAN")),
        parameters=replace(parameters, capacity={"20201": 1}),
    )
    facts = case({"declarant_category": category, "office": "20201"}, load=Load(inspections))
    fewer, more = (
        scoring.conclude(facts, knowledge, tuple(listed), draws(facts, knowledge), opinion, None, None, None)
        for listed in (found, [*found, added])
    )
    assert more.score >= fewer.score
    assert OUTCOMES.index(more.outcome) >= OUTCOMES.index(fewer.outcome)
