"""What is kept of applications, their verification, and appeals. The caller commits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, select, update
from sqlmodel import SQLModel

from risk_gateway.bases.registry.applying import Appeal, AppealState, Application, ApplicationState
from risk_gateway.bases.registry.criteria import Finding, Outcome
from risk_gateway.bases.registry.tables import ApplicationRow, FindingRow, RegistryAppealRow

application_table: Table = SQLModel.metadata.tables[ApplicationRow.__tablename__]
finding_table: Table = SQLModel.metadata.tables[FindingRow.__tablename__]
appeal_table: Table = SQLModel.metadata.tables[RegistryAppealRow.__tablename__]

Values = Mapping[str, Any]


def add_application(connection: Connection, made: Application) -> None:
    """Raises `IntegrityError` when the participant has an open one."""
    values = {name: getattr(made, name) for name in made.__struct_fields__}
    values |= {"state": made.state.value, "reasons": " ".join(made.reasons)}
    connection.execute(insert(application_table).values(**values))


def find_application(connection: Connection, number: str) -> Application | None:
    row = connection.execute(select(application_table).where(application_table.c.number == number)).first()
    return None if row is None else _application(row)


def applications_of(connection: Connection, participant: str) -> tuple[Application, ...]:
    """Return the applications of a participant, newest first."""
    wanted = select(application_table).where(application_table.c.participant == participant)
    return tuple(map(_application, connection.execute(wanted.order_by(application_table.c.filed_at.desc()))))


def all_applications(connection: Connection) -> tuple[Application, ...]:
    return tuple(map(_application, connection.execute(select(application_table).order_by(application_table.c.number))))


def all_appeals(connection: Connection) -> tuple[Appeal, ...]:
    return tuple(map(_appeal, connection.execute(select(appeal_table).order_by(appeal_table.c.number))))


def read_notice(connection: Connection, made: Application | Appeal) -> bytes | None:
    """Return the sealed notice of a decision, still compressed."""
    table = application_table if isinstance(made, Application) else appeal_table
    kept = connection.execute(select(table.c.notice).where(table.c.number == made.number)).scalar()
    return None if kept is None else bytes(kept)


def open_applications(connection: Connection, *, unverified: bool = False) -> tuple[Application, ...]:
    """Return the applications that wait, oldest first; only those that were never verified when told so."""
    columns = application_table.c
    wanted = select(application_table).where(columns.state == ApplicationState.FILED.value)
    if unverified:
        wanted = wanted.where(columns.round == 0)
    return tuple(map(_application, connection.execute(wanted.order_by(columns.filed_at, columns.number))))


def decided_applications(connection: Connection, most: int) -> tuple[Application, ...]:
    """Return the applications that were decided or withdrawn lately, newest first."""
    columns = application_table.c
    wanted = select(application_table).where(columns.state != ApplicationState.FILED.value)
    return tuple(map(_application, connection.execute(wanted.order_by(columns.decided_at.desc()).limit(most))))


def close_application(connection: Connection, number: str, values: Values) -> bool:
    """Decide an application; tell whether it still waited."""
    waiting = application_table.c.state == ApplicationState.FILED.value
    this = (application_table.c.number == number) & waiting
    return connection.execute(update(application_table).where(this).values(values)).rowcount == 1


def reopen_application(connection: Connection, number: str) -> None:
    """Let a refused application wait again, to be verified anew; the journal keeps what was said."""
    values = {
        "round": 0,
        "state": ApplicationState.FILED.value,
        "decided_at": None,
        "decided_by_iin": None,
        "decided_by_name": None,
        "reasons": "",
        "text": "",
        "decision": None,
        "decided_sequence": None,
        "notice": None,
    }
    connection.execute(update(application_table).where(application_table.c.number == number).values(values))


def add_findings(
    connection: Connection, number: str, verification: int, findings: Sequence[Finding], found_at: datetime, by: str
) -> None:
    """Add one round of verification, the next one of its application."""
    rows = [
        {
            "application": number,
            "round": verification,
            "criterion": each.criterion,
            "place": place,
            "outcome": each.outcome.value,
            "value": each.value,
            "source": each.source,
            "at": each.at,
            "found_at": found_at,
            "by_iin": by,
        }
        for place, each in enumerate(findings)
    ]
    connection.execute(insert(finding_table), rows)
    this = application_table.c.number == number
    connection.execute(update(application_table).where(this).values(round=verification))


def next_round(connection: Connection, number: str) -> int:
    """Return the number of the next round of verification; no round of an application takes the place of another."""
    newest = select(func.max(finding_table.c.round)).where(finding_table.c.application == number)
    return int(connection.execute(newest).scalar() or 0) + 1


def found_at(connection: Connection, number: str, verification: int) -> datetime:
    """Return when a round of verification took place."""
    columns = finding_table.c
    this = (columns.application == number) & (columns.round == verification)
    at: datetime = connection.execute(select(columns.found_at).where(this).limit(1)).scalar_one()
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def read_findings(connection: Connection, number: str, verification: int) -> tuple[Finding, ...]:
    columns = finding_table.c
    this = (columns.application == number) & (columns.round == verification)
    rows = connection.execute(select(finding_table).where(this).order_by(columns.place))
    return tuple(Finding(row.criterion, Outcome(row.outcome), row.value, row.source, _aware(row.at)) for row in rows)


def add_appeal(connection: Connection, made: Appeal) -> None:
    """Raises `IntegrityError` when the participant has an open one."""
    values = {name: getattr(made, name) for name in made.__struct_fields__}
    connection.execute(insert(appeal_table).values(**{**values, "state": made.state.value}))


def find_appeal(connection: Connection, number: str) -> Appeal | None:
    row = connection.execute(select(appeal_table).where(appeal_table.c.number == number)).first()
    return None if row is None else _appeal(row)


def appeals_of(connection: Connection, participant: str) -> tuple[Appeal, ...]:
    """Return the appeals of a participant, newest first."""
    wanted = select(appeal_table).where(appeal_table.c.participant == participant)
    return tuple(map(_appeal, connection.execute(wanted.order_by(appeal_table.c.filed_at.desc()))))


def open_appeals(connection: Connection) -> tuple[Appeal, ...]:
    """Return the appeals that wait, oldest first."""
    wanted = select(appeal_table).where(appeal_table.c.state == AppealState.OPEN.value)
    return tuple(map(_appeal, connection.execute(wanted.order_by(appeal_table.c.filed_at, appeal_table.c.number))))


def close_appeal(connection: Connection, number: str, values: Values) -> bool:
    """Decide an appeal; tell whether it still waited."""
    this = (appeal_table.c.number == number) & (appeal_table.c.state == AppealState.OPEN.value)
    return connection.execute(update(appeal_table).where(this).values(values)).rowcount == 1


def _application(row: Row[Any]) -> Application:
    values = {name: getattr(row, name) for name in Application.__struct_fields__}
    values |= {
        "state": ApplicationState(row.state),
        "reasons": tuple(row.reasons.split()),
        "filed_at": _aware(row.filed_at),
        "decided_at": _aware(row.decided_at),
    }
    return Application(**values)


def _appeal(row: Row[Any]) -> Appeal:
    values = {name: getattr(row, name) for name in Appeal.__struct_fields__}
    values |= {
        "state": AppealState(row.state),
        "filed_at": _aware(row.filed_at),
        "decided_at": _aware(row.decided_at),
    }
    return Appeal(**values)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
