"""Violations on record, and the desk at which they are written, for tests."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from interop.disclosure import ViolationMessage
from portal.casework.desk import Desk
from portal.database import writing
from portal.office import Office
from portal.views import SignedIn
from portal.violations import service
from portal.violations.own import OwnViolations
from risk_gateway.bases.violations import identity_store, store
from risk_gateway.bases.violations.model import Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import expiry_of, held_until
from risk_gateway.packing import unpack

RECORDED_AT = datetime(2026, 6, 1, 6, tzinfo=UTC)


def desk_of(office: Office) -> Desk:
    return Desk(office.clock, office.keyring)


def violation(identifier: str, number: str, kind: str, committed_on: date, **changes: Any) -> Violation:
    """Return a confirmed violation of a participant, as an act would have it."""
    usual: dict[str, Any] = {
        "id": identifier,
        "identity": participant_identity(number),
        "kind": kind,
        "committed_on": committed_on,
        "state": State.CONFIRMED,
        "expires_on": expiry_of(committed_on),
        "source": Source.ACT,
        "legal_basis": "A test",
        "hold_until": held_until(committed_on),
        "recorded_at": RECORDED_AT,
        "provenance": "0" * 64,
    }
    return Violation(**{**usual, **changes})


def put(connection: Connection, identifier: str, number: str, kind: str, committed_on: date, **changes: Any) -> None:
    """Put a violation on record, without an entry in the journal."""
    store.put(connection, violation(identifier, number, kind, committed_on, **changes))


def record(office: Office, made: Violation, by: str = "") -> Violation:
    """Have a violation, or the next version of one, come on record with all that follows from it."""
    with writing(office.engine) as connection:
        return service.record(connection, desk_of(office), made, by, office.clock.now())


def things(office: Office, sign: Callable[[bytes], bytes], who: SignedIn) -> dict[str, dict[str, str]]:
    """Have `who` contest one record and prepare an objection to another, and let a partner tell of a similar name.

    Return what addresses name. `sign` signs with the key of `who`. Nothing of it counts against anybody.
    """
    desk, own, number = desk_of(office), OwnViolations(office), who.organisation or ""
    with writing(office.engine) as connection:
        made = [
            service.record(connection, desk, _alleged(number, kind), "", office.clock.now())
            for kind in ("false_code", "understated_value")
        ]
        told = ViolationMessage(
            id="KG-1",
            version=1,
            kind="smuggling",
            state="confirmed",
            number="N-1",
            country="KG",
            name="Qorgan Import",
            committed_on=date(2026, 5, 4),
        )
        service.receive(connection, desk, "kg", told, "0" * 64, office.clock.now())
        [question] = identity_store.open_questions(connection, 1)
    raised = own.prepare(who, made[0].id, "wrong_facts", "The invoice says otherwise")
    own.accept(who, raised.id, sign(unpack(raised.prepared)))
    prepared = own.prepare(who, made[1].id, "not_committed", "It was weighed twice")
    return {
        "raised": {"violation": made[0].id, "contest": raised.id},
        "contested": {"violation": made[1].id, "contest": prepared.id},
        "told": {"violation": "kg:KG-1", "key": question.identity, "question": question.id},
    }


def _alleged(number: str, kind: str) -> Violation:
    return violation(service.NEW, number, kind, date(2026, 5, 4), state=State.ALLEGED)
