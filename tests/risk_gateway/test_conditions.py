"""A wrong condition is refused with the place and the remedy; a right one compares as it says."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import fields as struct_fields

from risk_gateway.catalog import Level, fields
from risk_gateway.compiler import compile
from risk_gateway.conditions import parse, problems
from risk_gateway.errors import ProfileRefused
from risk_gateway.model import HeaderFacts, ItemFacts
from risk_gateway.profiles import Condition
from risk_gateway.words import LANGUAGES

LEAF = {"field": "price_zero", "op": "is", "value": True}


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("condition", "code", "hint"),
    [
        (leaf("usd_per_kilo", "<", 1), "condition-unknown-field", "usd_per_kg"),
        (leaf("usd_per_kg", "prefix", ["1"]), "condition-wrong-operator", "between"),
        (leaf("usd_per_kg", "<", "cheap"), "condition-wrong-value", "cheap"),
        (leaf("usd_per_kg", "<", "NaN"), "condition-wrong-value", "NaN"),
        (leaf("usd_per_kg", "<", True), "condition-wrong-value", "true"),
        (leaf("usd_per_kg", "between", [3, 2]), "condition-wrong-value", "[10, 20]"),
        (leaf("usd_per_kg", "between", [3]), "condition-wrong-value", "[10, 20]"),
        (leaf("commodity_code", "prefix", ["72043"]), "condition-wrong-value", "7204100000"),
        (leaf("commodity_code", "prefix", []), "condition-wrong-value", '["..."'),
        (leaf("origin_country", "in", "CN"), "condition-wrong-value", "CN"),
        (leaf("origin_country", "in", [1]), "condition-wrong-value", "1"),
        (leaf("price_zero", "is", "yes"), "condition-wrong-value", "true, false"),
        ({"all": []}, "condition-empty", "all"),
        ({}, "condition-shape", "all, any, not"),
        ({"field": "price_zero", "op": "is"}, "condition-shape", "leaf"),
        ({"all": [LEAF], **LEAF}, "condition-shape", "exactly one"),
        ({"all": [{"any": [{"not": {"all": [LEAF]}}]}]}, "condition-too-deep", "3"),
        ({"every": [LEAF]}, "profile-shape", "every"),
        (leaf("usd_per_kg", "<", 1.5), "profile-shape", "float"),
    ],
)
def test_a_wrong_condition_is_refused_with_its_remedy(condition: Any, code: str, hint: str) -> None:
    with pytest.raises(ProfileRefused) as refused:
        parse(condition)
    assert refused.value.code == code
    assert hint in refused.value.text("en")
    assert len({refused.value.text(language) for language in LANGUAGES}) == 3


def test_all_that_is_wrong_is_told_at_once_each_with_its_place() -> None:
    tree = Condition(
        all=(
            Condition(field="nothing", op="is", value=True),
            Condition(any=(Condition(field="unit", op="<", value=1),)),
        )
    )
    found = [(problem.code, problem.place) for problem in problems(tree, "T-1.condition")]
    assert found == [
        ("condition-unknown-field", "T-1.condition.all[1]"),
        ("condition-wrong-operator", "T-1.condition.all[2].any[1]"),
    ]


def test_three_levels_are_allowed() -> None:
    assert parse({"all": [{"any": [{"not": LEAF}]}]}).all is not None


HEADER = HeaderFacts(type_code="IM", declarant_category="medium", documents=("02015", "04021"), routing_countries=())
ITEM = ItemFacts(
    sequence=1, commodity_code="7204490000", origin_country="CN", usd_per_kg=Decimal("2.50"), price_zero=False
)


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (leaf("origin_country", "in", ["CN", "KZ"]), True),
        (leaf("origin_country", "not_in", ["CN"]), False),
        (leaf("declarant_category", "in", ["medium"]), True),
        (leaf("commodity_code", "prefix", ["72", "8539"]), True),
        (leaf("commodity_code", "not_prefix", ["7204"]), False),
        (leaf("usd_per_kg", "<", "2.5"), False),
        (leaf("usd_per_kg", "<=", "2.5"), True),
        (leaf("usd_per_kg", ">", "2.5"), False),
        (leaf("usd_per_kg", ">=", "2.5"), True),
        (leaf("usd_per_kg", "between", [1, "2.50"]), True),
        (leaf("usd_per_kg", "between", [3, 4]), False),
        (leaf("price_zero", "is", False), True),
        (leaf("documents", "present", ["02"]), True),
        (leaf("documents", "present", ["03"]), False),
        (leaf("documents", "absent", ["03", "06"]), True),
        (leaf("routing_countries", "absent", ["RU"]), True),
        (leaf("net_mass_kg", ">", 0), None),
        ({"not": leaf("net_mass_kg", ">", 0)}, None),
        ({"all": [leaf("net_mass_kg", ">", 0), LEAF]}, False),
        ({"all": [leaf("net_mass_kg", ">", 0), leaf("price_zero", "is", False)]}, None),
        ({"any": [leaf("net_mass_kg", ">", 0), leaf("price_zero", "is", False)]}, True),
        ({"any": [leaf("net_mass_kg", ">", 0), LEAF]}, None),
        ({"not": LEAF}, True),
    ],
)
def test_a_condition_compares_as_it_says(condition: Any, held: bool | None) -> None:
    assert compile(parse(condition))(HEADER, ITEM) is held


def test_the_catalog_lists_every_fact_of_its_level_and_no_other() -> None:
    by_level = {level: {f.name for f in fields().values() if f.level is level} for level in Level}
    assert by_level[Level.HEADER] == {f.name for f in struct_fields(HeaderFacts)}
    assert by_level[Level.ITEM] == {f.name for f in struct_fields(ItemFacts)} - {"sequence"}
