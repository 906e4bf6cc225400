"""What the registry reads of participants elsewhere: how much they declared, and what they owe."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel

from declarations.lifecycle import Status
from declarations.store import declaration
from declarations.tables import ParticipantRow
from portal.casework.tables import CaseFileRow
from risk_gateway.bases.violations.model import Identity, Scheme
from risk_gateway.bases.violations.store import merge_table
from risk_gateway.tables import ParticipantHistoryRow

participant_table = SQLModel.metadata.tables[ParticipantRow.__tablename__]
history = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]
case_file = SQLModel.metadata.tables[CaseFileRow.__tablename__]


def count_declared(connection: Connection, participant: str) -> int:
    """Return how many declarations a participant lodged for itself and for others, as far back as there is a record."""
    wanted = select(history.c.declarations + history.c.declarations_as_agent)
    return int(connection.execute(wanted.where(history.c.participant == participant)).scalar() or 0)


def count_overdue(connection: Connection, participant: str, now: datetime) -> int:
    """Return for how many declarations a payment is past its limit date."""
    together = declaration.join(case_file, case_file.c.registration_number == declaration.c.registration_number)
    wanted = select(func.count()).select_from(together)
    wanted = wanted.where(
        declaration.c.declarant == participant,
        declaration.c.status == Status.PAYMENT_DUE.value,
        case_file.c.limit_at < now,
    )
    return int(connection.execute(wanted).scalar_one())


def concerned(connection: Connection, identity: Identity) -> tuple[str, ...]:
    """Return the BINs and IINs of whom this identity is, or is known to be the same as."""
    found, reached = [identity.key], [identity.key]
    while reached:
        wanted = select(merge_table.c.into).where(merge_table.c.merged.in_(reached), merge_table.c.undone_at.is_(None))
        reached = [each for each in connection.execute(wanted).scalars() if each not in found]
        found += reached
    return tuple(key.rpartition(":")[2] for key in found if not key.startswith(f"{Scheme.FOREIGN.value}:"))


def participants(connection: Connection) -> Iterator[str]:
    """Yield the number of every participant on record."""
    yield from connection.execute(
        select(participant_table.c.identifier).order_by(participant_table.c.identifier)
    ).scalars()
