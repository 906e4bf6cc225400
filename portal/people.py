"""In what capacities a person may act: officials by their appointments, others for the firm their certificate names.

The records are asked anew at every request, so that an appointment which has ended is out at once.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, Engine

from declarations import store as declarations_store
from portal.access import Role
from portal.clock import Clock
from portal.database import reading
from portal.store import read_officials
from portal.views import SignedIn
from risk_gateway.days import day_of

OFFICIAL_ROLES = frozenset(
    {
        Role.DOCUMENT_OFFICER,
        Role.INSPECTOR,
        Role.CHIEF_OF_POST,
        Role.RISK_ANALYST,
        Role.REGISTRY_OFFICER,
        Role.PASSENGER_INSPECTOR,
        Role.AUDITOR,
        Role.CHIEF_OF_AUDIT,
        Role.ADMINISTRATOR,
    }
)
_ROLES_OF_FIRMS: Mapping[str, Role] = {
    "importer": Role.DECLARANT,
    "exporter": Role.DECLARANT,
    "broker": Role.BROKER,
    "carrier": Role.CARRIER,
}


def capacities(
    connection: Connection, signer_iin: str, signer_bin: str | None, today: date, name: str = ""
) -> tuple[SignedIn, ...]:
    """Return every capacity of the holder of a certificate, offices first; () for somebody who is in no record.

    Who is in business without a firm is recorded as a participant by IIN. `name` is what the certificate says.
    """
    appointed = tuple(
        SignedIn(iin=signer_iin, name=each.name, role=Role(each.role), post=each.post)
        for each in read_officials(connection, signer_iin)
        if each.in_office(today) and each.role in OFFICIAL_ROLES
    )
    number = signer_bin or signer_iin
    firm = declarations_store.read_participant(connection, number)
    if firm is None:
        return appointed
    roles = dict.fromkeys(_ROLES_OF_FIRMS[role] for role in sorted(firm.roles) if role in _ROLES_OF_FIRMS)
    return appointed + tuple(
        SignedIn(iin=signer_iin, name=name, role=role, organisation=number, organisation_name=firm.name)
        for role in roles
    )


class RecordedPeople:
    """The `People` of portal/views.py over the database."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def capacities(self, iin: str, firm: str | None, name: str = "") -> tuple[SignedIn, ...]:
        with reading(self._engine) as connection:
            return capacities(connection, iin, firm, day_of(self._clock.now()), name)
