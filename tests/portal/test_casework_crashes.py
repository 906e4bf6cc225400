"""Each write of a move broken twice: failed, and failed but stored. A move is made whole and once, or not at all."""

from collections.abc import Callable
from pathlib import Path

import caseworking
import pki
import pytest
from caseworking import RED, YELLOW, Desk, person
from sqlalchemy import event
from tampering import found

from declarations.lifecycle import Action, StatementKind, Status
from portal.casework.errors import CaseRefused
from portal.casework.model import Prepared, Upload, Writing
from risk_gateway.profiles import Outcome

POINTS = (
    "after move",
    "after status",
    "after case",
    "after entry",
    "after message",
    "after ledger",
    "before commit",
)


class Struck(Exception):
    """The power went out."""


class Strike:
    """Breaks off at a point, once."""

    def __init__(self) -> None:
        self.at: str | None = None

    def __call__(self, point: str) -> None:
        if point == self.at:
            self.at = None
            raise Struck(point)


@pytest.fixture
def strike() -> Strike:
    return Strike()


@pytest.fixture
def desk(tmp_path: Path, strike: Strike) -> Desk:
    return caseworking.desk(tmp_path, YELLOW, RED, mark=strike)


@pytest.mark.parametrize("point", POINTS)
def test_a_move_that_breaks_off_has_not_happened_and_can_be_made_again(desk: Desk, strike: Strike, point: str) -> None:
    strike.at = point
    with pytest.raises(Struck):
        desk.ask()
    assert desk.work.history(person("nurlan"), desk.numbers[YELLOW]) == ()
    assert found(desk.office) == {}
    desk.ask()
    assert len(desk.work.history(person("nurlan"), desk.numbers[YELLOW])) == 1
    assert found(desk.office) == {}


def test_a_move_whose_answer_is_lost_is_made_once(desk: Desk, strike: Strike) -> None:
    wanted = desk.wanted(YELLOW, "nurlan", Action.RELEASE)
    strike.at = "after commit"
    with pytest.raises(Struck):
        desk.work.move(wanted)
    assert desk.status(YELLOW) is Status.RELEASED
    with pytest.raises(CaseRefused) as refused:
        desk.work.move(wanted)
    assert refused.value.code == "case.moved_meanwhile"
    assert found(desk.office) == {}


def test_a_commit_that_fails_leaves_nothing(desk: Desk) -> None:
    wanted = desk.wanted(YELLOW, "nurlan", Action.RELEASE)

    def refuse(_: object) -> None:
        raise Struck

    event.listen(desk.office.engine, "commit", refuse)
    try:
        with pytest.raises(Struck):
            desk.work.move(wanted)
    finally:
        event.remove(desk.office.engine, "commit", refuse)
    assert desk.status(YELLOW) is not Status.RELEASED
    desk.work.move(wanted)
    assert found(desk.office) == {}


def prepared_answer(desk: Desk) -> tuple[Prepared, bytes]:
    writing = Writing(
        kind=StatementKind.SUBMISSION,
        expected=desk.status(YELLOW),
        text="Here",
        files=(Upload("a.pdf", caseworking.PDF),),
    )
    prepared = desk.work.prepare(person("anna"), desk.numbers[YELLOW], writing)
    return prepared, pki.sign_as("anna", prepared.document)


@pytest.mark.parametrize("point", ["after statement", *POINTS])
def test_a_statement_that_breaks_off_can_be_handed_in_again(desk: Desk, strike: Strike, point: str) -> None:
    prepared, signed = prepared_answer(desk)
    strike.at = point
    with pytest.raises(Struck):
        desk.work.accept(person("anna"), prepared.id, signed)
    assert found(desk.office) == {}
    assert desk.work.accept(person("anna"), prepared.id, signed).target is Status.SUBMITTED
    assert found(desk.office) == {}


def test_a_statement_whose_answer_is_lost_gets_the_same_answer_again(desk: Desk, strike: Strike) -> None:
    prepared, signed = prepared_answer(desk)
    strike.at = "after commit"
    with pytest.raises(Struck):
        desk.work.accept(person("anna"), prepared.id, signed)
    first = desk.work.accept(person("anna"), prepared.id, signed)
    assert desk.work.accept(person("anna"), prepared.id, signed) == first
    assert len(desk.work.history(person("anna"), desk.numbers[YELLOW])) == 1


def _claim(desk: Desk) -> None:
    desk.work.claim(person("dana"), desk.numbers[RED])


def _propose(desk: Desk) -> None:
    desk.work.propose(
        person("dana"), desk.numbers[RED], desk.status(RED), Outcome.DOCUMENTARY_CHECK, "GOODS_SEEN", "Seen yesterday"
    )


def _decline(desk: Desk) -> None:
    open_ones = [each for each in desk.work.case(person("erlan"), desk.numbers[RED]).proposals if not each.outcome]
    if not open_ones:
        _propose(desk)
        open_ones = [each for each in desk.work.case(person("erlan"), desk.numbers[RED]).proposals if not each.outcome]
    desk.work.decide(person("erlan"), desk.numbers[RED], open_ones[0].id, approve=False, text="Look again")


@pytest.mark.parametrize(
    ("do", "point"),
    [
        (_claim, "after assignment"),
        (_claim, "after entry"),
        (_claim, "before commit"),
        (_propose, "after proposal"),
        (_propose, "after entry"),
        (_propose, "before commit"),
        (_decline, "after decline"),
        (_decline, "before commit"),
    ],
)
def test_whatever_breaks_off_can_be_done_again(
    desk: Desk, strike: Strike, do: Callable[[Desk], None], point: str
) -> None:
    if do is _decline:
        _propose(desk)
    before = desk.work.history(person("erlan"), desk.numbers[RED])
    strike.at = point
    with pytest.raises(Struck):
        do(desk)
    assert desk.work.history(person("erlan"), desk.numbers[RED]) == before
    do(desk)
    assert len(desk.work.history(person("erlan"), desk.numbers[RED])) == len(before) + 1
    assert found(desk.office) == {}
