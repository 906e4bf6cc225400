"""Corrections of registered declarations: the next version under the same number, never milder, never a new throw."""

from datetime import timedelta

import offices
import pki
import pytest
import tampering
from builders import declaration_xml
from cast import PARTICIPANTS, PERSONS
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from declarations import store as declarations_store
from declarations.lifecycle import Action, Actor, Status
from portal import amending
from portal.casework import reasons
from portal.casework import store as casework_store
from portal.casework.errors import CaseNotFound
from portal.casework.model import Mover, Wanted
from portal.casework.moving import Desk, make_move
from portal.database import reading, writing
from portal.errors import AmendmentRefused, DuplicateReference, Outdated, SenderNotParty, Unavailable
from portal.pipeline import lodge, prepare
from portal.stages import Lodged
from risk_gateway import archive_store, canonical, history_store, knowledge_store
from risk_gateway import store as risk_store
from risk_gateway.model import Case, Outcome
from risk_gateway.packing import unpack
from risk_gateway.replay import replay
from risk_gateway.tables import ParticipantHistoryRow

QORGAN, TENGRI = PARTICIPANTS["qorgan"].identifier, PARTICIPANTS["tengri"].identifier
CHAIRS = {"code": "9401610000"}
NURLAN = Mover(Actor.DOCUMENT_OFFICER, PERSONS["nurlan"].iin, PERSONS["nurlan"].name, "20201")
DANA = Mover(Actor.INSPECTOR, PERSONS["dana"].iin, PERSONS["dana"].name, "20201")
KAIRAT = Mover(Actor.INSPECTOR, PERSONS["kairat"].iin, PERSONS["kairat"].name, "10101")
LATER = timedelta(hours=2)
ISSUED = (offices.NOW + LATER).astimezone(offices.KAZAKHSTAN_TIME).isoformat()


@pytest.fixture
def clock():
    return offices.StillClock()


@pytest.fixture
def office(tmp_path, clock):
    made = offices.office(tmp_path, clock)
    yield made
    made.recorder.stop()


def by_yerkin(reference="Q-1", **changes):
    """Qorgan's: documents are asked for; chairs for next to nothing are inspected."""
    given = {"declarant": "qorgan", "signatory": "yerkin", **changes}
    return pki.sign_as("yerkin", declaration_xml(reference=reference, **given))


def by_zarina(reference="T-1", **changes):
    """Tengri's: released at 400 dollars, documents at 40."""
    given = {"declarant": "tengri", "signatory": "zarina", "price": 400, **changes}
    return pki.sign_as("zarina", declaration_xml(reference=reference, **given))


def correct(by, number, reference, issued_at=ISSUED, **changes):
    return by(reference, function="4", registration_number=number, issued_at=issued_at, **changes)


def send(office, data, **how):
    return lodge(Lodged(data, office.clock.now(), **how), office)


def versions(office, number):
    with reading(office.engine) as connection:
        return declarations_store.find_versions(connection, number)


def statuses(office, number):
    return [each.status for each in versions(office, number)]


def first(office, by, outcome, **changes):
    """Lodge one whose decision has this outcome, go on for two hours, and return its number."""
    answer = send(office, by(**changes))
    assert answer.decision.outcome is outcome
    office.clock.at += LATER
    return answer.stored.registration_number


def checked(office, **changes):
    return first(office, by_yerkin, Outcome.DOCUMENTARY_CHECK, **changes)


def inspected(office, **changes):
    return first(office, by_yerkin, Outcome.INSPECTION_ORDER, **{**CHAIRS, "price": 20, **changes})


def released(office, **changes):
    return first(office, by_zarina, Outcome.SIMPLIFIED_RELEASE, **changes)


def move(office, number, action, by, **what):
    with writing(office.engine) as connection:
        stored = declarations_store.find_by_number(connection, number)
        wanted = Wanted(number=number, action=action, expected=Status(stored.status), by=by, **what)
        return make_move(connection, Desk(office.clock, office.keyring), wanted)


def case_of(office, stored):
    with reading(office.engine) as connection:
        kept = risk_store.read_decision(
            connection, *(getattr(stored.key, name) for name in stored.key.__struct_fields__)
        )
    return canonical.loads(unpack(kept.case), Case)


def late_amendments(office, participant):
    table = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]
    with reading(office.engine) as connection:
        found = select(table.c.declarations, table.c.amendments_after_notice).where(table.c.participant == participant)
        return tuple(connection.execute(found).one())


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("amendment.no_declaration", {"reference": "Q-OTHER"}),
        ("amendment.other_number", {"registration_number": "20201/241126/0000009"}),
        ("amendment.other_kind", {"office": "10101"}),
    ],
)
def test_a_correction_of_something_else_is_refused(office, code, changes):
    number = checked(office)
    given = {"reference": "Q-1", "function": "4", "registration_number": number, "issued_at": ISSUED, **changes}

    with pytest.raises(AmendmentRefused) as refused:
        send(office, by_yerkin(**given))

    assert refused.value.code == code
    assert statuses(office, number) == ["DOCUMENTS_REQUESTED"]


def test_nobody_corrects_what_is_anothers(office):
    number = checked(office)

    with pytest.raises(AmendmentRefused) as refused:
        send(office, correct(by_zarina, number, "Q-1"))
    with pytest.raises(SenderNotParty):
        send(office, correct(by_yerkin, number, "Q-1"), sender=TENGRI)

    assert refused.value.code == "amendment.no_declaration"
    assert statuses(office, number) == ["DOCUMENTS_REQUESTED"]


def test_a_correction_written_before_the_newest_version_is_refused(office):
    number = checked(office)
    before = correct(by_yerkin, number, "Q-1", issued_at="2026-11-24T10:30:00+05:00", price=410)
    send(office, correct(by_yerkin, number, "Q-1", price=420))

    with pytest.raises(AmendmentRefused) as refused:
        send(office, before)

    assert (refused.value.code, refused.value.params["version"]) == ("amendment.outdated", "2")


def test_a_correction_of_a_version_that_its_sender_has_not_seen_is_refused(office):
    number = checked(office)
    send(office, correct(by_yerkin, number, "Q-1", price=420))

    with pytest.raises(AmendmentRefused) as refused:
        send(office, correct(by_yerkin, number, "Q-1", price=430), amends=1)

    assert refused.value.code == "amendment.outdated"
    assert send(office, correct(by_yerkin, number, "Q-1", price=430), amends=2).stored.key.version == 3


def test_a_second_correction_waits_its_turn(office):
    number = released(office)
    send(office, correct(by_zarina, number, "T-1", price=390))

    with pytest.raises(AmendmentRefused) as refused:
        send(office, correct(by_zarina, number, "T-1", price=380))

    assert refused.value.code == "amendment.waiting"


def test_an_original_under_the_same_reference_stays_a_duplicate(office):
    number = checked(office)
    send(office, correct(by_yerkin, number, "Q-1", price=420))

    with pytest.raises(DuplicateReference):
        send(office, by_yerkin(price=430))


# --- granted at once ------------------------------------------------------------------------------------------------


def test_while_only_documents_are_asked_for_a_correction_is_the_next_version_at_once(office):
    number = checked(office)

    answer = send(office, correct(by_yerkin, number, "Q-1", price=420))

    assert (answer.stored.registration_number, answer.stored.key.version) == (number, 2)
    assert (answer.asked, answer.stored.status) == (False, "DOCUMENTS_REQUESTED")
    assert statuses(office, number) == ["GRANTED", "DOCUMENTS_REQUESTED"]
    assert late_amendments(office, QORGAN) == (1, 1)


def test_the_same_bytes_get_the_same_answer_of_every_version(office):
    one = by_yerkin()
    number = send(office, one).stored.registration_number
    office.clock.at += LATER
    two = correct(by_yerkin, number, "Q-1", price=420)
    answer = send(office, two)

    again, original = send(office, two), send(office, one)

    assert (again.repeated, again.stored, again.notice) == (True, answer.stored, answer.notice)
    assert (original.repeated, original.stored.key.version) == (True, 1)
    assert len(versions(office, number)) == 2


def test_two_corrections_at_the_same_moment_do_not_both_get_in(office):
    number = checked(office)
    snapshot = office.snapshot
    entries = [
        prepare(Lodged(correct(by_yerkin, number, "Q-1", price=price), office.clock.now()), office)
        for price in (410, 420)
    ]
    assert snapshot is office.snapshot

    made = office.recorder.record(entries[0])
    with pytest.raises(Outdated):
        office.recorder.record(entries[1])

    assert made.stored.key.version == 2
    assert len(versions(office, number)) == 2


# --- never milder, never another throw ------------------------------------------------------------------------------


def test_a_correction_is_in_no_milder_lane_and_says_so(office):
    number = first(office, by_zarina, Outcome.DOCUMENTARY_CHECK, price=40)

    answer = send(office, correct(by_zarina, number, "T-1", price=400))

    assert answer.decision.outcome is Outcome.DOCUMENTARY_CHECK
    assert [reason.category_code for reason in answer.decision.explanation] == ["amended"]
    assert [measure.code.value for measure in answer.decision.measures] == ["DOCUMENTARY_CONTROL"]


def test_a_correction_that_shows_more_risk_is_in_a_stricter_lane(office):
    number = checked(office)

    answer = send(office, correct(by_yerkin, number, "Q-1", **CHAIRS, price=20))

    assert (answer.decision.outcome, answer.stored.status) == (Outcome.INSPECTION_ORDER, "INSPECTION_ORDERED")


def test_an_inspection_stays_ordered_with_its_extent_whatever_is_corrected(office):
    number = inspected(office)
    send(office, correct(by_yerkin, number, "Q-1", **CHAIRS, price=400))

    answer = amending.grant(office, number, DANA)

    assert (answer.stored.key.version, answer.stored.status) == (2, "INSPECTION_ORDERED")
    assert (answer.decision.outcome, answer.decision.inspection_extent.value) == (Outcome.INSPECTION_ORDER, "partial")


def test_a_correction_days_later_is_drawn_with_the_key_of_the_first_day(office):
    number = checked(office)
    office.clock.at += timedelta(days=3)
    send(office, correct(by_yerkin, number, "Q-1", price=420))

    one, two = (case_of(office, stored) for stored in versions(office, number))
    with reading(office.engine) as connection:
        stored = archive_store.find_case(connection, number)
        known = knowledge_store.read(connection, stored.knowledge_version)
        replayed = replay(stored, lambda version: knowledge_store.read(connection, version))

    assert one.series_id == two.series_id
    assert (known.day, known.key_day) == (offices.NOW.date() + timedelta(days=3), offices.NOW.date())
    assert replayed.same


# --- what an officer has to permit ----------------------------------------------------------------------------------


def test_after_release_an_officer_is_asked_and_the_goods_stay_released(office):
    number = released(office)
    data = correct(by_zarina, number, "T-1", price=390)

    asked = send(office, data)
    again = send(office, data)
    answer = amending.grant(office, number, NURLAN)

    assert (asked.asked, asked.stored.status, asked.stored.key.version) == (True, "AMENDMENT_REQUESTED", 1)
    assert (again.asked, again.stored.status, again.repeated) == (True, "AMENDMENT_REQUESTED", True)
    assert (answer.stored.key.version, answer.stored.status) == (2, "RELEASED")
    assert [measure.code.value for measure in answer.decision.measures] == ["POST_AUDIT_FLAG"]
    assert statuses(office, number) == ["GRANTED", "RELEASED"]
    assert late_amendments(office, TENGRI) == (1, 0)


def test_after_release_what_is_found_now_cannot_be_inspected_any_more(office):
    number = released(office)
    send(office, correct(by_zarina, number, "T-1", price=4))

    answer = amending.grant(office, number, NURLAN)

    assert (answer.decision.outcome, answer.stored.status) == (Outcome.SIMPLIFIED_RELEASE, "RELEASED")
    assert "POST_AUDIT_FLAG" not in str(answer.as_json("en"))


def test_once_an_officer_has_asked_for_something_a_correction_needs_his_permission(office):
    number = checked(office)
    move(office, number, Action.REQUEST_DATA, NURLAN, text="Proof", limit=office.clock.now() + timedelta(days=3))

    assert send(office, correct(by_yerkin, number, "Q-1", price=420)).asked


@pytest.mark.parametrize(("price", "open_ones"), [(420, 1), (4, 0)], ids=["still-on-paper", "now-inspected"])
def test_what_was_asked_stays_open_after_a_correction_as_long_as_it_can_be_answered(office, price, open_ones):
    number = checked(office)
    move(office, number, Action.ASK, NURLAN, text="Who made it?", limit=office.clock.now() + timedelta(days=3))
    send(office, correct(by_yerkin, number, "Q-1", price=price, **(CHAIRS if price == 4 else {})))
    answer = amending.grant(office, number, NURLAN)
    assert (answer.stored.status == Status.QUERY) is bool(open_ones)
    with reading(office.engine) as connection:
        [request] = casework_store.read_requests(connection, [number], office.clock.now())[number]
    assert (request.answered_by is None) is bool(open_ones)


def test_a_denied_correction_leaves_everything_as_it_was_and_does_not_come_back(office):
    number = released(office)
    data = correct(by_zarina, number, "T-1", price=390)
    send(office, data)

    amending.deny(office, number, NURLAN, reason_for_denial(), "The invoice says otherwise.")
    with pytest.raises(AmendmentRefused) as refused:
        send(office, data)
    other = send(office, correct(by_zarina, number, "T-1", price=395))

    assert refused.value.code == "amendment.denied"
    assert other.asked
    assert statuses(office, number) == ["AMENDMENT_REQUESTED"]


def test_an_officer_of_another_post_neither_grants_nor_denies(office):
    number = released(office)
    send(office, correct(by_zarina, number, "T-1", price=390))

    with pytest.raises(CaseNotFound):
        amending.grant(office, number, KAIRAT)
    with pytest.raises(CaseNotFound):
        amending.deny(office, number, KAIRAT, reason_for_denial(), "No.")

    assert statuses(office, number) == ["AMENDMENT_REQUESTED"]


def test_nothing_is_granted_twice(office):
    number = released(office)
    send(office, correct(by_zarina, number, "T-1", price=390))
    amending.grant(office, number, NURLAN)

    with pytest.raises(AmendmentRefused) as refused:
        amending.grant(office, number, DANA)

    assert refused.value.code == "amendment.nothing_waits"
    assert len(versions(office, number)) == 2


def test_what_was_withdrawn_or_refused_cannot_be_corrected(office):
    number = checked(office)
    move(office, number, Action.REFUSE_RELEASE, NURLAN, reason=reasons.of(Action.REFUSE_RELEASE)[0], text="No proof.")

    with pytest.raises(AmendmentRefused) as refused:
        send(office, correct(by_yerkin, number, "Q-1", price=420))

    assert refused.value.code == "amendment.closed"


def reason_for_denial():
    return reasons.of(Action.DENY_AMENDMENT)[0]


# --- what is written off --------------------------------------------------------------------------------------------


def test_a_correction_writes_off_instead_of_the_version_before(office):
    with writing(office.engine) as connection:
        history_store.put_certificate(connection, "CT-1", TENGRI, 1_000_000, "test")
        declarations_store.bump_revision(connection)
    papers = [{"type": "06011", "id": "CT-1"}]
    number = released(office, documents=papers)
    one = case_of(office, versions(office, number)[0]).items[0].net_mass_kg
    assert left_of_certificate(office) == 1_000_000 - one * 1000
    more = correct(by_zarina, number, "T-1", documents=papers, net=one + 1, gross=one + 3)
    send(office, more)

    amending.grant(office, number, NURLAN)

    assert left_of_certificate(office) == 1_000_000 - (one + 1) * 1000
    assert case_of(office, versions(office, number)[-1]).items[0].certificate_exceeded is False


def left_of_certificate(office):
    with reading(office.engine) as connection:
        return connection.execute(text("SELECT issued_g - used_g FROM certificate")).scalar_one()


# --- all or nothing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point", ["after move", "after declaration", "after history", "after journal", "before commit"]
)
def test_a_commit_that_fails_leaves_the_version_before_alone(tmp_path, point):
    struck = []

    def strike(at):
        if at == point and struck == ["armed"]:
            raise OperationalError("COMMIT", {}, OSError("disk"))

    office = offices.office(tmp_path, offices.StillClock(), strike)
    number = checked(office)
    data = correct(by_yerkin, number, "Q-1", price=420)
    struck.append("armed")
    with pytest.raises(Unavailable):
        send(office, data)
    struck.clear()

    assert statuses(office, number) == ["DOCUMENTS_REQUESTED"]
    assert late_amendments(office, QORGAN) == (1, 0)
    assert send(office, data).stored.key.version == 2


@pytest.mark.parametrize("point", ["after move", "before commit"])
def test_a_request_that_fails_is_not_half_made(tmp_path, point):
    armed = []

    def strike(at):
        if armed and at == point:
            raise OperationalError("COMMIT", {}, OSError("disk"))

    office = offices.office(tmp_path, offices.StillClock(), strike)
    number = released(office)
    data = correct(by_zarina, number, "T-1", price=390)
    armed.append(True)
    with pytest.raises(Unavailable):
        send(office, data)
    armed.clear()

    assert statuses(office, number) == ["RELEASED"]
    assert send(office, data).asked


# --- the audit ------------------------------------------------------------------------------------------------------


def test_every_version_passes_the_audit(office):
    offices.journal_keys(office)
    offices.journal_profiles(office)
    for number, by, reference in (
        (checked(office), by_yerkin, "Q-1"),
        (released(office, issued_at=ISSUED), by_zarina, "T-1"),
    ):
        office.clock.at += timedelta(days=1)
        issued = office.clock.now().astimezone(offices.KAZAKHSTAN_TIME).isoformat()
        if send(office, correct(by, number, reference, price=420, issued_at=issued)).asked:
            amending.grant(office, number, NURLAN)

    assert tampering.findings(office) == []


def test_a_replacement_before_registration_is_lodged_as_an_original(office):
    answer = send(office, by_yerkin(function="5"))

    assert answer.stored.key.version == 1
    with pytest.raises(DuplicateReference):
        send(office, by_yerkin(function="5", price=430))
