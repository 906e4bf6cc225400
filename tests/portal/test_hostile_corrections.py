"""Declarants who would correct themselves out of an inspection, or past an officer."""

from datetime import timedelta

import caseworking
import offices
import pki
import pytest
from builders import declaration_xml
from caseworking import RED
from cast import PERSONS

from declarations import store as declarations_store
from declarations.lifecycle import Action, Actor, StatementKind, Status
from portal import amending
from portal.casework.model import Mover, Wanted
from portal.casework.moving import Desk, make_move
from portal.database import reading, writing
from portal.pipeline import lodge, prepare
from portal.stages import Lodged
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.model import Case, Outcome
from risk_gateway.packing import unpack
from risk_gateway.profiles import Extent

NURLAN = Mover(Actor.DOCUMENT_OFFICER, PERSONS["nurlan"].iin, PERSONS["nurlan"].name, "20201")
CHAIRS = {"code": "9401610000", "price": 20}


@pytest.fixture
def office(tmp_path):
    made = offices.office(tmp_path, offices.StillClock())
    yield made
    made.recorder.stop()


def by_yerkin(reference, **changes):
    return pki.sign_as(
        "yerkin", declaration_xml(reference=reference, declarant="qorgan", signatory="yerkin", **changes)
    )


def correct(office, reference, number, **changes):
    office.clock.at += timedelta(hours=2)
    issued = office.clock.at.astimezone(offices.KAZAKHSTAN_TIME).isoformat()
    return by_yerkin(reference, function="4", registration_number=number, issued_at=issued, **changes)


def send(office, data):
    return lodge(Lodged(data, office.clock.now()), office)


def newest(office, number):
    with reading(office.engine) as connection:
        return declarations_store.find_by_number(connection, number)


def case_of(office, stored):
    key = stored.key
    with reading(office.engine) as connection:
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    return canonical.loads(unpack(kept.case), Case)


def move(office, number, action, by, **what):
    with writing(office.engine) as connection:
        expected = Status(declarations_store.find_by_number(connection, number).status)
        wanted = Wanted(number=number, action=action, expected=expected, by=by, **what)
        return make_move(connection, Desk(office.clock, office.keyring), wanted)


def test_what_an_officer_asked_of_one_version_is_not_forgotten_with_it(office):
    number = send(office, by_yerkin("Q-1")).stored.registration_number
    limit = office.clock.now() + timedelta(days=3)
    move(office, number, Action.REQUEST_DOCUMENTS, NURLAN, text="The contract", limit=limit)
    assert send(office, correct(office, "Q-1", number, price=410)).asked
    assert amending.grant(office, number, NURLAN).stored.status == "DOCUMENTS_REQUESTED"

    assert send(office, correct(office, "Q-1", number, price=420)).asked


def test_what_was_corrected_at_once_may_be_corrected_at_once_again(office):
    number = send(office, by_yerkin("Q-1")).stored.registration_number
    assert not send(office, correct(office, "Q-1", number, price=410)).asked

    assert not send(office, correct(office, "Q-1", number, price=420)).asked


def test_a_correction_after_an_upheld_appeal_keeps_the_inspection_that_nobody_made(tmp_path):
    desk = caseworking.desk(tmp_path, RED)
    desk.move(RED, "dana", Action.DETAIN, reason="violation_suspected", text="Doubtful")
    desk.move(RED, "dana", Action.REFUSE_RELEASE, reason="goods_not_shown", text="No")
    desk.state(RED, "anna", StatementKind.APPEAL, text="Please look again")
    desk.move(RED, "erlan", Action.UPHOLD_APPEAL, text="Looked again")
    number, office = desk.numbers[RED], desk.office
    office.clock.at += timedelta(hours=2)
    issued = office.clock.at.astimezone(offices.KAZAKHSTAN_TIME).isoformat()
    document = declaration_xml(
        reference="EMBARGO", origin="CN", function="4", registration_number=number, issued_at=issued
    )
    send(office, pki.sign_as("anna", document))

    granted = amending.grant(office, number, NURLAN)

    assert granted.decision.outcome is Outcome.INSPECTION_ORDER


def test_goods_corrected_away_under_an_open_inspection_are_known_again_under_another_reference(office):
    first = send(office, by_yerkin("Q-1", **CHAIRS))
    assert first.decision.outcome is Outcome.INSPECTION_ORDER
    number = first.stored.registration_number
    send(office, correct(office, "Q-1", number, code="9405110039", price=400, net=77, gross=80))
    amending.grant(office, number, NURLAN)

    assert case_of(office, newest(office, number)).header.control_pending is False  # its own version drives nothing
    other = send(office, by_yerkin("Q-2", **CHAIRS))
    assert case_of(office, other.stored).header.control_pending is True
    corrected = send(office, by_yerkin("Q-3", code="9405110039", price=400, net=77, gross=80))
    assert case_of(office, corrected.stored).header.control_pending is True


def test_goods_that_an_officer_orders_to_be_inspected_are_known_again_too(office):
    number = send(office, by_yerkin("Q-1")).stored.registration_number
    move(
        office,
        number,
        Action.ORDER_INSPECTION,
        NURLAN,
        reason="goods_doubtful",
        text="Open it",
        extent=Extent.PARTIAL,
    )

    other = send(office, by_yerkin("Q-2"))

    assert case_of(office, other.stored).header.control_pending is True


def test_of_two_corrections_of_one_version_the_second_is_not_recorded(office):
    number = send(office, by_yerkin("Q-1")).stored.registration_number
    one, other = correct(office, "Q-1", number, price=410), correct(office, "Q-1", number, price=420)
    now = office.clock.now()
    entries = [prepare(Lodged(each, now), office) for each in (one, other)]

    outcomes = office.recorder._write(entries)  # as the batch of one commit

    assert not isinstance(outcomes[0], Exception)
    assert isinstance(outcomes[1], Exception)
    assert newest(office, number).key.version == 2
