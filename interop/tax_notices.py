"""What the tax service is told: exports that are released and have left, for the refund of VAT, and unpaid debts.

Written into the transaction of the decision or move, under the journal's lock; the outbox brings it there.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from declarations.lifecycle import Action, Move, Status
from declarations.store import Stored
from interop import outbox, partner_store
from interop.partners import PartnerKind

KIND = "decision"
EXPORT = "EX"
_RELEASED = frozenset({Status.RELEASED, Status.RELEASED_UNDER_SECURITY, Status.CLEARED})
_AFTER_RELEASE = _RELEASED | {Status.EXIT_AWAITED, Status.EXITED, Status.NO_PROOF_OF_EXIT}


class Event(StrEnum):
    EXPORT_RELEASED = "export_released"
    EXPORT_EXITED = "export_exited"
    EXPORT_CANCELLED = "export_cancelled"
    EXPORT_NOT_EXITED = "export_not_exited"
    DEBT = "debt"


class TaxNotice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a message. Amounts are tiyn; `amount_tiyn` is what is due, of a debt."""

    event: Event
    registration_number: str
    version: int
    declarant: str
    at: datetime
    customs_value_tiyn: int | None = None
    amount_tiyn: int = 0


def event_of_move(type_code: str, move: Move) -> Event | None:
    """Return what a move is for the tax service; None when it is nothing to it."""
    if move.action is Action.DEMAND_PAYMENT:
        return Event.DEBT
    if type_code != EXPORT:
        return None
    if move.target is Status.EXITED:
        return Event.EXPORT_EXITED
    if move.target is Status.NO_PROOF_OF_EXIT:
        return Event.EXPORT_NOT_EXITED
    if move.target in _RELEASED and move.source not in _AFTER_RELEASE:
        return Event.EXPORT_RELEASED
    if move.target is Status.RELEASE_CANCELLED:
        return Event.EXPORT_CANCELLED
    return None


def event_of_decision(stored: Stored) -> Event | None:
    """Return what a decision, or the correction of a released export, is for the tax service."""
    released = stored.type_code == EXPORT and stored.status in _AFTER_RELEASE
    return Event.EXPORT_RELEASED if released else None


def tell(connection: Connection, stored: Stored, event: Event, at: datetime, amount_tiyn: int = 0) -> None:
    """Record the message for every tax service, in the caller's transaction; one that is switched off gets it later."""
    notice = TaxNotice(
        event=event,
        registration_number=stored.registration_number,
        version=stored.key.version,
        declarant=stored.key.declarant,
        at=at,
        customs_value_tiyn=stored.customs_value_tiyn,
        amount_tiyn=amount_tiyn,
    )
    for partner in partner_store.list_partners(connection):
        if partner.kind is PartnerKind.TAX_SERVICE:
            body = msgspec.json.encode(notice)
            outbox.send(connection, partner.id, KIND, stored.registration_number, body, at)
