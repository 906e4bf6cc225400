"""What is kept of the statements that are signed in matters of the registry. The caller commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update
from sqlmodel import SQLModel

from risk_gateway.bases.registry.tables import RegistryStatementRow

statement: Table = SQLModel.metadata.tables[RegistryStatementRow.__tablename__]


def add_statement(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(statement).values(**values))


def find_statement(connection: Connection, identifier: str) -> Row[Any] | None:
    return connection.execute(select(statement).where(statement.c.id == identifier)).first()


def accept_statement(connection: Connection, identifier: str, values: Mapping[str, Any]) -> bool:
    """Keep a statement as it was signed; tell whether it had not been accepted before."""
    this = (statement.c.id == identifier) & statement.c.sequence.is_(None)
    return connection.execute(update(statement).where(this).values(values)).rowcount == 1


def drop_unsigned(connection: Connection, participant: str, iin: str, most: int) -> None:
    """Delete what this person prepared about a participant and has not signed, but for the newest."""
    columns = statement.c
    mine = (columns.participant == participant) & (columns.by_iin == iin) & columns.sequence.is_(None)
    newest_first = select(columns.id).where(mine).order_by(columns.prepared_at.desc(), columns.id)
    dropped = [row.id for row in connection.execute(newest_first.offset(most))]
    connection.execute(statement.delete().where(columns.id.in_(dropped), columns.sequence.is_(None)))


def forget_statements(connection: Connection, before: datetime) -> None:
    """Delete what was prepared and not signed in time."""
    columns = statement.c
    connection.execute(statement.delete().where(columns.sequence.is_(None), columns.expires_at < before))
