"""What is done with a traveller's declaration, in the caller's transaction: assess, release, end what expired.

Every move counts the declaration's version up; who works on another version than the newest is told so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from declarations.passengers import xml
from declarations.passengers.allowances import allowances_on
from declarations.passengers.computing import Computation
from declarations.passengers.model import Corridor, PassengerDeclaration
from portal import audit, judging
from portal.casework.desk import Desk
from portal.judging import Judged
from portal.passengers import charging, goods, store
from portal.passengers.checking import Checked, corridor_of, status_of
from portal.passengers.declaring import case_of, earlier_of
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.model import OPEN, Assessment, Record, Status
from portal.views import SignedIn
from risk_gateway.coded_facts import Suspicion
from risk_gateway.days import day_of
from risk_gateway.model import Case
from signing import store as signing_store

TEXT_MOST: Final = 2_000
WORKED_ON_FOR: Final = timedelta(hours=24)  # so long a declaration holds at least once an inspector has moved it
GOODS_STAY: Final = "stays"  # the goods that need a declaration are left with customs


def declared_in(record: Record) -> PassengerDeclaration:
    """Return what the document of a record says."""
    return xml.read(etree.fromstring(record.content, etree.XMLParser(resolve_entities=False, no_network=True)))


def of_post(connection: Connection, reference: str, post: str | None) -> Record:
    """Return a declaration of this post. Raises `PassengerNotFound`."""
    record = store.find(connection, reference)
    if record is None or post is None or record.office != post:
        raise PassengerNotFound
    return record


def demand_open(record: Record, expected: int, now: datetime) -> None:
    """Raises `PassengerRefused` unless the declaration can be worked on as it was seen."""
    if record.expired_at(now):
        raise PassengerRefused("passengers.expired")
    if record.status not in OPEN:
        raise PassengerRefused("passengers.ended")
    if record.version != expected:
        raise PassengerRefused("passengers.moved_meanwhile")


# --- the inspector's own assessment ---------------------------------------------------------------------------------


def case_again(connection: Connection, record: Record, suspicion: Suspicion, now: datetime) -> Case:
    """Return the case of a declaration that is judged again, with what the inspector saw."""
    checked = Checked(declared_in(record), record.computation, allowances_on(day_of(record.declared_at)))
    return case_of(connection, checked, record.content, now, suspicion=suspicion, earlier=earlier_of(record))


def assess(
    connection: Connection,
    desk: Desk,
    record: Record,
    judged: Judged,
    *,
    reason: Suspicion,
    text: str,
    by: SignedIn,
    now: datetime,
) -> Record:
    """Record what an inspector saw, and the judgement that follows from it. Raises `Outdated`, `PassengerRefused`."""
    signing_store.lock_head(connection)
    kept = judging.record(connection, desk, judged, subject=record.reference, moment="assessment", participant=None)
    size, frontier = signing_store.lock_head(connection)
    made = Assessment(
        reference=record.reference,
        number=len(store.assessments(connection, record.reference)) + 1,
        reason=reason,
        text=text,
        by_iin=by.iin,
        by_name=by.name,
        at=now,
        judgement=kept.number,
    )
    store.add_assessment(connection, made, size)
    desk.mark("after assessment")
    particulars = {"officer": by.iin, "reason": reason.value, "judgement": kept.number}
    audit.append(
        connection, size, frontier, [audit.Record(audit.Event.PASSENGER_ASSESSED, record.reference, now, particulars)]
    )
    outcome = judged.decision.outcome
    values = {"judgement": kept.number, "outcome": outcome.value, "suspicion": reason.value}
    return move(connection, record, status_of(outcome, record.computation), by.iin, "assess", now, values)


# --- moves ----------------------------------------------------------------------------------------------------------


def move(
    connection: Connection,
    record: Record,
    to: Status,
    by: str,
    action: str,
    now: datetime,
    values: Mapping[str, Any] = {},
) -> Record:
    """Write that a declaration stands otherwise now, with its journal entry. Raises `PassengerRefused` when another was
    first."""
    size, frontier = signing_store.lock_head(connection)
    stays = record.corridor is Corridor.RED or to in (Status.LEFT, Status.EXPIRED)  # red is never green again
    corridor = record.corridor if stays else corridor_of(record.chosen, to)
    written = {"status": to.value, "corridor": corridor.value, **values}
    if to in OPEN:  # nobody's time runs out while an inspector is at work
        written["expires_at"] = max(record.expires_at, now + WORKED_ON_FOR)
    if not store.move(connection, record, written):
        raise PassengerRefused("passengers.moved_meanwhile")
    particulars = {
        "action": action,
        "from": record.status.value,
        "to": to.value,
        "corridor": corridor.value,
        "version": str(record.version + 1),
        "by": by,
        "judgement": str(values.get("judgement", record.judgement)),
    }
    audit.append(
        connection, size, frontier, [audit.Record(audit.Event.PASSENGER_MOVED, record.reference, now, particulars)]
    )
    found = store.find(connection, record.reference)
    if found is None:
        raise PassengerNotFound
    return found


def release(
    connection: Connection, desk: Desk, record: Record, *, settled_by: str, by: SignedIn, now: datetime
) -> Record:
    """Let a traveller go: what is missing is asked for. That they crossed is recorded, so that it counts.

    Raises `PassengerRefused`.
    """
    signing_store.lock_head(connection)
    if record.status is Status.INSPECTION:
        raise PassengerRefused("passengers.inspect_first")
    if record.status is Status.GOODS_DECLARATION:
        _demand_settled(connection, settled_by)
    standing = charging.outstanding(connection, record)
    if standing is not None and standing.open:
        raise PassengerRefused("passengers.pay_first", open=f"{Decimal(standing.open).scaleb(-2):f}")
    store.add_crossing(connection, record, now)
    desk.mark("after crossing")
    values = {"left_at": now, "left_by": by.iin, "settled_by": settled_by}
    return move(connection, record, Status.LEFT, by.iin, "release", now, values)


def _demand_settled(connection: Connection, settled_by: str) -> None:
    """Raises `PassengerRefused` unless the goods that need a declaration have one, or stay."""
    if not settled_by:
        raise PassengerRefused("passengers.settle_first", "settled_by")
    if settled_by != GOODS_STAY:
        goods.demand_settled(connection, settled_by)


def expire(connection: Connection, desk: Desk, record: Record, now: datetime) -> None:
    """End a declaration that nobody came with; what was charged for it is cancelled."""
    signing_store.lock_head(connection)
    if record.cro is not None:
        charging.charge(connection, desk, record, Computation(), "", now)
    move(connection, record, Status.EXPIRED, "", "expire", now)
