"""A file of reference values: what it may say, and every refusal with its place and words in three languages."""

from datetime import date
from decimal import Decimal

import pytest

from risk_gateway.errors import ValuesRefused
from risk_gateway.knowledge import BASES, shipped_reference_values
from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue
from risk_gateway.values_file import read, write

DAY = date(2026, 11, 24)
SOUND = """
valid_from = 2026-12-01

[[unit_value]]
commodity = "9401"
origin = "CN"
measure = "kg"
low_usd = "1.90"
median_usd = 4.20
source = "test"

[[mass_per_unit]]
commodity = "940161"
origin = "*"
unit = "796"
low_kg = "4"
median_kg = "12.5"
high_kg = "40"
source = "test"
count = 120
period = "2026"
"""
JSON = """{"unit_value": [{"commodity": "9401", "origin": "*", "measure": "796", "low_usd": "1", "median_usd": "2",
"source": "test"}]}"""


def refusals(text: str) -> list[ValuesRefused]:
    return read(text, DAY)[1]


def test_a_sound_file_says_what_it_says() -> None:
    file, broken = read(SOUND, DAY)
    assert broken == []
    assert file.valid_from == date(2026, 12, 1)
    assert file.unit_value == (UnitValue("9401", "CN", "kg", Decimal("1.90"), Decimal("4.20"), "test"),)
    mass = MassPerUnit("940161", "*", "796", Decimal(4), Decimal("12.5"), Decimal(40), "test", 120, "2026")
    assert file.mass_per_unit == (mass,)


def test_json_is_read_too() -> None:
    file, broken = read(JSON, DAY)
    assert broken == []
    assert file.unit_value is not None
    assert file.unit_value[0].measure == "796"


def test_a_table_that_is_not_in_the_file_stays_as_it_is_in_force() -> None:
    known = shipped_reference_values()
    merged = read(JSON, DAY)[0].over(known)
    assert merged.routes == known.routes
    assert merged.mass_per_unit == known.mass_per_unit
    assert merged.unit_values != known.unit_values


def test_what_is_written_is_read_again() -> None:
    values = (
        UnitValue("9401", "CN", "kg", Decimal("1.90"), Decimal("4.2"), 'a "source", here', 96, "2026-01-01/2026-06-30"),
    )
    masses = (MassPerUnit("9401", "*", "796", Decimal(1), Decimal(2), Decimal(3), "test"),)
    file, broken = read(write(DAY, values, masses), DAY)
    assert broken == []
    assert file.over(ReferenceValues()) == ReferenceValues(unit_values=values, mass_per_unit=masses)


@pytest.mark.parametrize(
    ("change", "to", "code", "place"),
    [
        ('commodity = "9401"', 'commodity = "94"', "values-commodity", "unit_value 94 CN kg"),
        ('commodity = "9401"', 'commodity = "94O1"', "values-commodity", "unit_value 94O1 CN kg"),
        ('commodity = "9401"', 'commodity = "９４０１"', "values-commodity", "unit_value ９４０１ CN kg"),
        ('origin = "CN"', 'origin = "XX"', "values-country", "unit_value 9401 XX kg"),
        ('origin = "CN"', 'origin = ""', "values-country", "unit_value 9401  kg"),
        ('measure = "kg"', 'measure = "dozen"', "values-measure", "unit_value 9401 CN dozen"),
        ('unit = "796"', 'unit = "kg"', "values-measure", "mass_per_unit 940161 * kg"),
        ('low_usd = "1.90"', 'low_usd = "0"', "values-number", "unit_value 9401 CN kg"),
        ('low_usd = "1.90"', 'low_usd = "-1"', "values-number", "unit_value 9401 CN kg"),
        ('low_usd = "1.90"', 'low_usd = "NaN"', "values-number", "unit_value 9401 CN kg"),
        ('low_usd = "1.90"', 'low_usd = "Infinity"', "values-number", "unit_value 9401 CN kg"),
        ("count = 120", "count = 0", "values-number", "mass_per_unit 940161 * 796"),
        ('low_usd = "1.90"', 'low_usd = "4.21"', "values-order", "unit_value 9401 CN kg"),
        ('high_kg = "40"', 'high_kg = "12"', "values-order", "mass_per_unit 940161 * 796"),
        ('low_usd = "1.90"', 'low_usd = "cheap"', "values-shape", "unit_value 1"),
        ('source = "test"\n\n', 'source = "test"\ncolour = "red"\n\n', "values-shape", "unit_value 1"),
        ('source = "test"\n\n', "\n\n", "values-shape", "unit_value 1"),
        ("valid_from = 2026-12-01", 'valid_from = "soon"', "values-shape", "valid_from"),
        ("valid_from = 2026-12-01", "minimum = 3", "values-unknown-table", "minimum"),
        ("[[unit_value]]", "[[unit_prices]]", "values-unknown-table", "unit_prices"),
        ("[[unit_value]]", "[unit_value]", "values-shape", "unit_value"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_in_three_languages(change: str, to: str, code: str, place: str) -> None:
    assert change in SOUND
    (refused,) = refusals(SOUND.replace(change, to, 1))
    assert (refused.code, refused.place) == (code, place)
    texts = {refused.text(language) for language in ("kk", "ru", "en")}
    assert len(texts) == 3
    assert all(place in text for text in texts)


def test_two_values_for_the_same_goods_are_refused() -> None:
    twice = SOUND + SOUND[SOUND.index("[[unit_value]]") :]
    assert [(one.code, one.place) for one in refusals(twice)] == [
        ("values-twice", "unit_value 9401 CN kg"),
        ("values-twice", "mass_per_unit 940161 * 796"),
    ]


def test_a_route_over_an_unknown_office_or_country_is_refused() -> None:
    route = '[[route]]\norigin = "CN"\noffices = ["99999"]\ncountries = ["CN", "ZZ"]\nsource = "test"\n'
    assert [one.code for one in refusals(route)] == ["values-country", "values-office"]


def test_every_problem_is_told_at_once() -> None:
    wrong = SOUND.replace('"CN"', '"XX"').replace('"1.90"', '"9"').replace('"796"', '"dozen"')
    assert [one.code for one in refusals(wrong)] == ["values-country", "values-order", "values-measure"]


@pytest.mark.parametrize("text", ["[[unit_value", "{", '{"unit_value": NaN}'])
def test_what_is_no_toml_and_no_json_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(ValuesRefused, match="values-shape"):
        read(text, DAY)


def test_the_shipped_values_keep_the_rules_of_a_file() -> None:
    folder = BASES / "reference_values"
    for name in ("unit_values.toml", "mass_per_unit.toml", "routes.toml"):
        assert read((folder / name).read_text("utf-8"), DAY)[1] == []
