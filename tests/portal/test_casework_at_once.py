"""Officers, declarants and lodgements at the same time: the journal's head puts them in a row."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import caseworking
import offices
import pki
from builders import declaration_xml
from caseworking import RED, YELLOW, Desk, person
from tampering import found

from declarations.lifecycle import Action, Status
from portal.casework.errors import CaseRefused
from portal.casework.model import Wanted
from portal.pipeline import lodge
from portal.stages import Lodged


def attempt(desk: Desk, wanted: Wanted, start: Barrier) -> str:
    """Return what became of a move that was wanted at the same moment as others."""
    start.wait()
    try:
        return desk.work.move(wanted).target.value
    except CaseRefused as refused:
        return refused.code


def test_of_many_at_once_one_moves_the_case_and_the_others_are_told(tmp_path: Path) -> None:
    desk = caseworking.desk(tmp_path, YELLOW)
    release = desk.wanted(YELLOW, "nurlan", Action.RELEASE)
    refuse = desk.wanted(YELLOW, "erlan", Action.REFUSE_RELEASE, reason="documents_missing", text="Not there")
    start = Barrier(6)
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda wanted: attempt(desk, wanted, start), [release, refuse] * 3))
    assert sorted(outcomes)[1:] == ["case.moved_meanwhile"] * 5
    assert outcomes.count("case.moved_meanwhile") == 5
    assert desk.status(YELLOW) in (Status.RELEASED, Status.RELEASE_REFUSED)
    assert found(desk.office) == {}


def test_moves_and_lodgements_wait_for_each_other(tmp_path: Path) -> None:
    desk = caseworking.desk(tmp_path, YELLOW, RED)
    documents = [pki.sign_as("anna", declaration_xml(reference=f"AT-ONCE-{each}")) for each in range(8)]
    wanted = [
        desk.wanted(YELLOW, "nurlan", Action.RELEASE),
        desk.wanted(RED, "dana", Action.START_INSPECTION),
    ]
    start = Barrier(6)

    def lodge_some(signed: list[bytes]) -> list[str]:
        start.wait()
        return [lodge(Lodged(each, offices.NOW), desk.office).stored.registration_number for each in signed]

    with ThreadPoolExecutor(6) as pool:
        lodged = [pool.submit(lodge_some, documents[each::4]) for each in range(4)]
        moved = [pool.submit(attempt, desk, each, start) for each in wanted]
        numbers = [number for each in lodged for number in each.result()]
        assert [each.result() for each in moved] == ["RELEASED", "IN_PROGRESS"]
    assert len(set(numbers)) == 8
    assert desk.work.history(person("erlan"), desk.numbers[YELLOW])[-1].target is Status.RELEASED
    assert found(desk.office) == {}
