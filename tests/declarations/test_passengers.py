"""What travellers declare: the document, its rules, and payments that a traveller can follow."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace
from offices import NOW
from travelling import ASAN, LI, declared, dollars, goods, heavy

from declarations.defects import LANGUAGES, words
from declarations.errors import NotADeclaration
from declarations.passengers import controls, xml
from declarations.passengers.allowances import FILE, NoAllowances, allowances_on, read
from declarations.passengers.computing import compute, rounded
from declarations.passengers.controls import age_on
from declarations.passengers.model import (
    Carriage,
    Corridor,
    Crossing,
    Direction,
    GoodsKind,
    Mode,
    PassengerDeclaration,
    Stay,
    Vehicle,
)
from declarations.reference import Reference

DAY = NOW.date()
CODES = Reference.shipped().on(DAY)
ALLOWANCES = allowances_on(DAY)
AIR = Crossing(office="10101", direction=Direction.ENTRY, mode=Mode.AIR, country="TR")
ADULT = 31


def computed(declaration: PassengerDeclaration, age: int = ADULT, rates: Any = CODES.rate) -> Any:
    return compute(declaration, rates, ALLOWANCES, age)


def codes_of(declaration: PassengerDeclaration) -> list[tuple[str, str]]:
    computation = computed(declaration)
    context = controls.Context(CODES, ALLOWANCES, computation, NOW)
    return [
        (each.code, each.xpath.removeprefix("/PassengerDeclaration/")) for each in controls.check(declaration, context)
    ]


# --- the document ---------------------------------------------------------------------------------------------------


def whole() -> PassengerDeclaration:
    return declared(
        goods(description="Shoes & <boots>", commodity_group="6403", personal_use=False),
        goods(kind=GoodsKind.ALCOHOL, litres=Decimal("3.75"), mass_kg=Decimal("4.5"), currency="USD"),
        corridor=Corridor.RED,
        vehicle=Vehicle(plate="123ABC02", country="KZ", description="Lada", stay=Stay.TEMPORARY),
        money=(dollars(12_000, owner="Asan Demo", origin="Savings", use="A car"),),
    )


def test_what_is_written_is_valid_and_read_back_the_same() -> None:
    root = etree.fromstring(xml.write(whole()))
    assert xml.validate(root) == ()
    assert xml.read(root) == whole()


@given(
    mass=st.decimals("0.001", "999999", places=3),
    value=st.decimals(0, "9999999999999.99", places=2),
    description=st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=200),
)
@settings(max_examples=60)
def test_whatever_goods_are_declared_the_document_says_them(mass: Decimal, value: Decimal, description: str) -> None:
    declaration = declared(goods(mass_kg=mass, value=value, description=description))
    assert xml.read(etree.fromstring(xml.write(declaration))) == declaration


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<CorridorCode>green", "<CorridorCode>blue"),
        ("<OfficeID>30301", "<OfficeID>3030"),
        ("<GrossMassMeasure>10", "<GrossMassMeasure>-10"),
        ("<Quantity>5", "<Quantity>0"),
        ('currencyID="EUR"', 'currencyID="euro"'),
        ("<GivenName>Asan</GivenName>", ""),
        ("urn:shekara:passenger:1", "urn:shekara:ccd:1"),
    ],
)
def test_what_the_schema_refuses_is_told_and_not_read(good: str, bad: str) -> None:
    document = xml.write(declared(goods())).decode()
    assert good in document
    root = etree.fromstring(document.replace(good, bad).encode())
    defects = xml.validate(root)
    assert {each.code for each in defects} == {"P-001"}
    assert all(each.text(language) for each in defects for language in LANGUAGES)
    with pytest.raises(NotADeclaration):
        xml.read(root)


def test_a_date_that_no_calendar_holds_is_not_read() -> None:
    document = xml.write(declared()).replace(b"1995-08-22", b"20260-08-22")
    with pytest.raises(NotADeclaration):
        xml.read(etree.fromstring(document))


# --- payments -------------------------------------------------------------------------------------------------------


def kzt(declaration: PassengerDeclaration, age: int = ADULT) -> str:
    return str(computed(declaration, age).total)


@pytest.mark.parametrize(
    ("mass", "value", "tenge"),
    [
        ("25", "500", "0"),
        ("25.001", "500", "2.42"),  # 0.001 kg x EUR 4 x 604.70 = 2.4188
        ("60", "300", "84658.00"),  # 35 kg x EUR 4 x 604.70
        ("25", "600", "18141.00"),  # 30 % of EUR 100
        ("30", "1000", "90705.00"),  # 30 % of EUR 500 is more than 5 kg x EUR 4
        ("85", "700", "145128.00"),  # 60 kg x EUR 4 is more than 30 % of EUR 200
    ],
)
def test_by_land_above_25_kg_or_500_euro_the_larger_of_both_ways_is_paid(mass: str, value: str, tenge: str) -> None:
    assert kzt(declared(goods(mass_kg=Decimal(mass), value=Decimal(value)))) == tenge


@pytest.mark.parametrize(
    ("mass", "value", "tenge"),
    [("50", "10000", "0"), ("60", "300", "24188.00"), ("50", "10100", "18141.00")],
)
def test_by_air_more_is_free(mass: str, value: str, tenge: str) -> None:
    assert kzt(declared(goods(mass_kg=Decimal(mass), value=Decimal(value)), crossing=AIR)) == tenge


@pytest.mark.parametrize(
    ("mass", "value", "tenge"), [("31", "200", "0"), ("41", "200", "12094.00"), ("31", "300", "9070.50")]
)
def test_parcels_have_a_norm_of_their_own(mass: str, value: str, tenge: str) -> None:
    parcel = goods(carriage=Carriage.PARCEL, mass_kg=Decimal(mass), value=Decimal(value))
    assert kzt(declared(parcel)) == tenge


def test_what_comes_in_different_ways_is_not_added_up() -> None:
    assert kzt(declared(goods(mass_kg=Decimal(25)), goods(carriage=Carriage.UNACCOMPANIED, mass_kg=Decimal(25)))) == "0"


@pytest.mark.parametrize(
    ("litres", "tenge", "needs"),
    [
        ("3", "0", ()),
        ("4.5", "9070.50", ()),
        ("5", "12094.00", ()),
        ("5.1", "12094.00", ("goods_declaration.alcohol",)),
    ],
)
def test_alcohol_is_free_to_3_litres_paid_to_5_and_declared_as_goods_above(
    litres: str, tenge: str, needs: tuple[str, ...]
) -> None:
    wine = goods(kind=GoodsKind.ALCOHOL, litres=Decimal(litres))
    assert kzt(declared(wine)) == tenge
    assert computed(declared(wine)).goods_declaration == needs


@pytest.mark.parametrize(
    ("lines", "above"),
    [
        ([goods(kind=GoodsKind.CIGARETTES, quantity=200)], False),
        ([goods(kind=GoodsKind.CIGARETTES, quantity=201)], True),
        ([goods(kind=GoodsKind.CIGARS, quantity=50)], False),
        ([goods(kind=GoodsKind.CIGARS, quantity=51)], True),
        ([goods(kind=GoodsKind.TOBACCO, mass_kg=Decimal("0.250"))], False),
        ([goods(kind=GoodsKind.TOBACCO, mass_kg=Decimal("0.251"))], True),
        ([goods(kind=GoodsKind.CIGARETTES, quantity=100), goods(kind=GoodsKind.CIGARS, quantity=25)], False),
        ([goods(kind=GoodsKind.CIGARETTES, quantity=101), goods(kind=GoodsKind.CIGARS, quantity=25)], True),
    ],
)
def test_tobacco_of_all_kinds_together_has_one_norm(lines: list[Any], above: bool) -> None:
    assert computed(declared(*lines)).goods_declaration == (("goods_declaration.tobacco",) if above else ())


def test_a_minor_brings_neither_alcohol_nor_tobacco() -> None:
    cigarettes = declared(goods(kind=GoodsKind.CIGARETTES, quantity=20))
    assert computed(cigarettes, 17).goods_declaration == ("goods_declaration.minor",)
    assert computed(cigarettes, 18).goods_declaration == ()


def test_what_is_for_trade_needs_a_goods_declaration() -> None:
    assert computed(declared(goods(personal_use=False))).goods_declaration == ("goods_declaration.not_personal",)


def test_who_leaves_pays_nothing() -> None:
    leaving = Crossing(office="30301", direction=Direction.EXIT, mode=Mode.ROAD, country="CN")
    assert kzt(declared(heavy(), crossing=leaving)) == "0"


@pytest.mark.parametrize(
    ("amount", "above"), [("0.005", "0.01"), ("0.0049", "0.00"), ("0.015", "0.02"), ("2.5", "2.50")]
)
def test_half_a_tiyn_and_more_is_rounded_up(amount: str, above: str) -> None:
    assert str(rounded(Decimal(amount))) == above


@given(st.lists(st.tuples(st.decimals("0.1", "500", places=3), st.decimals(0, "20000", places=2)), max_size=5))
@settings(max_examples=100)
def test_more_goods_never_cost_less_and_the_total_is_in_whole_tiyn(
    lines: list[tuple[Decimal, Decimal]],
) -> None:
    carried = [goods(mass_kg=mass, value=value, currency="USD") for mass, value in lines]
    totals = [computed(declared(*carried[:count])).total for count in range(len(carried) + 1)]
    assert totals == sorted(totals)
    last = computed(declared(*carried))
    assert Decimal(last.total_tiyn) == last.total * 100


def test_the_calculation_can_be_followed_in_every_language() -> None:
    computation = computed(declared(heavy(currency="USD"), goods(kind=GoodsKind.ALCOHOL, litres=Decimal(4))))
    for language in LANGUAGES:
        told = " ".join(words()[each.code][language].format_map(each.params) for each in computation.steps)
        for number in ("258.03", "60", "35", "140.00", "84658.00", "10.00", "6047.00", "90705.00"):
            assert number in told


@pytest.mark.parametrize("missing", ["EUR", "CNY"])
def test_without_a_rate_nothing_is_known_and_nothing_is_free(missing: str) -> None:
    def rates(currency: str) -> Decimal | None:
        return None if currency == missing else CODES.rate(currency)

    computation = computed(declared(heavy(currency="CNY")), rates=rates)
    assert computation.unknown == (missing,)
    assert (computation.payments, computation.mass_percent) == ((), None)


def test_money_is_counted_in_dollars_whatever_it_is_in() -> None:
    at_limit, above = declared(money=(dollars(10_000),)), declared(money=(dollars(9_000), dollars(1_001)))
    assert not computed(at_limit).money_above_limit
    assert computed(above).money_above_limit
    tenge = computed(declared(money=(dollars(5_201_001, currency="KZT"),)))
    assert tenge.money_above_limit


# --- rules ----------------------------------------------------------------------------------------------------------


def test_what_keeps_the_rules_has_no_defects() -> None:
    assert codes_of(whole()) == []
    assert codes_of(declared(traveller=LI)) == []


@pytest.mark.parametrize(
    ("declaration", "code", "place"),
    [
        (declared(traveller=replace(ASAN, citizenship="XX")), "P-101", "Traveller/CitizenshipCode"),
        (declared(crossing=replace(AIR, office="20201", mode=Mode.ROAD)), "P-102", "BorderCrossing/OfficeID"),
        (declared(traveller=replace(ASAN, iin="950822400312")), "P-103", "Traveller/IIN"),
        (declared(traveller=replace(ASAN, born_on=date(1995, 8, 23))), "P-104", "Traveller/BirthDate"),
        (declared(traveller=replace(LI, born_on=date(2026, 11, 25))), "P-105", "Traveller/BirthDate"),
        (declared(traveller=replace(LI, born_on=date(1900, 1, 1))), "P-105", "Traveller/BirthDate"),
        (declared(goods(currency="ZZZ")), "P-106", "Goods[1]/ValueAmount/@currencyID"),
        (declared(goods(), goods(currency="TRY")), "P-107", "Goods[2]/ValueAmount/@currencyID"),
        (declared(goods(kind=GoodsKind.ALCOHOL)), "P-108", "Goods[1]/VolumeLitres"),
        (declared(goods(carriage=Carriage.UNACCOMPANIED)), "P-109", "CorridorCode"),
        (
            declared(corridor=Corridor.RED, money=(dollars(10_001, owner="A", use="B"),)),
            "P-110",
            "Money[1]/Origin",
        ),
    ],
)
def test_a_broken_rule_is_told_with_its_place_in_every_language(
    declaration: PassengerDeclaration, code: str, place: str
) -> None:
    assert (code, place) in codes_of(declaration)
    context = controls.Context(CODES, ALLOWANCES, computed(declaration), NOW)
    for defect in controls.check(declaration, context):
        assert all("{" not in defect.text(language) for language in LANGUAGES)


def test_green_with_money_above_the_limit_breaks_no_rule_here_for_it_is_a_risk() -> None:
    assert codes_of(declared(money=(dollars(20_000),))) == []


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 12, 1), date(2026, 11, 30), 17),
        (date(2008, 12, 1), date(2026, 12, 1), 18),
    ],
)
def test_years_are_full_on_the_birthday(born: date, day: date, years: int) -> None:
    assert age_on(born, day) == years


# --- allowances -----------------------------------------------------------------------------------------------------


def test_on_a_day_without_allowances_nothing_is_guessed() -> None:
    with pytest.raises(NoAllowances) as refused:
        allowances_on(date(2030, 1, 1))
    assert all("2030-01-01" in refused.value.text(language) for language in LANGUAGES)


def test_the_tables_follow_each_other_and_say_where_they_are_from() -> None:
    periods = read(FILE)
    assert all(each.valid_from <= each.valid_to and each.source for each in periods)
    assert all(one.valid_to < other.valid_from for one, other in itertools.pairwise(periods))


def test_a_change_of_law_counts_from_its_day_on(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    changed = text.replace("valid_from = 2022-04-01", "valid_from = 2027-01-01").replace('"500"', '"200"')
    both = text.replace("2029-12-31", "2026-12-31") + changed
    file = tmp_path / "allowances.toml"
    file.write_text(both, encoding="utf-8")
    before, after = read(file)
    bought = declared(goods(value=Decimal(300)))
    assert compute(bought, CODES.rate, before, ADULT).total == 0
    assert str(compute(bought, CODES.rate, after, ADULT).total) == "18141.00"
    assert (before.valid_to, after.valid_from) == (date(2026, 12, 31), date(2027, 1, 1))


def test_a_moment_is_of_the_day_in_kazakhstan() -> None:
    late = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    context = controls.Context(CODES, ALLOWANCES, computed(declared()), late)
    assert context.today == date(2026, 11, 25)
