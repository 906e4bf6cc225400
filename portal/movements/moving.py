"""The one way in which the status of a movement changes.

`write` puts all that a move consists of into its caller's transaction: its row with the sealed notice, the movement,
the journal's entry and the message to the carrier. The caller's commit is the commit point: before it nothing has
happened.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.movements import store
from declarations.movements.lifecycle import Action, Actor, Move, Side, Status, moves_from
from declarations.movements.model import Movement
from interop import store as interop_store
from interop.movement_notices import KIND, MovementTold, movement_notice
from portal import audit
from portal.casework.desk import Desk
from portal.movements import reasons
from portal.movements.errors import MOVED_MEANWHILE, MovementNotFound, MovementRefused
from portal.movements.model import By, Change, Wanted
from risk_gateway import canonical
from risk_gateway.packing import pack
from signing import seal
from signing import store as signing_store

TEXT_MOST = 2000


def own(connection: Connection, number: str, by: By) -> Movement:
    """Return a movement of this carrier, or of this post. Raises `MovementNotFound`."""
    found = store.find_movement(connection, number)
    if found is None or not is_of(found, by):
        raise MovementNotFound
    return found


def is_of(movement: Movement, by: By) -> bool:
    if by.actor is Actor.CARRIER:
        return movement.carrier == by.organisation
    return by.actor is Actor.TIMER or by.post in (movement.departure, movement.destination)


def moves_of(movement: Movement, by: By) -> tuple[Move, ...]:
    """Return the moves that somebody may make now."""
    return tuple(each for each in moves_from(movement.status) if _may(each, movement, by))


def demand_move(movement: Movement, wanted: Wanted, by: By) -> Move:
    """Return the move that is wanted. Raises `MovementRefused`."""
    if movement.status.value != wanted.expected:
        raise MovementRefused(MOVED_MEANWHILE)
    move = next((each for each in moves_of(movement, by) if each.action is wanted.action), None)
    if move is None:
        raise MovementRefused("movement.not_allowed")
    if move.reason and wanted.reason not in reasons.of(move.action):
        raise MovementRefused("movement.reason_needed", "reason")
    if move.text and not wanted.text.strip():
        raise MovementRefused("movement.text_needed", "text")
    return move


def _may(move: Move, movement: Movement, by: By) -> bool:
    post = {Side.DEPARTURE: movement.departure, Side.DESTINATION: movement.destination}.get(move.side)  # type: ignore[arg-type]
    return by.actor in move.actors and (move.side is None or by.post == post)


def write(connection: Connection, desk: Desk, change: Change) -> int:
    """Make a move, and return the index of its entry. Raises `MovementRefused` when somebody was faster."""
    size, frontier = signing_store.lock_head(connection)
    after = replace(change.after, status=change.move.target)
    row = _row(change, after, size)
    told = told_of(after, change.move, row)
    notice = None
    if told is not None:
        notice = seal.seal(movement_notice(told), desk.keyring.at(change.at), change.at)
    store.add_move(connection, {**row, "notice": None if notice is None else pack(notice)})
    desk.mark("after move")
    if change.before is not None and not store.put_movement(connection, after, change.before.status):
        raise MovementRefused(MOVED_MEANWHILE)
    desk.mark("after movement")
    record = audit.Record(audit.Event.MOVEMENT_MOVED, after.number, change.at, particulars_of(row, notice))
    audit.append(connection, size, frontier, [record])
    desk.mark("after entry")
    if notice is not None:
        interop_store.add_messages(connection, [_message(after, size, change, notice)])
    desk.mark("after message")
    return size


def told_of(after: Movement, move: Move, row: Mapping[str, Any]) -> MovementTold | None:
    """Return what a carrier is told of a move, from the movement after it and its row; None where nothing is."""
    if move.notice is None:
        return None
    going = move.action in (Action.LET_GO, Action.EXTEND)
    details = canonical.loads(row["details"].encode(), dict[str, Any])
    return MovementTold(
        code=move.notice,
        number=after.number,
        carrier=after.carrier,
        reference=after.reference,
        event=f"MOVEMENT_{move.target.value}",
        action=move.action.value,
        made_at=row["at"].astimezone(UTC),
        journal_index=row["sequence"],
        vehicle=after.vehicle,
        container=after.container,
        departure=after.departure,
        destination=after.destination,
        declaration=after.declaration,
        route=after.route if going else (),
        seals=tuple(each.number for each in after.seals) if going else (),
        guarantee_tiyn=after.guarantee_tiyn if going else 0,
        amount_tiyn=details.get("amount_tiyn", 0),
        limit=after.limit if going else None,
        answer_by=after.answer_by if move.target is Status.NOT_DELIVERED else None,
        reason_code=row["reason"],
        reason=reasons.words(move.action, row["reason"]),
        text=row["text"],
    )


def particulars_of(row: Mapping[str, Any], notice: bytes | None) -> dict[str, str]:
    """Return what the journal's entry says of a move; its words stay out of it, for they may concern persons."""
    return {
        "action": row["action"],
        "from": row["source"],
        "to": row["target"],
        "actor": row["actor_iin"],
        "role": row["actor"],
        "reason": row["reason"],
        "said": canonical.digest([row["text"], row["details"]]),
        "notice": "" if notice is None else hashlib.sha256(notice).hexdigest(),
    }


def cleaned(text: str, field: str) -> str:
    """Return a text with plain line ends. Raises `MovementRefused` when it is too long, or no text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(plain) > TEXT_MOST:
        raise MovementRefused("movement.text_long", field, most=str(TEXT_MOST))
    if any(not sign.isprintable() and sign not in "\n\t" for sign in plain):
        raise MovementRefused("movement.text_characters", field)
    return plain


def _row(change: Change, after: Movement, sequence: int) -> dict[str, Any]:
    details = {**change.details, "amount_tiyn": change.amount_tiyn}
    return {
        "sequence": sequence,
        "number": after.number,
        "action": change.move.action.value,
        "source": "" if change.before is None else change.before.status.value,
        "target": change.move.target.value,
        "actor": change.by.actor.value,
        "actor_iin": change.by.iin,
        "actor_name": change.by.name,
        "at": change.at,
        "reason": change.reason,
        "text": change.text,
        "details": canonical.dumps(details).decode(),
        "after": canonical.dumps(after),
    }


def _message(after: Movement, sequence: int, change: Change, notice: bytes) -> dict[str, Any]:
    return {
        "message_id": f"movement:{after.number}:{sequence}",
        "recipient": f"participant:{after.carrier}",
        "kind": KIND,
        "subject": after.number,
        "body": pack(notice),
        "sequence": sequence,
        "created_at": change.at,
        "next_attempt_at": change.at,
        "attempts": 0,
    }
