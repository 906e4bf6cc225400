"""The gateway at the moments of a movement. It judges before a transaction begins, and is recorded in it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from declarations.movements import store
from declarations.movements.events import State, fold
from declarations.movements.lifecycle import Action, Actor
from declarations.movements.model import Movement
from declarations.movements.network import network
from declarations.movements.store import Received
from declarations.store import aware
from portal import judging
from portal.casework.desk import Desk
from portal.control import Closing
from portal.database import reading
from portal.judging import Judged
from portal.movements.model import Change
from portal.office import Office
from risk_gateway import canonical, judgement_store
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.delivery_facts import delivery, gather
from risk_gateway.judgement_store import Judgement
from risk_gateway.model import Assessment, MeasureCode
from risk_gateway.packing import unpack
from risk_gateway.profiles import Motive, Outcome

ON_THE_WAY = frozenset({MovementEvent.SEAL_EVENT.value, MovementEvent.ARRIVAL.value, MovementEvent.DEADLINE.value})


def judge(
    office: Office, movement: Movement, event: MovementEvent, now: datetime, scan_mismatch: bool | None = None
) -> Judged:
    """Judge a movement as it is, or as it would be after a move, with all that its seals have told.

    Never within a transaction that writes.
    """
    with reading(office.engine) as connection:
        state = state_of(connection, movement)
    carrier = office.current().directory.risk_facts(movement.carrier, now)
    facts = delivery(movement, event, state, network(), now, scan_mismatch)
    return judging.judge(office, gather(facts, carrier, now, canonical.digest(facts)))


def record(connection: Connection, desk: Desk, judged: Judged, movement: Movement, event: MovementEvent) -> str:
    """Record a judgement in the caller's transaction, and return its number. Raises `Outdated`."""
    kept = judging.record(
        connection, desk, judged, subject=movement.number, moment=event.value, participant=movement.carrier
    )
    return kept.number


def state_of(connection: Connection, movement: Movement) -> State:
    """Return what all that seals have told of a movement comes to."""
    return state_from(connection, movement, store.read_events(connection, movement.number))


def state_from(connection: Connection, movement: Movement, events: Sequence[Received]) -> State:
    sealed_at = _sealed_at(connection, movement.number)
    counting = (each.seen for each in events if not after_arrival(movement, each))
    return fold(counting, network().terms, sealed_at)


def after_arrival(movement: Movement, received: Received) -> bool:
    """Whether an event is of the time after arrival: by the seal's clock and by ours, so that no clock hides one."""
    at = movement.arrived_at
    return at is not None and received.seen.event.at > at and received.received_at > at


def demands_inspection(connection: Connection, number: str) -> Judgement | None:
    """Return the last judgement on the way that orders an inspection on arrival, if there is one."""
    made = judgement_store.of_subject(connection, number)
    ordering = (each for each in reversed(made) if each.moment in ON_THE_WAY)
    return next((each for each in ordering if each.outcome == Outcome.INSPECTION_ORDER.value), None)


def close(connection: Connection, desk: Desk, judgement: Judgement, change: Change, *, found: bool) -> None:
    """Record what the inspection found that a judgement ordered: of every profile that led to it the same."""
    assessment = canonical.loads(unpack(judgement.assessment), Assessment)
    closing = Closing(
        act=f"{change.after.number}/A",
        by=change.by.iin,
        said={each.profile: found for each in assessment.findings if each.selected},
        amount_tiyn=change.amount_tiyn if found else 0,
        motive=Motive.NON_DELIVERY if found else None,
    )
    judging.close(connection, desk, judgement.number, closing, change.at)


def orders(judged: Judged, code: MeasureCode) -> bool:
    return any(each.code is code for each in judged.decision.measures)


def _sealed_at(connection: Connection, number: str) -> datetime | None:
    """Return when an inspector last put seals on."""
    sealing = [row for row in store.read_moves(connection, number) if row.action == Action.SEAL.value]
    return aware(sealing[-1].at) if sealing and sealing[-1].actor == Actor.INSPECTOR.value else None
