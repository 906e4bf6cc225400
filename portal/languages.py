"""Kazakh, Russian and English: which one a reader gets, its texts, and how it writes money, dates and places."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from risk_gateway.days import KAZAKHSTAN

TEXTS = Path(__file__).parent.parent / "templates" / "texts"
KAZAKHSTAN_TIME = KAZAKHSTAN
DEFAULT = "kk"
NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
_LOCALES = {"kk": Locale("kk"), "ru": Locale("ru"), "en": Locale("en", "GB")}


def marked(text: str) -> str:
    """Return the text unchanged: it marks a string for the catalogues that is translated where it is shown."""
    return text


def negotiate(chosen: str | None, accept_language: str) -> str:
    """Return kk, ru or en: the reader's choice, else the browser's best offer, else the state language."""
    if chosen in NAMES:
        return chosen
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accept_language.split(",")][:10]
    return negotiate_locale([tag for tag in wanted if tag], list(NAMES)) or DEFAULT


@cache
def translations(language: str, folder: Path = TEXTS) -> NullTranslations:
    """Return the texts of a language, compiled once. English is the source and has none."""
    if language == "en":
        return NullTranslations()
    together = Catalog(locale=language, domain="portal")
    for each in catalogues(language, folder):
        for message in each:
            if message.id:
                together[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, together)
    compiled.seek(0)
    return Translations(compiled, domain="portal")


def catalogues(language: str, folder: Path = TEXTS) -> Iterator[Catalog]:
    """Read the catalogues of a language, one for each area of the portal. A text stands in one of them."""
    for path in sorted((folder / language).glob("*.po")):
        with path.open("rb") as source:
            yield read_po(source, locale=language, domain="portal", abort_invalid=True)


class Writing:
    """How one language writes what is not words. Spaces inside a number do not break."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = _LOCALES[language]

    def money(self, tenge: Decimal) -> str:
        """Write tenge with two digits after the point."""
        return self._unbroken(format_decimal(tenge, format="#,##0.00 ₸", locale=self._locale))

    def whole_money(self, tenge: Decimal) -> str:
        """Write tenge without a fraction, for lists in which sums are compared by eye."""
        return self._unbroken(format_decimal(tenge, format="#,##0 ₸", locale=self._locale))

    def amount(self, value: Decimal, currency: str) -> str:
        """Write with at least two digits after the point and no rounding up to six: unit prices have more."""
        number = format_decimal(value, format="#,##0.00####", locale=self._locale)
        return self._unbroken(f"{number} {currency}")

    def mass(self, kilograms: Decimal) -> str:
        """Write with at most three digits after the point, without the unit."""
        return self._unbroken(format_decimal(kilograms, format="#,##0.###", locale=self._locale))

    def day(self, moment: datetime) -> str:
        text = format_date(self._here(moment), format="long", locale=self._locale)
        return text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")

    def calendar_day(self, day: date) -> str:
        return format_date(day, "dd.MM.yyyy", locale=self._locale)

    def on_day(self, day: date) -> str:
        """Write a day that is none of a moment, and so the same everywhere."""
        text = format_date(day, format="long", locale=self._locale)
        return text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")

    def plain_number(self, value: Decimal) -> str:
        """Write a number with at most six digits after the point."""
        return self._unbroken(format_decimal(value, format="#,##0.######", locale=self._locale))

    def time(self, moment: datetime) -> str:
        return format_datetime(self._here(moment), "HH:mm", locale=self._locale)

    def exact_moment(self, moment: datetime) -> str:
        """Write day and time of Kazakhstan, with seconds."""
        return f"{self.day(moment)}, {format_datetime(self._here(moment), 'HH:mm:ss', locale=self._locale)}"

    def moment(self, moment: datetime) -> str:
        """Write day and time of Kazakhstan."""
        return f"{self.day(moment)}, {self.time(moment)}"

    def short_moment(self, moment: datetime) -> str:
        return format_datetime(self._here(moment), "dd.MM.yyyy HH:mm", locale=self._locale)

    def machine_moment(self, moment: datetime) -> str:
        """Write as HTML's `datetime` attribute wants it."""
        return self._here(moment).isoformat(timespec="seconds")

    def country(self, code: str) -> str:
        """Name the country of an ISO 3166 code; a code without a name is shown as it is."""
        # babel gives its own mapping, which reads like a dict
        names: dict[str, str] = self._locale.territories  # type: ignore[assignment]
        return names.get(code, code)

    @staticmethod
    def _here(moment: datetime) -> datetime:
        return moment.astimezone(KAZAKHSTAN_TIME)

    @staticmethod
    def _unbroken(text: str) -> str:
        return text.replace(" ", "\N{NO-BREAK SPACE}")


def commodity(code: str) -> str:
    """Print a commodity code 4-2-3-1, as the tariff does. Shorter codes keep the same breaks."""
    parts = (code[:4], code[4:6], code[6:9], code[9:])
    return "\N{NO-BREAK SPACE}".join(part for part in parts if part)


def item_numbers(numbers: tuple[int, ...], most: int | None = None) -> str:
    """Write item numbers shortly: 1, 2, 3, 7, 8 becomes 1–3, 7, 8. Of more than `most` runs the first are written, and
    how many numbers there are."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    written = ", ".join(_run(first, last) for first, last in runs[:most])
    return written if len(runs[:most]) == len(runs) else f"{written}, … ({len(set(numbers))})"


def _run(first: int, last: int) -> str:
    if last - first < 2:
        return str(first) if first == last else f"{first}, {last}"
    return f"{first}–{last}"
