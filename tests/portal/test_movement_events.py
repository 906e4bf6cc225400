"""What electronic seals tell: taken once, in whatever order; alarms; judged anew; nothing lost when the power goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import carrying
import exchanging
import msgspec
import offices
import pytest
from carrying import Desk, event
from caseworking import person
from exchanging import Link
from litestar.exceptions import ClientException
from litestar.testing import TestClient
from sqlalchemy import delete, func, select
from tampering import found

from declarations.movements import store
from declarations.movements.events import BreachKind, EventKind
from declarations.movements.lifecycle import Action, Status
from declarations.movements.model import SealFound
from interop.adapters.seals.messages import Outcome, batch_of
from portal.database import reading, writing
from portal.exchange.callers import PartnerCaller
from portal.exchange.signatures import Proof
from portal.movements.errors import MovementNotFound
from risk_gateway import judgement_store

OPENED = EventKind.OPENED


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
    return carrying.desk(tmp_path, strike)


def alarms(desk: Desk, number: str) -> list[BreachKind]:
    with reading(desk.office.engine) as connection:
        kept = store.read_alarms(connection, number)
    return sorted(each.breach.kind for each in kept if each.withdrawn_at is None)


def judged(desk: Desk, number: str) -> list[tuple[str, str]]:
    with reading(desk.office.engine) as connection:
        made = judgement_store.of_subject(connection, number)
    return [(each.moment, each.outcome) for each in made if each.moment == "seal_event"]


def kept(desk: Desk) -> int:
    with reading(desk.office.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(store.seal_event)).scalar_one())


def outcomes(answers: Any) -> list[str]:
    return [each.outcome.value for each in answers.events]


# --- taking ---------------------------------------------------------------------------------------------------------


def test_a_whole_journey_told_in_reverse_raises_nothing(desk: Desk) -> None:
    number = desk.moving()
    events = desk.journey(number)
    desk.later(hours=8)
    for each in reversed(events):
        assert outcomes(desk.tell(number, each)) == ["taken"]
    assert (alarms(desk, number), judged(desk, number), kept(desk)) == ([], [], len(events))
    assert found(desk.office) == {}


def test_an_event_that_is_sent_again_is_taken_once(desk: Desk) -> None:
    number = desk.moving()
    one = event(desk, number, OPENED)
    assert outcomes(desk.tell(number, one, one)) == ["taken", "repeated"]
    assert outcomes(desk.tell(number, one)) == ["repeated"]
    assert (kept(desk), alarms(desk, number), len(judged(desk, number))) == (1, [BreachKind.OPENED], 1)


def test_other_content_under_the_same_id_is_refused_and_the_first_stays(desk: Desk) -> None:
    number = desk.moving()
    desk.tell(number, event(desk, number, OPENED, id="one"))
    answers = desk.tell(number, event(desk, number, EventKind.POSITION, id="one"))
    assert [(each.outcome, each.code) for each in answers.events] == [(Outcome.REFUSED, "movement.event_other")]
    assert alarms(desk, number) == [BreachKind.OPENED]


def test_an_id_of_another_movement_is_refused(desk: Desk) -> None:
    first, second = desk.moving(), desk.moving(reference="CMR-2")
    desk.tell(first, event(desk, first, OPENED, id="one"))
    answers = desk.tell(second, event(desk, second, OPENED, id="one"))
    assert outcomes(answers) == ["refused"]


def test_a_seal_that_is_not_on_the_movement_is_refused_and_the_others_are_taken(desk: Desk) -> None:
    number = desk.moving()
    answers = desk.tell(number, event(desk, number, OPENED, seal="OTHER"), event(desk, number, OPENED))
    assert outcomes(answers) == ["refused", "taken"]


def test_another_operator_does_not_find_the_movement(desk: Desk) -> None:
    number = desk.moving()
    with pytest.raises(MovementNotFound):
        desk.tell(number, event(desk, number, OPENED), operator_id="another")
    with pytest.raises(MovementNotFound):
        desk.tell("DC-30301-20201-241126-0000099", event(desk, number, OPENED))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"events": []}',
        b'{"events": [{"id": "a"}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"exploded","at":"2026-11-24T05:00:00Z","counter":1}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"2026-11-24T05:00:00","counter":1}]}',  # no zone
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"2026-11-24T05:00:00Z","counter":-1}]}',
        b'{"events": [{"id":"a b","seal":"S","kind":"opened","at":"2026-11-24T05:00:00Z","counter":1}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"0001-01-01T00:00:00+14:00","counter":1}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"2026-11-24T05:00:00Z","counter":1,"longitude":80}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"2026-11-24T05:00:00Z","counter":1,"more":1}]}',
        b'{"events": [{"id":"a","seal":"S","kind":"opened","at":"2026-11-24T05:00:00Z","counter":1,'
        b'"longitude":NaN,"latitude":1}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_batch_is_refused_whole(desk: Desk, body: bytes) -> None:
    number = desk.moving()
    proof = Proof(carrying.operator(), "key", "nonce", desk.clock.at, b"signed", b"signature")
    with pytest.raises(ClientException):
        desk.movements.take_events(PartnerCaller(carrying.Role.SEAL_OPERATOR, proof.partner, proof, body), number)
    assert kept(desk) == 0


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_a_seal_opened_off_the_route_raises_two_alarms_and_orders_an_inspection(desk: Desk) -> None:
    number = desk.moving()
    desk.tell(number, event(desk, number, OPENED, off=True))
    assert alarms(desk, number) == [BreachKind.OFF_ROUTE, BreachKind.OPENED]
    assert judged(desk, number) == [("seal_event", "INSPECTION_ORDER")]
    desk.arrive(number, SealFound.BROKEN)
    desk.discrepancy(number, (1, "0"))
    assert desk.movement(number).missing_tiyn == desk.movement(number).duties_tiyn
    assert found(desk.office) == {}


def test_a_low_battery_and_a_wrong_clock_are_told_and_not_judged(desk: Desk) -> None:
    number = desk.moving()
    late = desk.clock.at + timedelta(hours=1)
    desk.tell(number, event(desk, number, EventKind.LOW_BATTERY), event(desk, number, EventKind.POSITION, 51, at=late))
    assert alarms(desk, number) == [BreachKind.CLOCK_AHEAD, BreachKind.LOW_BATTERY]
    assert judged(desk, number) == []
    desk.tell(number, event(desk, number, EventKind.POSITION, 52, at=late))
    assert alarms(desk, number) == [BreachKind.CLOCK_AHEAD, BreachKind.LOW_BATTERY]  # one of each seal


def test_a_clock_that_runs_ahead_hides_no_opening_before_arrival(desk: Desk) -> None:
    number = desk.moving()
    desk.later(hours=5)
    desk.tell(number, event(desk, number, OPENED, at=desk.clock.at + timedelta(days=1)))
    desk.arrive(number, SealFound.INTACT)
    assert BreachKind.OPENED in alarms(desk, number)
    [state] = desk.movements.dossier(person("dana"), number).state.seals
    assert state.broken is BreachKind.OPENED


def test_opening_a_seal_after_arrival_is_no_breach_and_what_came_late_of_the_way_is(desk: Desk) -> None:
    number = desk.moving()
    desk.later(hours=6)
    desk.arrive(number)
    desk.later(minutes=30)
    desk.tell(number, event(desk, number, EventKind.REMOVED, 60))
    assert alarms(desk, number) == []
    desk.tell(number, event(desk, number, OPENED, 40, at=desk.clock.at - timedelta(hours=3)))
    assert alarms(desk, number) == [BreachKind.OPENED]
    assert judged(desk, number) == [("seal_event", "INSPECTION_ORDER")]


def test_an_alarm_is_withdrawn_when_a_later_event_shows_that_nothing_was(desk: Desk) -> None:
    number = desk.moving()
    desk.later(hours=3)
    placed = {"longitude": 78_900_000, "latitude": 43_720_000}
    stood = [
        event(desk, number, EventKind.POSITION, counter, at=desk.clock.at - timedelta(minutes=minutes), **placed)
        for counter, minutes in ((10, 60), (30, 5))
    ]
    desk.tell(number, *stood)
    assert alarms(desk, number) == [BreachKind.UNPLANNED_STOP]
    moved = {"longitude": 79_450_000, "latitude": 43_980_000}
    desk.tell(number, event(desk, number, EventKind.POSITION, 20, at=desk.clock.at - timedelta(minutes=30), **moved))
    assert alarms(desk, number) == []
    assert len(desk.movements.dossier(person("dana"), number).alarms) == 1  # it is not forgotten
    assert found(desk.office) == {}


def test_alarms_come_first_on_the_list_of_both_posts(desk: Desk) -> None:
    first, second = desk.moving(), desk.moving(reference="CMR-2")
    desk.tell(first, event(desk, first, OPENED))
    for who in ("aidos", "dana"):
        lines = desk.movements.of_post(person(who))
        assert [each.movement.number for each in lines] == [first, second]
        assert [bool(each.alarms) for each in lines] == [True, False]


def test_an_alarm_leaves_the_list_when_the_movement_has_ended_and_one_that_comes_later_stands(desk: Desk) -> None:
    number = desk.moving()
    desk.tell(number, event(desk, number, OPENED))
    desk.later(hours=5)
    desk.arrive(number)
    desk.do("dana", number, Action.DISCHARGE, inspection="All is there")
    assert [each.alarms for each in desk.movements.of_post(person("dana"))] == [()]
    desk.later(hours=1)
    desk.tell(number, event(desk, number, EventKind.TAMPERED, 51, at=desk.clock.at - timedelta(hours=3)))
    [line] = desk.movements.of_post(person("dana"))
    assert [each.breach.kind for each in line.alarms] == [BreachKind.TAMPERED]


# --- crashes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["after events", "after alarms", "after entry", "before commit"])
def test_a_batch_that_breaks_off_was_not_taken_and_is_taken_when_it_is_sent_again(
    desk: Desk, strike: Strike, point: str
) -> None:
    number = desk.moving()
    one = event(desk, number, OPENED)
    strike.at = point
    with pytest.raises(Struck):
        desk.tell(number, one)
    assert (kept(desk), alarms(desk, number)) == (0, [])
    assert outcomes(desk.tell(number, one)) == ["taken"]
    assert len(judged(desk, number)) == 1
    assert found(desk.office) == {}


@pytest.mark.parametrize("point", ["after commit", "after judgement", "before judged"])
def test_an_alarm_whose_judging_breaks_off_is_judged_by_the_background_work(
    desk: Desk, strike: Strike, point: str
) -> None:
    number = desk.moving()
    strike.at = point
    with pytest.raises(Struck):
        desk.tell(number, event(desk, number, OPENED))
    assert alarms(desk, number) == [BreachKind.OPENED]
    assert judged(desk, number) == []
    desk.watch()
    desk.watch()
    assert judged(desk, number) == [("seal_event", "INSPECTION_ORDER")]
    assert found(desk.office) == {}


MOVES = ["after move", "after movement", "after entry", "after message", "after judgement", "before commit"]


@pytest.mark.parametrize("point", MOVES)
def test_an_arrival_that_breaks_off_has_not_happened_and_can_be_made_again(
    desk: Desk, strike: Strike, point: str
) -> None:
    number = desk.moving()
    strike.at = point
    with pytest.raises(Struck):
        desk.arrive(number)
    assert desk.movement(number).status is Status.MOVING
    assert found(desk.office) == {}
    desk.arrive(number)
    assert found(desk.office) == {}


@pytest.mark.parametrize("point", ["after move", "after charge", "after forfeit", "after violation", "before commit"])
def test_a_recovery_that_breaks_off_takes_nothing_and_records_nothing(desk: Desk, strike: Strike, point: str) -> None:
    number = desk.moving()
    desk.arrive(number)
    desk.discrepancy(number, (1, "600"))
    strike.at = point
    with pytest.raises(Struck):
        desk.do("dana", number, Action.RECOVER)
    assert desk.movement(number).status is Status.DISCREPANCY
    assert found(desk.office) == {}
    desk.do("dana", number, Action.RECOVER)
    assert found(desk.office) == {}


def test_lost_and_added_events_are_found_by_the_audit(desk: Desk) -> None:
    number = desk.moving()
    desk.later(hours=8)
    desk.tell(number, *desk.journey(number))
    with writing(desk.office.engine) as connection:
        connection.execute(delete(store.seal_event).where(store.seal_event.c.counter == 3))
    assert found(desk.office) == {number: {"movements"}}


# --- the API --------------------------------------------------------------------------------------------------------


@contextmanager
def served(desk: Desk, home: Path) -> Iterator[Callable[..., Any]]:
    with exchanging.served(desk.office, home, desk.clock) as client:

        def call(number: str, body: bytes, key: Any = None, headers: Any = None) -> Any:
            link = Link(client, desk.clock, key or carrying.operators_key())
            return link.call("POST", f"/api/v1/movements/{number}/events", body, headers)

        call.client = client  # type: ignore[attr-defined]
        yield call


@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the served portal of these tests is on SQLite")
def test_the_operator_sends_signed_batches_and_gets_signed_answers(desk: Desk, tmp_path: Path) -> None:
    number = desk.moving()
    body = batch_of([event(desk, number, OPENED, off=True)])
    with served(desk, tmp_path) as send:
        answer = send(number, body)
        assert answer.status_code == 200, answer.text
        assert msgspec.json.decode(answer.content)["events"][0]["outcome"] == "taken"
        assert "signature" in answer.headers
        assert answer.headers["ratelimit"].startswith('"partner"')
        assert msgspec.json.decode(send(number, body).content)["events"][0]["outcome"] == "repeated"
        assert send("DC-30301-20201-241126-0000099", body).status_code == 404
        assert send(number, b"{}").status_code == 400
    assert alarms(desk, number) == [BreachKind.OFF_ROUTE, BreachKind.OPENED]
    assert found(desk.office) == {}


@pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the served portal of these tests is on SQLite")
def test_nobody_else_sends_events_and_the_operator_does_nothing_else(desk: Desk, tmp_path: Path) -> None:
    number = desk.moving()
    exchanging.put(desk.office, exchanging.partner())
    body = batch_of([event(desk, number, OPENED)])
    with served(desk, tmp_path) as send:
        client: TestClient[Any] = send.client  # type: ignore[attr-defined]
        path = f"/api/v1/movements/{number}/events"
        assert client.post(path, content=body).status_code == 401
        assert send(number, body, exchanging.foreign_key()).status_code == 403
        tampered = Link(client, desk.clock, carrying.operators_key()).headers("POST", path, body)
        assert client.post(path, content=body.replace(b"opened", b"sealed"), headers=tampered).status_code == 401
        link = Link(client, desk.clock, carrying.operators_key())
        assert link.get("/violations").status_code == 403
        assert link.post("/queries", {}).status_code == 403
    assert kept(desk) == 0
