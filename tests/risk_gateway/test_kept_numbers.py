"""Two numbers that look alike are one number, and no number is longer than what keeps it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_gateway.kept_numbers import LONGEST, kept_number


@pytest.mark.parametrize(
    "varied",
    [
        "inv-118a",
        " INV - 118 A ",
        "INV\u200b-\u200d118\u2060A",
        "I\u00adNV-118\ufeffA",
        "INV-118\ufe0fA",
        "INV\u3164-118A",
        "INV-118A\x7f",
        "\u0406NV-118\u0410",  # Cyrillic I and A
        "\u0456NV-118\u0430",  # their small ones
        "\u0399\u039dV-118\u0391",  # Greek
        "ＩＮＶ－１１８Ａ",
        "INV\u2011118A",
        "INV\u2013118A",
        "INV\u2212118A",
        "INV-\u0661\u0661\u0668A",  # Arabic digits
        "I\u0301NV-118A\u0308",
        "\u0131nv-118a",
    ],
)
def test_a_number_that_looks_the_same_is_the_same(varied: str) -> None:
    assert kept_number(varied) == "INV-118A"


@pytest.mark.parametrize("other", ["INV-118B", "INV-119A", "INV118A", "INV-118A1", "INV/118A", "ИНВ-118A"])
def test_another_number_stays_another(other: str) -> None:
    assert kept_number(other) != kept_number("INV-118A")


def test_a_number_that_grows_by_its_capitals_still_fits() -> None:
    assert len("ß" * 50) == LONGEST
    assert len(kept_number("ß" * 50)) <= LONGEST
    assert kept_number("ß" * 50) != kept_number("ß" * 49 + "a")
    assert kept_number("ß" * 50) == kept_number("s" * 100)


@given(st.text(max_size=120))
def test_a_kept_number_fits_and_is_its_own_kept_number(number: str) -> None:
    kept = kept_number(number)
    assert len(kept) <= LONGEST
    assert kept_number(kept) == kept
