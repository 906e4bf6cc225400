"""Rates of duty and excise: from the words of the Common Customs Tariff to numbers, and back to words.

The tariff prints a rate as "15%", "0", "1 EUR за 1 кг", "20%, но не менее 0.8 EUR за 1 см3, мл" (not less than) or
"10% плюс 0.08 EUR за 1 кг" (in addition). A bare number is a share in per cent, as the tariff's column says.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

NOT_LESS_THAN: Final = "NLT"
PLUS: Final = "PLUS"
_OPERATORS: Final = {", но не менее ": NOT_LESS_THAN, " плюс ": PLUS}
_UNITS: Final = {
    "кг": "166",
    "т": "168",
    "л": "112",
    "м2": "055",
    "пар": "715",
    "шт": "796",
    "1000 шт": "798",
    "см3, мл": "111",
    "м3": "113",
    "кар": "162",
    "л 100% спирта": "831",
}
_NUMBER: Final = r"[0-9]{1,9}(?:[.,][0-9]{1,6})?"
_SHARE: Final = re.compile(rf"({_NUMBER})(%?)")
_SPECIFIC: Final = re.compile(rf"({_NUMBER}) ([A-Z]{{3}}) за ({_NUMBER}) (.+)")

_UNIT_WORDS: Final = {
    "166": {"kk": "килограмм", "ru": "кг", "en": "kg"},
    "168": {"kk": "тонна", "ru": "т", "en": "t"},
    "112": {"kk": "литр", "ru": "л", "en": "l"},
    "055": {"kk": "шаршы метр", "ru": "м²", "en": "m²"},
    "715": {"kk": "жұп", "ru": "пару", "en": "pair"},
    "796": {"kk": "дана", "ru": "шт.", "en": "piece"},
    "798": {"kk": "мың дана", "ru": "тысячу шт.", "en": "thousand pieces"},
    "111": {"kk": "см³ (мл)", "ru": "см³ (мл)", "en": "cm³ (ml)"},
    "113": {"kk": "текше метр", "ru": "м³", "en": "m³"},
    "162": {"kk": "карат", "ru": "карат", "en": "carat"},
    "831": {"kk": "литр таза спирт", "ru": "л чистого спирта", "en": "l of pure alcohol"},
}
_SENTENCES: Final = {
    "share": {
        "kk": "кедендік құнның {share} %-ы",
        "ru": "{share} % таможенной стоимости",
        "en": "{share} % of the customs value",
    },
    "specific": {
        "kk": "{per} {unit} үшін {amount} {currency}",
        "ru": "{amount} {currency} за {per} {unit}",
        "en": "{amount} {currency} for {per} {unit}",
    },
    "NLT": {
        "kk": "{first}, бірақ {second} мөлшерінен кем емес",
        "ru": "{first}, но не менее {second}",
        "en": "{first}, but not less than {second}",
    },
    "PLUS": {
        "kk": "{first} және оған қоса {second}",
        "ru": "{first} плюс {second}",
        "en": "{first} plus {second}",
    },
}


class RateUnreadable(ValueError):
    """The text is not a rate of duty."""


class Rate(Struct, frozen=True, gc=False):
    """A rate of duty or excise: a share, a specific part, or both joined by an operator.

    `percent` is of the customs value. `amount` is in `currency` for `per` of `unit` (three-character code). `operator`
    is NLT (the share, but not less than the specific part) or PLUS (both), None when there is one part. `text` is the
    rate as printed.
    """

    text: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    per: Decimal = Decimal(1)
    unit: str | None = None
    operator: str | None = None

    @staticmethod
    def parse(text: str) -> "Rate":
        """Return the rate that `text` prints. Raises `RateUnreadable`."""
        return _parse(text.strip())

    def charges_as(self, other: "Rate") -> bool:
        """Return whether both charge the same, however they are printed ("0" and "0%")."""
        return replace(self, text=other.text) == other

    def sentence(self, language: str) -> str:
        """Return the rate in plain words: kk, ru or en."""
        share = "" if self.percent is None else _SENTENCES["share"][language].format(share=self.percent)
        if self.unit is None:
            return share
        unit = _UNIT_WORDS[self.unit][language]
        specific = _SENTENCES["specific"][language].format(
            amount=self.amount, currency=self.currency, per=self.per, unit=unit
        )
        if self.operator is None:
            return specific
        return _SENTENCES[self.operator][language].format(first=share, second=specific)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Rate:
    if share := _SHARE.fullmatch(text):
        return Rate(text, percent=_number(share[1]))
    for joint, operator in _OPERATORS.items():
        first, found, second = text.partition(joint)
        if found:
            share = _SHARE.fullmatch(first)
            if not share:
                raise RateUnreadable(text)
            amount, currency, per, unit = _specific(second, text)
            return Rate(text, _number(share[1]), amount, currency, per, unit, operator)
    amount, currency, per, unit = _specific(text, text)
    return Rate(text, None, amount, currency, per, unit)


def _specific(part: str, text: str) -> tuple[Decimal, str, Decimal, str]:
    found = _SPECIFIC.fullmatch(part)
    if not found or found[4] not in _UNITS:
        raise RateUnreadable(text)
    per = _number(found[3])
    if not per:
        raise RateUnreadable(text)
    return _number(found[1]), found[2], per, _UNITS[found[4]]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
