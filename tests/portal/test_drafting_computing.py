"""What the portal works out for a draft keeps the rules that judge it, and never replaces what was typed."""

from decimal import Decimal
from pathlib import Path

import pytest
from drafting import ITEM
from lxml import etree
from offices import NOW

from declarations import controls, schema, xml
from declarations.reference import Reference
from declarations.writing import Content, content_of, write
from portal.declarant.drafting.beginning import copied, corrected
from portal.declarant.drafting.computing import completed, number
from portal.declarant.drafting.entering import entered
from portal.declarant.drafting.form import item_section
from risk_gateway.days import day_of

CODES = Reference.shipped().on(day_of(NOW))
PLACES = (
    Path(__file__).parents[2] / "portal" / "demo" / "declarations",
    Path(__file__).parents[3] / "shared" / "data" / "declarations",
)
REAL = sorted(path for place in PLACES if place.exists() for path in place.glob("*.xml"))
FIELDS = {
    "FunctionCode": "9",
    "FunctionalReferenceID": "R-1",
    "TypeCode": "IM",
    "ProcedureCode": "40",
    "DeclarationOfficeID": "20201",
    "Declarant/Name": "Altyn Dala Trade LLP",
    "Declarant/ID": "150340012340",
    "Declarant/ID/@schemeID": "BIN",
    "Signatory/Name": "Anna Demo",
}


def goods(**changes: str) -> dict[str, str]:
    return entered(item_section(), "IM40", {}, {**ITEM, **changes})


def content_in(path: Path) -> Content:
    text = path.read_text(encoding="utf-8")
    for mark, value in (("@REFERENCE@", "R-1"), ("@ISSUED_AT@", "2026-11-24T09:00:00+05:00"), ("@DAY@", "2026-11-24")):
        text = text.replace(mark, value)
    return content_of(etree.fromstring(text.encode()))


@pytest.mark.parametrize(
    ("code", "quantity", "unit"),
    [
        ("9401610000", "5", "796"),  # 12.5%, but not less than 0.44 EUR for 1 kg
        ("9401710009", "5", "796"),  # 10% and 0.08 EUR for 1 kg
        ("9403601009", "5", "796"),
        ("8539520009", "5000", "796"),
    ],
)
def test_computed_payments_pass_every_control(code: str, quantity: str, unit: str) -> None:
    measure = "Commodity/GoodsMeasure/TariffQuantity"
    item = goods(**{"Commodity/ClassificationID": code, measure: quantity, f"{measure}/@unitCode": unit})
    root = etree.fromstring(write(completed(Content(FIELDS, [item]), CODES, NOW)))
    assert schema.validate(root) == ()
    declaration = xml.read(root)
    assert controls.check(declaration, controls.Context(CODES, NOW, None, None)) == ()
    assert len(declaration.items[0].duty_tax_fees) == 2


def test_what_was_typed_stands() -> None:
    value = "CustomsValueAmount"
    typed = {value: "700000.00", f"{value}/@currencyID": "KZT", "PreferenceCode/DutyCode": "ПП"}
    whole = completed(Content({**FIELDS, "TotalPackageQuantity": "99"}, [{**goods(), **typed}]), CODES, NOW)
    assert {path: whole.items[0][path] for path in typed} == typed
    assert whole.fields["TotalPackageQuantity"] == "99"
    assert whole.fields[value] == "700000.00"


def test_additions_and_deductions_count_in_the_customs_value() -> None:
    row = "CustomsValuation/ChargeDeduction[1]"
    charge = {f"{row}/ChargesTypeCode": "17", f"{row}/Amount": "100", f"{row}/Amount/@currencyID": "USD"}
    whole = completed(Content(FIELDS, [{**goods(), **charge}]), CODES, NOW)
    assert Decimal(whole.items[0]["CustomsValueAmount"]) == Decimal("1350") * Decimal("520.10")


@pytest.mark.parametrize("price", ["", "about 5", "1e9999", "NaN", "-"])
def test_what_cannot_be_computed_is_left_blank(price: str) -> None:
    whole = completed(Content(FIELDS, [{**goods(), "Commodity/ItemChargeAmount": price}]), CODES, NOW)
    assert "CustomsValueAmount" not in whole.items[0]
    assert "CustomsValueAmount" not in whole.fields


def test_prices_in_two_currencies_have_no_common_total() -> None:
    other = goods(**{"Commodity/ItemChargeAmount/@currencyID": "EUR"})
    whole = completed(Content(FIELDS, [goods(), other]), CODES, NOW)
    assert "InvoiceAmount" not in whole.fields
    currencies = [value for path, value in sorted(whole.fields.items()) if path.endswith("CurrencyTypeCode")]
    assert currencies == ["EUR", "USD"]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_correction_as_begun_says_the_same_in_every_amount(path: Path) -> None:
    before = content_in(path)
    after = completed(corrected(before, "20201/241126/0000001", CODES, NOW), CODES, NOW)
    assert after.fields["ID"] == "20201/241126/0000001"
    for old, new in zip([before.fields, *before.items], [after.fields, *after.items], strict=True):
        for place, value in old.items():
            if place not in ("FunctionCode", "IssueDateTime", "Signatory/SigningDate"):
                assert new[place] == value or number(new[place]) == number(value) is not None, place


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_copy_has_the_values_of_its_own_day(path: Path) -> None:
    copy = copied(content_in(path), "NEW-1")
    assert not any(each.startswith(("CurrencyExchange", "PaymentSummary", "Amendment")) for each in copy.fields)
    whole = completed(copy, CODES, NOW)
    root = etree.fromstring(write(whole))
    assert schema.validate(root) == ()
    assert whole.fields["FunctionalReferenceID"] == "NEW-1"
