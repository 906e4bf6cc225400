"""What the tax service is told of: which moves, and in the same transaction."""

from datetime import timedelta
from pathlib import Path

import asking
import caseworking
import exiting
import msgspec
import pytest
from caseworking import EXPORT, RED, Desk

from declarations import lifecycle
from declarations.lifecycle import Action, Status
from interop import exchange_store, tax_notices
from interop.tax_notices import Event, TaxNotice
from portal.casework.errors import CaseRefused
from portal.casework.timer import Timer
from portal.database import reading


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = caseworking.desk(tmp_path)
    asking.put_partners(made.office)
    return made


def told(desk: Desk) -> list[tuple[str, str]]:
    """Return event and registration number of each message that waits for the tax service."""
    with reading(desk.office.engine) as connection:
        waiting = exchange_store.due(connection, asking.TAX, desk.clock.now() + timedelta(days=365), 100)
        others = exchange_store.due(connection, asking.POLICE, desk.clock.now() + timedelta(days=365), 100)
    assert others == []
    bodies = [msgspec.json.decode(each.envelope)["body"] for each in waiting]
    notices = [msgspec.convert(body, TaxNotice) for body in bodies]
    return [(notice.event.value, notice.registration_number) for notice in notices]


def test_every_way_to_release_an_export_is_told_and_nothing_of_imports_but_debts() -> None:
    events = {
        (move.action, move.target): tax_notices.event_of_move("EX", move)
        for status in Status
        for move in lifecycle.moves_from(status)
    }
    imports = {
        tax_notices.event_of_move("IM", move): move.action for status in Status for move in lifecycle.moves_from(status)
    }

    released = {pair for pair, event in events.items() if event is Event.EXPORT_RELEASED}
    assert {Action.RELEASE, Action.RELEASE_UNDER_SECURITY} <= {action for action, _ in released}
    assert events[Action.CLEAR, Status.CLEARED] is None  # it was released before, under security
    assert events[Action.CONFIRM_EXIT, Status.EXITED] is Event.EXPORT_EXITED
    assert events[Action.MISS_EXIT, Status.NO_PROOF_OF_EXIT] is Event.EXPORT_NOT_EXITED
    assert events[Action.CANCEL_RELEASE, Status.RELEASE_CANCELLED] is Event.EXPORT_CANCELLED
    assert set(imports) == {None, Event.DEBT}
    assert imports[Event.DEBT] is Action.DEMAND_PAYMENT


def test_an_export_is_told_when_it_is_released_and_again_when_it_has_left(desk: Desk) -> None:
    number = desk.numbers[EXPORT]
    Timer(desk.office.engine, desk.clock, desk.office.keyring).turn()
    before = told(desk)  # lodged before there was a partner
    exiting.leave(desk)

    assert before == []
    assert told(desk) == [("export_exited", number)]


def test_a_move_that_fails_tells_nothing(desk: Desk) -> None:
    Timer(desk.office.engine, desk.clock, desk.office.keyring).turn()
    with pytest.raises(CaseRefused):
        desk.move(EXPORT, "nurlan", Action.CONFIRM_EXIT)

    assert told(desk) == []


def test_what_is_of_an_import_is_not_told(desk: Desk) -> None:
    desk.move(RED, "dana", Action.START_INSPECTION)

    assert told(desk) == []
