"""Goods move under a transit declaration: taken from it, by its carrier alone, once, and it is completed at the end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import carrying
import pki
import pytest
from builders import declaration_xml, transit_xml
from carrying import GOODS, REMOTE, Desk
from caseworking import person
from cast import PARTICIPANTS, PERSONS
from tampering import found

from declarations import lifecycle
from declarations import store as declarations_store
from declarations.movements import store
from declarations.movements.lifecycle import Action, Status
from portal import amending
from portal.casework import desk as casework
from portal.casework import reasons as case_reasons
from portal.casework.errors import CaseRefused
from portal.casework.model import Mover, Wanted
from portal.casework.moving import make_move
from portal.database import reading, writing
from portal.movements import reasons
from portal.movements.errors import MovementRefused
from portal.pipeline import lodge
from portal.stages import Lodged

KASPI, ALTYN = PARTICIPANTS["kaspi"], PARTICIPANTS["altyn"]
SANZHAR = Mover(lifecycle.Actor.DOCUMENT_OFFICER, PERSONS["sanzhar"].iin, "Sanzhar Demo", "30301")
CHIEF = Mover(lifecycle.Actor.CHIEF, PERSONS["erlan"].iin, "Erlan Demo", "30301")
TAKEN: dict[str, Any] = {"goods": (), "departure": "", "destination": "", "guarantee": ""}


class Struck(Exception):
    """The power went out."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return carrying.desk(tmp_path)


def declared(desk: Desk, **changes: Any) -> str:
    """Lodge a transit declaration, and return its number."""
    data = pki.sign_as("anna", transit_xml(**{"items": 2, **changes}))
    return lodge(Lodged(data, desk.clock.now()), desk.office).stored.registration_number


def notified(desk: Desk, number: str, reference: str = "CMR-1", **changes: Any) -> str:
    return desk.notify(**{**TAKEN, "reference": reference, "declaration": number, **changes})


def refused(desk: Desk, number: str, reference: str = "CMR-1", **changes: Any) -> str:
    with pytest.raises(MovementRefused) as told:
        notified(desk, number, reference, **changes)
    return told.value.code


def status(desk: Desk, number: str) -> str:
    with reading(desk.office.engine) as connection:
        stored = declarations_store.find_by_number(connection, number)
    assert stored is not None
    return stored.status


def corrected(desk: Desk, number: str, **changes: Any) -> None:
    """Ask to correct a transit declaration that was released."""
    desk.later(minutes=5)
    at = desk.clock.now().astimezone(carrying.offices.KAZAKHSTAN_TIME).isoformat(timespec="seconds")
    usual = {"items": 2, "function": "4", "registration_number": number, "issued_at": at, "price": "9.00"}
    data = pki.sign_as("anna", transit_xml(**{**usual, **changes}))
    assert lodge(Lodged(data, desk.clock.now()), desk.office).asked


def cancel(desk: Desk, number: str) -> None:
    wanted = Wanted(
        number=number,
        action=lifecycle.Action.CANCEL_RELEASE,
        expected=lifecycle.Status.RELEASED,
        by=CHIEF,
        reason=next(iter(case_reasons.of(lifecycle.Action.CANCEL_RELEASE))),
        text="A mistake of ours",
    )
    with writing(desk.office.engine) as connection:
        make_move(connection, casework.Desk(desk.clock, desk.office.keyring), wanted)


def arrived(desk: Desk, number: str) -> None:
    desk.clear(number)
    desk.seal(number)
    desk.go(number)
    desk.later(hours=5)
    desk.arrive(number)


# --- the whole way --------------------------------------------------------------------------------------------------


def test_goods_posts_and_guarantee_are_those_of_the_declaration_and_it_is_completed(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    made = desk.movement(moving)
    assert (made.departure, made.destination, made.declaration) == ("30301", "20201", number)
    assert [each.commodity_code for each in made.goods] == ["8539229000", "9401610000"]
    assert made.guarantee_tiyn == 100_000_000_00
    assert made.duties_tiyn > 0
    assert made.transit is not None
    assert (made.transit.declarant, made.transit.consignee_name) == (ALTYN.identifier, ALTYN.name)
    arrived(desk, moving)
    assert status(desk, number) == "RELEASED"
    desk.do("dana", moving, Action.DISCHARGE)
    assert status(desk, number) == "CLEARED"
    assert found(desk.office) == {}


def test_where_box_53_is_empty_the_carrier_names_the_destination(desk: Desk) -> None:
    number = declared(desk, destination=None)
    assert refused(desk, number) == "movement.destination"
    assert desk.movement(notified(desk, number, destination=REMOTE)).destination == REMOTE


def test_the_same_notification_again_is_the_same_movement_even_when_all_is_over(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    assert notified(desk, number) == moving
    arrived(desk, moving)
    desk.do("dana", moving, Action.DISCHARGE)
    assert status(desk, number) == "CLEARED"
    desk.clock.at = carrying.offices.NOW
    assert notified(desk, number) == moving


# --- who may use it -------------------------------------------------------------------------------------------------


def test_what_is_another_carriers_is_as_if_it_were_not_there(desk: Desk) -> None:
    others, imported = (
        declared(desk, carrier="zhibek"),
        lodge(Lodged(pki.sign_as("anna", declaration_xml()), desk.clock.now()), desk.office),
    )
    for number in (others, imported.stored.registration_number, "30301/241126/0000077", "no number"):
        assert refused(desk, number) == "movement.declaration"


def test_a_declaration_without_a_carrier_is_for_its_declarant_alone(desk: Desk) -> None:
    assert refused(desk, declared(desk, carrier=None)) == "movement.declaration"


def test_one_that_is_not_released_or_not_any_more_opens_no_movement(desk: Desk) -> None:
    held = declared(desk, guarantee="1.00")
    assert status(desk, held) == "DOCUMENTS_REQUESTED"
    assert refused(desk, held) == "movement.declaration_status"
    cancelled = declared(desk, reference="TRANSIT-2")
    cancel(desk, cancelled)
    assert refused(desk, cancelled) == "movement.declaration_status"
    waiting = declared(desk, reference="TRANSIT-3")
    corrected(desk, waiting, reference="TRANSIT-3")
    assert refused(desk, waiting) == "movement.declaration_status"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"goods": (GOODS,)}, "movement.declaration_goods"),
        ({"departure": "40401"}, "movement.declaration_departure"),
        ({"destination": REMOTE}, "movement.declaration_destination"),
    ],
)
def test_what_the_declaration_says_is_not_said_otherwise(desk: Desk, changes: dict[str, Any], code: str) -> None:
    assert refused(desk, declared(desk), **changes) == code


def test_goods_without_a_mass_do_not_move(desk: Desk) -> None:
    assert refused(desk, declared(desk, gross=None, net=None)) == "movement.declaration_mass"


def test_what_may_be_excise_goods_is_taken_for_such(desk: Desk) -> None:
    made = desk.movement(notified(desk, declared(desk, code="220830", items=1)))
    assert [each.excise for each in made.goods] == [True]


# --- once -----------------------------------------------------------------------------------------------------------


def test_nobody_uses_a_declaration_twice(desk: Desk) -> None:
    number = declared(desk)
    notified(desk, number)
    assert refused(desk, number, "CMR-2") == "movement.declaration_used"


def test_of_two_at_once_one_uses_the_declaration(desk: Desk) -> None:
    number, start = declared(desk), Barrier(2)

    def notify(reference: str) -> str:
        start.wait()
        try:
            return notified(desk, number, reference)
        except MovementRefused as error:
            return error.code

    with ThreadPoolExecutor(2) as both:
        made = sorted(both.map(notify, ("CMR-1", "CMR-2")))
    assert made[0].startswith("DC-")
    assert made[1] == "movement.declaration_used"
    assert found(desk.office) == {}


def test_the_database_itself_holds_it_to_one(desk: Desk) -> None:
    number = declared(desk)
    made = desk.movement(notified(desk, number))
    with reading(desk.office.engine) as connection:
        assert store.of_declaration(connection, number) == made
    index = next(each for each in store.movement.indexes if each.name == "movement_of_declaration")
    assert index.unique


def test_a_movement_that_was_refused_leaves_the_declaration_for_another(desk: Desk) -> None:
    number = declared(desk)
    first = notified(desk, number)
    desk.clear(first)
    desk.seal(first)
    desk.do("aidos", first, Action.REFUSE, reason=reason_of(Action.REFUSE), text="The truck broke down")
    second = notified(desk, number, "CMR-2")
    desk.clear(second)
    desk.seal(second)
    assert desk.movement(second).status is Status.SEALED
    assert found(desk.office) == {}


# --- changed meanwhile ----------------------------------------------------------------------------------------------


def test_nothing_departs_under_a_declaration_that_was_changed(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    corrected(desk, number)
    with pytest.raises(MovementRefused) as told:
        desk.clear(moving)
    assert told.value.code == "movement.declaration_changed"
    amending.grant(desk.office, number, SANZHAR)
    with pytest.raises(MovementRefused):
        desk.clear(moving)
    desk.do("aidos", moving, Action.REFUSE, reason=reason_of(Action.REFUSE), text="Notify it anew")
    assert desk.movement(notified(desk, number, "CMR-2")).transit.version == 2  # type: ignore[union-attr]


def test_what_is_changed_on_the_way_has_to_be_decided_before_the_discharge(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    arrived(desk, moving)
    corrected(desk, number)
    with pytest.raises(CaseRefused) as told:
        desk.do("dana", moving, Action.DISCHARGE)
    assert told.value.code == "movement.declaration_waits"
    assert desk.movement(moving).status is Status.ARRIVED
    amending.grant(desk.office, number, SANZHAR)
    assert desk.movements.dossier(person("dana"), moving).changed
    desk.do("dana", moving, Action.DISCHARGE)
    assert status(desk, number) == "CLEARED"
    assert found(desk.office) == {}


def test_a_release_that_was_cancelled_on_the_way_is_not_completed(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    arrived(desk, moving)
    cancel(desk, number)
    desk.do("dana", moving, Action.DISCHARGE)
    assert (desk.movement(moving).status, status(desk, number)) == (Status.DISCHARGED, "RELEASE_CANCELLED")


def test_goods_that_differ_leave_the_declaration_open(desk: Desk) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    arrived(desk, moving)
    desk.discrepancy(moving, (1, "1"))
    assert status(desk, number) == "RELEASED"


# --- crashes --------------------------------------------------------------------------------------------------------


def broken_off(point: str, time: int) -> Callable[[str], None]:
    """Break off when a point is passed for that time."""
    passed: list[str] = []

    def mark(here: str) -> None:
        passed.append(here)
        if here == point and passed.count(here) == time:
            raise Struck(here)

    return mark


@pytest.mark.parametrize(("point", "time"), [("after message", 1), ("after move", 2), ("after ledger", 1)])
def test_movement_and_declaration_end_together_or_not_at_all(desk: Desk, point: str, time: int) -> None:
    number = declared(desk)
    moving = notified(desk, number)
    arrived(desk, moving)
    desk.movements = type(desk.movements)(desk.office, broken_off(point, time))
    with pytest.raises(Struck):
        desk.do("dana", moving, Action.DISCHARGE)
    assert (desk.movement(moving).status, status(desk, number)) == (Status.ARRIVED, "RELEASED")
    assert found(desk.office) == {}
    desk.do("dana", moving, Action.DISCHARGE)
    assert (desk.movement(moving).status, status(desk, number)) == (Status.DISCHARGED, "CLEARED")
    assert found(desk.office) == {}


def test_a_notification_that_breaks_off_uses_nothing(desk: Desk) -> None:
    number = declared(desk)
    desk.movements = type(desk.movements)(desk.office, broken_off("before commit", 1))
    with pytest.raises(Struck):
        notified(desk, number)
    assert notified(desk, number, "CMR-2").startswith("DC-")
    assert len(desk.movements.of_carrier(person("aigerim"))) == 1


def reason_of(action: Action) -> str:
    return next(iter(reasons.of(action)))
