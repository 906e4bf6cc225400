"""What is kept of travellers. The caller commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlmodel import SQLModel

from declarations.passengers.computing import Computation
from declarations.passengers.model import Corridor, Direction, Mode
from declarations.store import aware
from portal.passengers.model import OPEN, Assessment, Record, Status
from portal.passengers.tables import (
    PassengerAssessmentRow,
    PassengerCrossingRow,
    PassengerDeclarationRow,
    PassengerOpeningRow,
    PassengerStatementRow,
)
from risk_gateway import canonical
from risk_gateway.coded_facts import Suspicion
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome

declaration = SQLModel.metadata.tables[PassengerDeclarationRow.__tablename__]
statement = SQLModel.metadata.tables[PassengerStatementRow.__tablename__]
assessment = SQLModel.metadata.tables[PassengerAssessmentRow.__tablename__]
crossing = SQLModel.metadata.tables[PassengerCrossingRow.__tablename__]
opening = SQLModel.metadata.tables[PassengerOpeningRow.__tablename__]

_THERE = declaration.c.erased_at.is_(None)


class Due(Struct, frozen=True):
    """Before which moments a declaration ended that is kept no longer, where nobody came with it, where its traveller
    crossed, and where an act was signed."""

    unused: datetime
    crossed: datetime
    inspected: datetime


# --- declarations ---------------------------------------------------------------------------------------------------


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(declaration).values(**values))


def find(connection: Connection, reference: str) -> Record | None:
    this = (declaration.c.reference == reference) & _THERE
    row = connection.execute(select(declaration).where(this)).first()
    return None if row is None else _record(row)


def find_by_form(connection: Connection, form: str) -> Record | None:
    row = connection.execute(select(declaration).where(declaration.c.form == form)).first()
    return None if row is None else _record(row)


def move(connection: Connection, record: Record, values: Mapping[str, Any]) -> bool:
    """Write how a declaration stands now; tell whether nobody had moved it since `record` was read."""
    this = (declaration.c.reference == record.reference) & (declaration.c.version == record.version)
    changed = connection.execute(update(declaration).where(this).values(**values, version=record.version + 1))
    return changed.rowcount == 1


def of_traveller(connection: Connection, iin: str | None, document: str) -> tuple[Record, ...]:
    """Return what the same person declared and has not left with, newest first."""
    same = declaration.c.document == document
    if iin is not None:
        same = or_(same, declaration.c.iin == iin)
    wanted = select(declaration).where(same, declaration.c.status.in_(OPEN))
    return tuple(map(_record, connection.execute(wanted.order_by(declaration.c.declared_at.desc()))))


def lane(connection: Connection, office: str, statuses: Sequence[Status], limit: int) -> tuple[Record, ...]:
    """Return what stands so at a post, the newest first."""
    here = (declaration.c.office == office) & declaration.c.status.in_(statuses) & _THERE
    wanted = select(declaration).where(here).order_by(declaration.c.declared_at.desc(), declaration.c.reference)
    return tuple(map(_record, connection.execute(wanted.limit(limit))))


def count_lane(connection: Connection, office: str) -> dict[Status, int]:
    """Return how many declarations stand so at a post, those that are not finished."""
    columns = declaration.c
    wanted = select(columns.status, func.count()).where(columns.office == office, columns.status.in_(OPEN))
    return {Status(status): count for status, count in connection.execute(wanted.group_by(columns.status))}


def expired(connection: Connection, now: datetime, limit: int) -> tuple[Record, ...]:
    """Return declarations whose time is over, and which nobody has ended yet."""
    over = declaration.c.status.in_(OPEN) & (declaration.c.expires_at <= now)
    return tuple(map(_record, connection.execute(select(declaration).where(over).limit(limit))))


def read_cro_notice(connection: Connection, reference: str) -> bytes | None:
    """Return the sealed customs receipt order."""
    wanted = select(declaration.c.cro_notice).where(declaration.c.reference == reference)
    kept = connection.execute(wanted).scalar_one_or_none()
    return None if kept is None else unpack(bytes(kept))


def settles(connection: Connection, number: str) -> bool:
    """Tell whether a goods declaration was named for a traveller before."""
    wanted = select(declaration.c.reference).where(declaration.c.settled_by == number).limit(1)
    return connection.execute(wanted).first() is not None


# --- crossings ------------------------------------------------------------------------------------------------------


def add_crossing(connection: Connection, record: Record, at: datetime) -> None:
    connection.execute(
        insert(crossing).values(
            reference=record.reference,
            iin=record.iin,
            document=record.document,
            office=record.office,
            direction=record.direction.value,
            at=at,
        )
    )


def crossings(connection: Connection, iin: str | None, document: str, since: datetime) -> tuple[Row[Any], ...]:
    """Return when and where a traveller crossed since a moment, by IIN or document, newest first."""
    same = crossing.c.document == document
    if iin is not None:
        same = or_(same, crossing.c.iin == iin)
    wanted = select(crossing).where(same, crossing.c.at >= since).order_by(crossing.c.at.desc())
    return tuple(connection.execute(wanted))


# --- assessments ----------------------------------------------------------------------------------------------------


def add_assessment(connection: Connection, made: Assessment, sequence: int) -> None:
    values = {name: getattr(made, name) for name in Assessment.__struct_fields__}
    connection.execute(insert(assessment).values(**{**values, "reason": made.reason.value}, sequence=sequence))


def assessments(connection: Connection, reference: str) -> tuple[Assessment, ...]:
    rows = connection.execute(
        select(assessment).where(assessment.c.reference == reference).order_by(assessment.c.number)
    )
    return tuple(
        Assessment(
            reference=row.reference,
            number=row.number,
            reason=Suspicion(row.reason),
            text=row.text,
            by_iin=row.by_iin,
            by_name=row.by_name,
            at=aware(row.at),
            judgement=row.judgement,
        )
        for row in rows
    )


# --- statements -----------------------------------------------------------------------------------------------------


def add_statement(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(statement).values(**values))


def find_statement(connection: Connection, identifier: str) -> Row[Any] | None:
    return connection.execute(select(statement).where(statement.c.id == identifier)).first()


def accept_statement(connection: Connection, identifier: str, values: Mapping[str, Any]) -> bool:
    """Keep a statement as it was signed; tell whether it had not been accepted before."""
    this = (statement.c.id == identifier) & statement.c.sequence.is_(None)
    return connection.execute(update(statement).where(this).values(**values)).rowcount == 1


# --- openings -------------------------------------------------------------------------------------------------------


def add_opening(connection: Connection, key_hash: str, reference: str, until: datetime) -> None:
    connection.execute(insert(opening).values(key_hash=key_hash, reference=reference, until=until))


def opens(connection: Connection, key_hash: str, reference: str, now: datetime) -> bool:
    """Tell whether a browser with this secret may see the record."""
    wanted = select(opening.c.reference).where(opening.c.key_hash == key_hash, opening.c.until > now)
    return connection.execute(wanted).scalar_one_or_none() == reference


def close(connection: Connection, key_hash: str) -> None:
    """Let a browser with this secret see nothing any more."""
    connection.execute(delete(opening).where(opening.c.key_hash == key_hash))


def forget(connection: Connection, now: datetime) -> None:
    """Delete what opened records once, and what was prepared and not signed in time."""
    connection.execute(delete(opening).where(opening.c.until <= now))
    unsigned = statement.c.sequence.is_(None) & (statement.c.expires_at <= now)
    connection.execute(delete(statement).where(unsigned))


# --- erasing --------------------------------------------------------------------------------------------------------


def due_for_erasure(connection: Connection, before: Due, most: int) -> tuple[str, ...]:
    """Return the references of what ended so long ago, the oldest first."""
    columns = declaration.c
    ended = func.coalesce(columns.left_at, columns.expires_at)
    over = or_(
        columns.act.is_(None) & (columns.status == Status.EXPIRED) & (ended <= before.unused),
        columns.act.is_(None) & (columns.status == Status.LEFT) & (ended <= before.crossed),
        columns.act.is_not(None) & columns.status.in_((Status.EXPIRED, Status.LEFT)) & (ended <= before.inspected),
    )
    wanted = select(columns.reference).where(_THERE, over).order_by(ended, columns.reference).limit(most)
    return tuple(connection.execute(wanted).scalars())


def erase(connection: Connection, reference: str, now: datetime) -> bool:
    """Take away who it was and what was said; tell whether it was still there."""
    this = (declaration.c.reference == reference) & _THERE
    values = {"name": "", "iin": None, "document": "", "form": f"erased:{reference}", "content": b"", "computation": ""}
    changed = connection.execute(update(declaration).where(this).values(**values, cro_notice=None, erased_at=now))
    if changed.rowcount != 1:
        return False
    about = statement.c.reference == reference
    connection.execute(update(statement).where(about).values(content="", prepared=b"", signed=b""))
    connection.execute(update(statement).where(about, statement.c.kind == "DECLARATION").values(by_iin=""))
    connection.execute(update(assessment).where(assessment.c.reference == reference).values(text=""))
    connection.execute(update(crossing).where(crossing.c.reference == reference).values(iin=None, document=""))
    return True


def _record(row: Row[Any]) -> Record:
    return Record(
        reference=row.reference,
        office=row.office,
        direction=Direction(row.direction),
        mode=Mode(row.mode),
        name=row.name,
        iin=row.iin,
        document=row.document,
        chosen=Corridor(row.chosen),
        corridor=Corridor(row.corridor),
        status=Status(row.status),
        version=row.version,
        declared_at=aware(row.declared_at),
        expires_at=aware(row.expires_at),
        digest=row.digest,
        signed=row.signed,
        content=unpack(bytes(row.content)),
        computation=canonical.loads(row.computation.encode(), Computation),
        judgement=row.judgement,
        outcome=Outcome(row.outcome),
        suspicion=Suspicion(row.suspicion) if row.suspicion else None,
        cro=row.cro,
        act=row.act,
        settled_by=row.settled_by,
        left_at=aware(row.left_at) if row.left_at else None,
    )
