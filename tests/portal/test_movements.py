"""Movements under customs control: who may do what, when, and what follows from it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import carrying
import pytest
from carrying import DESTINATION, GOODS, OPERATOR, PNG, REMOTE, SEAL, SPIRITS, Desk
from caseworking import person
from cast import PARTICIPANTS
from msgspec.structs import replace
from sqlalchemy import select, update
from tampering import found

from declarations.movements import store
from declarations.movements.lifecycle import Action, Status
from declarations.movements.model import Seal, SealFound
from interop.store import outbox
from portal.casework.errors import CaseRefused
from portal.casework.model import Upload
from portal.database import reading, writing
from portal.languages import KAZAKHSTAN_TIME
from portal.ledger import books
from portal.movements.errors import MovementNotFound, MovementRefused
from portal.movements.model import GoodsTyped, Scan
from portal.movements.recovering import document_of
from portal.worker import Worker
from risk_gateway import judgement_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import State
from risk_gateway.days import day_of
from risk_gateway.packing import unpack

KASPI = PARTICIPANTS["kaspi"].identifier


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return carrying.desk(tmp_path)


def refused(desk: Desk, who: str, number: str, action: Action, **changes: object) -> str:
    with pytest.raises(CaseRefused) as told:
        desk.do(who, number, action, **changes)
    return told.value.code


def moments(desk: Desk, number: str) -> list[tuple[str, str]]:
    with reading(desk.office.engine) as connection:
        return [(each.moment, each.outcome) for each in judgement_store.of_subject(connection, number)]


def notices(desk: Desk, number: str) -> list[bytes]:
    """Return the notices of moves that were sent, oldest first."""
    with reading(desk.office.engine) as connection:
        wanted = select(outbox.c.body).where(outbox.c.subject == number, outbox.c.kind == "MOVEMENT_NOTICE")
        return [unpack(bytes(body)) for body in connection.execute(wanted.order_by(outbox.c.sequence)).scalars()]


# --- the whole way --------------------------------------------------------------------------------------------------


def test_goods_that_are_delivered_are_discharged_and_the_guarantee_is_given_back(desk: Desk) -> None:
    number = desk.moving()
    with reading(desk.office.engine) as connection:
        assert books.holdings(connection, KASPI).securities == 100_000_000_00
    desk.later(hours=6)
    desk.arrive(number)
    desk.do("dana", number, Action.DISCHARGE)
    assert desk.movement(number).status is Status.DISCHARGED
    with reading(desk.office.engine) as connection:
        assert books.holdings(connection, KASPI).securities == 0
        assert books.outstanding(connection, document_of(number)) is None
        assert violation_store.counting(connection, KASPI, day_of(desk.clock.at)) == ()
    assert [moment for moment, _ in moments(desk, number)] == ["declaration", "crossing", "arrival"]
    assert found(desk.office) == {}


def test_the_carrier_is_told_route_limit_seals_and_guarantee_when_the_goods_leave(desk: Desk) -> None:
    number = desk.moving()
    codes = [each.split(b"<ResponseCode>")[1][:2] for each in notices(desk, number)]
    assert codes == [b"02", b"01", b"08"]
    told = notices(desk, number)[-1].decode()
    assert "<Route>30301 zharkent shelek 20201</Route>" in told
    assert "<Seal>ES-0000001</Seal>" in told
    assert '<Guarantee currencyID="KZT">100000000.00</Guarantee>' in told
    assert "<LimitDate>" in told
    Worker(desk.office.engine, desk.clock).turn()  # it reaches the carrier's account


def test_goods_that_are_short_are_a_discrepancy_and_what_is_missing_is_owed_by_mass(desk: Desk) -> None:
    number = desk.moving()
    desk.arrive(number, scan=Scan.MISMATCH, files=(Upload("scan.png", PNG),))
    desk.discrepancy(number, (1, "900"))
    movement = desk.movement(number)
    owed = movement.duties_tiyn * 300 // 1200
    assert (movement.status, movement.missing_tiyn) == (Status.DISCREPANCY, owed)
    desk.do("dana", number, Action.RECOVER)
    with reading(desk.office.engine) as connection:
        claim = books.outstanding(connection, document_of(number))
        assert claim is not None
        assert (claim.charged, claim.in_full) == (owed, True)  # out of the guarantee
        assert books.holdings(connection, KASPI).securities == 0  # the rest is given back
        assert [kind for kind, _ in violation_store.counting(connection, KASPI, day_of(desk.clock.at))] == [
            "non_delivery"
        ]
    assert found(desk.office) == {}


def test_a_discrepancy_without_missing_goods_leaves_nothing_to_recover(desk: Desk) -> None:
    number = desk.moving()
    desk.arrive(number)
    desk.discrepancy(number, (1, "1300"))
    assert desk.movement(number).missing_tiyn == 0
    assert refused(desk, "dana", number, Action.RECOVER) == "movement.nothing_owed"


def test_a_truck_that_never_arrives_is_asked_about_and_then_pays_everything(desk: Desk) -> None:
    number = desk.moving(guarantee="0")
    limit = desk.movement(number).limit
    assert limit is not None
    desk.clock.at = limit
    desk.watch()
    assert desk.movement(number).status is Status.MOVING
    desk.later(minutes=1)
    desk.watch()
    movement = desk.movement(number)
    assert (movement.status, movement.answer_by) == (Status.NOT_DELIVERED, desk.clock.at + timedelta(days=3))
    desk.later(days=3, minutes=1)
    desk.watch()
    desk.watch()
    assert desk.movement(number).status is Status.RECOVERY
    with reading(desk.office.engine) as connection:
        claim = books.outstanding(connection, document_of(number))
        assert claim is not None
        assert claim.charged == movement.duties_tiyn
        (violation,) = violation_store.of_number(connection, KASPI)
        assert violation.state is State.ALLEGED
        assert violation_store.counting(connection, KASPI, day_of(desk.clock.at)) == ()
    assert [moment for moment, _ in moments(desk, number)] == ["declaration", "crossing", "deadline"]
    assert found(desk.office) == {}


def test_a_carrier_with_a_non_delivery_gets_seal_and_route_ordered_to_a_remote_post(desk: Desk) -> None:
    first = desk.moving()
    limit = desk.movement(first).limit
    assert limit is not None
    desk.clock.at = limit + timedelta(minutes=1)
    desk.watch()
    desk.later(days=4)
    desk.watch()
    desk.do("aidos", first, Action.CONFIRM, text="Nobody has seen it")
    before = desk.notify(reference="NEAR")
    after = desk.notify(reference="FAR", destination=REMOTE)
    assert moments(desk, before)[0][1] == "SIMPLIFIED_RELEASE"
    assert moments(desk, after)[0][1] != "SIMPLIFIED_RELEASE"
    desk.clear(after)
    desk.seal(after, Seal("MECH-1"))
    assert refused(desk, "aidos", after, Action.LET_GO) == "movement.electronic_ordered"
    desk.seal(after)
    desk.go(after)


# --- before departure -----------------------------------------------------------------------------------------------


def test_the_same_notification_twice_is_one_movement(desk: Desk) -> None:
    assert desk.notify() == desk.notify()
    with reading(desk.office.engine) as connection:
        assert len(store.of_carrier(connection, KASPI)) == 1


def test_other_content_under_the_same_reference_is_refused(desk: Desk) -> None:
    desk.notify()
    with pytest.raises(MovementRefused) as told:
        desk.notify(vehicle="999 ZZZ 01")
    assert (told.value.code, told.value.field) == ("movement.reference_used", "reference")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 36}, "reference"),
        ({"vehicle": "<script>"}, "vehicle"),
        ({"container": "MSKU12"}, "container"),
        ({"departure": "20201"}, "departure"),  # no border post
        ({"departure": "nowhere"}, "departure"),
        ({"destination": "30301"}, "destination"),
        ({"destination": ""}, "destination"),
        ({"declaration": "20201/241126/0000001"}, "declaration"),  # there is none
        ({"declaration": "TT"}, "declaration"),
        ({"goods": ()}, "code-1"),
        ({"goods": (GoodsTyped("847130", "PC", "1", "1", ""),)}, "code-1"),
        ({"goods": (GoodsTyped("8471300000", "", "1", "1", ""),)}, "description-1"),
        ({"goods": (GoodsTyped("8471300000", "PC", "0", "1", ""),)}, "mass-1"),
        ({"goods": (GoodsTyped("8471300000", "PC", "NaN", "1", ""),)}, "mass-1"),
        ({"goods": (GoodsTyped("8471300000", "PC", "1", "-5", ""),)}, "value-1"),
        ({"goods": (GoodsTyped("8471300000", "PC", "1", "1e99", ""),)}, "value-1"),
        ({"goods": (GOODS, GoodsTyped("8471300000", "PC", "1", "1", "XQ"))}, "origin-2"),
        ({"guarantee": "0.001"}, "guarantee"),
    ],
)
def test_what_is_wrong_in_a_notification_is_told_at_its_field(
    desk: Desk, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(MovementRefused) as told:
        desk.notify(**changes)
    assert told.value.field == field
    assert all(told.value.text(language) for language in ("kk", "ru", "en"))


def test_payments_at_stake_are_computed_from_the_tariff_with_vat(desk: Desk) -> None:
    goods = desk.movement(desk.notify()).goods[0]
    assert goods.payments == (("5010", 48_000_000_00 * 16 // 100),)  # no duty on computers; VAT from 2026


def test_excise_goods_leave_under_an_electronic_seal_only(desk: Desk) -> None:
    number = desk.notify(goods=(SPIRITS,), guarantee="900 000 000")
    assert desk.movement(number).goods[0].excise
    desk.clear(number)
    desk.seal(number, Seal("MECH-1"))
    assert refused(desk, "aidos", number, Action.LET_GO) == "movement.electronic_ordered"
    desk.seal(number)
    desk.go(number)


def test_goods_do_not_leave_with_a_guarantee_below_the_payments_at_stake(desk: Desk) -> None:
    number = desk.notify(guarantee="100")
    desk.clear(number)
    desk.seal(number, guarantee=100_00)
    assert refused(desk, "aidos", number, Action.LET_GO) == "movement.guarantee_ordered"
    assert desk.movement(number).status is Status.SEALED
    desk.seal(number, guarantee=desk.movement(number).duties_tiyn)
    desk.go(number)


def test_prohibited_goods_are_stopped_and_go_nowhere(desk: Desk) -> None:
    number = desk.notify()
    desk.clear(number)
    assert refused(desk, "aidos", number, Action.STOP, text="Weapons") == "movement.reason_needed"
    assert refused(desk, "aidos", number, Action.STOP, reason="prohibited") == "movement.text_needed"
    desk.do("aidos", number, Action.STOP, reason="prohibited", text="Weapons")
    assert desk.movement(number).status is Status.STOPPED
    assert refused(desk, "aidos", number, Action.SEAL) == "movement.not_allowed"
    assert b"<ResponseCode>52</ResponseCode>" in notices(desk, number)[-1]
    assert found(desk.office) == {}


def test_a_refused_notification_tells_the_carrier_why(desk: Desk) -> None:
    number = desk.notify()
    desk.do("aidos", number, Action.REFUSE, reason="documents_missing", text="No invoice")
    told = notices(desk, number)[-1].decode()
    assert "<ReasonCode>documents_missing</ReasonCode>" in told
    assert "No invoice" in told


@pytest.mark.parametrize(
    ("seals", "code"),
    [
        ((), "movement.seals_needed"),
        ((Seal("A-1"),) * 2, "movement.seal_twice"),
        ((Seal("a 1"),), "movement.seal_number"),
        (tuple(Seal(f"A-{each}") for each in range(5)), "movement.seals_needed"),
    ],
)
def test_seals_have_numbers_of_their_own(desk: Desk, seals: tuple[Seal, ...], code: str) -> None:
    number = desk.notify()
    desk.clear(number)
    assert refused(desk, "aidos", number, Action.SEAL, seals=seals) == code


def test_a_seal_is_on_one_movement_until_it_arrives(desk: Desk) -> None:
    first, second = desk.notify(), desk.notify(reference="CMR-2")
    for each in (first, second):
        desk.clear(each)
    desk.seal(first)
    assert refused(desk, "aidos", second, Action.SEAL, seals=(Seal(SEAL, OPERATOR),)) == "movement.seal_in_use"
    desk.go(first)
    desk.arrive(first)
    desk.seal(second)


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["zarina", "anna", "nurlan", "sanzhar", "saule", "asel"])
def test_who_has_no_part_in_a_movement_does_not_find_it(desk: Desk, who: str) -> None:
    number = desk.notify()
    with pytest.raises(MovementNotFound):
        desk.movements.dossier(person(who), number)
    with pytest.raises(MovementNotFound):
        desk.do(who, number, Action.CLEAR)


def test_another_carrier_finds_nothing_of_it(desk: Desk) -> None:
    number = desk.moving()
    other = replace(person("aigerim"), organisation=PARTICIPANTS["zhibek"].identifier)
    with pytest.raises(MovementNotFound):
        desk.movements.dossier(other, number)
    assert not desk.movements.holds(other, number)
    assert desk.movements.of_carrier(other) == ()


def test_the_post_of_destination_sees_it_and_may_not_let_it_go(desk: Desk) -> None:
    number = desk.notify()
    assert desk.movements.dossier(person("dana"), number).moves == ()
    assert refused(desk, "dana", number, Action.CLEAR) == "movement.not_allowed"


def test_the_border_post_may_not_discharge_what_arrived_elsewhere(desk: Desk) -> None:
    number = desk.moving()
    desk.arrive(number)
    assert refused(desk, "aidos", number, Action.DISCHARGE) == "movement.not_allowed"


def test_a_third_post_finds_nothing(desk: Desk) -> None:
    number = desk.moving(destination=REMOTE)
    with pytest.raises(MovementNotFound):
        desk.movements.dossier(person("dana"), number)
    with pytest.raises(MovementNotFound):
        desk.arrive(number)


def test_a_carrier_moves_nothing_but_its_own_answer(desk: Desk) -> None:
    number = desk.moving()
    for action in (Action.CLEAR, Action.ARRIVE, Action.DISCHARGE, Action.RECOVER, Action.EXPLAIN):
        assert refused(desk, "aigerim", number, action, text="x") == "movement.not_allowed"


# --- twice, out of order, meanwhile ---------------------------------------------------------------------------------


def test_nothing_happens_out_of_order(desk: Desk) -> None:
    number = desk.notify()
    for who, action in (
        ("aidos", Action.SEAL),
        ("aidos", Action.LET_GO),
        ("dana", Action.ARRIVE),
        ("dana", Action.DISCHARGE),
        ("dana", Action.FIND_DISCREPANCY),
        ("aidos", Action.RECOVER),
        ("aidos", Action.EXTEND),
    ):
        assert refused(desk, who, number, action, text="x") == "movement.not_allowed"


def test_of_two_at_once_the_second_is_told(desk: Desk) -> None:
    number = desk.notify()
    desk.clear(number)
    assert refused(desk, "aidos", number, Action.CLEAR, expected="NOTIFIED") == "case.moved_meanwhile"


def test_an_arrival_says_of_every_seal_how_it_was_found(desk: Desk) -> None:
    number = desk.moving()
    assert refused(desk, "dana", number, Action.ARRIVE, found=()) == "movement.seals_found"
    other = (("OTHER", SealFound.INTACT),)
    assert refused(desk, "dana", number, Action.ARRIVE, found=other) == "movement.seals_found"


@pytest.mark.parametrize("how", [SealFound.BROKEN, SealFound.MISSING, SealFound.OTHER])
def test_a_seal_that_is_not_as_it_was_orders_an_inspection_that_must_be_made(desk: Desk, how: SealFound) -> None:
    number = desk.moving()
    desk.arrive(number, how)
    assert moments(desk, number)[-1] == ("arrival", "INSPECTION_ORDER")
    assert refused(desk, "dana", number, Action.DISCHARGE) == "movement.inspection_needed"
    desk.do("dana", number, Action.DISCHARGE, inspection="All is there")
    assert desk.movement(number).status is Status.DISCHARGED
    assert found(desk.office) == {}


def unanswered(desk: Desk) -> str:
    """Return a movement that never arrived, whose enquiry nobody answered."""
    number = desk.moving()
    limit = desk.movement(number).limit
    assert limit is not None
    desk.clock.at = limit + timedelta(minutes=1)
    desk.watch()
    desk.later(days=3, minutes=1)
    desk.watch()
    assert desk.movement(number).status is Status.RECOVERY
    return number


def offered(desk: Desk, who: str, number: str) -> list[Action]:
    return [each.action for each in desk.movements.dossier(person(who), number).moves]


def test_what_the_timer_alleges_an_inspector_of_the_departure_confirms_once(desk: Desk) -> None:
    number = unanswered(desk)
    assert refused(desk, "dana", number, Action.CONFIRM, text="Never came") == "movement.not_allowed"
    assert offered(desk, "aidos", number) == [Action.CONFIRM]
    desk.do("aidos", number, Action.CONFIRM, text="The post of arrival has not seen it, nor has the carrier")
    with reading(desk.office.engine) as connection:
        (violation,) = violation_store.of_number(connection, KASPI)
        assert (violation.state, violation.version) == (State.CONFIRMED, 2)
        assert len(violation_store.counting(connection, KASPI, day_of(desk.clock.at))) == 1
    assert offered(desk, "aidos", number) == []
    assert refused(desk, "aidos", number, Action.CONFIRM, text="Again") == "movement.nothing_alleged"
    assert found(desk.office) == {}


def test_a_confirmation_has_words(desk: Desk) -> None:
    number = unanswered(desk)
    assert refused(desk, "aidos", number, Action.CONFIRM, text=" ") == "movement.text_needed"


def test_what_an_inspector_recovers_himself_is_confirmed_at_once(desk: Desk) -> None:
    number = desk.moving()
    limit = desk.movement(number).limit
    assert limit is not None
    desk.clock.at = limit + timedelta(minutes=1)
    desk.watch()
    desk.do("aidos", number, Action.RECOVER, text="The carrier says that it was sold")
    with reading(desk.office.engine) as connection:
        assert len(violation_store.counting(connection, KASPI, day_of(desk.clock.at))) == 1
    assert offered(desk, "aidos", number) == []


def test_a_late_answer_may_extend_the_limit_and_the_goods_arrive_after_all(desk: Desk) -> None:
    number = desk.moving()
    limit = desk.movement(number).limit
    assert limit is not None
    desk.clock.at = limit + timedelta(minutes=1)
    desk.watch()
    desk.do("aigerim", number, Action.EXPLAIN, text="Snow on the road")
    far = desk.clock.at + timedelta(days=31)
    assert refused(desk, "aidos", number, Action.EXTEND, text="Snow", limit=far) == "movement.limit"
    desk.do("aidos", number, Action.EXTEND, text="Snow", limit=desk.clock.at + timedelta(days=2))
    desk.watch()
    assert desk.movement(number).status is Status.MOVING
    desk.later(days=1)
    desk.arrive(number)
    assert found(desk.office) == {}


def test_a_limit_in_the_time_of_the_post_passes_at_its_moment(desk: Desk) -> None:
    number = desk.notify()
    desk.clear(number)
    desk.seal(number)
    limit = (desk.clock.at + timedelta(hours=1)).astimezone(KAZAKHSTAN_TIME)
    desk.go(number, limit=limit)
    desk.later(minutes=59)
    desk.watch()
    assert desk.movement(number).status is Status.MOVING
    desk.later(minutes=2)
    desk.watch()
    assert desk.movement(number).status is Status.NOT_DELIVERED


def test_goods_that_arrive_during_the_enquiry_are_taken_and_their_lateness_is_judged(desk: Desk) -> None:
    number = desk.moving()
    limit = desk.movement(number).limit
    assert limit is not None
    desk.clock.at = limit + timedelta(hours=1)
    desk.watch()
    desk.arrive(number)
    assert desk.movement(number).status is Status.ARRIVED
    desk.later(days=10)
    desk.watch()
    assert desk.movement(number).status is Status.ARRIVED


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_a_picture_of_a_scan_is_kept_for_officials_only(desk: Desk) -> None:
    number = desk.moving()
    desk.arrive(number, scan=Scan.MISMATCH, files=(Upload("scan.png", PNG),))
    [info] = desk.movements.dossier(person("dana"), number).files
    assert desk.movements.file(person("dana"), number, info.id)[1] == PNG
    with pytest.raises(MovementNotFound):
        desk.movements.file(person("aigerim"), number, info.id)


def test_a_file_that_is_no_picture_is_refused(desk: Desk) -> None:
    number = desk.moving()
    with pytest.raises(CaseRefused) as told:
        desk.arrive(number, files=(Upload("scan.png", b"MZ\x90 not a picture"),))
    assert told.value.code == "file.type"


def test_a_changed_move_is_found_by_the_audit(desk: Desk) -> None:
    number = desk.moving()
    assert found(desk.office) == {}
    with writing(desk.office.engine) as connection:
        this = store.move.c.action == Action.LET_GO.value
        connection.execute(update(store.move).where(this).values(text="Let go without seals"))
    assert found(desk.office) == {number: {"movements"}}


def test_a_changed_movement_is_found_by_the_audit(desk: Desk) -> None:
    number = desk.moving()
    with writing(desk.office.engine) as connection:
        store.put_movement(connection, replace(desk.movement(number), guarantee_tiyn=1), Status.MOVING)
    assert found(desk.office) == {number: {"movements"}}


def test_masses_of_the_carrier_are_exact(desk: Desk) -> None:
    typed = GoodsTyped("8471300000", "PC", "1 200,125", "10", "CN")
    assert desk.movement(desk.notify(goods=(typed,))).goods[0].gross_mass_kg == Decimal("1200.125")


def test_the_destination_has_the_movement_on_its_list_with_what_is_overdue(desk: Desk) -> None:
    number = desk.moving()
    desk.later(days=5)
    [line] = desk.movements.of_post(person("dana"))
    assert (line.movement.number, line.movement.destination, line.overdue) == (number, DESTINATION, True)
