"""The one way in which the status of a declaration changes after its decision.

`make_move` writes all that a move consists of into its caller's transaction: the row of the move with its sealed
notice, the status, what is open in the case, the journal's entry and the message to the declarant. The caller's commit
is the commit point: before it nothing has happened.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from declarations import lifecycle
from declarations import store as declarations_store
from declarations.errors import MoveNotAllowed
from declarations.ledger.model import TIYN_MOST
from declarations.lifecycle import Action, Actor, Move, Status
from declarations.store import Stored
from declarations.tariff import TRANSIT
from interop import store as interop_store
from interop import tax_notices
from interop.notices import move_notice
from portal import audit
from portal.casework import opening, reasons, store, telling
from portal.casework.desk import Desk
from portal.casework.errors import MOVED_MEANWHILE, CaseNotFound, CaseRefused
from portal.casework.model import Moved, Mover, Wanted
from portal.casework.ownership import OFFICIALS, demand_own
from portal.ledger import charging
from risk_gateway.packing import pack
from signing import seal
from signing import store as signing_store

TEXT_MOST = 4000
LIMIT_MOST = timedelta(days=90)
_OF_EXPORTS = frozenset({Action.AWAIT_EXIT, Action.CONFIRM_EXIT, Action.MISS_EXIT})
_WITH_AMOUNT = frozenset({Action.DEMAND_PAYMENT, Action.RELEASE_UNDER_SECURITY})


def make_move(connection: Connection, desk: Desk, wanted: Wanted) -> Moved:
    """Make a move in the caller's transaction. It waits for the journal's head, and so for every lodgement and move.

    Raises `CaseNotFound` for what is not there or not this mover's, `CaseRefused` for what cannot be done now.
    """
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    stored = declarations_store.find_by_number(connection, wanted.number)
    if stored is None:
        raise CaseNotFound(wanted.number)
    demand_own(connection, stored, wanted.by, now)
    demand_other_side(connection, stored, wanted.by)
    move = find_move(connection, stored, wanted)
    wanted = checked(wanted, move, stored, now)
    state = opening.State(connection, desk, stored, move, wanted, size, now)
    row = _row(state, opening.demand(state))
    notice = None
    if move.notice:
        notice = seal.seal(move_notice(telling.told_of(stored, move, row)), desk.keyring.at(now), now)
    store.add_move(connection, {**row, "notice": None if notice is None else pack(notice)})
    desk.mark("after move")
    if not store.put_status(connection, stored.key, move.source, move.target):
        raise _moved_meanwhile(stored)
    desk.mark("after status")
    opening.write(state)
    desk.mark("after case")
    audit.append(connection, size, frontier, [_record(state, row, notice)])
    desk.mark("after entry")
    if notice is not None:
        interop_store.add_messages(connection, [_message(state, notice)])
    if (event := tax_notices.event_of_move(stored.type_code, move)) is not None:
        tax_notices.tell(connection, stored, event, now, wanted.amount_tiyn)
    opening.conclude(state)
    desk.mark("after message")
    charging.follow_move(connection, stored, move, wanted, size, now)
    desk.mark("after ledger")
    number = stored.registration_number
    return Moved(size, number, stored.key.version, move.action, move.source, move.target, now, notice)


def find_move(connection: Connection, stored: Stored, wanted: Wanted) -> Move:
    """Return the move of the table that is wanted. Raises `CaseRefused`."""
    status = Status(stored.status)
    if status is not wanted.expected or wanted.version not in (None, stored.key.version):
        raise _moved_meanwhile(stored)
    moves = [each for each in lifecycle.moves_from(status) if each.action is wanted.action]
    target = wanted.target
    if moves and moves[0].returns:
        before = store.last_into(connection, stored.registration_number, stored.key.version, status)
        if before is None:
            raise CaseRefused("case.nothing_before")
        target = Status(before.source)
    try:
        move = lifecycle.move_for(status, wanted.action, target)
    except MoveNotAllowed:
        raise CaseRefused("case.move_not_allowed", status=status.value) from None
    if wanted.by.actor not in move.actors:
        raise CaseRefused("case.not_your_role")
    return move


def demand_other_side(connection: Connection, stored: Stored, by: Mover) -> None:
    """Raises `CaseRefused` for an official who has spoken as the declarant in this case."""
    if by.actor not in OFFICIALS:
        return
    spoke = {row.actor_iin for row in store.read_moves(connection, stored.registration_number) if _declared(row)}
    signed = {each.signer_iin for each in declarations_store.find_versions(connection, stored.registration_number)}
    if by.iin in spoke | signed:
        raise CaseRefused("case.own_declaration")


def _declared(row: Row[Any]) -> bool:
    return bool(row.actor == Actor.DECLARANT.value)


def checked(wanted: Wanted, move: Move, stored: Stored, now: datetime) -> Wanted:
    """Return what is wanted with its text cleaned. Raises `CaseRefused` for whatever is missing or wrong."""
    if move.reason and wanted.reason not in reasons.of(move.action):
        raise CaseRefused("case.reason_needed", "reason")
    text = cleaned(wanted.text, "text")
    questions = tuple(line for each in wanted.questions if (line := cleaned(each, "questions")))
    if move.text and not text and not questions:
        raise CaseRefused("case.text_needed", "text")
    if move.limit:
        demand_limit(wanted.limit, now)
    for item in wanted.items:
        if not 1 <= item <= stored.item_count:
            raise CaseRefused("case.items_unknown", "items", item=str(item))
    if move.action in _WITH_AMOUNT and not 0 < wanted.amount_tiyn < TIYN_MOST:
        raise CaseRefused("case.amount_wrong", "amount")
    if move.action is Action.ORDER_INSPECTION and wanted.extent is None:
        raise CaseRefused("case.extent_needed", "extent")
    if move.action in _OF_EXPORTS and stored.type_code != "EX":
        raise CaseRefused("case.not_an_export")
    if move.action is Action.COMPLETE_TRANSIT and stored.type_code != TRANSIT:
        raise CaseRefused("case.not_a_transit")
    if move.statement and wanted.statement is None:
        raise CaseRefused("case.statement_needed")
    return msgspec.structs.replace(
        wanted,
        text=text,
        questions=questions,
        reason=wanted.reason if move.reason else "",
        limit=wanted.limit.astimezone(UTC) if move.limit and wanted.limit else None,
        amount_tiyn=wanted.amount_tiyn if move.action in _WITH_AMOUNT else 0,
    )


def cleaned(text: str, field: str, most: int = TEXT_MOST) -> str:
    """Return a text with plain line ends. Raises `CaseRefused` when it is too long, or no text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(plain) > most:
        raise CaseRefused("case.text_long", field, most=str(most))
    if any(
        (ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) <= 0xDFFF or ord(sign) in _NO_SIGNS
        for sign in plain
    ):
        raise CaseRefused("case.text_characters", field)
    return plain


_NO_SIGNS = frozenset({0x7F, 0xFFFE, 0xFFFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)})  # no XML, or misleading


def demand_limit(limit: datetime | None, now: datetime) -> None:
    """Raises `CaseRefused` for a limit date that is missing, past or too far away."""
    if limit is None:
        raise CaseRefused("case.limit_needed", "limit")
    if limit <= now:
        raise CaseRefused("case.limit_past", "limit")
    if limit > now + LIMIT_MOST:
        raise CaseRefused("case.limit_far", "limit", most=str(LIMIT_MOST.days))


def _moved_meanwhile(stored: Stored) -> CaseRefused:
    return CaseRefused(MOVED_MEANWHILE, status=stored.status)


def _row(state: opening.State, statement_digest: str | None) -> dict[str, Any]:
    """Return the row of a move, without its notice."""
    stored, move, wanted = state.stored, state.move, state.wanted
    return {
        "sequence": state.sequence,
        "registration_number": stored.registration_number,
        "declarant": stored.key.declarant,
        "functional_reference_id": stored.key.functional_reference_id,
        "version": stored.key.version,
        "action": move.action.value,
        "source": move.source.value,
        "target": move.target.value,
        "actor": wanted.by.actor.value,
        "actor_iin": wanted.by.iin,
        "actor_name": wanted.by.name,
        "at": state.now,
        "reason": wanted.reason,
        "text": wanted.text,
        "limit_at": wanted.limit,
        "details": telling.details_of(wanted),
        "statement": wanted.statement,
        "statement_digest": statement_digest,
    }


def _record(state: opening.State, row: Mapping[str, Any], notice: bytes | None) -> audit.Record:
    event = audit.Event.DECLARATION_MOVED
    return audit.Record(event, state.number, state.now, telling.particulars_of(row, notice))


def _message(state: opening.State, notice: bytes) -> dict[str, Any]:
    number = state.stored.registration_number
    return {
        "message_id": f"move:{number}:{state.sequence}",
        "recipient": f"participant:{state.stored.key.declarant}",
        "kind": "MOVE_NOTICE",
        "subject": number,
        "body": pack(notice),
        "sequence": state.sequence,
        "created_at": state.now,
        "next_attempt_at": state.now,
        "attempts": 0,
    }
