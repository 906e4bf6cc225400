"""The facts of a movement under customs control, at each moment at which it is judged."""

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Final

from msgspec import Struct

from declarations.movements.events import BROKEN, BreachKind, State
from declarations.movements.model import Goods, Movement
from declarations.movements.network import Network
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.days import day_of
from risk_gateway.model import Case, HeaderFacts, ItemFacts, ParticipantFacts

BLOCK: Final = "deliveries"
TRANSIT: Final = "TT"
NON_DELIVERY: Final = "non_delivery"  # a kind of violations
ROAD: Final = "30"
_TIYN = Decimal(100)
_TENTH = Decimal("0.1")


class Delivery(Struct, frozen=True):
    """A movement at a moment: `state` is what its seals told, `scan_mismatch` what a scan showed, None for none."""

    movement: Movement
    event: MovementEvent
    state: State
    limit_missed: bool
    remote: bool
    scan_mismatch: bool | None = None


def delivery(
    movement: Movement,
    event: MovementEvent,
    state: State,
    network: Network,
    at: datetime,
    scan_mismatch: bool | None = None,
) -> Delivery:
    """Return a movement as it is at a moment, with what follows from its route and limit."""
    route = movement.route or network.route(movement.departure, movement.destination)
    there = movement.arrived_at or at
    missed = movement.limit is not None and there > movement.limit
    return Delivery(movement, event, state, missed, network.remote(route), scan_mismatch)


def gather(of: Delivery, carrier: ParticipantFacts, at: datetime, document_digest: str) -> Case:
    """Return the case of a movement. All its moments are one series, so that nothing is drawn twice.

    Where the payments of an item could not be determined, the case has a problem: it is not let through unseen.
    """
    movement = of.movement
    arrived = of.event is MovementEvent.ARRIVAL
    duties = movement.duties_tiyn
    unknown = [each.item for each in movement.goods if each.undetermined]
    header = HeaderFacts(
        type_code=TRANSIT,
        declarant_category=carrier.category,
        office=movement.destination if arrived else movement.departure,
        transport_mode=ROAD,
        container=bool(movement.container),
        border_offices=(movement.departure,),
        item_count=len(movement.goods),
        customs_value_kzt=_tenge(sum(each.value_tiyn for each in movement.goods)),
        tax_at_stake_kzt=_tenge(duties),
        movement_event=of.event.value,
        carrier_non_deliveries_24_months=non_deliveries(carrier, day_of(at)),
        remote_post=of.remote,
        seal_mismatch=movement.seal_mismatch if arrived else None,
        seal_broken=of.state.has(BROKEN),
        off_route=of.state.has({BreachKind.OFF_ROUTE}),
        unplanned_stop=of.state.has({BreachKind.UNPLANNED_STOP}),
        limit_date_missed=of.limit_missed,
        electronic_seal=movement.electronic if movement.seals else False,
        guarantee_to_duties_percent=None if unknown else percent_of(movement.guarantee_tiyn, duties),
        excise_goods=any(each.excise for each in movement.goods),
        scan_mismatch=of.scan_mismatch,
    )
    return Case(
        series_id=f"DC/{movement.carrier}/{movement.reference}",
        document_digest=document_digest,
        block=BLOCK,
        lodged_at=at,
        header=header,
        items=tuple(map(_item, movement.goods)),
        declarant=movement.carrier,
        problem=f"payments of item {', '.join(map(str, unknown))}" if unknown else None,
    )


def _item(goods: Goods) -> ItemFacts:
    return ItemFacts(
        sequence=goods.item,
        commodity_code=goods.commodity_code,
        origin_country=goods.origin_country,
        gross_mass_kg=goods.gross_mass_kg,
        item_value_kzt=_tenge(goods.value_tiyn),
        item_tax_kzt=_tenge(goods.duties_tiyn) if not goods.undetermined else None,
    )


def non_deliveries(carrier: ParticipantFacts, day: date) -> int:
    """Return how many non-deliveries of 24 months count against a carrier."""
    since = (
        day.replace(year=day.year - 2) if (day.month, day.day) != (2, 29) else day.replace(year=day.year - 2, day=28)
    )
    return sum(kind == NON_DELIVERY and since <= when <= day for kind, when in carrier.violations)


def _tenge(tiyn: int) -> Decimal:
    return tiyn / _TIYN


def percent_of(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return a guarantee in percent of what it is for, None where that is nothing."""
    return (Decimal(part) * 100 / whole).quantize(_TENTH, ROUND_DOWN) if whole else None  # what is short stays short
