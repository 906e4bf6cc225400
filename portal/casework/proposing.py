"""A milder lane takes two: an officer proposes it, a chief who is another person approves or declines."""

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.lifecycle import Action, Actor, Status
from declarations.store import Stored
from portal import audit
from portal.casework import opening, reasons, store
from portal.casework.desk import Desk
from portal.casework.errors import MOVED_MEANWHILE, CaseNotFound, CaseRefused
from portal.casework.model import Moved, Mover, Proposal, ProposalOutcome, Wanted
from portal.casework.moving import cleaned, demand_other_side, make_move
from portal.casework.ownership import OFFICIALS, demand_own
from risk_gateway import canonical
from risk_gateway.profiles import Outcome, strictness_of
from signing import store as signing_store


def propose(
    connection: Connection, desk: Desk, number: str, by: Mover, expected: Status, to: Outcome, reason: str, text: str
) -> Proposal:
    """Raises `CaseNotFound`, `CaseRefused`."""
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    stored = _own_case(connection, desk, number, by)
    if Status(stored.status) is not expected:
        raise CaseRefused(MOVED_MEANWHILE, status=stored.status)
    if expected not in opening.MAY_BECOME_MILDER:
        raise CaseRefused("case.move_not_allowed", status=stored.status)
    number = stored.registration_number
    lane = opening.lane_of(store.read_file(connection, number), stored)
    if strictness_of(to) >= strictness_of(lane):
        raise CaseRefused("case.not_milder", "to")
    if reason not in reasons.of(Action.DOWNGRADE):
        raise CaseRefused("case.reason_needed", "reason")
    if not (text := cleaned(text, "text")):
        raise CaseRefused("case.text_needed", "text")
    if any(each.outcome is None for each in store.read_proposals(connection, number)):
        raise CaseRefused("case.proposal_open")
    row = {
        "sequence": size,
        "registration_number": number,
        "version": stored.key.version,
        "from_outcome": lane.value,
        "to_outcome": to.value,
        "reason": reason,
        "text": text,
        "by_iin": by.iin,
        "by_name": by.name,
        "by_role": by.actor.value,
        "at": now,
    }
    store.add_proposal(connection, row)
    desk.mark("after proposal")
    store.put_file(connection, number, {"proposal": True})
    particulars = {
        "from": lane.value,
        "to": to.value,
        "reason": reason,
        "actor": by.iin,
        "role": by.actor.value,
        "said": canonical.digest(text),
    }
    audit.append(connection, size, frontier, [audit.Record(audit.Event.DOWNGRADE_PROPOSED, number, now, particulars)])
    desk.mark("after entry")
    return opening.find_proposal(connection, number, size)


def approve(connection: Connection, desk: Desk, number: str, by: Mover, identifier: int, text: str) -> Moved:
    """Make the move that was proposed. Raises `CaseNotFound`, `CaseRefused`."""
    signing_store.lock_head(connection)
    stored = _own_case(connection, desk, number, by)
    proposed = opening.find_proposal(connection, stored.registration_number, identifier)
    wanted = Wanted(
        number=stored.registration_number,
        action=Action.DOWNGRADE,
        expected=Status(stored.status),
        by=by,
        target=opening.MILDER[proposed.to_outcome],
        reason=proposed.reason,
        text=text.strip() or proposed.text,
        proposal=identifier,
    )
    return make_move(connection, desk, wanted)


def decline(connection: Connection, desk: Desk, number: str, by: Mover, identifier: int, text: str) -> None:
    """Leave the lane as it is. Raises `CaseNotFound`, `CaseRefused`."""
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    stored = _own_case(connection, desk, number, by)
    number = stored.registration_number
    if by.actor is not Actor.CHIEF:
        raise CaseRefused("case.not_your_role")
    proposed = opening.find_proposal(connection, number, identifier)
    if proposed.by_iin == by.iin:
        raise CaseRefused("case.same_person")
    if not (text := cleaned(text, "text")):
        raise CaseRefused("case.text_needed", "text")
    values = {
        "outcome": ProposalOutcome.DECLINED.value,
        "decided_sequence": size,
        "decided_by_iin": by.iin,
        "decided_by_name": by.name,
        "decided_at": now,
        "decided_text": text,
    }
    if not store.decide_proposal(connection, identifier, values):
        raise CaseRefused("case.no_proposal")
    desk.mark("after decline")
    store.put_file(connection, number, {"proposal": False})
    particulars = {"proposal": str(identifier), "actor": by.iin, "role": by.actor.value, "said": canonical.digest(text)}
    audit.append(connection, size, frontier, [audit.Record(audit.Event.DOWNGRADE_DECLINED, number, now, particulars)])
    desk.mark("after entry")


def _own_case(connection: Connection, desk: Desk, number: str, by: Mover) -> Stored:
    stored = declarations_store.find_by_number(connection, number)
    if stored is None or by.actor not in OFFICIALS:
        raise CaseNotFound(number)
    demand_own(connection, stored, by, desk.clock.now())
    demand_other_side(connection, stored, by)
    return stored
