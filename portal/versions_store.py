"""What a correction must know of the version that it corrects: how it stands, and what was written off for it."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import SQLModel

from declarations import amendment_store, store, xml
from declarations.amendment_store import Amendment, State
from declarations.lifecycle import LET_GO, ON_GOODS, Action, Status
from declarations.store import Stored
from portal.casework.tables import DeclarationMoveRow
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.history import grams_by_certificate
from risk_gateway.model import Decision, Earlier, Outcome
from risk_gateway.packing import unpack
from signing import verify, xmlgate

_OF_CORRECTIONS = (Action.REQUEST_AMENDMENT, Action.GRANT_AMENDMENT, Action.AMEND)
move = SQLModel.metadata.tables[DeclarationMoveRow.__tablename__]


class Base(Struct, frozen=True):
    """The newest version of a declaration as it stood when it was read.

    `status` is the one before anybody asked for a correction, `waiting` the correction that was asked for, `denied` the
    digests of those that were denied. `untouched` says that nobody has done anything since the first
    decision but correct it. `returned` are
    the grams that it wrote off certificates.
    """

    newest: Stored
    status: Status
    untouched: bool
    waiting: Amendment | None
    denied: frozenset[str]
    first_day: date
    earlier: Earlier
    returned: Mapping[str, int]


class Standing(Struct, frozen=True):
    """How a version stood before anybody asked for its correction."""

    status: Status
    earlier: Earlier
    untouched: bool


def read_standing(connection: Connection, stored: Stored) -> Standing:
    """Return how this version stands, or stood before it was asked to be corrected."""
    moves = _moves(connection, stored)
    status = Status(stored.status)
    if moves and moves[-1][0] in _OF_CORRECTIONS:
        asked = [source for action, source in moves if action in (Action.REQUEST_AMENDMENT, Action.AMEND)]
        status = asked[-1]
    before = _moves_before(connection, stored)
    inspected = Action.SIGN_ACT in (*before, *(action for action, _ in moves))
    inspected = inspected or _ordered(stored, [action for action, _ in moves])
    untouched = not moves and all(action is Action.AMEND for action in before)
    return Standing(status, _earlier(connection, stored, status, inspected), untouched)


def read_base(connection: Connection, declarant: str, reference: str) -> Base | None:
    """Return the newest version of what was lodged under this reference, None when nothing was."""
    versions = store.find_by_references(connection, [(declarant, reference)]).get((declarant, reference))
    if not versions:
        return None
    newest = versions[-1]
    standing = read_standing(connection, newest)
    asked = amendment_store.read_amendments(connection, newest.registration_number)
    return Base(
        newest=newest,
        status=standing.status,
        untouched=standing.untouched,
        waiting=next((each for each in asked if each.state is State.WAITING), None),
        denied=frozenset(each.digest for each in asked if each.state is State.DENIED),
        first_day=day_of(versions[0].received_at),
        earlier=standing.earlier,
        returned=_written_off(connection, newest),
    )


def last_target(connection: Connection, stored: Stored) -> Status | None:
    """Return the status to which the last move led this version, None before the first."""
    rows = select(move.c.target).where(_of(stored)).order_by(move.c.sequence.desc()).limit(1)
    found = connection.execute(rows).scalar()
    return None if found is None else Status(found)


def _moves(connection: Connection, stored: Stored) -> list[tuple[Action, Status]]:
    """Return what was done with this version since its decision, oldest first, each with the status before."""
    rows = connection.execute(select(move.c.action, move.c.source).where(_of(stored)).order_by(move.c.sequence))
    return [(Action(row.action), Status(row.source)) for row in rows]


def _moves_before(connection: Connection, stored: Stored) -> list[Action]:
    """Return what was done with the versions before this one."""
    of_them = (move.c.registration_number == stored.registration_number) & (move.c.version < stored.key.version)
    return [Action(row.action) for row in connection.execute(select(move.c.action).where(of_them))]


def _ordered(stored: Stored, done: Sequence[Action]) -> bool:
    """Tell whether an inspection was ordered of this version and lifted by nobody, wherever its case has got to."""
    lifted_or_ordered = [each for each in done if each in (Action.ORDER_INSPECTION, Action.DOWNGRADE)]
    if lifted_or_ordered:
        return lifted_or_ordered[-1] is Action.ORDER_INSPECTION
    return stored.outcome == Outcome.INSPECTION_ORDER


def _of(stored: Stored) -> ColumnElement[bool]:
    return (move.c.registration_number == stored.registration_number) & (move.c.version == stored.key.version)


def _earlier(connection: Connection, stored: Stored, status: Status, inspected: bool) -> Earlier:
    """Return the lane that the declaration is in: where its decision put it, or officers did since."""
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    extent = canonical.loads(unpack(kept.decision), Decision).inspection_extent
    notified = stored.outcome != Outcome.SIMPLIFIED_RELEASE
    if status in LET_GO:
        return Earlier(Outcome.SIMPLIFIED_RELEASE, released=True, notified=notified)
    if status in ON_GOODS or inspected:
        return Earlier(Outcome.INSPECTION_ORDER, extent, notified=True)
    return Earlier(Outcome.DOCUMENTARY_CHECK, notified=True)


def _written_off(connection: Connection, stored: Stored) -> Mapping[str, int]:
    content = unpack(store.read_document(connection, stored.key))
    declaration = xml.read(verify.verify(xmlgate.open_document(content)).root)
    return grams_by_certificate(declaration.items)
