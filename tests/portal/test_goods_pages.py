"""The pages of goods: whose files they show, what refused forms say, and that nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import builders
import offices
import pki
import pytest
from browsing import Browser
from evidencing import browsing_stored
from httpx import Response
from sqlalchemy import select
from workbooks import INVOICE, workbook

from declarations import store as declarations_store
from portal.database import reading, writing
from portal.declarant.drafting import store as draft_store
from portal.declarant.goods import store
from portal.office import Office
from risk_gateway.packing import unpack

PARTLY = b"Description,Origin,Qty,Unit,Amount USD\nChair,CN,1,pcs,5\nDesk,Atlantis,1,pcs,7\n"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def anna(office: Office) -> Iterator[Browser]:
    office.recorder.start()
    with browsing_stored(office, "anna") as browser:
        yield browser
    office.recorder.stop()


def send(browser: Browser, address: str, data: bytes | None, field: str = "file", **fields: str) -> Response:
    """Send a form with a file."""
    browser.get("/tools")
    form = {**fields, "_csrf_token": browser.client.cookies["shekara_csrf"]}
    files = {field: ("sent.file", data or b"")}
    return browser.client.post(address, data=form, files=files, follow_redirects=False)


def checked(browser: Browser, data: bytes) -> str:
    """Upload a declaration and return the address of its report."""
    answer = send(browser, "/check", data)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def imported(browser: Browser, data: bytes) -> str:
    answer = send(browser, "/import", data, kind="IM40")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


# Tools


@pytest.mark.parametrize("address", ["/tools", "/tools/commodities", "/tools/calculator", "/tools/exchange-rates"])
@pytest.mark.parametrize("person", [None, "anna", "dana", "asel"])
def test_anybody_may_use_the_tools(office: Office, person: str | None, address: str) -> None:
    with browsing_stored(office, person) as browser:
        assert browser.get(address).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "code=94&value=1&currency=USD",
        "code=9401610000&value=&currency=USD",
        "code=9401610000&value=-1&currency=USD",
        "code=9401610000&value=1e400&currency=USD",
        "code=9401610000&value=1&currency=XXX",
        "code=9401610000&value=1&currency=JPY",
        "code=9401610000&value=1&currency=USD&origin=ZZ",
        "code=9401610000&value=1&currency=USD&inland=2",
        "code=9401610000&value=1&currency=USD&day=tomorrow",
        "code=%00&value=%F0%9F%92%A3&currency=",
    ],
)
def test_what_cannot_be_calculated_is_said_beside_its_field(anna: Browser, query: str) -> None:
    answer = anna.get(f"/tools/calculator?{query}")
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.text
    assert "govuk-error-message" in answer.text


def test_a_day_that_is_none_is_refused(anna: Browser) -> None:
    assert anna.get("/tools/exchange-rates?day=31.02.2026").status_code == 422


def test_a_calculation_shows_every_sum(anna: Browser) -> None:
    page = anna.get("/tools/calculator?code=8517130000&value=1000&currency=USD").text
    for text in ("Customs value", "520,100.00", "Customs fee", "Value added tax", "Total payable"):
        assert text in page


def test_suggestions_take_any_field_and_are_a_fragment(anna: Browser) -> None:
    page = anna.get("/tools/commodities/suggestions?Commodity%2FClassificationID=smartphones", HX_Request="true").text
    assert 'data-commodity="8517130000"' in page
    assert "<html" not in page


# Checking


def test_nothing_sent_is_said_beside_the_field(anna: Browser) -> None:
    answer = send(anna, "/check", None)
    assert answer.status_code == 422
    assert "Choose the XML file" in answer.text


@pytest.mark.parametrize(
    "data",
    [
        b"not xml",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a xmlns='urn:evil'/>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"\xef\xbb\xbf<Declaration xmlns='urn:shekara:ccd:1'/>",
    ],
)
def test_what_the_gate_refuses_is_told_in_its_words_and_not_kept(anna: Browser, office: Office, data: bytes) -> None:
    answer = send(anna, "/check", data)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.text
    with reading(office.engine) as connection:
        assert connection.execute(select(store.upload.c.id)).all() == []


def test_what_a_document_says_is_never_taken_for_markup(anna: Browser) -> None:
    refused = send(anna, "/check", b"<a Id='&lt;i&gt;%(evil)s'><b Id='&lt;i&gt;%(evil)s'/></a>")
    assert refused.status_code == 422
    assert "&lt;i&gt;%(evil)s" in refused.text
    assert "<i>" not in refused.text
    odd = builders.declaration_xml().replace(b"<TypeCode>IM</TypeCode>", b"<TypeCode>&lt;b&gt;%s</TypeCode>", 1)
    page = anna.get(checked(anna, odd)).text
    assert "<b>%s" not in page
    sheet = b"Description,Qty,Unit,Amount USD\n<b>Chair %s,1,<i>,5\n"
    assert "<i>" not in anna.get(imported(anna, sheet)).text


@pytest.mark.parametrize("address", ["/check/%00", "/import/%00", "/check/nothing", "/import/nothing", "/check/a%2Fb"])
def test_an_upload_that_is_not_there_is_not_found(anna: Browser, address: str) -> None:
    assert anna.get(address).status_code == 404


@pytest.mark.parametrize("person", ["berik", "yerkin"])
def test_nobody_else_finds_what_anna_sent(office: Office, person: str) -> None:
    with browsing_stored(office, "anna") as anna:
        report, table = checked(anna, builders.declaration_xml()), imported(anna, workbook(INVOICE))
    with browsing_stored(office, person) as other:
        for address in (report, f"{report}/document", table):
            assert other.get(address).status_code == 404
        assert send(other, f"{report}/lodge", None, "signed").status_code == 404
        for address in (f"{report}/draft", f"{table}/columns", f"{table}/items"):
            assert other.post(address, {}).status_code == 404


def test_officers_may_not_check_or_import(office: Office) -> None:
    with browsing_stored(office, "dana") as dana:
        assert [dana.get(address).status_code for address in ("/check", "/import")] == [403, 403]


def test_every_defect_is_listed_with_its_box_and_no_risk_is_told(anna: Browser) -> None:
    wrong = builders.declaration_xml().replace(b"<OriginCountryCode>CN", b"<OriginCountryCode>XX")
    page = anna.get(checked(anna, wrong)).text
    assert "C-601" in page
    assert "What is payable" in page
    assert not {word for word in ("Simplified release", "corridor", "profile", "score") if word in page}


def test_a_document_that_breaks_the_schema_is_kept_and_told_of(anna: Browser) -> None:
    broken = builders.declaration_xml().replace(b"<DeclarationOfficeID>20201</DeclarationOfficeID>", b"")
    page = anna.get(checked(anna, broken)).text
    assert "does not follow the schema" in page
    assert "What is payable" not in page


def test_the_document_to_sign_is_the_bytes_that_came(anna: Browser) -> None:
    data = builders.declaration_xml()
    assert anna.get(f"{checked(anna, data)}/document").content == data


def test_a_signed_declaration_is_verified_and_lodged_byte_for_byte(anna: Browser, office: Office) -> None:
    data = pki.sign_as("anna", builders.declaration_xml(reference="UPLOAD-1"))
    report = checked(anna, data)
    assert "The signature is valid" in anna.get(report).text
    answer = send(anna, f"{report}/lodge", None, "signed")
    assert answer.status_code == 303, answer.text
    with reading(office.engine) as connection:
        stored = declarations_store.find_by_number(
            connection, answer.headers["location"].removeprefix("/declarations/")
        )
        assert stored is not None
        assert unpack(declarations_store.read_document(connection, stored.key)) == data
    assert "This declaration was lodged." in anna.get(report).text


def test_an_unsigned_declaration_is_signed_from_the_page_and_lodged(anna: Browser) -> None:
    report = checked(anna, builders.declaration_xml(reference="UPLOAD-2"))
    signed = pki.sign_as("anna", anna.get(f"{report}/document").content)
    assert send(anna, f"{report}/lodge", signed, "signed").status_code == 303


def test_another_document_than_the_checked_one_is_not_lodged(anna: Browser) -> None:
    report = checked(anna, builders.declaration_xml(reference="UPLOAD-3"))
    other = pki.sign_as("anna", builders.declaration_xml(reference="UPLOAD-4"))
    answer = send(anna, f"{report}/lodge", other, "signed")
    assert answer.status_code == 422
    assert "another document" in answer.text


@pytest.mark.parametrize("data", [None, b"nonsense", builders.declaration_xml(reference="UPLOAD-5")])
def test_what_is_not_signed_is_refused_and_the_upload_is_still_there(anna: Browser, data: bytes | None) -> None:
    report = checked(anna, builders.declaration_xml(reference="UPLOAD-5"))
    assert send(anna, f"{report}/lodge", data, "signed").status_code == 422
    assert anna.get(report).status_code == 200


def test_a_signature_of_a_stranger_is_told_and_not_lodged(anna: Browser) -> None:
    report = checked(anna, pki.sign_as("yerkin", builders.declaration_xml(reference="UPLOAD-6")))
    assert "The signature does not count" in anna.get(report).text
    assert send(anna, f"{report}/lodge", None, "signed").status_code == 422


def test_a_damaged_signature_is_told(anna: Browser) -> None:
    data = pki.sign_as("anna", builders.declaration_xml(reference="UPLOAD-7")).replace(b"UPLOAD-7", b"UPLOAD-8")
    assert "The signature does not count" in anna.get(checked(anna, data)).text


def test_a_declaration_becomes_a_draft_of_its_declarant_only(office: Office) -> None:
    data = builders.declaration_xml(reference="UPLOAD-9")
    with browsing_stored(office, "anna") as anna:
        answer = anna.post(f"{checked(anna, data)}/draft", {})
        assert answer.status_code == 303
        assert anna.get(answer.headers["location"]).status_code == 200
    with browsing_stored(office, "yerkin") as yerkin:
        assert yerkin.post(f"{checked(yerkin, data)}/draft", {}).status_code == 422


# Importing


@pytest.mark.parametrize("data", [None, b"<xml/>", b"no,table\n1,2\n", b"PK\x03\x04"])
def test_a_file_without_a_table_is_refused_beside_the_field(anna: Browser, data: bytes | None) -> None:
    answer = send(anna, "/import", data, kind="IM40")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text


def test_a_broker_says_for_whom(office: Office) -> None:
    with browsing_stored(office, "berik") as berik:
        answer = send(berik, "/import", workbook(INVOICE), kind="IM40", declarant="240140031359")
        assert answer.status_code == 422
        assert "Choose for whom you declare" in answer.text


def test_an_invoice_begins_a_draft_once(anna: Browser, office: Office) -> None:
    table = imported(anna, workbook(INVOICE))
    page = anna.get(table).text
    assert "3 rows are good" in page
    assert "It equals the total in the file." in page
    first, again = (anna.post(f"{table}/items", {}).headers["location"] for _ in range(2))
    assert first == again
    with reading(office.engine) as connection:
        draft = draft_store.read(connection, first.split("/")[2])
    assert draft is not None
    assert [item["Commodity/Description"] for item in draft.content.items] == [
        "Office chair",
        "Desk lamp",
        "Glass jars",
    ]
    assert draft.content.items[0]["AdditionalDocument[1]/ID"] == "SS-2026-7"
    assert draft.content.fields["TypeCode"] == "IM"


def test_items_are_added_behind_those_of_a_draft(anna: Browser, office: Office) -> None:
    table = imported(anna, workbook(INVOICE))
    draft = anna.post(f"{table}/items", {}).headers["location"].split("/")[2]
    assert anna.get(f"/drafts/{draft}/import").status_code == 200
    again = send(anna, f"/drafts/{draft}/import", workbook(INVOICE)).headers["location"]
    assert anna.post(f"{again}/items", {}).status_code == 303
    with reading(office.engine) as connection:
        found = draft_store.read(connection, draft)
    assert found is not None
    assert found.item_count == 6


def test_rows_with_errors_keep_all_out_until_the_others_are_wanted(anna: Browser) -> None:
    table = imported(anna, PARTLY)
    assert "Atlantis" in anna.get(table).text
    refused = anna.post(f"{table}/items", {})
    assert refused.status_code == 422
    assert 'id="partial-error"' in refused.text
    assert anna.post(f"{table}/items", {"partial": "yes"}).status_code == 303


def test_columns_are_corrected_kept_and_remembered(anna: Browser) -> None:
    data = b"Description,Strange,Qty,Unit,Amount USD\nChair,CN,1,pcs,5\n"
    table = imported(anna, data)
    chosen = {"column-0": "description", "column-1": "origin", "column-2": "quantity", "column-3": "unit"}
    chosen |= {"column-4": "amount", "currency": "USD", "unit": "", "decimal": "point"}
    assert anna.post(f"{table}/columns", chosen).status_code == 303
    assert "China" in anna.get(table).text
    assert anna.post(f"{table}/items", {}).status_code == 303
    assert "China" in anna.get(imported(anna, data)).text


def test_two_columns_of_one_meaning_are_refused_and_the_choice_stays(anna: Browser) -> None:
    table = imported(anna, PARTLY)
    answer = anna.post(f"{table}/columns", {"column-0": "description", "column-2": "quantity", "column-4": "quantity"})
    assert answer.status_code == 422
    assert 'id="column-4-error"' in answer.text
    assert anna.get(table).status_code == 200


def test_the_items_of_an_ended_power_of_attorney_go_nowhere(office: Office) -> None:
    with browsing_stored(office, "berik") as berik:
        table = send(berik, "/import", workbook(INVOICE), kind="IM40", declarant="150340012340").headers["location"]
        with writing(office.engine) as connection:
            ended = offices.power("altyn", "zhibek", revoked_on=offices.NOW.date())
            declarations_store.put_power(connection, ended)
            declarations_store.bump_revision(connection)
        assert berik.post(f"{table}/items", {}).status_code == 404


def test_old_and_surplus_uploads_are_dropped(anna: Browser, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_MOST", 3)
    assert isinstance(office.clock, offices.StillClock)
    tables = []
    for _ in range(5):
        office.clock.at += timedelta(minutes=1)
        tables.append(imported(anna, PARTLY))
    assert [anna.get(table).status_code for table in tables[-2:]] == [200, 200]
    with reading(office.engine) as connection:
        assert len(connection.execute(select(store.upload.c.id)).all()) == 3


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_row_errors_are_told_in_the_reader_s_language(office: Office, language: str) -> None:
    with browsing_stored(office, "anna", language) as browser:
        page = browser.get(imported(browser, PARTLY)).text
    assert {"kk": "«Atlantis» ел емес", "ru": "«Atlantis» не страна"}[language] in page
