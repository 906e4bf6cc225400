"""The desk of a post: who works on what, what takes two, and the worklist."""

from pathlib import Path
from typing import Any

import caseworking
import offices
import pytest
from caseworking import BROKERS, RED, YELLOW, Desk, person
from cast import PERSONS
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError
from tampering import found

from declarations.lifecycle import Action, Status
from portal.casework import store
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.database import reading, writing
from portal.views import Lane
from risk_gateway import feedback_store
from risk_gateway.profiles import Extent, Outcome

NURLAN, DANA, ERLAN = (PERSONS[key].iin for key in ("nurlan", "dana", "erlan"))
RELEASE, CHECK = Outcome.SIMPLIFIED_RELEASE, Outcome.DOCUMENTARY_CHECK


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path)


def propose(desk: Desk, name: str, key: str, to: Outcome, reason: str = "GOODS_SEEN", text: str = "Seen") -> int:
    return desk.work.propose(person(key), desk.numbers[name], desk.status(name), to, reason, text).id


def decide(desk: Desk, name: str, key: str, proposal: int, *, approve: bool = True, text: str = "") -> None:
    desk.work.decide(person(key), desk.numbers[name], proposal, approve=approve, text=text)


# --- who works on what ----------------------------------------------------------------------------------------------


def test_an_officer_claims_what_is_nobodys_and_a_chief_gives_it_to_another(desk: Desk) -> None:
    number = desk.numbers[YELLOW]
    desk.work.claim(person("nurlan"), number)
    with pytest.raises(CaseRefused) as taken:
        desk.work.claim(person("dana"), number)
    assert taken.value.code == "case.taken"
    assert "Nurlan" in taken.value.text("kk")
    with pytest.raises(CaseRefused) as given:
        desk.work.assign(person("nurlan"), number, DANA)
    assert given.value.code == "case.assign_others"
    desk.work.assign(person("erlan"), number, DANA)
    case = desk.work.case(person("nurlan"), number)
    assert case.assignee is not None
    assert case.assignee.iin == DANA
    desk.work.assign(person("dana"), number, None)
    assert desk.work.case(person("nurlan"), number).assignee is None
    assert len(desk.work.history(person("nurlan"), number)) == 3
    assert found(desk.office) == {}


@pytest.mark.parametrize("key", ["kairat", "saule", "anna"])
def test_nobody_from_elsewhere_is_given_a_case(desk: Desk, key: str) -> None:
    with pytest.raises(CaseRefused) as refused:
        desk.work.assign(person("erlan"), desk.numbers[YELLOW], PERSONS[key].iin)
    assert refused.value.code == "case.no_official"
    with pytest.raises(CaseNotFound):
        desk.work.claim(person(key), desk.numbers[YELLOW])


def test_the_workload_of_a_post_is_known(desk: Desk) -> None:
    desk.work.claim(person("nurlan"), desk.numbers[YELLOW])
    desk.work.claim(person("nurlan"), desk.numbers[BROKERS])
    loads = {load.iin: load.open_cases for load in desk.work.workload(person("erlan"))}
    assert loads == {NURLAN: 2, DANA: 0, ERLAN: 0}


# --- what takes two -------------------------------------------------------------------------------------------------


def test_an_inspection_becomes_a_documentary_check_when_two_agree(desk: Desk) -> None:
    number = propose(desk, RED, "dana", CHECK)
    assert desk.status(RED) is Status.INSPECTION_ORDERED
    decide(desk, RED, "erlan", number)
    case = desk.work.case(person("dana"), desk.numbers[RED])
    assert (case.status, case.lane) == (Status.DOCUMENTS_REQUESTED, Lane.DOCUMENTS)
    with reading(desk.office.engine) as connection:
        (override,) = feedback_store.read_overrides(connection)
    assert (override.officer, override.approver, override.reason_code) == (DANA, ERLAN, "GOODS_SEEN")
    assert found(desk.office) == {}


def test_nobody_approves_what_is_ones_own(desk: Desk) -> None:
    number = propose(desk, RED, "erlan", RELEASE)
    for approve in (True, False):
        with pytest.raises(CaseRefused) as refused:
            decide(desk, RED, "erlan", number, approve=approve, text="Fine")
        assert refused.value.code == "case.same_person"
    with pytest.raises(CaseRefused) as role:
        decide(desk, RED, "dana", number)
    assert role.value.code == "case.not_your_role"
    assert desk.status(RED) is Status.INSPECTION_ORDERED


def test_that_it_takes_two_is_a_constraint_of_the_database(desk: Desk) -> None:
    number = propose(desk, RED, "dana", RELEASE)
    with pytest.raises(IntegrityError), writing(desk.office.engine) as connection:
        store.decide_proposal(connection, number, {"outcome": "approved", "decided_by_iin": DANA})


def test_a_declined_proposal_changes_nothing_and_stays_inside(desk: Desk) -> None:
    number = propose(desk, RED, "dana", RELEASE)
    decide(desk, RED, "erlan", number, approve=False, text="Open it")
    assert desk.status(RED) is Status.INSPECTION_ORDERED
    inside = [event.action for event in desk.work.history(person("dana"), desk.numbers[RED])]
    assert inside == ["downgrade proposed", "downgrade declined"]
    assert desk.work.history(person("anna"), desk.numbers[RED]) == ()
    assert desk.work.case(person("anna"), desk.numbers[RED]).proposals == ()
    assert found(desk.office) == {}


@pytest.mark.parametrize(
    ("name", "to", "reason", "text", "code"),
    [
        (RED, Outcome.INSPECTION_ORDER, "GOODS_SEEN", "Seen", "case.not_milder"),
        (YELLOW, CHECK, "GOODS_SEEN", "Seen", "case.not_milder"),
        (RED, CHECK, "BECAUSE", "Seen", "case.reason_needed"),
        (RED, CHECK, "GOODS_SEEN", " ", "case.text_needed"),
    ],
)
def test_a_proposal_is_complete_and_milder(
    desk: Desk, name: str, to: Outcome, reason: str, text: str, code: str
) -> None:
    with pytest.raises(CaseRefused) as refused:
        propose(desk, name, "dana", to, reason, text)
    assert refused.value.code == code


def test_a_second_proposal_waits_for_the_first(desk: Desk) -> None:
    propose(desk, RED, "dana", RELEASE)
    with pytest.raises(CaseRefused) as refused:
        propose(desk, RED, "nurlan", CHECK)
    assert refused.value.code == "case.proposal_open"


def test_a_proposal_lapses_when_the_case_goes_on(desk: Desk) -> None:
    number = propose(desk, RED, "dana", RELEASE)
    desk.inspect()
    with pytest.raises(CaseRefused) as refused:
        decide(desk, RED, "erlan", number)
    assert refused.value.code == "case.no_proposal"
    assert found(desk.office) == {}


def test_the_declarant_is_told_of_the_milder_lane_and_not_why(desk: Desk) -> None:
    number = propose(desk, RED, "dana", RELEASE, text="Profile is nonsense")
    decide(desk, RED, "erlan", number, text="Agreed")
    (event,) = desk.work.history(person("anna"), desk.numbers[RED])
    assert (event.target, event.reason, event.text) == (Status.RELEASED, "", "")
    notice = desk.work.notice(person("anna"), desk.numbers[RED], event.sequence)
    for word in (b"GOODS_SEEN", b"Agreed", b"nonsense", DANA.encode(), ERLAN.encode()):
        assert word not in notice


def test_an_officers_own_escalation_undone_is_no_override(desk: Desk) -> None:
    order = {"reason": "goods_doubtful", "text": "Look", "extent": Extent.FULL}
    desk.move(YELLOW, "nurlan", Action.ORDER_INSPECTION, **order)
    decide(desk, YELLOW, "erlan", propose(desk, YELLOW, "nurlan", CHECK))
    assert desk.status(YELLOW) is Status.DOCUMENTS_REQUESTED
    with reading(desk.office.engine) as connection:
        assert list(feedback_store.read_overrides(connection)) == []


# --- the worklist ---------------------------------------------------------------------------------------------------


def numbers_of(desk: Desk, key: str = "erlan", **wanted: object) -> set[str]:
    known = {number: name for name, number in desk.numbers.items()}
    return {known[row.number] for row in desk.work.worklist(person(key), **wanted).rows}  # type: ignore[arg-type]


def test_the_worklist_has_the_open_cases_of_the_post_and_no_others(desk: Desk) -> None:
    assert numbers_of(desk) == {YELLOW, BROKERS, RED}
    assert numbers_of(desk, "kairat") == set()
    for key in ("anna", "saule", "asel"):
        with pytest.raises(CaseNotFound):
            desk.work.worklist(person(key))


def test_the_worklist_can_be_narrowed(desk: Desk) -> None:
    desk.work.claim(person("nurlan"), desk.numbers[YELLOW])
    propose(desk, RED, "dana", RELEASE)
    assert numbers_of(desk, lanes=(Lane.INSPECTION,)) == {RED}
    assert numbers_of(desk, statuses=(Status.DOCUMENTS_REQUESTED,)) == {YELLOW, BROKERS}
    assert numbers_of(desk, assignee=NURLAN) == {YELLOW}
    assert numbers_of(desk, assignee="") == {BROKERS, RED}
    assert numbers_of(desk, proposals=True) == {RED}
    assert numbers_of(desk, search=desk.numbers[RED]) == {RED}
    assert numbers_of(desk, search="altyn dala") == {YELLOW, BROKERS, RED}
    assert numbers_of(desk, search="100%") == set()
    listed = desk.work.worklist(person("nurlan"))
    assert (listed.mine, listed.unassigned, listed.proposals, listed.total) == (1, 2, 1, 3)
    assert listed.counts == {Status.DOCUMENTS_REQUESTED: 2, Status.INSPECTION_ORDERED: 1}


def test_a_row_says_what_an_officer_chooses_by(desk: Desk) -> None:
    (row,) = desk.work.worklist(person("dana"), lanes=(Lane.INSPECTION,)).rows
    assert row.reasons
    assert row.reasons[0].into("kk")
    assert row.profiles
    assert row.limit is not None
    assert row.customs_value is not None
    assert not row.overdue


def test_list_and_case_tell_the_same_limit(desk: Desk) -> None:
    limit = caseworking.IN_TWO_DAYS.astimezone(offices.KAZAKHSTAN_TIME)
    desk.move(BROKERS, "nurlan", Action.REQUEST_DATA, text="The price list", limit=limit)
    for row in desk.work.worklist(person("nurlan")).rows:
        assert row.limit == desk.work.case(person("nurlan"), row.number).limit
    (request,) = desk.work.case(person("anna"), desk.numbers[BROKERS]).requests
    assert request.limit == limit
    (event,) = desk.work.history(person("anna"), desk.numbers[BROKERS])
    assert event.limit == limit
    assert found(desk.office) == {}


def test_pages_follow_each_other_without_gap_or_repetition(desk: Desk) -> None:
    seen, after = [], None
    while True:
        page = desk.work.worklist(person("erlan"), after=after, limit=1)
        seen += [row.number for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert seen == [desk.numbers[name] for name in (YELLOW, BROKERS, RED)]


@pytest.mark.parametrize("wanted", [{}, {"search": "altyn"}, {"assignee": ""}, {"lanes": (Lane.DOCUMENTS,)}])
def test_a_long_list_asks_the_database_no_more_than_a_short_one(desk: Desk, wanted: dict[str, Any]) -> None:
    asked: list[str] = []
    listen(desk.office.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    desk.work.worklist(person("nurlan"), **wanted)
    short = list(asked)
    caseworking.multiply(desk, YELLOW, 500)
    asked.clear()
    assert len(desk.work.worklist(person("nurlan"), **wanted).rows) > 20
    assert len(asked) == len(short) > 0
