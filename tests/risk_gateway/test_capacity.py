"""What posts have to do, and that a post without inspectors never overrides what must be inspected."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from archives import judged
from msgspec.structs import replace

from risk_gateway.capacity import Post, Works, merge, posts, take
from risk_gateway.model import Load
from risk_gateway.profiles import Kind, MeasureCode, Motive, Outcome, SelectionRates

MONDAY = date(2026, 11, 23)
POST = "20201"
SURE = SelectionRates(Decimal(1), Decimal(1), Decimal(1))


@pytest.fixture
def full(known: Any, profile: Any, parameters: Any) -> Any:
    """Return knowledge in which the post makes two inspections a day, and the given profile asks for one."""

    def build(profile_changes: Any = None, **changes: Any) -> Any:
        asked = profile("T-1", **{"weight": 100, "measures": ("INSPECT_FULL",), **(profile_changes or {})})
        return known(asked, parameters=replace(parameters, capacity={POST: 2}, **changes))

    return build


def at_post(case: Any, ordered: int, office: str = POST) -> Any:
    return case({"office": office}, load=Load(inspections=ordered))


# --- the top-up -------------------------------------------------------------------------------------------------------


def test_what_only_indicators_ask_for_is_put_off_when_the_post_is_full(full: Any, case: Any, decided: Any) -> None:
    made = decided(at_post(case, 2), full())

    assert made.outcome is Outcome.DOCUMENTARY_CHECK
    assert MeasureCode.POST_AUDIT_FLAG in [measure.code for measure in made.measures]


@pytest.mark.parametrize("ordered", [0, 1])
def test_a_post_that_is_not_full_inspects(full: Any, case: Any, assess: Any, ordered: int) -> None:
    made = assess(at_post(case, ordered), full())

    assert (made.outcome, made.postponed) == (Outcome.INSPECTION_ORDER, False)


def test_another_post_has_its_own_capacity(full: Any, case: Any, assess: Any) -> None:
    assert assess(at_post(case, 99, office="50501"), full()).outcome is Outcome.INSPECTION_ORDER


@pytest.mark.parametrize(
    "changes",
    [{"kind": Kind.DIRECT}, {"motive": Motive.PROHIBITION}, {"motive": Motive.SAFETY}],
    ids=["direct", "prohibition", "safety"],
)
def test_a_full_post_still_inspects_what_it_must(full: Any, case: Any, assess: Any, changes: Any) -> None:
    made = assess(at_post(case, 1_000), full(changes))

    assert (made.outcome, made.postponed) == (Outcome.INSPECTION_ORDER, False)


def test_a_full_post_still_inspects_what_chance_drew(full: Any, case: Any, assess: Any) -> None:
    made = assess(at_post(case, 1_000), full(random_rates=SURE))

    assert made.postponed
    assert made.by_draw is made.outcome is Outcome.INSPECTION_ORDER


# --- how much work ----------------------------------------------------------------------------------------------------


def load_of(*works: Works, capacity: int | None = None, days: int = 7) -> Post:
    whole: Works = {}
    for part in works:
        merge(whole, part)
    limits = {} if capacity is None else {POST: capacity}
    (post,) = posts(whole, MONDAY, MONDAY + timedelta(days=days - 1), limits)
    return post


def worked(stored: Any) -> Works:
    works: Works = {}
    take(works, stored)
    return works


def test_no_cases_make_no_posts() -> None:
    assert posts({}, MONDAY, MONDAY, {}) == []


def test_expected_inspections_are_the_sum_of_propensities(full: Any, case: Any, known: Any, profile: Any) -> None:
    quiet = known(profile("T-0", condition={"field": "container", "op": "is", "value": True}))
    certain = judged(at_post(case, 0), full(), day=MONDAY)
    chance = judged(at_post(case, 0), quiet, "PAST-2", day=MONDAY)
    post = load_of(worked(certain), worked(chance), capacity=1, days=2)

    assert (post.cases, post.days, post.days_over) == (2, 2, 0)
    assert post.expected_inspections == Decimal("1.00")
    assert post.inspections_a_day == Decimal("0.5000")
    assert post.rates == {
        "SIMPLIFIED_RELEASE": Decimal("0.5000"),
        "DOCUMENTARY_CHECK": Decimal(0),
        "INSPECTION_ORDER": Decimal("0.5000"),
    }


def test_a_weekday_that_brings_too_much_is_told(full: Any, case: Any) -> None:
    parts = [worked(judged(at_post(case, 0), full(), f"PAST-{number}", day=MONDAY)) for number in range(3)]
    week = load_of(*parts, capacity=2)
    fortnight = load_of(*parts, capacity=2, days=14)

    assert [(one.weekday, one.inspections, one.over_capacity) for one in week.forecast] == [("Mo", Decimal(3), True)]
    assert [(one.inspections, one.over_capacity) for one in fortnight.forecast] == [(Decimal("1.5"), False)]
    assert week.days_over == fortnight.days_over == 1


def test_what_was_put_off_is_counted(full: Any, case: Any) -> None:
    assert load_of(worked(judged(at_post(case, 2), full(), day=MONDAY))).postponed == 1
