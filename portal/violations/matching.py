"""Who may be the same as whom. Exact identifiers have decided before this is asked; here only officers decide."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from portal.violations import store
from risk_gateway.bases.violations import identity_store, names
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Violation
from risk_gateway.bases.violations.terms import terms_on
from risk_gateway.days import day_of

CANDIDATES_MOST: Final = 3


def ask(connection: Connection, violation: Violation, now: datetime) -> None:
    """Ask an officer whether whom a record is about is one of our participants with a similar name.

    Who was said to be somebody already, or was asked about, is not asked about again.
    """
    identity = violation.identity
    if not identity.name or identity_store.root_of(connection, identity.key) != identity.key:
        return
    participants = store.named_participants(connection)
    least = terms_on(day_of(now)).similar_score_min
    found = names.similar(identity.name, [each.name for each in participants], least, CANDIDATES_MOST)
    asked = identity_store.asked_about(connection, identity.key)
    cursor = violation_store.last_cursor(connection)
    rows = [
        {
            "id": f"{cursor}-{position}",
            "identity": identity.key,
            "name": identity.name,
            "violation": violation.id,
            "candidate": participants[place].key,
            "candidate_name": participants[place].name,
            "score": points,
            "asked_at": now,
        }
        for position, (place, points) in enumerate(found)
        if participants[place].key not in asked
    ]
    identity_store.add_questions(connection, rows)
