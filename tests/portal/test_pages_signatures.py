"""The pages on signatures and evidence: an officer's of any declaration, a declarant's of the own ones."""

import json
from pathlib import Path

import offices
import pki
import pytest
from browsing import Browser, browsing
from cast import PERSONS
from evidencing import Decided, browsing_stored, decided
from httpx import Response
from lxml import html
from portal_fakes import make_world

from portal.access import GRANTED, Permission, Role
from portal.database import reading
from portal.office import Office
from portal.views import SignedIn
from signing import bundle as bundles
from signing import store as signing_store
from signing.revocation import Evidence

SEARCH = "/desk/declarations"
ABSENT = f"{SEARCH}/20201/241126/0009999"
READERS = {
    Role.DOCUMENT_OFFICER,
    Role.INSPECTOR,
    Role.CHIEF_OF_POST,
    Role.RISK_ANALYST,
    Role.AUDITOR,
    Role.CHIEF_OF_AUDIT,
}
FILES = ("", "/declaration", "/notice", "/evidence")


@pytest.fixture
def anna(tmp_path: Path) -> Decided:
    return decided(tmp_path).attest()


@pytest.fixture
def fresh(tmp_path: Path) -> Decided:
    """A declaration that no time-stamp covers yet."""
    return decided(tmp_path)


def official(given: Decided) -> str:
    return f"{SEARCH}/{given.stored.registration_number}"


def own(given: Decided) -> str:
    return f"/declarations/{given.stored.registration_number}"


def words_on(page: Response) -> str:
    return " ".join(html.fromstring(page.text).text_content().split())


def readings(office: Office, number: str) -> list[tuple[str, str]]:
    """Return who opened what of a declaration, as the journal has it."""
    with reading(office.engine) as connection:
        entries = signing_store.read_entries(connection, number)
    told = [json.loads(entry)["particulars"] for _, event, entry in entries if event == "declaration.read"]
    return [(each["officer"], each["part"]) for each in told]


# --- finding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", " {} ", "dashed"])
def test_an_officer_comes_from_the_number_to_the_declaration(anna: Decided, form: str) -> None:
    number = anna.stored.registration_number
    asked = number.replace("/", "-") if form == "dashed" else form.format(number)
    with browsing_stored(anna.office, "dana") as browser:
        answer = browser.get(f"{SEARCH}?number={asked}")
    assert (answer.status_code, answer.headers["location"]) == (303, official(anna))


@pytest.mark.parametrize(
    ("language", "malformed", "missing"),
    [
        ("en", "Enter the number as office, day and serial", "There is no declaration 20201/241126/0009999"),
        ("ru", "Введите номер как пост, день и порядковый номер", "Декларации 20201/241126/0009999 нет"),
        ("kk", "Нөмірді кеден, күн және реттік нөмір түрінде енгізіңіз", "20201/241126/0009999 декларациясы жоқ"),
    ],
)
def test_a_number_that_leads_nowhere_is_told_in_words(
    anna: Decided, language: str, malformed: str, missing: str
) -> None:
    with browsing_stored(anna.office, "dana", language) as browser:
        wrong, absent = browser.get(f"{SEARCH}?number=20201/311326/1"), browser.get(ABSENT)
    assert (wrong.status_code, wrong.text.count(malformed)) == (422, 2)
    assert 'value="20201/311326/1"' in wrong.text
    assert (absent.status_code, absent.text.count(missing)) == (404, 2)
    assert readings(anna.office, "20201/241126/0009999") == []


def test_what_was_asked_for_is_shown_as_text_and_cut_short(anna: Decided) -> None:
    with browsing_stored(anna.office, "dana") as browser:
        page = browser.get(f"{SEARCH}?number=<script>{'x' * 500}").text
    assert "<script>x" not in page
    assert html.fromstring(page).xpath("string(//input[@id='number']/@value)") == f"<script>{'x' * 52}"


# --- what an officer sees -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title", "valid", "when"),
    [
        ("en", "All signatures are valid", "The signature is valid", "24 November 2026, 10:00:00"),
        ("ru", "Все подписи действительны", "Подпись действительна", "24 ноября 2026 г., 10:00:00"),
        ("kk", "Барлық қолтаңба жарамды", "Қолтаңба жарамды", "2026 ж. 24 қараша, 10:00:00"),
    ],
)
def test_a_good_declaration_is_told_in_words(anna: Decided, language: str, title: str, valid: str, when: str) -> None:
    with browsing_stored(anna.office, "dana", language) as browser:
        page = browser.get(official(anna))
    told = words_on(page)
    assert page.status_code == 200
    assert title in told
    assert told.count(valid) == told.count("TOTAL-PASSED") - 1 == 2  # once more as the verdict recorded at receipt
    assert when in told
    assert {"Anna Demo", PERSONS["anna"].iin, "Altyn Dala Trade LLP", pki.OFFICE_BIN} <= set(_texts(page))
    assert "Shekara Demo Time-Stamp Authority" in told


def test_a_certificate_is_shown_with_its_dates_issuer_and_revocation(anna: Decided) -> None:
    with browsing_stored(anna.office, "dana") as browser:
        told = words_on(browser.get(official(anna)))
    serial = f"{pki.key_of('anna').certificate.serial_number:x}"
    assert serial in told.replace(" ", "")
    assert "Issued by Shekara Demo Issuing" in told
    assert "Not revoked" in told
    assert "By the revocation list of" in told
    assert "rsa-sha256" in told


def test_an_altered_declaration_is_told_first_of_all(anna: Decided) -> None:
    anna.change_document(lambda data: data.replace(b"SIGN-1", b"SIGN-9"))
    with browsing_stored(anna.office, "dana") as browser:
        page = browser.get(official(anna))
    told = words_on(page)
    assert page.status_code == 200
    assert html.fromstring(page.text).xpath("string(//main//h2[1])") == "Something does not verify"
    assert "TOTAL-FAILED/HASH_FAILURE" in told
    assert "Does not verify" in told
    assert PERSONS["anna"].iin in told  # from the journal: the signature names nobody any more


def test_an_open_verdict_is_neither_good_nor_bad(fresh: Decided) -> None:
    office = fresh.seen_with(pki.trust_store().with_evidence(Evidence()))
    with browsing_stored(office, "dana") as browser:
        told = words_on(browser.get(official(fresh)))
    assert "Not every signature could be verified" in told
    assert "INDETERMINATE/TRY_LATER" in told


def test_a_record_that_is_gone_leaves_a_page(anna: Decided) -> None:
    anna.drop_entry()
    with browsing_stored(anna.office, "dana") as browser:
        page = browser.get(official(anna))
    assert page.status_code == 200
    assert "A stored record that the proof needs is missing or damaged" in words_on(page)
    assert official(anna) + "/evidence" not in page.text


def test_before_the_time_stamp_the_page_says_so_and_offers_no_evidence(fresh: Decided) -> None:
    with browsing_stored(fresh.office, "dana") as browser:
        page, file = browser.get(official(fresh)), browser.get(official(fresh) + "/evidence")
    assert "No time-stamp covers the decision yet" in words_on(page)
    assert official(fresh) + "/evidence" not in page.text
    assert "--evidence" not in page.text
    assert file.status_code == 404


def test_the_files_are_named_as_in_the_command_that_checks_them(anna: Decided) -> None:
    with browsing_stored(anna.office, "dana") as browser:
        page = browser.get(official(anna)).text
        files = [browser.get(official(anna) + file) for file in FILES[1:]]
    command = html.fromstring(page).xpath("string(//code[1])").split()
    names = [each.headers["content-disposition"].partition('"')[2].rstrip('"') for each in files]
    assert command[:5] == ["shekara", "verify", "--office", pki.OFFICE_BIN, "--evidence"]
    assert sorted(command[5:]) == sorted(names)
    declaration, notice, evidence = (each.content for each in files)
    assert (declaration, notice) == (anna.declaration, anna.notice)
    assert bundles.check(bundles.read(evidence), declaration, notice, pki.trust_store(), offices.NOW).ok


def test_whatever_an_officer_opens_is_journalled(anna: Decided) -> None:
    with browsing_stored(anna.office, "dana") as browser:
        for file in FILES:
            assert browser.get(official(anna) + file).status_code == 200
    parts = ("signatures", "declaration", "notice", "evidence")
    assert readings(anna.office, anna.stored.registration_number) == [(PERSONS["dana"].iin, part) for part in parts]


# --- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_only_those_who_judge_declarations_read_evidence(role: Role) -> None:
    assert (Permission.READ_EVIDENCE in GRANTED[role]) is (role in READERS)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ANYBODY])
def test_a_role_opens_the_officers_pages_or_is_told_no(role: Role) -> None:
    with browsing() as browser:
        _as(browser, role)
        assert browser.get(SEARCH).status_code == (200 if role in READERS else 403)
        assert browser.get(ABSENT).status_code == (404 if role in READERS else 403)
        if role in READERS:
            assert browser.get("/declarations").status_code == 403


@pytest.mark.parametrize("file", FILES)
def test_a_visitor_is_sent_to_sign_in(file: str) -> None:
    with browsing() as browser:
        assert browser.get(ABSENT + file).status_code == 303


@pytest.mark.parametrize("file", FILES)
def test_a_party_opens_no_officers_page_not_even_of_the_own_declaration(anna: Decided, file: str) -> None:
    with browsing_stored(anna.office, "anna") as browser:
        assert browser.get(official(anna) + file).status_code == 403
    assert readings(anna.office, anna.stored.registration_number) == []


def test_only_those_who_have_the_pages_see_the_way_to_them() -> None:
    for person, shown in (("dana", True), ("anna", False), (None, False)):
        with browsing(person) as browser:
            assert (f'href="{SEARCH}"' in browser.get("/").text) is shown


def test_every_officers_route_needs_the_permission_to_read_evidence() -> None:
    needs = {
        handler.opt.get("need")
        for route in make_world().app.routes
        if route.path.startswith("/desk/declarations")
        for handler in getattr(route, "route_handlers", ())
        if handler.http_methods != {"OPTIONS"}
    }
    assert needs == {Permission.READ_EVIDENCE}


# --- what a declarant sees ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["anna", "berik"])
def test_a_party_reads_the_same_of_the_own_declaration(anna: Decided, person: str) -> None:
    with browsing_stored(anna.office, person) as browser:
        assert f'href="{own(anna)}/signatures"' in browser.get(own(anna)).text
        page, file = browser.get(own(anna) + "/signatures"), browser.get(own(anna) + "/evidence")
    assert "All signatures are valid" in words_on(page)
    assert f'href="{own(anna)}/evidence"' in page.text
    assert "/desk" not in page.text
    assert bundles.read(file.content).index == anna.stored.sequence
    assert readings(anna.office, anna.stored.registration_number) == []


@pytest.mark.parametrize("file", ["/signatures", "/evidence"])
def test_what_is_not_ones_own_is_not_found(anna: Decided, file: str) -> None:
    with browsing_stored(anna.office, "yerkin") as browser:
        assert browser.get(own(anna) + file).status_code == 404
        assert browser.get(f"/declarations/20201/241126/0009999{file}").status_code == 404


def _as(browser: Browser, role: Role) -> None:
    somebody = SignedIn("850412450128", "Somebody", role, "150340012340")
    browser.world.people.recorded.append(somebody)
    cookie = browser.world.site.keeper.begin(somebody, previous=None, firm="150340012340")
    browser.client.cookies.set(cookie.key, str(cookie.value))


def _texts(page: Response) -> list[str]:
    """Return the texts of the page, and the words of each."""
    texts = [" ".join(each.split()) for each in html.fromstring(page.text).xpath("//main//text()")]
    return [*texts, *(word for text in texts for word in text.split())]
