"""Whatever can be said in matters of the registry has its words, and nothing else has."""

import re
from pathlib import Path

import pytest

from portal import registry
from portal.registry import errors, reasons, words
from portal.registry.model import Kind
from portal.words import REGISTRY_EVENTS
from risk_gateway.bases.registry.applying import AppealState, ApplicationState
from risk_gateway.bases.registry.criteria import FILE, Criteria, Outcome, _read
from risk_gateway.bases.registry.model import Status, Step
from risk_gateway.words import LANGUAGES

SOURCES = [path.read_text(encoding="utf-8") for path in Path(registry.__file__).parent.glob("*.py")]
CODES = {code for text in SOURCES for code in re.findall(r'"(registry\.[a-z_]+)"', text)}
ELSEWHERE = {"registry.not_found", "registry.categories"}  # in portal/problems.toml; the name of a cursor
CRITERIA = {rule.code for period in _read(Criteria, "criteria") for rule in period.rules}


def test_every_refusal_has_its_words_and_none_is_left_over() -> None:
    assert set(errors.words()) == CODES - ELSEWHERE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_said_in_every_language(language: str) -> None:
    assert all(each[language].strip() for each in errors.words().values())


def test_every_criterion_has_its_words_and_can_be_a_reason_for_refusing() -> None:
    assert set(words.CRITERIA) == CRITERIA
    assert set(reasons.offered(reasons.REFUSE)) >= CRITERIA


def test_every_state_and_step_has_its_words() -> None:
    assert set(words.OUTCOMES) == set(Outcome)
    assert set(words.STATUSES) == set(words.MEANINGS) == set(Status)
    assert set(words.APPLICATIONS) == set(ApplicationState)
    assert set(words.APPEALS) == set(AppealState)
    assert set(words.STEPS) == set(Step)
    assert set(words.STATEMENTS) == set(Kind)
    assert set(REGISTRY_EVENTS) == {*Step, "REFUSED", "APPEAL_UPHELD", "APPEAL_DENIED"}


@pytest.mark.parametrize("step", Step)
def test_every_step_has_reasons(step: Step) -> None:
    assert reasons.offered(step.value)


def test_what_is_not_confirmed_says_so() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert all("[?]" in line for line in text.splitlines() if line.startswith("source = "))
