"""What decisions, corrections and moves of a declaration post: one call in portal/recording.py, one in make_move.

A released declaration owes what its payables say; a correction posts the difference; an officer's demand sets the
whole amount; what is cancelled owes nothing, and what was paid becomes prepaid balance again. A security is held with a
release under security, and given back when the declaration is cleared or ends.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.ledger import planning, rules, store
from declarations.ledger.model import DEMANDED_CODE, Claim, ClaimKind, Draft, Line, prepaid
from declarations.lifecycle import Action, Move, Status
from declarations.store import Stored
from interop.payment_notices import DUE
from portal.casework.model import Wanted
from portal.ledger import books, securities
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.packing import unpack

RELEASED: Final = frozenset({Status.RELEASED, Status.RELEASED_UNDER_SECURITY})
_OWES: Final = RELEASED | {Status.PAYMENT_DUE, Status.EXIT_AWAITED, Status.EXITED, Status.NO_PROOF_OF_EXIT}
_ENDS: Final = frozenset({Status.RELEASE_CANCELLED, Status.INVALIDATED, Status.WITHDRAWN, Status.RELEASE_REFUSED})


class Decided(Struct, frozen=True):
    """A version that was just recorded, and what it owes by payment code."""

    stored: Stored
    dues: Mapping[str, int]


def follow_decisions(connection: Connection, decided: Sequence[Decided], now: datetime) -> None:
    """Charge what was released at once, and post what corrections changed; the journal's head is locked already."""
    fresh: list[tuple[Draft, Claim]] = []
    for each in decided:
        if Status(each.stored.status) not in _OWES:
            continue
        claim = store.read_claim(connection, each.stored.registration_number) if each.stored.key.version > 1 else None
        if claim is not None:
            _correct(connection, claim, each, now)
        elif each.dues and Status(each.stored.status) in RELEASED:
            fresh.append(_first(each.stored, each.dues, now))
    books.charge_many(connection, now, fresh)


def follow_move(
    connection: Connection, stored: Stored, move: Move, wanted: Wanted, sequence: int, now: datetime
) -> None:
    """Post what a move means for what is owed. Its place in the journal names its entries."""
    number, name = stored.registration_number, f"{stored.registration_number}:{sequence}"
    if move.action is Action.DEMAND_PAYMENT:
        _demand(connection, stored, wanted, name, now)
    elif move.target in _ENDS and move.source is not move.target:
        if store.read_claim(connection, number) is not None:
            books.adjust(connection, now, key=f"ended:{name}", document=number, lines=())
        securities.release(connection, now, key=f"security-back:{name}", document=number)
    elif move.target in RELEASED and move.source not in _OWES - {Status.PAYMENT_DUE}:
        _release(connection, stored, move, wanted, name, now)
    elif move.action is Action.CLEAR:
        securities.release(connection, now, key=f"cleared:{name}", document=number)


def _demand(connection: Connection, stored: Stored, wanted: Wanted, name: str, now: datetime) -> None:
    """Have the declaration owe what an officer demands: by code as far as it shows that itself, the rest beside it."""
    number, dues = stored.registration_number, stored_dues(connection, stored)
    due = day_of(wanted.limit or now)
    lines, left = [], wanted.amount_tiyn
    for code, tiyn in sorted(dues.items()):
        lines.append(Line(code, min(tiyn, left)))
        left -= lines[-1].tiyn
    lines.append(Line(DEMANDED_CODE, left))
    key, by = f"demanded:{name}", wanted.by.iin
    if store.read_claim(connection, number) is not None:
        books.adjust(connection, now, key=key, document=number, lines=lines, due=due, by=by, declared=dues)
    else:
        draft = books.charging(key, stored.key.declarant, number, lines, by)
        made = books.new_claim(draft, ClaimKind.DECLARATION, due, now, stored.office, dues)
        books.charge_many(connection, now, [(draft, made)])
    claim = store.read_claim(connection, number)
    if claim is not None:
        store.put_claim(connection, replace(claim, noticed=DUE))  # the move's own notice is the one of what is due


def _release(connection: Connection, stored: Stored, move: Move, wanted: Wanted, name: str, now: datetime) -> None:
    """Charge what is released, unless an officer demanded an amount before: then that stands."""
    number, holder = stored.registration_number, stored.key.declarant
    claim, dues = store.read_claim(connection, number), stored_dues(connection, stored)
    if claim is None:
        if dues:
            books.charge_many(connection, now, [_first(stored, dues, now)])
    elif not store.charged_of(store.balances_of(connection, number)):
        due = rules.limit_after(day_of(now))
        books.adjust(connection, now, key=f"again:{name}", document=number, lines=_lines(dues), due=due, declared=dues)
    if move.action is Action.RELEASE_UNDER_SECURITY:
        has = store.balance(connection, prepaid(holder))
        securities.hold(
            connection,
            now,
            key=f"security:{name}",
            holder=holder,
            document=number,
            tiyn=wanted.amount_tiyn,
            guaranteed=has < wanted.amount_tiyn,
            by=wanted.by.iin,
        )


def stored_dues(connection: Connection, stored: Stored) -> dict[str, int]:
    """Return what a recorded version owes by payment code, from its payables."""
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    return planning.dues_of(msgspec.json.decode(unpack(kept.payables), type=_Totals).totals)


class _Totals(Struct):
    """What of stored payables is read here."""

    totals: dict[str, Decimal]


def _first(stored: Stored, dues: Mapping[str, int], now: datetime) -> tuple[Draft, Claim]:
    number = stored.registration_number
    draft = books.charging(f"released:{number}", stored.key.declarant, number, _lines(dues))
    due = rules.limit_after(day_of(now))
    return draft, books.new_claim(draft, ClaimKind.DECLARATION, due, now, stored.office, dict(dues))


def _correct(connection: Connection, claim: Claim, decided: Decided, now: datetime) -> None:
    """Post the difference between what the versions themselves owe; what officers demanded beside it stays."""
    stored, dues = decided.stored, decided.dues
    charged = store.charged_of(store.balances_of(connection, claim.document))
    codes = {*charged, *dues, *claim.declared}
    wanted = {code: max(0, charged.get(code, 0) + dues.get(code, 0) - claim.declared.get(code, 0)) for code in codes}
    books.adjust(
        connection,
        now,
        key=f"corrected:{stored.registration_number}:{stored.key.version}",
        document=claim.document,
        lines=_lines(wanted),
        due=max(claim.due, rules.limit_after(day_of(now))) if sum(wanted.values()) > sum(charged.values()) else None,
        declared=dict(dues),
    )


def _lines(dues: Mapping[str, int]) -> list[Line]:
    return [Line(code, tiyn) for code, tiyn in sorted(dues.items()) if tiyn]
