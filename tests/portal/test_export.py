"""The list of declarations: what is looked for, and the same as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterator

import caseworking
import openpyxl
import pki
import pytest
from browsing import Browser
from builders import declaration_xml
from caseworking import YELLOW, Desk
from evidencing import browsing_stored
from lxml import html

from portal.pipeline import lodge
from portal.stages import Lodged


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = caseworking.desk(tmp_path_factory.mktemp("export"))
    data = pki.sign_as("anna", declaration_xml(reference="=1+1"), desk.clock.at)
    lodge(Lodged(data, desk.clock.at), desk.office)
    return desk


@pytest.fixture
def anna(desk: Desk) -> Iterator[Browser]:
    with browsing_stored(desk.office, "anna") as browser:
        yield browser


def references(browser: Browser, query: str) -> set[str]:
    """Return the references that the list shows; the file must have the same."""
    page = html.fromstring(browser.get(f"/declarations{query}").text)
    shown = {text.strip() for text in page.xpath("//tbody//span[@class='rows__note']/text()")}
    rows = list(csv.reader(io.StringIO(browser.get(f"/declarations/export/csv{query}").content.decode("utf-8-sig"))))
    assert {row[1].removeprefix("'") for row in rows[1:]} == shown
    return shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=lamps", {"LAMPS"}),
        ("?q=nothing", set()),
        ("?q=%25", set()),
        ("?group=waiting", {"PREFERENCE", "BROKER"}),
        ("?group=control", {"EMBARGO", "=1+1"}),
        ("?group=released&q=LAMPS", {"LAMPS"}),
        ("?group=ended", set()),
        ("?since=2026-11-25", set()),
        ("?until=2026-11-23", set()),
        ("?since=2026-11-24&until=2026-11-24&lane=inspection", {"EMBARGO", "=1+1"}),
    ],
)
def test_the_list_is_searched(anna: Browser, query: str, found: set[str]) -> None:
    assert references(anna, query) == found


@pytest.mark.parametrize("query", ["?since=31.12.2026", "?until=2026-02-30", "?since=0001-01-01", "?until=9999-12-31"])
def test_a_day_that_is_none_is_said_and_left_out(anna: Browser, query: str) -> None:
    answer = anna.get(f"/declarations{query}")
    assert answer.status_code == 200
    assert "There is no such day" in answer.text


def test_a_registration_number_is_found(desk: Desk, anna: Browser) -> None:
    assert references(anna, f"?q={desk.numbers[YELLOW]}") == {"PREFERENCE"}


def test_the_blocks_count_and_lead_to_what_they_count(anna: Browser) -> None:
    page = html.fromstring(anna.get("/declarations").text)
    counts = {link.get("href"): int(link.xpath("string(span[1])")) for link in page.xpath("//ul[@class='blocks']/li/a")}
    assert counts["/declarations?group=waiting"] == len(references(anna, "?group=waiting"))
    assert counts["/declarations?group=control"] == len(references(anna, "?group=control"))
    assert counts["/drafts"] == 0


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_who_reads_no_declarations_gets_no_file(desk: Desk, ending: str) -> None:
    with browsing_stored(desk.office, "dana") as browser:
        assert browser.get(f"/declarations/export/{ending}").status_code == 403


def test_another_format_is_not_there(anna: Browser) -> None:
    assert anna.get("/declarations/export/exe").status_code in (400, 404)


def test_nobody_gets_the_declarations_of_others(desk: Desk) -> None:
    with browsing_stored(desk.office, "yerkin") as browser:
        assert len(browser.get("/declarations/export/csv").content.decode().splitlines()) == 1


def test_the_workbook_has_typed_numbers_and_times_and_no_formula(anna: Browser) -> None:
    content = anna.get("/declarations/export/xlsx").content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=2)}
    tricky, lamps = rows["=1+1"], rows["LAMPS"]
    assert tricky[1].data_type == "s"
    assert lamps[6].is_date
    assert lamps[6].value.isoformat() == "2026-11-24T10:00:00"
    assert (lamps[7].value, lamps[7].data_type) == (2, "n")
    assert lamps[8].data_type == "n"
    assert lamps[5].value == "150340012340"


def test_in_csv_a_formula_is_text(anna: Browser) -> None:
    text = anna.get("/declarations/export/csv").content
    assert text.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in text
    assert b",=1+1" not in text


@pytest.mark.parametrize(("language", "title"), [("kk", "Тіркеу нөмірі"), ("ru", "Регистрационный номер")])
def test_titles_are_in_the_reader_s_language(anna: Browser, language: str, title: str) -> None:
    anna.speak(language)
    assert title in anna.get("/declarations/export/csv").content.decode("utf-8-sig")
