"""What is kept of entries in the registry. The caller commits, and bumps the revision with each step."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select
from sqlmodel import SQLModel

from risk_gateway import store as risk_store
from risk_gateway.bases.registry.model import EntryStep, Status, Step, category_of, status_of
from risk_gateway.bases.registry.tables import EntryStepRow
from risk_gateway.days import day_of
from risk_gateway.model import Category

step_table: Table = SQLModel.metadata.tables[EntryStepRow.__tablename__]

_COLUMNS = tuple(step_table.c[name] for name in EntryStep.__struct_fields__)


def status_at(connection: Connection, participant: str, moment: datetime) -> Status | None:
    """Return how a participant's entry stood at a moment; None when there was none."""
    return status_of(read_steps(connection, participant), moment)


def category_at(connection: Connection, participant: str, moment: datetime) -> Category:
    """Return the risk category of a participant at a moment, by its entry and by what is recorded."""
    recorded = risk_store.read_category(connection, participant, day_of(moment))
    return category_of(status_at(connection, participant, moment), recorded)


def read_steps(connection: Connection, participant: str) -> tuple[EntryStep, ...]:
    """Return every step of a participant's entry, in order."""
    wanted = select(*_COLUMNS).where(step_table.c.participant == participant).order_by(step_table.c.number)
    return tuple(map(_step, connection.execute(wanted)))


def read_entries(connection: Connection) -> dict[str, tuple[EntryStep, ...]]:
    """Return the steps of every entry by participant."""
    found: dict[str, list[EntryStep]] = {}
    for row in connection.execute(select(*_COLUMNS).order_by(step_table.c.participant, step_table.c.number)):
        found.setdefault(row.participant, []).append(_step(row))
    return {participant: tuple(steps) for participant, steps in found.items()}


def read_notice(connection: Connection, participant: str, number: int) -> bytes | None:
    """Return the sealed notice of a step, still compressed."""
    this = (step_table.c.participant == participant) & (step_table.c.number == number)
    kept = connection.execute(select(step_table.c.notice).where(this)).scalar()
    return None if kept is None else bytes(kept)


def add_step(connection: Connection, step: EntryStep, notice: bytes | None = None) -> None:
    """Add a step, with its sealed notice (zstd). Raises `IntegrityError` when somebody else took this number."""
    values = {name: getattr(step, name) for name in step.__struct_fields__}
    values |= {"step": step.step.value, "at": step.at.astimezone(UTC), "notice": notice}
    connection.execute(insert(step_table).values(**values))


def _step(row: Row[Any]) -> EntryStep:
    values = {name: getattr(row, name) for name in EntryStep.__struct_fields__}
    at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
    return EntryStep(**{**values, "step": Step(row.step), "at": at})
