"""Objections to what is on record: whose they are, what is signed, when they are due, and what a decision does."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import caseworking
import offices
import pki
import pytest
import violating
from browsing import Browser
from caseworking import RED, person
from cast import PARTICIPANTS
from evidencing import browsing_stored
from lxml import etree
from msgspec.structs import replace

from declarations.lifecycle import Action, StatementKind
from portal.account.service import Account
from portal.auditing.violations import violation_doubts
from portal.casework.desk import Desk
from portal.casework.model import ItemResult
from portal.database import reading, writing
from portal.office import Office
from portal.signing_forms import verified
from portal.violations import contesting, service, statements
from portal.violations.base import ViolationBase
from portal.violations.errors import ViolationNotFound, ViolationRefused
from portal.violations.own import OwnViolations
from portal.violations.words import GROUNDS
from portal.worker import Worker
from risk_gateway.bases.violations import contest_store, store
from risk_gateway.bases.violations.contest_store import Contest, Ended
from risk_gateway.bases.violations.model import Appeal, State, Violation
from risk_gateway.packing import unpack
from risk_gateway.profiles import Motive
from signing import store as signing_store
from signing.errors import SigningError
from signing.xmlgate import CONTEST

ALTYN, QORGAN = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["qorgan"].identifier
TODAY, DAY = offices.NOW.date(), date(2026, 5, 4)
SCHEMA = Path(statements.__file__).parent / "schemas" / "contest-1.0.xsd"
SAID = "The goods were weighed twice: protocol 12 of 5 May"


class Crash(Exception):
    """What a process that dies looks like to its database: nothing is committed."""


class Case:
    """A violation on record of Qorgan, and short ways to contest and decide it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.own, self.base = OwnViolations(office), ViolationBase(office)
        with writing(office.engine) as connection:
            found = violating.violation(service.NEW, QORGAN, "understated_value", DAY)
            self.id = service.record(connection, violating.desk_of(office), found, person("dana").iin, offices.NOW).id

    @property
    def now(self) -> Violation:
        with reading(self.office.engine) as connection:
            found = store.newest(connection, self.id)
        assert found is not None
        return found

    @property
    def counts(self) -> bool:
        with reading(self.office.engine) as connection:
            return bool(store.counting(connection, QORGAN, TODAY))

    def prepared(self, key: str = "yerkin") -> Contest:
        return self.own.prepare(person(key), self.id, "wrong_facts", SAID)

    def raised(self) -> Contest:
        made = self.prepared()
        return self.own.accept(person("yerkin"), made.id, signed(made))

    def decide(self, ended: str = "upheld", reason: str = "not_proven", key: str = "gulnar", text: str = "Seen") -> str:
        found = contest_of(self)
        self.base.decide(person(key), found.id, ended, reason, text)
        return found.id

    def events(self) -> list[dict[str, Any]]:
        with reading(self.office.engine) as connection:
            return [json.loads(entry) for _, _, entry in signing_store.read_entries(connection, self.id)]


def contest_of(case: Case) -> Contest:
    with reading(case.office.engine) as connection:
        return contest_store.of_violations(connection, [case.id])[-1]


def signed(made: Contest, key: str = "yerkin") -> bytes:
    return pki.sign_as(key, unpack(made.prepared))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(offices.office(tmp_path))


# --- whose it is, and what is signed --------------------------------------------------------------------------------


def test_what_is_signed_follows_its_schema(case: Case) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    made = case.prepared()
    for document in (unpack(made.prepared), signed(made)):
        schema.assertValid(etree.fromstring(document))


@pytest.mark.parametrize("key", ["anna", "berik", "zarina", "aigerim", "dana", "gulnar"])
def test_nobody_else_sees_or_contests_it(case: Case, key: str) -> None:
    with pytest.raises(ViolationNotFound):
        case.own.entry(person(key), case.id)
    with pytest.raises(ViolationNotFound):
        case.prepared(key)


def test_it_is_raised_only_by_the_signature_of_who_wrote_it(case: Case) -> None:
    made = case.prepared()
    with pytest.raises(ViolationRefused, match=r"contest\.other_signer"):
        case.own.accept(person("yerkin"), made.id, signed(made, "anna"))
    with pytest.raises(ViolationNotFound):
        case.own.accept(person("anna"), made.id, signed(made, "anna"))
    assert case.now.appeal is Appeal.NONE


def test_other_content_is_refused(case: Case) -> None:
    made = case.prepared()
    other = unpack(made.prepared).replace(SAID.encode(), b"Something else")
    with pytest.raises(ViolationRefused, match=r"contest\.other_content"):
        case.own.accept(person("yerkin"), made.id, pki.sign_as("yerkin", other))


def test_a_document_of_another_kind_is_refused(case: Case) -> None:
    made = case.prepared()
    other = unpack(made.prepared).replace(b"urn:shekara:contest:1", b"urn:shekara:statement:1")
    with pytest.raises(SigningError):
        case.own.accept(person("yerkin"), made.id, pki.sign_as("yerkin", other))


def test_what_is_signed_too_late_is_to_be_written_again(case: Case) -> None:
    made = case.prepared()
    document = signed(made)
    assert isinstance(case.office.clock, offices.StillClock)
    case.office.clock.at += contesting.LIFETIME + timedelta(seconds=1)
    with pytest.raises(ViolationRefused, match=r"contest\.not_found"):
        case.own.accept(person("yerkin"), made.id, document)


@pytest.mark.parametrize(
    ("ground", "said", "code"),
    [("", SAID, "ground_needed"), ("because", SAID, "ground_needed"), ("expired", " \n", "text_needed")],
)
def test_an_objection_says_on_what_ground_and_why(case: Case, ground: str, said: str, code: str) -> None:
    with pytest.raises(ViolationRefused, match=code):
        case.own.prepare(person("yerkin"), case.id, ground, said)


def test_a_text_that_is_too_long_is_refused(case: Case) -> None:
    with pytest.raises(ViolationRefused, match="text_long"):
        case.own.prepare(person("yerkin"), case.id, "expired", "x" * 4_001)


# --- the clock ------------------------------------------------------------------------------------------------------


def test_from_its_signature_on_it_is_due_in_twenty_working_days(case: Case) -> None:
    raised = case.raised()
    assert raised.due_at is not None
    assert raised.due_at.date() == date(2026, 12, 23)  # after 16 December, a holiday
    assert not raised.overdue_at(raised.due_at)
    assert raised.overdue_at(raised.due_at + timedelta(seconds=1))
    assert (case.now.appeal, case.now.state, case.counts) == (Appeal.OPEN, State.CONFIRMED, True)


def test_the_same_signature_twice_is_one_objection(case: Case) -> None:
    made = case.prepared()
    document = signed(made)
    first = case.own.accept(person("yerkin"), made.id, document)
    assert case.own.accept(person("yerkin"), made.id, document) == first
    assert case.now.version == 2
    assert [each["event"] for each in case.events()].count("violation.contested") == 1


def test_one_objection_at_a_time(case: Case) -> None:
    first, second = case.prepared(), case.own.prepare(person("yerkin"), case.id, "expired", "Another")
    case.own.accept(person("yerkin"), second.id, signed(second))
    with pytest.raises(ViolationNotFound):
        case.own.prepared(person("yerkin"), first.id)
    with pytest.raises(ViolationRefused, match=r"contest\.open"):
        case.prepared()


def test_an_overdue_objection_is_told_of(case: Case) -> None:
    raised = case.raised()
    assert raised.due_at is not None
    assert isinstance(case.office.clock, offices.StillClock)
    case.office.clock.at = raised.due_at + timedelta(days=1)
    with browsing_stored(case.office, "gulnar") as browser:
        assert "Overdue" in browser.get("/violations/contests").text
        assert "Overdue" in browser.get(f"/violations/contests/{raised.id}").text
    case.decide()
    decided = next(each for each in case.events() if each["event"] == "violation.contest_decided")
    assert decided["particulars"]["overdue"] == "yes"


# --- the decision ---------------------------------------------------------------------------------------------------


def test_what_is_upheld_is_annulled_and_counts_no_more_from_that_moment(case: Case) -> None:
    case.raised()
    before = case.office.current().directory.risk_facts(QORGAN, offices.NOW)
    case.decide()
    after = case.office.current().directory.risk_facts(QORGAN, offices.NOW)
    assert (len(before.violations), len(after.violations)) == (1, 0)
    assert (case.now.state, case.now.appeal, case.now.version) == (State.ANNULLED, Appeal.UPHELD, 3)
    assert [each["event"] for each in case.events()] == [
        "violation.recorded",
        "violation.contested",
        "violation.recorded",
        "violation.contest_decided",
        "violation.recorded",
    ]
    with pytest.raises(ViolationRefused, match=r"contest\.annulled"):
        case.prepared()


def test_what_is_denied_stands_and_is_not_contested_again(case: Case) -> None:
    case.raised()
    case.decide("denied", "proven")
    assert (case.now.state, case.now.appeal, case.counts) == (State.CONFIRMED, Appeal.DENIED, True)
    assert contest_of(case).outcome is Ended.DENIED
    with pytest.raises(ViolationRefused, match=r"contest\.denied"):
        case.prepared()


@pytest.mark.parametrize(
    ("ended", "reason", "event", "answer"),
    [("upheld", "not_proven", "CONTEST_UPHELD", "39"), ("denied", "proven", "CONTEST_DENIED", "41")],
)
def test_the_participant_is_told_in_a_sealed_notice(
    case: Case, ended: str, reason: str, event: str, answer: str
) -> None:
    made = case.raised()
    case.decide(ended, reason, text="Seen <all> of it")
    Worker(case.office.engine, case.office.clock).deliver_due()
    account = Account(case.office)
    [row] = account.log(person("yerkin"), None).rows
    assert (row.kept.kind, row.notice.number, row.notice.status) == ("VIOLATION_NOTICE", case.id, event)
    kept = account.notice(person("yerkin"), row.kept.message_id)
    assert kept is not None
    root = etree.fromstring(kept[1])
    assert root.findtext("{*}AnswerCode") == answer
    assert root.findtext("{*}StatementDigest") == made.signed_digest
    assert root.findtext("{*}Text") == "Seen <all> of it"
    texts = {each.get("lang"): each.text for each in root.find("{*}Reason")}
    assert len(set(texts.values())) == 3, texts
    [entry] = [each for each in case.events() if each["event"] == "violation.contest_decided"]
    assert entry["particulars"]["notice"] == hashlib.sha256(kept[1]).hexdigest()
    assert account.log(person("anna"), None).rows == ()


def test_a_decision_is_made_once(case: Case) -> None:
    case.raised()
    identifier = case.decide()
    with pytest.raises(ViolationRefused, match=r"decision\.made"):
        case.base.decide(person("gulnar"), identifier, "denied", "proven", "After all")
    assert case.now.state is State.ANNULLED


@pytest.mark.parametrize(
    ("ended", "reason", "text", "code"),
    [
        ("", "", "Seen", "outcome_needed"),
        ("overtaken", "", "Seen", "outcome_needed"),
        ("upheld", "proven", "Seen", "reason_needed"),
        ("denied", "proven", "", "text_needed"),
    ],
)
def test_a_decision_takes_an_outcome_a_reason_of_it_and_words(
    case: Case, ended: str, reason: str, text: str, code: str
) -> None:
    case.raised()
    with pytest.raises(ViolationRefused, match=code):
        case.decide(ended, reason, text=text)
    assert contest_of(case).outcome is None


@pytest.mark.parametrize(("key", "code"), [("dana", r"decision\.author"), ("yerkin", r"decision\.own")])
def test_nobody_decides_on_what_they_wrote_themselves(case: Case, key: str, code: str) -> None:
    case.raised()
    with pytest.raises(ViolationRefused, match=code):
        case.decide(key=key)


def test_a_record_that_its_author_annuls_ends_the_objection(case: Case) -> None:
    raised = case.raised()
    with writing(case.office.engine) as connection:
        contest_store.overtake(connection, case.id, offices.NOW)
    assert contest_of(case).outcome is Ended.OVERTAKEN
    with pytest.raises(ViolationRefused, match=r"decision\.made"):
        case.base.decide(person("gulnar"), raised.id, "upheld", "not_proven", "Seen")


@pytest.mark.parametrize("point", ["after contest", "after contest entry", "after violation", "after violation entry"])
def test_a_crash_while_it_is_raised_leaves_it_to_be_signed_again(case: Case, point: str) -> None:
    made = case.prepared()
    genuine = verified(signed(made), case.office, offices.NOW, CONTEST)
    with pytest.raises(Crash), writing(case.office.engine) as connection:
        contesting.accept(connection, _crashing(case.office, point), made.id, person("yerkin"), genuine)
    assert (case.now.version, len(case.events())) == (1, 1)
    assert case.own.accept(person("yerkin"), made.id, signed(made)).sequence is not None


@pytest.mark.parametrize("point", ["after contest decision", "after contest decision entry", "after violation entry"])
def test_a_crash_while_it_is_decided_decides_nothing(case: Case, point: str) -> None:
    raised = case.raised()
    desk = _crashing(case.office, point)
    with pytest.raises(Crash), writing(case.office.engine) as connection:
        contesting.decide(connection, desk, raised.id, person("gulnar"), "upheld", "not_proven", "Seen")
    assert (contest_of(case).outcome, case.now.state) == (None, State.CONFIRMED)


def _crashing(office: Office, point: str) -> Desk:
    def strike(reached: str) -> None:
        if reached == point:
            raise Crash

    return Desk(office.clock, office.keyring, strike)


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def yerkin(case: Case) -> Iterator[Browser]:
    with browsing_stored(case.office, "yerkin") as browser:
        yield browser


def test_a_participant_reads_its_record_and_goes_on_to_signing(case: Case, yerkin: Browser) -> None:
    assert case.id in yerkin.get("/account").text
    page = yerkin.get(f"/account/violations/{case.id}").text
    assert "Understated value" in page
    assert "4 May 2028" in page
    empty = yerkin.post(f"/account/violations/{case.id}/contest", {"ground": "", "text": "x"})
    assert empty.status_code == 422
    assert "Choose from the list on what ground you object." in empty.text
    sent = yerkin.post(f"/account/violations/{case.id}/contest", {"ground": "expired", "text": SAID})
    assert sent.status_code == 303
    there = sent.headers["location"]
    assert SAID in yerkin.get(there).text
    assert yerkin.get(f"{there}/document").text.startswith("<?xml")
    assert yerkin.get(f"{there.replace(case.id, 'KZ-CRV-9')}").status_code == 404


def test_the_decision_and_its_reasons_are_read_by_the_participant(case: Case, yerkin: Browser) -> None:
    raised = case.raised()
    with browsing_stored(case.office, "gulnar") as gulnar:
        assert SAID in gulnar.get(f"/violations/contests/{raised.id}").text
        empty = gulnar.post(f"/violations/contests/{raised.id}", {"decision": "upheld:not_proven", "text": ""})
        assert empty.status_code == 422
        sent = gulnar.post(
            f"/violations/contests/{raised.id}", {"decision": "upheld:not_proven", "text": "The scales were checked."}
        )
        assert sent.status_code == 303
        assert gulnar.get(f"/violations/contests/{raised.id}/signed").status_code == 200
    page = yerkin.get(f"/account/violations/{case.id}").text
    assert "The scales were checked." in page
    assert "Annulled" in page
    assert yerkin.get(f"/account/violations/{case.id}/contest").status_code == 303
    assert yerkin.get(f"/account/violations/{case.id}/contest/{raised.id}/signed").status_code == 200


def test_another_participant_finds_nothing_there(case: Case) -> None:
    raised = case.raised()
    with browsing_stored(case.office, "anna") as anna:
        for rest in ("", "/contest", f"/contest/{raised.id}", f"/contest/{raised.id}/signed"):
            assert anna.get(f"/account/violations/{case.id}{rest}").status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ground_is_spoken_of_in_every_language(case: Case, language: str, ground: str) -> None:
    made = case.own.prepare(person("yerkin"), case.id, ground, SAID)
    case.own.accept(person("yerkin"), made.id, signed(made))
    with browsing_stored(case.office, "yerkin", language) as browser:
        assert browser.get(f"/account/violations/{case.id}").status_code == 200


def test_altyn_has_none_of_it(case: Case) -> None:
    with reading(case.office.engine) as connection:
        assert store.of_number(connection, ALTYN) == ()


# --- appeals against the act ----------------------------------------------------------------------------------------


def test_an_upheld_appeal_against_the_act_annuls_what_it_put_on_record(tmp_path: Path) -> None:
    desk = caseworking.desk(tmp_path, RED)
    led = desk.act().results
    desk.inspect(
        items=(ItemResult(1, True, "Something else"),),
        results=tuple(replace(each, found=True) for each in led),
        motive=Motive.PROHIBITION,
        amount_tiyn=12_300,
    )
    with reading(desk.office.engine) as connection:
        [found] = store.of_declaration(connection, desk.numbers[RED])
    assert (found.identity.number, found.state, found.amount_tiyn) == (ALTYN, State.CONFIRMED, 12_300)
    assert (found.kind, found.place, found.source_name) == ("prohibition", "20201", "20201")
    desk.state(RED, "anna", StatementKind.APPEAL, text="It was what was declared")
    upheld = desk.wanted(RED, "erlan", Action.UPHOLD_APPEAL, text="It was")
    desk.work.move(upheld)
    with reading(desk.office.engine) as connection:
        [after] = store.of_declaration(connection, desk.numbers[RED])
        assert store.counting(connection, ALTYN, TODAY) == ()
        assert list(violation_doubts(connection)) == []
    assert (after.state, after.appeal, after.version) == (State.ANNULLED, Appeal.UPHELD, 2)
