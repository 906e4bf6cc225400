"""Administration: officials, participants, powers of attorney, the tariff; who may, and what is never shown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import caseworking
import offices
import pytest
from browsing import Browser
from caseworking import RED, YELLOW
from cast import PARTICIPANTS, PERSONS
from httpx import Response
from litestar.testing import TestClient
from msgspec.structs import replace
from offices import NOW, power
from portal_fakes import World
from sqlalchemy import select

from declarations import power_store, store
from portal import audit
from portal.access import Role
from portal.admin.appointing import Appointments, Wish
from portal.admin.errors import Refused
from portal.admin.registers import Registers, state_of
from portal.app import create_app
from portal.database import reading, writing
from portal.errors import NotFound
from portal.office import Office
from portal.people import capacities
from portal.store import Official, add_official, end_official, read_officials
from portal.views import SignedIn
from risk_gateway.analyst_store import read_analysts
from signing.tables import JournalRow

TODAY = NOW.date()
ALTYN, ZHIBEK, QORGAN = (PARTICIPANTS[key].identifier for key in ("altyn", "zhibek", "qorgan"))
NEW = "880506300459"  # nobody of the cast
ASEL = SignedIn(iin=PERSONS["asel"].iin, name="Asel Demo", role=Role.ADMINISTRATOR)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


def wish(**changes: object) -> Wish:
    usual = {"iin": NEW, "name": "Ayan New", "role": "inspector", "post": "20201", "valid_from": TODAY}
    return Wish(**{**usual, **changes})  # type: ignore[arg-type]


def events(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        return list(connection.execute(select(JournalRow.event).order_by(JournalRow.index)).scalars())


def refused(code: str, field: str | None = None) -> object:
    return pytest.raises(Refused, match=f"^{code}$")


# --- officials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iin": "880506300450"}, "iin"),
        ({"iin": ""}, "iin"),
        ({"iin": PERSONS["asel"].iin}, "himself"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"role": "declarant"}, "role"),
        ({"role": "king"}, "role"),
        ({"post": None}, "post"),
        ({"post": "99999"}, "post"),
        ({"role": "auditor"}, "no-post"),
        ({"regions": frozenset({"20201"})}, "regions"),
        ({"role": "risk analyst", "post": None, "regions": frozenset({"99999"})}, "regions"),
        ({"valid_from": TODAY - timedelta(days=1)}, "from"),
        ({"valid_to": TODAY - timedelta(days=1)}, "to"),
        ({"iin": PERSONS["dana"].iin}, "twice"),
        ({"iin": PERSONS["marat"].iin}, "alone"),
        ({"iin": PERSONS["dana"].iin, "role": "administrator", "post": None}, "alone"),
    ],
)
def test_an_appointment_that_is_not_right_is_refused_and_leaves_nothing(
    office: Office, changes: dict[str, object], code: str
) -> None:
    with refused(code):
        Appointments(office).appoint(ASEL, wish(**changes))
    assert events(office) == []


def test_who_is_appointed_may_act_from_the_first_day_and_the_journal_tells_by_whom(office: Office) -> None:
    Appointments(office).appoint(ASEL, wish(valid_from=TODAY + timedelta(days=2), valid_to=TODAY + timedelta(days=9)))
    with reading(office.engine) as connection:
        for day, count in ((1, 0), (2, 1), (9, 1), (10, 0)):
            assert len(capacities(connection, NEW, None, TODAY + timedelta(days=day))) == count
        entry = connection.execute(select(JournalRow.entry)).scalar_one()
    assert events(office) == [audit.Event.OFFICIAL_APPOINTED]
    assert ASEL.iin.encode() in bytes(entry)


def test_an_analyst_is_appointed_with_the_posts_in_one_step(office: Office) -> None:
    wanted = wish(role="risk analyst", post=None, regions=frozenset({"20201", "10101"}))
    Appointments(office).appoint(ASEL, wanted)
    with reading(office.engine) as connection:
        found = next(each for each in read_analysts(connection) if each.iin == NEW)
    assert found.posts == {"20201", "10101"}
    assert events(office) == [audit.Event.OFFICIAL_APPOINTED, audit.Event.ANALYST_APPOINTED]


def test_an_appointment_that_was_ended_is_over_and_is_not_ended_again(office: Office) -> None:
    appointments = Appointments(office)
    made = appointments.appoint(ASEL, wish())
    appointments.end(ASEL, made)
    with reading(office.engine) as connection:
        assert capacities(connection, NEW, None, TODAY) == ()
    with refused("ended"):
        appointments.end(ASEL, made)
    with pytest.raises(NotFound):
        appointments.end(ASEL, 999_999)
    assert events(office) == [audit.Event.OFFICIAL_APPOINTED, audit.Event.OFFICIAL_ENDED]


def test_nobody_ends_their_own_appointment(office: Office) -> None:
    with reading(office.engine) as connection:
        (own,) = read_officials(connection, ASEL.iin)
    with refused("end-himself"):
        Appointments(office).end(ASEL, own.id or 0)


def test_an_administrator_whose_appointment_has_just_ended_changes_nothing(office: Office) -> None:
    with writing(office.engine) as connection:
        (own,) = read_officials(connection, ASEL.iin)
        end_official(connection, own.id or 0, NOW)
    with refused("not-in-office"):
        Appointments(office).appoint(ASEL, wish())
    with refused("not-in-office"):
        Registers(office).revoke(ASEL, power("altyn", "zhibek"), TODAY)


# --- participants and powers ----------------------------------------------------------------------------------------


def participant(**changes: object) -> store.Participant:
    usual = {"identifier": "150340012340", "name": "Altyn", "roles": frozenset({"importer"}), "registered_on": TODAY}
    return store.Participant(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identifier": "123"}, "identifier"),
        ({"identifier": PERSONS["asel"].iin}, "own"),
        ({}, "known"),
        ({"identifier": NEW, "name": ""}, "name"),
        ({"identifier": NEW, "roles": frozenset()}, "roles"),
        ({"identifier": NEW, "roles": frozenset({"king"})}, "roles"),
        ({"identifier": NEW, "registered_on": TODAY + timedelta(days=1)}, "registered"),
    ],
)
def test_a_participant_that_is_not_right_is_refused(office: Office, changes: dict[str, object], code: str) -> None:
    with refused(code):
        Registers(office).add(ASEL, participant(**changes))
    assert events(office) == []


def test_a_changed_participant_is_judged_anew_by_every_process(office: Office) -> None:
    before = office.snapshot.revision
    Registers(office).change(ASEL, participant(name="Altyn Dala Trade II LLP"))
    assert office.refresh()
    assert office.snapshot.revision > before
    assert Registers(office).record(ALTYN).participant.name == "Altyn Dala Trade II LLP"
    assert events(office) == [audit.Event.PARTICIPANT_CHANGED]
    with pytest.raises(NotFound):
        Registers(office).change(ASEL, participant(identifier=NEW))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal": NEW}, "principal"),
        ({"agent": "110540007771"}, "agent"),
        ({"agent": ALTYN}, "agent"),
        ({"agent": PERSONS["asel"].iin}, "own"),
        ({"number": ""}, "number"),
        ({"number": "x" * 51}, "number"),
        ({"number": "P-1"}, "number-used"),
        ({"scope": frozenset()}, "scope"),
        ({"scope": frozenset({"ZZ"})}, "scope"),
        ({"valid_to": TODAY - timedelta(days=1)}, "power-to"),
    ],
)
def test_a_power_of_attorney_that_is_not_right_is_refused(
    office: Office, changes: dict[str, object], code: str
) -> None:
    with refused(code):
        Registers(office).grant(ASEL, replace(power("altyn", "zhibek", number="P-2"), **changes))
    assert events(office) == []


def test_what_was_seen_must_still_hold_when_the_end_is_changed(office: Office) -> None:
    registers, seen = Registers(office), power("altyn", "zhibek")
    registers.set_end(ASEL, seen, TODAY + timedelta(days=40))
    with refused("changed"):
        registers.revoke(ASEL, seen, TODAY)


@pytest.mark.parametrize("first", [None, TODAY - timedelta(days=1), date(2028, 1, 1)])
def test_a_revocation_begins_from_today_to_the_last_day(office: Office, first: date | None) -> None:
    with refused("revoked-on"):
        Registers(office).revoke(ASEL, power("altyn", "zhibek"), first)


def test_a_revoked_power_holds_no_more_and_never_again(office: Office) -> None:
    registers, seen = Registers(office), power("altyn", "zhibek")
    assert seen in office.current().directory.powers_held(ZHIBEK)
    registers.revoke(ASEL, seen, TODAY)
    (now,) = office.current().directory.powers(ALTYN)
    assert (now.revoked_on, state_of(now, TODAY)) == (TODAY, "ended")
    with refused("power-over"):
        registers.set_end(ASEL, now, TODAY + timedelta(days=9))


def test_the_audit_sees_a_power_as_it_was_when_something_was_lodged(office: Office) -> None:
    registers, seen = Registers(office), power("altyn", "zhibek")
    registers.set_end(ASEL, seen, TODAY + timedelta(days=5))
    (shorter,) = office.current().directory.powers(ALTYN)
    registers.revoke(ASEL, shorter, TODAY)
    with reading(office.engine) as connection:
        told = [power_store.read_powers_at(connection, ALTYN, sequence)[0] for sequence in (-1, 0, 1)]
    assert [(each.valid_to, each.revoked_on) for each in told] == [
        (seen.valid_to, None),
        (TODAY + timedelta(days=5), None),
        (TODAY + timedelta(days=5), TODAY),
    ]


def test_powers_are_found_by_the_state_in_which_they_are(office: Office) -> None:
    registers = Registers(office)
    registers.grant(ASEL, power("qorgan", "zhibek", number="soon", valid_to=TODAY + timedelta(days=30)))
    registers.grant(ASEL, power("qorgan", "zhibek", number="later", valid_from=TODAY + timedelta(days=1)))
    registers.revoke(ASEL, power("altyn", "zhibek"), TODAY)
    for state, numbers in (("soon", ["soon"]), ("future", ["later"]), ("ended", ["P-1"]), ("valid", ["soon", "P-1"])):
        found = registers.powers(text="", state=state, number=1)
        assert [each.power.number for each in found.rows] == numbers
        assert found.total == len(numbers)
    assert [each.power.principal for each in registers.powers(text="Qorgan", state="", number=1).rows] == [QORGAN] * 2


# --- pages ----------------------------------------------------------------------------------------------------------

PAGES = (
    "/admin",
    "/admin/officials?status=all",
    "/admin/officials/1",
    "/admin/officials/new",
    "/admin/posts",
    "/admin/participants",
    f"/admin/participants/{ALTYN}",
    "/admin/participants/new",
    "/admin/powers?status=all",
    "/admin/powers/new",
    f"/admin/powers/one?principal={ALTYN}&agent={ZHIBEK}&number=P-1",
    "/admin/reference",
    "/admin/health",
)


@contextmanager
def served(home: Path, *documents: object) -> Iterator[tuple[Browser, caseworking.Desk]]:
    """Open a browser on a portal with lodged declarations, signed in as the administrator."""
    desk = caseworking.desk(home, *documents)  # type: ignore[arg-type]
    offices.keep_keys(home)
    app = create_app(desk.office.settings, desk.clock)
    with TestClient(app) as client:
        world: World = None  # type: ignore[assignment]
        yield Browser(client, world).speak("en").sign_in("asel"), desk


needs_demo = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")


@needs_demo
def test_no_page_tells_what_was_declared(tmp_path: Path) -> None:
    with served(tmp_path, YELLOW, RED) as (browser, desk):
        with reading(desk.office.engine) as connection:
            waiting = [bytes(row.entry).decode() for row in connection.execute(select(JournalRow.entry))]
        assert any(desk.numbers[YELLOW] in entry for entry in waiting)
        told = set()
        for document in (YELLOW, RED):
            xml = caseworking.DOCUMENTS[document][1].decode()
            told |= set(
                re.findall(r"<(?:\w+:)?(?:Description|ClassificationID|ItemChargeAmount)[^>]*>([^<]{4,})<", xml)
            )
        assert told
        for page in PAGES:
            answer = browser.get(page)
            assert answer.status_code == 200, page
            for secret in (*desk.numbers.values(), *told):
                assert secret not in answer.text, (page, secret)


@needs_demo
def test_who_is_ended_is_out_at_the_next_request(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, desk):
        other = Browser(browser.client.__class__(browser.client.app), browser.world).sign_in("dana")
        assert other.get("/desk").status_code == 200
        with reading(desk.office.engine) as connection:
            (dana,) = read_officials(connection, PERSONS["dana"].iin)
        answer = browser.post(f"/admin/officials/{dana.id}/end", {})
        assert answer.status_code == 303
        assert "sign-in" in other.get("/desk").headers["location"]
        assert browser.post(f"/admin/officials/{dana.id}/end", {}).status_code == 422


@needs_demo
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, _desk):
        typed = {"iin": "1", "name": "Ayan <New>", "role": "inspector", "post": "20201", "valid_from": "2026-11-24"}
        answer = browser.post("/admin/officials/new", typed)
        assert answer.status_code == 422
        assert 'href="#iin"' in answer.text
        assert 'id="iin-error"' in answer.text
        assert "Ayan &lt;New&gt;" in answer.text


@needs_demo
def test_forms_lead_to_what_they_made(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, _desk):
        appointed = browser.post(
            "/admin/officials/new",
            {"iin": NEW, "name": "Ayan New", "role": "auditor", "valid_from": "2026-11-24"},
        )
        assert "Ayan New" in browser.get(appointed.headers["location"]).text
        added = browser.post(
            "/admin/participants/new",
            {"identifier": NEW, "name": "Ayan", "roles": "importer", "registered_on": "2020-01-05"},
        )
        assert added.headers["location"] == f"/admin/participants/{NEW}"
        granted = browser.post(
            "/admin/powers/new",
            {
                "principal": NEW,
                "agent": ZHIBEK,
                "number": "Д/1 & 2",
                "scope": "IM",
                "valid_from": "2026-11-24",
                "valid_to": "2026-12-24",
            },
        )
        page = browser.get(granted.headers["location"])
        assert "Д/1 &amp; 2" in page.text
        seen = {"principal": NEW, "agent": ZHIBEK, "number": "Д/1 & 2", "seen_to": "2026-12-24", "seen_revoked": ""}
        revoked = browser.post("/admin/powers/one", {**seen, "what": "revoke", "revoked_on": "2026-11-24"})
        assert "It holds no more" in browser.get(revoked.headers["location"]).text
        again = browser.post("/admin/powers/one", {**seen, "what": "revoke", "revoked_on": "2026-11-24"})
        assert again.status_code == 422


@needs_demo
def test_a_revoked_power_closes_drafts_and_lists_of_that_principal_at_once(tmp_path: Path) -> None:
    with served(tmp_path, YELLOW) as (browser, desk):
        berik = Browser(browser.client.__class__(browser.client.app), browser.world).sign_in("berik")
        begun = berik.post("/drafts/new", {"kind": "IM40", "declarant": ALTYN})
        assert begun.status_code == 303, begun.text
        draft = begun.headers["location"]
        address = f"/declarations/{desk.numbers[YELLOW]}"
        assert (berik.get(draft).status_code, berik.get(address).status_code) == (200, 200)
        seen = {"principal": ALTYN, "agent": ZHIBEK, "number": "P-1", "seen_to": "2027-12-31", "seen_revoked": ""}
        browser.post("/admin/powers/one", {**seen, "what": "revoke", "revoked_on": "2026-11-24"})
        assert (berik.get(draft).status_code, berik.get(address).status_code) == (404, 404)


@needs_demo
def test_a_tariff_is_loaded_only_when_it_is_one(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, desk):
        for content in (b"", b"\xff\xfe", b"what,ever\n1,2\n", b"commodity_code,duty_rate\n8528521009,often\n"):
            assert send_tariff(browser, content).status_code == 422
        assert audit.Event.REFERENCE_LOADED not in events(desk.office)
        assert send_tariff(browser, b"commodity_code,duty_rate\n8528521009,15%\n").status_code == 303
        assert "tariff.csv" in browser.get("/admin/reference").text
        assert desk.office.current().reference.tariff.complete
        assert events(desk.office)[-1] == audit.Event.REFERENCE_LOADED


@needs_demo
def test_exchange_rates_are_loaded_only_when_they_are_ones(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, desk):
        for content in (b"", b"\xff\xfe", b"currency,tenge\nUSD,1\n", b"currency,since,tenge\nUSD,24.11.2026,500\n"):
            answer = send_rates(browser, content)
            assert answer.status_code == 422
            assert "Nothing was changed" in answer.text or "Choose a CSV file" in answer.text
        assert audit.Event.REFERENCE_LOADED not in events(desk.office)
        answer = send_rates(browser, b"currency,since,tenge,units\nUSD,2026-11-24,777.70,1\nUZS,2026-11-25,4.40,100\n")
        assert answer.status_code == 303
        assert "777.7" in browser.get("/admin/reference").text
        rates = desk.office.current().reference.on(NOW.date())
        assert rates.rate("USD") == Decimal("777.70")
        assert rates.rate("UZS") is None  # from the next day on
        assert events(desk.office)[-1] == audit.Event.REFERENCE_LOADED


def send_rates(browser: Browser, content: bytes) -> Response:
    form = {"_csrf_token": browser.client.cookies["shekara_csrf"]}
    files = {"rates": ("rates.csv", content, "text/csv")}
    return browser.client.post("/admin/reference/rates", data=form, files=files, follow_redirects=False)


def send_tariff(browser: Browser, content: bytes) -> object:
    form = {"_csrf_token": browser.client.cookies["shekara_csrf"]}
    files = {"tariff": ("tariff.csv", content, "text/csv")}
    return browser.client.post("/admin/reference", data=form, files=files, follow_redirects=False)


@needs_demo
def test_long_lists_have_pages_and_keep_their_search(tmp_path: Path) -> None:
    with served(tmp_path) as (browser, desk):
        with writing(desk.office.engine) as connection:
            for number in range(60):
                add_official(
                    connection,
                    Official(
                        iin=f"{number:012}",
                        name=f"Айгүл {number:02}",
                        role="inspector",
                        post="10101",
                        valid_from=TODAY,
                        valid_to=None,
                        appointed_by=ASEL.iin,
                    ),
                )
        first = browser.get("/admin/officials?search=айгүл").text
        assert "60 appointments" in first
        assert first.count("Айгүл ") == 25
        last = browser.get("/admin/officials?search=%D0%B0%D0%B9%D0%B3%D2%AF%D0%BB&page=99").text
        assert (last.count("Айгүл "), "page 3 of 3" in last) == (10, True)
        assert "Nobody fits this" in browser.get("/admin/officials?search=%25").text


@needs_demo
@pytest.mark.parametrize("who", ["anna", "berik", "dana", "erlan", "saule", "marat", "gulnar"])
def test_administration_is_for_administrators(tmp_path: Path, who: str) -> None:
    with served(tmp_path) as (browser, _desk):
        browser.sign_in(who)
        assert {browser.get(page).status_code for page in PAGES} == {403}
