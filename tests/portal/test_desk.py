"""The officer's desk as pages: the worklist of a post and its cases, for those who work them and nobody else."""

import json
from pathlib import Path

import caseworking
import pytest
from builders import declaration_xml
from caseworking import GREEN, RED, YELLOW, Desk
from cast import PERSONS
from evidencing import browsing_stored
from httpx import Response
from lxml import html

from declarations.lifecycle import Action, StatementKind
from portal.access import GRANTED, Permission, Role
from portal.casework.model import Upload
from portal.database import reading
from portal.desk.worklist import ROWS_ON_PAGE
from signing import store as signing_store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
HX = {"hx_request": "true"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def case(desk: Desk, name: str, rest: str = "") -> str:
    return f"/desk/cases/{desk.numbers[name]}{rest}"


def words_on(page: Response) -> str:
    return " ".join(html.fromstring(page.text).text_content().split())


def numbers_on(page: Response) -> list[str]:
    return [link.text_content() for link in html.fromstring(page.text).xpath("//a[@data-case-link]")]


def readings(desk: Desk, name: str) -> list[tuple[str, str]]:
    """Return who opened what of a case, as the journal has it."""
    with reading(desk.office.engine) as connection:
        entries = signing_store.read_entries(connection, desk.numbers[name])
    told = [json.loads(entry)["particulars"] for _, event, entry in entries if event == "declaration.read"]
    return [(each["officer"], each["part"]) for each in told]


# --- whose they are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["anna", "berik", "aigerim", "saule", "gulnar", "marat", "asel"])
def test_who_works_no_cases_has_no_desk(desk: Desk, key: str) -> None:
    with browsing_stored(desk.office, key) as browser:
        for path in ("/desk", case(desk, RED), case(desk, RED, "/do/detain"), case(desk, RED, "/act")):
            assert browser.get(path).status_code == 403


def test_the_cases_of_another_post_are_not_found(desk: Desk) -> None:
    desk.submit(request=desk.ask().sequence)
    file = desk.work.case(caseworking.person("nurlan"), desk.numbers[YELLOW]).statements[0].files[0].id
    with browsing_stored(desk.office, "kairat") as browser:
        assert numbers_on(browser.get("/desk?lane=all")) == []
        for rest in ("", "/do/release", "/downgrade", "/act", f"/files/{file}", "/notices/1", "/statements/1"):
            assert browser.get(case(desk, YELLOW, rest)).status_code == 404, rest
        assert browser.post(case(desk, YELLOW, "/claim"), {}).status_code == 404
        assert browser.post(case(desk, YELLOW, "/do/release"), {"expected": "SUBMITTED"}).status_code == 404
        assert browser.get(f"/desk/declarations/{desk.numbers[YELLOW]}").status_code == 404
    assert readings(desk, YELLOW) == []


def test_what_is_no_case_is_not_found(desk: Desk) -> None:
    with browsing_stored(desk.office, "nurlan") as browser:
        assert browser.get("/desk/cases/20201/241126/0009999").status_code == 404
        assert browser.get(case(desk, YELLOW, "/do/win-the-lottery")).status_code == 404
        assert browser.get(case(desk, YELLOW, "/do/submit")).status_code == 404  # of the declarant


def test_only_a_chief_assigns_and_decides(desk: Desk) -> None:
    assert {role for role in Role if Permission.LEAD_POST in GRANTED[role]} == {Role.CHIEF_OF_POST}
    with browsing_stored(desk.office, "nurlan") as browser:
        assert browser.post("/desk/assign", {"number": desk.numbers[YELLOW], "to": ""}).status_code == 403
        assert browser.get(case(desk, RED, "/proposals/1")).status_code == 403


# --- the list -------------------------------------------------------------------------------------------------------


def test_everybody_begins_with_the_own_lane(desk: Desk) -> None:
    found = {}
    for key in ("nurlan", "dana", "erlan"):
        with browsing_stored(desk.office, key) as browser:
            found[key] = set(numbers_on(browser.get("/desk")))
    assert desk.numbers[YELLOW] in found["nurlan"]
    assert desk.numbers[RED] not in found["nurlan"]
    assert found["dana"] == {desk.numbers[RED]}
    assert found["erlan"] == found["nurlan"] | found["dana"]
    assert desk.numbers[GREEN] not in found["erlan"]  # nothing to do


def test_the_list_is_narrowed_and_searched(desk: Desk) -> None:
    number = desk.numbers[YELLOW]
    with browsing_stored(desk.office, "erlan") as browser:
        assert numbers_on(browser.get(f"/desk?lane=all&search={number}")) == [number]
        assert len(numbers_on(browser.get("/desk?lane=all&search=Altyn"))) >= 2
        assert numbers_on(browser.get("/desk?lane=all&status=INSPECTION_ORDERED")) == [desk.numbers[RED]]
        assert numbers_on(browser.get("/desk?lane=all&assignee=me")) == []
        nothing = browser.get("/desk?search=<script>alert(1)</script>")
    assert "No open case fits" in words_on(nothing)
    assert "<script>alert" not in nothing.text


@pytest.mark.parametrize("query", ["lane=nonsense", "status=RELEASED", "after=-5", "overdue=true", "waiting=appeals"])
def test_what_is_not_understood_is_left_out(desk: Desk, query: str) -> None:
    with browsing_stored(desk.office, "erlan") as browser:
        assert browser.get(f"/desk?{query}").status_code == 200


def test_a_case_is_claimed_given_back_and_claimed_by_another(desk: Desk) -> None:
    with browsing_stored(desk.office, "nurlan") as browser:
        taken = browser.post(case(desk, YELLOW, "/claim"), {"back": "?lane=documents&search=x&evil=//host"})
        assert (taken.status_code, taken.headers["location"][:6]) == (303, "/desk?")
        assert numbers_on(browser.get("/desk?assignee=me")) == [desk.numbers[YELLOW]]
    with browsing_stored(desk.office, "dana") as browser:
        refused = browser.post(case(desk, YELLOW, "/claim"), {})
        assert refused.status_code == 409
        assert html.fromstring(refused.text).xpath("string(//*[@id='refused']//p)") != ""
    with browsing_stored(desk.office, "nurlan") as browser:
        assert browser.post(case(desk, YELLOW, "/claim"), {"release": "yes"}).status_code == 303
        assert numbers_on(browser.get("/desk?assignee=me")) == []


def test_a_chief_gives_marked_cases_to_an_officer_whose_load_is_shown(desk: Desk) -> None:
    with browsing_stored(desk.office, "erlan") as browser:
        to = PERSONS["nurlan"].iin
        assert browser.post("/desk/assign", {"number": desk.numbers[YELLOW], "to": to}).status_code == 303
        page = browser.get("/desk")
        assert "Nurlan Demo: 1 open case" in words_on(page)
        assert numbers_on(browser.get(f"/desk?assignee={to}")) == [desk.numbers[YELLOW]]
        back = browser.post("/desk/assign", {"number": desk.numbers[YELLOW], "to": "", "case": desk.numbers[YELLOW]})
        assert back.headers["location"] == case(desk, YELLOW)
        assert numbers_on(browser.get(f"/desk?assignee={to}")) == []


def test_a_long_list_is_paged_by_key_and_searched(desk: Desk) -> None:
    caseworking.multiply(desk, YELLOW, 3 * ROWS_ON_PAGE)
    with browsing_stored(desk.office, "nurlan") as browser:
        first = browser.get("/desk", **HX)
        later = html.fromstring(first.text).xpath("string(//a[@rel='next']/@href)")
        second = browser.get(later, **HX)
        assert len(numbers_on(first)) == len(numbers_on(second)) == ROWS_ON_PAGE
        assert not set(numbers_on(first)) & set(numbers_on(second))
        assert numbers_on(browser.get(f"/desk?search={desk.numbers[YELLOW]}", **HX)) == [desk.numbers[YELLOW]]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_list_speaks_three_languages(desk: Desk, language: str) -> None:
    told = {"kk": "Жұмыс тізімі", "ru": "Список дел", "en": "Worklist"}
    with browsing_stored(desk.office, "erlan", language) as browser:
        assert told[language] in words_on(browser.get("/desk"))


# --- a case ---------------------------------------------------------------------------------------------------------


def test_a_case_shows_every_indicator_with_expected_and_actual_values(desk: Desk) -> None:
    with browsing_stored(desk.office, "dana") as browser:
        page = browser.get(case(desk, RED))
    told = words_on(page)
    assert page.status_code == 200
    assessment = desk.work.case(caseworking.person("dana"), desk.numbers[RED]).assessment
    assert assessment is not None
    for finding in assessment.findings:
        assert finding.profile in told
        for evidence in finding.evidence:
            assert all(match.actual in told for match in evidence.matches)
    assert {"All signatures are valid", "Full inspection", "Start the inspection"} <= {
        each for each in ("All signatures are valid", "Full inspection", "Start the inspection") if each in told
    }


def test_an_opening_is_journalled_and_keeping_up_is_not(desk: Desk) -> None:
    dana = PERSONS["dana"].iin
    with browsing_stored(desk.office, "dana") as browser:
        assert browser.get(case(desk, RED)).status_code == 200
        for part in ("?part=head", "?part=history", "?first_item=1"):
            assert browser.get(case(desk, RED, part), **HX).status_code == 200
        assert readings(desk, RED) == [(dana, "case")]
        assert browser.get(case(desk, RED)).status_code == 200
    assert readings(desk, RED) == [(dana, "case"), (dana, "case")]


@pytest.mark.parametrize("part", ["?part=head", "?part=history", "?first_item=1"])
def test_a_part_of_a_case_that_was_not_opened_is_journalled(desk: Desk, part: str) -> None:
    with browsing_stored(desk.office, "dana") as browser:
        assert browser.get(case(desk, RED, part), **HX).status_code == 200
    assert readings(desk, RED) == [(PERSONS["dana"].iin, "case")]


def test_many_items_come_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = ("anna", declaration_xml(reference="MANY", items=554, preference=caseworking.PREFERENCE))
    monkeypatch.setitem(caseworking.DOCUMENTS, "many", many)
    desk = caseworking.desk(tmp_path, "many")
    with browsing_stored(desk.office, "erlan") as browser:
        first, last = browser.get(case(desk, "many")), browser.get(case(desk, "many", "?first_item=551"), **HX)
    assert "items 1 to 50 of 554" in words_on(first)
    assert "items 551 to 554 of 554" in words_on(last)


def test_the_same_goods_of_others_are_shown_with_their_price(desk: Desk) -> None:
    with browsing_stored(desk.office, "erlan") as browser:
        told = words_on(browser.get(case(desk, YELLOW)))
    assert "the same participant" in told
    assert desk.numbers[GREEN] in told


def test_submitted_files_cannot_run_in_the_page(desk: Desk) -> None:
    asked = desk.ask()
    desk.submit(request=asked.sequence, files=(Upload("Келісімшарт.pdf", caseworking.PDF), Upload("a.png", PNG)))
    files = desk.work.case(caseworking.person("nurlan"), desk.numbers[YELLOW]).statements[0].files
    with browsing_stored(desk.office, "nurlan") as browser:
        page = browser.get(case(desk, YELLOW))
        assert "Келісімшарт.pdf" in page.text
        for file in files:
            kept = browser.get(case(desk, YELLOW, f"/files/{file.id}"))
            shown = browser.get(case(desk, YELLOW, f"/files/{file.id}?show=true"))
            assert kept.headers["content-disposition"].startswith("attachment")
            assert shown.headers["content-disposition"].startswith("inline") is (file.media_type == "image/png")
            for answer in (kept, shown):
                assert answer.headers["content-type"].startswith(file.media_type)
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "sandbox" in answer.headers["content-security-policy"]
    assert (PERSONS["nurlan"].iin, "file") in readings(desk, YELLOW)


def test_a_case_tells_all_that_happened_with_notices_and_statements(desk: Desk) -> None:
    desk.inspect()
    desk.move(RED, "dana", Action.RELEASE)
    with browsing_stored(desk.office, "erlan") as browser:
        page = browser.get(case(desk, RED))
        files = html.fromstring(page.text).xpath("//section[@id='case-history']//a/@href")
        assert len([each for each in files if "/notices/" in each]) == 2
        assert [browser.get(each).status_code for each in files] == [200] * len(files)
    assert {"Inspection started", "Inspection act signed", "Confidential annex"} <= {
        each for each in ("Inspection started", "Inspection act signed", "Confidential annex") if each in words_on(page)
    }
    assert StatementKind.INSPECTION_ACT in {
        each.kind for each in desk.work.case(caseworking.person("erlan"), desk.numbers[RED]).statements
    }
