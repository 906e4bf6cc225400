"""The facts of a movement at each of its moments."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from declarations.movements.events import EventKind, SealEvent, State, fold, locate
from declarations.movements.lifecycle import Status
from declarations.movements.model import Goods, Movement, Seal, SealFound
from declarations.movements.network import network
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.delivery_facts import delivery, gather
from risk_gateway.model import Case, Category, ParticipantFacts

NOW = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
CARRIER = "091140003214"
GOODS = Goods(
    item=1,
    commodity_code="8471300000",
    description="Computers",
    gross_mass_kg=Decimal(1200),
    value_tiyn=100_000_00,
    payments=(("5010", 16_000_00),),
)


def movement(**changes: Any) -> Movement:
    usual: dict[str, Any] = {
        "number": "DC-30301-20201-011226-0000001",
        "status": Status.MOVING,
        "carrier": CARRIER,
        "carrier_name": "Kaspi Carrier LLP",
        "reference": "CMR-1",
        "declaration": "",
        "vehicle": "123 ABC 05",
        "container": "",
        "departure": "30301",
        "destination": "20201",
        "goods": (GOODS,),
        "guarantee_tiyn": 12_000_00,
        "guarantee_notified_tiyn": 12_000_00,
        "notified_at": NOW,
    }
    return Movement(**{**usual, **changes})


def case(
    made: Movement,
    event: MovementEvent = MovementEvent.CROSSING,
    state: State = State(),
    at: datetime = NOW,
    violations: tuple[tuple[str, date], ...] = (),
) -> Case:
    carrier = ParticipantFacts(identifier=CARRIER, category=Category.MEDIUM, violations=violations)
    return gather(delivery(made, event, state, network(), at), carrier, at, "0" * 64)


def test_the_guarantee_is_a_share_of_the_payments_at_stake() -> None:
    assert case(movement()).header.guarantee_to_duties_percent == Decimal("75.0")


def test_a_guarantee_that_is_a_little_short_is_short() -> None:
    made = case(movement(guarantee_tiyn=15_999_99)).header
    assert made.guarantee_to_duties_percent is not None
    assert made.guarantee_to_duties_percent < 100


def test_where_payments_are_not_determined_the_case_has_a_problem_and_no_share() -> None:
    unknown = Goods(**{**_fields(GOODS), "payments": (), "undetermined": ("2010", "5010")})
    made = case(movement(goods=(unknown,)))
    assert made.header.guarantee_to_duties_percent is None
    assert made.problem == "payments of item 1"


@pytest.mark.parametrize(("days", "counted"), [(0, 1), (730, 1), (732, 0), (-1, 0)])
def test_non_deliveries_of_24_months_count(days: int, counted: int) -> None:
    when = date(2026, 12, 1) - timedelta(days=days)
    made = case(movement(), violations=(("non_delivery", when), ("smuggling", when)))
    assert made.header.carrier_non_deliveries_24_months == counted


def test_every_moment_of_a_movement_is_of_one_series() -> None:
    made = {case(movement(), event).series_id for event in MovementEvent}
    assert made == {"DC/091140003214/CMR-1"}


def test_the_post_that_judges_is_where_the_goods_are() -> None:
    assert case(movement()).header.office == "30301"
    assert case(movement(), MovementEvent.ARRIVAL).header.office == "20201"


def test_a_seal_differs_only_where_it_was_looked_at() -> None:
    found = movement(seals=(Seal("A"),), found=(("A", SealFound.OTHER),))
    assert case(found, MovementEvent.ARRIVAL).header.seal_mismatch is True
    assert case(movement()).header.seal_mismatch is None


def test_a_limit_is_missed_by_the_arrival_not_by_when_it_is_looked_at() -> None:
    limit = NOW + timedelta(hours=10)
    assert case(movement(limit=limit), at=limit).header.limit_date_missed is False
    assert case(movement(limit=limit), at=limit + timedelta(seconds=1)).header.limit_date_missed is True
    arrived = movement(limit=limit, arrived_at=limit - timedelta(hours=1))
    assert case(arrived, at=limit + timedelta(days=1)).header.limit_date_missed is False


def test_what_seals_told_is_in_the_facts() -> None:
    opened = SealEvent(id="1", seal="A", kind=EventKind.OPENED, at=NOW, counter=1)
    state = fold([locate(opened, None)], network().terms)
    header = case(movement(seals=(Seal("A", "seals"),)), MovementEvent.SEAL_EVENT, state).header
    assert (header.seal_broken, header.off_route, header.electronic_seal) == (True, False, True)


def test_astana_is_a_remote_post() -> None:
    assert case(movement(destination="10101")).header.remote_post is True
    assert case(movement()).header.remote_post is False


def _fields(goods: Goods) -> dict[str, Any]:
    return {name: getattr(goods, name) for name in goods.__struct_fields__}
