"""The life of a movement, the network, and what seals tell: whatever the order in which it comes."""

import math
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sealing import delivered_badly, disturbed

from declarations.movements.errors import UnknownPlace
from declarations.movements.events import (
    BreachKind,
    EventKind,
    SealEvent,
    Seen,
    State,
    ahead,
    clock_ahead,
    fold,
    locate,
)
from declarations.movements.lifecycle import MOVES, UNDER_WAY, Action, Actor, Side, Status, move_for, moves_from
from declarations.movements.model import number_of, posts_of
from declarations.movements.network import corridor, network, project
from interop.adapters.seals.stub import journey

DEPARTS = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
NETWORK = network()
ROUTE = NETWORK.route("30301", "20201")
WAY = corridor(ROUTE)
TERMS = NETWORK.terms
MOVEMENTS_SIMULATED = int(os.environ.get("SHEKARA_TEST_MOVEMENTS", "200"))


def told() -> list[SealEvent]:
    return journey(NETWORK, ROUTE, "ES-1", DEPARTS)


def seen(events: Sequence[SealEvent]) -> list[Seen]:
    return [locate(each, WAY) for each in events]


def state(events: Sequence[SealEvent], sealed_at: datetime | None = None) -> State:
    return fold(seen(events), TERMS, sealed_at)


def kinds(events: Sequence[SealEvent], sealed_at: datetime | None = None) -> list[BreachKind]:
    return [each.kind for each in state(events, sealed_at).breaches]


def event(kind: EventKind, counter: int, minutes: int, **changes: object) -> SealEvent:
    made = SealEvent(
        id=f"e{counter}",
        seal="ES-1",
        kind=kind,
        at=DEPARTS + timedelta(minutes=minutes),
        counter=counter,
        longitude=78_900_000,
        latitude=43_720_000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


# --- life -----------------------------------------------------------------------------------------------------------


def test_every_status_but_the_first_is_reached_and_every_one_that_does_not_end_goes_on() -> None:
    reached = {move.target for move in MOVES}
    left = {move.source for move in MOVES if move.target is not move.source}
    assert reached == set(Status)
    assert set(Status) - left == {Status.DISCHARGED, Status.RECOVERY, Status.REFUSED, Status.STOPPED}


def test_an_inspector_has_a_side_in_every_move_and_nobody_else_has() -> None:
    assert all((move.side is not None) == (move.actors == (Actor.INSPECTOR,)) for move in MOVES)


def test_goods_leave_only_from_the_border_and_are_discharged_only_at_their_destination() -> None:
    sides = {move.action: move.side for move in MOVES}
    assert sides[Action.LET_GO] is Side.DEPARTURE
    assert sides[Action.DISCHARGE] is sides[Action.ARRIVE] is Side.DESTINATION


def test_nothing_is_discharged_that_has_not_arrived() -> None:
    assert {move.source for move in MOVES if move.action is Action.DISCHARGE} == {Status.ARRIVED}


def test_the_timer_alone_says_that_a_limit_has_passed() -> None:
    assert move_for(Status.MOVING, Action.MISS_LIMIT, Actor.TIMER) is not None
    assert move_for(Status.MOVING, Action.MISS_LIMIT, Actor.INSPECTOR) is None


def test_what_has_ended_does_not_move() -> None:
    assert not list(moves_from(Status.DISCHARGED))
    assert [move.action for move in moves_from(Status.RECOVERY)] == [Action.CONFIRM]  # and stays what it is
    assert Status.DISCHARGED not in UNDER_WAY


def test_a_number_names_both_posts_and_nothing_else_is_one() -> None:
    number = number_of("30301", "20201", "011226", 7)
    assert number == "DC-30301-20201-011226-0000007"
    assert posts_of(number) == ("30301", "20201")
    assert posts_of("30301/011226/0000007") == ()
    assert posts_of("XX-30301-20201-011226-0000007") == ()


# --- network --------------------------------------------------------------------------------------------------------


def test_the_network_says_that_it_is_fictitious() -> None:
    assert "Fictitious" in NETWORK.source


def test_a_degree_of_latitude_is_as_long_on_the_plane_as_on_earth() -> None:
    for longitude in (52.0, 67.0, 84.0):
        for latitude in (42.0, 48.0, 54.0):
            length = math.dist(project(longitude, latitude), project(longitude, latitude + 1))
            assert length == pytest.approx(111_195, rel=0.01)


def test_from_every_border_post_a_road_leads_to_every_other_post() -> None:
    for here in NETWORK.posts:
        for there in NETWORK.posts:
            route = NETWORK.route(here, there)
            assert (route[0], route[-1]) == (here, there)
            assert NETWORK.metres(route) == NETWORK.metres(route[::-1])


def test_astana_is_remote_from_the_chinese_border_and_almaty_is_not() -> None:
    assert NETWORK.remote(NETWORK.route("30301", "10101"))
    assert not NETWORK.remote(ROUTE)


def test_a_longer_way_has_a_later_limit() -> None:
    near = NETWORK.limit(ROUTE, DEPARTS)
    far = NETWORK.limit(NETWORK.route("30301", "10101"), DEPARTS)
    assert DEPARTS + timedelta(hours=12) < near < far


def test_an_unknown_post_is_refused() -> None:
    with pytest.raises(UnknownPlace):
        NETWORK.route("30301", "99999")


def test_a_position_on_the_road_is_not_off_it_and_one_beside_it_is_so_far_off() -> None:
    assert WAY.locate(78_900_000, 43_720_000).metres_off < 50
    beside = WAY.locate(80_350_000, 44_600_000)
    assert beside.metres_off == pytest.approx(44_400, rel=0.01)


def test_stopping_is_allowed_at_a_post_and_at_a_resting_place_only() -> None:
    assert WAY.locate(80_350_000, 44_200_000).at_place
    assert WAY.locate(78_250_000, 43_600_000).at_place
    assert not WAY.locate(78_900_000, 43_720_000).at_place


# --- what seals tell ------------------------------------------------------------------------------------------------


def test_a_journey_without_trouble_raises_nothing() -> None:
    assert kinds(told(), DEPARTS) == []


def test_an_opened_seal_is_broken_for_ever_whatever_it_tells_later() -> None:
    events = [event(EventKind.SEALED, 0, 0), event(EventKind.OPENED, 1, 5), event(EventKind.SEALED, 2, 10)]
    assert [each.broken for each in state(events).seals] == [BreachKind.OPENED]


def test_what_a_seal_told_before_it_was_put_on_is_nothing() -> None:
    events = [event(EventKind.OPENED, 0, 0), event(EventKind.SEALED, 1, 5)]
    assert kinds(events) == []


def test_a_vehicle_off_the_road_is_told_once_for_each_time_that_it_leaves() -> None:
    off = {"latitude": 43_900_000}
    events = [event(EventKind.SEALED, 0, 0)]
    for counter, beside in enumerate((True, True, False, True), start=1):
        events.append(event(EventKind.POSITION, counter, 20 * counter, **(off if beside else {})))
    assert kinds(events) == [BreachKind.OFF_ROUTE, BreachKind.OFF_ROUTE]


@pytest.mark.parametrize(("minutes", "alarms"), [(44, 0), (45, 1), (300, 1)])
def test_a_stop_is_one_from_its_length_on(minutes: int, alarms: int) -> None:
    events = [event(EventKind.POSITION, 1, 0), event(EventKind.POSITION, 2, minutes)]
    assert kinds(events) == [BreachKind.UNPLANNED_STOP] * alarms


def test_a_stop_at_a_resting_place_is_none() -> None:
    shelek = {"longitude": 78_250_000, "latitude": 43_600_000}
    events = [event(EventKind.POSITION, 1, 0, **shelek), event(EventKind.POSITION, 2, 300, **shelek)]
    assert kinds(events) == []


def test_a_clock_that_jumps_back_is_noticed_and_the_order_stays_that_of_the_counter() -> None:
    events = [event(EventKind.SEALED, 0, 0), event(EventKind.POSITION, 1, 30), event(EventKind.OPENED, 2, -120)]
    found = state(events)
    assert {each.kind for each in found.breaches} == {BreachKind.OPENED, BreachKind.CLOCK_BACK}
    assert found.seals[0].last_at == events[2].at


def test_a_clock_that_is_apart_when_the_seal_is_put_on_is_noticed() -> None:
    events = [event(EventKind.SEALED, 0, 31)]
    assert kinds(events, DEPARTS) == [BreachKind.CLOCK_APART]
    assert kinds([event(EventKind.SEALED, 0, 29)], DEPARTS) == []


def test_an_event_from_the_future_is_noticed_and_a_late_one_is_not() -> None:
    early = event(EventKind.POSITION, 1, 0)
    assert ahead(early, DEPARTS - timedelta(hours=1), TERMS) == 3600
    assert ahead(early, DEPARTS - timedelta(seconds=60), TERMS) == 0
    assert ahead(early, DEPARTS + timedelta(days=2), TERMS) == 0
    assert clock_ahead(locate(early, WAY), 3600).kind is BreachKind.CLOCK_AHEAD


def test_an_event_without_a_position_counts_and_is_nowhere() -> None:
    events = [event(EventKind.TAMPERED, 1, 0, longitude=None, latitude=None)]
    assert kinds(events) == [BreachKind.TAMPERED]
    assert state(events).seals[0].longitude is None


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.data())
def test_shuffled_and_repeated_events_come_to_the_same(seed: int, data: st.DataObject) -> None:
    events = disturbed(told(), random.Random(seed))
    in_order = state(events, DEPARTS)
    places = data.draw(st.permutations(range(len(events))))
    again = data.draw(st.lists(st.integers(0, len(events) - 1), max_size=30))
    assert state([events[place] for place in (*places, *again)], DEPARTS) == in_order


@settings(max_examples=30)
@given(st.integers(0, 10**9), st.integers(1, 15))
def test_what_comes_hours_late_comes_to_the_same_in_the_end(seed: int, held_back: int) -> None:
    """The state after each batch may differ; when all has come, it does not."""
    events = disturbed(told(), random.Random(seed))
    late, prompt = events[::held_back], [each for each in events if each not in events[::held_back]]
    arrived: list[SealEvent] = []
    for batch in (prompt, late):
        arrived += batch
        state(arrived, DEPARTS)
    assert state(arrived, DEPARTS) == state(events, DEPARTS)


def test_thousands_of_simulated_movements_end_the_same_however_their_events_come() -> None:
    """10,000 with SHEKARA_TEST_MOVEMENTS=10000; what breaches there are is part of the state that is compared."""
    chance = random.Random(7)
    routes = [NETWORK.route(*pair) for pair in (("30301", "20201"), ("40401", "10101"), ("50501", "20201"))]
    raised = 0
    for number in range(MOVEMENTS_SIMULATED):
        route = routes[number % len(routes)]
        way = corridor(route)
        events = disturbed(journey(NETWORK, route, f"ES-{number}", DEPARTS), chance)
        in_order = fold([locate(each, way) for each in events], TERMS, DEPARTS)
        badly = fold([locate(each, way) for each in delivered_badly(events, chance)], TERMS, DEPARTS)
        assert badly == in_order
        raised += len(in_order.breaches)
    assert raised > MOVEMENTS_SIMULATED / 2
