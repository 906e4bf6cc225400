"""Profiles and cases by chance, from few values so that they meet. Seeded: the same each time."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from risk_gateway.catalog import Field, FieldType, Level, fields
from risk_gateway.model import Case, HeaderFacts, ItemFacts
from risk_gateway.profiles import (
    Area,
    Block,
    Category,
    Condition,
    Kind,
    MeasureCode,
    MeasureOrder,
    Motive,
    Profile,
    RiskCategory,
    SelectionRates,
)
from risk_gateway.profiles import Level as ProfileLevel
from risk_gateway.words import Words

WORDS = Words("бір", "один", "one")
TEXTS = ("A", "B", "C", "D")
CATEGORIES = tuple(Category)
PREFIXES = ("85", "8501", "8502", "850110", "850120", "8501100000", "8502200000", "72", "7204", "720410", "7204100000")
CODES = ("8501100000", "8501100001", "8501200000", "8502200000", "8502990000", "7204100000", "7201000000", "9403000000")
RANGES = ("8501-8502", "84-85", "720400-720419")
DOCUMENTS = ("02015", "0201", "04021", "06011", "09")
NEEDED = {"type_code", "declarant_category", "commodity_code"}
SHAPES = ("all", "any", "not")


class Chance:
    """Draws profiles and cases, one after another."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        self._catalog = tuple(fields().values())

    # --- cases ------------------------------------------------------------------------------------------------------

    def case(self, items_most: int = 6) -> Case:
        return Case(
            series_id="S",
            document_digest="0" * 64,
            block="imports",
            lodged_at=datetime(2026, 11, 24, tzinfo=UTC),
            header=HeaderFacts(**self._facts(Level.HEADER)),
            items=tuple(
                ItemFacts(sequence=number, **self._facts(Level.ITEM))
                for number in range(1, 1 + self.below(items_most + 1))
            ),
        )

    def _facts(self, level: Level) -> dict[str, Any]:
        return {
            field.name: self._fact(field)
            for field in self._catalog
            if field.level is level and (field.name in NEEDED or self.happens(0.8))
        }

    def _fact(self, field: Field) -> Any:
        if field.name == "declarant_category":
            return self.one(CATEGORIES)
        match field.type:
            case FieldType.TEXT:
                return self.one(TEXTS)
            case FieldType.COMMODITY:
                return self.one(CODES)
            case FieldType.NUMBER:
                return self.below(5) if self.happens(0.5) else Decimal(self.below(10)) / 2
            case FieldType.FLAG:
                return self.happens(0.5)
            case FieldType.LIST:
                return self.some(DOCUMENTS, least=0)

    # --- profiles ---------------------------------------------------------------------------------------------------

    def profile(self, code: str) -> Profile:
        posts = self.some(TEXTS) if self.happens(0.1) else ()
        return Profile(
            code=code,
            version=1 + self.below(3),
            title=WORDS,
            block=Block.IMPORTS,
            level=ProfileLevel.REGIONAL if posts else ProfileLevel.REPUBLICAN,
            posts=posts,
            kind=self.one(tuple(Kind)),
            category=RiskCategory.GOODS,
            motive=Motive.CONCEALMENT,
            area=self._area(),
            condition=self._condition(3),
            weight=self.below(101),
            family=self.one(TEXTS),
            measures=(MeasureOrder(MeasureCode.DOCUMENTARY_CONTROL),),
            selection=SelectionRates(Decimal("0.25"), Decimal("0.5"), Decimal(1)),
            valid_from=date(2026, 1, 1),
            valid_to=date(2027, 12, 31),
            legal_basis=WORDS,
            author="881231450112",
            approver="910310300223",
            declarant_text=WORDS,
        )

    def _area(self) -> Area:
        """Narrow seldom in each respect: in all of them at once nothing would fire."""
        parts: dict[str, tuple[str, ...]] = {
            "directions": TEXTS,
            "procedures": TEXTS,
            "commodities": (*PREFIXES, *RANGES),
            "commodities_excluded": (*PREFIXES[1:], *RANGES[:1]),
            "origins": TEXTS,
            "origins_excluded": TEXTS,
            "dispatch_countries": TEXTS,
            "destinations": TEXTS,
            "categories": CATEGORIES,
            "categories_excluded": CATEGORIES,
            "offices": TEXTS,
        }
        return Area(**{name: self.some(values) for name, values in parts.items() if self.happens(0.12)})

    def _condition(self, depth: int) -> Condition:
        if depth == 0 or self.happens(0.4):
            return self._leaf(self.one(self._catalog))
        shape = self.one(SHAPES)
        if shape == "not":
            return Condition(negated=self._condition(depth - 1))
        children = tuple(self._condition(depth - 1) for _ in range(1 + self.below(3)))
        return Condition(**{shape: children})

    def _leaf(self, field: Field) -> Condition:
        op = self.one(field.type.operators)
        return Condition(field=field.name, op=op, value=self._value(field, op))

    def _value(self, field: Field, op: str) -> Any:
        match field.type:
            case FieldType.TEXT:
                return self.some(CATEGORIES if field.name == "declarant_category" else TEXTS)
            case FieldType.COMMODITY:
                return self.some(PREFIXES)
            case FieldType.NUMBER:
                low, high = sorted((self.below(10), self.below(10)))
                return (str(Decimal(low) / 2), high) if op == "between" else str(Decimal(high) / 2)
            case FieldType.FLAG:
                return self.happens(0.5)
            case FieldType.LIST:
                return self.some(DOCUMENTS)

    # --- dice -------------------------------------------------------------------------------------------------------

    def happens(self, probability: float) -> bool:
        return bool(self._dice.random() < probability)

    def below(self, limit: int) -> int:
        return int(self._dice.integers(limit))

    def one(self, values: tuple[Any, ...]) -> Any:
        return values[self.below(len(values))]

    def some(self, values: tuple[Any, ...], least: int = 1) -> tuple[Any, ...]:
        """Return a few of the values, each once, in any order."""
        order = self._dice.permutation(len(values))[: least + self.below(2)]
        return tuple(values[place] for place in order)
