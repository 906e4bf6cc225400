"""Exports at the border: never more than was released, never twice, never without arrival."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import asking
import caseworking
import msgspec
import offices
import pki
import pytest
from builders import export_xml
from caseworking import EXPORT, GREEN, Desk, person
from cast import PARTICIPANTS
from exiting import exits, leave
from sqlalchemy import update
from tampering import found

from declarations.lifecycle import Action, Status
from interop import exchange_store
from portal.casework.desk import Desk as OfficeDesk
from portal.casework.errors import CaseRefused
from portal.casework.timer import Timer
from portal.database import reading, writing
from portal.exits import store
from portal.exits.errors import ExitNotFound, ExitRefused
from portal.exits.service import Exits
from portal.pipeline import lodge
from portal.stages import Lodged
from risk_gateway import history_store


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = caseworking.desk(tmp_path, EXPORT, GREEN)
    asking.put_partners(made.office)
    return made


def told(desk: Desk) -> list[str]:
    """Return what the tax service is told."""
    with reading(desk.office.engine) as connection:
        waiting = exchange_store.due(connection, asking.TAX, desk.clock.now() + timedelta(days=365), 100)
    return [msgspec.json.decode(each.envelope)["body"]["event"] for each in waiting]


def remaining(desk: Desk) -> int:
    with reading(desk.office.engine) as connection:
        return sum(each.remaining for each in store.balances_of(connection, desk.numbers[EXPORT]).values())


def refusal(what: Callable[..., object], *arguments: object, **named: object) -> str:
    with pytest.raises(ExitRefused) as caught:
        what(*arguments, **named)
    return caught.value.code


def test_an_export_that_leaves_in_two_vehicles_has_left_with_the_second(desk: Desk) -> None:
    assert not leave(desk, 0.6, vehicle="A001")
    assert desk.status(EXPORT) is Status.EXIT_AWAITED
    assert told(desk) == []
    assert leave(desk, vehicle="B002")

    assert desk.status(EXPORT) is Status.EXITED
    assert told(desk) == ["export_exited"]
    assert remaining(desk) == 0
    assert found(desk.office) == {}


def test_the_confirmation_goes_to_the_tax_service_once_whatever_is_tried_after(desk: Desk) -> None:
    leave(desk)
    number, border = desk.numbers[EXPORT], exits(desk)
    with pytest.raises(ExitNotFound):
        border.arrive(person("aidos"), number, "C003", "")
    Timer(desk.office.engine, desk.clock, desk.office.keyring).turn()

    assert told(desk) == ["export_exited"]


def test_nobody_confirms_an_exit_without_an_arrival_or_twice(desk: Desk) -> None:
    number, border, aidos = desk.numbers[EXPORT], exits(desk), person("aidos")
    assert refusal(border.confirm, aidos, number, 12345, {1: 1}) == "exit.not_arrived"
    arrival = border.arrive(aidos, number, "A 001", "")
    assert refusal(border.arrive, aidos, number, " a  001 ", "") == "exit.arrived_already"
    border.confirm(aidos, number, arrival, {1: 1000})

    assert refusal(border.confirm, aidos, number, arrival, {1: 1000}) == "exit.left_already"
    assert desk.status(EXPORT) is Status.EXIT_AWAITED


def test_an_officer_of_the_declarations_post_cannot_confirm_an_exit_as_a_move(desk: Desk) -> None:
    border = exits(desk)
    border.arrive(person("aidos"), desk.numbers[EXPORT], "A001", "")
    with pytest.raises(CaseRefused, match=r"case\.not_your_role"):
        desk.move(EXPORT, "nurlan", Action.CONFIRM_EXIT, text="Seen at Dostyk")


def test_no_more_leaves_than_was_released(desk: Desk) -> None:
    number, border, aidos = desk.numbers[EXPORT], exits(desk), person("aidos")
    arrival = border.arrive(aidos, number, "A001", "")
    released = remaining(desk)

    assert refusal(border.confirm, aidos, number, arrival, {1: released + 1}) == "exit.more_than_released"
    assert refusal(border.confirm, aidos, number, arrival, {2: 1}) == "exit.more_than_released"
    assert refusal(border.confirm, aidos, number, arrival, {1: 0}) == "exit.nothing_leaves"
    assert remaining(desk) == released


def test_of_two_vehicles_at_once_only_what_is_there_leaves(desk: Desk) -> None:
    number, aidos = desk.numbers[EXPORT], person("aidos")
    arrivals = [exits(desk).arrive(aidos, number, f"A{each}", "") for each in range(6)]
    most = remaining(desk) // 2
    start = Barrier(6)

    def confirm(arrival: int) -> str:
        start.wait()
        try:
            return str(exits(desk).confirm(aidos, number, arrival, {1: most}))
        except (ExitRefused, ExitNotFound) as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(confirm, arrivals))
    assert remaining(desk) < most
    assert len([each for each in outcomes if each in ("True", "False")]) == 2
    assert found(desk.office) == {}


def test_what_arrives_at_another_post_is_not_found_here(desk: Desk) -> None:
    number, border = desk.numbers[EXPORT], exits(desk)
    arrival = border.arrive(person("aidos"), number, "A001", "")
    with pytest.raises(ExitNotFound):
        border.confirm(person("dana"), number, arrival, {1: 1})


def test_imports_and_what_is_not_released_are_not_found_at_the_border(desk: Desk) -> None:
    with pytest.raises(ExitNotFound):
        exits(desk).page(person("aidos"), desk.numbers[GREEN])
    desk.move(EXPORT, "erlan", Action.CANCEL_RELEASE, reason="declarant_asked", text="Not sold")
    with pytest.raises(ExitNotFound):
        exits(desk).arrive(person("aidos"), desk.numbers[EXPORT], "A001", "")


def suspected(home: Path) -> Desk:
    """Return a desk where Tengri, whose last three exports have no proof of exit, declared one more: profile EX-12R
    orders survey and sealing, and the goods were inspected and released."""
    made = caseworking.desk(home, GREEN)
    asking.put_partners(made.office)
    with writing(made.office.engine) as connection:
        history_store.add_to_record(connection, PARTICIPANTS["tengri"].identifier, exports_without_exit=3)
    document = pki.sign_as("zarina", export_xml(reference="SUSPECTED"))
    made.numbers[EXPORT] = lodge(Lodged(document, offices.NOW), made.office).stored.registration_number
    made.inspect(EXPORT)
    made.move(EXPORT, "dana", Action.RELEASE)
    return made


def test_survey_and_sealing_that_were_ordered_come_before_the_exit(tmp_path: Path) -> None:
    desk = suspected(tmp_path)
    number, border, aidos = desk.numbers[EXPORT], exits(desk), person("aidos")
    assert border.page(aidos, number).survey_ordered
    first = border.arrive(aidos, number, "A001", "")
    assert refusal(border.confirm, aidos, number, first, {1: 1}) == "exit.survey_missing"
    said = {"as_declared": True, "seals": "", "text": ""}
    assert refusal(border.survey, aidos, number, first, **said) == "exit.seals_needed"
    border.survey(aidos, number, first, **{**said, "seals": "KZ-77"})
    assert refusal(border.survey, aidos, number, first, **{**said, "seals": "KZ-78"}) == "exit.surveyed_already"
    border.confirm(aidos, number, first, {1: 1})

    second = border.arrive(aidos, number, "B002", "")
    otherwise = {"as_declared": False, "seals": "", "text": "Other goods"}
    border.survey(aidos, number, second, **otherwise)
    assert refusal(border.confirm, aidos, number, second, {1: 1}) == "exit.survey_found"
    assert found(desk.office) == {}


def test_what_is_missing_after_thirty_days_is_told_and_may_still_leave(desk: Desk) -> None:
    leave(desk, 0.5)
    desk.clock.at += timedelta(days=31)
    Timer(desk.office.engine, desk.clock, desk.office.keyring).turn()
    assert desk.status(EXPORT) is Status.NO_PROOF_OF_EXIT
    assert told(desk) == ["export_not_exited"]
    assert leave(desk, vehicle="B002")

    assert desk.status(EXPORT) is Status.EXITED
    assert told(desk) == ["export_not_exited", "export_exited"]
    assert found(desk.office) == {}


@pytest.mark.parametrize("point", ["after arrival", "after exit", "after move", "after ledger"])
def test_a_crash_between_two_writes_leaves_nothing_half_done(desk: Desk, point: str) -> None:
    def strike(reached: str) -> None:
        if reached == point:
            raise RuntimeError("the plug is pulled")

    fragile = Exits(desk.office, OfficeDesk(desk.clock, desk.office.keyring, strike))
    number, aidos = desk.numbers[EXPORT], person("aidos")
    if point != "after arrival":
        arrival = exits(desk).arrive(aidos, number, "A001", "")
        with pytest.raises(RuntimeError):
            fragile.confirm(aidos, number, arrival, {1: remaining(desk)})
    else:
        with pytest.raises(RuntimeError):
            fragile.arrive(aidos, number, "A001", "")
    assert found(desk.office) == {}
    assert desk.status(EXPORT) is not Status.EXITED
    assert leave(desk, vehicle="B002")


@pytest.mark.parametrize("values", [{"left_items": '{"1":5}'}, {"vehicle": "Z999"}, {"left_sequence": None}])
def test_the_audit_finds_what_is_changed_behind_the_portal(desk: Desk, values: dict[str, object]) -> None:
    leave(desk, 0.5)
    with writing(desk.office.engine) as connection:
        connection.execute(update(store.arrival_table).values(**values))

    assert "exits" in str(found(desk.office))
