"""What is kept of decisions, and of what the gateway knew when it took them."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from risk_gateway.tables import DecisionRow, KnowledgeRow, RiskCategoryRow, SelectionKeyRow, ViolationRow

decision = SQLModel.metadata.tables[DecisionRow.__tablename__]
knowledge = SQLModel.metadata.tables[KnowledgeRow.__tablename__]
category = SQLModel.metadata.tables[RiskCategoryRow.__tablename__]
violation = SQLModel.metadata.tables[ViolationRow.__tablename__]
selection_key = SQLModel.metadata.tables[SelectionKeyRow.__tablename__]

_INSERT = insert(decision)
_READ = select(decision).where(
    decision.c.declarant == bindparam("declarant"),
    decision.c.functional_reference_id == bindparam("reference"),
    decision.c.version == bindparam("version"),
)


class StoredDecision(Struct, frozen=True):
    """Every blob is still compressed."""

    decision_id: str
    knowledge_version: str
    decided_at: datetime
    case: bytes
    assessment: bytes
    decision: bytes
    payables: bytes
    notice: bytes


def add_decisions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(_INSERT, rows)


def read_decision(connection: Connection, declarant: str, reference: str, version: int) -> StoredDecision:
    """Raises `NoResultFound`."""
    key = {"declarant": declarant, "reference": reference, "version": version}
    row = connection.execute(_READ, key).one()
    at = row.decided_at
    return StoredDecision(
        decision_id=row.decision_id,
        knowledge_version=row.knowledge_version,
        decided_at=at.replace(tzinfo=UTC) if at.tzinfo is None else at,
        case=row.case,
        assessment=row.assessment,
        decision=row.decision,
        payables=row.payables,
        notice=row.notice,
    )


def keep_knowledge(connection: Connection, version: str, content: bytes) -> None:
    """Keep what the gateway knows under its version, unless it is kept already."""
    if connection.execute(select(knowledge.c.version).where(knowledge.c.version == version)).first() is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(knowledge).values(version=version, content=content))
    except IntegrityError:  # another process has just kept it
        return


def read_category(connection: Connection, participant: str, day: date) -> str | None:
    """Return the risk category in force that day: low, medium or high."""
    statement = (
        select(category.c.category)
        .where(category.c.participant == participant, category.c.valid_from <= day)
        .order_by(category.c.valid_from.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()


def put_category(connection: Connection, participant: str, valid_from: date, value: str) -> None:
    same = (category.c.participant == participant) & (category.c.valid_from == valid_from)
    connection.execute(category.delete().where(same))
    connection.execute(insert(category).values(participant=participant, valid_from=valid_from, category=value))


def read_violations(connection: Connection, participant: str) -> tuple[tuple[str, date], ...]:
    """Return (kind, day) of each violation on record."""
    statement = select(violation.c.kind, violation.c.committed_on).where(violation.c.participant == participant)
    return tuple((row.kind, row.committed_on) for row in connection.execute(statement.order_by(violation.c.id)))


def put_violation(connection: Connection, identifier: str, participant: str, kind: str, committed_on: date) -> None:
    connection.execute(violation.delete().where(violation.c.id == identifier))
    values = {"id": identifier, "participant": participant, "kind": kind, "committed_on": committed_on}
    connection.execute(insert(violation), values)


def selection_key_of(connection: Connection, day: date) -> bytes:
    """Return the day's secret selection key, making it when nobody has; the caller commits."""
    where = select(selection_key.c.key).where(selection_key.c.day == day)
    found = connection.execute(where).scalar_one_or_none()
    if found is not None:
        return bytes(found)
    made = secrets.token_bytes(32)
    try:
        with connection.begin_nested():
            connection.execute(insert(selection_key).values(day=day, key=made, commitment=hashlib.sha256(made).hexdigest(), committed_at=datetime(day.year, day.month, day.day, tzinfo=UTC)))
    except IntegrityError:  # another process made it first
        return bytes(connection.execute(where).scalar_one())
    return made
