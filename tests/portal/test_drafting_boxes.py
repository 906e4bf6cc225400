"""The form asks for everything that a declaration can say, in three languages."""

import pytest
from offices import NOW

from declarations.grammar import grammar
from declarations.reference import Reference
from declarations.writing import declared_item, leaves
from portal.declarant.drafting.entering import cleaned
from portal.declarant.drafting.form import Field, Kind, Words, covered, item_section, rule_at, sections, sections_of
from risk_gateway.days import day_of

SET_BY_THE_PORTAL = {"FunctionCode", "ID", "IssueDateTime", "Signatory/SigningDate", "TypeCode"}
CODES = Reference.shipped().on(day_of(NOW))


def every_words() -> list[Words]:
    found: list[Words] = []
    for section in (*sections(), item_section()):
        for part in section.part:
            for field in part.fields:
                found += [field, *field.values]
        found.append(section)
    return found


def every_field() -> list[Field]:
    return [field for section in (*sections(), item_section()) for part in section.part for field in part.fields]


def test_every_value_of_the_schema_has_its_field() -> None:
    asked = {
        path
        for section in sections()
        if section.kind == "fields"
        for kind in Kind
        for path in covered(section, kind.value)
    }
    assert set(leaves(grammar())) - asked == SET_BY_THE_PORTAL
    assert set(leaves(declared_item())) - covered(item_section(), "IM40") == set()


def test_every_field_is_a_value_of_the_schema() -> None:
    for section in (*sections(), item_section()):
        in_item = section.kind == "documents" or section.id == "item"
        for kind in Kind:
            for path in covered(section, kind.value):
                assert rule_at(path, in_item=in_item)


def test_every_field_has_its_words_in_three_languages() -> None:
    for words in every_words():
        assert all((words.kk, words.ru, words.en)), words
        hint = getattr(words, "hint", None)
        assert hint is None or all((hint.kk, hint.ru, hint.en)) or not any((hint.kk, hint.ru, hint.en)), words


def test_every_code_list_is_among_the_reference_data() -> None:
    for field in every_field():
        if field.list:
            assert getattr(CODES, field.list)


@pytest.mark.parametrize("kind", list(Kind))
def test_no_two_pages_set_the_same_value(kind: Kind) -> None:
    seen: set[str] = set()
    for section in sections_of(kind.value, corrects=True):
        if section.kind == "fields":
            mine = covered(section, kind.value)
            assert not mine & seen, mine & seen
            seen |= mine


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1 250,00", "1250.00"),
        ("1\N{NO-BREAK SPACE}250,5", "1250.5"),
        ("1,250.00", "1250.00"),
        ("1.250.000,75", "1250000.75"),
        ("172,5", "172.5"),
        ("12.5", "12.5"),
        ("-3", "-3"),
        ("1,2,3", "1,2,3"),
        ("about 170", "about 170"),
        ("", ""),
    ],
)
def test_numbers_as_people_type_them(typed: str, kept: str) -> None:
    assert cleaned(Field(kind="decimal"), typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("12.11.2026", "2026-11-12"), ("1/2/2026", "2026-02-01"), ("2026-11-12", "2026-11-12"), ("soon", "soon")],
)
def test_dates_as_people_type_them(typed: str, kept: str) -> None:
    assert cleaned(Field(kind="date"), typed) == kept
