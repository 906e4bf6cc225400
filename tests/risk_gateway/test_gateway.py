"""Whatever goes wrong in judging, the answer is a documentary check marked as degraded, never a silent release."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway import gateway
from risk_gateway.budget import Budget
from risk_gateway.model import Degraded, Outcome
from risk_gateway.profiles import Kind, MeasureCode, Motive


class Clock:
    """A monotonic clock that moves on by `step` at each look."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_out_of_time_gives_a_documentary_check_marked_degraded(case: Any, known: Any, profile: Any) -> None:
    knowledge = known(*(profile(f"T-{n}", weight=1) for n in range(20)))
    assessment = gateway.assess(case(), knowledge, Budget(Clock(0.1), 250))
    assert assessment.degraded is Degraded.OUT_OF_TIME
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK
    assert assessment.stopped_at == 3


def test_a_slow_clock_does_not_stop_a_case_that_fits_the_budget(case: Any, known: Any, profile: Any) -> None:
    assessment = gateway.assess(case(), known(profile(weight=1)), Budget(Clock(0.1), 250))
    assert assessment.degraded is None
    assert assessment.outcome is Outcome.SIMPLIFIED_RELEASE


def test_time_also_runs_out_between_chunks_of_the_items_of_one_profile(case: Any, known: Any, profile: Any) -> None:
    knowledge = known(profile(condition={"field": "price_zero", "op": "is", "value": True}))
    assessment = gateway.assess(case(items=[{}] * 999), knowledge, Budget(Clock(0.1), 450))
    assert (assessment.degraded, assessment.stopped_at) == (Degraded.OUT_OF_TIME, 5)


def test_a_prohibition_found_before_time_ran_out_still_orders_an_inspection(
    case: Any, known: Any, profile: Any
) -> None:
    ban = profile("Z-9", kind=Kind.DIRECT, motive=Motive.PROHIBITION, measures=("INSPECT_FULL",))
    knowledge = known(*(profile(f"A-{n}", weight=1) for n in range(20)), ban)
    assessment = gateway.assess(case(), knowledge, Budget(Clock(0.1), 250))
    assert assessment.degraded is Degraded.OUT_OF_TIME
    assert assessment.outcome is Outcome.INSPECTION_ORDER


def test_a_replay_stops_at_the_same_check(case: Any, known: Any, profile: Any) -> None:
    knowledge = known(*(profile(f"T-{n}", weight=1) for n in range(20)))
    first = gateway.assess(case(), knowledge, Budget(Clock(0.1), 850))
    assert gateway.assess(case(), knowledge, Budget.replaying(first.stopped_at)) == first
    assert gateway.assess(case(), knowledge, Budget.replaying(None)) != first


def test_knowledge_without_a_profile_for_the_block_is_no_reason_to_release(
    case: Any, known: Any, assess: Any, profile: Any
) -> None:
    for knowledge, block in ((known(), "imports"), (known(profile()), "exports")):
        assessment = assess(case(block=block), knowledge)
        assert assessment.degraded is Degraded.OUT_OF_KNOWLEDGE
        assert assessment.outcome is Outcome.DOCUMENTARY_CHECK


def test_a_declaration_of_no_block_gets_the_safe_answer(case: Any, shipped: Any, assess: Any) -> None:
    assert assess(case(block="TT"), shipped).degraded is Degraded.OUT_OF_KNOWLEDGE


def test_tampered_knowledge_judges_nothing(case: Any, known: Any, profile: Any, assess: Any) -> None:
    honest = known(profile(weight=90, measures=("INSPECT_FULL",)))
    assert assess(case(), honest).outcome is Outcome.INSPECTION_ORDER
    softened = replace(honest, profiles=(profile(weight=0, measures=("INSPECT_FULL",)),))
    assessment = assess(case(), softened)
    assert assessment.degraded is Degraded.OUT_OF_KNOWLEDGE
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK


@pytest.mark.parametrize(
    ("fact", "problem"), [(Decimal("sNaN"), "InvalidOperation"), ("cheap", "TypeError")], ids=["not a number", "text"]
)
def test_a_fact_that_cannot_be_judged_gives_the_safe_answer_and_tells_the_operator(
    fact: Any, problem: str, case: Any, known: Any, profile: Any, assess: Any, decided: Any
) -> None:
    knowledge = known(profile(condition={"field": "usd_per_kg", "op": "<", "value": 1}))
    facts = case(items=[{"usd_per_kg": fact}])
    assessment = assess(facts, knowledge)
    assert (assessment.degraded, assessment.outcome) == (Degraded.ERROR, Outcome.DOCUMENTARY_CHECK)
    assert problem in str(assessment.problem)
    assert problem not in str(decided(facts, knowledge).as_json("en"))


def test_a_degraded_decision_says_that_an_officer_checks_and_that_it_is_no_mistake_of_the_declarant(
    case: Any, known: Any, decided: Any
) -> None:
    decision = decided(case(), known())
    assert decision.degraded
    assert [measure.code for measure in decision.measures] == [MeasureCode.DOCUMENTARY_CONTROL]
    answer = decision.as_json("en")
    assert answer["degraded"] is True
    assert "could not be finished" in str(answer["explanation"])


@pytest.mark.parametrize("weight", [0, 100])
def test_weights_at_either_end_are_computed_with(weight: int, case: Any, known: Any, profile: Any, assess: Any) -> None:
    assessment = assess(case(), known(profile("T-1", weight=weight), profile("T-2", weight=weight)))
    assert assessment.worst_item_score == weight
    assert assessment.degraded is None


def test_a_missing_fact_never_fires_not_even_through_not(case: Any, known: Any, profile: Any, assess: Any) -> None:
    for condition in (
        {"field": "usd_per_kg", "op": "<", "value": 1},
        {"not": {"field": "usd_per_kg", "op": ">=", "value": 1}},
        {"field": "origin_country", "op": "not_in", "value": ["CN"]},
        {"all": [{"not": {"any": [{"field": "container", "op": "is", "value": True}]}}]},
    ):
        assert assess(case(), known(profile(condition=condition))).findings == ()


def test_a_case_without_items_is_judged_by_its_header(case: Any, known: Any, profile: Any, assess: Any) -> None:
    assessment = assess(case(items=()), known(profile(weight=35)))
    assert assessment.outcome is Outcome.DOCUMENTARY_CHECK


def test_items_of_every_chunk_are_found_by_their_own_number(case: Any, known: Any, profile: Any, assess: Any) -> None:
    knowledge = known(profile(condition={"field": "price_zero", "op": "is", "value": True}))
    hits = {1, 128, 129, 400, 999}
    facts = case(items=[{"price_zero": number in hits} for number in range(1, 1000)])
    (finding,) = assess(facts, knowledge).findings
    assert set(finding.items) == hits
    assert [evidence.item for evidence in finding.evidence] == sorted(hits)
