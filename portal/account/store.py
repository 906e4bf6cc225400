"""What a participant's own record is read from."""

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from risk_gateway.tables import ParticipantHistoryRow

history = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]


def read_counts(connection: Connection, participant: str) -> tuple[int, int]:
    """Return how many declarations a participant has lodged for itself, and as an agent for others."""
    wanted = select(history.c.declarations, history.c.declarations_as_agent)
    row = connection.execute(wanted.where(history.c.participant == participant)).first()
    return (0, 0) if row is None else (row.declarations, row.declarations_as_agent)
