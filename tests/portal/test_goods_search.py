"""Finding a commodity code by its digits, or by words in three languages."""

from pathlib import Path

import pytest

from declarations.reference import Reference, Tariff
from portal.declarant.goods.search import Nomenclature, path_of

FULL = Path(__file__).parents[3] / "shared" / "data" / "tariff" / "eaeu_import_duty_2026-06-18.csv"
DEMO = Nomenclature(Reference.shipped().tariff)


def codes(text: str, language: str = "en", nomenclature: Nomenclature = DEMO) -> list[str]:
    return [hit.line.code for hit in nomenclature.search(text, language, 40).hits]


@pytest.mark.parametrize("text", ["", "   ", "xyzzy", "ы", "!!", "of the", "99999"])
def test_what_tells_of_no_goods_finds_nothing(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize("text", ["8517", "85.17", "8517 13 000 0"])
def test_digits_find_codes_that_begin_so(text: str) -> None:
    assert "8517130000" in codes(text)
    assert all(code.startswith("8517") for code in codes(text))


@pytest.mark.parametrize("text", ["smartphones", "смартфоны", "смартфон", "СМАРТФОНДАР", "mobile phone"])
def test_the_same_goods_are_found_in_three_languages(text: str) -> None:
    assert "8517130000" in codes(text)


def test_each_level_has_a_name_in_the_language_or_else_in_english() -> None:
    chapter, heading, subheading = path_of("8517130000", "kk")
    assert (chapter.language, heading.language, subheading.language) == ("kk", "kk", "en")
    assert "Телефондар" in heading.name


@pytest.fixture(scope="module")
def full() -> Nomenclature:
    if not FULL.exists():
        pytest.skip("../shared is not beside the project")
    return Nomenclature(Tariff.parse_csv(FULL.read_text(encoding="utf-8"), "test"))


@pytest.mark.parametrize(
    ("text", "heading"),
    [("кресло", "9401"), ("сыра", "2203"), ("сыр", "0406"), ("обои", "4814"), ("шина", "4011"), ("chairs", "9401")],
)
def test_the_best_answer_comes_first(full: Nomenclature, text: str, heading: str) -> None:
    assert codes(text, "ru", full)[0].startswith(heading)
