"""What officers do at the desk: every move of the table has a form, and every refusal is told in words."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import caseworking
import offices
import pki
import pytest
from browsing import Browser
from builders import declaration_xml
from caseworking import GREEN, RED, YELLOW, Desk, person
from cast import PERSONS
from evidencing import browsing_stored
from httpx import Response
from lxml import html

from declarations.lifecycle import MOVES, Action, Actor, StatementKind, Status
from portal import form_fields
from portal.database import reading
from portal.desk import forms
from portal.desk.words import ACTIONS, ACTORS, HAPPENED
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway.profiles import MeasureCode
from signing import store as signing_store

OFFICERS = {Actor.DOCUMENT_OFFICER, Actor.INSPECTOR, Actor.CHIEF}
REQUEST = {
    "expected": "DOCUMENTS_REQUESTED",
    "questions": "The contract\nThe invoice\n",
    "text": "The price is low",
    "limit": "2026-11-27",
    "hour": "18:00",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def case(desk: Desk, name: str, rest: str = "") -> str:
    return f"/desk/cases/{desk.numbers[name]}{rest}"


def do(browser: Browser, desk: Desk, name: str, action: str, fields: Mapping[str, str]) -> Response:
    return browser.post(case(desk, name, f"/do/{action}"), dict(fields))


def wrong_on(page: Response) -> list[str]:
    """Return the fields that the error summary leads to; each has its message beside it."""
    tree = html.fromstring(page.text)
    fields = [each.removeprefix("#") for each in tree.xpath("//*[contains(@class, 'error-summary__list')]//a/@href")]
    for field in fields:
        assert tree.xpath(f"//*[@id='{field}']"), field
        assert tree.xpath(f"//*[@id='{field}-error']"), field
    return fields


# --- the table ------------------------------------------------------------------------------------------------------


def test_every_move_of_an_officer_has_words_and_everything_that_happens_too() -> None:
    of_officers = {move.action for move in MOVES if OFFICERS & set(move.actors)}
    assert of_officers - {Action.DOWNGRADE} == set(ACTIONS)  # a milder lane takes two, and has pages of its own
    before_the_desk = {Action.REJECT, Action.ACCEPT, Action.DECIDE}
    assert {action.value for action in Action if action not in before_the_desk} <= set(HAPPENED)
    assert {actor.value for actor in Actor} == set(ACTORS)


@pytest.mark.parametrize("key", ["nurlan", "dana", "erlan"])
def test_a_case_offers_what_its_reader_may_do_and_each_form_opens(desk: Desk, key: str) -> None:
    for name in (YELLOW, RED, GREEN):
        offered = {move.action for move in desk.work.case(person(key), desk.numbers[name]).moves} & set(ACTIONS)
        with browsing_stored(desk.office, key) as browser:
            links = html.fromstring(browser.get(case(desk, name)).text).xpath("//header[@id='case-head']//a/@href")
            forms_of = [each for each in links if "/do/" in each or each.endswith("/act")]
            assert len(forms_of) == len(offered), name
            for link in forms_of:
                assert browser.get(link).status_code == 200, link


# --- a move ---------------------------------------------------------------------------------------------------------


def test_documents_are_requested(desk: Desk) -> None:
    with browsing_stored(desk.office, "nurlan") as browser:
        answer = do(browser, desk, YELLOW, "request-documents", REQUEST)
    assert (answer.status_code, answer.headers["location"]) == (303, case(desk, YELLOW))
    [asked] = desk.work.case(person("nurlan"), desk.numbers[YELLOW]).requests
    assert asked.questions == ("The contract", "The invoice")
    assert asked.limit.isoformat() == "2026-11-27T13:00:00+00:00"


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("questions", " \n ", "questions"),
        ("questions", "\n".join(map(str, range(21))), "questions"),
        ("text", "", "text"),
        ("text", "x" * 4001, "text"),
        ("limit", "", "limit"),
        ("limit", "2026-31-31", "limit"),
        ("limit", "2026-11-24", "limit"),
        ("items", "0", "items"),
    ],
)
def test_what_is_missing_is_told_beside_its_field_and_nothing_is_lost(
    desk: Desk, field: str, value: str, wrong: str
) -> None:
    given = {**REQUEST, "hour": "09:00", field: value}
    with browsing_stored(desk.office, "nurlan") as browser:
        answer = do(browser, desk, YELLOW, "request-documents", given)
    assert answer.status_code == 422
    if field != "items":  # of the only item nothing is asked
        assert wrong_on(answer) == [wrong]
    if field != "questions":
        assert "The contract" in answer.text
    assert desk.work.case(person("nurlan"), desk.numbers[YELLOW]).requests == ()


def test_a_reason_must_be_of_the_list(desk: Desk) -> None:
    given = {"expected": "DOCUMENTS_REQUESTED", "text": "No", "reason": "because"}
    with browsing_stored(desk.office, "nurlan") as browser:
        answer = do(browser, desk, YELLOW, "refuse-release", given)
    assert (answer.status_code, wrong_on(answer)) == (422, ["reason"])


def test_what_somebody_else_has_done_meanwhile_is_told(desk: Desk) -> None:
    with browsing_stored(desk.office, "nurlan") as browser:
        assert browser.get(case(desk, YELLOW, "/do/release")).status_code == 200
        desk.move(YELLOW, "erlan", Action.RELEASE)
        answer = do(browser, desk, YELLOW, "release", {"expected": "DOCUMENTS_REQUESTED"})
        assert answer.status_code == 409
        assert "The case has gone on" in answer.text
        assert "Erlan Demo" in answer.text
        again = browser.get(case(desk, YELLOW, "/do/release"))
        assert (again.status_code, again.headers["location"]) == (303, case(desk, YELLOW))


def test_a_status_that_went_on_between_reading_and_sending_is_told(desk: Desk) -> None:
    desk.move(YELLOW, "nurlan", Action.ASK, text="Why?", limit=caseworking.IN_TWO_DAYS)
    with browsing_stored(desk.office, "nurlan") as browser:
        answer = do(browser, desk, YELLOW, "release", {"expected": "DOCUMENTS_REQUESTED"})
    assert answer.status_code == 409
    assert desk.status(YELLOW) is Status.QUERY


def test_what_is_not_of_the_own_role_is_not_done(desk: Desk) -> None:
    with browsing_stored(desk.office, "nurlan") as browser:
        answer = do(browser, desk, RED, "start-inspection", {"expected": "INSPECTION_ORDERED"})
    assert answer.status_code == 409
    assert desk.status(RED) is Status.INSPECTION_ORDERED


def test_an_escalation_orders_extent_and_further_measures(desk: Desk) -> None:
    fields = {
        "expected": "DOCUMENTS_REQUESTED",
        "reason": "documents_contradict",
        "extent": "partial",
        "measures": MeasureCode.WEIGH.value,
        "text": "The invoice and the packing list differ",
    }
    with browsing_stored(desk.office, "nurlan") as browser:
        form = html.fromstring(browser.get(case(desk, YELLOW, "/do/order-inspection")).text)
        fields["reason"] = form.xpath("string((//input[@name='reason'])[1]/@value)")
        assert do(browser, desk, YELLOW, "order-inspection", fields).status_code == 303
    assert desk.status(YELLOW) is Status.INSPECTION_ORDERED


# --- a milder lane --------------------------------------------------------------------------------------------------


def propose(browser: Browser, desk: Desk) -> Response:
    form = html.fromstring(browser.get(case(desk, RED, "/downgrade")).text)
    fields = {
        "expected": "INSPECTION_ORDERED",
        "to": "DOCUMENTARY_CHECK",
        "reason": form.xpath("string((//input[@name='reason'])[1]/@value)"),
        "text": "Seen at the scanner",
    }
    return browser.post(case(desk, RED, "/downgrade"), fields)


def test_a_milder_lane_takes_two(desk: Desk) -> None:
    with browsing_stored(desk.office, "dana") as browser:
        assert propose(browser, desk).status_code == 303
    [proposal] = desk.work.case(person("erlan"), desk.numbers[RED]).proposals
    with browsing_stored(desk.office, "erlan") as browser:
        address = case(desk, RED, f"/proposals/{proposal.id}")
        assert "Seen at the scanner" in browser.get(address).text
        assert browser.post(address, {"decision": "decline"}).status_code == 422  # without reasons
        assert browser.post(address, {"decision": "approve"}).status_code == 303
        assert browser.post(address, {"decision": "approve"}).status_code == 422  # decided already
        assert browser.get(case(desk, RED, "/proposals/99")).status_code == 404
    assert desk.status(RED) is Status.DOCUMENTS_REQUESTED


def test_a_chief_cannot_approve_the_own_proposal(desk: Desk) -> None:
    with browsing_stored(desk.office, "erlan") as browser:
        assert propose(browser, desk).status_code == 303
        [proposal] = desk.work.case(person("erlan"), desk.numbers[RED]).proposals
        address = case(desk, RED, f"/proposals/{proposal.id}")
        assert "Approve" not in html.fromstring(browser.get(address).text).xpath("//form//button/text()")
        assert browser.post(address, {"decision": "approve"}).status_code == 422
    assert desk.status(RED) is Status.INSPECTION_ORDERED


def test_an_incomplete_proposal_is_told(desk: Desk) -> None:
    with browsing_stored(desk.office, "dana") as browser:
        answer = browser.post(case(desk, RED, "/downgrade"), {"expected": "INSPECTION_ORDERED", "to": "NONE"})
    assert (answer.status_code, wrong_on(answer)) == (422, ["to", "reason", "text"])


# --- an inspection act ----------------------------------------------------------------------------------------------


def act_fields(desk: Desk, **changes: str) -> dict[str, str]:
    assessment = desk.work.case(person("dana"), desk.numbers[RED]).assessment
    assert assessment is not None
    results = {f"result-{each.profile}": "nothing" for each in assessment.findings if each.selected}
    usual = {"expected": "IN_PROGRESS", "extent": "full", "place": "Warehouse 4", "measured": "Weighed"}
    return {**usual, **results, "item-1": "As declared", **changes}


def send(
    browser: Browser, address: str, fields: dict[str, str], *files: tuple[str, bytes], name: str = "files"
) -> Response:
    browser.get("/")
    form = {**fields, "_csrf_token": browser.client.cookies["shekara_csrf"]}
    parts = [(name, (of, content, "application/octet-stream")) for of, content in files] or [("nothing", ("", b""))]
    return browser.client.post(address, data=form, files=parts, follow_redirects=False)


def test_an_act_is_written_signed_with_the_own_key_and_closes_the_inspection(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    fields = act_fields(desk, **{"item-1-found": "yes", "motive": "false_origin", "amount": "125 000,50"})
    first = next(name for name in fields if name.startswith("result-"))
    with browsing_stored(desk.office, "dana") as browser:
        prepared = send(browser, case(desk, RED, "/act"), {**fields, first: "found"}, ("act.pdf", caseworking.PDF))
        assert prepared.status_code == 303, prepared.text
        there = prepared.headers["location"]
        assert browser.get(there).status_code == 200
        document = browser.get(f"{there}/document").content
        for key, status in (("nurlan", 422), ("dana", 303)):
            signed = pki.sign_as(key, document, offices.NOW)
            assert send(browser, there, {}, ("act.xml", signed), name="signed").status_code == status
        assert send(browser, there, {}, ("act.xml", signed), name="signed").status_code in (404, 422)
    assert desk.status(RED) is Status.ACT_SIGNED
    [act] = desk.work.case(person("dana"), desk.numbers[RED]).statements
    assert (act.kind, act.by_iin) == (StatementKind.INSPECTION_ACT, PERSONS["dana"].iin)
    assert [file.name for file in act.files] == ["act.pdf"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"place": ""}, "place"),
        ({"measured": ""}, "measured"),
        ({"extent": "all"}, "extent"),
        ({"item-1": "", "item-1-found": "yes", "motive": "concealment"}, "item-1"),
        ({"item-1-found": "yes"}, "motive"),
        ({"motive": "concealment"}, "motive"),
        ({"amount": "a lot"}, "amount"),
    ],
)
def test_an_incomplete_act_is_told(desk: Desk, changes: dict[str, str], wrong: str) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    with browsing_stored(desk.office, "dana") as browser:
        answer = send(browser, case(desk, RED, "/act"), act_fields(desk, **changes))
    assert answer.status_code == 422
    assert wrong in wrong_on(answer)


def test_a_file_that_is_no_document_is_refused(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    with browsing_stored(desk.office, "dana") as browser:
        answer = send(browser, case(desk, RED, "/act"), act_fields(desk), ("photo.jpg", b"MZ\x90\x00"))
    assert (answer.status_code, wrong_on(answer)) == (422, ["files"])


def test_only_an_inspector_writes_acts(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    for key in ("nurlan", "erlan"):
        with browsing_stored(desk.office, key) as browser:
            assert browser.get(case(desk, RED, "/act")).status_code == 403
            assert send(browser, case(desk, RED, "/act"), act_fields(desk)).status_code == 403


def test_a_prepared_act_is_for_whoever_prepared_it_and_for_its_case(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    with browsing_stored(desk.office, "dana") as browser:
        there = send(browser, case(desk, RED, "/act"), act_fields(desk)).headers["location"]
        elsewhere = there.replace(desk.numbers[RED], desk.numbers[YELLOW])
        assert browser.get(f"{elsewhere}/document").status_code == 404
        assert browser.get(case(desk, RED, "/act/nonsense")).status_code == 404
    with browsing_stored(desk.office, "kairat") as browser:
        assert browser.get(there).status_code == 404


# --- what is typed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", (1,)),
        ("1, 3-5", (1, 3, 4, 5)),
        ("5;1 – 2", (1, 2, 5)),
        ("3-1", None),
        ("0", None),
        ("11", None),
        ("1-", None),
        ("a", None),
        ("", None),
    ],
)
def test_item_numbers_are_read_as_people_write_them(text: str, numbers: tuple[int, ...] | None) -> None:
    assert forms.numbers_of(text, 10) == numbers


@pytest.mark.parametrize(
    ("text", "tenge"),
    [
        ("125 000,50", "125000.50"),
        ("125\N{NO-BREAK SPACE}000.5 ₸", "125000.50"),
        ("7", "7"),
        ("1.005", None),
        ("-1", None),
        ("NaN", None),
        ("1e30", None),
        ("1,000,000", None),
    ],
)
def test_a_sum_is_read_in_every_language(text: str, tenge: str | None) -> None:
    assert form_fields.tiyn_of(text, forms.AMOUNT_MOST) == (None if tenge is None else int(Decimal(tenge) * 100))


# --- a correction ---------------------------------------------------------------------------------------------------


def correct(desk: Desk) -> None:
    later = desk.clock.at
    corrected = declaration_xml(
        reference="PREFERENCE",
        function="4",
        registration_number=desk.numbers[YELLOW],
        issued_at=later.astimezone(offices.KAZAKHSTAN_TIME).isoformat(),
        preference=caseworking.PREFERENCE,
        description="Lamps of another kind",
    )
    lodge(Lodged(pki.sign_as("anna", corrected, later), later), desk.office)


def test_an_officer_reads_what_each_version_changed_and_has_it_as_signed(desk: Desk) -> None:
    correct(desk)
    with browsing_stored(desk.office, "nurlan") as browser:
        assert "Versions and what changed" in browser.get(case(desk, YELLOW)).text
        page = browser.get(case(desk, YELLOW, "/versions")).text
        assert "Lamps of another kind" in page
        first, second = (browser.get(case(desk, YELLOW, f"/versions/{number}")).content for number in (1, 2))
        assert b"Lamps of another kind" in second
        assert b"Lamps of another kind" not in first
        assert [browser.get(case(desk, YELLOW, f"/versions/{wrong}")).status_code for wrong in (0, 3, 10**30)] == [
            404
        ] * 3
    with browsing_stored(desk.office, "kairat") as elsewhere:  # of another post
        assert elsewhere.get(case(desk, YELLOW, "/versions")).status_code == 404
        assert elsewhere.get(case(desk, YELLOW, "/versions/1")).status_code == 404
    with reading(desk.office.engine) as connection:
        read = [
            entry
            for _, event, entry in signing_store.read_entries(connection, desk.numbers[YELLOW])
            if event == "declaration.read"
        ]
    assert sum(b'"part":"declaration"' in entry for entry in read) == 3


def test_a_correction_is_decided_on_beside_what_it_changes(desk: Desk) -> None:
    desk.submit(request=desk.ask().sequence)
    correct(desk)
    assert desk.status(YELLOW) is Status.AMENDMENT_REQUESTED
    with browsing_stored(desk.office, "nurlan") as browser:
        page = browser.get(case(desk, YELLOW, "/do/deny-amendment"))
        assert "Lamps of another kind" in page.text
        assert browser.get(case(desk, YELLOW, "/correction")).content.startswith(b"<")
        reason = html.fromstring(page.text).xpath("string((//input[@name='reason'])[1]/@value)")
        fields = {"expected": "AMENDMENT_REQUESTED", "reason": reason, "text": "Not proven"}
        assert do(browser, desk, YELLOW, "deny-amendment", fields).status_code == 303
        assert browser.get(case(desk, YELLOW, "/correction")).status_code == 404
    assert desk.status(YELLOW) is Status.SUBMITTED
