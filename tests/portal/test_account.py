"""The own account: whose it is, what it never tells, tokens that are shown once and end at once, what was told."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import caseworking
import offices
import pytest
import violating
from browsing import Browser
from caseworking import YELLOW, Desk
from cast import PARTICIPANTS
from confidential import distinctive, secrets_of, traces
from evidencing import browsing_stored
from litestar.testing import TestClient
from lxml import html
from typer.testing import CliRunner

from declarations import store as declarations_store
from interop.query_log import Query, log_query
from portal import cli
from portal.account.service import TOKENS_MAX
from portal.api.callers import TRUSTED_SECONDS, TokenMiddleware
from portal.app import create_app
from portal.database import reading, writing
from portal.errors import TokenRefused
from portal.office import Office
from portal.store import read_tokens, token_hash
from portal.worker import Worker
from risk_gateway.days import day_of
from signing import store as journal_store

ALTYN, QORGAN, ZHIBEK = (PARTICIPANTS[key].identifier for key in ("altyn", "qorgan", "zhibek"))
ADDRESSES = ("/account", "/account/tokens", "/account/notifications", "/account/webhooks")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def anna(office: Office) -> Iterator[Browser]:
    with browsing_stored(office, "anna") as browser:
        yield browser


def issue(browser: Browser, label: str = "ERP", days: str = "90") -> str:
    """Issue a token and return it, as the page shows it."""
    answer = browser.post("/account/tokens", {"label": label, "days": days})
    assert answer.status_code == 201, answer.text
    return str(html.fromstring(answer.text).xpath("string(//*[@id='secret'])"))


def token_ids(office: Office, participant: str = ALTYN) -> list[str]:
    with reading(office.engine) as connection:
        return [each.id for each in read_tokens(connection, participant)]


def events(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        return [row.event for row in connection.execute(journal_store.journal.select())]


@pytest.mark.parametrize("person", ["dana", "saule", "asel", "marat", "gulnar"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_officials_have_no_account(office: Office, person: str, address: str) -> None:
    with browsing_stored(office, person) as browser:
        assert browser.get(address).status_code == 403


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_sign_in_first(office: Office, address: str) -> None:
    with browsing_stored(office, None) as browser:
        assert browser.get(address).status_code == 303


@pytest.mark.parametrize("person", ["anna", "berik", "aigerim"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_whoever_takes_part_has_one_in_every_language(office: Office, person: str, language: str) -> None:
    with browsing_stored(office, person, language) as browser:
        assert [browser.get(address).status_code for address in ADDRESSES] == [200] * 4


# The own record


def test_a_violation_tells_until_when_it_counts(office: Office) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "KZ-CRV-2026-0000001", QORGAN, "understated_value", date(2026, 3, 31))
        violating.put(connection, "V-2", QORGAN, "found_by_control", date(2024, 2, 29))
    with browsing_stored(office, "yerkin") as browser:
        page = browser.get("/account").text
    assert "Understated value" in page
    assert "KZ-CRV-2026-0000001" in page
    assert "31 March 2028" in page
    assert "no longer counts, since 28 February 2026" in page
    assert "appeal" in page


def test_another_organisation_s_violations_are_not_shown(office: Office, anna: Browser) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "V-2", QORGAN, "understated_value", date(2026, 3, 31))
    assert "V-2" not in anna.get("/account").text


def test_powers_tell_who_when_and_whether_they_hold_today(office: Office, anna: Browser) -> None:
    today = day_of(office.clock.now())
    with writing(office.engine) as connection:
        for number, changes in (
            ("P-ended", {"valid_to": today - timedelta(days=1)}),
            ("P-revoked", {"revoked_on": today}),
            ("P-future", {"valid_from": today + timedelta(days=1)}),
        ):
            declarations_store.put_power(connection, offices.power("altyn", "zhibek", number=number, **changes))
        declarations_store.bump_revision(connection)
    page = html.fromstring(anna.get("/account").text)
    states = {
        row.xpath("string(td[1])").strip(): row.xpath("string(td[4])").strip()
        for row in page.xpath("//h2[contains(., 'you gave')]/following-sibling::table[1]/tbody/tr")
    }
    assert states["P-1"] == "Valid today"
    assert states["P-ended"] == "Ended"
    assert states["P-revoked"].startswith("Revoked on")
    assert states["P-future"] == "Not yet valid"


def test_the_record_tells_no_profile_score_or_threshold(tmp_path: Path) -> None:
    desk = caseworking.desk(tmp_path)
    tokens = distinctive(secrets_of(desk.office.snapshot.knowledge(day_of(desk.clock.at))))
    Worker(desk.office.engine, desk.clock).deliver_due()
    with browsing_stored(desk.office, "anna") as browser:
        for address in ADDRESSES:
            assert traces(tokens, browser.get(address).content) == []


# Tokens


@pytest.mark.parametrize(
    ("label", "days"),
    [("", "90"), (" ", "90"), ("x" * 61, "90"), ("a\nb", "90"), ("ERP", "0"), ("ERP", "9999"), ("ERP", "-1")],
)
def test_a_token_needs_a_label_and_an_end(office: Office, anna: Browser, label: str, days: str) -> None:
    answer = anna.post("/account/tokens", {"label": label, "days": days})
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.text
    assert token_ids(office) == []


def test_there_are_not_more_tokens_than_allowed(office: Office, anna: Browser) -> None:
    for number in range(TOKENS_MAX):
        issue(anna, f"ERP {number}")
    assert anna.post("/account/tokens", {"label": "one more", "days": "30"}).status_code == 422
    anna.post(f"/account/tokens/{token_ids(office)[0]}/revoke", {})
    issue(anna, "one more")


def test_a_token_is_shown_once_and_only_its_hash_is_kept(office: Office, anna: Browser) -> None:
    token = issue(anna)
    assert token not in anna.get("/account/tokens").text
    with reading(office.engine) as connection:
        rows = connection.exec_driver_sql("SELECT * FROM api_token").all()
    assert token not in str(rows)
    assert events(office)[-1] == "token.issued"


def test_another_organisation_cannot_revoke_it(office: Office, anna: Browser) -> None:
    issue(anna)
    (identifier,) = token_ids(office)
    with browsing_stored(office, "yerkin") as other:
        assert other.post(f"/account/tokens/{identifier}/revoke", {}).status_code == 404
        assert identifier not in other.get("/account/tokens").text
    assert "token.revoked" not in events(office)


def test_a_revoked_token_opens_nothing_within_a_second_in_another_process(office: Office, anna: Browser) -> None:
    token = issue(anna)
    other = offices.reopen(office.settings, clock := offices.StillClock())
    middleware, bearer = TokenMiddleware(other), f"Bearer {token}"
    assert middleware._caller(bearer).participant == ALTYN
    anna.post(f"/account/tokens/{token_ids(office)[0]}/revoke", {})
    clock.ticks += TRUSTED_SECONDS
    with pytest.raises(TokenRefused):
        middleware._caller(bearer)
    assert events(office)[-1] == "token.revoked"


def test_revoking_twice_changes_nothing(office: Office, anna: Browser) -> None:
    issue(anna)
    address = f"/account/tokens/{token_ids(office)[0]}/revoke"
    assert [anna.post(address, {}).status_code for _ in range(2)] == [303, 303]
    assert events(office).count("token.revoked") == 1
    assert anna.post("/account/tokens/000000000000/revoke", {}).status_code == 404


# What was told


@pytest.fixture
def told(tmp_path: Path) -> Desk:
    desk = caseworking.desk(tmp_path / "told")
    desk.ask()
    Worker(desk.office.engine, desk.clock).deliver_due()
    return desk


def messages(browser: Browser) -> list[str]:
    page = html.fromstring(browser.get("/account/notifications").text)
    return [str(each) for each in page.xpath("//tbody//a[contains(@href, 'message=')]/@href")]


def test_the_log_tells_decisions_and_moves_with_their_sealed_notices(told: Desk) -> None:
    with browsing_stored(told.office, "anna") as browser:
        page = browser.get("/account/notifications").text
        addresses = messages(browser)
        notices = [browser.get(address) for address in addresses]
    assert "Change in the declaration" in page
    assert "Decision on the declaration" in page
    assert {answer.status_code for answer in notices} == {200}
    assert all(b"Signature" in answer.content for answer in notices)


def test_nobody_else_reads_or_resends_them(told: Desk) -> None:
    message = f"decision:{told.numbers[YELLOW]}:1"
    for person in ("yerkin", "zarina", "aigerim"):
        with browsing_stored(told.office, person) as browser:
            assert browser.get(f"/account/notifications/notice?message={quote(message)}").status_code == 404
            assert browser.post("/account/notifications/resend", {"message": message}).status_code == 404
            assert told.numbers[YELLOW] not in browser.get("/account/notifications").text.replace("<wbr>", "")


def test_a_broker_reads_those_of_principals_until_the_power_ends(told: Desk) -> None:
    message = f"decision:{told.numbers[YELLOW]}:1"
    with browsing_stored(told.office, "berik") as browser:
        assert browser.get(f"/account/notifications/notice?message={quote(message)}").status_code == 200
        with writing(told.office.engine) as connection:
            yesterday = day_of(told.clock.at) - timedelta(days=1)
            declarations_store.put_power(connection, offices.power("altyn", "zhibek", valid_to=yesterday))
            declarations_store.bump_revision(connection)
        assert browser.get(f"/account/notifications/notice?message={quote(message)}").status_code == 404


def test_the_log_goes_on_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = caseworking.desk(tmp_path)
    Worker(desk.office.engine, desk.clock).deliver_due()
    monkeypatch.setattr("portal.account.service.NOTICES_ON_PAGE", 2)
    with browsing_stored(desk.office, "anna") as browser:
        first = browser.get("/account/notifications")
        follow = html.fromstring(first.text).xpath("//a[@rel='next']/@href")[0]
        second = browser.get(follow, HX_Request="true")
    assert "<html" not in second.text
    assert not set(messages_in(first.text)) & set(messages_in(second.text))


def messages_in(page: str) -> list[str]:
    return [str(each) for each in html.fromstring(page).xpath("//tbody//a[contains(@href, 'message=')]/@href")]


def test_a_served_portal_has_the_account(tmp_path: Path) -> None:
    given = offices.settings(tmp_path)
    offices.seed_cast(given)
    offices.keep_keys(tmp_path)
    with TestClient(create_app(given)) as client:
        assert client.get("/account", follow_redirects=False).status_code == 303


def test_the_operator_issues_lists_and_revokes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    offices.for_commands(monkeypatch, office.settings)
    run = CliRunner()
    token = run.invoke(cli.app, ["token", "issue", ALTYN, "--label", "ERP"]).stdout.strip()
    (identifier,) = token_ids(office)
    assert token_hash(token).startswith(identifier)
    assert "valid" in run.invoke(cli.app, ["token", "list", ALTYN]).stdout
    assert run.invoke(cli.app, ["token", "revoke", QORGAN, identifier]).exit_code == 1
    assert run.invoke(cli.app, ["token", "revoke", ALTYN, identifier]).exit_code == 0
    assert run.invoke(cli.app, ["token", "revoke", ALTYN, identifier]).exit_code == 1
    assert "revoked" in run.invoke(cli.app, ["token", "list", ALTYN]).stdout
    assert run.invoke(cli.app, ["token", "issue", "000000000000"]).exit_code == 2
    assert events(office).count("token.revoked") == 1


def test_who_asked_is_told_where_the_law_allows(office: Office, anna: Browser) -> None:
    asked = {"partner": "qiyalia", "legal_basis": "Agreement", "at": offices.NOW, "answer": "nothing"}
    with writing(office.engine) as connection:
        log_query(connection, Query(about=ALTYN, purpose="customs_control", **asked))
        log_query(connection, Query(about=ALTYN, purpose="investigation", **asked))
        log_query(connection, Query(about=QORGAN, purpose="vat_refund", **asked))
    page = anna.get("/account").text
    assert "Customs control" in page
    assert "investigation" not in page
    assert "Refund of VAT" not in page
