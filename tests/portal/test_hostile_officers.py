"""Officers who would let goods go by a way that the table of moves leaves open."""

from datetime import timedelta
from pathlib import Path

import caseworking
import pki
import pytest
from caseworking import RED, YELLOW, Desk, person
from cast import PERSONS
from msgspec.structs import replace

from declarations.lifecycle import Action, StatementKind, Status
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import Writing
from risk_gateway.profiles import Extent, Outcome


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return caseworking.desk(tmp_path, YELLOW, RED)


def refused(desk: Desk, name: str, key: str, action: Action, **particulars: object) -> str:
    with pytest.raises(CaseRefused) as refusal:
        desk.move(name, key, action, **particulars)
    assert all(refusal.value.text(language) for language in ("kk", "ru", "en"))
    return refusal.value.code


def back_on_paper(desk: Desk, name: str = RED) -> None:
    """Detain, refuse, appeal, uphold: an ended case is open again on paper, its goods still closed."""
    desk.move(name, "dana", Action.DETAIN, reason="violation_suspected", text="Doubtful")
    desk.move(name, "dana", Action.REFUSE_RELEASE, reason="goods_not_shown", text="No")
    desk.state(name, "anna", StatementKind.APPEAL, text="Please look again")
    desk.move(name, "erlan", Action.UPHOLD_APPEAL, text="Looked again")
    assert desk.status(name) is Status.SUBMITTED


def test_an_upheld_appeal_is_no_way_around_an_inspection(desk: Desk) -> None:
    back_on_paper(desk)

    assert refused(desk, RED, "nurlan", Action.RELEASE) == "case.act_missing"
    assert (
        refused(desk, RED, "erlan", Action.RELEASE_UNDER_SECURITY, reason="value_in_check", amount_tiyn=1, text="Paid")
        == "case.act_missing"
    )
    desk.move(RED, "nurlan", Action.DEMAND_PAYMENT, amount_tiyn=100, limit=caseworking.IN_TWO_DAYS, text="Pay")
    assert refused(desk, RED, "nurlan", Action.RELEASE, text="Paid") == "case.act_missing"


def test_after_an_upheld_appeal_the_goods_are_inspected_and_then_released(desk: Desk) -> None:
    back_on_paper(desk)
    desk.move(RED, "nurlan", Action.ORDER_INSPECTION, reason="goods_doubtful", text="As ordered", extent=Extent.FULL)
    desk.inspect(RED)

    desk.move(RED, "dana", Action.RELEASE)
    assert desk.status(RED) is Status.RELEASED


def test_an_act_of_the_first_inspection_is_none_of_the_second(desk: Desk) -> None:
    desk.inspect(RED)
    desk.move(RED, "erlan", Action.REQUEST_DOCUMENTS, text="Contract", limit=caseworking.IN_TWO_DAYS)
    desk.move(RED, "nurlan", Action.ORDER_INSPECTION, reason="goods_doubtful", text="Again", extent=Extent.FULL)
    back_on_paper(desk)

    assert refused(desk, RED, "nurlan", Action.RELEASE) == "case.act_missing"


def test_nobody_works_as_an_official_on_what_he_signed_as_a_declarant(desk: Desk) -> None:
    wanted = desk.wanted(YELLOW, "nurlan", Action.RELEASE)
    anna = replace(wanted.by, iin=PERSONS["anna"].iin)

    with pytest.raises(CaseRefused) as refusal:
        desk.work.move(replace(wanted, by=anna))
    assert refusal.value.code == "case.own_declaration"
    official = replace(person("erlan"), iin=PERSONS["anna"].iin)
    with pytest.raises(CaseRefused) as refusal:
        desk.work.propose(
            official, desk.numbers[RED], Status.INSPECTION_ORDERED, Outcome.DOCUMENTARY_CHECK, "GOODS_SEEN", "Seen"
        )
    assert refusal.value.code == "case.own_declaration"


def test_nobody_approves_what_he_proposed_in_another_role(desk: Desk) -> None:
    number = desk.numbers[RED]
    proposal = desk.work.propose(
        person("dana"), number, Status.INSPECTION_ORDERED, Outcome.DOCUMENTARY_CHECK, "GOODS_SEEN", "Seen"
    )
    promoted = replace(person("erlan"), iin=PERSONS["dana"].iin)

    for approve in (True, False):
        with pytest.raises(CaseRefused) as refusal:
            desk.work.decide(promoted, number, proposal.id, approve=approve, text="Yes")
        assert refusal.value.code == "case.same_person"


def test_an_act_prepared_as_inspector_is_not_signed_as_somebody_else(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)
    writing = Writing(kind=StatementKind.INSPECTION_ACT, expected=Status.IN_PROGRESS, act=desk.act(RED))
    prepared = desk.work.prepare(person("dana"), desk.numbers[RED], writing)
    signed = pki.sign_as("dana", prepared.document, desk.clock.at)

    with pytest.raises(CaseNotFound):
        desk.work.accept(replace(person("dana"), post="10101"), prepared.id, signed)
    with pytest.raises(CaseRefused) as refusal:
        desk.work.accept(replace(person("erlan"), iin=PERSONS["dana"].iin), prepared.id, signed)
    assert refusal.value.code == "case.not_your_role"
    with pytest.raises(CaseNotFound):
        desk.work.accept(person("dana"), prepared.id[::-1], signed)
    desk.clock.at += timedelta(hours=25)
    with pytest.raises(CaseRefused) as refusal:
        desk.work.accept(person("dana"), prepared.id, signed)
    assert refusal.value.code == "statement.not_found"
