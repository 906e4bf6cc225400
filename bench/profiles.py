"""Ten thousand risk profiles of imports and cases that hit dozens of them: seeded, so that every run has the same."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from msgspec.structs import replace

from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import (
    Area,
    Block,
    Category,
    Condition,
    Kind,
    Level,
    MeasureCode,
    MeasureOrder,
    Motive,
    Profile,
    RiskCategory,
    SelectionRates,
)
from risk_gateway.words import Words

SEED = 7
WORDS = Words("тәуекел бейіні", "профиль риска", "risk profile")
USUAL = (85, 84, 87, 39, 94, 62, 61, 72, 73, 40, 64, 90, 33, 30, 8, 7, 2, 22)
CHAPTERS = tuple(f"{chapter:02}" for chapter in dict.fromkeys((*USUAL, *range(1, 98))) if chapter != 77)
COUNTRIES = ("CN", "TR", "DE", "UZ", "KR", "IT", "IN", "JP", "PL", "AE", "US", "VN", "FR", "TH", "IR", "MY", "CZ", "NL")
OFFICES = tuple(f"{region}{post:02}" for region in (201, 202, 301, 302, 511, 551) for post in range(1, 6))
DOCUMENTS = ("01011", "01191", "01207", "01401", "02015", "04021", "06011", "09023")
NUMBERS = (
    ("value_to_reference_percent", "<", (40, 100)),
    ("usd_per_kg", "<", (1, 8)),
    ("net_gross_percent", "<", (40, 85)),
    ("value_to_median_percent", ">", (150, 300)),
    ("duty_gap_percent", ">=", (5, 20)),
)


class Dice:
    """Chance with the shapes that customs data have: a few values are much more frequent than the rest."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)

    def happens(self, probability: float) -> bool:
        return bool(self._dice.random() < probability)

    def between(self, low: int, high: int) -> int:
        return int(self._dice.integers(low, high))

    def often_first(self, values: tuple[str, ...]) -> str:
        return values[int(len(values) * self._dice.random() ** 2)]

    def some(self, values: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.often_first(values) for _ in range(self.between(1, most + 1))))

    def commodity(self) -> str:
        """Return one of about 11,000 codes of ten digits."""
        heading = self.between(1, 15)
        return f"{self.often_first(CHAPTERS)}{heading:02}{self.between(1, 4) * 10}{self.between(0, 3) * 1000:04}"


def profiles(count: int) -> tuple[Profile, ...]:
    """Return profiles: nearly all name goods and a number, half of them origins or a kind of trader."""
    dice = Dice(SEED)
    return tuple(_profile(f"IM-B{number:05}", dice) for number in range(count))


def profiles_on_all_goods(count: int) -> tuple[Profile, ...]:
    """Return profiles that look for one of two things in any goods: all are in question of every item."""
    dice = Dice(SEED)
    usual = profiles(count)
    return tuple(
        replace(profile, area=Area(), posts=(), level=Level.REPUBLICAN, condition=_either(dice)) for profile in usual
    )


def _either(dice: Dice) -> Condition:
    papers = Condition(field="item_documents", op="absent", value=dice.some(DOCUMENTS, 2))
    return Condition(any=(Condition(all=(_number(dice), _number(dice))), Condition(all=(_number(dice), papers))))


def _profile(code: str, dice: Dice) -> Profile:
    posts = dice.some(OFFICES, 4) if dice.happens(0.35) else ()
    direct = dice.happens(0.02)
    return Profile(
        code=code,
        version=1,
        title=WORDS,
        block=Block.IMPORTS,
        level=Level.REGIONAL if posts else Level.REPUBLICAN,
        posts=posts,
        kind=Kind.DIRECT if direct else Kind.INDIRECT,
        category=RiskCategory.GOODS,
        motive=Motive.UNDERSTATED_VALUE,
        area=_area(dice),
        condition=Condition(all=_conditions(dice)),
        weight=dice.between(5, 40),
        family=f"family_{dice.between(0, 60)}",
        measures=(MeasureOrder(MeasureCode.DOCUMENTARY_CONTROL, "Compare the invoice with the price list."),),
        selection=SelectionRates(Decimal("0.5"), Decimal(1), Decimal(1)),
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        legal_basis=WORDS,
        author="881231450112",
        approver="910310300223",
        declarant_text=WORDS,
    )


def _area(dice: Dice) -> Area:
    return Area(
        procedures=("40",) if dice.happens(0.5) else (),
        commodities=_prefixes(dice) if dice.happens(0.98) else (),
        origins=dice.some(COUNTRIES, 4) if dice.happens(0.5) else (),
        categories=(Category.MEDIUM, Category.HIGH) if dice.happens(0.4) else (),
        dispatch_countries=dice.some(COUNTRIES, 6) if dice.happens(0.2) else (),
    )


def _prefixes(dice: Dice) -> tuple[str, ...]:
    lengths = [(2, 4, 4, 6, 6, 6, 10, 10)[dice.between(0, 8)] for _ in range(dice.between(1, 4))]
    return tuple(dict.fromkeys(dice.commodity()[:length] for length in lengths))


def _conditions(dice: Dice) -> tuple[Condition, ...]:
    """Return one to four conditions: nearly always a number of the item, and what else analysts look at."""
    chosen = [_number(dice)]
    if dice.happens(0.25):
        chosen.append(Condition(field="item_documents", op="absent", value=dice.some(DOCUMENTS, 2)))
    if dice.happens(0.2):
        chosen.append(Condition(field="declarant_age_months", op="<", value=dice.between(6, 36)))
    if dice.happens(0.15):
        flags = ("preference_claimed", "first_commodity", "origin_not_dispatch")
        either = tuple(Condition(field=flag, op="is", value=True) for flag in dice.some(flags, 2))
        chosen.append(Condition(any=(*either, _number(dice))))
    if dice.happens(0.1):
        chosen.append(Condition(negated=Condition(field="transport_mode", op="in", value=("10", "20"))))
    return tuple(chosen)


def _usual(dice: Dice, op: str, span: tuple[int, int]) -> Decimal:
    """Return a number that no profile looks for, but one in twenty-five times one that some do."""
    low, high = span
    if dice.happens(1 / 25):
        return Decimal(dice.between(100 * low, 100 * high)) / 100
    return Decimal(dice.between(100 * high, 300 * high) if op == "<" else dice.between(0, 100 * low)) / 100


def _number(dice: Dice) -> Condition:
    field, op, (low, high) = NUMBERS[dice.between(0, len(NUMBERS))]
    return Condition(field=field, op=op, value=dice.between(low, high))


# --- cases ----------------------------------------------------------------------------------------------------------


def case(items: int, number: int = 0) -> Case:
    """Return a case of so many items of which none is like another."""
    dice = Dice(1_000 * items + number)
    return Case(
        series_id=f"150340012340/B-{number}",
        document_digest="0" * 64,
        block=Block.IMPORTS.value,
        lodged_at=datetime(2026, 11, 24, 5, tzinfo=UTC),
        header=HeaderFacts(
            type_code="IM",
            declarant_category=Category.HIGH,
            procedure="40",
            office=dice.often_first(OFFICES),
            transport_mode="30",
            dispatch_country=dice.often_first(COUNTRIES),
            item_count=items,
            documents=DOCUMENTS[:3],
            declarant_age_months=dice.between(3, 40),
        ),
        items=tuple(_item(place, dice) for place in range(1, items + 1)),
    )


def _item(sequence: int, dice: Dice) -> ItemFacts:
    facts: dict[str, Any] = {field: _usual(dice, op, span) for field, op, span in NUMBERS if dice.happens(0.95)}
    return ItemFacts(
        sequence=sequence,
        commodity_code=dice.commodity(),
        origin_country=dice.often_first(COUNTRIES),
        item_procedure="4000",
        preference_claimed=dice.happens(0.2),
        first_commodity=dice.happens(0.3),
        origin_not_dispatch=dice.happens(0.3),
        item_documents=dice.some(DOCUMENTS, 3),
        **facts,
    )
