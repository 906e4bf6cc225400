import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import builders
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from declarations import tariff
from declarations.defects import LANGUAGES
from declarations.model import Amount, GoodsItem, GoodsVehicle, PreferenceCode, Procedure, Quantity
from declarations.reference import Rate, Reference, Tariff, TariffLine
from declarations.tariff import item_payables, payable
from declarations.xml import read

CASES = Path(__file__).parents[1] / "cases"
DAY = date(2026, 11, 24)
CODE = "1234567890"


def cases():
    return tomllib.loads((CASES / "rates.toml").read_text(encoding="utf-8"))["case"]


def codes_with(*lines, complete=True, day=DAY):
    return Reference.shipped().with_tariff(Tariff(lines, "test", complete)).on(day)


def goods(**changes):
    usual = {
        "sequence": 1,
        "description": "goods",
        "commodity_code": CODE,
        "customs_value": Amount(Decimal("1000.00"), "KZT"),
        "procedure": Procedure("40", "00", "000"),
    }
    return GoodsItem(**{**usual, **changes})


def declaration(items=1, **changes):
    return read(etree.fromstring(builders.declaration_xml(items, **changes)))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["why"])
def test_goods_owe_what_an_official_would_work_out(case):
    item = goods(
        customs_value=Amount(Decimal(case["value"]), "KZT"),
        net_mass_kg=Decimal(case["net"]) if "net" in case else None,
        tariff_quantity=Quantity(Decimal(case["quantity"]), case["unit"]) if "quantity" in case else None,
        vehicles=tuple(
            GoodsVehicle(vin=f"V{place}", engine_capacity=Decimal(engine) if engine else None)
            for place, engine in enumerate(case.get("engines", ()))
        ),
    )

    owed = item_payables(item, "40", codes_with(TariffLine(CODE, Rate.parse(case["rate"]))))

    duty, vat = owed.line("2010"), owed.line("5010")
    assert duty.rate == case["rate"]
    if "reason" in case:
        assert (duty.amount, duty.reason, owed.duty_share) == (None, case["reason"], None)
        assert (vat.amount, vat.reason) == (None, tariff.BASE_NOT_DETERMINED)
    else:
        assert (str(duty.amount), str(vat.amount)) == (case["duty"], case["vat"])
        assert (duty.reason, vat.reason) == (None, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customs_value": None}, tariff.NO_CUSTOMS_VALUE),
        ({"customs_value": Amount(Decimal(10), "USD")}, tariff.NO_CUSTOMS_VALUE),
        ({"procedure": Procedure("53", "00", "000")}, tariff.PROCEDURE_NOT_COVERED),
        ({"commodity_code": "9999999999"}, tariff.NOT_IN_TARIFF),
        ({"preference": PreferenceCode("OO", "ТЕ", "-", "OO")}, tariff.EXEMPTION_CLAIMED),
    ],
)
def test_a_duty_that_cannot_be_computed_is_not_guessed(changes, reason):
    owed = item_payables(goods(**changes), "40", codes_with(TariffLine(CODE, Rate.parse("5%"))))

    assert owed.line("2010").amount is None
    assert owed.line("2010").reason == reason
    assert owed.line("5010").amount is None
    assert owed.duty_share is None
    assert len({owed.line("2010").reason_text(language) for language in LANGUAGES}) == 3


def test_a_claimed_vat_exemption_leaves_the_duty_and_only_the_vat_open():
    item = goods(preference=PreferenceCode("OO", "OO", "-", "АА"))

    owed = item_payables(item, "40", codes_with(TariffLine(CODE, Rate.parse("5%"))))

    assert owed.line("2010").amount == Decimal("50.00")
    assert (owed.line("5010").amount, owed.line("5010").reason) == (None, tariff.EXEMPTION_CLAIMED)


@pytest.mark.parametrize("cyrillic_or_latin", ["OO", "ОО", "-"])
def test_no_preference_is_written_in_latin_or_cyrillic_or_as_a_dash(cyrillic_or_latin):
    item = goods(preference=PreferenceCode("OO", cyrillic_or_latin, "-", "OO"))

    assert item_payables(item, "40", codes_with(TariffLine(CODE, Rate.parse("5%")))).line("2010").amount == 50


def test_a_code_that_a_partial_tariff_lacks_is_not_determined_even_if_parts_of_it_are_there():
    codes = codes_with(TariffLine("3209900001", Rate.parse("0")), complete=False)

    assert item_payables(goods(commodity_code="3209900000"), "40", codes).line("2010").reason == tariff.NOT_IN_TARIFF


def test_a_divided_position_owes_the_duty_that_all_its_parts_have():
    alike = codes_with(TariffLine("3209900001", Rate.parse("5%")), TariffLine("3209900009", Rate.parse("5")))
    unlike = codes_with(TariffLine("3209900001", Rate.parse("0")), TariffLine("3209900009", Rate.parse("6.5%")))
    item = goods(commodity_code="3209900000")

    assert item_payables(item, "40", alike).line("2010").amount == Decimal("50.00")
    assert item_payables(item, "40", unlike).line("2010").reason == tariff.SUBDIVIDED


def test_excise_by_the_litre_goes_into_the_base_of_vat():
    item = goods(commodity_code="2203000900", tariff_quantity=Quantity(Decimal(10), "112"))

    owed = item_payables(item, "40", codes_with(TariffLine("2203000900", Rate.parse("0"))))

    assert owed.line("4010").amount == Decimal("1000.00")  # 10 l x 100 tenge
    assert owed.line("5010").base == Decimal("2000.00")
    assert owed.line("5010").amount == Decimal("320.00")


@pytest.mark.parametrize("changes", [{}, {"preference": PreferenceCode("OO", "OO", "ЗЗ", "OO")}])
def test_an_excise_that_is_not_determined_leaves_the_vat_open(changes):
    item = goods(commodity_code="2203000900", **changes)

    owed = item_payables(item, "40", codes_with(TariffLine("2203000900", Rate.parse("0"))))

    assert owed.line("2010").amount == 0
    assert owed.line("4010").amount is None
    assert owed.line("5010").reason == tariff.BASE_NOT_DETERMINED


@pytest.mark.parametrize(
    ("day", "share", "amount"), [(date(2025, 12, 31), "12%", "126.00"), (date(2026, 1, 1), "16%", "168.00")]
)
def test_vat_is_that_of_the_day(day, share, amount):
    vat = item_payables(goods(), "40", codes_with(TariffLine(CODE, Rate.parse("5%")), day=day)).line("5010")

    assert (vat.rate, str(vat.amount)) == (share, amount)


def test_the_share_of_the_duty_is_that_of_the_customs_value():
    item = goods(net_mass_kg=Decimal(1))

    specific = item_payables(item, "40", codes_with(TariffLine(CODE, Rate.parse("1 EUR за 1 кг"))))

    assert specific.duty_share == Decimal("0.6047")


def test_the_procedure_of_the_document_counts_where_the_item_gives_none():
    codes = codes_with(TariffLine(CODE, Rate.parse("5%")))

    assert item_payables(goods(procedure=None), "40", codes).line("2010").amount == 50
    assert item_payables(goods(procedure=None), "70", codes).line("2010").reason == tariff.PROCEDURE_NOT_COVERED


def test_totals_are_of_what_is_determined_and_the_rest_is_counted():
    lodged = declaration([{}, {"code": "9021399000"}, {"price": "100.00"}])

    owed = payable(lodged, Reference.shipped().on(DAY))

    assert owed.totals == {
        "1010": Decimal(20000),
        "2010": owed.items[0].line("2010").amount + owed.items[2].line("2010").amount,
        "5010": owed.items[0].line("5010").amount + owed.items[2].line("5010").amount,
    }
    assert owed.undetermined == {"2010": 1, "5010": 1}
    assert not owed.determined
    assert owed.total == sum(owed.totals.values())


def test_an_export_owes_the_fee_and_a_transit_nothing():
    export = read(etree.fromstring(builders.export_xml()))
    transit = declaration(type_code="TT", procedure="80")
    codes = Reference.shipped().on(DAY)

    assert payable(export, codes).totals == {"1010": codes.fee}
    assert payable(export, codes).items[0].lines == ()
    assert payable(transit, codes).fee is None
    assert payable(transit, codes).totals == {}


amounts = st.decimals(0, 10**18, places=2)
quantities = st.builds(
    Quantity,
    st.decimals(0, 10**18, places=6) | st.just(Decimal("9" * 24)),
    st.sampled_from(["796", "166", "168", "112", "055", "715", "111", "ZZZ"]),
)
items = st.builds(
    goods,
    commodity_code=st.sampled_from(
        ["8539229000", "3209900000", "2203000900", "5703900000", "0000", "9401610000", "8702101995"]
    ),
    customs_value=st.none() | st.builds(Amount, amounts, st.sampled_from(["KZT", "USD", "ZZZ"])),
    net_mass_kg=st.none() | st.decimals(0, 10**9, places=6),
    tariff_quantity=st.none() | quantities,
    additional_quantities=st.lists(quantities, max_size=3).map(tuple),
    vehicles=st.lists(
        st.builds(GoodsVehicle, st.just("V"), engine_capacity=st.none() | st.decimals(0, 10**6, places=1)), max_size=2
    ).map(tuple),
    preference=st.none() | st.builds(PreferenceCode, *[st.sampled_from(["OO", "-", "ОО", "ТЕ"]) for _ in range(4)]),
    procedure=st.none() | st.builds(Procedure, st.sampled_from(["40", "53"]), st.just("00"), st.just("000")),
)


@settings(max_examples=300)
@given(items, st.sampled_from(["40", "53", None]), st.dates(date(2011, 1, 1), date(2030, 1, 1)))
def test_no_item_however_odd_stops_the_computation_and_every_line_has_an_amount_or_a_reason(item, procedure, day):
    owed = item_payables(item, procedure, Reference.shipped().on(day))

    assert owed.line("2010") is not None
    assert owed.line("5010") is not None
    for line in owed.lines:
        assert (line.amount is None) != (line.reason is None)
        if line.amount is not None:
            assert line.amount >= 0
            assert line.amount.as_tuple().exponent >= -2  # whole tiyn, however large
