"""Which results of closed controls do not stand. A result is never changed: who reads them leaves these out."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, insert, select
from sqlmodel import SQLModel

from declarations.store import Key, aware
from risk_gateway.archive import Share
from risk_gateway.profiles import Motive
from risk_gateway.tables import ControlAnnulmentRow, ControlResultRow

annulment = SQLModel.metadata.tables[ControlAnnulmentRow.__tablename__]
control_result = SQLModel.metadata.tables[ControlResultRow.__tablename__]


class Act(Struct, frozen=True, kw_only=True):
    """A closed control of one declaration. `sequence` is the journal index of its closing."""

    number: str
    declaration: Key
    motive: Motive | None
    inspector: str
    closed_at: datetime
    sequence: int
    shares: tuple[Share, ...]


def stands() -> ColumnElement[bool]:
    """Return the condition that a row of `control_result` has not been annulled."""
    return control_result.c.act.not_in(select(annulment.c.act))


def find_standing(connection: Connection, number: str) -> Act | None:
    """Return a closed act that has not been annulled."""
    this = (control_result.c.act == number) & stands()
    rows = connection.execute(select(control_result).where(this).order_by(control_result.c.profile)).all()
    if not rows:
        return None
    whole = rows[0]
    return Act(
        number=number,
        declaration=Key(whole.declarant, whole.functional_reference_id, whole.version),
        motive=Motive(whole.motive) if whole.motive else None,
        inspector=whole.inspector,
        closed_at=aware(whole.closed_at),
        sequence=whole.sequence,
        shares=tuple(Share(row.profile, row.profile_version, row.found, row.amount_tiyn) for row in rows),
    )


def acts_of(connection: Connection, prefix: str) -> tuple[str, ...]:
    """Return the numbers of the standing acts that found something and whose number begins so."""
    columns = control_result.c
    wanted = (columns.profile == "") & columns.found.is_(True) & columns.act.startswith(prefix, autoescape=True)
    return tuple(connection.execute(select(columns.act).where(wanted, stands()).order_by(columns.act)).scalars())


def annul(connection: Connection, made: dict[str, Any]) -> None:
    """Write that a result does not stand: act, reason, by_iin, at, sequence. Raises `IntegrityError` if it did not."""
    connection.execute(insert(annulment).values(**made))
