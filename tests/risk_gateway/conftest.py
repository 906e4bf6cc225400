"""Cases, profiles and knowledge for the tests of the gateway."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from risk_gateway import gateway, knowledge
from risk_gateway.budget import Budget
from risk_gateway.conditions import parse
from risk_gateway.decision import decide
from risk_gateway.model import Assessment, Case, Decision, HeaderFacts, ItemFacts, Knowledge
from risk_gateway.parameters import Parameters
from risk_gateway.profiles import (
    Area,
    Block,
    Category,
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

AT = datetime(2026, 11, 24, 10, 0, tzinfo=timezone(timedelta(hours=5)))
DAY_KEY = bytes(32)
NEARLY_NEVER = Decimal("1e-60")


@pytest.fixture(scope="session")
def at() -> datetime:
    return AT


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    """The starter knowledge of the day, with a random draw so rare that no test meets it by chance."""
    known = knowledge.shipped(AT.date(), DAY_KEY)
    return rebuilt(known, parameters=replace(known.parameters, random_rates=SelectionRates(*[NEARLY_NEVER] * 3)))


def rebuilt(known: Knowledge, **changes: Any) -> Knowledge:
    parts = {
        name: changes.get(name, getattr(known, name))
        for name in ("day", "profiles", "parameters", "reference_values", "phrases", "day_key")
    }
    return knowledge.build(**parts)


@pytest.fixture(scope="session")
def starter(shipped: Knowledge) -> Callable[[], Knowledge]:
    """Return the shipped knowledge on demand; hypothesis prints fixtures, and this one is large."""
    return lambda: shipped


@pytest.fixture(scope="session")
def parameters(shipped: Knowledge) -> Parameters:
    return shipped.parameters


@pytest.fixture(scope="session")
def known(shipped: Knowledge) -> Callable[..., Knowledge]:
    """Return knowledge with the given profiles instead of the shipped ones; keywords replace its other parts."""

    def build(*profiles: Profile, **changes: Any) -> Knowledge:
        return rebuilt(shipped, **{"profiles": profiles, **changes})

    return build


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    """Return a case of two items; `header` and `items` give facts, other keywords are of the case."""

    def make(header: Any = None, items: Any = ({}, {}), **changes: Any) -> Case:
        facts = {"type_code": "IM", "declarant_category": Category.MEDIUM, "procedure": "40", **(header or {})}
        usual = {"commodity_code": "8539229000"}
        fields = {
            "series_id": "150340012340/A-1",
            "document_digest": "0" * 64,
            "block": "imports",
            "lodged_at": AT.astimezone(UTC),
            "header": HeaderFacts(**facts),
            "items": tuple(ItemFacts(**{"sequence": n, **usual, **item}) for n, item in enumerate(items, 1)),
        }
        return Case(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def profile() -> Callable[..., Profile]:
    """Return an indirect import profile that always fires on the whole declaration; keywords change it."""

    def make(code: str = "T-1", **changes: Any) -> Profile:
        condition = changes.pop("condition", {"field": "type_code", "op": "in", "value": ["IM"]})
        measures = changes.pop("measures", ("DOCUMENTARY_CONTROL",))
        usual: dict[str, Any] = {
            "code": code,
            "version": 1,
            "title": Words("бейін", "профиль", "profile"),
            "block": Block.IMPORTS,
            "level": Level.REPUBLICAN,
            "kind": Kind.INDIRECT,
            "category": RiskCategory.GOODS,
            "motive": Motive.CONCEALMENT,
            "area": Area(),
            "condition": parse(condition),
            "weight": 40,
            "family": code,
            "measures": tuple(MeasureOrder(MeasureCode(measure)) for measure in measures),
            "valid_from": date(2026, 1, 1),
            "valid_to": date(2027, 12, 31),
            "legal_basis": Words("негіздеме", "основание", "basis"),
            "author": "Saule",
            "approver": "Timur",
            "declarant_text": Words("мәтін", "текст", "text"),
        }
        return Profile(**{**usual, **changes})

    return make


@pytest.fixture(scope="session")
def assess() -> Callable[[Case, Knowledge], Assessment]:
    return lambda case, known: gateway.assess(case, known, Budget.replaying(None))


@pytest.fixture(scope="session")
def decided(assess: Callable[[Case, Knowledge], Assessment]) -> Callable[[Case, Knowledge], Decision]:
    return lambda case, known: decide(assess(case, known), case, known, AT)
