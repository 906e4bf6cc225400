"""Signing in, staying signed in, signing out; and what is refused on the way."""

from datetime import timedelta

import pytest
from browsing import CSRF_COOKIE, SESSION_COOKIE, browsing
from cast import PERSONS
from msgspec import structs

from portal.accounts.places import local_address
from portal.accounts.sessions import IDLE, LIFETIME


def test_anna_signs_in_and_sees_her_name_and_firm() -> None:
    with browsing("anna") as browser:
        page = browser.get("/declarations").text
    assert "Anna Demo" in page
    assert "Altyn Dala Trade LLP" in page


def test_the_cookie_is_for_this_site_and_not_for_scripts() -> None:
    with browsing() as browser:
        cookie = browser.post("/demo/sign-in", {"person": "anna"}).headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


def test_only_the_digest_of_the_secret_is_stored() -> None:
    with browsing("anna") as browser:
        assert browser.secret is not None
        assert browser.secret not in browser.world.sessions.kept
        assert len(browser.world.sessions.kept) == 1


def test_a_second_sign_in_has_a_new_secret_and_ends_the_first_session() -> None:
    with browsing("anna") as browser:
        first = browser.secret
        browser.sign_in("berik")
        assert browser.secret != first
        assert [session.person.name for session in browser.world.sessions.kept.values()] == ["Berik Demo"]


def test_a_secret_that_a_stranger_planted_is_not_taken_over() -> None:
    with browsing() as browser:
        browser.client.cookies.set(SESSION_COOKIE, "planted", domain="testserver.local")
        browser.client.cookies.set("shekara_language", "en")
        browser.sign_in("anna")
        assert "planted" not in {cookie.value for cookie in browser.client.cookies.jar if cookie.name == SESSION_COOKIE}


def test_a_session_ends_when_nothing_was_asked_for_half_an_hour() -> None:
    with browsing("anna") as browser:
        browser.world.clock.moment += IDLE
        assert browser.get("/declarations").status_code == 200
        browser.world.clock.moment += IDLE + timedelta(seconds=1)
        assert browser.get("/declarations").status_code == 303
        assert browser.world.sessions.kept == {}


def test_a_session_ends_after_a_working_day_even_when_used() -> None:
    with browsing("anna") as browser:
        for _ in range(int(LIFETIME / IDLE)):
            browser.world.clock.moment += IDLE
            assert browser.get("/declarations").status_code == 200
        browser.world.clock.moment += timedelta(minutes=1)
        assert browser.get("/declarations").status_code == 303


def test_whose_record_has_ended_is_out_at_the_next_request() -> None:
    with browsing("dana") as browser:
        assert browser.get("/capacity").status_code == 200
        dana = PERSONS["dana"].iin
        browser.world.people.recorded = [each for each in browser.world.people.recorded if each.iin != dana]
        assert browser.get("/capacity").status_code == 303
        assert browser.world.sessions.kept == {}


def test_who_was_moved_to_another_post_is_out_at_the_next_request() -> None:
    with browsing("dana") as browser:
        people = browser.world.people
        people.recorded = [structs.replace(each, post="10101") if each.post else each for each in people.recorded]
        assert browser.get("/capacity").status_code == 303


def test_after_signing_out_the_old_secret_opens_nothing() -> None:
    with browsing("anna") as browser:
        secret = browser.secret
        answer = browser.post("/sign-out", {})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.secret is None
        browser.client.cookies.set(SESSION_COOKIE, str(secret))
        assert browser.get("/declarations").status_code == 303


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back() -> None:
    with browsing() as browser:
        answer = browser.get("/declarations/20201/241126/0000001")
        assert answer.headers["location"] == "/demo/sign-in?next=%2Fdeclarations%2F20201%2F241126%2F0000001"
        page = browser.get(answer.headers["location"]).text
        assert 'name="next" value="/declarations/20201/241126/0000001"' in page
        fields = {"person": "anna", "next": "/declarations/20201/241126/0000001"}
        assert browser.post("/demo/sign-in", fields).headers["location"] == fields["next"]


def test_choosing_nobody_is_told_beside_the_field_and_in_a_summary() -> None:
    with browsing() as browser:
        answer = browser.post("/demo/sign-in", {"next": "/declarations"})
    assert answer.status_code == 422
    assert answer.text.count("Choose who you sign in as") == 2
    assert 'href="#person"' in answer.text
    assert 'id="person"' in answer.text
    assert "<title>Error: " in answer.text


@pytest.mark.parametrize("person", ["nobody", "", "Anna Demo"])
def test_nobody_but_the_cast_signs_in_without_a_key(person: str) -> None:
    with browsing() as browser:
        assert browser.post("/demo/sign-in", {"person": person}).status_code == 422


@pytest.mark.parametrize("person", PERSONS)
def test_all_of_the_cast_sign_in_and_are_shown_who_they_are(person: str) -> None:
    with browsing(person) as browser:
        page = browser.get("/capacity").text
    assert PERSONS[person].name in page
    assert PERSONS[person].iin in page


@pytest.mark.parametrize(
    ("person", "first"),
    [
        ("berik", "/declarations"),
        ("aigerim", "/movements"),
        ("nurlan", "/desk"),
        ("madina", "/passengers"),
        ("saule", "/risk"),
        ("gulnar", "/registry"),
        ("marat", "/audits"),
        ("bolat", "/audits"),
        ("asel", "/admin"),
    ],
)
def test_everybody_begins_where_there_is_work_for_the_role(person: str, first: str) -> None:
    with browsing() as browser:
        answer = browser.post("/demo/sign-in", {"person": person})
        assert answer.headers["location"] == first
        assert browser.get(first).status_code not in (303, 401, 403, 404)  # not every page has its data here


def test_without_demo_mode_there_is_no_demo_sign_in() -> None:
    with browsing(demo=False) as browser:
        assert browser.get("/demo/sign-in").status_code == 404
        assert browser.post("/demo/sign-in", {"person": "anna"}).status_code == 404
        assert "/demo/" not in browser.get("/").text
        assert browser.get("/declarations").headers["location"] == "/sign-in?next=%2Fdeclarations"


def test_a_form_without_its_token_is_refused() -> None:
    with browsing("anna") as browser:
        answer = browser.client.post("/sign-out", data={}, follow_redirects=False)
        assert answer.status_code == 403
        assert browser.get("/declarations").status_code == 200


def test_a_token_of_another_browser_is_refused() -> None:
    with browsing() as other:
        other.get("/")
        stolen = other.client.cookies[CSRF_COOKIE]
    with browsing("anna") as browser:
        answer = browser.client.post("/sign-out", data={"_csrf_token": stolen}, follow_redirects=False)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_sent_from_another_site_is_refused(headers: dict[str, str]) -> None:
    with browsing("anna") as browser:
        assert browser.post("/sign-out", {}, **headers).status_code == 403
        assert browser.get("/declarations").status_code == 200


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": "http://testserver.local"}])
def test_a_form_sent_from_here_is_taken(headers: dict[str, str]) -> None:
    with browsing("anna") as browser:
        assert browser.post("/sign-out", {}, **headers).status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "///elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "elsewhere",
        "",
        "/a\r\nSet-Cookie: x",
        "/\t/elsewhere.example",
    ],
)
def test_nobody_is_sent_away_from_the_portal(address: str) -> None:
    assert local_address(address) == "/"


def test_the_language_is_kept_and_the_reader_stays_where_he_was() -> None:
    with browsing("anna") as browser:
        browser.client.cookies.delete("shekara_language")
        answer = browser.post("/language", {"language": "ru", "back": "/declarations?lane=release"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/declarations?lane=release")
        page = browser.get("/declarations").text
    assert '<html lang="ru"' in page
    assert "Декларации" in page


@pytest.mark.parametrize(
    ("referer", "where"),
    [
        ("http://testserver.local/declarations?lane=documents", "/declarations?lane=documents"),
        ("https://elsewhere.example/declarations?lane=documents", "/declarations"),
        ("http://testserver.local//elsewhere.example", "/"),
    ],
)
def test_the_address_that_the_browser_shows_counts_more_than_the_one_in_the_form(referer: str, where: str) -> None:
    with browsing("anna") as browser:
        answer = browser.post("/language", {"language": "ru", "back": "/declarations"}, Referer=referer)
    assert answer.headers["location"] == where


def test_an_unknown_language_changes_nothing() -> None:
    with browsing("anna") as browser:
        assert "set-cookie" not in browser.post("/language", {"language": "xx", "back": "/"}).headers
