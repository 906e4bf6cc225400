"""The analyst's pages: who may do what, that approval takes two, and that the next lodgement meets the profile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import offices
import pki
import pytest
from browsing import Browser
from builders import declaration_xml
from cast import ANALYSTS, PERSONS
from evidencing import browsing_stored
from profile_fields import SOUND

from portal import profile_desk
from portal.access import Role
from portal.analyst import backtests, store
from portal.analyst.backtests import Job
from portal.analyst.needs import Kind, Needs
from portal.analyst.steering import Steering
from portal.analyst.store import State
from portal.analyst.watching import Watching
from portal.database import reading, writing
from portal.errors import NotFound
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.views import SignedIn
from risk_gateway import canonical, desk_store
from risk_gateway.analyst_store import put_analyst
from risk_gateway.desk import Analyst, Move, Status
from risk_gateway.errors import MoveRefused
from risk_gateway.simulation import Sums
from risk_gateway.simulation_report import report

SAULE, TIMUR = (analyst.iin for analyst in ANALYSTS)
PROFILE = "/risk/profiles/IM-90"
ANYTHING = {**SOUND, "valid_from": "2026-11-24", "valid_to": "2027-11-01"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def saule(office: Office) -> Iterator[Browser]:
    with browsing_stored(office, "saule") as browser:
        yield browser


@pytest.fixture
def timur(office: Office) -> Iterator[Browser]:
    with browsing_stored(office, "timur") as browser:
        yield browser


def signed_in(key: str) -> SignedIn:
    return SignedIn(iin=PERSONS[key].iin, name=PERSONS[key].name, role=Role.RISK_ANALYST)


def drafted(browser: Browser, **changes: str) -> None:
    answer = browser.post("/risk/profiles/new", {**ANYTHING, **changes, "save": "check"})
    assert answer.status_code == 303, answer.text


def tried(office: Office, code: str = "IM-90", version: int = 1) -> None:
    """Keep a back-test of a new office, which has no case."""
    now = office.clock.now()
    with writing(office.engine) as connection:
        profile = desk_store.read_standing(connection, code, version).profile
        made = report(profile, now.date(), now.date(), Sums())
        profile_desk.attach_report(connection, code, version, canonical.dumps(made), SAULE, now)


def status_of(office: Office, code: str = "IM-90", version: int = 1) -> Status:
    with reading(office.engine) as connection:
        return desk_store.read_standing(connection, code, version).status


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["anna", "dana", "erlan", "marat", "asel", "gulnar"])
@pytest.mark.parametrize("address", ["/risk", "/risk/profiles", "/risk/profiles/IM-16", "/risk/random", "/risk/models"])
def test_only_analysts_see_profiles(office: Office, person: str, address: str) -> None:
    with browsing_stored(office, person) as browser:
        answer = browser.get(address)
    assert answer.status_code == 403
    assert "Unit value below" not in answer.text


def test_a_regional_analyst_sees_the_republic_and_the_own_posts_only(office: Office) -> None:
    with writing(office.engine) as connection:
        put_analyst(connection, Analyst(SAULE, "Saule", frozenset({"20201"})))
    steering = Steering(office)
    codes = {line.profile.code for line in steering.lines(signed_in("saule"))}
    assert "IM-16" in codes
    assert "IM-R30301-1" not in codes
    with pytest.raises(NotFound):
        steering.open(signed_in("saule"), "IM-R30301-1")
    with pytest.raises(NotFound):
        steering.take(signed_in("saule"), "IM-R30301-1", 1, Move.SUSPEND, "not hers")
    with pytest.raises(MoveRefused):
        steering.take(signed_in("saule"), "IM-16", 1, Move.SUSPEND, "of the republic")
    assert [code for code, _ in steering.offices(signed_in("saule"), "en")] == ["20201"]


@pytest.mark.parametrize(
    "address",
    ["/risk/profiles/NO-SUCH", "/risk/profiles/IM-16?version=9", "/risk/profiles/IM-16/1/explode", f"{PROFILE}/edit"],
)
def test_what_is_not_there_is_not_found(saule: Browser, address: str) -> None:
    assert saule.get(address).status_code == 404


# --- the form -------------------------------------------------------------------------------------------------------


def test_a_wrong_form_comes_back_with_everything_in_it(saule: Browser, office: Office) -> None:
    answer = saule.post("/risk/profiles/new", {**ANYTHING, "c.1.value": "94x", "save": "check"})
    assert answer.status_code == 422
    assert 'href="#f-c-1-value"' in answer.text
    assert 'id="f-c-1-value-error"' in answer.text
    assert 'value="94x"' in answer.text
    assert 'value="chairs"' in answer.text
    assert saule.get(PROFILE).status_code == 404


def test_an_unfinished_form_is_kept_and_does_not_judge(saule: Browser, office: Office) -> None:
    unfinished = {**ANYTHING, "declarant_text.kk": "", "family": "", "save": "unfinished"}
    assert saule.post("/risk/profiles/new", unfinished).status_code == 303
    assert status_of(office) is Status.DRAFT
    answer = saule.post(f"{PROFILE}/1/check", {})
    assert answer.status_code == 422
    assert "the text is empty" in answer.text.lower()


def test_a_row_is_added_without_anything_being_kept(saule: Browser) -> None:
    answer = saule.post("/risk/profiles/new", {**ANYTHING, "add": "c:row"})
    assert 'name="c.2.fact"' in answer.text
    assert 'value="chairs"' in answer.text
    assert saule.get(PROFILE).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("kk", "прайс-парақпен"), ("ru", "прайс-листом"), ("en", "the price list and the export declaration")],
)
def test_what_an_officer_is_to_do_is_in_the_language_of_its_reader(office: Office, language: str, words: str) -> None:
    with browsing_stored(office, "saule", language) as browser:
        assert words in browser.get("/risk/profiles/IM-16").text


@pytest.mark.parametrize(("language", "words"), [("kk", "тауар коды"), ("ru", "код товара"), ("en", "commodity code")])
def test_the_preview_speaks_the_language_of_its_reader(office: Office, language: str, words: str) -> None:
    with browsing_stored(office, "saule", language) as browser:
        answer = browser.post("/risk/profiles/preview", ANYTHING, HX_Request="true")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert words in answer.text


def test_a_file_goes_out_and_comes_in_again(saule: Browser) -> None:
    content = saule.get("/risk/profiles/IM-16/1/file").content
    saule.get("/risk/profiles/import")
    form = {"_csrf_token": saule.client.cookies["shekara_csrf"]}
    answer = saule.client.post("/risk/profiles/import", data=form, files={"file": ("p.toml", content)})
    assert answer.status_code == 200
    assert 'value="IM-16"' in answer.text
    for broken in (b"", b"\xff", b"[[profile]]\ncode = 1", content + content):
        answer = saule.client.post("/risk/profiles/import", data=form, files={"file": ("p.toml", broken)})
        assert answer.status_code == 422


# --- the life of a profile ------------------------------------------------------------------------------------------


def test_the_next_lodgement_meets_what_a_colleague_approved(office: Office, saule: Browser, timur: Browser) -> None:
    office.recorder.start()
    drafted(saule, **{"kind": "direct", "weight": "0", "c.1.value": "8539", "m.1.code": "INSPECT_FULL"})
    assert status_of(office) is Status.VALIDATED
    assert saule.post(f"{PROFILE}/1/submit", {"reason": "too early"}).status_code == 422
    tried(office)
    assert saule.post(f"{PROFILE}/1/submit", {"reason": "Chairs hide things"}).status_code == 303
    refused = saule.post(f"{PROFILE}/1/approve", {})
    assert refused.status_code == 422
    assert "you cannot approve it" in saule.get(f"{PROFILE}/1/approve").text
    shown = timur.get(f"{PROFILE}/1/approve").text
    assert "Chairs hide things" in shown
    assert "There is no case" not in shown
    before = lodged(office, "BEFORE")
    assert timur.post(f"{PROFILE}/1/approve", {}).status_code == 303
    after = lodged(office, "AFTER")
    office.recorder.stop()
    assert (before, after) == ("SIMPLIFIED_RELEASE", "DOCUMENTARY_CHECK")


def lodged(office: Office, reference: str) -> str:
    signed = pki.sign_as("anna", declaration_xml(reference=reference))
    return lodge(Lodged(signed, office.clock.now(), None), office).decision.outcome


@pytest.mark.parametrize(("step", "status"), [("suspend", Status.SUSPENDED), ("end", Status.EXPIRED)])
def test_a_profile_is_stopped_with_a_reason_only(office: Office, timur: Browser, step: str, status: Status) -> None:
    answer = timur.post(f"/risk/profiles/IM-16/1/{step}", {"reason": "  "})
    assert answer.status_code == 422
    assert 'id="f-reason-error"' in answer.text
    assert status_of(office, "IM-16") is Status.APPROVED
    assert timur.post(f"/risk/profiles/IM-16/1/{step}", {"reason": "Worn out"}).status_code == 303
    assert status_of(office, "IM-16") is status


def test_what_was_declined_says_why(office: Office, saule: Browser, timur: Browser) -> None:
    drafted(saule)
    tried(office)
    saule.post(f"{PROFILE}/1/submit", {"reason": ""})
    assert timur.post(f"{PROFILE}/1/decline", {"reason": "Say which chairs"}).status_code == 303
    text = saule.get(PROFILE).text
    assert "Say which chairs" in text
    assert "Returned to its author" in text


# --- back-tests -----------------------------------------------------------------------------------------------------


@pytest.fixture
def inline(office: Office) -> Callable[[Job], None]:
    return lambda job: backtests.run(job, office.clock)


def test_a_back_test_keeps_its_report_with_the_profile(office: Office, saule: Browser, inline) -> None:
    drafted(saule)
    Steering(office, inline).back_test(signed_in("saule"), "IM-90", 1, None, None)
    assert status_of(office) is Status.BACK_TESTED
    opened = Steering(office).open(signed_in("timur"), "IM-90")
    assert opened.run is not None
    assert opened.run.state is State.DONE
    assert opened.report is not None
    assert opened.report.cases == 0
    assert [words.en for words in opened.cautions]


def test_a_back_test_that_is_running_is_shown_and_not_begun_twice(office: Office, saule: Browser) -> None:
    drafted(saule)
    begun: list[Job] = []
    steering = Steering(office, begun.append)
    for _ in range(2):
        steering.back_test(signed_in("saule"), "IM-90", 1, None, None)
    assert len(begun) == 1
    page = saule.get(f"{PROFILE}/1/back-test").text
    assert "<progress" in page
    assert "Start the trial" not in page
    office.clock.at += backtests.SILENT_MOST * 2
    page = saule.get(f"{PROFILE}/1/back-test").text
    assert "has stopped before its end" in page
    assert "Start the trial" in page


def test_a_back_test_that_is_refused_says_why(office: Office, saule: Browser, inline) -> None:
    drafted(saule)
    held: list[Job] = []
    Steering(office, held.append).back_test(signed_in("saule"), "IM-90", 1, None, None)
    tried(office)
    Steering(office).take(signed_in("saule"), "IM-90", 1, Move.SUBMIT, "quick")
    backtests.run(held[0], office.clock)
    with reading(office.engine) as connection:
        run = store.find(connection, "IM-90", 1)
    assert run is not None
    assert run.state is State.FAILED
    assert run.trouble is not None
    assert "does not apply" in run.trouble.en


@pytest.mark.parametrize("days", [{"first": "soon"}, {"first": "2026-11-02", "last": "2026-11-01"}])
def test_wrong_days_are_told_beside_their_field(saule: Browser, days: dict[str, str]) -> None:
    drafted(saule)
    answer = saule.post(f"{PROFILE}/1/back-test", days)
    assert answer.status_code == 422
    assert 'id="f-first-error"' in answer.text


# --- what is watched ------------------------------------------------------------------------------------------------


def test_what_waits_and_what_alarms_is_told(office: Office, saule: Browser) -> None:
    drafted(saule)
    tried(office)
    steering = Steering(office)
    needs = Needs(steering, Watching(office, steering))
    assert [need.kind for need in needs.of(signed_in("saule"))] == [Kind.UNFINISHED]
    saule.post(f"{PROFILE}/1/submit", {"reason": ""})
    assert [need.kind for need in needs.of(signed_in("timur"))] == [Kind.APPROVE]
    assert needs.of(signed_in("saule")) == []
    with writing(office.engine) as connection:
        connection.exec_driver_sql("UPDATE risk_profile SET approver = author WHERE code = 'IM-16'")
    (alarm,) = needs.of(signed_in("saule"))
    assert alarm.kind is Kind.NOT_JUDGING
    assert alarm.line is not None
    assert alarm.line.profile.code == "IM-16"
    assert "A profile in force does not judge" in saule.get("/risk").text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"post": "20201", "inspections": "many"}, "inspections"),
        ({"post": "20201", "inspections": "5", "begins": "2020-01-01"}, "begins"),
        ({"post": "99999", "inspections": "5"}, "post"),
    ],
)
def test_a_wrong_capacity_is_told_beside_its_field(saule: Browser, fields: dict[str, str], field: str) -> None:
    answer = saule.post("/risk/capacity", fields)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text


def test_a_capacity_is_in_force_at_once(saule: Browser, office: Office) -> None:
    revision = office.snapshot.revision
    assert saule.post("/risk/capacity", {"post": "20201", "inspections": "5"}).status_code == 303
    office.refresh()
    assert office.snapshot.revision > revision


@pytest.mark.parametrize("address", ["/risk", "/risk/random", "/risk/capacity", "/risk/models", "/risk/profiles"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_new_office_has_every_page(office: Office, address: str, language: str) -> None:
    with browsing_stored(office, "saule", language) as browser:
        assert browser.get(address).status_code == 200


def test_the_list_is_searched_and_paged(saule: Browser) -> None:
    found = saule.get("/risk/profiles?search=оружие").text
    assert "IM-01" in found
    assert "IM-16" not in found
    assert "IM-16" not in saule.get("/risk/profiles?block=exports").text
    assert "No profile fits" in saule.get("/risk/profiles?search=nothing+of+this").text
    assert "IM-01" not in saule.get("/risk/profiles?after=IM-16").text
