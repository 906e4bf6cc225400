"""A profile's form says what the profile says, and what is wrong with it is told beside the field, in plain words."""

from datetime import date

import pytest
from cast import ANALYSTS
from profile_fields import SOUND

from portal.analyst import composing, forms
from portal.analyst.composing import Group, GroupKind, Row
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.profiles import Condition

TODAY = date(2026, 11, 30)
SAULE = ANALYSTS[0].iin


def wrong(**changes: object) -> dict[str, str]:
    """Return what is told beside which field when some fields are filled in otherwise."""
    given = {**SOUND, **{name.replace("__", "."): value for name, value in changes.items()}}
    filled = forms.fill(forms.of_fields(given), SAULE, TODAY)
    return {each.field: each.text.en for each in filled.wrong(TODAY)}


def test_a_sound_form_has_nothing_wrong() -> None:
    assert wrong() == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "chairs"}, "code"),
        ({"title__kk": ""}, "title.kk"),
        ({"block": "transit"}, "block"),
        ({"weight": "heavy"}, "weight"),
        ({"weight": "101"}, "weight"),
        ({"rate__low": "0"}, "rate.low"),
        ({"valid_to": "tomorrow"}, "valid_to"),
        ({"valid_to": "2031-01-01"}, "valid_to"),
        ({"daily_cap": "-1"}, "daily_cap"),
        ({"level": "regional"}, "posts"),
        ({"category": "vat_refund"}, "category"),
        ({"m__1__code": ""}, "m.1.code"),
        ({"m__1__code": "SECURITY", "m__1__when": "after_release"}, "m.1.when"),
        ({"declarant_text__ru": "больше 30 процентов"}, "declarant_text.ru"),
        ({"area__origins": "XX"}, "area.origins"),
        ({"area__commodities": "940"}, "area.commodities"),
        ({"c__1__fact": ""}, "c.1.fact"),
        ({"c__1__op": ">"}, "c.1.op"),
        ({"c__1__value": ""}, "c.1.value"),
        ({"c__1__value": "9401a"}, "c.1.value"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(changes: dict[str, object], field: str) -> None:
    told = wrong(**changes)
    assert field in told, told
    assert "IM-90" not in told[field]


def test_a_contradiction_is_told_in_the_words_of_the_form() -> None:
    told = wrong(
        **{"c.2.fact": "net_mass_kg", "c.2.op": "<", "c.2.value": "1"},
        **{"c.3.fact": "net_mass_kg", "c.3.op": ">", "c.3.value": "2"},
    )
    (text,) = told.values()
    assert "Net mass, kg is below 1; Net mass, kg is above 2" in text


@pytest.mark.parametrize("profile", shipped_profiles(), ids=lambda profile: profile.code)
def test_a_profile_comes_out_of_its_form_as_it_went_in(profile) -> None:
    filled = forms.fill(forms.of_profile(profile), profile.author, TODAY, profile.version)
    assert filled.unread == ()
    assert filled.profile.digest == profile.digest


@pytest.mark.parametrize(
    ("op", "text", "value"),
    [
        ("<", "0,5", "0.5"),
        ("<", "1 000", 1000),
        ("<", "25 %", 25),
        ("between", "10 - 20", (10, 20)),
        ("between", "10-20", (10, 20)),
        ("between", "0,5 \N{EN DASH} 1,5", ("0.5", "1.5")),
        ("between", "-5 - 5", (-5, 5)),
        ("<", "many", "many"),
    ],
)
def test_numbers_are_read_as_people_write_them(op: str, text: str, value: object) -> None:
    assert composing.value_of(Row("net_mass_kg", op, (text,))) == value


def test_codes_are_read_with_commas_or_blanks_between_them() -> None:
    assert composing.value_of(Row("origin_country", "in", ("cn, tr;UZ",))) == ("CN", "TR", "UZ")
    assert composing.value_of(Row("declarant_category", "in", ("low", "high"))) == ("low", "high")
    assert composing.value_of(Row("preference_claimed", "is", ("no",))) is False


def test_rows_and_groups_come_and_go() -> None:
    given = {"c": "any", "c.1.fact": "origin_country", "c.1.op": "in", "c.1.value": "CN"}
    group = composing.added(composing.read(given), "c:group")
    assert [type(part) for part in group.parts] == [Row, Group]
    group = composing.added(group, "c.2:row")
    assert len(group.parts[1].parts) == 3
    group = composing.removed(group, "c.1")
    assert len(group.parts) == 1
    for _ in range(3):
        group = composing.removed(group, "c.1.1")
    assert group.parts == (Row(),), "an empty group goes, and one row is left to begin with"


def test_a_denial_stays_a_denial() -> None:
    leaf = Condition(field="origin_country", op="in", value=("CN",))
    other = Condition(field="net_mass_kg", op="<", value=5)
    for condition, kind in (
        (Condition(negated=leaf), GroupKind.NONE),
        (Condition(negated=Condition(any=(leaf, other))), GroupKind.NONE),
        (Condition(negated=Condition(all=(leaf, other))), GroupKind.NOT_ALL),
    ):
        group = composing.of_condition(condition)
        assert group.kind is kind
        assert composing.build(group, "x").condition == condition


def test_no_form_is_nested_without_end() -> None:
    given = {"c" + ".1" * depth: "all" for depth in range(200)}
    assert composing.read(given).parts
