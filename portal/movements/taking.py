"""Taking what electronic seals tell: each event once, in whatever order it comes.

A batch is one transaction: events, alarms and the entry of the journal are there together or not at all. What is sent
again is answered as before. What the gateway thinks of an alarm follows in a transaction of its own (judge_alarms).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from litestar.exceptions import ClientException
from sqlalchemy import Connection

from declarations.movements import store
from declarations.movements.events import (
    Breach,
    SealEvent,
    ahead,
    clock_ahead,
    locate,
)
from declarations.movements.lifecycle import Status
from declarations.movements.model import Movement
from declarations.movements.network import corridor, network
from declarations.movements.store import Received
from interop import exchange_store
from interop.adapters.seals.messages import Answered, Answers, Outcome, read_batch
from interop.calls import NotUnderstood
from portal import audit
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.errors import Outdated
from portal.exchange.callers import PartnerCaller
from portal.movements import judged
from portal.movements.errors import MovementNotFound
from portal.office import Office
from risk_gateway import canonical
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.packing import pack
from signing import store as signing_store

LISTENED_TO = frozenset(set(Status) - {Status.NOTIFIED, Status.CLEARED, Status.REFUSED})
JUDGED_AT_ONCE = 20
_TRIES = 3


def take(office: Office, desk: Desk, caller: PartnerCaller, number: str) -> Answers:
    """Take a batch of events. Raises `ClientException` for what is no batch, `MovementNotFound`."""
    office.demand_open()
    try:
        events = read_batch(caller.body)
    except NotUnderstood:
        raise ClientException from None
    operator = caller.partner.id
    with writing(office.engine) as connection:
        size, frontier = signing_store.lock_head(connection)
        now = office.clock.now()
        movement = _listened_to(connection, number, operator)
        answers, fresh = _sort(connection, movement, operator, events, now)
        raised: Sequence[Breach] = ()
        if fresh:
            store.add_events(connection, operator, size, fresh)
            proof = keep_proof(connection, caller, now)
            desk.mark("after events")
            raised = _alarms(connection, movement, now, size)
            desk.mark("after alarms")
            records = [_entry(number, caller, fresh, proof, now), *(_alarm_entry(number, each, now) for each in raised)]
            audit.append(connection, size, frontier, records)
            desk.mark("after entry")
        desk.mark("before commit")
    # COMMIT POINT: from here a crash loses no event and no alarm
    desk.mark("after commit")
    if raised:
        judge_alarms(office, desk, number)
    return Answers(number, answers)


def judge_waiting(office: Office, desk: Desk) -> int:
    """Judge the alarms that nobody has judged, such as after a crash; return of how many movements."""
    with reading(office.engine) as connection:
        waiting = store.unjudged(connection, JUDGED_AT_ONCE)
    for number in waiting:
        judge_alarms(office, desk, number)
    return len(waiting)


def judge_alarms(office: Office, desk: Desk, number: str) -> None:
    """Have the gateway judge a movement anew because of its alarms; what fails is done later by the background work."""
    for _ in range(_TRIES):
        with reading(office.engine) as connection:
            until, _ = signing_store.read_head(connection)
            movement = store.find_movement(connection, number)
            if movement is None or not store.count_unjudged(connection, number):
                return
        try:
            made = judged.judge(office, movement, MovementEvent.SEAL_EVENT, office.clock.now())
            with writing(office.engine) as connection:
                signing_store.lock_head(connection)
                if not store.count_unjudged(connection, number):
                    return  # somebody else was faster
                judged.record(connection, desk, made, movement, MovementEvent.SEAL_EVENT)
                store.note_judged(connection, number, until)
                desk.mark("before judged")
            # COMMIT POINT: judgement and mark are there together
            return
        except Outdated:
            structlog.get_logger().info("movement.judged_again", movement=number)


def keep_proof(connection: Connection, caller: PartnerCaller, now: datetime) -> str:
    """Keep what proves who sent a batch, and return by what it is found."""
    proof = caller.proof
    digest = hashlib.sha256(proof.signed).hexdigest()
    row = {"digest": digest, "partner": proof.partner.id, "signed": proof.signed, "signature": proof.signature}
    exchange_store.add_proof(connection, {**row, "body": pack(caller.body), "at": now})
    return digest


def _listened_to(connection: Connection, number: str, operator: str) -> Movement:
    """Return a movement with a seal of this operator. Raises `MovementNotFound`: others' look like none."""
    movement = store.find_movement(connection, number)
    if movement is None or movement.status not in LISTENED_TO:
        raise MovementNotFound
    if not any(each.operator == operator for each in movement.seals):
        raise MovementNotFound
    return movement


def _sort(
    connection: Connection, movement: Movement, operator: str, events: Sequence[SealEvent], now: datetime
) -> tuple[list[Answered], list[Received]]:
    """Return what each event is answered, and those that are new."""
    way = corridor(movement.route or network().route(movement.departure, movement.destination))
    own = {each.number for each in movement.seals if each.operator == operator}
    kept = store.find_events(connection, operator, {each.id for each in events})
    answers: list[Answered] = []
    fresh: dict[str, Received] = {}
    for event in events:
        before = kept.get(event.id) or fresh.get(event.id)
        if event.seal not in own:
            answers.append(Answered(event.id, Outcome.REFUSED, "movement.event_seal"))
        elif before is None:
            fresh[event.id] = Received(locate(event, way), now, ahead(event, now, network().terms), movement.number)
            answers.append(Answered(event.id, Outcome.TAKEN))
        elif before.movement == movement.number and before.seen.event == event:
            answers.append(Answered(event.id, Outcome.REPEATED))
        else:
            answers.append(Answered(event.id, Outcome.REFUSED, "movement.event_other"))
    return answers, list(fresh.values())


def _alarms(connection: Connection, movement: Movement, now: datetime, sequence: int) -> list[Breach]:
    """Raise what alarms the events come to now, and withdraw those that they no longer do; return the new ones."""
    events = store.read_events(connection, movement.number)
    state = judged.state_from(connection, movement, events)
    clocks = (clock_ahead(each.seen, each.ahead_seconds) for each in events if each.ahead_seconds)
    due = {each.key: each for each in (*state.breaches, *clocks)}
    standing = {each.breach.key for each in store.read_alarms(connection, movement.number) if not each.withdrawn_at}
    raised = [breach for key, breach in due.items() if key not in standing]
    store.raise_alarms(connection, movement.number, raised, now, sequence)
    if gone := standing - due.keys():
        store.withdraw_alarms(connection, movement.number, gone, now)
    return raised


def _entry(number: str, caller: PartnerCaller, fresh: Sequence[Received], proof: str, now: datetime) -> audit.Record:
    particulars = {
        "operator": caller.partner.id,
        "events": str(len(fresh)),
        "digest": digest_of([each.seen.event for each in fresh]),
        "proof": proof,
        "ahead": str(sum(bool(each.ahead_seconds) for each in fresh)),
    }
    return audit.Record(audit.Event.MOVEMENT_EVENTS_TAKEN, number, now, particulars)


def digest_of(events: Sequence[SealEvent]) -> str:
    """Return the SHA-256 of the events of a batch, in whatever order."""
    return canonical.digest(sorted(events, key=lambda each: each.id))


def _alarm_entry(number: str, breach: Breach, now: datetime) -> audit.Record:
    particulars: dict[str, Any] = {"kind": breach.kind.value, "seal": breach.seal, "event": breach.event}
    return audit.Record(audit.Event.MOVEMENT_ALARMED, number, now, particulars)
