"""Criteria, consequences and categories: pure rules over dated data. What is not known is never met."""

from datetime import UTC, date, datetime, timedelta

import pytest

from risk_gateway.bases.registry.criteria import (
    Answer,
    Finding,
    Known,
    Outcome,
    Said,
    category_of_month,
    category_rule_on,
    consequences_on,
    criteria_on,
    evaluate,
    months_after,
    step_after_violation,
    unknown,
    unmet,
)
from risk_gateway.bases.registry.model import EntryStep, Status, Step, category_of, status_of
from risk_gateway.errors import ParametersRefused
from risk_gateway.model import Category

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
TODAY = date(2026, 11, 24)
NO = {"tax_debt": (Said(Answer.NO, "tax", NOW),), "police_notice": (Said(Answer.NO, "police", NOW),)}
GOOD = {"registered_on": date(2018, 7, 9), "declarations": 188, "said": NO}


def found(**changes: object) -> dict[str, Finding]:
    known = Known(**{**GOOD, **changes})  # type: ignore[arg-type]
    return {each.criterion: each for each in evaluate(criteria_on(TODAY), known, NOW, TODAY)}


def test_whoever_meets_everything_has_nothing_unmet_and_nothing_unknown() -> None:
    findings = tuple(found().values())
    assert (unmet(findings), unknown(findings)) == ((), ())


@pytest.mark.parametrize(
    ("changes", "criterion", "outcome"),
    [
        ({"registered_on": date(2023, 11, 25)}, "years_of_activity", Outcome.NOT_MET),
        ({"registered_on": date(2023, 11, 24)}, "years_of_activity", Outcome.MET),
        ({"registered_on": None}, "years_of_activity", Outcome.UNKNOWN),
        ({"declarations": 9}, "declarations", Outcome.NOT_MET),
        ({"declarations": 10}, "declarations", Outcome.MET),
        ({"violations": (("false_code", date(2024, 11, 24)),)}, "no_violations", Outcome.NOT_MET),
        ({"violations": (("false_code", date(2024, 11, 23)),)}, "no_violations", Outcome.MET),
        ({"overdue": 1}, "no_overdue_payments", Outcome.NOT_MET),
        ({"said": {}}, "taxes_settled", Outcome.UNKNOWN),
        ({"said": {"tax_debt": ()}}, "taxes_settled", Outcome.UNKNOWN),
        ({"said": {"tax_debt": (Said(Answer.UNKNOWN, "tax"),)}}, "taxes_settled", Outcome.UNKNOWN),
        ({"said": {"tax_debt": (Said(Answer.NO, "tax"),)}}, "taxes_settled", Outcome.UNKNOWN),
        ({"said": {"tax_debt": (Said(Answer.YES, "tax", NOW),)}}, "taxes_settled", Outcome.NOT_MET),
        (
            {"said": {"police_notice": (Said(Answer.NO, "police", NOW), Said(Answer.UNKNOWN, "other"))}},
            "no_law_enforcement_notice",
            Outcome.UNKNOWN,
        ),
        (
            {"said": {"police_notice": (Said(Answer.UNKNOWN, "police"), Said(Answer.YES, "other", NOW))}},
            "no_law_enforcement_notice",
            Outcome.NOT_MET,
        ),
    ],
)
def test_a_criterion(changes: dict[str, object], criterion: str, outcome: Outcome) -> None:
    assert found(**changes)[criterion].outcome is outcome


def test_of_several_partners_the_oldest_answer_dates_the_finding() -> None:
    earlier = NOW - timedelta(minutes=3)
    said = (Said(Answer.NO, "police", NOW), Said(Answer.NO, "other", earlier))
    finding = found(said={"police_notice": said})["no_law_enforcement_notice"]
    assert (finding.outcome, finding.source, finding.at) == (Outcome.MET, "police, other", earlier)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ((), Outcome.UNKNOWN),
        ((Said(Answer.NO, "kg", NOW),), Outcome.MET),
        ((Said(Answer.NO, "kg", NOW), Said(Answer.UNKNOWN, "uz")), Outcome.UNKNOWN),
        ((Said(Answer.UNKNOWN, "uz"), Said(Answer.YES, "kg", NOW)), Outcome.NOT_MET),
    ],
)
def test_from_december_2026_on_customs_abroad_are_heard_too(said: tuple[Said, ...], outcome: Outcome) -> None:
    day = date(2026, 12, 1)
    known = Known(registered_on=None, declarations=0, said={"foreign_record": said})
    findings = {each.criterion: each.outcome for each in evaluate(criteria_on(day), known, NOW, day)}
    assert findings["no_foreign_record"] is outcome
    assert "no_foreign_record" not in {rule.code for rule in criteria_on(TODAY).rules}


def test_a_day_without_criteria_is_refused() -> None:
    for ask in (criteria_on, consequences_on, category_rule_on):
        with pytest.raises(ParametersRefused):
            ask(date(2019, 1, 1))


def test_what_a_violation_does_follows_from_its_kind() -> None:
    rule = consequences_on(TODAY)
    assert step_after_violation(rule, "found_by_control") is Step.SUSPEND
    assert step_after_violation(rule, "false_code") is Step.EXCLUDE
    assert step_after_violation(rule, "a kind of tomorrow") is Step.EXCLUDE


def category(before: Category, declarations: int = 50, *violations: date) -> Category:
    known = Known(
        registered_on=date(2018, 7, 9),
        declarations=declarations,
        violations=tuple(("false_code", each) for each in violations),
    )
    return category_of_month(category_rule_on(TODAY), known, before, TODAY)


def test_the_category_of_a_month() -> None:
    assert category(Category.MEDIUM) is Category.MEDIUM
    assert category(Category.MEDIUM, 50, date(2026, 1, 1)) is Category.HIGH
    assert category(Category.MEDIUM, 50, date(2024, 1, 1)) is Category.MEDIUM
    assert category(Category.HIGH) is Category.MEDIUM
    assert category(Category.HIGH, 9) is Category.HIGH  # of whom little is known does not become harmless by waiting


def step(number: int, what: Step, at: datetime, valid_to: date = date(2027, 11, 24)) -> EntryStep:
    return EntryStep(participant="1", number=number, step=what, at=at, valid_to=valid_to, reason="r")


def test_the_status_at_a_moment() -> None:
    second = timedelta(seconds=1)
    steps = (
        step(1, Step.ADMIT, NOW),
        step(2, Step.SUSPEND, NOW + 2 * second),
        step(3, Step.RESTORE, NOW + 4 * second),
        step(4, Step.EXCLUDE, NOW + 6 * second),
    )
    assert [status_of(steps, NOW + n * second) for n in range(-1, 7)] == [
        None,
        Status.ACTIVE,
        Status.ACTIVE,
        Status.SUSPENDED,
        Status.SUSPENDED,
        Status.ACTIVE,
        Status.ACTIVE,
        Status.EXCLUDED,
    ]
    end = datetime(2027, 11, 24, 19, tzinfo=UTC)  # midnight in Kazakhstan
    assert status_of(steps[:1], end - second) is Status.ACTIVE
    assert status_of(steps[:1], end) is Status.LAPSED
    assert status_of(steps[:2], end) is Status.LAPSED
    assert status_of(steps, end) is Status.EXCLUDED


def test_low_risk_means_an_active_entry_and_nothing_else() -> None:
    assert category_of(Status.ACTIVE, "high") is Category.LOW
    assert category_of(None, "low") is Category.MEDIUM
    assert category_of(None, None) is Category.MEDIUM
    assert category_of(Status.SUSPENDED, "high") is Category.HIGH
    assert category_of(None, "of no kind") is Category.HIGH


def test_months_end_with_the_month() -> None:
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2026, 11, 24), -24) == date(2024, 11, 24)
