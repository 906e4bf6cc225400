"""What a draft would have done to stored cases: nothing is run but the draft, and what it misses is said plainly."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from archives import judged, reader
from msgspec.structs import replace

from risk_gateway.archive import Result, StoredCase, Truth
from risk_gateway.model import Knowledge
from risk_gateway.profiles import Category, Motive, Outcome, Profile, SelectionRates
from risk_gateway.simulation import EXAMPLES_MOST, Simulation, Sums
from risk_gateway.simulation_report import Report, report

DAY = date(2026, 11, 24)
LAMPS, CHAIRS = "8539229000", "9401610000"


@pytest.fixture
def draft(profile: Any) -> Profile:
    """A draft that looks at chairs and asks for an inspection when it is certain."""
    condition = {"field": "commodity_code", "op": "prefix", "value": ["9401"]}
    return profile("D-1", condition=condition, weight=70, measures=("INSPECT_FULL",), motive=Motive.FALSE_CODE)


@pytest.fixture
def quiet(known: Any, profile: Any) -> Knowledge:
    """Knowledge under which nothing fires."""
    return known(profile("T-0", condition={"field": "container", "op": "is", "value": True}))


def simulated(draft: Profile, *cases: StoredCase, knowledge: Knowledge) -> Report:
    simulation = Simulation(draft, reader(knowledge))
    for stored in cases:
        simulation.take(stored)
    return report(draft, DAY, DAY, simulation.sums)


def of(commodity: str, case: Any, header: Any = None) -> Any:
    return case(header, items=({"commodity_code": commodity},))


def test_a_case_without_its_knowledge_is_left_out_and_counted(draft: Profile, case: Any, quiet: Knowledge) -> None:
    stored = judged(of(CHAIRS, case), quiet)
    simulation = Simulation(draft, reader())
    simulation.take(stored)

    made = report(draft, DAY, DAY, simulation.sums)
    assert (made.unreadable, made.cases, made.hits) == (1, 0, 0)


def test_a_draft_that_never_fires_says_which_violations_it_would_have_missed(
    draft: Profile, case: Any, quiet: Knowledge
) -> None:
    knowledge = quiet
    found = judged(of(LAMPS, case), knowledge, result=Result(True, Motive.FALSE_CODE, 100))
    other = judged(of(LAMPS, case), knowledge, "PAST-2", result=Result(True, Motive.CONCEALMENT, 100))
    made = simulated(draft, found, other, knowledge=knowledge)

    assert (made.hits, made.hours, made.precision.share) == (0, 0, None)
    assert made.missed[0].en == (
        "It would have missed 2 of 2 violations that controls found; of its own motive (false_code) 1 of 1."
    )


def test_a_fact_that_no_case_knows_is_counted(profile: Any, case: Any, quiet: Knowledge) -> None:
    knowledge = quiet
    draft = profile("D-2", condition={"field": "container", "op": "is", "value": True})
    made = simulated(draft, judged(case(), knowledge), knowledge=knowledge)

    assert made.unknown == {"container": 1}


def test_a_hit_shifts_the_lane_and_costs_hours(draft: Profile, case: Any, known: Any, profile: Any) -> None:
    active = profile("T-1", weight=40)
    knowledge = known(active)
    chairs, lamps = judged(of(CHAIRS, case), knowledge), judged(of(LAMPS, case), knowledge, "PAST-2")
    made = simulated(draft, chairs, lamps, knowledge=knowledge)

    assert (made.cases, made.hits, made.acted_upon, made.alone) == (2, 1, 1, 0)
    assert [(one.before, one.after, one.cases) for one in made.shifts] == [
        (Outcome.DOCUMENTARY_CHECK, Outcome.INSPECTION_ORDER, 1)
    ]
    assert [(one.profile, one.cases, one.share) for one in made.overlap] == [("T-1", 1, Decimal(1))]
    assert made.hours == Decimal("6")  # an inspection in full, on top of the documents
    example = made.examples[0]
    assert (example.number, example.items) == ("PAST-1", (1,))
    assert example.evidence[0].matches[0].actual == CHAIRS


def test_an_outcome_that_is_strict_already_is_no_shift(draft: Profile, case: Any, known: Any, profile: Any) -> None:
    knowledge = known(profile("T-1", weight=90, measures=("INSPECT_FULL",)))
    made = simulated(draft, judged(of(CHAIRS, case), knowledge), knowledge=knowledge)

    assert made.hits == 1
    assert made.shifts == ()
    assert made.hours == 0


def test_a_minimal_risk_participant_is_spared_in_simulation_too(draft: Profile, case: Any, quiet: Knowledge) -> None:
    knowledge = quiet
    stored = judged(of(CHAIRS, case, {"declarant_category": Category.LOW}), knowledge)
    made = simulated(replace(draft, weight=100), stored, knowledge=knowledge)

    assert [(one.before, one.after) for one in made.shifts] == [(Outcome.SIMPLIFIED_RELEASE, Outcome.DOCUMENTARY_CHECK)]


def test_a_hit_that_is_not_drawn_is_counted_but_changes_nothing(draft: Profile, case: Any, quiet: Knowledge) -> None:
    knowledge = quiet
    rare = replace(draft, selection=SelectionRates(*[Decimal("1e-60")] * 3))
    made = simulated(rare, judged(of(CHAIRS, case), knowledge), knowledge=knowledge)

    assert (made.hits, made.acted_upon, made.shifts) == (1, 0, ())


def test_a_daily_cap_ends_what_is_acted_upon_that_day(draft: Profile, case: Any, quiet: Knowledge) -> None:
    knowledge = quiet
    cases = [judged(of(CHAIRS, case), knowledge, f"PAST-{number}") for number in range(3)]
    next_day = judged(of(CHAIRS, case), knowledge, "PAST-9", day=date(2026, 11, 25))
    made = simulated(replace(draft, daily_cap=2), *cases, next_day, knowledge=knowledge)

    assert (made.hits, made.acted_upon, made.hits_on_busiest_day) == (4, 3, 3)


def test_a_new_version_takes_the_place_of_the_old_one(draft: Profile, case: Any, known: Any) -> None:
    """Where only the old version fired, the new one lets go."""
    old = replace(draft, approver="Timur")
    new = replace(draft, version=2, condition=replace(draft.condition, value=("8539",)))
    knowledge = known(old, replace(old, code="T-0", condition=replace(draft.condition, value=("99",))))
    chairs, lamps = judged(of(CHAIRS, case), knowledge), judged(of(LAMPS, case), knowledge, "PAST-2")
    made = simulated(new, chairs, lamps, knowledge=knowledge)

    assert made.hits == 1
    assert [(one.before, one.after) for one in made.shifts] == [
        (Outcome.SIMPLIFIED_RELEASE, Outcome.INSPECTION_ORDER),
        (Outcome.INSPECTION_ORDER, Outcome.SIMPLIFIED_RELEASE),
    ]
    assert made.overlap == ()


def test_a_draft_runs_over_days_before_its_own_first_day(draft: Profile, case: Any, quiet: Knowledge) -> None:
    knowledge = quiet
    later = replace(draft, valid_from=date(2027, 1, 1))

    assert simulated(later, judged(of(CHAIRS, case), knowledge), knowledge=knowledge).hits == 1


def test_precision_has_an_interval_and_the_truth_of_generated_cases_is_counted_apart(
    draft: Profile, case: Any, quiet: Knowledge
) -> None:
    knowledge = quiet
    planted, honest = Truth(Motive.FALSE_CODE, (1,), 500), Truth()
    made = simulated(
        draft,
        judged(of(CHAIRS, case), knowledge, "PAST-1", truth=planted, result=Result(True, Motive.FALSE_CODE, 500)),
        judged(of(CHAIRS, case), knowledge, "PAST-2", truth=honest, result=Result(False)),
        judged(of(CHAIRS, case), knowledge, "PAST-3", truth=honest),
        judged(of(LAMPS, case), knowledge, "PAST-4", truth=planted),
        knowledge=knowledge,
    )

    assert (made.precision.controls, made.precision.findings, made.precision.share) == (2, 1, Decimal("0.5"))
    assert (made.precision.low, made.precision.high) == (Decimal("0.0945"), Decimal("0.9055"))
    assert (made.true_precision.controls, made.true_precision.findings) == (3, 1)
    assert [(one.motive, one.found, one.missed) for one in made.planted] == [("false_code", 1, 1)]
    assert made.examples[0].number == "PAST-1"


def test_parts_add_up_to_the_whole(draft: Profile, case: Any, known: Any, profile: Any) -> None:
    knowledge = known(profile("T-1"))
    cases = [
        judged(of((CHAIRS, LAMPS)[number % 2], case), knowledge, f"PAST-{number:02}", result=Result(number % 3 == 0))
        for number in range(40)
    ]
    whole = Sums()
    for part in (cases[:7], cases[7:]):
        simulation = Simulation(draft, reader(knowledge))
        for stored in part:
            simulation.take(stored)
        whole.add(simulation.sums)

    assert report(draft, DAY, DAY, whole) == simulated(draft, *cases, knowledge=knowledge)
    assert len(whole.examples) == EXAMPLES_MOST
