"""Who works on a case: officers take what is nobody's, chiefs give to anybody of the post. All of it is journalled."""

from datetime import datetime

from sqlalchemy import Connection

from declarations import lifecycle
from declarations import store as declarations_store
from declarations.lifecycle import Actor, Status
from portal import audit
from portal.casework import store
from portal.casework.desk import Desk
from portal.casework.errors import CaseNotFound, CaseRefused
from portal.casework.model import Mover
from portal.casework.ownership import OFFICIALS, demand_own
from portal.store import Official, read_officials
from risk_gateway.days import day_of
from signing import store as signing_store


def assign(connection: Connection, desk: Desk, number: str, by: Mover, to: str | None) -> None:
    """Give a case to an official of its post, or to nobody. Nothing happens when that one has it already.

    Raises `CaseNotFound`, `CaseRefused`.
    """
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    stored = declarations_store.find_by_number(connection, number)
    if stored is None or by.actor not in OFFICIALS:
        raise CaseNotFound(number)
    demand_own(connection, stored, by, now)
    if Status(stored.status) not in lifecycle.OPEN:
        raise CaseRefused("case.closed")
    file = store.read_file(connection, stored.registration_number)
    held = file.assignee_iin if file is not None else None
    if held == to:
        return
    if by.actor is not Actor.CHIEF:
        if held not in (None, by.iin):
            raise CaseRefused("case.taken", name=file.assignee_name if file is not None else "")
        if to not in (None, by.iin):
            raise CaseRefused("case.assign_others", "to")
    receiver = _official(connection, stored.office, to, now) if to is not None else None
    name = receiver.name if receiver else ""
    row = {
        "sequence": size,
        "registration_number": stored.registration_number,
        "version": stored.key.version,
        "to_iin": to or "",
        "to_name": name,
        "by_iin": by.iin,
        "by_name": by.name,
        "by_role": by.actor.value,
        "at": now,
    }
    store.add_assignment(connection, row)
    desk.mark("after assignment")
    store.put_file(
        connection, stored.registration_number, {"assignee_iin": to, "assignee_name": name if receiver else None}
    )
    particulars = {"from": held or "", "to": to or "", "actor": by.iin, "role": by.actor.value}
    record = audit.Record(audit.Event.CASE_ASSIGNED, stored.registration_number, now, particulars)
    audit.append(connection, size, frontier, [record])
    desk.mark("after entry")


def officials_of(connection: Connection, post: str, now: datetime) -> tuple[Official, ...]:
    """Return who works on cases at a post today."""
    roles = {each.value for each in OFFICIALS}
    today = day_of(now)
    found = {
        each.iin: each
        for each in read_officials(connection)
        if each.post == post and each.role in roles and each.in_office(today)
    }
    return tuple(sorted(found.values(), key=lambda each: each.name))


def _official(connection: Connection, post: str, iin: str, now: datetime) -> Official:
    for each in officials_of(connection, post, now):
        if each.iin == iin:
            return each
    raise CaseRefused("case.no_official", "to")
