"""Numbers that check themselves: IIN and BIN of Kazakhstan, container numbers of ISO 6346."""

import re
from typing import Final

_TWELVE_DIGITS: Final = re.compile("[0-9]{12}")
_FIRST_WEIGHTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_CONTAINER: Final = re.compile("[A-Z]{3}[JUZ][0-9]{7}")
_DAYS_MAX: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def checksum_holds(number: str) -> bool:
    """Tell whether the twelfth digit of an IIN or BIN follows from the eleven before it.

    Twelve zeros satisfy the sum and are nobody's number, so they are refused.
    Source: Rules on forming identification numbers of the Republic of Kazakhstan.
    """
    if not _TWELVE_DIGITS.fullmatch(number) or number == "0" * 12:
        return False
    digits = [int(digit) for digit in number]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
        if remainder < 10:
            return remainder == digits[11]
    return False


def is_bin(number: str) -> bool:
    """Tell whether `number` is a BIN: year and month, then 4 (resident), 5 (non-resident) or 6 (sole traders)."""
    return checksum_holds(number) and 1 <= int(number[2:4]) <= 12 and number[4] in "456"


def is_iin(number: str) -> bool:
    """Tell whether `number` is an IIN: a birthday, then century and sex (0 to 6; 0 for foreigners)."""
    if not checksum_holds(number) or not 1 <= int(number[2:4]) <= 12:
        return False
    return 1 <= int(number[4:6]) <= _DAYS_MAX[int(number[2:4]) - 1] and number[6] in "0123456"


def is_container_number(number: str) -> bool:
    """Tell whether `number` is a container's, such as MSCU6639870, and its last digit follows from the rest.

    Letters count 10, 12, 13 ... 38, leaving out multiples of 11; each place doubles. A remainder of 10 is written 0.
    Source: ISO 6346:2022, annex A.
    """
    if not _CONTAINER.fullmatch(number):
        return False
    total = sum(_container_value(character) << place for place, character in enumerate(number[:10]))
    return total % 11 % 10 == int(number[10])


def _container_value(character: str) -> int:
    if character.isdigit():
        return int(character)
    rank = ord(character) - ord("A")
    return rank + 10 + (rank + 9) // 10
