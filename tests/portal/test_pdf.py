"""Declarations on paper: the originals inside, every letter of the languages, the same bytes again."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import caseworking
import pki
import pypdf
import pytest
from browsing import Browser
from builders import declaration_xml
from caseworking import RED, YELLOW, Desk
from confidential import traces
from evidencing import browsing_stored

from declarations import store
from portal.database import reading
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway.packing import unpack

LANGUAGES = ("kk", "ru", "en")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return caseworking.desk(tmp_path_factory.mktemp("paper"), YELLOW, RED, "broker")


@pytest.fixture
def anna(desk: Desk) -> Iterator[Browser]:
    with browsing_stored(desk.office, "anna") as browser:
        yield browser


def paper(browser: Browser, number: str, language: str = "en", rest: str = "") -> bytes:
    browser.speak(language)
    answer = browser.get(f"/declarations/{number}/print{rest}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def address_in(pdf: bytes) -> str:
    """Return the path of the address that is printed for checking."""
    found = [
        annotation.get_object()["/A"]["/URI"]
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        for annotation in page.get("/Annots", [])
    ]
    return str(found[0]).removeprefix("http://testserver.local")


@pytest.mark.parametrize("person", ["zarina", "yerkin"])
def test_nobody_else_prints_it(desk: Desk, person: str) -> None:
    with browsing_stored(desk.office, person) as browser:
        assert browser.get(f"/declarations/{desk.numbers[YELLOW]}/print").status_code == 404


@pytest.mark.parametrize("person", ["dana", "saule", "asel", "aigerim"])
def test_who_reads_no_declarations_prints_none(desk: Desk, person: str) -> None:
    with browsing_stored(desk.office, person) as browser:
        assert browser.get(f"/declarations/{desk.numbers[YELLOW]}/print").status_code == 403


def test_a_broker_prints_for_a_principal(desk: Desk) -> None:
    with browsing_stored(desk.office, "berik") as browser:
        assert paper(browser, desk.numbers["broker"]).startswith(b"%PDF")


def test_a_version_that_is_not_there_is_not_found(anna: Browser, desk: Desk) -> None:
    assert anna.get(f"/declarations/{desk.numbers[YELLOW]}/print?version=7").status_code == 404


def test_the_originals_are_inside_byte_for_byte(anna: Browser, desk: Desk) -> None:
    number = desk.numbers[YELLOW]
    reader = pypdf.PdfReader(io.BytesIO(paper(anna, number)))
    inside = {name: files[0] for name, files in reader.attachments.items()}
    dashed = number.replace("/", "-")
    with reading(desk.office.engine) as connection:
        stored = store.find_by_number(connection, number)
        assert stored is not None
        signed = unpack(store.read_document(connection, stored.key))
    assert inside[f"declaration-{dashed}.xml"] == signed
    assert hashlib.sha256(signed).hexdigest() == stored.digest
    assert inside[f"notice-{dashed}.xml"] == desk.office.answer_of(stored).notice


def test_who_looks_for_secrets_reads_pages_names_metadata_and_attachments_and_no_coordinates(
    anna: Browser, desk: Desk
) -> None:
    number = desk.numbers[YELLOW]
    printed = paper(anna, number)
    named = f"declaration-{number.replace('/', '-')}.xml"
    wanted = frozenset({number, "Goods declaration", named, "pdfaid:part", "FunctionalReferenceID"})
    assert set(traces(wanted, printed)) == wanted
    assert traces(frozenset({"/MediaBox", "endobj"}), printed) == []


def test_it_is_an_archive_file_with_associated_files(anna: Browser, desk: Desk) -> None:
    reader = pypdf.PdfReader(io.BytesIO(paper(anna, desk.numbers[YELLOW])))
    described = reader.root_object["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>3</pdfaid:part>" in described
    related = [each.get_object()["/AFRelationship"] for each in reader.root_object["/AF"]]
    assert related == ["/Source", "/Source"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_shows_number_decision_boxes_and_marks_in_every_language(anna: Browser, desk: Desk, language: str) -> None:
    shown = text_of(paper(anna, desk.numbers[RED], language))
    wanted = {
        "kk": ("ТАУАРЛАРҒА АРНАЛҒАН ДЕКЛАРАЦИЯ", "Қойылған күй"),
        "ru": ("Тексеріс",),
        "en": ("Goods declaration", "Inspection ordered", "REGISTERED BY CUSTOMS", "SEALED ELECTRONICALLY BY CUSTOMS"),
    }
    assert desk.numbers[RED] in shown
    for text in wanted[language] if language == "en" else ():
        assert text in shown
    assert "Altyn Dala" in shown
    assert "�" not in shown


def test_the_same_declaration_gives_the_same_bytes(anna: Browser, desk: Desk) -> None:
    assert paper(anna, desk.numbers[YELLOW]) == paper(anna, desk.numbers[YELLOW])


def test_anybody_with_the_paper_learns_that_it_is_genuine_and_nothing_else(anna: Browser, desk: Desk) -> None:
    number = desk.numbers[YELLOW]
    path = address_in(paper(anna, number))
    with browsing_stored(desk.office, None) as stranger:
        page = stranger.get(path)
        assert page.status_code == 200
        assert number in page.text.replace("<wbr>", "")
        assert "Altyn Dala" not in page.text
        assert "Lamp" not in page.text


@pytest.mark.parametrize("change", [lambda path: path[:-1] + "g", lambda path: path[:-4], lambda path: path + "0"])
def test_a_paper_with_another_mark_is_not_known(anna: Browser, desk: Desk, change) -> None:
    path = address_in(paper(anna, desk.numbers[YELLOW]))
    assert anna.get(change(path)).status_code == 404
    assert anna.get(path.replace(desk.numbers[YELLOW], desk.numbers[RED])).status_code == 404


def test_554_items_are_printed_on_their_pages(tmp_path: Path) -> None:
    desk = caseworking.desk(tmp_path, YELLOW)
    data = pki.sign_as("anna", declaration_xml(reference="MANY", items=554), desk.clock.at)
    number = lodge(Lodged(data, desk.clock.at), desk.office).stored.registration_number
    with browsing_stored(desk.office, "anna") as browser:
        pdf = paper(browser, number)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) > 30
    assert len(pdf) < 8_000_000
