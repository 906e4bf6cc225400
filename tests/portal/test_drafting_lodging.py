"""From a draft to a decision: what is signed is what was reviewed, once, and a refusal loses nothing."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import builders
import offices
import pki
import pytest
from drafting import BERIK, GENERAL, ITEM, PARTIES, TRADE, begin, desk, fill, lodge, number_in, stored
from lxml import etree, html

from declarations import schema, xml
from declarations import store as declarations_store
from portal.database import reading

ALTYN = "150340012340"


def count(office) -> int:
    with reading(office.engine) as connection:
        return declarations_store.count_declarations(connection)


def test_a_filled_in_draft_is_signed_lodged_and_decided(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        assert "There are no errors" in browser.get(f"{draft}/check").text
        assert browser.get(f"{draft}/sign").status_code == 200
        answer = lodge(browser, draft)
        assert answer.status_code == 303, answer.text
        page = browser.get(answer.headers["location"]).text
        assert number_in(answer.headers["location"]) in page
        assert "Decision" in page
    assert stored(office, draft).lodged_as == number_in(answer.headers["location"])
    assert count(office) == 1


def test_what_is_computed_agrees_with_the_law_as_the_controls_have_it(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = fill(browser, begin(browser))
        root = etree.fromstring(browser.get(f"{draft}/document").content)
    assert schema.validate(root) == ()
    declaration = xml.read(root)
    (item,) = declaration.items
    assert item.customs_value is not None
    assert item.customs_value.value == Decimal("650125.00")
    assert (declaration.customs_value, declaration.total_package_quantity) == (item.customs_value, 25)
    assert declaration.invoice_amount is not None
    assert declaration.invoice_amount.value == Decimal("1250.00")
    assert declaration.exchange_rates[0].rate == Decimal("520.10")
    assert {line.type_code for line in item.duty_tax_fees} == {"2010", "5010"}
    assert {payment.type_code for payment in declaration.payments} == {"1010", "2010", "5010"}
    assert declaration.goods_item_quantity == 1


def test_lodging_the_same_draft_twice_gives_the_same_answer(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        signed = pki.sign_as("anna", browser.get(f"{draft}/document").content)
        first, second = lodge(browser, draft, data=signed), lodge(browser, draft, data=signed)
        assert browser.get(f"{draft}/sign").headers["location"] == first.headers["location"]
    assert first.headers["location"] == second.headers["location"]
    assert count(office) == 1


def test_what_was_signed_before_a_change_is_not_lodged(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        signed = pki.sign_as("anna", browser.get(f"{draft}/document").content)
        browser.post(f"{draft}/goods/1", {**ITEM, "Commodity/ItemChargeAmount": "900"})
        answer = lodge(browser, draft, data=signed)
    assert answer.status_code == 422
    assert "not what the draft says now" in answer.text
    assert count(office) == 0


def test_another_declaration_cannot_be_lodged_through_a_draft(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        answer = lodge(browser, draft, data=pki.sign_as("anna", builders.declaration_xml(reference="OTHER")))
    assert answer.status_code == 422
    assert count(office) == 0


@pytest.mark.parametrize("data", [b"no xml", b"<a/>", b"<!DOCTYPE a><a/>"])
def test_what_is_no_signed_declaration_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        answer = lodge(browser, draft, data=data)
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert count(office) == 0


def test_unsigned_bytes_and_the_wrong_key_are_refused(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        assert lodge(browser, draft, data=browser.get(f"{draft}/document").content).status_code == 422
        assert lodge(browser, draft, person="yerkin").status_code == 422
        assert lodge(browser, draft).status_code == 303
    assert count(office) == 1


def test_nothing_sent_is_told(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = fill(browser, begin(browser))
        answer = browser.client.post(
            f"{draft}/lodge", files={"_csrf_token": (None, browser.client.cookies["shekara_csrf"])}
        )
    assert answer.status_code == 422


def test_errors_of_the_whole_stand_on_the_page_of_their_field(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = fill(browser, begin(browser), {**ITEM, "Commodity/GoodsMeasure/NetMassMeasure": "900"})
        page = html.fromstring(browser.get(f"{draft}/review").text)
        (link,) = page.xpath("//*[contains(@class,'govuk-error-summary__list')]//a")
        assert "Item 1" in link.text_content()
        assert browser.get(f"{draft}/sign").headers["location"] == f"{draft}/review"
        there = html.fromstring(browser.get(link.get("href").partition("#")[0]).text)
        field = link.get("href").partition("#")[2]
        assert there.get_element_by_id(f"{field}-error1") is not None


def test_a_blank_draft_says_everything_that_is_missing_in_the_words_of_the_form(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        page = browser.get(f"{begin(browser)}/check").text
    assert "Fill in “Customs office”" in page
    assert "DeclarationOfficeID" not in html.fromstring(page).text_content()


def test_a_broker_lodges_for_a_principal(tmp_path: Path) -> None:
    with desk(tmp_path, "berik") as (browser, office):
        draft = begin(browser, declarant=ALTYN)
        agent = {name: v for name, v in stored(office, draft, BERIK).content.fields.items() if name.startswith("Agent")}
        agent |= {"Agent/RegistryID": "DEMO/0007", "Agent/ContractID": "ZL-1", "Agent/ContractDate": "15.01.2026"}
        browser.post(f"{draft}/sections/agent", agent)
        answer = lodge(browser, fill(browser, draft), "berik")
        assert answer.status_code == 303, answer.text
        assert stored(office, begin(browser, declarant=ALTYN), BERIK).content.fields["Agent/ContractID"] == "ZL-1"


def test_a_lodged_declaration_is_copied_and_corrected(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        location = lodge(browser, fill(browser, begin(browser))).headers["location"]
        copy = stored(office, browser.post(f"{location}/copy", {}).headers["location"])
        correction = stored(office, browser.post(f"{location}/correct", {}).headers["location"])
        page = browser.get(f"/drafts/{correction.id}").text
    assert copy.content.fields["FunctionCode"] == "9"
    assert "ID" not in copy.content.fields
    assert "CustomsValueAmount" not in copy.content.items[0]
    assert correction.corrects == number_in(location)
    assert correction.content.fields["FunctionCode"] == "4"
    assert correction.content.fields["ID"] == number_in(location)
    assert correction.content.fields["FunctionalReferenceID"] == "DRAFT-1"
    assert "What is changed, and why" in page


def test_a_correction_computes_anew_what_follows_from_what_is_put_right(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        location = lodge(browser, fill(browser, begin(browser))).headers["location"]
        draft = browser.post(f"{location}/correct", {}).headers["location"]
        item = stored(office, draft).content.items[0]
        browser.post(f"{draft}/goods/1", {**item, "Commodity/ItemChargeAmount": "2000.00"})
        declaration = xml.read(etree.fromstring(browser.get(f"{draft}/document").content))
    assert declaration.customs_value is not None
    assert declaration.customs_value.value == Decimal("1040200.00")


def test_others_declarations_are_neither_copied_nor_corrected(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    with desk(tmp_path, office=office) as (browser, _):
        location = lodge(browser, fill(browser, begin(browser))).headers["location"]
    with desk(tmp_path, "yerkin", office) as (browser, _):
        for action in ("copy", "correct"):
            assert browser.post(f"{location}/{action}", {}).status_code == 404


def test_a_draft_of_yesterday_has_the_rates_of_today(tmp_path: Path) -> None:
    clock = offices.StillClock(offices.NOW - timedelta(days=30))
    office = offices.office(tmp_path, clock)
    with desk(tmp_path, office=office) as (browser, _):
        draft = fill(browser, begin(browser))
        clock.at = offices.NOW
        root = etree.fromstring(browser.get(f"{draft}/document").content)
    assert root.findtext("{*}CurrencyExchange/{*}RateDate") == "2026-11-24"


@pytest.mark.parametrize("kind", ["EX10", "TT"])
def test_exports_and_transit_can_be_lodged_too(tmp_path: Path, kind: str) -> None:
    party = {"GoodsShipment/Importer/Party/Name": "TOSHKENT", "GoodsShipment/Importer/Party/Address/CountryCode": "UZ"}
    parties = {name: value for name, value in PARTIES.items() if "Importer" not in name and "Exporter" not in name}
    with desk(tmp_path) as (browser, _):
        draft = begin(browser, kind=kind)
        general = {**GENERAL, "ProcedureCode": "10", "TransitDirectionCode": "TR"}
        browser.post(f"{draft}/sections/general", general)
        browser.post(f"{draft}/sections/parties", {**parties, **party, "GoodsShipment/Exporter/SameAsDeclarant": "1"})
        browser.post(f"{draft}/sections/trade", {**TRADE, "GoodsShipment/DestinationCountryCode": "UZ"})
        browser.post(f"{draft}/goods", {"add": "1"})
        browser.post(f"{draft}/goods/1", {**ITEM, "OriginCountryCode": "KZ"})
        answer = lodge(browser, draft)
        assert answer.status_code == 303, answer.text
