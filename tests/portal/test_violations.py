"""The base of violations: versions that stay, what counts, who is who, what partners tell, and what is never decided by
a name."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import offices
import pytest
import violating
from browsing import Browser
from caseworking import person
from cast import PARTICIPANTS
from evidencing import browsing_stored
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from interop.disclosure import ViolationMessage
from interop.errors import MessageRefused
from portal.database import reading, writing
from portal.office import Office
from portal.violations import service
from portal.violations.base import ViolationBase
from portal.violations.errors import Contradicted, ViolationNotFound, ViolationRefused
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.registry.model import Status
from risk_gateway.bases.violations import contest_store, identity_store, store
from risk_gateway.bases.violations.model import Appeal, Identity, Scheme, Source, State, Violation
from risk_gateway.bases.violations.terms import expiry_of, held_until
from signing import store as signing_store

ALTYN, QORGAN = PARTICIPANTS["altyn"].identifier, PARTICIPANTS["qorgan"].identifier
TODAY = offices.NOW.date()
DAY = date(2026, 5, 4)
PROVENANCE = "ab" * 32


class Crash(Exception):
    """What a process that dies looks like to its database: nothing is committed."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return offices.office(tmp_path)


@pytest.fixture
def base(office: Office) -> ViolationBase:
    return ViolationBase(office)


def recorded(office: Office, violation: Violation, by: str = "900523450679") -> Violation:
    with writing(office.engine) as connection:
        return service.record(connection, violating.desk_of(office), violation, by, offices.NOW)


def told(identifier: str = "KG-1", **changes: Any) -> ViolationMessage:
    """Return what Kyrgyz customs would tell of somebody known there by a number of its own."""
    usual: dict[str, Any] = {
        "id": identifier,
        "version": 1,
        "kind": "smuggling",
        "state": "confirmed",
        "scheme": "FOREIGN",
        "number": "02304201610151",
        "country": "KG",
        "name": "ОсОО «Корган Импорт»",
        "committed_on": DAY,
    }
    return ViolationMessage(**{**usual, **changes})


def receive(office: Office, message: ViolationMessage, now: datetime = offices.NOW) -> None:
    with writing(office.engine) as connection:
        service.receive(connection, violating.desk_of(office), "kg", message, PROVENANCE, now)


def counting(office: Office, number: str, day: date = TODAY) -> list[str]:
    with reading(office.engine) as connection:
        return [kind for kind, _ in store.counting(connection, number, day)]


def newest(office: Office, identifier: str) -> Violation:
    with reading(office.engine) as connection:
        found = store.newest(connection, identifier)
    assert found is not None
    return found


def events(office: Office, subject: str) -> list[dict[str, Any]]:
    with reading(office.engine) as connection:
        return [json.loads(entry) for _, _, entry in signing_store.read_entries(connection, subject)]


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_version_is_written_once_and_never_changed(office: Office) -> None:
    with writing(office.engine) as connection:
        violating.put(connection, "KZ-CRV-1", ALTYN, "smuggling", DAY)
    with pytest.raises(IntegrityError), writing(office.engine) as connection:
        violating.put(connection, "KZ-CRV-1", ALTYN, "false_code", DAY)
    assert newest(office, "KZ-CRV-1").kind == "smuggling"


def test_a_correction_is_the_next_version_and_both_stay(office: Office) -> None:
    first = recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY))
    second = recorded(office, replace(first, kind="false_code"))
    with reading(office.engine) as connection:
        assert [each.kind for each in store.versions(connection, first.id)] == ["smuggling", "false_code"]
        assert [each.kind for each in store.of_number(connection, ALTYN)] == ["false_code"]
        assert [cursor for cursor, _ in store.changed_since(connection, 0, 10)] == [1, 2]
        assert [each.version for _, each in store.changed_since(connection, 1, 10)] == [second.version]
    assert [each["particulars"]["version"] for each in events(office, first.id)] == ["1", "2"]
    assert counting(office, ALTYN) == ["false_code"]


def test_a_record_moved_to_somebody_else_counts_for_them_alone(office: Office) -> None:
    first = recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY))
    recorded(office, replace(first, identity=violating.participant_identity(QORGAN)))
    assert (counting(office, ALTYN), counting(office, QORGAN)) == ([], ["smuggling"])


@pytest.mark.parametrize("point", ["after violation", "after violation entry"])
def test_a_crash_in_between_leaves_neither_record_nor_entry(office: Office, point: str) -> None:
    def strike(reached: str) -> None:
        if reached == point:
            raise Crash

    desk = replace_mark(office, strike)
    with pytest.raises(Crash), writing(office.engine) as connection:
        service.record(connection, desk, violating.violation("KZ-CRV-1", ALTYN, "smuggling", DAY), "", offices.NOW)
    with reading(office.engine) as connection:
        assert store.newest(connection, "KZ-CRV-1") is None
    assert events(office, "KZ-CRV-1") == []


def replace_mark(office: Office, mark: Any) -> Any:
    desk = violating.desk_of(office)
    return type(desk)(desk.clock, desk.keyring, mark)


def test_the_gateway_judges_by_the_newest_version_at_once(office: Office) -> None:
    first = recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY))
    known = office.current().directory.risk_facts(ALTYN, offices.NOW)
    recorded(office, replace(first, state=State.ANNULLED))
    after = office.current().directory.risk_facts(ALTYN, offices.NOW)
    assert (known.violations, after.violations) == ((("smuggling", DAY),), ())


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, True),
        ({"state": State.ALLEGED}, False),
        ({"state": State.ANNULLED}, False),
        ({"expires_on": TODAY}, False),
        ({"expires_on": TODAY + timedelta(days=1)}, True),
        ({"expires_on": None}, True),
        ({"hold_until": TODAY}, True),
        ({"hold_until": TODAY - timedelta(days=1)}, False),
        ({"appeal": Appeal.OPEN}, True),
    ],
)
def test_what_counts_is_confirmed_held_and_not_expired(office: Office, changes: dict[str, Any], counted: bool) -> None:
    violation = recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY, **changes))
    assert (counting(office, ALTYN) == ["smuggling"]) is counted
    assert violation.counts_on(TODAY) is counted


def test_expiry_and_holding_end_on_a_day_that_exists() -> None:
    assert expiry_of(date(2024, 2, 29)) == date(2026, 2, 28)
    assert held_until(date(2024, 2, 29)) == date(2029, 2, 28)


# --- what a partner tells -------------------------------------------------------------------------------------------


def test_an_exact_number_counts_at_once_whatever_the_name_is(office: Office) -> None:
    receive(office, told(scheme="BIN", number=QORGAN, country="KZ", name="Quite another name"))
    assert counting(office, QORGAN) == ["smuggling"]
    assert newest(office, "kg:KG-1").source is Source.PARTNER


def test_a_similar_name_counts_for_nobody_and_asks_an_officer(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    assert counting(office, QORGAN) == []
    [question] = base.questions()
    assert (question.candidate, question.score >= 86) == (f"BIN:KZ:{QORGAN}", True)


def test_a_number_that_does_not_check_is_nobodys_number_here(office: Office, base: ViolationBase) -> None:
    receive(office, told(scheme="BIN", number="240140031358", country="KZ"))
    assert newest(office, "kg:KG-1").identity.scheme is Scheme.FOREIGN
    assert counting(office, "240140031358") == []
    assert len(base.questions()) == 1


def test_the_same_message_again_and_an_older_one_change_nothing(office: Office) -> None:
    receive(office, told(version=2, state="annulled"))
    receive(office, told(version=2, state="annulled"))
    receive(office, told(version=1))
    with reading(office.engine) as connection:
        assert [each.origin_version for each in store.versions(connection, "kg:KG-1")] == [2]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "false_code"},
        {"committed_on": DAY - timedelta(days=1)},
        {"number": "99999999999999"},
        {"scheme": "BIN", "number": QORGAN, "country": "KZ"},
        {"state": "annulled"},
        {"amount_tiyn": 5},
    ],
)
def test_the_same_version_told_otherwise_is_refused(office: Office, changes: dict[str, Any]) -> None:
    receive(office, told(amount_tiyn=7))
    receive(office, told(version=2, amount_tiyn=8))
    with pytest.raises(Contradicted, match=r"violation\.contradicts"):
        receive(office, told(**{"amount_tiyn": 7, **changes}))
    assert newest(office, "kg:KG-1").amount_tiyn == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"number": "", "scheme": "", "country": ""},
        {"number_hash": "0" * 64, "number": "hmac:000"},
        {"committed_on": None},
        {"place": "Osh"},
        {"article": "Article 7"},
    ],
)
def test_the_same_version_with_more_or_fewer_fields_is_left_alone(office: Office, changes: dict[str, Any]) -> None:
    receive(office, told())
    receive(office, told(**changes))
    with reading(office.engine) as connection:
        assert len(store.versions(connection, "kg:KG-1")) == 1


def test_what_was_decided_here_is_no_contradiction_of_the_partner(office: Office) -> None:
    receive(office, told())
    recorded(office, replace(newest(office, "kg:KG-1"), state=State.ANNULLED, appeal=Appeal.UPHELD))
    receive(office, told())
    assert newest(office, "kg:KG-1").state is State.ANNULLED


def test_ids_of_our_own_are_not_given_again_after_a_restore(office: Office) -> None:
    first = recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY))
    with writing(office.engine) as connection:  # a copy of before it is restored
        connection.execute(store.version_table.delete())
    again = recorded(office, violating.violation(service.NEW, QORGAN, "smuggling", DAY))
    assert first.id != again.id
    assert re.fullmatch(r"KZ-CRV-2026-0000001-[0-9a-f]{8}", again.id)


def test_two_partners_ids_are_two_records(office: Office) -> None:
    receive(office, told())
    with writing(office.engine) as connection:
        service.receive(connection, violating.desk_of(office), "cn", told(), PROVENANCE, offices.NOW)
        assert {each.id for _, each in store.changed_since(connection, 0, 10)} == {"kg:KG-1", "cn:KG-1"}


def test_without_a_day_it_is_alleged_until_the_partner_tells(office: Office) -> None:
    receive(office, told(scheme="BIN", number=QORGAN, committed_on=None))
    assert newest(office, "kg:KG-1").state is State.ALLEGED
    receive(office, told(version=2, scheme="BIN", number=QORGAN))
    assert counting(office, QORGAN) == ["smuggling"]


def test_a_partner_cannot_make_it_count_or_be_held_longer_than_our_law(office: Office) -> None:
    far = date(2099, 1, 1)
    receive(office, told(scheme="BIN", number=QORGAN, expires_on=far, retain_until=far))
    found = newest(office, "kg:KG-1")
    assert (found.expires_on, found.hold_until) == (expiry_of(DAY), held_until(DAY))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identifier": "a/../b"}, "violation.id_unusable"),
        ({"kind": "witchcraft"}, "violation.kind_unknown"),
        ({"state": "guilty"}, "violation.state_unknown"),
        ({"version": 0}, "violation.number_unusable"),
        ({"amount_tiyn": -1}, "violation.number_unusable"),
        ({"amount_tiyn": 2**63}, "violation.number_unusable"),
        ({"committed_on": TODAY + timedelta(days=1)}, "violation.day_unusable"),
        ({"committed_on": None, "decided_on": TODAY + timedelta(days=1)}, "violation.day_unusable"),
        ({"committed_on": date(1991, 12, 16)}, "violation.day_unusable"),
        ({"committed_on": date(9999, 12, 31)}, "violation.day_unusable"),
    ],
)
def test_what_can_never_be_taken_is_refused_for_good(office: Office, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(MessageRefused, match=code):
        receive(office, told(**changes))


def test_a_partner_further_east_may_tell_today_what_is_of_tomorrow_here(office: Office) -> None:
    late = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)  # 23:30 here
    receive(office, told(committed_on=date(2026, 11, 25)), late)
    assert newest(office, "kg:KG-1").committed_on == date(2026, 11, 25)


def test_the_longest_id_of_a_partners_violation_fits_wherever_it_is_kept() -> None:
    partner = SQLModel.metadata.tables["exchange_partner"].c.id.type.length
    columns = (
        store.version_table.c.id,
        contest_store.contest_table.c.violation,
        identity_store.question_table.c.violation,
        registry_store.step_table.c.cause,
    )
    assert {str(each): each.type.length for each in columns if each.type.length < partner + len(":") + 60} == {}


def test_texts_of_a_partner_fit_their_columns_and_hide_nothing(office: Office) -> None:
    receive(office, told(name="A\x00\u202eB" + "x" * 5_000, article="y" * 5_000, place="z" * 500))
    found = newest(office, "kg:KG-1")
    assert found.identity.name.startswith("ABx")
    assert (len(found.identity.name), len(found.article), len(found.place)) == (300, 200, 100)


def test_who_has_no_number_is_nobody_elses_record(office: Office) -> None:
    receive(office, told("KG-1", number="", scheme=""))
    receive(office, told("KG-2", number="", scheme=""))
    assert newest(office, "kg:KG-1").identity.key != newest(office, "kg:KG-2").identity.key


def test_nobody_without_a_number_is_taken_for_another_because_their_ids_begin_alike(office: Office) -> None:
    first, second = ("x" * 59 + end for end in "12")
    receive(office, told(first, number="", scheme=""))
    receive(office, told(second, number="", scheme=""))
    assert newest(office, f"kg:{first}").identity.key != newest(office, f"kg:{second}").identity.key
    receive(office, told(first, version=2, number="", scheme=""))
    assert newest(office, f"kg:{first}").version == 2


# --- who is who -----------------------------------------------------------------------------------------------------


def test_the_same_means_that_it_counts_and_taking_it_back_that_it_does_not(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    [question] = base.questions()
    base.answer(person("gulnar"), question.id, "same", "The founders are the same persons")
    assert counting(office, QORGAN) == ["smuggling"]
    dossier = base.dossier(person("gulnar"), question.identity)
    [merge] = dossier.merges
    assert (dossier.root, merge.by_name) == (f"BIN:KZ:{QORGAN}", person("gulnar").name)

    base.undo(person("marat"), merge.sequence, "Another firm of that name")
    assert counting(office, QORGAN) == []
    [merge] = base.dossier(person("gulnar"), question.identity).merges
    assert merge.undone_reason == "Another firm of that name"
    with pytest.raises(ViolationRefused, match=r"merge\.undone"):
        base.undo(person("marat"), merge.sequence, "Again")
    whats = [each["particulars"].get("what") for each in events(office, question.identity)]
    assert [each for each in whats if each] == ["merged", "undone"]


def test_what_a_merged_identity_does_later_counts_without_asking(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    base.answer(person("gulnar"), base.questions()[0].id, "same", "They are")
    receive(office, told("KG-2", kind="false_code"))
    assert counting(office, QORGAN) == ["smuggling", "false_code"]
    assert base.questions() == ()


def test_saying_who_it_is_suspends_an_entry_in_the_registry_and_taking_it_back_restores_it(
    office: Office, base: ViolationBase
) -> None:
    def status() -> Status | None:
        with reading(office.engine) as connection:
            return registry_store.status_at(connection, ALTYN, offices.NOW)

    receive(office, told(name="ТОО «Алтын Дала Трейд»", kind="late_documents"))
    assert status() is Status.ACTIVE
    base.answer(person("gulnar"), base.questions()[0].id, "same", "They are")
    assert status() in (Status.SUSPENDED, Status.EXCLUDED)
    [merge] = base.dossier(person("gulnar"), "FOREIGN:KG:02304201610151").merges
    base.undo(person("gulnar"), merge.sequence, "They are not")
    assert status() is Status.ACTIVE


def test_not_the_same_is_never_asked_again(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    question = base.questions()[0]
    base.answer(person("gulnar"), question.id, "different", "Other founders")
    receive(office, told("KG-2"))
    assert base.questions() == ()
    assert counting(office, QORGAN) == []
    with pytest.raises(ViolationRefused, match=r"match\.answered"):
        base.answer(person("gulnar"), question.id, "same", "No, they are")


@pytest.mark.parametrize(("answer", "reason", "code"), [("", "Why", "answer_needed"), ("same", " ", "reason_needed")])
def test_an_answer_takes_a_choice_and_a_reason(
    office: Office, base: ViolationBase, answer: str, reason: str, code: str
) -> None:
    receive(office, told())
    with pytest.raises(ViolationRefused, match=code):
        base.answer(person("gulnar"), base.questions()[0].id, answer, reason)
    assert len(base.questions()) == 1


def test_exact_numbers_are_never_merged(office: Office, base: ViolationBase) -> None:
    recorded(office, violating.violation(service.NEW, ALTYN, "smuggling", DAY))
    with pytest.raises(ViolationRefused, match=r"merge\.national"):
        base.merge(person("gulnar"), f"BIN:KZ:{ALTYN}", QORGAN, "They are the same")


def test_a_merge_into_nobody_and_a_second_one_are_refused(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    key = "FOREIGN:KG:02304201610151"
    with pytest.raises(ViolationRefused, match=r"merge\.unknown"):
        base.merge(person("gulnar"), key, "999999999999", "They are the same")
    base.merge(person("gulnar"), key, QORGAN, "They are the same")
    with pytest.raises(ViolationRefused, match=r"merge\.same"):
        base.merge(person("gulnar"), key, ALTYN, "They are the same")
    assert (counting(office, QORGAN), counting(office, ALTYN)) == (["smuggling"], [])


# --- searching ------------------------------------------------------------------------------------------------------


def hits(base: ViolationBase, text: str) -> list[tuple[str, int | None]]:
    return [(each.key, each.score) for each in base.search(person("gulnar"), text)]


def test_a_number_finds_exactly_and_a_name_what_is_similar(office: Office, base: ViolationBase) -> None:
    receive(office, told())
    recorded(office, violating.violation("KZ-CRV-7", QORGAN, "smuggling", DAY))
    assert hits(base, QORGAN) == [(f"BIN:KZ:{QORGAN}", None)]
    assert hits(base, "0230 4201610151") == [("FOREIGN:KG:02304201610151", None)]
    assert hits(base, "KZ-CRV-7") == [(f"BIN:KZ:{QORGAN}", None)]
    assert {key for key, _ in hits(base, "Қорған импорт ЖШС")} == {f"BIN:KZ:{QORGAN}", "FOREIGN:KG:02304201610151"}
    assert hits(base, "Nobody at all") == []


def test_every_search_and_every_reading_is_in_the_journal(office: Office, base: ViolationBase) -> None:
    recorded(office, violating.violation("KZ-CRV-7", QORGAN, "smuggling", DAY))
    base.search(person("marat"), "Qorgan")
    base.record(person("marat"), "KZ-CRV-7")
    base.dossier(person("marat"), f"BIN:KZ:{QORGAN}")
    [searched] = events(office, "violations")
    assert (searched["event"], searched["particulars"]["text"]) == ("violation.searched", "Qorgan")
    assert searched["particulars"]["officer"] == person("marat").iin
    assert len(searched["particulars"]["salt"]) == 32
    assert events(office, "KZ-CRV-7")[-1]["event"] == "violation.read"
    assert events(office, f"BIN:KZ:{QORGAN}")[-1]["event"] == "violation.read"


def test_what_may_no_longer_be_held_is_neither_found_nor_shown(office: Office, base: ViolationBase) -> None:
    past = {"hold_until": TODAY - timedelta(days=1)}
    gone = Identity(Scheme.FOREIGN, "G-1", "KG", "Gone and Forgotten")
    recorded(office, violating.violation("KZ-CRV-7", QORGAN, "smuggling", DAY, identity=gone, **past))
    assert hits(base, "G-1") == []
    assert hits(base, "Gone and Forgotten") == []
    for look in (lambda: base.record(person("marat"), "KZ-CRV-7"), lambda: base.dossier(person("marat"), gone.key)):
        with pytest.raises(ViolationNotFound):
            look()


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def gulnar(office: Office) -> Iterator[Browser]:
    with browsing_stored(office, "gulnar") as browser:
        yield browser


def test_an_official_finds_reads_and_says_who_is_who(office: Office, gulnar: Browser) -> None:
    receive(office, told())
    assert "02304201610151" in gulnar.get("/violations?search=Korgan").text
    assert "Smuggling" in gulnar.get("/violations/records/kg:KG-1").text
    asked = gulnar.get("/violations/questions").text
    assert "Qorgan Import" in asked
    [question] = ViolationBase(office).questions()
    again = gulnar.post(f"/violations/questions/{question.id}", {"answer": "same", "text": ""})
    assert again.status_code == 422
    assert "Write why you say so." in again.text
    assert gulnar.post(f"/violations/questions/{question.id}", {"answer": "same", "text": "Seen"}).status_code == 303
    there = gulnar.get("/violations/identities/FOREIGN:KG:02304201610151").text
    assert "Take it back" in there
    with reading(office.engine) as connection:
        [merge] = identity_store.merges_of(connection, ["FOREIGN:KG:02304201610151"])
    parted = gulnar.post(
        "/violations/identities/FOREIGN:KG:02304201610151/part", {"merge": str(merge.sequence), "text": "No"}
    )
    assert parted.status_code == 303
    assert "Taken back" in gulnar.get("/violations/identities/FOREIGN:KG:02304201610151").text


@pytest.mark.parametrize(
    "address", ["records/KZ-CRV-9", "identities/BIN:KZ:999999999999", "identities/x", "contests/x"]
)
def test_what_is_not_there_is_not_found(gulnar: Browser, address: str) -> None:
    assert gulnar.get(f"/violations/{address}").status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_speak_every_language(office: Office, language: str) -> None:
    receive(office, told())
    with browsing_stored(office, "gulnar", language) as browser:
        for address in ("", "?search=Korgan", "/questions", "/contests", "/records/kg:KG-1"):
            assert browser.get(f"/violations{address}").status_code == 200


def test_moments_of_records_are_utc_whatever_the_database_says(office: Office) -> None:
    receive(office, told())
    assert newest(office, "kg:KG-1").recorded_at == offices.NOW
    assert newest(office, "kg:KG-1").recorded_at.tzinfo is UTC
