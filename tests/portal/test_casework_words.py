"""Whatever case work refuses or gives as a reason has words in three languages."""

import re
import string
from pathlib import Path

import pytest

from declarations.lifecycle import MOVES, Action
from portal import casework
from portal.casework import errors, reasons

LANGUAGES = ("kk", "ru", "en")
SOURCES = [path.read_text(encoding="utf-8") for path in Path(casework.__file__).parent.glob("*.py")]
CODES = {code for text in SOURCES for code in re.findall(r'"((?:case|file|statement)\.[a-z_]+)"', text)}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_are_words_for_every_refusal_and_no_others() -> None:
    assert CODES | {"appeal.how"} == set(errors.words())


@pytest.mark.parametrize("code", sorted(errors.words()))
def test_words_are_in_three_languages_with_the_same_places(code: str) -> None:
    words = errors.words()[code]
    assert set(words) == set(LANGUAGES)
    assert len(set(words.values())) == 3
    assert places(words["kk"]) == places(words["ru"]) == places(words["en"])


def test_every_action_that_needs_a_reason_has_a_list() -> None:
    needing = {move.action for move in MOVES if move.reason}
    assert needing == {action for action in Action if reasons.of(action)}
    for action in needing:
        for code in reasons.of(action):
            assert all(reasons.words(action, code).into(language) for language in LANGUAGES)
