"""From where the column file is filled: what was decided since, and past cases. The same on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, func, select
from sqlmodel import SQLModel

from declarations.lifecycle import Status
from declarations.store import aware, declaration
from risk_gateway import annulment_store, archive_store, canonical
from risk_gateway.archive_store import control_result, past_case
from risk_gateway.days import begins, day_of
from risk_gateway.facts import BLOCK_OF_TYPE
from risk_gateway.model import Case
from risk_gateway.packing import unpack
from risk_gateway.profiles import MeasureCode
from risk_gateway.store import decision
from risk_gateway.tables import ParticipantHistoryRow

FLAG = f'"{MeasureCode.POST_AUDIT_FLAG.value}"'.encode()  # in the canonical JSON of a decision
history = SQLModel.metadata.tables[ParticipantHistoryRow.__tablename__]
_KEY = ("declarant", "functional_reference_id", "version")
UNDONE = (Status.WITHDRAWN, Status.INVALIDATED, Status.RELEASE_REFUSED, Status.RELEASE_CANCELLED)


class ItemRow(Struct, frozen=True):
    """One item of a declaration, as a line of the column file. `grams`, `tiyn` (customs value), `cents` (value in USD)
    and `tax_tiyn` are None where they are not known."""

    number: str
    version: int
    day: date
    block: str
    declarant: str
    agent: str | None
    office: str
    item: int
    commodity: str
    origin: str | None
    grams: int | None
    tiyn: int | None
    cents: int | None
    tax_tiyn: int | None
    flagged: bool


def decided_since(connection: Connection, sequence: int, most: int) -> list[tuple[int, tuple[ItemRow, ...]]]:
    """Return the declarations that were decided after a place in the journal, with their items, in that order."""
    columns = declaration.c
    joined = declaration.join(decision, *_same_key())
    wanted: Select[Any] = (
        select(
            columns.registration_number,
            columns.version,
            columns.accepted_at,
            columns.type_code,
            columns.office,
            columns.sequence,
            decision.c.case,
            decision.c.decision,
        )
        .select_from(joined)
        .where(columns.sequence > sequence)
        .order_by(columns.sequence)
        .limit(most)
    )
    return [(row.sequence, _items_of_decided(row)) for row in connection.execute(wanted)]


def count_past(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(past_case)).scalar_one())


def past_items(connection: Connection) -> Iterator[ItemRow]:
    """Yield the items of every case of before."""
    for past in archive_store.read_past_cases(connection):
        yield from _items(past.number, 1, past.day, past.block, past.office, past.case, past.decision)


def undone_of(connection: Connection, participant: str) -> tuple[str, ...]:
    """Return the declarations of a participant that came to nothing."""
    statuses = [each.value for each in UNDONE]
    wanted = select(declaration.c.registration_number).where(
        declaration.c.declarant == participant, declaration.c.status.in_(statuses)
    )
    return tuple(connection.execute(wanted).scalars())


class OnRecord(Struct, frozen=True):
    """What the office's own records say of a participant."""

    findings: int
    exports_without_exit: int


def on_record(connection: Connection, participant: str, since: date) -> OnRecord:
    """Return how many controls since a day found something, and how many exports have no proof of exit."""
    found = select(func.count(func.distinct(control_result.c.act))).where(
        control_result.c.declarant == participant,
        control_result.c.found.is_(True),
        control_result.c.profile == "",
        control_result.c.closed_at >= begins(since).astimezone(UTC),
        annulment_store.stands(),
    )
    missing = select(history.c.exports_without_exit).where(history.c.participant == participant)
    return OnRecord(
        int(connection.execute(found).scalar_one()), int(connection.execute(missing).scalar_one_or_none() or 0)
    )


def _same_key() -> Any:
    first, *rest = (declaration.c[name] == decision.c[name] for name in _KEY)
    for each in rest:
        first = first & each
    return (first,)


def _items_of_decided(row: Row[Any]) -> tuple[ItemRow, ...]:
    block = BLOCK_OF_TYPE.get(row.type_code, row.type_code)
    day = day_of(aware(row.accepted_at))
    case, decided = bytes(row.case), bytes(row.decision)
    return tuple(_items(row.registration_number, row.version, day, block, row.office, case, decided))


def _items(
    number: str, version: int, day: date, block: str, office: str, packed: bytes, decided: bytes
) -> Iterator[ItemRow]:
    case = canonical.loads(unpack(packed), Case)
    flagged = FLAG in unpack(decided)
    for item in case.items:
        yield ItemRow(
            number=number,
            version=version,
            day=day,
            block=str(block),
            declarant=case.declarant or "",
            agent=case.agent,
            office=office,
            item=item.sequence,
            commodity=item.commodity_code,
            origin=item.origin_country,
            grams=None if item.net_mass_kg is None else int(item.net_mass_kg * 1000),
            tiyn=None if item.item_value_kzt is None else int(item.item_value_kzt * 100),
            cents=None if item.item_value_usd is None else int(item.item_value_usd * 100),
            tax_tiyn=None if item.item_tax_kzt is None else int(item.item_tax_kzt * 100),
            flagged=flagged,
        )
