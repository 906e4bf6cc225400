import string
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path

import builders
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from declarations.controls import CONTROLS, Context, check
from declarations.controls.control import control
from declarations.defects import LANGUAGES, words
from declarations.model import (
    Amount,
    ChargeDeduction,
    CurrencyExchange,
    DutyTaxFee,
    PaymentSummary,
    Quantity,
    SecondRate,
)
from declarations.reference import Reference, Tariff
from declarations.schema import validate
from declarations.xml import read

NOW = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=5)))
ANNA = "850412450128"
CASES = Path(__file__).parents[1] / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "data"
FULL = """commodity_code,duty_rate,supplementary_unit
8539229000,15%,796
3209900001,0,
3209900009,6.5%,
"""


@dataclass(frozen=True)
class Case:
    row: dict

    def __str__(self):
        return f"{self.row.get('control', 'valid')}: {self.row['why']}"


def cases(name):
    return [Case(row) for row in tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]]


def without_nothings(value):
    """TOML has no null: "%none" stands for an element left out."""
    if isinstance(value, dict):
        return {key: without_nothings(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_nothings(inner) for inner in value]
    return None if value == "%none" else value


def document(row):
    make = builders.export_xml if row.get("export") else builders.declaration_xml
    xml = make(**without_nothings(row.get("with", {})))
    for where, fragment in row.get("after", {}).items():
        xml = builders.insert(xml, where, fragment)
    for where, fragment in row.get("before", {}).items():
        xml = builders.insert(xml, where, fragment, before=True)
    for where, value in row.get("set", {}).items():
        xml = builders.mutate(xml, where, value)
    for where in row.get("remove", ()):
        xml = builders.mutate(xml, where, None)
    return etree.fromstring(xml)


@cache
def codes(tariff, day=date(2026, 11, 24)):
    reference = Reference.shipped()
    if tariff == "full":
        reference = reference.with_tariff(Tariff.parse_csv(FULL, "test"))
    return reference.on(day)


def found(row):
    root = document(row)
    assert validate(root) == ()
    signer = row.get("signer", None if row.get("export") else ANNA) or None
    return check(read(root), Context(codes(row.get("tariff", "demo")), NOW, signer))


@pytest.mark.parametrize("case", cases("controls"), ids=str)
def test_a_broken_rule_is_found_at_its_place_with_its_box_and_no_other_rule_is(case):
    row = case.row

    defects = found(row)

    assert {defect.code for defect in defects} == {row["control"], *row.get("also", ())}
    first = next(defect for defect in defects if defect.code == row["control"])
    assert (first.box, first.item, first.xpath) == (row.get("box"), row.get("item"), row["at"])
    for defect in defects:
        for language in LANGUAGES:
            assert "{" not in defect.text(language)
            assert len(defect.text(language)) > 30


@pytest.mark.parametrize("case", cases("accepted"), ids=str)
def test_an_unusual_document_that_keeps_every_rule_has_no_defects(case):
    assert [(defect.code, defect.text("en")) for defect in found(case.row)] == []


def test_every_control_has_a_case_that_breaks_it():
    assert {case.row["control"] for case in cases("controls")} == {control.code for control in CONTROLS}


def test_there_are_at_least_45_controls_with_codes_of_their_own():
    codes = [control.code for control in CONTROLS]

    assert len(codes) >= 45
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)


@pytest.mark.parametrize("rule", CONTROLS, ids=lambda rule: rule.code)
def test_a_control_says_its_rule_its_source_and_since_when(rule):
    assert rule.rule.endswith(".")
    assert rule.source
    assert date(2010, 1, 1) <= rule.since <= NOW.date()


@pytest.mark.parametrize("rule", CONTROLS, ids=lambda rule: rule.code)
def test_a_control_is_worded_in_three_languages_with_the_same_placeholders(rule):
    texts = words()[rule.code]

    placeholders = {language: names_in(texts[language]) for language in LANGUAGES}

    assert set(texts) == set(LANGUAGES)
    assert placeholders["kk"] == placeholders["ru"] == placeholders["en"]
    assert len(set(texts.values())) == len(LANGUAGES)


@pytest.mark.parametrize("case", cases("controls"), ids=str)
def test_the_placeholders_are_the_parameters_that_the_control_gives(case):
    for defect in found(case.row):
        assert names_in(words()[defect.code]["en"]) == set(defect.params)


def names_in(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_defects_come_at_once_in_the_order_of_the_controls():
    row = {
        "with": {
            "office": "99999",
            "incoterms": "ABC",
            "items": [{"net": "999"}, {"origin": "XX", "code": "7701000000"}],
        },
        "set": {"/Declaration/GoodsItemQuantity": "9", "//GoodsShipment/OriginCountryCode": "99"},
    }

    defects = found(row)

    assert [(defect.code, defect.item) for defect in defects] == [
        ("C-109", None),
        ("C-301", None),
        ("C-309", 1),
        ("C-502", 2),
        ("C-601", 2),
        ("C-701", None),
    ]


def test_the_first_line_of_a_controls_docstring_is_its_rule():
    @control("X-001", box=None, source="test", since=date(2026, 11, 25))
    def tomorrow(declaration, context):
        """Nothing is right.

        Not for the user.
        """
        yield from ()

    assert tomorrow.rule == "Nothing is right."
    assert list(tomorrow(None, None)) == []


def test_a_rule_does_not_apply_before_its_day():
    wrong = read(document({"set": {"/Declaration/GoodsItemQuantity": "9"}}))
    before_all_rules = Context(codes("demo"), datetime(2010, 12, 31, 12, tzinfo=UTC))

    assert check(wrong, before_all_rules) == ()
    assert check(wrong, Context(codes("demo"), NOW)) != ()


def test_the_day_is_kazakhstans_and_not_greenwichs():
    context = Context(codes("demo"), datetime(2026, 11, 23, 19, 30, tzinfo=UTC))

    assert context.today == date(2026, 11, 24)


def test_another_signer_than_the_one_named_is_no_defect_while_the_signer_is_not_known():
    assert check(read(document({})), Context(codes("demo"), NOW)) == ()


wide = st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("9" * 18), Decimal("999999999999")])
lines = st.builds(
    DutyTaxFee,
    st.sampled_from(["2010", "5010", "7777"]),
    wide,
    st.sampled_from("PSF"),
    st.builds(Amount, wide, st.sampled_from(["KZT", "USD"])),
    st.just("IU"),
    st.none() | st.builds(Amount, wide, st.sampled_from(["KZT", "USD"])),
    st.none() | st.builds(Quantity, st.just(Decimal("9" * 24)), st.sampled_from(["166", "168", "ZZZ"])),
    st.none() | st.sampled_from(["EUR", "ZZZ"]),
    st.none() | st.sampled_from(["166", "168", "ZZZ"]),
    st.none() | st.builds(SecondRate, st.sampled_from(["NLT", "PLUS"]), wide, st.sampled_from("PS"), st.just("EUR")),
)


@settings(max_examples=200)
@given(
    st.lists(lines, max_size=3),
    wide,
    wide,
    st.sampled_from(["USD", "EUR", "GBP", "ZZZ"]),
    wide,
    st.integers(0, 999_999),
)
def test_no_amount_or_rate_that_the_schema_allows_stops_the_check(fees, price, value, currency, rate, units):
    lodged = ordinary()
    item = replace(
        lodged.items[0],
        duty_tax_fees=tuple(fees),
        price=Amount(price, currency),
        customs_value=Amount(value, "KZT"),
        charges=(ChargeDeduction("17", Amount(value, currency)),),
    )
    odd = replace(
        lodged,
        shipment=replace(lodged.shipment, items=(item,)),
        exchange_rates=(CurrencyExchange(currency, rate, units),),
        payments=(PaymentSummary("2010", Amount(value, "KZT")),),
    )

    for defect in check(odd, Context(codes("demo"), NOW, ANNA)):
        assert "{" not in defect.text("kk")


@cache
def ordinary():
    return read(document({}))


@pytest.mark.parametrize("tariff", ["partial", "full"])
@pytest.mark.parametrize("path", sorted((SHARED / "declarations").glob("*.xml")), ids=lambda path: path.stem)
def test_a_real_declaration_keeps_every_rule(path, tariff):
    codes = Reference.shipped().on(NOW.date()) if tariff == "partial" else with_the_real_tariff()

    declaration = read(etree.fromstring(path.read_bytes()))

    assert [(d.code, d.item, d.text("en")) for d in check(declaration, Context(codes, NOW, ANNA))] == []


@cache
def with_the_real_tariff():
    text = (SHARED / "tariff" / "eaeu_import_duty_2026-06-18.csv").read_text(encoding="utf-8")
    return Reference.shipped().with_tariff(Tariff.parse_csv(text, "EAEU")).on(NOW.date())


def test_the_real_declarations_are_there():
    if not (SHARED / "declarations").is_dir():
        pytest.skip(f"no real declarations: {SHARED / 'declarations'} is not there")
    assert len(list((SHARED / "declarations").glob("*.xml"))) == 20
