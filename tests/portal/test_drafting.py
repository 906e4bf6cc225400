"""Drafts: whose they are, what a page saves, and that nothing which somebody typed is lost or overwritten unseen."""

from datetime import date, timedelta
from pathlib import Path

import offices
import pytest
from drafting import (
    ANNA,
    BERIK,
    GENERAL,
    ITEM,
    PARTIES,
    TRADE,
    base_of,
    begin,
    desk,
    fill,
    stored,
    value_of,
)
from lxml import html

from declarations import store as declarations_store
from portal.database import writing
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.store import TooManyItems

ALTYN, TENGRI, QORGAN, ZHIBEK = "150340012340", "180740024681", "240140031359", "110540007770"


def put_power(office, **changes: object) -> None:
    with writing(office.engine) as connection:
        declarations_store.put_power(connection, offices.power("altyn", "zhibek", **changes))
        declarations_store.bump_revision(connection)
    office.refresh()


@pytest.mark.parametrize(
    "rest",
    ["", "/sections/general", "/goods", "/goods/1", "/check", "/review", "/sign", "/document"],
)
def test_a_draft_of_another_organisation_is_not_found(tmp_path: Path, rest: str) -> None:
    office = offices.office(tmp_path)
    with desk(tmp_path, office=office) as (browser, _):
        draft = fill(browser, begin(browser))
        assert browser.get(draft).status_code == 200
    with desk(tmp_path, "yerkin", office) as (browser, _):
        assert browser.get(draft + rest).status_code == 404


@pytest.mark.parametrize("rest", ["/sections/general", "/goods", "/goods/1", "/name", "/copy", "/delete"])
def test_a_draft_of_another_organisation_is_not_changed(tmp_path: Path, rest: str) -> None:
    office = offices.office(tmp_path)
    with desk(tmp_path, office=office) as (browser, _):
        draft = fill(browser, begin(browser))
    before = stored(office, draft)
    with desk(tmp_path, "yerkin", office) as (browser, _):
        assert browser.post(draft + rest, {**GENERAL, "add": "1", "name": "x"}).status_code == 404
    assert stored(office, draft) == before


@pytest.mark.parametrize("person", ["dana", "saule", "asel", "aigerim"])
def test_who_does_not_file_has_no_drafts(tmp_path: Path, person: str) -> None:
    with desk(tmp_path, person) as (browser, _):
        assert browser.get("/drafts").status_code == 403
        assert browser.post("/drafts/new", {"kind": "IM40"}).status_code == 403


def test_a_broker_drafts_for_principals_of_today_only(tmp_path: Path) -> None:
    with desk(tmp_path, "berik") as (browser, _):
        offered = html.fromstring(browser.get("/drafts/new").text).xpath("//input[@name='declarant']/@value")
        assert set(offered) == {ALTYN, TENGRI, ZHIBEK}
        assert browser.post("/drafts/new", {"kind": "IM40", "declarant": QORGAN}).status_code == 422
        assert begin(browser, declarant=ALTYN)


@pytest.mark.parametrize(
    "changes",
    [{"valid_to": date(2026, 11, 23)}, {"revoked_on": date(2026, 11, 24)}, {"valid_from": date(2026, 11, 25)}],
)
def test_a_power_that_does_not_hold_today_lets_nothing_through_also_by_address(tmp_path: Path, changes: dict) -> None:
    office = offices.office(tmp_path)
    with desk(tmp_path, "berik", office) as (browser, _):
        draft = begin(browser, declarant=ALTYN)
        put_power(office, **changes)
        for rest in ("", "/sections/general", "/goods", "/check", "/review", "/sign", "/document"):
            assert browser.get(draft + rest).status_code == 404, rest
        assert browser.post(f"{draft}/sections/general", GENERAL).status_code == 404
        assert draft not in browser.get("/drafts").text
        assert browser.post("/drafts/new", {"kind": "IM40", "declarant": ALTYN}).status_code == 422


def test_a_power_for_imports_opens_no_export(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    put_power(office, scope=frozenset({"IM"}))
    with desk(tmp_path, "berik", office) as (browser, _):
        answer = browser.post("/drafts/new", {"kind": "EX10", "declarant": ALTYN})
    assert answer.status_code == 422
    assert "power of attorney does not cover" in answer.text


def test_a_principal_does_not_see_the_drafts_of_its_broker(tmp_path: Path) -> None:
    office = offices.office(tmp_path)
    with desk(tmp_path, "berik", office) as (browser, _):
        draft = begin(browser, declarant=ALTYN)
    with desk(tmp_path, "anna", office) as (browser, _):
        assert browser.get(draft).status_code == 404


def test_a_draft_begins_with_what_the_portal_knows(tmp_path: Path) -> None:
    with desk(tmp_path, "berik") as (browser, office):
        draft = begin(browser, declarant=ALTYN)
        fields = stored(office, draft, BERIK).content.fields
    assert fields["Declarant/Name"] == "Altyn Dala Trade LLP"
    assert (fields["Agent/Party/ID"], fields["Agent/FunctionCode"]) == (ZHIBEK, "2")
    assert (fields["Signatory/Name"], fields["Signatory/ID"]) == ("Berik Demo", "791103300451")
    assert fields["GoodsShipment/Importer/SameAsDeclarant"] == "1"


def test_what_was_written_last_for_a_declarant_is_remembered(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        browser.post(f"{begin(browser)}/sections/parties", {**PARTIES, "Declarant/Address/CityName": "Almaty"})
        assert stored(office, begin(browser)).content.fields["Declarant/Address/CityName"] == "Almaty"


def test_a_page_saves_what_it_asks_and_leaves_the_rest(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        browser.post(f"{draft}/sections/trade", TRADE)
        browser.post(f"{draft}/sections/general", {**GENERAL, "GoodsShipment/TradeCountryCode": "XX", "Nonsense": "1"})
        fields = stored(office, draft).content.fields
    assert fields["GoodsShipment/TradeCountryCode"] == "CN"
    assert fields["DeclarationOfficeID"] == "20201"
    assert "Nonsense" not in fields


def test_numbers_dates_and_codes_may_be_typed_as_people_do(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        item = stored(office, draft).content.items[0]
        assert value_of(browser, f"{draft}/goods/1", "AdditionalDocument[1]/IssueDate") == "12.11.2026"
    assert item["Commodity/GoodsMeasure/GrossMassMeasure"] == "172.5"
    assert item["Commodity/ItemChargeAmount"] == "1250.00"
    assert item["Commodity/ItemChargeAmount/@currencyID"] == "USD"
    assert item["Commodity/ClassificationID"] == "9403601009"
    assert item["AdditionalDocument[1]/IssueDate"] == "2026-11-12"


def test_what_cannot_stand_there_is_kept_and_told_beside_its_field(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        wrong = {**ITEM, "Commodity/GoodsMeasure/GrossMassMeasure": "about 170", "PackageQuantity": "-3"}
        answer = browser.post(f"{draft}/goods/1", wrong)
        tree = html.fromstring(answer.text)
        assert answer.status_code == 422
        links = tree.xpath("//*[contains(@class,'govuk-error-summary__list')]//a")
        assert [link.get("href") for link in links] == [
            "#f-Commodity-GoodsMeasure-GrossMassMeasure",
            "#f-PackageQuantity",
        ]
        assert "Box 35" in links[0].text_content()
        field = tree.get_element_by_id("f-Commodity-GoodsMeasure-GrossMassMeasure")
        assert field.get("value") == "about 170"
        told = tree.get_element_by_id(field.get("aria-describedby").split()[0]).text_content()
        assert "Gross mass, kg" in told
        assert stored(office, draft).content.items[0]["PackageQuantity"] == "-3"
        assert "Has errors" in browser.get(draft).text


def test_two_windows_do_not_overwrite_each_other(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        base = base_of(browser.get(f"{draft}/sections/trade").text)
        mine = {**TRADE, "GoodsShipment/TradeTerms/LocationName": "Astana", "base": base}
        assert browser.post(f"{draft}/sections/trade", {**TRADE, "base": base}).status_code == 303
        answer = browser.post(f"{draft}/sections/trade", mine)
        assert answer.status_code == 422
        assert "This page was changed in another window" in answer.text
        assert "the other window has “Almaty”" in answer.text
        assert 'value="Astana"' in answer.text
        assert stored(office, draft).content.fields["GoodsShipment/TradeTerms/LocationName"] == "Almaty"
        again = browser.post(f"{draft}/sections/trade", {**mine, "base": base_of(answer.text)})
        assert again.status_code == 303
        assert stored(office, draft).content.fields["GoodsShipment/TradeTerms/LocationName"] == "Astana"


def test_two_windows_on_different_pages_do_not_disturb_each_other(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = begin(browser)
        bases = {name: base_of(browser.get(f"{draft}/sections/{name}").text) for name in ("general", "trade")}
        assert browser.post(f"{draft}/sections/general", {**GENERAL, "base": bases["general"]}).status_code == 303
        assert browser.post(f"{draft}/sections/trade", {**TRADE, "base": bases["trade"]}).status_code == 303


def test_autosave_answers_with_errors_proposals_and_the_new_base(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = fill(browser, begin(browser))
        base = base_of(browser.get(f"{draft}/goods/1").text)
        changed = {**ITEM, "Commodity/ItemChargeAmount": "2000", "PackageQuantity": "x", "base": base}
        answer = browser.post(f"{draft}/goods/1", changed, x_autosave="1")
        said = answer.json()
        assert answer.status_code == 200
        assert said["proposed"]["CustomsValueAmount"] == "1040200.00"
        assert list(said["errors"]) == ["PackageQuantity"]
        assert said["base"] != base
        late = browser.post(f"{draft}/goods/1", {**ITEM, "base": base}, x_autosave="1")
    assert late.status_code == 422
    assert late.json()["conflict"] is True


def test_rows_close_up_and_can_be_removed(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        three = {
            **ITEM,
            "Packaging[3]/TypeCode": "BX",
            "Packaging[7]/TypeCode": "PX",
            "Packaging[7]/MarksNumbersID": "A",
        }
        browser.post(f"{draft}/goods/1", three)
        item = stored(office, draft).content.items[0]
        assert [item[f"Packaging[{n}]/TypeCode"] for n in (1, 2, 3)] == ["CT", "BX", "PX"]
        sent = {**item, "remove": "Packaging[2]"}
        assert browser.post(f"{draft}/goods/1", sent).headers["location"].startswith(f"{draft}/goods/1")
        item = stored(office, draft).content.items[0]
    assert [item.get(f"Packaging[{n}]/TypeCode") for n in (1, 2, 3)] == ["CT", "PX", None]
    assert item["Packaging[2]/MarksNumbersID"] == "A"


def test_items_are_added_copied_and_deleted(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        assert browser.post(f"{draft}/goods", {"copy": "1"}).headers["location"] == f"{draft}/goods/2"
        assert browser.post(f"{draft}/goods/2", {**ITEM, "another": "1"}).headers["location"] == f"{draft}/goods/3"
        assert stored(office, draft).content.items[2]["OriginCountryCode"] == "CN"
        browser.post(f"{draft}/goods", {"delete": "1"})
        assert len(stored(office, draft).content.items) == 2
        for answer in (browser.post(f"{draft}/goods", {"delete": "9"}), browser.get(f"{draft}/goods/9")):
            assert answer.status_code == 404


def test_a_declaration_takes_999_items_and_pages_through_them(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        identifier = draft.removeprefix("/drafts/")
        items = [{"Commodity/Description": f"Thing {number}"} for number in range(1, 1000)]
        assert Drafting(office).import_items(ANNA, identifier, items) == 999
        with pytest.raises(TooManyItems):
            Drafting(office).import_items(ANNA, identifier, [{}])
        assert browser.post(f"{draft}/goods", {"add": "1"}).status_code == 422
        page = browser.get(f"{draft}/goods?first=951").text
        assert "Thing 951" in page
        assert "Thing 999" in page
        assert browser.get(f"{draft}/goods/999").status_code == 200
    assert len(stored(office, draft).content.items) == 999


def test_documents_given_before_the_goods_wait_for_the_first_item(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        documents = {name: value for name, value in ITEM.items() if name.startswith("AdditionalDocument")}
        browser.post(f"{draft}/sections/documents", documents)
        Drafting(office).import_items(ANNA, draft.removeprefix("/drafts/"), [{"Commodity/Description": "A"}, {}])
        first, second = stored(office, draft).content.items
    assert (first["Commodity/Description"], first["AdditionalDocument[1]/ID"]) == ("A", "INV-2026-1")
    assert second == {}


def test_a_copy_and_a_template_begin_without_what_belonged_to_one_day(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser, name="Lamps"))
        browser.post(f"{draft}/copy", {"as": "template"})
        (template,) = Drafting(office).listing(ANNA, template=True)
        assert template.name == "Lamps"
        made = browser.post(f"/drafts/{template.id}/copy", {"as": "draft"}).headers["location"]
        copy = stored(office, made)
    assert copy.template is False
    assert copy.content.items == stored(office, draft).content.items
    assert copy.content.fields["FunctionalReferenceID"] != "DRAFT-1"


def test_a_deleted_draft_is_gone(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, _):
        draft = begin(browser)
        assert browser.post(f"{draft}/delete", {}).status_code == 303
        assert browser.get(draft).status_code == 404


def test_markup_in_a_draft_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    hostile = "<script>alert('1')</script><img src=x onerror=alert(1)>"
    with desk(tmp_path) as (browser, _):
        draft = fill(browser, begin(browser, name=hostile), {**ITEM, "Commodity/Description": hostile})
        for address in ("/drafts", draft, f"{draft}/goods", f"{draft}/goods/1", f"{draft}/review"):
            tree = html.fromstring(browser.get(address).text)
            assert tree.xpath("//img | //script[not(@src)]") == [], address


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("kind", ["IM40", "EX10", "TT"])
def test_every_page_of_every_kind_is_there_in_every_language(tmp_path: Path, kind: str, language: str) -> None:
    with desk(tmp_path) as (browser, _):
        browser.speak(language)
        draft = begin(browser, kind=kind)
        tree = html.fromstring(browser.get(draft).text)
        addresses = tree.xpath("//ul[contains(@class,'govuk-task-list')]//a/@href")
        assert len(addresses) >= 9
        browser.post(f"{draft}/goods", {"add": "1"})
        for address in [*addresses, f"{draft}/goods/1", f"{draft}/check", f"{draft}/review"]:
            assert browser.get(address).status_code == 200, address


def test_drafts_come_in_pages_that_follow_each_other(tmp_path: Path) -> None:
    clock = offices.StillClock()
    with desk(tmp_path, office=offices.office(tmp_path, clock)) as (browser, _):
        for number in range(60):
            clock.at += timedelta(seconds=1)
            begin(browser, name=f"Draft {number}")
        address, seen = "/drafts", []
        while address:
            tree = html.fromstring(browser.get(address).text)
            seen += tree.xpath("//tbody//th/a/text()")
            address = next(iter(tree.xpath("//a[@rel='next']/@href")), "")
    assert seen == [f"Draft {number}" for number in reversed(range(60))]


def test_a_template_is_not_signed(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = fill(browser, begin(browser))
        browser.post(f"{draft}/copy", {"as": "template"})
        (template,) = Drafting(office).listing(ANNA, template=True)
        assert browser.get(f"/drafts/{template.id}/sign").status_code == 404


def test_many_items_are_filled_in_at_once(tmp_path: Path) -> None:
    code, gross = "Commodity/ClassificationID", "Commodity/GoodsMeasure/GrossMassMeasure"
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        named = [("Chair, oak", "1"), ("Chair, pine", "1"), ("Chair, ash", "1"), ("Table", "")]
        items = [{"Commodity/Description": text, "Commodity/GoodsMeasure/NetMassMeasure": net} for text, net in named]
        Drafting(office).import_items(ANNA, draft.removeprefix("/drafts/"), items)
        for wrong in ({}, {"numbers": "3-9", code: "9401610000"}, {"word": "lamp", code: "9401610000"}, {code: "12"}):
            assert browser.post(f"{draft}/goods/fill", wrong).status_code == 422
        assert browser.post(f"{draft}/goods/fill", {gross: "10"}).status_code == 422  # the table has no net mass
        browser.post(f"{draft}/goods/fill", {"word": "CHAIR", code: "9401 61 000 0"})
        browser.post(f"{draft}/goods/fill", {"numbers": "1 - 3", gross: "10"})
        browser.post(f"{draft}/goods/fill", {code: "9403601009"})
        after = stored(office, draft).content.items
        assert [item[code] for item in after] == ["9401610000"] * 3 + ["9403601009"]
        assert [item.get(gross) for item in after] == ["3.333", "3.334", "3.333", None]
        browser.post(f"{draft}/goods/fill", {"numbers": "2", code: "9403601009", "replace": "1"})
        assert stored(office, draft).content.items[1][code] == "9403601009"


def test_a_check_tells_at_once_what_is_blank_in_all_sections(tmp_path: Path) -> None:
    with desk(tmp_path) as (browser, office):
        draft = begin(browser)
        items = [{"Commodity/Description": f"Chair {number}"} for number in range(1, 4)]
        Drafting(office).import_items(ANNA, draft.removeprefix("/drafts/"), items)
        page = html.fromstring(browser.get(f"{draft}/check").content)
        told = [" ".join(each.text_content().split()) for each in page.iterfind(".//ul/li/a")]
        assert any("33.1" in each and "1–3" in each for each in told)
        sections = {each.get("href").split("?")[0].rpartition("/")[2] for each in page.iterfind(".//ul/li/a")}
        assert {"general", "parties", "trade"} <= sections
