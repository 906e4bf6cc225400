"""Words: complete in three languages, with the same placeholders in each."""

import pickle
from string import Formatter

import pytest

from declarations.defects import LANGUAGES, Defect, shortened, words
from declarations.errors import DeclarationRefused, DeclarationsError

NAMES = sorted(words())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", NAMES)
def test_every_phrase_exists_in_three_languages_and_names_the_same_things(name):
    phrase = words()[name]

    assert set(phrase) == set(LANGUAGES)
    assert len({frozenset(placeholders(phrase[language])) for language in LANGUAGES}) == 1
    assert all(phrase[language].strip() for language in LANGUAGES)
    assert len(set(phrase.values())) == len(LANGUAGES)


def test_a_defect_speaks_the_language_asked_for_and_english_to_the_rest():
    defect = Defect(
        "S-003", "1.1", None, "/Declaration/TypeCode", {"element": "TypeCode", "value": "XX", "expected": "IM"}
    )

    assert "допустимых" in defect.text("ru")
    assert "рұқсат" in defect.text("kk")
    assert defect.text("fr") == defect.text("en")


def test_braces_in_a_value_are_shown_as_they_are():
    defect = Defect("S-003", None, None, "/x", {"element": "TypeCode", "value": "{0.__class__}", "expected": "IM"})

    assert "{0.__class__}" in defect.text("en")


def test_a_defect_as_json_has_its_place_and_all_texts():
    defect = Defect("S-011", "14", 3, "/Declaration/Declarant/Name", {"element": "Name"})

    answer = defect.as_json("ru")

    assert {name: answer[name] for name in ("code", "box", "item", "xpath")} == {
        "code": "S-011",
        "box": "14",
        "item": 3,
        "xpath": "/Declaration/Declarant/Name",
    }
    assert answer["text"] == answer["texts"]["ru"]
    assert set(answer["texts"]) == set(LANGUAGES)


def test_a_value_is_shown_on_one_line_of_sixty_characters():
    assert shortened("two\n lines") == "two lines"
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 61) == "x" * 59 + "…"


def test_refusals_survive_the_way_between_processes():
    refused = DeclarationRefused(
        (Defect("S-011", None, None, "/x", {"element": "Name"}), Defect("S-099", None, None, "/x"))
    )
    error = DeclarationsError("number.malformed", {"value": "x"})

    assert pickle.loads(pickle.dumps(refused)).defects == refused.defects
    assert pickle.loads(pickle.dumps(error)).text("en") == error.text("en")
    assert str(error).startswith("number.malformed: ")
