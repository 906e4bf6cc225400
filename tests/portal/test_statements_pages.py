"""What a declarant does with a lodged declaration on its pages: answer, correct, withdraw, appeal, all signed."""

from datetime import timedelta

import caseworking
import offices
import pki
import pytest
from browsing import CSRF_COOKIE
from builders import declaration_xml
from caseworking import GREEN, PDF, RED, YELLOW
from cast import PARTICIPANTS
from evidencing import browsing_stored

from declarations import store as declarations_store
from declarations.lifecycle import Action
from portal import amending
from portal.casework import reasons
from portal.database import writing

LATER = timedelta(minutes=30)
PAGES = ("", "/now", "/versions", "/amend", "/state/answer", "/state/withdrawal", "/state/appeal")


@pytest.fixture
def desk(tmp_path):
    made = caseworking.desk(tmp_path)
    made.office.recorder.start()
    yield made
    made.office.recorder.stop()


def address(desk, name, rest=""):
    return f"/declarations/{desk.numbers[name]}{rest}"


def post(browser, where, fields=None, files=()):
    """Send a form with files, as a browser does."""
    browser.get("/")
    data = {**(fields or {}), "_csrf_token": browser.client.cookies[CSRF_COOKIE]}
    parts = [(name, (filename, content)) for name, filename, content in files] or [("files", ("", b""))]
    return browser.client.post(where, data=data, files=parts, follow_redirects=False)


def state(browser, desk, name, what, text="Because", files=(), **fields):
    """Write a statement and sign it; return the answer of the last step."""
    prepared = post(browser, address(desk, name, f"/state/{what}"), {"text": text, **fields}, files)
    assert prepared.status_code == 303, prepared.text
    where = prepared.headers["location"]
    unsigned = browser.get(f"{where}/document").content
    return post(browser, where, files=[("signed", "signed.xml", pki.sign_as("anna", unsigned, desk.clock.at))])


def correction(desk, name, reference, items=1, **changes):
    desk.clock.at += LATER
    issued = desk.clock.at.astimezone(offices.KAZAKHSTAN_TIME).isoformat()
    given = {"function": "4", "registration_number": desk.numbers[name], "issued_at": issued, **changes}
    return pki.sign_as("anna", declaration_xml(items, reference=reference, **given), desk.clock.at)


# --- whose it is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", PAGES)
def test_another_declarant_finds_nothing(desk, rest):
    with browsing_stored(desk.office, "yerkin") as browser:
        assert browser.get(address(desk, YELLOW, rest)).status_code == 404


@pytest.mark.parametrize("rest", PAGES)
def test_a_broker_whose_power_ended_yesterday_finds_nothing(desk, rest):
    with browsing_stored(desk.office, "berik") as browser:
        assert browser.get(address(desk, YELLOW, rest)).status_code in (200, 303)
        ended = offices.power("altyn", "zhibek", valid_to=desk.clock.at.date() - timedelta(days=1))
        with writing(desk.office.engine) as connection:
            declarations_store.put_power(connection, ended)
            declarations_store.bump_revision(connection)

        assert browser.get(address(desk, YELLOW, rest)).status_code == 404
        assert post(browser, address(desk, YELLOW, "/state/withdrawal"), {"text": "x"}).status_code == 404
        assert post(browser, address(desk, YELLOW, "/amend"), {"version": "1"}).status_code == 404


def test_what_one_prepared_is_not_there_for_another(desk):
    desk.ask()
    with browsing_stored(desk.office, "anna") as browser:
        where = post(browser, address(desk, YELLOW, "/state/answer"), {"text": "Here"}).headers["location"]
    with browsing_stored(desk.office, "berik") as browser:
        assert browser.get(where).status_code == 404
        assert browser.get(f"{where}/document").status_code == 404


def test_officials_have_no_part_in_it(desk):
    with browsing_stored(desk.office, "nurlan") as browser:
        assert browser.get(address(desk, YELLOW, "/amend")).status_code in (403, 404)


# --- answers --------------------------------------------------------------------------------------------------------


def test_a_request_is_shown_and_answered_with_signed_files(desk):
    desk.ask()
    with browsing_stored(desk.office, "anna") as browser:
        page = browser.get(address(desk, YELLOW)).text
        assert "Customs asked for documents" in page
        assert "The contract" in page
        answered = state(browser, desk, YELLOW, "answer", files=[("files", "contract.pdf", PDF)])
        after = browser.get(address(desk, YELLOW)).text

    assert (answered.status_code, answered.headers["location"]) == (303, address(desk, YELLOW))
    assert desk.status(YELLOW).value == "SUBMITTED"
    assert "You answered" in after
    assert "contract.pdf" in after


def test_an_empty_answer_is_refused_beside_its_field(desk):
    desk.ask()
    with browsing_stored(desk.office, "anna") as browser:
        answer = post(browser, address(desk, YELLOW, "/state/answer"), {"text": " "})

    assert answer.status_code == 422
    assert 'id="text-error"' in answer.text


def test_a_program_is_no_document(desk):
    desk.ask()
    with browsing_stored(desk.office, "anna") as browser:
        files = [("files", "contract.pdf", b"MZ\x90\x00 program")]
        answer = post(browser, address(desk, YELLOW, "/state/answer"), {"text": "Here"}, files)

    assert answer.status_code == 422
    assert 'id="files-error"' in answer.text


def test_what_somebody_else_signed_is_refused(desk):
    desk.ask()
    with browsing_stored(desk.office, "anna") as browser:
        where = post(browser, address(desk, YELLOW, "/state/answer"), {"text": "Here"}).headers["location"]
        unsigned = browser.get(f"{where}/document").content
        signed = pki.sign_as("yerkin", unsigned, desk.clock.at)
        answer = post(browser, where, files=[("signed", "signed.xml", signed)])

    assert answer.status_code == 422
    assert desk.status(YELLOW).value == "DOCUMENTS_REQUESTED"


@pytest.mark.parametrize(
    ("name", "what", "status"),
    [(YELLOW, "withdrawal", "WITHDRAWN"), (YELLOW, "appeal", "DOCUMENTS_REQUESTED"), (RED, "appeal", None)],
)
def test_it_is_withdrawn_or_contested_in_a_signed_statement(desk, name, what, status):
    before = desk.status(name).value
    with browsing_stored(desk.office, "anna") as browser:
        answer = state(browser, desk, name, what)
        page = browser.get(address(desk, name)).text

    assert answer.status_code == 303
    assert desk.status(name).value == (status or before)
    assert {"withdrawal": "You withdrew the declaration", "appeal": "You appealed"}[what] in page


def test_what_is_not_possible_leads_back_to_the_declaration(desk):
    with browsing_stored(desk.office, "anna") as browser:
        answer = browser.get(address(desk, GREEN, "/state/withdrawal"))

    assert (answer.status_code, answer.headers["location"]) == (303, address(desk, GREEN))


# --- corrections ----------------------------------------------------------------------------------------------------


def test_a_correction_is_sent_and_what_changed_is_shown(desk):
    data = correction(desk, YELLOW, "PREFERENCE", preference=caseworking.PREFERENCE, packages=77)
    with browsing_stored(desk.office, "anna") as browser:
        assert "entered at once" in browser.get(address(desk, YELLOW, "/amend")).text
        answer = post(browser, address(desk, YELLOW, "/amend"), {"version": "1"}, [("signed", "c.xml", data)])
        page = browser.get(address(desk, YELLOW)).text
        versions = browser.get(address(desk, YELLOW, "/versions")).text
        old = browser.get(address(desk, YELLOW, "?version=1")).text

    assert (answer.status_code, answer.headers["location"]) == (303, address(desk, YELLOW))
    assert "Your correction was entered" in page
    assert "77" in versions
    assert "This is version 1. It was replaced: version 2 is in force." in old


def test_a_correction_of_a_version_that_is_not_the_newest_any_more_is_refused(desk):
    given = {"preference": caseworking.PREFERENCE}
    first = correction(desk, YELLOW, "PREFERENCE", packages=77, **given)
    second = correction(desk, YELLOW, "PREFERENCE", packages=78, **given)
    with browsing_stored(desk.office, "anna") as browser:
        post(browser, address(desk, YELLOW, "/amend"), {"version": "1"}, [("signed", "c.xml", first)])
        answer = post(browser, address(desk, YELLOW, "/amend"), {"version": "1"}, [("signed", "c.xml", second)])

    assert answer.status_code == 422
    assert "was registered meanwhile" in answer.text


def test_a_correction_with_defects_lists_them(desk):
    data = correction(desk, YELLOW, "PREFERENCE", currency="USD", rate="1.00")
    with browsing_stored(desk.office, "anna") as browser:
        answer = post(browser, address(desk, YELLOW, "/amend"), {"version": "1"}, [("signed", "c.xml", data)])

    assert answer.status_code == 422
    assert "Box 23" in answer.text


def test_after_release_the_page_says_that_an_officer_decides_and_then_why_he_did_not(desk):
    data = correction(desk, GREEN, "LAMPS", 2, packages=77)
    with browsing_stored(desk.office, "anna") as browser:
        post(browser, address(desk, GREEN, "/amend"), {"version": "1"}, [("signed", "c.xml", data)])
        waiting = browser.get(address(desk, GREEN)).text
        mover = desk.work.mover(caseworking.person("nurlan"))
        reason = reasons.of(Action.DENY_AMENDMENT)[0]
        amending.deny(desk.office, desk.numbers[GREEN], mover, reason, "The invoice says 2 lamps.")
        page = browser.get(address(desk, GREEN)).text

    assert "Your correction waits for an officer" in waiting
    assert "Customs did not permit your correction" in page
    assert "The invoice says 2 lamps." in page


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_nothing_confidential_is_told(desk, language):
    desk.ask()
    with browsing_stored(desk.office, "anna", language) as browser:
        for rest in PAGES:
            page = browser.get(address(desk, YELLOW, rest)).text
            for secret in ("IM-", "POST_AUDIT", PARTICIPANTS["qorgan"].identifier, "Nurlan"):
                assert secret not in page
