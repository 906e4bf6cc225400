"""What follows from a declaration by the rules: payments, defects, and what the portal then waits for."""

from datetime import datetime

from msgspec import Struct

from declarations.passengers import controls
from declarations.passengers.allowances import Allowances, allowances_on
from declarations.passengers.computing import Computation, compute
from declarations.passengers.controls import age_on
from declarations.passengers.model import Corridor, PassengerDeclaration
from portal.office import Snapshot
from portal.passengers.errors import PassengerDefects
from portal.passengers.model import Status
from risk_gateway.days import day_of
from risk_gateway.profiles import Outcome


class Checked(Struct, frozen=True):
    """A declaration that keeps the rules, with what follows from it."""

    declaration: PassengerDeclaration
    computation: Computation
    allowances: Allowances


def check(declaration: PassengerDeclaration, snapshot: Snapshot, now: datetime) -> Checked:
    """Raises `PassengerDefects` with every rule that is broken, `NoAllowances`."""
    day = day_of(now)
    codes, allowances = snapshot.reference.on(day), allowances_on(day)
    age = age_on(declaration.traveller.born_on, day)
    computation = compute(declaration, codes.rate, allowances, age)
    defects = controls.check(declaration, controls.Context(codes, allowances, computation, now))
    if defects:
        raise PassengerDefects(defects)
    return Checked(declaration, computation, allowances)


def status_of(outcome: Outcome, computation: Computation, *, inspected: bool = False) -> Status:
    """Return what is waited for. Anything stricter than a simplified release is looked at, and so is what cannot be
    computed."""
    if not inspected and (outcome is not Outcome.SIMPLIFIED_RELEASE or computation.unknown):
        return Status.INSPECTION
    if computation.goods_declaration:
        return Status.GOODS_DECLARATION
    return Status.PAYMENT_DUE if computation.total else Status.READY


def corridor_of(chosen: Corridor, status: Status) -> Corridor:
    """Return the corridor that is taken: green only for whoever chose it and may go at once."""
    return chosen if status is Status.READY else Corridor.RED
