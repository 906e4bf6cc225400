"""From an invoice to goods items: columns found, rows read, and every row that cannot be used told of."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from workbooks import INVOICE, workbook

from declarations.reference import Reference
from portal.declarant.goods import importing
from portal.declarant.goods import troubles as problems
from portal.declarant.goods.importing import Chosen, Import
from portal.declarant.goods.lines import CODE, CURRENCY, GROSS, MODEL, NET, ORIGIN, PRICE, QUANTITY, TARIFF_QUANTITY

CODES = Reference.shipped().on(date(2026, 11, 24))
REAL = Path(__file__).parents[3] / "shared" / "data" / "invoices"
HEAD = "Description;Origin;Qty;Unit;Amount\n"


def read(data: bytes) -> Import:
    return importing.read_import(data, Chosen(), CODES, {})


def csv(text: str) -> Import:
    return read(text.encode())


def troubles(text: str) -> list[tuple[str, str]]:
    """Return column and message of what is wrong in the only row of a table in USD."""
    (line,) = csv("Currency: USD;;;;\n" + HEAD + text).lines.lines
    return [(each.column, each.text) for each in line.errors]


def items(text: str) -> list[dict[str, str]]:
    return [line.item for line in csv("Currency: USD;;;;\n" + HEAD + text).lines.good]


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (";CN;1;pcs;5", "A", problems.NO_DESCRIPTION),
        (f"{'x' * 1001};CN;1;pcs;5", "A", problems.TOO_LONG),
        ("Chair;Atlantis;1;pcs;5", "B", problems.NO_COUNTRY),
        ("Chair;CN;many;pcs;5", "C", problems.NOT_A_NUMBER),
        ("Chair;CN;0;pcs;5", "C", problems.NOT_POSITIVE),
        ("Chair;CN;1;furlong;5", "D", problems.NO_UNIT),
        ("Chair;CN;1;;5", "D", problems.UNIT_MISSING),
        ("Chair;CN;1;pcs;", "E", problems.NO_PRICE),
        ("Chair;CN;1;pcs;-5", "E", problems.NOT_POSITIVE),
        ("Chair;CN;1;pcs;99999999999999999", "E", problems.TOO_MUCH),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(row: str, column: str, message: str) -> None:
    assert troubles(row) == [(column, message)]


def test_all_that_is_wrong_in_a_row_is_told_at_once() -> None:
    assert [column for column, _ in troubles(";Atlantis;many;pcs;x")] == ["A", "B", "C", "E"]


def test_without_a_currency_no_row_is_good_and_each_says_what_to_do() -> None:
    (line,) = csv(HEAD + "Chair;CN;1;pcs;5").lines.lines
    assert [each.text for each in line.errors] == [problems.CURRENCY_MISSING]


def test_rows_in_two_currencies_are_told_apart() -> None:
    found = csv(HEAD + "Chair;CN;1;pcs;5 EUR\nDesk;CN;1;pcs;7 EUR\nLamp;CN;1;pcs;9 USD").lines
    assert [line.item[CURRENCY] for line in found.good] == ["EUR", "EUR"]
    assert [each.text for each in found.wrong[0].errors] == [problems.MANY_CURRENCIES]


def test_a_number_merged_with_the_one_above_is_an_error_and_a_merged_origin_is_not() -> None:
    rows = [
        ("Description", "Origin", "Qty", "Unit", "Amount, USD"),
        ("Chair", "CN", 1, "pcs", 10),
        ("Desk", None, 2, "pcs", None),
    ]
    first, second = read(workbook(rows, merged=["B2:B3", "E2:E3"])).lines.lines
    assert first.errors == ()
    assert second.item[ORIGIN] == "CN"
    assert [each.text for each in second.errors] == [problems.MERGED]


def test_the_thousandth_item_is_refused() -> None:
    found = csv("Currency: USD;;;;\n" + HEAD + "Chair;CN;1;pcs;5\n" * 1000).lines
    assert (len(found.good), len(found.wrong)) == (999, 1)
    assert found.wrong[0].errors[0].text == problems.BEYOND_ITEMS


def test_what_does_not_multiply_is_remarked_and_still_good() -> None:
    (line,) = csv("Description;Qty;Unit;Price, USD;Amount\nChair;10;pcs;5;60").lines.good
    assert [each.text for each in line.remarks] == [problems.DOES_NOT_MULTIPLY]


def test_an_invoice_gives_items_with_every_figure() -> None:
    found = read(workbook(INVOICE))
    chair, lamp, jars = (line.item for line in found.lines.lines)
    assert chair == {
        "Commodity/Description": "Office chair",
        MODEL: "OC-1",
        ORIGIN: "CN",
        QUANTITY: "10",
        QUANTITY + "/@unitCode": "796",
        NET: "120.5",
        PRICE: "253.00",
        CURRENCY: "USD",
    }
    assert MODEL not in lamp
    assert (jars[QUANTITY], jars[QUANTITY + "/@unitCode"], jars[PRICE]) == ("61.7", "166", "9.13")
    assert found.lines.total == found.lines.stated_total == Decimal("547.13")
    assert found.lines.wrong == ()


def test_a_new_draft_names_the_invoice_in_box_44() -> None:
    first, *others = importing.items_for_new_draft(read(workbook(INVOICE)))
    assert first["AdditionalDocument[1]/TypeCode"] == "04021"
    assert first["AdditionalDocument[1]/ID"] == "SS-2026-7"
    assert first["AdditionalDocument[1]/IssueDate"] == "2026-11-20"
    assert not any("AdditionalDocument[1]/ID" in item for item in others)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_russian_table_is_read_in_any_usual_encoding(encoding: str) -> None:
    text = "Валюта;EUR;;;\nНаименование товара;Страна происхождения;Кол-во;Ед. изм.;Сумма\nСтол;Китай;2;шт;1 250,50\n"
    (item,) = (line.item for line in read(text.encode(encoding)).lines.good)
    assert (item["Commodity/Description"], item[ORIGIN], item[PRICE], item[CURRENCY]) == (
        "Стол",
        "CN",
        "1250.50",
        "EUR",
    )


def test_kazakh_and_chinese_headings_are_known() -> None:
    kazakh = csv('Тауардың атауы,Шығарылған елі,Саны,Өлшем бірлігі,"Құны, KZT"\nҮстел,Қытай,3,дана,900\n')
    chinese = csv('品名,原产国,数量,单位,"金额 USD"\n椅子,中国,3,件,90\n')
    for found in (kazakh, chinese):
        (item,) = (line.item for line in found.lines.good)
        assert (item[ORIGIN], item[QUANTITY], item[QUANTITY + "/@unitCode"]) == ("CN", "3", "796")


def test_a_heading_of_two_rows_is_joined() -> None:
    rows = [
        ("Description", "Weight, kg", None, "Qty, pcs", "Amount, EUR"),
        (None, "net", "gross", None, None),
        ("Chair", 4, 5, 1, 10),
    ]
    (item,) = (line.item for line in read(workbook(rows, merged=["B1:C1"])).lines.good)
    assert (item[NET], item[GROSS], item[CURRENCY], item[QUANTITY + "/@unitCode"]) == ("4", "5", "EUR", "796")


def test_headings_repeated_on_a_new_page_totals_and_notes_are_no_goods() -> None:
    found = csv(
        "Currency: USD;;;;\n" + HEAD + "1;2;3;4;5\nChair;CN;1;pcs;5\n" + HEAD + "Desk;CN;1;pcs;7\nTotal;;2;;12\n"
        "Goods are of first class;;;;\n"
    ).lines
    assert [line.item["Commodity/Description"] for line in found.good] == ["Chair", "Desk"]
    assert found.stated_total == Decimal(12)
    assert [number for number, _ in found.skipped] == [3, 5, 7, 8]


def test_goods_that_are_called_total_are_goods() -> None:
    found = csv("Description;Qty;Unit;Price, USD;Amount\nTotal Quartz 5W30 oil;10;pcs;5;50\nTotal;;;;50\n").lines
    assert [line.item["Commodity/Description"] for line in found.good] == ["Total Quartz 5W30 oil"]


def test_the_largest_of_several_tables_is_taken_first() -> None:
    small = [("Description", "Amount, USD"), ("Sample", 1)]
    found = read(workbook(small, INVOICE))
    assert (len(found.blocks), found.sheet.name) == (2, "Sheet2")


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1 250,50", "1250.50"),
        ("1.250,50", "1250.50"),
        ("1,250.50", "1250.50"),
        ("$1,250.50", "1250.50"),
        ("12,5", "12.50"),
        ("1'250.50", "1250.50"),
        ("1,250,000", "1250000.00"),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, decimal: str) -> None:
    (item,) = items(f"Chair;CN;1;pcs;{text}")
    assert item[PRICE] == decimal


def test_mass_in_tonnes_becomes_kilograms_and_goods_by_weight_need_no_column_of_mass() -> None:
    (tonnes,) = (line.item for line in csv("Description;Net, t;Amount, USD\nSteel;1,5;100\n").lines.good)
    (sugar,) = items("Sugar;CN;2;t;500")
    assert (tonnes[NET], sugar[NET]) == ("1500", "2000")


def test_a_unit_of_the_tariff_goes_into_box_41() -> None:
    line = next(line for line in CODES.tariff.lines() if line.supplementary_unit == "796")
    found = csv(f"Description;HS code;Qty;Unit;Amount, USD\nThing;{line.code};3;pcs;5\nOther;94.01;3;pcs;5\n").lines
    known, other = (each.item for each in found.good)
    assert (known[CODE], known[TARIFF_QUANTITY]) == (line.code, "3")
    assert (other[CODE], other[QUANTITY]) == ("9401", "3")


@pytest.mark.parametrize("name", [f"real-{number:03}" for number in range(1, 21)])
def test_a_real_invoice_comes_in_complete(name: str) -> None:
    if not REAL.exists():
        pytest.skip("../shared is not beside the project")
    expected = json.loads((REAL / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal)
    found = read((REAL / f"{name}.xlsx").read_bytes()).lines
    assert found.wrong == ()
    assert len(found.good) == len(expected["goods"])
    for line, goods in zip(found.good, expected["goods"], strict=True):
        assert line.item["Commodity/Description"] == goods["source_name"]
        assert line.item.get(MODEL) == goods["trade_name"]
        assert line.item[ORIGIN] == goods["origin"]
        assert Decimal(line.item[QUANTITY]) == goods["quantity"]
        assert line.unit_price == goods["unit_price"]
        assert abs(Decimal(line.item[PRICE]) - goods["quantity"] * goods["unit_price"]) <= Decimal("0.0051")
        assert line.item[CURRENCY] == expected["currency"]
        assert Decimal(line.item[NET]) == goods["net_weight"]
    assert found.total == found.stated_total
