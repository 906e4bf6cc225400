"""How the schema's simple types are read: text in, Python value out. White space is collapsed as the schema says."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

KAZAKHSTAN: Final = timezone(timedelta(hours=5))
YEAR_MIN: Final = 1900
YEAR_MAX: Final = 9998  # one short of the calendar's end: a day can be added and a zone changed
_XML_SPACES: Final = re.compile("[ \t\n\r]+")
_DATE_LENGTH: Final = len("2026-11-24")
_END_OF_DAY: Final = "T24:00:00"


def collapsed(value: str) -> str:
    """Return `value` collapsed: only XML's own four spaces count, a no-break space stays."""
    return _XML_SPACES.sub(" ", value).strip(" ")


def text(value: str) -> str:
    """Return free text collapsed. It is not empty; what needs no change, which is nearly all, is found fast."""
    if "\n" in value or "  " in value or "\t" in value or "\r" in value or value[0] == " " or value[-1] == " ":
        return collapsed(value)
    return value


code = str.strip
decimal = Decimal


def whole(value: str) -> int:
    try:
        return int(value)
    except ValueError:  # thousands of leading zeros are still a number to the schema
        return int(Decimal(value))


def day(value: str) -> date:
    """Return a date; its zone, which the schema allows, says nothing here. Raises ValueError outside 1900-9999."""
    found = date.fromisoformat(value.strip()[:_DATE_LENGTH])
    if found.year < YEAR_MIN:
        raise ValueError(value)
    return found


def moment(value: str) -> datetime:
    """Return an aware time; one without a zone is Kazakhstan's. Raises ValueError outside 1900-9998."""
    value = value.strip()
    found = datetime.fromisoformat(value.replace(_END_OF_DAY, "T00:00:00", 1))
    if not YEAR_MIN <= found.year <= YEAR_MAX:
        raise ValueError(value)
    if _END_OF_DAY in value:
        found += timedelta(days=1)
    return found if found.tzinfo is not None else found.replace(tzinfo=KAZAKHSTAN)


def year(value: str) -> int:
    """Return a gYear. Raises ValueError outside 1900-9998."""
    found = int(value.strip()[:4])
    if not YEAR_MIN <= found <= YEAR_MAX or value.strip()[4:5].isdigit():
        raise ValueError(value)
    return found
