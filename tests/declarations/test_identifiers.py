import pytest
from cast import PARTICIPANTS, PERSONS

from declarations.identifiers import checksum_holds, is_bin, is_container_number, is_iin


def with_check_digit(eleven: str) -> list[str]:
    return [eleven + str(digit) for digit in range(10) if checksum_holds(eleven + str(digit))]


@pytest.mark.parametrize(
    "number", ["", "0" * 12, "15034001234", "1503400123400", "15034001234x", "١٥٠٣٤٠٠١٢٣٤٠", " 50340012340"]
)
def test_what_is_not_a_number_of_twelve_digits_or_is_all_zeros_is_refused(number):
    assert not checksum_holds(number)
    assert not is_bin(number)
    assert not is_iin(number)


@pytest.mark.parametrize("firm", PARTICIPANTS.values(), ids=PARTICIPANTS.keys())
def test_the_firms_of_the_cast_have_bins_and_any_other_last_digit_is_wrong(firm):
    assert is_bin(firm.identifier)
    assert not is_iin(firm.identifier)
    assert with_check_digit(firm.identifier[:11]) == [firm.identifier]


@pytest.mark.parametrize("person", PERSONS.values(), ids=PERSONS.keys())
def test_the_persons_of_the_cast_have_iins(person):
    assert is_iin(person.iin)
    assert not is_bin(person.iin)


def test_a_first_sum_of_ten_takes_the_second_weights():
    eleven = next(f"{n:011d}" for n in range(85041245000, 85041246000) if first_sum(f"{n:011d}") == 10)

    (number,) = with_check_digit(eleven)

    second = sum(int(d) * w for d, w in zip(eleven, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2), strict=True)) % 11
    assert number[-1] == str(second)


def test_a_second_sum_of_ten_makes_a_number_that_cannot_be():
    twice = next(
        f"{n:011d}"
        for n in range(85041245000, 85051245000)
        if first_sum(f"{n:011d}") == 10
        and sum(int(d) * w for d, w in zip(f"{n:011d}", (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2), strict=True)) % 11 == 10
    )

    assert with_check_digit(twice) == []


def first_sum(eleven: str) -> int:
    return sum(int(digit) * weight for weight, digit in enumerate(eleven, start=1)) % 11


@pytest.mark.parametrize(
    ("eleven", "why"), [("15130400123", "month 13"), ("85003245012", "day 32"), ("85041275012", "century 7")]
)
def test_a_right_sum_does_not_make_up_for_an_impossible_date(eleven, why):
    for number in with_check_digit(eleven):
        assert not is_iin(number), why
    for number in with_check_digit("15130400123"):
        assert not is_bin(number)


@pytest.mark.parametrize("number", ["CSQU3054383", "MSCU6639870", "TEMU0000006"])
def test_container_numbers_check_themselves(number):
    assert is_container_number(number)
    wrong = [number[:10] + str(digit) for digit in range(10) if str(digit) != number[10]]
    assert not any(is_container_number(each) for each in wrong)


def test_a_container_remainder_of_ten_is_written_zero():
    letters = "MSCU"
    values = {"M": 24, "S": 30, "C": 13, "U": 32}
    for serial in range(100000, 100100):
        total = sum(values[letter] << place for place, letter in enumerate(letters))
        total += sum(int(digit) << place for place, digit in enumerate(f"{serial:06d}", start=4))
        if total % 11 == 10:
            assert is_container_number(f"{letters}{serial}0")
            return
    raise AssertionError("no such serial in range")


@pytest.mark.parametrize(
    "number", ["", "CSQU305438", "csqu3054383", "CSQA3054383", "CSQU30543833", "CSQU 3054383", "12345678901"]
)
def test_what_has_not_the_form_of_a_container_number_is_none(number):
    assert not is_container_number(number)
