"""Registration numbers: office, day, serial number of that day, such as 20201/241126/0000001."""

import re
from datetime import date
from typing import Final

from msgspec import Struct

from declarations.errors import WrongNumber

SERIAL_MAX: Final = 9_999_999
_FORM: Final = re.compile(r"([0-9]{5})[/-]([0-9]{2})([0-9]{2})([0-9]{2})[/-]([0-9]{7})")
_CENTURY: Final = 2000


class RegistrationNumber(Struct, frozen=True, order=True):
    """Box A. `day` is the local day of acceptance; `serial` counts from 1 within office and day."""

    office: str
    day: date
    serial: int

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9]{5}", self.office) or not 1 <= self.serial <= SERIAL_MAX:
            raise WrongNumber("number.malformed", {"value": f"{self.office}/{self.serial}"})
        if not _CENTURY <= self.day.year < _CENTURY + 100:
            raise WrongNumber("number.malformed", {"value": self.day.isoformat()})

    def __str__(self) -> str:
        return f"{self.office}/{self.day:%d%m%y}/{self.serial:07d}"

    @property
    def in_address(self) -> str:
        """The same number for use in a web address, where a slash would divide it."""
        return str(self).replace("/", "-")


def parse(text: str) -> RegistrationNumber:
    """Return the number written in `text`, with slashes or in its form for addresses. Raises `WrongNumber`."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise WrongNumber("number.malformed", {"value": text[:60]})
    office, day, month, year, serial = found.groups()
    try:
        return RegistrationNumber(office, date(_CENTURY + int(year), int(month), int(day)), int(serial))
    except ValueError as error:
        raise WrongNumber("number.malformed", {"value": text[:60]}) from error
