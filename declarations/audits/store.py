"""Audits after release in the database. The caller commits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, Row, Table, insert, select, update
from sqlmodel import SQLModel

from declarations.audits.lifecycle import ENDED, TOLD, Action, Actor, Status
from declarations.audits.model import Appeal, AppealState, Audit, Chosen, Direction, Made
from declarations.audits.tables import (
    AuditAppealRow,
    AuditFigureRow,
    AuditMoveRow,
    AuditRow,
    AuditStatementRow,
)
from declarations.store import aware, declaration

case_table: Table = SQLModel.metadata.tables[AuditRow.__tablename__]
move_table: Table = SQLModel.metadata.tables[AuditMoveRow.__tablename__]
statement_table: Table = SQLModel.metadata.tables[AuditStatementRow.__tablename__]
appeal_table: Table = SQLModel.metadata.tables[AuditAppealRow.__tablename__]
figure_table: Table = SQLModel.metadata.tables[AuditFigureRow.__tablename__]


class Figure(Struct, frozen=True):
    """What the tax service says of a participant's month: the base of VAT on imports that it returned, and the net mass
    of imported goods on its electronic invoices."""

    month: date
    import_base_tiyn: int
    invoiced_grams: int
    partner: str
    as_of: datetime


# --- audits ---------------------------------------------------------------------------------------------------------


def add(connection: Connection, audit: Audit) -> None:
    """Raises `IntegrityError` for a participant who is being audited."""
    connection.execute(insert(case_table).values(_row(audit)))


def put(connection: Connection, audit: Audit) -> None:
    """Keep an audit as it stands now. Raises `IntegrityError` for one that is opened by who planned it."""
    values = _row(audit)
    connection.execute(update(case_table).where(case_table.c.number == audit.number).values(values))


def find(connection: Connection, number: str) -> Audit | None:
    row = connection.execute(select(case_table).where(case_table.c.number == number)).first()
    return None if row is None else _audit(row)


def of_status(connection: Connection, statuses: Iterable[Status], most: int) -> tuple[Audit, ...]:
    """Return audits in one of some statuses, those that wait longest first."""
    wanted = select(case_table).where(case_table.c.status.in_([each.value for each in statuses]))
    oldest_first = wanted.order_by(case_table.c.moved_at, case_table.c.number).limit(most)
    return tuple(map(_audit, connection.execute(oldest_first)))


def of_participant(connection: Connection, participant: str, *, told: bool) -> tuple[Audit, ...]:
    """Return the audits of a participant, the newest first; those of which it was told, where only they are wanted."""
    columns = case_table.c
    wanted = select(case_table).where(columns.participant == participant)
    if told:
        wanted = wanted.where(columns.status.in_([each.value for each in TOLD]))
    return tuple(map(_audit, connection.execute(wanted.order_by(columns.sequence.desc()))))


def at_work(connection: Connection, participant: str) -> Audit | None:
    """Return the audit of a participant that has not ended."""
    columns = case_table.c
    ended = [each.value for each in ENDED]
    wanted = select(case_table).where(columns.participant == participant, columns.status.not_in(ended))
    row = connection.execute(wanted).first()
    return None if row is None else _audit(row)


def every(connection: Connection) -> tuple[Audit, ...]:
    return tuple(map(_audit, connection.execute(select(case_table).order_by(case_table.c.number))))


# --- moves ----------------------------------------------------------------------------------------------------------


def add_move(connection: Connection, made: Made) -> None:
    connection.execute(insert(move_table).values(_move_row(made)))


def moves_of(connection: Connection, audit: str) -> tuple[Made, ...]:
    wanted = select(move_table).where(move_table.c.audit == audit).order_by(move_table.c.number)
    return tuple(map(_made, connection.execute(wanted)))


# --- statements -----------------------------------------------------------------------------------------------------


def add_statement(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(statement_table).values(**values))


def find_statement(connection: Connection, identifier: str) -> Row[Any] | None:
    return connection.execute(select(statement_table).where(statement_table.c.id == identifier)).first()


def accept_statement(connection: Connection, identifier: str, values: Mapping[str, Any]) -> bool:
    """Keep a statement as it was signed; tell whether it had not been accepted before."""
    this = (statement_table.c.id == identifier) & statement_table.c.sequence.is_(None)
    return connection.execute(update(statement_table).where(this).values(values)).rowcount == 1


def drop_unsigned(connection: Connection, audit: str, iin: str, most: int) -> None:
    """Delete what this person prepared in an audit and has not signed, but for the newest."""
    columns = statement_table.c
    mine = (columns.audit == audit) & (columns.by_iin == iin) & columns.sequence.is_(None)
    newest_first = select(columns.id).where(mine).order_by(columns.prepared_at.desc(), columns.id)
    dropped = [row.id for row in connection.execute(newest_first.offset(most))]
    connection.execute(statement_table.delete().where(columns.id.in_(dropped), columns.sequence.is_(None)))


def forget_statements(connection: Connection, before: datetime) -> None:
    """Delete what was prepared and not signed in time."""
    columns = statement_table.c
    connection.execute(statement_table.delete().where(columns.sequence.is_(None), columns.expires_at < before))


# --- appeals --------------------------------------------------------------------------------------------------------


def add_appeal(connection: Connection, appeal: Appeal) -> None:
    connection.execute(insert(appeal_table).values({**asdict(appeal), "state": appeal.state.value}))


def open_appeal(connection: Connection, audit: str) -> Appeal | None:
    this = (appeal_table.c.audit == audit) & (appeal_table.c.state == AppealState.OPEN.value)
    row = connection.execute(select(appeal_table).where(this)).first()
    return None if row is None else _appeal(row)


def appeals_of(connection: Connection, audit: str) -> tuple[Appeal, ...]:
    wanted = select(appeal_table).where(appeal_table.c.audit == audit).order_by(appeal_table.c.number)
    return tuple(map(_appeal, connection.execute(wanted)))


def close_appeal(connection: Connection, audit: str, state: AppealState, iin: str, at: datetime) -> bool:
    """End the open appeal; tell whether there was one. Raises `IntegrityError` for who decided what is contested."""
    this = (appeal_table.c.audit == audit) & (appeal_table.c.state == AppealState.OPEN.value)
    values = {"state": state.value, "decided_iin": iin, "decided_at": at}
    return connection.execute(update(appeal_table).where(this).values(values)).rowcount == 1


# --- figures of other sources ---------------------------------------------------------------------------------------


def put_figures(connection: Connection, participant: str, figures: Sequence[Figure]) -> None:
    """Keep the newest answer for each month."""
    columns = figure_table.c
    months = [each.month for each in figures]
    connection.execute(figure_table.delete().where(columns.participant == participant, columns.month.in_(months)))
    rows = [
        {"participant": participant, **{name: getattr(each, name) for name in each.__struct_fields__}}
        for each in figures
    ]
    if rows:
        connection.execute(insert(figure_table), rows)


def read_figures(connection: Connection, participant: str, first: date, last: date) -> tuple[Figure, ...]:
    """Return what is known of the months from `first` to `last`, both included."""
    columns = figure_table.c
    wanted = select(figure_table).where(
        columns.participant == participant, columns.month >= first, columns.month <= last
    )
    return tuple(
        Figure(row.month, row.import_base_tiyn, row.invoiced_grams, row.partner, aware(row.as_of))
        for row in connection.execute(wanted.order_by(columns.month))
    )


# --- declarations ---------------------------------------------------------------------------------------------------


def released_of(
    connection: Connection, participant: str, begins: datetime, ends: datetime, statuses: Iterable[str], most: int
) -> tuple[str, ...]:
    """Return the newest registration numbers of a participant that were accepted within some time and have a status."""
    columns = declaration.c
    wanted = select(columns.registration_number).where(
        columns.declarant == participant,
        columns.accepted_at >= begins,
        columns.accepted_at < ends,
        columns.status.in_(list(statuses)),
    )
    return tuple(connection.execute(wanted.order_by(columns.sequence.desc()).limit(most)).scalars())


# --- rows -----------------------------------------------------------------------------------------------------------


def _row(audit: Audit) -> dict[str, Any]:
    row = asdict(audit)
    row |= {"status": audit.status.value, "chosen": audit.chosen.value, "directions": " ".join(audit.directions)}
    return {**row, "before": audit.before.value if audit.before else None}


def _audit(row: Row[Any]) -> Audit:
    return Audit(
        number=row.number,
        participant=row.participant,
        status=Status(row.status),
        before=Status(row.before) if row.before else None,
        chosen=Chosen(row.chosen),
        objective=row.objective,
        judgement=row.judgement,
        selected_at=aware(row.selected_at),
        moved_at=aware(row.moved_at),
        moves=row.moves,
        sequence=row.sequence,
        directions=tuple(Direction(each) for each in row.directions.split()),
        first=row.first,
        last=row.last,
        plan_iin=row.plan_iin,
        plan_name=row.plan_name,
        opened_iin=row.opened_iin,
        opened_name=row.opened_name,
        outcome_iin=row.outcome_iin,
        outcome_name=row.outcome_name,
        amount_tiyn=row.amount_tiyn,
        limit_at=_moment(row.limit_at),
    )


def _move_row(made: Made) -> dict[str, Any]:
    row = asdict(made)
    row |= {"action": made.action.value, "target": made.target.value, "actor": made.actor.value}
    return {**row, "source": made.source.value if made.source else None, "at": made.at.astimezone(UTC)}


def _made(row: Row[Any]) -> Made:
    return Made(
        audit=row.audit,
        number=row.number,
        action=Action(row.action),
        source=Status(row.source) if row.source else None,
        target=Status(row.target),
        actor=Actor(row.actor),
        at=aware(row.at),
        by_iin=row.by_iin,
        by_name=row.by_name,
        text=row.text,
        limit_at=_moment(row.limit_at),
        statement=row.statement,
        sequence=row.sequence,
        notice=None if row.notice is None else bytes(row.notice),
    )


def _appeal(row: Row[Any]) -> Appeal:
    return Appeal(
        audit=row.audit,
        number=row.number,
        contested_iin=row.contested_iin,
        filed_at=aware(row.filed_at),
        by_iin=row.by_iin,
        text=row.text,
        state=AppealState(row.state),
        decided_iin=row.decided_iin,
        decided_at=_moment(row.decided_at),
    )


def _moment(found: datetime | None) -> datetime | None:
    return None if found is None else aware(found)
