"""What is written says what was given, in the order of the schema, and reads back the same."""

from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from declarations import schema, xml
from declarations.writing import Content, UnknownPath, content_of, write

PLACES = (
    Path(__file__).parents[2] / "portal" / "demo" / "declarations",
    Path(__file__).parents[3] / "shared" / "data" / "declarations",
)
REAL = sorted(path for place in PLACES if place.exists() for path in place.glob("*.xml"))


def root_of(path: Path) -> etree._Element:
    text = path.read_text(encoding="utf-8")
    for mark, value in (("@REFERENCE@", "R-1"), ("@ISSUED_AT@", "2026-11-24T09:00:00+05:00"), ("@DAY@", "2026-11-24")):
        text = text.replace(mark, value)
    return etree.fromstring(text.encode())


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_declaration_taken_apart_and_written_again_says_the_same(path: Path) -> None:
    root = root_of(path)
    content = content_of(root)
    again = etree.fromstring(write(content))
    assert schema.validate(again) == ()
    assert xml.read(again) == xml.read(root)
    assert content_of(again) == content


def test_values_given_in_any_order_stand_in_the_order_of_the_schema() -> None:
    written = write(Content({"TypeCode": "IM", "DeclarationOfficeID": "20201", "FunctionCode": "9"}))
    names = [etree.QName(child).localname for child in etree.fromstring(written)]
    assert names == ["FunctionCode", "TypeCode", "DeclarationOfficeID", "GoodsItemQuantity"]


def test_items_are_numbered_and_counted_whatever_they_say() -> None:
    written = etree.fromstring(write(Content({}, [{"SequenceNumeric": "7", "OriginCountryCode": "CN"}, {}])))
    numbers = [each.text for each in written.iter("{*}SequenceNumeric")]
    assert numbers == ["1", "2"]
    assert written.findtext("{*}GoodsItemQuantity") == "2"


def test_blanks_and_gaps_close_up() -> None:
    fields = {"Declarant/Phone[2]": "+7 1", "Declarant/Phone[1]": "  ", "Declarant/Phone[3]": "+7 2"}
    assert content_of(etree.fromstring(write(Content(fields)))).fields == {
        "Declarant/Phone[1]": "+7 1",
        "Declarant/Phone[2]": "+7 2",
    }


def test_the_declarant_again_outweighs_a_party_typed_before() -> None:
    fields = {"GoodsShipment/Payer/Party/Name": "Left over", "GoodsShipment/Payer/SameAsDeclarant": "1"}
    assert content_of(etree.fromstring(write(Content(fields)))).fields == {"GoodsShipment/Payer/SameAsDeclarant": "1"}


def test_a_currency_without_an_amount_is_not_written() -> None:
    assert b"InvoiceAmount" not in write(Content({"InvoiceAmount/@currencyID": "USD"}))


@pytest.mark.parametrize("path", ["Nonsense", "Declarant/Nonsense", "Declarant//Name", "Declarant/Name[0]", "../x"])
def test_a_place_that_the_schema_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(UnknownPath):
        write(Content({path: "1"}))


def test_characters_that_xml_gives_a_meaning_are_only_characters() -> None:
    content = Content({"Declarant/Name": "<Name>&amp;\"'</Name>"}, [{"Commodity/Description": "]]> ‹ӘҒҚҢӨҰҮҺІ›"}])
    assert content_of(etree.fromstring(write(content))) == content


def test_numbers_keep_their_writing() -> None:
    content = Content({}, [{"Commodity/ItemChargeAmount": "0.10", "Commodity/ItemChargeAmount/@currencyID": "USD"}])
    again = content_of(etree.fromstring(write(content)))
    assert Decimal(again.items[0]["Commodity/ItemChargeAmount"]) == Decimal("0.1")
    assert again == content
