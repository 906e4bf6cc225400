from collections import Counter

import pytest

from declarations.defects import LANGUAGES
from declarations.errors import MoveNotAllowed
from declarations.lifecycle import LET_GO, MOVES, OPEN, Action, Actor, Status, move, move_for, moves_from

WCO_CODES = {"01", "03", "05", "06", "07", "08", "09", "10", "11", "13", "16", "18", "51", "52"}
BY_ITSELF = {Actor.PORTAL, Actor.GATEWAY, Actor.TIMER}
ENDED = {Status.REJECTED, Status.GRANTED}  # nothing at all follows
NO_CHECK = {Status.LODGED, Status.ACCEPTED}
MOVE_NAMES = [f"{each.source} {each.action} {each.target}" for each in MOVES]


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("target", Status)
def test_only_the_moves_of_the_table_are_allowed(source: Status, target: Status) -> None:
    known = [each for each in MOVES if (each.source, each.target) == (source, target)]
    if known:
        assert move(source, target) in known
        return
    with pytest.raises(MoveNotAllowed) as refused:
        move(source, target)
    for language in LANGUAGES:
        assert target in refused.value.text(language)


def test_an_action_leads_from_a_status_to_another_in_one_way() -> None:
    ways = Counter((each.source, each.action, each.target) for each in MOVES)
    assert set(ways.values()) == {1}
    for each in MOVES:
        assert move_for(each.source, each.action, each.target) is each


@pytest.mark.parametrize("given", MOVES, ids=MOVE_NAMES)
def test_every_move_says_what_it_needs(given: object) -> None:
    assert isinstance(given, type(MOVES[0]))
    assert given.notice is None or given.notice in WCO_CODES
    assert (given.answer is not None) == (given.notice == "11")
    assert given.answer in (None, "39", "41")
    assert bool(given.actors)
    if given.statement or given.reason or given.text or given.limit:
        assert not BY_ITSELF & set(given.actors)
    if given.two:
        assert given.actors == (Actor.CHIEF,)


def test_every_decision_of_the_gateway_is_journalled() -> None:
    assert {each.event for each in moves_from(Status.ACCEPTED)} == {"declaration.decided"}
    assert {each.event for each in MOVES if each.source not in NO_CHECK} == {"declaration.moved"}


def test_only_officers_let_goods_go_that_were_to_be_checked() -> None:
    for each in MOVES:
        if each.target in LET_GO and each.source not in (*LET_GO, Status.ACCEPTED) and each.source is not each.target:
            by_itself = BY_ITSELF if each.action is not Action.RELEASE_PAID else ()  # an officer demanded what is paid
            assert not {Actor.DECLARANT, *by_itself} & set(each.actors), each


def test_nobody_gets_out_of_an_inspection_but_by_an_act_or_by_two() -> None:
    for source in (Status.INSPECTION_ORDERED, Status.IN_PROGRESS):
        for each in moves_from(source):
            if each.target in LET_GO or each.action is Action.WITHDRAW:
                assert each.two, each


def test_every_open_case_can_come_to_an_end() -> None:
    ends = {*LET_GO, Status.RELEASE_REFUSED, Status.WITHDRAWN, Status.INVALIDATED}
    for start in OPEN:
        seen, waiting = {start}, [start]
        while waiting:
            for each in moves_from(waiting.pop()):
                if each.target not in seen:
                    seen.add(each.target)
                    waiting.append(each.target)
        assert ends & seen, start


def test_nothing_follows_a_refused_or_a_replaced_document() -> None:
    for status in ENDED:
        assert moves_from(status) == ()


def test_every_status_is_reached_by_some_move() -> None:
    assert {each.target for each in MOVES} == set(Status) - {Status.LODGED}
