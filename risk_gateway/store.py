"""What is kept of decisions, and of participants' categories."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select
from sqlmodel import SQLModel

from risk_gateway.tables import DecisionRow, RiskCategoryRow

decision = SQLModel.metadata.tables[DecisionRow.__tablename__]
category = SQLModel.metadata.tables[RiskCategoryRow.__tablename__]

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
