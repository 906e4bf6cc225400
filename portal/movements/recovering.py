"""What follows when goods are not delivered: payments are recovered, the guarantee is taken, a violation recorded."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.ledger.model import ClaimKind, Line
from declarations.movements.lifecycle import Actor, Status
from declarations.movements.model import Goods, Movement
from portal.casework.desk import Desk
from portal.ledger import books, securities
from portal.movements.model import By
from portal.violations import service as violations
from risk_gateway import canonical
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.bases.violations.model import Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import expiry_of, held_until, terms_on
from risk_gateway.days import day_of
from risk_gateway.delivery_facts import NON_DELIVERY

DUE_DAYS: Final = 10  # [?] from the recovery to the day on which interest begins
_ONE: Final = Decimal(1)


def document_of(number: str) -> str:
    """Return under what number the payments of a movement are recovered."""
    return f"{number}/R"


def hold_guarantee(connection: Connection, movement: Movement, by: By, at: datetime) -> None:
    """Hold the guarantee of a movement that departs: a guarantor's paper, no money."""
    if movement.guarantee_tiyn:
        securities.hold(
            connection,
            at,
            key=f"{movement.number}/guarantee",
            holder=movement.carrier,
            document=movement.number,
            tiyn=movement.guarantee_tiyn,
            guaranteed=True,
            by=by.iin,
        )


def release_guarantee(connection: Connection, movement: Movement, at: datetime) -> None:
    """Give back what is held of the guarantee."""
    if movement.guarantee_tiyn:
        securities.release(connection, at, key=f"{movement.number}/guarantee back", document=movement.number)


def owed_of(movement: Movement, masses_kg: dict[int, Decimal] | None = None) -> tuple[tuple[str, int], ...]:
    """Return (payment code, tiyn) for goods that did not arrive: all, or those short of the mass that did."""
    owed: dict[str, int] = {}
    for each in movement.goods:
        share = _ONE if masses_kg is None else _missing(each, masses_kg.get(each.item, each.gross_mass_kg))
        for code, tiyn in each.payments:
            owed[code] = owed.get(code, 0) + int((tiyn * share).quantize(_ONE, ROUND_HALF_UP))
    return tuple((code, tiyn) for code, tiyn in sorted(owed.items()) if tiyn)


def recover(
    connection: Connection, desk: Desk, movement: Movement, owed: tuple[tuple[str, int], ...], by: By, at: datetime
) -> None:
    """Charge the carrier, take the guarantee for it, and record the violation, in the caller's transaction."""
    document = document_of(movement.number)
    if owed:
        books.charge(
            connection,
            at,
            key=f"{movement.number}/recovery",
            holder=movement.carrier,
            document=document,
            kind=ClaimKind.RECOVERY,
            lines=[Line(code, tiyn) for code, tiyn in owed],
            due=day_of(at) + timedelta(days=DUE_DAYS),
            office=movement.departure,
            by=by.iin,
        )
        desk.mark("after charge")
        if movement.guarantee_tiyn:
            securities.forfeit(
                connection, at, key=f"{movement.number}/forfeit", document=movement.number, onto=document, by=by.iin
            )
            release_guarantee(connection, movement, at)
            desk.mark("after forfeit")
    made = _violation(movement, sum(tiyn for _, tiyn in owed), at)
    if by.actor is Actor.TIMER:  # that nobody answered proves nothing: an official confirms it
        made = replace(made, state=State.ALLEGED)
    violations.record(connection, desk, made, by.iin, at)


def alleged(connection: Connection, movement: Movement) -> Violation | None:
    """Return the violation that the portal recorded by itself, while no official has confirmed it."""
    held = violation_store.of_number(connection, movement.carrier)
    number = document_of(movement.number)
    return next((each for each in held if each.decision_number == number and each.state is State.ALLEGED), None)


def confirm(connection: Connection, desk: Desk, movement: Movement, by: By, at: datetime) -> None:
    """Confirm that violation: from here it counts, and what follows for an entry in the registry follows."""
    found = alleged(connection, movement)
    if found is not None:
        confirmed = replace(found, state=State.CONFIRMED, decided_on=day_of(at))
        violations.record(connection, desk, confirmed, by.iin, at)


def _missing(goods: Goods, arrived_kg: Decimal) -> Decimal:
    short = goods.gross_mass_kg - arrived_kg
    return max(Decimal(0), min(_ONE, short / goods.gross_mass_kg))


def _violation(movement: Movement, tiyn: int, at: datetime) -> Violation:
    committed_on = day_of(movement.limit if movement.status is Status.NOT_DELIVERED and movement.limit else at)
    facts: dict[str, Any] = {"movement": movement.number, "status": movement.status, "tiyn": tiyn}
    post = movement.destination if movement.status is Status.DISCREPANCY else movement.departure
    return Violation(
        id=violations.NEW,
        identity=participant_identity(movement.carrier, movement.carrier_name),
        kind=NON_DELIVERY,
        article=kinds()[NON_DELIVERY].article,
        committed_on=committed_on,
        place=post,
        declaration=movement.declaration or None,
        amount_tiyn=tiyn,
        decision_number=document_of(movement.number),
        decided_on=day_of(at),
        state=State.CONFIRMED,
        expires_on=expiry_of(committed_on),
        source=Source.ACT,
        source_name=post,
        legal_basis=terms_on(committed_on).legal_basis_of_acts,
        hold_until=held_until(committed_on),
        recorded_at=at,
        provenance=canonical.digest(facts),
    )
