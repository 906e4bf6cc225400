"""Every refusal can be said in three languages, and says what to do."""

import ast
import string
from pathlib import Path

import pytest

import signing
from signing import errors
from signing.errors import LimitExceeded, SigningError, words
from signing.limits import Limits
from signing.trust import UNCHECKED

LANGUAGES = ("kk", "ru", "en")
CODES = sorted(code for code in words() if not code.startswith("name."))
CLASSES = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, SigningError)}
SOURCES = sorted(Path(str(signing.__file__)).parent.glob("*.py"))


def raised() -> dict[str, set[frozenset[str]]]:
    """Return every code that our sources raise, with the names of the params each place gives."""
    found: dict[str, set[frozenset[str]]] = {"xml.limit": {frozenset({"limit", "maximum"})}}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CLASSES:
                continue
            if node.func.id == "LimitExceeded":
                continue
            code = ast.literal_eval(node.args[0])
            keys = node.args[1].keys if len(node.args) > 1 and isinstance(node.args[1], ast.Dict) else []
            found.setdefault(code, set()).add(frozenset(ast.literal_eval(key) for key in keys if key))
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(words()))
def test_every_text_exists_in_kazakh_russian_and_english(code: str) -> None:
    texts = words()[code]
    assert sorted(texts) == sorted(LANGUAGES)
    assert len(set(texts.values())) == 3
    assert len({frozenset(placeholders(text)) for text in texts.values()}) == 1


@pytest.mark.parametrize("code", CODES)
def test_every_text_says_what_is_wrong_and_what_to_do(code: str) -> None:
    for text in words()[code].values():
        assert text.endswith(".")
        assert text.count(". ") + text.count("; ") + text.count(": ") >= 1


def test_every_code_that_is_raised_has_a_text_whose_particulars_are_given() -> None:
    for code, places in raised().items():
        wanted = placeholders(words()[code]["en"])
        assert all(wanted <= given for given in places), code


def test_every_text_belongs_to_a_code_that_is_raised_or_to_a_caution() -> None:
    assert set(CODES) - raised().keys() == {UNCHECKED}


def test_every_limit_has_a_name() -> None:
    used = {
        ast.literal_eval(node.args[0])
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "LimitExceeded"
    }
    assert used == {code.removeprefix("name.") for code in words() if code.startswith("name.")}
    assert used - {"namespaces"} <= Limits.__dataclass_fields__.keys()


def test_a_limit_is_named_in_the_language_of_the_text() -> None:
    error = LimitExceeded("elements", 200_000)
    assert "число элементов" in error.text("ru")
    assert "200000" in error.text("kk")
    assert str(error) == "xml.limit (limit=elements, maximum=200000)"
