"""How each language is chosen, and how it writes money, moments, codes and places."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from portal.languages import NAMES, Writing, commodity, item_numbers, negotiate, translations

MOMENT = datetime(2026, 11, 24, 20, 5, 9, tzinfo=UTC)  # the next day in Kazakhstan
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("ru", "kk,en;q=0.8", "ru"),
        ("de", "ru-RU,ru;q=0.9", "ru"),
        (None, "de-DE,de;q=0.9,en-US;q=0.8", "en"),
        (None, "", "kk"),
        (None, "zh-CN", "kk"),
        (None, ";;,,=", "kk"),
        ("../kk", "", "kk"),
    ],
)
def test_the_choice_wins_then_the_browser_then_kazakh(chosen: str | None, accepted: str, language: str) -> None:
    assert negotiate(chosen, accepted) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kk", f"1{NBSP}234{NBSP}567,90{NBSP}₸"),
        ("ru", f"1{NBSP}234{NBSP}567,90{NBSP}₸"),
        ("en", f"1,234,567.90{NBSP}₸"),
    ],
)
def test_money_follows_the_language_and_does_not_break(language: str, text: str) -> None:
    assert Writing(language).money(Decimal("1234567.9")) == text


def test_a_unit_price_keeps_its_digits() -> None:
    assert Writing("en").amount(Decimal("4562.625"), "USD") == f"4,562.625{NBSP}USD"
    assert Writing("en").amount(Decimal("4562.6"), "USD") == f"4,562.60{NBSP}USD"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kk", f"2026{NBSP}ж. 25 қараша, 01:05"),
        ("ru", f"25 ноября 2026{NBSP}г., 01:05"),
        ("en", "25 November 2026, 01:05"),
    ],
)
def test_a_moment_is_told_in_kazakhstan_time(language: str, text: str) -> None:
    assert Writing(language).moment(MOMENT) == text


def test_a_machine_reads_the_offset() -> None:
    assert Writing("kk").machine_moment(MOMENT) == "2026-11-25T01:05:09+05:00"


def test_a_country_has_its_name_in_each_language() -> None:
    assert [Writing(language).country("CN") for language in ("kk", "ru", "en")] == ["Қытай", "Китай", "China"]


def test_a_code_without_a_name_is_shown_as_it_is() -> None:
    assert Writing("kk").country("00") == "00"


def test_a_commodity_code_is_printed_4_2_3_1() -> None:
    assert commodity("8517130000") == f"8517{NBSP}13{NBSP}000{NBSP}0"
    assert commodity("851713") == f"8517{NBSP}13"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [((), ""), ((5,), "5"), ((1, 2), "1, 2"), ((7, 1, 2, 3, 8, 8), "1–3, 7, 8"), (tuple(range(1, 1000)), "1–999")],
)
def test_item_numbers_are_written_as_ranges(numbers: tuple[int, ...], text: str) -> None:
    assert item_numbers(numbers) == text


def test_many_item_numbers_are_cut_short_and_counted() -> None:
    numbers = (1, 2, 3, 5, 7, 9)
    assert item_numbers(numbers, most=2) == "1–3, 5, … (6)"
    assert item_numbers(numbers, most=4) == "1–3, 5, 7, 9"


@pytest.mark.parametrize("language", NAMES)
def test_a_catalogue_loads_without_a_compile_step(language: str) -> None:
    words = {"kk": "Шығу", "ru": "Выйти", "en": "Sign out"}
    assert translations(language).gettext("Sign out") == words[language]
