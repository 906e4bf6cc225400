import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cast import OFFICES

from declarations.defects import LANGUAGES
from declarations.reference import (
    ExchangeRate,
    Rate,
    RateUnreadable,
    Reference,
    Tariff,
    TariffLine,
    TariffUnreadable,
)

DAY = date(2026, 11, 24)
PROCEDURES = {
    "00",
    "10",
    "21",
    "23",
    "31",
    "40",
    "51",
    "53",
    "60",
    "70",
    "77",
    "78",
    "80",
    "90",
    "91",
    "93",
    "94",
    "96",
}
SHARED = Path(__file__).parents[3] / "shared" / "data" / "tariff" / "eaeu_import_duty_2026-06-18.csv"


BROKEN = "commodity_code,duty_rate\n0101210000," + "5" * 200_000  # longer than a field of CSV may be


@pytest.fixture(scope="module")
def codes():
    return Reference.shipped().on(DAY)


@pytest.fixture(scope="module")
def printed():
    if not SHARED.is_file():
        pytest.skip(f"no full tariff: {SHARED} is not there")
    return SHARED.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%",
        "-5%",
        "5 %",
        "five%",
        "5%%",
        "1e3%",
        "1 EUR",
        "1 EUR за 1",
        "1 EUR за 1 кило",
        "1 EUR за 0 кг",
        "1 eur за 1 кг",
        "1.5.2 EUR за 1 кг",
        "5%, но не менее",
        "5%, но не менее 10%",
        "5%, но не более 1 EUR за 1 кг",
        "1 EUR за 1 кг плюс 5%",
        "٥%",
        "9" * 30 + "%",
    ],
)
def test_what_is_not_a_rate_is_refused(text):
    with pytest.raises(RateUnreadable):
        Rate.parse(text)


def test_a_rate_is_read_into_its_parts():
    rate = Rate.parse("17%, но не менее 1,7 EUR за 1 1000 шт")

    assert (rate.percent, rate.operator) == (Decimal(17), "NLT")
    assert (rate.amount, rate.currency, rate.per, rate.unit) == (Decimal("1.7"), "EUR", Decimal(1), "798")


def test_a_rate_is_said_in_three_languages():
    rate = Rate.parse("10% плюс 0.08 EUR за 1 кг")

    assert rate.sentence("en") == "10 % of the customs value plus 0.08 EUR for 1 kg"
    assert rate.sentence("ru") == "10 % таможенной стоимости плюс 0.08 EUR за 1 кг"
    assert rate.sentence("kk") == "кедендік құнның 10 %-ы және оған қоса 1 килограмм үшін 0.08 EUR"


def test_rates_charge_alike_however_they_are_printed():
    assert Rate.parse("0").charges_as(Rate.parse("0%"))
    assert Rate.parse("8.0%").charges_as(Rate.parse("8"))
    assert not Rate.parse("5%").charges_as(Rate.parse("5% плюс 1 EUR за 1 кг"))
    assert not Rate.parse("1 EUR за 1 кг").charges_as(Rate.parse("1 USD за 1 кг"))


def test_all_13292_rates_of_the_union_tariff_are_read_and_written_back_the_same(printed):
    tariff = Tariff.parse_csv(printed, "EAEU")

    assert len(tariff) == 13_292
    for row in printed.splitlines()[1:]:
        code, text = row.split(",", 1)
        rate = tariff.line(code).rate
        assert written(rate) == text.strip('"').replace("%", "")
        said = {language: rate.sentence(language) for language in LANGUAGES}
        assert len(set(said.values())) == 3
        for sentence in said.values():
            assert set(numbers(text)) - {"2", "3", "1000"} <= set(numbers(sentence))


def written(rate):
    units = {"166": "кг", "168": "т", "112": "л", "055": "м2", "715": "пар", "796": "шт", "798": "1000 шт"}
    specific = (
        "" if rate.unit is None else (f"{rate.amount} {rate.currency} за {rate.per} {units.get(rate.unit, 'см3, мл')}")
    )
    joint = {"NLT": ", но не менее ", "PLUS": " плюс ", None: ""}[rate.operator]
    return f"{'' if rate.percent is None else rate.percent}{joint}{specific}"


def numbers(text):
    return re.findall(r"[0-9]+(?:\.[0-9]+)?", text)


def test_a_tariff_with_errors_is_refused_with_every_line_that_has_one():
    text = (
        "commodity_code,duty_rate,supplementary_unit\n"
        "0101210000,0,796\n"
        "01012x0000,5%,\n"
        "0101299000,free,\n"
        '0101300000,"5%, но не менее 1 EUR за 1 попугай",\n'
        "0101210000,0,\n"
        "0101900000,5%,kilo\n"
        "0102211000\n"
    )

    with pytest.raises(TariffUnreadable) as refused:
        Tariff.parse_csv(text, "test")

    assert [number for number, _, _ in refused.value.problems] == [3, 4, 5, 6, 7, 8]
    for language in LANGUAGES:
        assert "01012x0000" in refused.value.text(language)
        assert "попугай" in refused.value.text(language)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "code,rate\n1,2\n", "commodity_code\n0101210000\n", "commodity_code,duty_rate\n", "\x00\n", BROKEN],
)
def test_a_file_that_is_no_tariff_is_refused(text):
    with pytest.raises(TariffUnreadable):
        Tariff.parse_csv(text, "test")


def test_a_tariff_with_a_byte_order_mark_or_windows_line_ends_is_read():
    tariff = Tariff.parse_csv("\ufeffcommodity_code,duty_rate\r\n0101210000,5%\r\n", "test")

    assert tariff.line("0101210000") == TariffLine("0101210000", Rate.parse("5%"))


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("3209900000", ["3209900001", "3209900009"]),
        ("3210000000", ["3210001000", "3210009000"]),
        ("3211000000", ["3211000000"]),
        ("3209900001", []),
        ("3209900005", []),
        ("3209000000", []),
        ("32099000", []),
        ("", []),
    ],
)
def test_a_position_in_zeros_stands_for_the_codes_it_was_divided_into(code, parts):
    listed = ("3209900001", "3209900009", "3210001000", "3210009000", "3211000000")
    tariff = Tariff([TariffLine(each, Rate.parse("0")) for each in listed], "test")

    found = [line.code for line in tariff.subdivided(code)]

    assert found == ([] if code in listed else parts)


def test_the_shipped_tariff_says_that_it_is_partial_and_agrees_with_the_full_one(printed):
    shipped, full = Reference.shipped().tariff, Tariff.parse_csv(printed, "EAEU")

    lines = [line for line in map(shipped.line, CODES) if line is not None]

    assert not shipped.complete
    assert 60 <= len(shipped) <= 100
    assert len(lines) == len(CODES)
    for line in lines:
        assert full.line(line.code).rate == line.rate


CODES = ("8539229000", "8512909008", "8539520009", "9401610000", "3209900001", "2203000900", "6401100000", "8471300000")


def test_the_shipped_data_are_read_once():
    assert Reference.shipped() is Reference.shipped()
    assert Reference.shipped().on(DAY) is Reference.shipped().on(DAY)


def test_days_asked_for_do_not_pile_up():
    reference = Reference.shipped().with_tariff(Tariff([], "test"))
    first = reference.on(DAY)

    for offset in range(1, 400):
        reference.on(DAY + timedelta(days=offset))

    assert reference.on(DAY) == first
    assert reference.on(DAY) is not first


def test_the_code_lists_have_what_declarations_use(codes):
    assert {"KZ", "CN", "RU", "KG", "UZ", "TW", "AB"} <= codes.countries.keys()
    assert not {"XX", "ZZ", "SU"} & codes.countries.keys()
    assert {"EU", "00", "99", "KZ"} <= codes.countries_or_open
    assert not {"EU", "00", "99"} & codes.countries.keys()
    assert {"KZT", "USD", "EUR", "CNY", "RUB", "TRY", "AMD", "XDR"} <= codes.currencies.keys()
    assert {"796", "166", "055", "113", "112", "715", "111", "006", "163", "168", "798", "831"} <= codes.units.keys()
    assert len(codes.packages) > 390
    assert {"BG", "CT", "NE", "1A", "ZZ"} <= codes.packages.keys()
    assert {"10", "20", "30", "31", "32", "40", "50", "71", "72", "80", "90"} <= codes.transport_modes.keys()
    assert {
        "02011",
        "02013",
        "02015",
        "03011",
        "04021",
        "06011",
        "06013",
        "06019",
        "09018",
    } <= codes.document_kinds.keys()
    assert "99999" not in codes.document_kinds
    assert set(codes.valuation_methods) == set("123456")
    assert set(codes.procedures) == PROCEDURES
    assert codes.procedures["10"].types == {"EX"}
    assert codes.procedures["80"].types == {"TT"}
    assert codes.procedures["00"].types == frozenset()


def test_entries_have_names_in_three_languages(codes):
    for named in (
        codes.countries,
        codes.units,
        codes.incoterms,
        codes.offices,
        codes.procedures,
        codes.transport_modes,
    ):
        for entry in named.values():
            assert all(entry.names.get(language) for language in LANGUAGES), entry
    assert codes.countries["CN"].name("kk") == "Қытай"
    assert codes.packages["QP"].name("ru") == "Box, natural wood, ordinary"
    assert codes.document_kinds["01017"].name("ru") == "01017"


def test_the_posts_are_those_of_the_cast_and_marked_fictitious(codes):
    assert {code: office.name("en") for code, office in codes.offices.items()} == OFFICES
    assert all(office.fictitious for office in codes.offices.values())
    assert (codes.offices["40401"].border, codes.offices["40401"].mode) == ("CN", "rail")
    assert codes.offices["10101"].border is None


def test_an_entry_is_not_valid_before_its_day_or_after_its_last():
    reference = Reference.shipped()

    assert "DPU" not in reference.on(date(2019, 12, 31)).incoterms
    assert "DPU" in reference.on(date(2020, 1, 1)).incoterms
    assert "BGN" in reference.on(date(2026, 12, 31)).currencies
    assert "BGN" not in reference.on(date(2027, 1, 1)).currencies


@pytest.mark.parametrize(
    ("currency", "tenge"), [("USD", "520.10"), ("EUR", "604.70"), ("CNY", "73.20"), ("RUB", "6.45")]
)
def test_the_demonstration_rates_hold_from_november_2026_until_replaced(currency, tenge):
    codes = Reference.shipped().on(date(2027, 3, 8))

    assert codes.rate(currency) == Decimal(tenge)
    assert codes.rate(currency, date(2026, 11, 1)) == Decimal(tenge)
    assert codes.rate(currency, date(2026, 10, 31)) is None


def test_a_newer_rate_replaces_an_older_one_from_its_day_on():
    newer = ExchangeRate("CNY", 10, Decimal("740"), date(2026, 12, 1))

    codes = Reference.shipped().with_exchange_rates([newer]).on(DAY)

    assert codes.rate("CNY") == Decimal("73.20")
    assert codes.rate("CNY", date(2026, 12, 1)) == Decimal("74")
    assert codes.rate("KZT") == 1
    assert codes.rate("GBP") is None


def test_units_convert_only_within_their_kind(codes):
    assert codes.in_unit(Decimal(2), "168", "166") == 2000
    assert codes.in_unit(Decimal(5000), "796", "798") == 5
    assert codes.in_unit(Decimal(1), "113", "112") == 1000
    assert codes.in_unit(Decimal(1), "796", "796") == 1
    assert codes.in_unit(Decimal(2), "796", "715") is None
    assert codes.in_unit(Decimal(1), "112", "166") is None
    assert codes.in_unit(Decimal(1), "831", "112") is None


def test_the_longest_beginning_of_a_code_decides_its_excise(codes):
    assert codes.excise("2203000100").unit == "112"
    assert codes.excise("2402201000").unit == "798"
    assert codes.excise("2402900000") is None
    assert codes.excise("8539229000") is None


def test_every_table_says_where_it_comes_from():
    sources = Reference.shipped().sources()

    assert {"countries", "currencies", "units", "packages", "offices", "document_kinds", "tariff"} <= sources.keys()
    assert all(sources.values())
