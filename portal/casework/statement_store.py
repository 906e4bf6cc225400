"""What is kept of statements: as prepared, as signed, and their files. The caller commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from portal.casework.model import FileInfo
from portal.casework.tables import CaseAttachmentRow, StatementRow

statement: Table = SQLModel.metadata.tables[StatementRow.__tablename__]
attachment: Table = SQLModel.metadata.tables[CaseAttachmentRow.__tablename__]

Values = Mapping[str, Any]


def add_statement(connection: Connection, values: Values, files: Sequence[Values]) -> None:
    connection.execute(insert(statement), values)
    if files:
        connection.execute(insert(attachment), list(files))


def find_statement(connection: Connection, identifier: str) -> Row[Any] | None:
    return connection.execute(select(statement).where(statement.c.id == identifier)).first()


def accept_statement(connection: Connection, identifier: str, values: Values) -> bool:
    """Keep a statement as it was signed; tell whether it had not been accepted before."""
    this = (statement.c.id == identifier) & statement.c.sequence.is_(None)
    return connection.execute(update(statement).where(this).values(values)).rowcount == 1


def read_statements(connection: Connection, number: str) -> list[Row[Any]]:
    """Return the accepted statements of a case, oldest first, without what is large."""
    columns = statement.c
    names = ("id", "kind", "version", "text", "by_iin", "by_name", "accepted_at", "signed_digest", "sequence")
    this = (columns.registration_number == number) & columns.sequence.is_not(None)
    return list(connection.execute(select(*(columns[name] for name in names)).where(this).order_by(columns.sequence)))


def drop_unsigned(connection: Connection, number: str, iin: str, most: int) -> None:
    """Delete what this person prepared in a case and has not signed, with its files, but for the newest."""
    mine = (statement.c.registration_number == number) & (statement.c.by_iin == iin) & statement.c.sequence.is_(None)
    newest_first = select(statement.c.id).where(mine).order_by(statement.c.prepared_at.desc(), statement.c.id)
    dropped = [row.id for row in connection.execute(newest_first.offset(most))]
    if dropped:
        connection.execute(attachment.delete().where(attachment.c.statement.in_(dropped)))
        connection.execute(statement.delete().where(statement.c.id.in_(dropped), statement.c.sequence.is_(None)))


def any_stale(connection: Connection, before: datetime) -> bool:
    """Tell whether a statement was prepared and not signed in time."""
    stale = select(statement.c.id).where(statement.c.sequence.is_(None), statement.c.expires_at < before)
    return connection.execute(stale.limit(1)).first() is not None


def forget_statements(connection: Connection, before: datetime) -> None:
    """Delete what was prepared and not signed in time, with its files."""
    stale = select(statement.c.id).where(statement.c.sequence.is_(None), statement.c.expires_at < before)
    connection.execute(attachment.delete().where(attachment.c.statement.in_(stale)))
    connection.execute(statement.delete().where(statement.c.sequence.is_(None), statement.c.expires_at < before))


def read_files(connection: Connection, statements: Sequence[str]) -> dict[str, list[FileInfo]]:
    """Return the files of these statements in their order, without content."""
    columns = attachment.c
    names = ("id", "statement", "name", "media_type", "size", "digest", "uploaded_at")
    wanted = (
        select(*(columns[name] for name in names))
        .where(columns.statement.in_(statements))
        .order_by(columns.statement, columns.position)
    )
    found: dict[str, list[FileInfo]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.statement, []).append(_file(row))
    return found


def find_attachment(connection: Connection, identifier: str) -> tuple[FileInfo, bytes] | None:
    """Return a file with its compressed content."""
    row = connection.execute(select(attachment).where(attachment.c.id == identifier)).first()
    return None if row is None else (_file(row), bytes(row.content))


def _file(row: Row[Any]) -> FileInfo:
    return FileInfo(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        digest=row.digest,
        statement=row.statement,
        uploaded_at=aware(row.uploaded_at),
    )
