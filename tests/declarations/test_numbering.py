from datetime import date

import pytest

from declarations.errors import WrongNumber
from declarations.numbering import SERIAL_MAX, RegistrationNumber, parse

NUMBER = RegistrationNumber("20201", date(2026, 11, 24), 7)


def test_a_number_is_office_day_and_seven_digits():
    assert str(NUMBER) == "20201/241126/0000007"
    assert NUMBER.in_address == "20201-241126-0000007"


@pytest.mark.parametrize("text", ["20201/241126/0000007", "20201-241126-0000007", " 20201/241126/0000007\n"])
def test_both_forms_read_back(text):
    assert parse(text) == NUMBER


@pytest.mark.parametrize(
    "text",
    ["", "20201", "20201/311126/0000007", "20201/240026/0000007", "2020/241126/0000007", "20201/241126/7",
     "20201/241126/0000000",
     "20201/241126/00000071", "20201/241126/0000007/01", "٢٠٢٠١/241126/0000007", "x" * 5000],
)  # fmt: skip
def test_anything_else_is_refused_with_words(text):
    with pytest.raises(WrongNumber) as refused:
        parse(text)

    assert refused.value.code == "number.malformed"
    assert len(refused.value.text("ru")) < 300


@pytest.mark.parametrize(
    ("office", "day", "serial"),
    [("2020", date(2026, 1, 1), 1), ("20201", date(1999, 1, 1), 1), ("20201", date(2026, 1, 1), 0),
     ("20201", date(2026, 1, 1), SERIAL_MAX + 1)],
)  # fmt: skip
def test_a_number_that_could_not_be_written_is_never_made(office, day, serial):
    with pytest.raises(WrongNumber):
        RegistrationNumber(office, day, serial)


def test_numbers_of_one_day_sort_by_serial():
    assert sorted([RegistrationNumber("20201", date(2026, 11, 24), 10), NUMBER])[0] is NUMBER
