"""The pages of travellers and of their inspectors: nothing typed is lost, nothing is told to strangers."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import offices
import pki
import pypdf
import pytest
from browsing import Browser
from caseworking import person
from evidencing import browsing_stored
from httpx import Response
from travelling import ASAN, OTHER_POST, Border, border, declared, goods

from declarations.passengers.model import Corridor, Crossing, Direction, Mode
from portal.passengers.filling import field_of, typed
from portal.passengers.model import Status

FILLED = {
    "do": "declare",
    "form": "f" * 32,
    "corridor": "green",
    "family_name": "Demo",
    "given_name": "Asan",
    "born_on": "22.08.1995",
    "citizenship": "KZ",
    "document_kind": "PASSPORT",
    "document_number": "N 1234567",
    "document_country": "KZ",
    "iin": "950822400311",
    "office": "30301",
    "direction": "ENTRY",
    "mode": "ROAD",
    "country": "CN",
    "goods-1-kind": "GENERAL",
    "goods-1-carriage": "ACCOMPANIED",
    "goods-1-description": "Clothes",
    "goods-1-quantity": "5",
    "goods-1-mass_kg": "10,5",
    "goods-1-value": "200",
    "goods-1-currency": "EUR",
    "goods-1-litres": "",
    "money-1-kind": "CASH",
    "money-1-currency": "USD",
}
HEAVY = {**FILLED, "goods-1-mass_kg": "60", "corridor": "red"}


@pytest.fixture
def at_border(tmp_path: Path) -> Border:
    return border(tmp_path)


@contextmanager
def browser(at: Border, who: str | None = None, language: str = "en") -> Iterator[Browser]:
    with browsing_stored(at.office, who, language) as opened:
        yield opened


def declare(opened: Browser, **changes: str) -> Response:
    return opened.post("/travellers/declare", {**FILLED, **changes})


def record_of(answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_green_at_once_with_code_and_reference(at_border: Border) -> None:
    with browser(at_border) as opened:
        page = opened.get(record_of(declare(opened))).text
    assert "You may go" in page
    assert "Green corridor" in page
    assert "<svg" in page
    assert "10.5" in page


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_defect_stands_beside_its_field_and_nothing_typed_is_lost(at_border: Border, language: str) -> None:
    wrong = {
        "born_on": "22.13.1995",
        "document_number": "№ 1",
        "office": "",
        "goods-1-mass_kg": "ten",
        "goods-2-description": "<script>alert(1)</script>",
        "plate": "X",
    }
    with browser(at_border, language=language) as opened:
        answer = declare(opened, **wrong)
    assert answer.status_code == 422
    for field in ("born_on", "document_number", "office", "goods-1-mass_kg", "goods-2-quantity", "plate", "stay"):
        assert f'id="{field}-error"' in answer.text, field
        assert f'href="#{field}"' in answer.text, field
    for value in ("22.13.1995", "ten", "Clothes", "950822400311", "N 1234567"):
        assert value in answer.text or value == "N 1234567"
    assert "<script>alert" not in answer.text
    assert at_border.desk.lane(person("madina")).records == ()


def test_checking_shows_what_follows_and_sends_nothing(at_border: Border) -> None:
    with browser(at_border) as opened:
        answer = opened.post("/travellers/declare", {**HEAVY, "do": "check"})
    assert answer.status_code == 200
    assert "35 kg × 4.00 EUR = 140.00 EUR" in answer.text
    assert "84,658.00" in answer.text
    assert at_border.desk.lane(person("madina")).records == ()


@pytest.mark.parametrize(("do", "field"), [("goods", "goods-2-description"), ("money", "money-2-amount")])
def test_a_row_more_keeps_what_was_typed(at_border: Border, do: str, field: str) -> None:
    with browser(at_border) as opened:
        answer = opened.post("/travellers/declare", {**FILLED, "do": do, "money-1-amount": "500"})
    assert answer.status_code == 200
    assert f'id="{field}"' in answer.text
    assert 'value="Clothes"' in answer.text
    assert 'value="500"' in answer.text


def test_sent_twice_it_is_one_declaration(at_border: Border) -> None:
    with browser(at_border) as opened:
        assert record_of(declare(opened)) == record_of(declare(opened))


def test_a_stranger_sees_nothing_and_is_not_told_whether_there_is_one(at_border: Border) -> None:
    with browser(at_border) as opened:
        address = record_of(declare(opened))
    with browser(at_border) as stranger:
        there, not_there = stranger.get(address), stranger.get("/travellers/record/" + "A" * 16)
        for answer in (there, not_there):
            assert answer.status_code == 200
            assert "Asan" not in answer.text
        hidden = re.compile(r'value="[^"]*"|nonce="[^"]*"')
        reference = address.rpartition("/")[2]
        assert hidden.sub("", there.text).replace(reference, "") == hidden.sub("", not_there.text).replace("A" * 16, "")
        for path in ("/receipt", "/declaration"):
            assert stranger.get(address + path).status_code == 404
        assert stranger.post(f"{address}/pay", {}).status_code == 404


def test_reference_and_document_open_it(at_border: Border) -> None:
    with browser(at_border) as opened:
        address = record_of(declare(opened))
    with browser(at_border) as other:
        wrong = other.post("/travellers/open", {"reference": address[-16:], "document_number": "N7654321"})
        assert wrong.status_code == 422
        assert "no such reference" in wrong.text
        assert address[-16:] in wrong.text
        right = other.post("/travellers/open", {"reference": address[-16:], "document_number": "n1234567"})
        assert record_of(right) == address
        assert "Asan" in other.get(address).text


def test_who_closes_it_leaves_nothing_to_the_next_at_this_device(at_border: Border) -> None:
    with browser(at_border) as opened:
        address = record_of(declare(opened))
        key = opened.client.cookies["shekara_traveller"]
        assert "Asan" in opened.get(address).text
        assert 'data-clears="traveller"' in opened.get("/travellers/declare").text
        assert opened.post("/travellers/close", {}).headers["location"] == "/travellers"
        assert "shekara_traveller" not in opened.client.cookies
        assert "Asan" not in opened.get(address).text
        opened.client.cookies.set("shekara_traveller", key)  # somebody has kept it
        assert "Asan" not in opened.get(address).text


def test_too_many_forms_of_an_address_wait_and_keep_what_was_typed(at_border: Border) -> None:
    object.__setattr__(at_border.office.settings, "traveller_forms_per_minute", 3)
    with browser(at_border) as opened:
        answers = [declare(opened, form=f"form-{number}") for number in range(4)]
    assert [each.status_code for each in answers] == [303, 303, 303, 422]
    assert "Too many attempts" in answers[-1].text
    assert 'value="Clothes"' in answers[-1].text


@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="travellers pay by a button in the demonstration, on SQLite")
def test_sixty_kilograms_are_paid_on_the_page_and_the_receipt_has_the_sum(at_border: Border) -> None:
    with browser(at_border, language="ru") as opened:
        address = record_of(opened.post("/travellers/declare", HEAVY))
        assert "Оплатите и идите по красному коридору" in opened.get(address).text
        assert opened.post(f"{address}/pay", {}).status_code == 303
        assert "Оплачено: идите по красному коридору" in opened.get(address).text
        again = opened.post(f"{address}/pay", {})
        assert again.status_code == 422
        receipt = opened.get(f"{address}/receipt")
        document = opened.get(f"{address}/declaration")
    assert document.content.startswith(b"<?xml")
    printed = pypdf.PdfReader(io.BytesIO(receipt.content))
    told = "".join(page.extract_text() for page in printed.pages).replace("\N{NO-BREAK SPACE}", " ")
    assert "84 658,00" in told
    assert "Оплачено полностью" in told
    assert list(printed.attachments)


def test_who_has_a_key_signs_what_was_filled_in(at_border: Border) -> None:
    anna = {"given_name": "Anna", "born_on": "12.04.1985", "iin": "850412450128"}
    with browser(at_border) as opened:
        address = record_of(declare(opened, do="sign", **anna))
        document = opened.get(f"{address}/document").content
        signed = pki.sign_as("anna", document, at_border.clock.at)
        form = {"_csrf_token": opened.client.cookies["shekara_csrf"]}
        typed = opened.client.post(address, data=form, files={"signed": (None, "no file")}, follow_redirects=False)
        assert typed.status_code == 422
        refused = opened.client.post(address, data=form, files={"signed": ("x.xml", document)}, follow_redirects=False)
        assert refused.status_code == 422
        taken = opened.client.post(address, data=form, files={"signed": ("x.xml", signed)}, follow_redirects=False)
        assert "Signed with your key." in opened.get(record_of(taken)).text


# --- inspectors -----------------------------------------------------------------------------------------------------


def test_the_code_leads_an_inspector_to_the_record_of_the_post(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    with browser(at_border, "madina") as madina:
        answer = madina.get(f"/travellers/record/{reference}")
        assert answer.headers["location"] == f"/passengers/{reference}"
        page = madina.get(f"/passengers/{reference}").text
        typed_in = madina.get(f"/passengers?reference={reference.lower()}")
        assert typed_in.headers["location"] == f"/passengers/{reference}"
    assert "N1234567" in page
    assert "My own assessment" in page


def test_another_posts_reference_is_not_found(at_border: Border) -> None:
    elsewhere = Crossing(office=OTHER_POST, direction=Direction.ENTRY, mode=Mode.RAIL, country="CN")
    reference = at_border.declare(declared(goods(), crossing=elsewhere)).record.reference
    with browser(at_border, "madina") as madina:
        assert madina.get(f"/passengers/{reference}").status_code == 404
        assert madina.get(f"/passengers?reference={reference}").status_code == 404
        assert madina.post(f"/passengers/{reference}/release", {"expected": "1"}).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_officer_sees_why_and_the_traveller_does_not(at_border: Border, language: str) -> None:
    with browser(at_border, language=language) as opened:
        address = record_of(declare(opened, **{"goods-1-mass_kg": "60"}))
        told = opened.get(address).text
    with browser(at_border, "madina", language) as madina:
        seen = madina.get(f"/passengers/{address[-16:]}").text
    assert "PD-07" in seen
    assert "PD-" not in told


def test_stopping_asks_for_reason_and_words_and_keeps_them(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    with browser(at_border, "madina") as madina:
        half = madina.post(f"/passengers/{reference}/assess", {"expected": "1", "reason": "dog_alert", "seen": ""})
        assert half.status_code == 422
        assert '<option value="dog_alert" selected>' in half.text
        assert 'href="#seen"' in half.text
        whole = {"expected": "1", "reason": "dog_alert", "seen": "It barked"}
        assert madina.post(f"/passengers/{reference}/assess", whole).status_code == 303
        assert "It barked" in madina.get(f"/passengers/{reference}").text
    assert at_border.now(reference).status is Status.INSPECTION


def test_an_act_is_written_signed_and_read(at_border: Border) -> None:
    reference = at_border.declare(declared(goods())).record.reference
    at_border.assess(reference)
    with browser(at_border, "madina") as madina:
        written = {"expected": "2", "place": "Hall 2", "result": "undeclared_goods", "text": "Boxes", "mass_kg": "x"}
        half = madina.post(f"/passengers/{reference}/act", written)
        assert half.status_code == 422
        assert 'value="Hall 2"' in half.text
        whole = {**written, "mass_kg": "60,5", "value": "300", "currency": "EUR"}
        address = record_of(madina.post(f"/passengers/{reference}/act", whole))
        document = madina.get(f"{address}/document").content
        signed = pki.sign_as("madina", document, at_border.clock.at)
        form = {"_csrf_token": madina.client.cookies["shekara_csrf"]}
        typed = madina.client.post(address, data=form, files={"signed": (None, "no file")}, follow_redirects=False)
        assert typed.status_code == 422
        taken = madina.client.post(address, data=form, files={"signed": ("a.xml", signed)}, follow_redirects=False)
        page = madina.get(record_of(taken)).text
        assert "Undeclared goods" in page
        act = re.search(r"/passengers/acts/[0-9a-f]{32}", page)
        assert act is not None
        assert madina.get(act[0]).content == signed
        assert madina.get(f"/passengers/{reference}/receipt").headers["content-type"] == "application/pdf"
    assert at_border.now(reference).status is Status.PAYMENT_DUE


def test_a_goods_declaration_is_asked_for_before_leaving(at_border: Border) -> None:
    trade = declared(goods(personal_use=False), corridor=Corridor.RED)
    reference = at_border.declare(trade).record.reference
    with browser(at_border, "madina") as madina:
        wrong = madina.post(f"/passengers/{reference}/release", {"expected": "1", "settled_by": "1/2/3"})
        assert wrong.status_code == 422
        assert "1/2/3" in wrong.text
        assert madina.post(f"/passengers/{reference}/release", {"expected": "1", "stays": "yes"}).status_code == 303
    assert at_border.now(reference).status is Status.LEFT


def test_the_lane_lists_who_is_there_and_who_has_left(at_border: Border) -> None:
    at_border.cross(declared(goods()))
    at_border.declare(declared(goods(description="More"), traveller=ASAN))
    with browser(at_border, "madina") as madina:
        assert madina.get("/passengers").text.count("Demo Asan") == 1
        assert madina.get("/passengers?status=LEFT").text.count("Demo Asan") == 1
        assert "There is nobody" in madina.get("/passengers?status=INSPECTION").text
        assert madina.get("/passengers?status=nonsense").status_code == 200


# --- the form -------------------------------------------------------------------------------------------------------


def test_empty_rows_close_up() -> None:
    given = typed({"goods-1-kind": "GENERAL", "goods-3-description": "Shoes", "goods-3-kind": "GENERAL", "x": "y"})
    assert given == {"goods-1-description": "Shoes", "goods-1-kind": "GENERAL"}


def test_a_place_of_the_document_leads_to_its_field() -> None:
    assert field_of("/PassengerDeclaration/Goods[2]/ValueAmount/@currencyID") == "goods-2-currency"
    assert field_of("/PassengerDeclaration/Money[1]/Origin") == "money-1-origin"
    assert field_of("/PassengerDeclaration/Traveller/IIN") == "iin"
