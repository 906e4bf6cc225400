"""What each action does: what must hold before it, what the movement is after it, and what follows from it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.movements import store
from declarations.movements.lifecycle import Action, Status
from declarations.movements.model import Movement, Notified
from declarations.movements.network import network
from portal.casework.desk import Desk
from portal.casework.files import Kept, keep
from portal.judging import Judged
from portal.movements import judged, moving, recovering, transit
from portal.movements.errors import MovementRefused
from portal.movements.model import SEALS_MOST, By, Change, Scan, Wanted
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.judgement_store import Judgement
from risk_gateway.model import MeasureCode
from risk_gateway.packing import pack
from risk_gateway.profiles import Outcome

LIMIT_MOST: Final = timedelta(days=30)
MASSES_MOST: Final = Decimal(1_000_000)
_SEAL: Final = re.compile(r"[A-Z0-9-]{3,40}")


class Plan(Struct, frozen=True, kw_only=True):
    """A move that can be made, with what goes with it. `event` is the moment at which the gateway judges, if it does.

    `inspected` is the judgement whose inspection it answers; `owed` are (payment code, tiyn) to recover.
    """

    change: Change
    event: MovementEvent | None = None
    scan_mismatch: bool | None = None
    inspection: str = ""
    inspected: Judgement | None = None
    owed: tuple[tuple[str, int], ...] = ()
    files: tuple[Kept, ...] = ()


def movement_of(notified: Notified, carrier_name: str, at: datetime) -> Movement:
    """Return a movement as it is notified, without its number."""
    return Movement(
        number="",
        status=Status.NOTIFIED,
        carrier=notified.carrier,
        carrier_name=carrier_name,
        reference=notified.reference,
        declaration=notified.declaration,
        vehicle=notified.vehicle,
        container=notified.container,
        departure=notified.departure,
        destination=notified.destination,
        goods=notified.goods,
        guarantee_tiyn=notified.guarantee_tiyn,
        transit=notified.transit,
        guarantee_notified_tiyn=notified.guarantee_tiyn,
        notified_at=at,
    )


def notified_of(movement: Movement) -> Notified:
    """Return what was notified of a movement."""
    return Notified(
        carrier=movement.carrier,
        reference=movement.reference,
        declaration=movement.declaration,
        vehicle=movement.vehicle,
        container=movement.container,
        departure=movement.departure,
        destination=movement.destination,
        goods=movement.goods,
        guarantee_tiyn=movement.guarantee_notified_tiyn,
        transit=movement.transit,
    )


def plan(connection: Connection, movement: Movement, wanted: Wanted, by: By, now: datetime) -> Plan:
    """Return what making a move would do. Raises `MovementRefused`."""
    move = moving.demand_move(movement, wanted, by)
    text = moving.cleaned(wanted.text, "text")
    inspection = moving.cleaned(wanted.inspection, "inspection")
    change = Change(
        before=movement,
        after=movement,
        move=move,
        by=by,
        at=now,
        reason=wanted.reason if move.reason else "",
        text=text,
        details={"inspection": inspection} if inspection else {},
    )
    basis = Plan(change=change, inspection=inspection, files=keep(wanted.files, "", now))
    match move.action:
        case Action.SEAL:
            return _sealing(basis, wanted)
        case Action.LET_GO:
            return _leaving(basis, wanted)
        case Action.ARRIVE:
            return _arriving(basis, wanted)
        case Action.DISCHARGE | Action.FIND_DISCREPANCY:
            return _ending(connection, basis, wanted)
        case Action.MISS_LIMIT:
            answer_by = now + timedelta(days=network().terms.enquiry_days)
            return _changed(basis, event=MovementEvent.DEADLINE, answer_by=answer_by)
        case Action.EXTEND:
            return _extending(basis, wanted)
        case Action.RECOVER:
            return _recovering(basis)
        case Action.CONFIRM:
            if recovering.alleged(connection, movement) is None:
                raise MovementRefused("movement.nothing_alleged")
    return basis


def demand(plan: Plan, made: Judged) -> None:
    """Raises `MovementRefused` when goods may not depart so, for what the gateway orders at the crossing."""
    if plan.event is not MovementEvent.CROSSING:
        return
    after = plan.change.after
    if judged.orders(made, MeasureCode.ELECTRONIC_SEAL) and not after.electronic:
        raise MovementRefused("movement.electronic_ordered")
    if judged.orders(made, MeasureCode.SECURITY) and after.guarantee_tiyn < after.duties_tiyn:
        raise MovementRefused("movement.guarantee_ordered", amount=f"{Decimal(after.duties_tiyn).scaleb(-2):,.2f}")
    if made.decision.outcome is Outcome.INSPECTION_ORDER and not plan.inspection:
        raise MovementRefused("movement.inspection_needed", "inspection")


def demand_free(connection: Connection, plan: Plan) -> None:
    """Note where seals are, under the lock. Raises `MovementRefused` for one that is on other goods, and where the
    transit declaration does not stand any more."""
    after, action = plan.change.after, plan.change.move.action
    if action is Action.SEAL:
        taken = store.use_seals(connection, after.number, [each.number for each in after.seals])
        if taken:
            raise MovementRefused("movement.seal_in_use", "seal-1", seal=taken[0])
    elif action in (Action.CLEAR, Action.LET_GO):
        transit.demand_standing(connection, after)
    elif action in (Action.ARRIVE, Action.STOP, Action.REFUSE):
        store.free_seals(connection, after.number)


def follow(connection: Connection, desk: Desk, plan: Plan, sequence: int) -> None:
    """Write what follows from a move into the caller's transaction."""
    change = plan.change
    after, by, at = change.after, change.by, change.at
    store.add_files(connection, [_file(each, after.number, sequence, place) for place, each in enumerate(plan.files)])
    match change.move.action:
        case Action.LET_GO:
            recovering.hold_guarantee(connection, after, by, at)
        case Action.DISCHARGE:
            recovering.release_guarantee(connection, after, at)
            transit.complete(connection, desk, after)
        case Action.RECOVER if change.before is not None:
            recovering.recover(connection, desk, change.before, plan.owed, by, at)
        case Action.CONFIRM:
            recovering.confirm(connection, desk, after, by, at)
    if plan.inspected is not None:
        found = change.move.action is Action.FIND_DISCREPANCY
        judged.close(connection, desk, plan.inspected, change, found=found)


# --- one by one -----------------------------------------------------------------------------------------------------


def _changed(basis: Plan, *, details: Mapping[str, Any] | None = None, **fields: Any) -> Plan:
    """Return a plan with other fields of the movement after it, or of itself."""
    own = {name: fields.pop(name) for name in list(fields) if name in Plan.__struct_fields__}
    change = basis.change
    after = replace(change.after, **fields)
    change = replace(change, after=after, details={**change.details, **(details or {})})
    return replace(basis, change=change, **own)


def _sealing(basis: Plan, wanted: Wanted) -> Plan:
    if not 1 <= len(wanted.seals) <= SEALS_MOST:
        raise MovementRefused("movement.seals_needed", "seal-1")
    for place, each in enumerate(wanted.seals, start=1):
        if not _SEAL.fullmatch(each.number):
            raise MovementRefused("movement.seal_number", f"seal-{place}")
    if len({each.number for each in wanted.seals}) < len(wanted.seals):
        raise MovementRefused("movement.seal_twice", "seal-1")
    details = {"seals": [[each.number, each.operator] for each in wanted.seals]}
    return _changed(basis, details=details, seals=wanted.seals, guarantee_tiyn=wanted.guarantee_tiyn)


def _leaving(basis: Plan, wanted: Wanted) -> Plan:
    movement, now = basis.change.after, basis.change.at
    route = network().route(movement.departure, movement.destination)
    longest = network().limit(route, now)
    limit = (wanted.limit or longest).astimezone(UTC)  # as columns are compared
    if not now < limit <= longest:
        raise MovementRefused("movement.limit_of_route", "limit")
    details = {"route": route, "limit": limit}
    return _changed(basis, details=details, event=MovementEvent.CROSSING, route=route, limit=limit, departed_at=now)


def _arriving(basis: Plan, wanted: Wanted) -> Plan:
    movement, now = basis.change.after, basis.change.at
    if [number for number, _ in wanted.found] != [each.number for each in movement.seals]:
        raise MovementRefused("movement.seals_found", "found-1")
    scanned = None if wanted.scan is Scan.NONE else wanted.scan is Scan.MISMATCH
    details = {"found": [[number, found.value] for number, found in wanted.found], "scan": wanted.scan.value}
    return _changed(
        basis,
        details=details,
        event=MovementEvent.ARRIVAL,
        scan_mismatch=scanned,
        arrived_at=now,
        found=wanted.found,
    )


def _ending(connection: Connection, basis: Plan, wanted: Wanted) -> Plan:
    """Discharge, or find a discrepancy: an inspection that is ordered has to be done first."""
    movement = basis.change.after
    ordered = judged.demands_inspection(connection, movement.number)
    if ordered is not None and not basis.inspection:
        raise MovementRefused("movement.inspection_needed", "inspection")
    basis = replace(basis, inspected=ordered)
    if wanted.action is Action.DISCHARGE:
        return basis
    declared = {each.item: each.gross_mass_kg for each in movement.goods}
    for item, mass in wanted.masses_kg:
        if item not in declared or not 0 <= mass <= MASSES_MOST:
            raise MovementRefused("movement.goods_mass", f"arrived-{item}")
    arrived = tuple((item, mass) for item, mass in wanted.masses_kg if mass < declared[item])
    owed = recovering.owed_of(movement, dict(arrived)) if arrived else ()
    missing = sum(tiyn for _, tiyn in owed)
    details = {"arrived": [[item, str(mass)] for item, mass in arrived], "owed": owed}
    change = replace(basis.change, amount_tiyn=missing)
    return _changed(replace(basis, change=change), details=details, arrived_kg=arrived, missing_tiyn=missing)


def _extending(basis: Plan, wanted: Wanted) -> Plan:
    now, limit = basis.change.at, wanted.limit
    if limit is None or not now < limit <= now + LIMIT_MOST:
        raise MovementRefused("movement.limit", "limit", most=str(LIMIT_MOST.days))
    utc = limit.astimezone(UTC)
    return _changed(basis, details={"limit": utc}, limit=utc, answer_by=None)


def _recovering(basis: Plan) -> Plan:
    movement = basis.change.after
    if movement.status is Status.DISCREPANCY:
        owed = recovering.owed_of(movement, dict(movement.arrived_kg)) if movement.arrived_kg else ()
        if not owed:
            raise MovementRefused("movement.nothing_owed")
    else:
        owed = recovering.owed_of(movement)
    total = sum(tiyn for _, tiyn in owed)
    change = replace(basis.change, amount_tiyn=total)
    return _changed(replace(basis, change=change), details={"owed": owed}, owed=owed, missing_tiyn=total)


def _file(kept: Kept, number: str, sequence: int, place: int) -> dict[str, Any]:
    info = kept.info
    return {
        "id": info.id,
        "movement": number,
        "sequence": sequence,
        "position": place,
        "name": info.name,
        "media_type": info.media_type,
        "size": info.size,
        "digest": info.digest,
        "content": pack(kept.content),
        "uploaded_at": info.uploaded_at,
    }
