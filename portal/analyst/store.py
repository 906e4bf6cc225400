"""What is kept of back-tests under way. The caller commits."""

from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from portal.analyst.tables import BackTestRow
from risk_gateway.archive_store import past_case
from risk_gateway.words import Words

back_test = SQLModel.metadata.tables[BackTestRow.__tablename__]


class State(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Run(Struct, frozen=True, kw_only=True):
    """A back-test that was asked for: of which version, over which days, and how far it has come."""

    code: str
    version: int
    run: str
    state: State
    first: date
    last: date
    actor: str
    started_at: datetime
    told_at: datetime
    cases: int = 0
    done: int = 0
    trouble: Words | None = None

    @property
    def percent(self) -> int:
        return 100 * self.done // self.cases if self.cases else 0


def find(connection: Connection, code: str, version: int) -> Run | None:
    """Return the newest back-test of a version."""
    columns = back_test.c
    row = connection.execute(select(back_test).where(columns.code == code, columns.version == version)).first()
    if row is None:
        return None
    return Run(
        code=row.code,
        version=row.version,
        run=row.run,
        state=State(row.state),
        first=row.first,
        last=row.last,
        actor=row.actor,
        started_at=aware(row.started_at),
        told_at=aware(row.told_at),
        cases=row.cases,
        done=row.done,
        trouble=msgspec.json.decode(row.trouble, type=Words) if row.trouble else None,
    )


def begin(connection: Connection, run: Run) -> None:
    """Keep a new back-test in place of the one before."""
    columns = back_test.c
    connection.execute(delete(back_test).where(columns.code == run.code, columns.version == run.version))
    row = {name: getattr(run, name) for name in Run.__struct_fields__}
    times = {name: getattr(run, name).astimezone(UTC) for name in ("started_at", "told_at")}
    connection.execute(insert(back_test), [{**row, **times, "state": run.state.value, "trouble": ""}])


def tell(
    connection: Connection, run: str, now: datetime, cases: int, done: int, state: State, trouble: Words | None = None
) -> None:
    """Say how far a back-test has come; one that another has replaced says nothing more."""
    written = msgspec.json.encode(trouble).decode() if trouble else ""
    values = {"told_at": now.astimezone(UTC), "cases": cases, "done": done, "state": state.value, "trouble": written}
    connection.execute(update(back_test).where(back_test.c.run == run).values(**values))


def count_past(connection: Connection) -> int:
    """Return how many cases of before are kept."""
    return connection.execute(select(func.count()).select_from(past_case)).scalar_one()
