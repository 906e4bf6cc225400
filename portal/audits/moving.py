"""The one way in which an audit moves.

`make` writes all that a move consists of into its caller's transaction: the move with its sealed notice, the audit as
it stands, the journal's entry, the message to the participant, and what follows from it elsewhere. The caller's commit
is the commit point: before it nothing has happened.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.audits import store
from declarations.audits.lifecycle import CONTESTABLE, Action, Actor, Move, Status, move_for
from declarations.audits.model import Audit, Chosen, Made
from interop import store as interop_store
from interop.audit_notices import audit_notice
from portal import audit as journal
from portal.audits import effects, telling
from portal.audits.model import Intent, Maker, Signed
from portal.casework.desk import Desk
from risk_gateway.packing import pack
from signing import seal
from signing import store as signing_store

_OUTCOMES = (Action.NOTIFY_DEBT, Action.ORDER_ELIMINATION, Action.FIND_NOTHING)


def select(
    connection: Connection,
    desk: Desk,
    participant: str,
    chosen: Chosen,
    objective: str,
    now: datetime,
    *,
    judgement: str = "",
    by: Maker | None = None,
) -> Audit:
    """Take a participant up for an audit: what nobody but the office knows of yet.

    `judgement` is the number of what led to it, `by` the official who chose. Raises `IntegrityError` for one that is
    being audited.
    """
    size, _ = signing_store.lock_head(connection)
    audit = Audit(
        number=f"PA-{size:07d}",
        participant=participant,
        status=Status.SELECTED,
        chosen=chosen,
        objective=objective,
        judgement=judgement,
        selected_at=now,
        moved_at=now,
        moves=0,
        sequence=size,
    )
    store.add(connection, audit)
    return _made(connection, desk, audit, move_for(None, Action.SELECT), None, objective, now, source=None, by=by)


def settle(connection: Connection, desk: Desk, audit: Audit, now: datetime) -> Audit:
    """Close an audit whose debt is paid. Raises `MoveNotAllowed` for one of which no debt is notified."""
    signing_store.lock_head(connection)
    return _made(connection, desk, audit, move_for(audit.status, Action.SETTLE), None, "", now, source=audit.status)


def make(connection: Connection, desk: Desk, signed: Signed) -> Audit:
    """Make the move of a statement that was accepted. What must hold has been checked: checking.py."""
    signing_store.lock_head(connection)
    audit = store.find(connection, signed.intent.audit)
    if audit is None:
        raise LookupError(signed.intent.audit)
    move = move_for(audit.status, signed.intent.action, audit.before)
    moved = _made(connection, desk, audit, move, signed, signed.intent.text, signed.at, source=audit.status)
    effects.bring_about(connection, desk, moved, signed)
    return moved


def _made(
    connection: Connection,
    desk: Desk,
    audit: Audit,
    move: Move,
    signed: Signed | None,
    text: str,
    now: datetime,
    source: Status | None,
    by: Maker | None = None,
) -> Audit:
    by = signed.by if signed else by
    size, frontier = signing_store.lock_head(connection)
    intent, digest = (signed.intent, signed.digest) if signed else (None, "")
    made = Made(
        audit=audit.number,
        number=audit.moves + 1,
        action=move.action,
        source=source,
        target=move.target,
        actor=by.actor if by else Actor.PORTAL,
        at=now,
        by_iin=by.iin if by else "",
        by_name=by.name if by else "",
        text=text,
        limit_at=intent.limit if intent else None,
        statement=signed.statement if signed else None,
        sequence=size,
    )
    notice = None
    if move.notice is not None:
        told = telling.told_of(audit, move, made, intent, digest)
        notice = seal.seal(audit_notice(told), desk.keyring.at(now), now)
    store.add_move(connection, replace(made, notice=None if notice is None else pack(notice)))
    desk.mark("after move")
    moved = _as_it_stands(audit, made, intent)
    store.put(connection, moved)
    particulars = telling.particulars_of(audit, made, digest, notice)
    record = journal.Record(journal.Event(move.event), audit.number, now, particulars)
    journal.append(connection, size, frontier, [record])
    desk.mark("after move entry")
    if notice is not None:
        _send(connection, moved, notice, now)
    return moved


def _as_it_stands(audit: Audit, made: Made, intent: Intent | None) -> Audit:
    """Return the audit after a move."""
    moved = replace(
        audit,
        status=made.target,
        before=audit.status if made.target is Status.APPEALED else None,
        moved_at=made.at,
        moves=made.number,
        sequence=made.sequence,
        limit_at=made.limit_at or (audit.limit_at if made.target in (*CONTESTABLE, Status.APPEALED) else None),
    )
    if made.action is Action.PREPARE and intent is not None:
        planned = replace(moved, directions=intent.directions, first=intent.first, last=intent.last)
        return replace(planned, plan_iin=made.by_iin, plan_name=made.by_name, objective=made.text)
    if made.action is Action.OPEN:
        return replace(moved, opened_iin=made.by_iin, opened_name=made.by_name)
    if made.action in _OUTCOMES and intent is not None:
        outcome = replace(moved, outcome_iin=made.by_iin, outcome_name=made.by_name)
        return replace(outcome, amount_tiyn=intent.amount_tiyn)
    return moved


def _send(connection: Connection, audit: Audit, notice: bytes, now: datetime) -> None:
    """Leave a sealed notice to the outbox."""
    message: dict[str, Any] = {
        "message_id": f"audit:{audit.sequence}",
        "recipient": f"participant:{audit.participant}",
        "kind": telling.NOTICE,
        "subject": audit.number,
        "body": pack(notice),
        "sequence": audit.sequence,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
    }
    interop_store.add_messages(connection, [message])
