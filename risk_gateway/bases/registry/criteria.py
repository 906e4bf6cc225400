"""What it takes to be in the registry, and what ends it: dated numbers, and pure rules over what is known."""

import calendar
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from risk_gateway.bases.registry.model import Step
from risk_gateway.dated import Dated
from risk_gateway.errors import ParametersRefused
from risk_gateway.model import Category

FILE = Path(__file__).parent / "criteria.toml"


class Outcome(StrEnum):
    """Unknown is never met: whoever should have told did not answer."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    UNKNOWN = "UNKNOWN"


class Answer(StrEnum):
    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One criterion. `months` is how far back it looks."""

    code: str
    source: str
    at_least: int = 0
    at_most: int = 0
    months: int = 0


class Criteria(Struct, frozen=True, forbid_unknown_fields=True):
    valid_from: date
    valid_to: date
    source: str
    purpose: str
    legal_basis: str
    entry_months: int
    renew_days_before: int
    decision_working_days: int
    appeal_days: int
    findings_days: int
    rules: tuple[Rule, ...]

    def rule(self, code: str) -> Rule:
        """Raises `KeyError` for a criterion that this period does not have."""
        return {each.code: each for each in self.rules}[code]


class Consequences(Struct, frozen=True, forbid_unknown_fields=True):
    """`suspends` are the kinds of violations that only suspend an entry; every other kind takes it out."""

    valid_from: date
    valid_to: date
    source: str
    suspends: frozenset[str]


class CategoryRule(Struct, frozen=True, forbid_unknown_fields=True):
    valid_from: date
    valid_to: date
    source: str
    violations_months: int
    high_from: int
    clean_months: int
    clean_declarations: int


class Said(Struct, frozen=True):
    """What a partner said when it was asked, and when it said so; `at` is None when it did not answer."""

    answer: Answer
    source: str
    at: datetime | None = None


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a participant. `violations` are (kind, day committed) of what counts; `said` is by question.

    `overdue` counts the declarations with a payment past its limit date.
    """

    registered_on: date | None
    declarations: int
    violations: tuple[tuple[str, date], ...] = ()
    overdue: int = 0
    said: Mapping[str, tuple[Said, ...]] = {}


class Finding(Struct, frozen=True):
    """What was found of a criterion. `value` is a number or an answer; `at` the moment of which it tells, if any."""

    criterion: str
    outcome: Outcome
    value: str
    source: str
    at: datetime | None = None


OWN_RECORDS = "customs"
TAX_DEBT, POLICE_NOTICE, FOREIGN_RECORD = "tax_debt", "police_notice", "foreign_record"
_QUESTIONS = {
    "taxes_settled": TAX_DEBT,
    "no_law_enforcement_notice": POLICE_NOTICE,
    "no_foreign_record": FOREIGN_RECORD,
}


def evaluate(criteria: Criteria, known: Known, now: datetime, today: date) -> tuple[Finding, ...]:
    """Return what is found of each criterion, in the order of the list."""
    return tuple(_finding(rule, known, now, today) for rule in criteria.rules)


def unmet(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(each.criterion for each in findings if each.outcome is Outcome.NOT_MET)


def unknown(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(each.criterion for each in findings if each.outcome is Outcome.UNKNOWN)


def step_after_violation(consequences: Consequences, kind: str) -> Step:
    """Return what a confirmed violation of this kind does to an entry."""
    return Step.SUSPEND if kind in consequences.suspends else Step.EXCLUDE


def category_of_month(rule: CategoryRule, known: Known, before: Category, first: date) -> Category:
    """Return the category from the first day of a month on of who has no entry in the registry.

    High is left only after clean months with enough declarations: somebody of whom little is known does not become
    harmless by waiting.
    """
    recent = _since(known.violations, first, rule.violations_months)
    if len(recent) >= rule.high_from:
        return Category.HIGH
    clean = not _since(known.violations, first, rule.clean_months) and known.declarations >= rule.clean_declarations
    return Category.HIGH if before is Category.HIGH and not clean else Category.MEDIUM


def criteria_on(day: date) -> Criteria:
    """Raises ParametersRefused for a day without criteria."""
    return _on(Criteria, "criteria", day)


def consequences_on(day: date) -> Consequences:
    """Raises ParametersRefused for a day without them."""
    return _on(Consequences, "consequences", day)


def category_rule_on(day: date) -> CategoryRule:
    """Raises ParametersRefused for a day without one."""
    return _on(CategoryRule, "categories", day)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later (earlier when negative), or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _finding(rule: Rule, known: Known, now: datetime, today: date) -> Finding:
    if rule.code in _QUESTIONS:
        return _said(rule, known.said.get(_QUESTIONS[rule.code], ()))
    number = _measured(rule, known, today)
    if number is None:
        return Finding(rule.code, Outcome.UNKNOWN, "", OWN_RECORDS, now)
    met = number <= rule.at_most if rule.code.startswith("no_") else number >= rule.at_least
    return Finding(rule.code, Outcome.MET if met else Outcome.NOT_MET, str(number), OWN_RECORDS, now)


def _measured(rule: Rule, known: Known, today: date) -> int | None:
    if rule.code == "years_of_activity":
        return None if known.registered_on is None else _years(known.registered_on, today)
    if rule.code == "declarations":
        return known.declarations
    if rule.code == "no_violations":
        return len(_since(known.violations, today, rule.months))
    if rule.code == "no_overdue_payments":
        return known.overdue
    raise ParametersRefused("parameters-missing", day=rule.code)


def _said(rule: Rule, said: Sequence[Said]) -> Finding:
    """One yes is enough, and one partner who did not answer leaves it open."""
    yes = next((each for each in said if each.answer is Answer.YES), None)
    if yes is not None:
        return Finding(rule.code, Outcome.NOT_MET, Answer.YES.value, yes.source, yes.at)
    silent = [each for each in said if each.answer is Answer.UNKNOWN or each.at is None]
    if silent or not said:
        source = ", ".join(sorted(each.source for each in silent))
        return Finding(rule.code, Outcome.UNKNOWN, Answer.UNKNOWN.value, source)
    heard = [each.at for each in said if each.at is not None]
    return Finding(rule.code, Outcome.MET, Answer.NO.value, ", ".join(each.source for each in said), min(heard))


def _since(violations: Sequence[tuple[str, date]], day: date, months: int) -> list[tuple[str, date]]:
    first = months_after(day, -months)
    return [each for each in violations if each[1] >= first]


def _years(first: date, today: date) -> int:
    return today.year - first.year - ((today.month, today.day) < (first.month, first.day))


Period = TypeVar("Period", bound=Dated)


def _on(kind: type[Period], name: str, day: date) -> Period:
    for period in _read(kind, name):
        if period.valid_from <= day <= period.valid_to:
            found: Period = period
            return found
    raise ParametersRefused("parameters-missing", day=day.isoformat())


@cache
def _read(kind: type[Any], name: str) -> tuple[Any, ...]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(msgspec.convert(period, kind) for period in raw[name])
