"""What can become of an audit after release: the table, as an official could sign it off."""

import pytest

from declarations.audits.lifecycle import CONTESTABLE, ENDED, MOVES, Action, Actor, Status, move_for, moves_from
from declarations.errors import MoveNotAllowed

JOURNEY = (
    (None, Action.SELECT, Status.SELECTED),
    (Status.SELECTED, Action.PREPARE, Status.PREPARED),
    (Status.PREPARED, Action.OPEN, Status.OPEN),
    (Status.OPEN, Action.SIGN_COMPLETE_ACT, Status.COMPLETE),
    (Status.OPEN, Action.SIGN_DIRECTED_ACT, Status.DIRECTED),
    (Status.COMPLETE, Action.NOTIFY_DEBT, Status.DEBT_NOTICE),
    (Status.DIRECTED, Action.ORDER_ELIMINATION, Status.ELIMINATION_ORDER),
    (Status.DIRECTED, Action.FIND_NOTHING, Status.NO_FINDING),
    (Status.DEBT_NOTICE, Action.SETTLE, Status.CLOSED),
    (Status.DEBT_NOTICE, Action.APPEAL, Status.APPEALED),
    (Status.APPEALED, Action.UPHOLD_APPEAL, Status.ANNULLED),
    (Status.ELIMINATION_ORDER, Action.ACCEPT_ELIMINATION, Status.CLOSED),
)


@pytest.mark.parametrize(("source", "action", "target"), JOURNEY)
def test_an_audit_goes_on_as_the_table_says(source: Status | None, action: Action, target: Status) -> None:
    assert move_for(source, action).target is target


@pytest.mark.parametrize(
    ("source", "action"),
    [
        (None, Action.OPEN),
        (Status.SELECTED, Action.OPEN),  # without a plan
        (Status.OPEN, Action.NOTIFY_DEBT),  # without an act
        (Status.PREPARED, Action.REPLY),  # of what the participant knows nothing
        (Status.NO_FINDING, Action.APPEAL),
        (Status.APPEALED, Action.SETTLE),
        (Status.CLOSED, Action.NOTIFY_DEBT),
    ],
)
def test_what_is_not_in_the_table_is_not_possible(source: Status | None, action: Action) -> None:
    with pytest.raises(MoveNotAllowed):
        move_for(source, action)


@pytest.mark.parametrize("before", CONTESTABLE)
def test_a_denied_appeal_leads_back_to_what_was_appealed_against(before: Status) -> None:
    assert move_for(Status.APPEALED, Action.DENY_APPEAL, before).target is before


def test_what_has_ended_does_not_go_on() -> None:
    assert [moves_from(each) for each in ENDED] == [()] * len(ENDED)


def test_every_move_of_a_person_is_signed_and_the_portals_are_not() -> None:
    assert {each.signed for each in MOVES if each.actor is not Actor.PORTAL} == {True}
    assert {each.signed for each in MOVES if each.actor is Actor.PORTAL} == {False}


def test_the_chief_decides_only_on_what_others_made() -> None:
    assert {each.two for each in MOVES if each.actor is Actor.CHIEF} == {True}


def test_the_participant_is_told_nothing_before_the_audit_is_opened() -> None:
    early = (None, Status.SELECTED, Status.PREPARED)
    assert [each.action for each in MOVES if each.source in early and each.notice is not None] == [Action.OPEN]
