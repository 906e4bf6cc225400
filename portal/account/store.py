"""What a participant's own record is read from."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from declarations.store import declaration
from risk_gateway.store import violation
from risk_gateway.tables import ControlResultRow, ParticipantHistoryRow

history = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]
control_result = SQLModel.metadata.tables[ControlResultRow.__tablename__]
_PREFIXES = ("act:", "agt:")  # before the number of the act that found a violation: see portal/control.py


class Violation(Struct, frozen=True):
    """`number` is that of its act or file, `declaration` the registration number where it was found."""

    number: str
    kind: str
    committed_on: date
    declaration: str | None


def read_counts(connection: Connection, participant: str) -> tuple[int, int]:
    """Return how many declarations a participant has lodged for itself, and as an agent for others."""
    wanted = select(history.c.declarations, history.c.declarations_as_agent)
    row = connection.execute(wanted.where(history.c.participant == participant)).first()
    return (0, 0) if row is None else (row.declarations, row.declarations_as_agent)


def read_violations(connection: Connection, participant: str) -> tuple[Violation, ...]:
    """Return the violations on record, newest first."""
    wanted = select(violation).where(violation.c.participant == participant)
    rows = connection.execute(wanted.order_by(violation.c.committed_on.desc(), violation.c.id)).all()
    found = _declarations_of(connection, [row.id[4:] for row in rows if row.id.startswith(_PREFIXES)])
    return tuple(
        Violation(
            number := row.id[4:] if row.id.startswith(_PREFIXES) else row.id,
            row.kind,
            row.committed_on,
            found.get(number),
        )
        for row in rows
    )


def _declarations_of(connection: Connection, acts: Sequence[str]) -> dict[str, str]:
    same = (
        (declaration.c.declarant == control_result.c.declarant)
        & (declaration.c.functional_reference_id == control_result.c.functional_reference_id)
        & (declaration.c.version == control_result.c.version)
    )
    wanted = select(control_result.c.act, declaration.c.registration_number).select_from(
        control_result.join(declaration, same)
    )
    rows = connection.execute(wanted.where(control_result.c.act.in_(acts), control_result.c.profile == ""))
    return {row.act: row.registration_number for row in rows}
