"""What the desk asks of the database beyond the stores of others: the same goods, and a participant's past."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, and_, select
from sqlmodel import SQLModel

from declarations.store import Key, aware, declaration
from risk_gateway import annulment_store
from risk_gateway.archive_store import control_result
from risk_gateway.store import decision
from risk_gateway.tables import ParticipantGoodsRow, ParticipantHistoryRow

goods = SQLModel.metadata.tables[ParticipantGoodsRow.__tablename__]
history = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]

_KEY = ("declarant", "functional_reference_id", "version")


class Judged(Struct, frozen=True):
    """A declaration with the case that was judged, still compressed. `found` is None where no control was closed."""

    key: Key
    number: str
    sequence: int
    declarant_name: str
    outcome: str
    accepted_at: Any
    case: bytes
    found: bool | None


def declarants_of(connection: Connection, commodity: str, origin: str, most: int) -> list[str]:
    """Return participants who have declared these goods, those who did so most often first."""
    of_goods = (goods.c.commodity == commodity) & (goods.c.origin == origin)
    statement = select(goods.c.participant).where(of_goods).order_by(goods.c.declarations.desc()).limit(most)
    return list(connection.execute(statement).scalars())


def judged_of(connection: Connection, declarant: str, before: int, most: int, items_most: int) -> list[Judged]:
    """Return the newest declarations of a participant before a place in the journal, without very long ones."""
    columns = declaration.c
    of_decision = and_(*(columns[name] == decision.c[name] for name in _KEY))
    statement = (
        select(declaration, decision.c.case)
        .select_from(declaration.join(decision, of_decision))
        .where(columns.declarant == declarant, columns.sequence < before, columns.item_count <= items_most)
        .order_by(columns.sequence.desc())
        .limit(most)
    )
    rows = list(connection.execute(statement))
    found = findings_of(connection, declarant)
    return [_judged(row, found) for row in rows]


def findings_of(connection: Connection, declarant: str) -> dict[Key, bool]:
    """Return of each of a participant's declarations that was controlled whether anything was found."""
    of_act = (control_result.c.declarant == declarant) & (control_result.c.profile == "") & annulment_store.stands()
    rows = connection.execute(select(control_result).where(of_act).order_by(control_result.c.closed_at))
    return {Key(*(getattr(row, name) for name in _KEY)): row.found for row in rows}


def controls_of(connection: Connection, declarant: str, most: int) -> Sequence[Any]:
    """Return the newest closed controls of a participant's declarations, with their registration numbers."""
    columns = control_result.c
    of_declaration = and_(*(declaration.c[name] == columns[name] for name in _KEY))
    statement = (
        select(control_result, declaration.c.registration_number)
        .select_from(control_result.join(declaration, of_declaration))
        .where(columns.declarant == declarant, columns.profile == "", annulment_store.stands())
        .order_by(columns.closed_at.desc())
        .limit(most)
    )
    return connection.execute(statement).all()


def count_declared(connection: Connection, participant: str) -> int:
    """Return how many declarations a participant has lodged."""
    statement = select(history.c.declarations).where(history.c.participant == participant)
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def _judged(row: Any, found: dict[Key, bool]) -> Judged:
    key = Key(row.declarant, row.functional_reference_id, row.version)
    return Judged(
        key=key,
        number=row.registration_number,
        sequence=row.sequence,
        declarant_name=row.declarant_name,
        outcome=row.outcome,
        accepted_at=aware(row.accepted_at),
        case=bytes(row.case),
        found=found.get(key),
    )
