"""What officers and declarants do to a lodged case, and what they are kept from doing."""

from datetime import timedelta
from pathlib import Path

import caseworking
import exiting
import offices
import pytest
from caseworking import BROKERS, EXPORT, GREEN, RED, YELLOW, Desk, person
from cast import PARTICIPANTS
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlmodel import SQLModel

from declarations.lifecycle import Action, StatementKind, Status
from declarations.store import power
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import Moved, Wanted
from portal.casework.timer import Timer
from portal.database import reading, writing
from portal.errors import Unavailable
from risk_gateway.profiles import Extent


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def refusal(desk: Desk, name: str, key: str, action: Action, **particulars: object) -> str:
    """Return the code with which a move is refused; the case must not have changed."""
    before = desk.status(name)
    with pytest.raises(CaseRefused) as refused:
        desk.move(name, key, action, **particulars)
    assert desk.status(name) is before
    for language in ("kk", "ru", "en"):
        assert refused.value.text(language)
    return refused.value.code


def test_a_documentary_check_goes_from_request_to_answer_to_release(desk: Desk) -> None:
    asked = desk.ask()
    assert (asked.source, asked.target) == (Status.DOCUMENTS_REQUESTED, Status.DOCUMENTS_REQUESTED)
    answered = desk.submit(request=asked.sequence)
    assert answered.target is Status.SUBMITTED
    released = desk.move(YELLOW, "nurlan", Action.RELEASE)
    assert released.notice is not None
    assert b"<ResponseCode>08</ResponseCode>" in released.notice
    assert desk.status(YELLOW) is Status.RELEASED


def test_of_two_officers_at_once_the_second_is_told_so(desk: Desk) -> None:
    first = desk.wanted(YELLOW, "nurlan", Action.RELEASE)
    second = desk.wanted(
        YELLOW, "erlan", Action.REFUSE_RELEASE, reason="documents_missing", text="The contract is missing"
    )
    desk.work.move(first)
    with pytest.raises(CaseRefused) as refused:
        desk.work.move(second)
    assert refused.value.code == "case.moved_meanwhile"
    assert "RELEASED" in refused.value.text("en")


@pytest.mark.parametrize("key", ["kairat", "zarina", "yerkin"])
def test_what_is_of_another_post_or_firm_is_not_found(desk: Desk, key: str) -> None:
    number, one = desk.numbers[YELLOW], person(key)
    wanted = desk.wanted(YELLOW, "nurlan", Action.RELEASE)
    with pytest.raises(CaseNotFound):
        desk.work.move(replace(wanted, by=desk.work.mover(one)))
    for look in (desk.work.case, desk.work.history):
        with pytest.raises(CaseNotFound):
            look(one, number)


@pytest.mark.parametrize("key", ["saule", "marat", "asel", "gulnar", "aigerim"])
def test_roles_without_a_part_in_cases_find_none(desk: Desk, key: str) -> None:
    with pytest.raises(CaseNotFound):
        desk.work.case(person(key), desk.numbers[YELLOW])


def test_roles_do_only_what_is_theirs(desk: Desk) -> None:
    assert refusal(desk, YELLOW, "dana", Action.RELEASE) == "case.not_your_role"
    assert refusal(desk, RED, "nurlan", Action.START_INSPECTION) == "case.not_your_role"
    assert refusal(desk, YELLOW, "anna", Action.RELEASE) == "case.not_your_role"
    assert refusal(desk, GREEN, "nurlan", Action.CANCEL_RELEASE, reason="released_in_error", text="x") == (
        "case.not_your_role"
    )


def test_what_a_move_needs_is_demanded(desk: Desk) -> None:
    ask = Action.REQUEST_DOCUMENTS
    refuse = Action.REFUSE_RELEASE
    soon, now = caseworking.IN_TWO_DAYS, offices.NOW
    assert refusal(desk, YELLOW, "nurlan", ask, limit=soon) == "case.text_needed"
    assert refusal(desk, YELLOW, "nurlan", ask, text="Contract") == "case.limit_needed"
    assert refusal(desk, YELLOW, "nurlan", ask, text="Contract", limit=now) == "case.limit_past"
    assert refusal(desk, YELLOW, "nurlan", ask, text="C", limit=now + timedelta(days=91)) == "case.limit_far"
    assert refusal(desk, YELLOW, "nurlan", ask, text="C", limit=soon, items=(2,)) == "case.items_unknown"
    assert refusal(desk, YELLOW, "nurlan", ask, text="C\x00", limit=soon) == "case.text_characters"
    assert refusal(desk, YELLOW, "nurlan", ask, text="C" * 4001, limit=soon) == "case.text_long"
    assert refusal(desk, YELLOW, "nurlan", refuse, text="Because") == "case.reason_needed"
    assert refusal(desk, YELLOW, "nurlan", refuse, text="Because", reason="weather") == "case.reason_needed"
    assert refusal(desk, YELLOW, "nurlan", refuse, reason="documents_missing") == "case.text_needed"
    order = {"reason": "goods_doubtful", "text": "Look"}
    assert refusal(desk, YELLOW, "nurlan", Action.ORDER_INSPECTION, **order) == "case.extent_needed"
    pay = {"text": "Duty", "limit": soon}
    assert refusal(desk, YELLOW, "nurlan", Action.DEMAND_PAYMENT, **pay) == "case.amount_wrong"
    assert refusal(desk, YELLOW, "anna", Action.SUBMIT, text="unsigned") == "case.statement_needed"
    assert refusal(desk, GREEN, "nurlan", Action.CONFIRM_EXIT, text="Seen") == "case.move_not_allowed"


def test_an_inspection_goes_from_order_to_act_to_refusal(desk: Desk) -> None:
    signed = desk.inspect()
    assert signed.target is Status.ACT_SIGNED
    refused = desk.move(RED, "dana", Action.REFUSE_RELEASE, reason="prohibited", text="Goods of this origin")
    assert refused.notice is not None
    assert b"<ResponseCode>11</ResponseCode><AnswerCode>41</AnswerCode>" in refused.notice
    assert b'<Reason lang="kk">' in refused.notice


def test_a_check_can_become_an_inspection_and_the_lane_follows(desk: Desk) -> None:
    desk.move(
        YELLOW,
        "nurlan",
        Action.ORDER_INSPECTION,
        reason="origin_doubtful",
        text="Look at labels",
        extent=Extent.PARTIAL,
    )
    case = desk.work.case(person("dana"), desk.numbers[YELLOW])
    assert case.lane == "INSPECTION_ORDER"
    assert {move.action for move in case.moves} == {Action.START_INSPECTION, Action.DETAIN}


def test_every_end_of_a_check_can_be_reached(desk: Desk) -> None:
    soon = caseworking.IN_TWO_DAYS
    desk.move(YELLOW, "nurlan", Action.DEMAND_PAYMENT, text="Duty", limit=soon, amount_tiyn=100_00)
    under = {"reason": "value_in_check", "text": "Secured", "amount_tiyn": 100_00}
    desk.move(YELLOW, "erlan", Action.RELEASE_UNDER_SECURITY, **under)
    desk.move(YELLOW, "nurlan", Action.CLEAR, text="Paid")
    assert desk.status(YELLOW) is Status.CLEARED
    desk.move(RED, "dana", Action.DETAIN, reason="prohibited", text="Held")
    desk.move(RED, "erlan", Action.END_DETENTION, text="Let go on")
    assert desk.status(RED) is Status.INSPECTION_ORDERED
    desk.move(GREEN, "erlan", Action.CANCEL_RELEASE, reason="false_documents", text="Forged")
    assert desk.status(GREEN) is Status.RELEASE_CANCELLED
    desk.move(BROKERS, "nurlan", Action.ORDER_EXPERTISE, text="Which alloy?", limit=soon)
    desk.move(BROKERS, "nurlan", Action.RECORD_EXPERTISE, text="Brass")
    desk.move(BROKERS, "nurlan", Action.ASK, text="Whose brand?", limit=soon)
    desk.move(BROKERS, "erlan", Action.INVALIDATE, reason="goods_not_arrived", text="Never came")
    assert desk.status(BROKERS) is Status.INVALIDATED


def test_a_broker_acts_while_the_power_of_attorney_holds(desk: Desk) -> None:
    assert desk.submit(BROKERS, "berik").target is Status.SUBMITTED
    with writing(desk.office.engine) as connection:
        connection.execute(update(power).values(valid_to=offices.NOW.date() - timedelta(days=1)))
    with pytest.raises(CaseNotFound):
        desk.submit(BROKERS, "berik")
    with pytest.raises(CaseNotFound):
        desk.work.case(person("berik"), desk.numbers[BROKERS])


def test_withdrawal_is_possible_on_paper_only(desk: Desk) -> None:
    withdrawn = desk.state(YELLOW, "anna", StatementKind.WITHDRAWAL, text="Wrong consignment")
    assert withdrawn.target is Status.WITHDRAWN
    assert withdrawn.notice is not None
    assert b"<ResponseCode>10</ResponseCode>" in withdrawn.notice
    with pytest.raises(CaseRefused) as refused:
        desk.state(RED, "anna", StatementKind.WITHDRAWAL, text="Never mind")
    assert refused.value.code == "case.move_not_allowed"


def test_an_appeal_is_decided_by_another_person_and_reopens_the_case(desk: Desk) -> None:
    desk.move(YELLOW, "erlan", Action.REFUSE_RELEASE, reason="documents_missing", text="No contract")
    desk.state(YELLOW, "anna", StatementKind.APPEAL, text="The contract was there")
    with pytest.raises(CaseRefused) as again:
        desk.state(YELLOW, "anna", StatementKind.APPEAL, text="And again")
    assert again.value.code == "case.appeal_open"
    assert refusal(desk, YELLOW, "erlan", Action.UPHOLD_APPEAL, text="I was wrong") == "case.same_person"
    other = desk.wanted(YELLOW, "erlan", Action.UPHOLD_APPEAL, text="It was there")
    moved: Moved = desk.work.move(_by_another_chief(desk, other))
    assert moved.target is Status.SUBMITTED
    assert [each.upheld for each in desk.work.case(person("anna"), desk.numbers[YELLOW]).appeals] == [True]


def _by_another_chief(desk: Desk, wanted: Wanted) -> Wanted:
    chief = desk.work.mover(person("erlan"))
    return replace(wanted, by=replace(chief, iin=person("dana").iin, name="Another Chief"))


def test_exports_are_awaited_at_the_border(desk: Desk) -> None:
    timer = Timer(desk.office.engine, desk.clock, desk.office.keyring)
    if desk.status(EXPORT) is not Status.RELEASED:
        desk.move(EXPORT, "nurlan", Action.RELEASE)
    timer.turn()
    assert desk.status(EXPORT) is Status.EXIT_AWAITED
    assert desk.status(GREEN) is Status.RELEASED
    desk.clock.at += timedelta(days=31)
    timer.turn()
    assert desk.status(EXPORT) is Status.NO_PROOF_OF_EXIT
    assert exports_without_exit(desk) == 1
    assert exiting.leave(desk)
    assert exports_without_exit(desk) == 0
    last = desk.work.history(person("zarina"), desk.numbers[EXPORT])[-1]
    assert (last.action, last.target) == (Action.CONFIRM_EXIT, Status.EXITED)


def exports_without_exit(desk: Desk) -> int:
    """Return what profiles are told of the exporter."""
    table = SQLModel.metadata.tables["participant_history"]
    exporter = PARTICIPANTS["tengri"].identifier
    with reading(desk.office.engine) as connection:
        wanted = select(table.c.exports_without_exit).where(table.c.participant == exporter)
        return int(connection.execute(wanted).scalar_one())


def test_a_passed_limit_is_told_once(desk: Desk) -> None:
    timer = Timer(desk.office.engine, desk.clock, desk.office.keyring)
    desk.ask()
    timer.turn()
    assert len(desk.work.history(person("anna"), desk.numbers[YELLOW])) == 1
    desk.clock.at = caseworking.IN_TWO_DAYS + timedelta(seconds=1)
    timer.turn()
    timer.turn()
    events = desk.work.history(person("anna"), desk.numbers[YELLOW])
    assert [event.action for event in events] == [Action.REQUEST_DOCUMENTS, Action.TELL_OVERDUE]
    assert desk.work.worklist(person("nurlan"), overdue=True).rows[0].number == desk.numbers[YELLOW]


def test_a_declarant_sees_no_officer_and_nothing_internal(desk: Desk) -> None:
    desk.work.claim(person("nurlan"), desk.numbers[YELLOW])
    desk.ask()
    shown = desk.work.history(person("anna"), desk.numbers[YELLOW])
    assert [(event.action, event.by_iin, event.by_name) for event in shown] == [(Action.REQUEST_DOCUMENTS, "", "")]
    case = desk.work.case(person("anna"), desk.numbers[YELLOW])
    assert case.assessment is None
    assert case.assignee is None
    assert [request.asked_by for request in case.requests] == [""]
    everything = desk.work.history(person("nurlan"), desk.numbers[YELLOW])
    assert [event.action for event in everything] == ["assigned", Action.REQUEST_DOCUMENTS]


def test_open_requests_are_told_of_several_declarations_at_once(desk: Desk) -> None:
    desk.ask(YELLOW)
    desk.ask(BROKERS)
    numbers = list(desk.numbers.values())
    assert set(desk.work.open_requests(person("anna"), numbers)) == {desk.numbers[YELLOW], desk.numbers[BROKERS]}
    assert desk.work.open_requests(person("zarina"), numbers) == {}


def test_without_the_offices_key_nothing_moves_and_it_may_be_tried_again(desk: Desk) -> None:
    desk.clock.at += timedelta(days=4_000)
    wanted = Wanted(
        number=desk.numbers[YELLOW],
        action=Action.RELEASE,
        expected=Status.DOCUMENTS_REQUESTED,
        by=desk.work.mover(person("nurlan")),
    )
    with pytest.raises(Unavailable):
        desk.work.move(wanted)
    assert desk.work.history(person("nurlan"), desk.numbers[YELLOW]) == ()
