"""Whose a case is: officials work on those of their post, others on those of their own firm and of their principals."""

from datetime import date, datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.lifecycle import Actor
from declarations.participants import PowerOfAttorney
from declarations.store import Stored
from portal.access import Role
from portal.casework.errors import CaseNotFound
from portal.casework.model import Mover
from portal.views import SignedIn
from risk_gateway.days import day_of

OFFICIALS = frozenset({Actor.DOCUMENT_OFFICER, Actor.INSPECTOR, Actor.CHIEF})
_ACTORS = {
    Role.DECLARANT: Actor.DECLARANT,
    Role.BROKER: Actor.DECLARANT,
    Role.DOCUMENT_OFFICER: Actor.DOCUMENT_OFFICER,
    Role.INSPECTOR: Actor.INSPECTOR,
    Role.CHIEF_OF_POST: Actor.CHIEF,
}


def mover_of(person: SignedIn) -> Mover | None:
    """Return as whom a person moves cases, None for one who has no part in them."""
    actor = _ACTORS.get(person.role)
    if actor is None:
        return None
    return Mover(actor, person.iin, person.name, person.post, person.organisation)


def demand_own(connection: Connection, stored: Stored, by: Mover, now: datetime) -> None:
    """Raises `CaseNotFound` when the case is not this mover's. The portal and its timer may move every case."""
    if by.actor in OFFICIALS:
        own = by.post is not None and by.post == stored.office
    elif by.actor is Actor.DECLARANT:
        own = by.organisation is not None and _acts_for(connection, stored, by.organisation, day_of(now))
    else:
        own = True
    if not own:
        raise CaseNotFound(stored.registration_number)


def in_force(power: PowerOfAttorney, type_code: str, day: date) -> bool:
    """Tell whether a power of attorney covers declarations of this type on that day."""
    revoked = power.revoked_on is not None and power.revoked_on <= day
    return not revoked and power.valid_from <= day <= power.valid_to and type_code in power.scope


def _acts_for(connection: Connection, stored: Stored, organisation: str, day: date) -> bool:
    """Tell whether a firm is the declarant, or holds the declarant's power of attorney today."""
    declarant = stored.key.declarant
    if organisation == declarant:
        return True
    powers = declarations_store.read_powers(connection, declarant)
    return any(each.agent == organisation and in_force(each, stored.type_code, day) for each in powers)
