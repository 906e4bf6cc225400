"""The import tariff: one line for each ten-digit commodity code, read from CSV."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from declarations.reference.csv_file import FileUnreadable, Row, read_lines
from declarations.reference.rate import Rate, RateUnreadable

CODE_LENGTH: Final = 10
HEADING_LENGTH: Final = 4
REQUIRED_COLUMNS: Final = ("commodity_code", "duty_rate")
UNIT_LENGTH: Final = 3


class TariffUnreadable(FileUnreadable):
    """The file is not a tariff."""

    code_of_file = "R-001"


class TariffLine(Struct, frozen=True):
    """One commodity code: its import duty and, where the tariff names one, the unit of box 41."""

    code: str
    rate: Rate
    supplementary_unit: str | None = None


class Tariff:
    """The lines of a tariff by commodity code; immutable.

    `complete` says that a code which is not in it does not exist; a partial tariff knows only some codes.
    """

    __slots__ = ("_codes", "_lines", "complete", "source")

    def __init__(self, lines: Iterable[TariffLine], source: str, complete: bool = True) -> None:
        self._lines = {line.code: line for line in lines}
        self._codes = sorted(self._lines)
        self.source = source
        self.complete = complete

    @classmethod
    def parse_csv(cls, text: str, source: str, complete: bool = True) -> "Tariff":
        """Return the tariff of `text`: columns commodity_code, duty_rate and, if need be, supplementary_unit.

        A code of fewer than ten digits is a heading of the printed tariff; no goods have it. Raises `TariffUnreadable`
        with every line that is wrong.
        """
        lines = read_lines(text, REQUIRED_COLUMNS, _line, TariffUnreadable)
        return cls(lines.values(), source, complete)

    def __len__(self) -> int:
        return len(self._lines)

    def lines(self) -> Iterator[TariffLine]:
        """Yield all lines in the order of their codes."""
        return (self._lines[code] for code in self._codes)

    def line(self, code: str) -> TariffLine | None:
        return self._lines.get(code)

    def beginning_with(self, digits: str) -> Iterator[TariffLine]:
        """Yield the lines whose code begins with `digits`, in order."""
        return iter(self._under(digits))

    def subdivided(self, code: str) -> tuple[TariffLine, ...]:
        """Return the lines that the undivided position `code` has since been split into; () when it was not.

        An undivided position is nine digits and 0, eight and 00, or six and 0000, and not a line itself.
        """
        if len(code) != CODE_LENGTH or code in self._lines:
            return ()
        for kept in (9, 8, 6):
            if code.endswith("0" * (CODE_LENGTH - kept)) and (lines := self._under(code[:kept])):
                return lines
        return ()

    def _under(self, prefix: str) -> tuple[TariffLine, ...]:
        codes = self._codes
        first = bisect_left(codes, prefix)
        last = bisect_left(codes, prefix + ":", first)  # the character after "9"
        return tuple(self._lines[code] for code in codes[first:last])


def _line(row: Row, seen: Mapping[str, TariffLine]) -> tuple[str, TariffLine]:
    """Return code and line of `row`; raises ValueError saying what is wrong with it."""
    code, rate = (row["commodity_code"] or "").strip(), row["duty_rate"] or ""
    unit = (row.get("supplementary_unit") or "").strip()
    if not (HEADING_LENGTH <= len(code) <= CODE_LENGTH and code.isascii() and code.isdigit()):
        raise ValueError("the commodity code is not four to ten digits")
    if code in seen:
        raise ValueError("the commodity code is there twice")
    if unit and not (len(unit) == UNIT_LENGTH and unit.isascii() and unit.isalnum()):
        raise ValueError("the supplementary unit is not a three-character code")
    try:
        return code, TariffLine(code, Rate.parse(rate), unit or None)
    except RateUnreadable:
        raise ValueError(f"the rate {rate.strip()!r} is not understood") from None
