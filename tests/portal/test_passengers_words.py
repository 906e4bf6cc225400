"""Whatever can be said about travellers has its words, and nothing else has."""

import re
from pathlib import Path

import pytest

from declarations import passengers as rules
from declarations.defects import words as rule_words
from declarations.passengers.controls import CONTROLS
from portal import passengers
from portal.passengers import errors, words
from portal.passengers.model import Result, Status
from risk_gateway.coded_facts import Suspicion
from risk_gateway.words import LANGUAGES

SOURCES = [path.read_text(encoding="utf-8") for path in Path(passengers.__file__).parent.glob("*.py")]
RULES = [path.read_text(encoding="utf-8") for path in Path(rules.__file__).parent.glob("*.py")]
CODES = {code for text in SOURCES for code in re.findall(r'"(passengers\.[a-z_]+)"', text)}
ELSEWHERE = {"passengers.defects"}  # its defects have the words


def test_every_refusal_has_its_words_and_none_is_left_over() -> None:
    assert set(errors.words()) == CODES - ELSEWHERE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_said_in_every_language(language: str) -> None:
    assert all(each[language].strip() for each in errors.words().values())


def test_every_rule_and_reason_has_its_words() -> None:
    codes = {code for code, _ in CONTROLS}
    told = {code for text in (*RULES, *SOURCES) for code in re.findall(r'"(P-\d{3})"', text)}
    reasons = {code for text in RULES for code in re.findall(r'"(goods_declaration\.[a-z_]+)"', text)}
    assert codes | told | reasons <= set(rule_words())
    assert {code for code in rule_words() if code.startswith("P-")} == told | codes


def test_every_state_result_and_suspicion_has_its_words() -> None:
    assert set(words.STATUSES) == set(Status)
    assert set(words.RESULTS) == set(Result)
    assert set(words.SUSPICIONS) == set(Suspicion) - {"none"}


def test_what_is_not_confirmed_says_so() -> None:
    text = (Path(rules.__file__).parent / "allowances.toml").read_text(encoding="utf-8")
    assert all("[?]" in line for line in text.splitlines() if line.startswith("source = "))
