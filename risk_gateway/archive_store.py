"""The archive: judged cases of every origin with what became of them, read in order and never all at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, and_, func, insert, select, tuple_
from sqlmodel import SQLModel

from declarations.store import Key, Stored, aware, declaration, find_by_number
from risk_gateway import annulment_store, judgement_store
from risk_gateway.annulment_store import Act
from risk_gateway.archive import Result, StoredCase, Truth
from risk_gateway.days import begins, day_of
from risk_gateway.facts import BLOCK_OF_TYPE
from risk_gateway.judgement_store import Judgement
from risk_gateway.packing import unpack
from risk_gateway.profiles import AT_LODGEMENT, Motive
from risk_gateway.store import decision
from risk_gateway.tables import ControlResultRow, PastCaseRow

control_result = SQLModel.metadata.tables[ControlResultRow.__tablename__]
past_case = SQLModel.metadata.tables[PastCaseRow.__tablename__]

ROWS_AT_ONCE = 1_000
BLOBS_AT_ONCE = 200
_KEY = ("declarant", "functional_reference_id", "version")
_ORDER = ("day", "number")


class _OfBlock(msgspec.Struct, frozen=True):
    block: str


_OF_BLOCK = msgspec.json.Decoder(_OfBlock)


class _Known(NamedTuple):
    """What is read of a declaration before its blobs are."""

    number: str
    day: date
    block: str
    office: str
    outcome: str
    sequence: int
    key: tuple[str, str, int]


def read_cases(connection: Connection, first: date, last: date, block: str | None = None) -> Iterator[StoredCase]:
    """Yield the cases of the days from `first` to `last`, both included, ordered by day and number.

    Decisions come with what their controls found, under the day of their registration in Kazakhstan, judgements under
    the day of their moment; past cases as they were taken over.
    """
    sources = (
        _decided(connection, first, last, block),
        read_past_cases(connection, first, last, block),
        _judged(connection, first, last, block),
    )
    return merge(*sources, key=lambda case: (case.day, case.number))


def find_case(connection: Connection, number: str, version: int | None = None) -> StoredCase | None:
    """Return the case of a registration number, of its newest version where none is named; or of the number of a
    past case or a judgement."""
    stored = find_by_number(connection, number, version)
    if stored is not None:
        return next(_with_blobs(connection, [_known(stored)]), None)
    row = connection.execute(select(past_case).where(past_case.c.number == number)).first()
    if row is not None:
        return _past_case(row)
    judgement = judgement_store.find(connection, number)
    return None if judgement is None else next(_with_results(connection, [judgement]))


def count_days(connection: Connection, first: date, last: date, block: str | None = None) -> list[tuple[date, int]]:
    """Return how many cases each day has that has any, in the order of days."""
    counted: dict[date, int] = {}
    moments = connection.execute(_declarations(first, last, block), execution_options=_streaming())
    for row in moments:
        day = day_of(aware(row.accepted_at))
        counted[day] = counted.get(day, 0) + 1
    past = _of_past(select(past_case.c.day, func.count().label("cases")), first, last, block)
    for row in connection.execute(past.group_by(past_case.c.day)):
        counted[row.day] = counted.get(row.day, 0) + row.cases
    for judged_on, cases in judgement_store.count_days(connection, first, last, block).items():
        counted[judged_on] = counted.get(judged_on, 0) + cases
    return sorted(counted.items())


def span(connection: Connection, block: str | None = None) -> tuple[date, date] | None:
    """Return the first and the last day that have a case, None when there is none."""
    moment, day = declaration.c.accepted_at, past_case.c.day
    declared = select(func.min(moment), func.max(moment))
    if block is not None:
        declared = declared.where(declaration.c.type_code.in_(_types(block)))
    accepted = connection.execute(declared).one()
    past = connection.execute(_of_past(select(func.min(day), func.max(day)), date.min, date.max, block)).one()
    days = [*(day_of(aware(moment)) for moment in accepted if moment), *(day for day in past if day)]
    days += judgement_store.span(connection, block) or ()
    return (min(days), max(days)) if days else None


def add_past_cases(connection: Connection, cases: Sequence[StoredCase]) -> None:
    """Add cases of before. Raises `IntegrityError` for a number that is there already."""
    if cases:
        connection.execute(insert(past_case), [_past_row(case) for case in cases])


def add_control_result(connection: Connection, act: Act) -> None:
    """Record a closed act: a row for each of its shares. Raises `IntegrityError` for a number of an act used before."""
    key = {name: getattr(act.declaration, name) for name in _KEY}
    rows = [
        {
            "act": act.number,
            "profile": share.profile,
            "profile_version": share.profile_version,
            **key,
            "found": share.found,
            "motive": act.motive.value if act.motive else None,
            "amount_tiyn": share.amount_tiyn,
            "inspector": act.inspector,
            "closed_at": act.closed_at.astimezone(UTC),
            "sequence": act.sequence,
        }
        for share in act.shares
    ]
    connection.execute(insert(control_result), rows)


def is_act(connection: Connection, number: str) -> bool:
    """Say whether an act of this number is recorded."""
    statement = select(control_result.c.act).where(control_result.c.act == number).limit(1)
    return connection.execute(statement).first() is not None


def is_controlled(connection: Connection, key: Key) -> bool:
    """Say whether an act of this declaration is recorded."""
    of_declaration = and_(*(control_result.c[name] == getattr(key, name) for name in _KEY))
    return connection.execute(select(control_result.c.act).where(of_declaration).limit(1)).first() is not None


# --- decisions ------------------------------------------------------------------------------------------------------


def _decided(connection: Connection, first: date, last: date, block: str | None) -> Iterator[StoredCase]:
    rows = connection.execute(_declarations(first, last, block), execution_options=_streaming())
    for _, of_day in groupby(map(_known, rows), key=lambda known: known.day):
        known = iter(sorted(of_day))
        while chunk := list(islice(known, BLOBS_AT_ONCE)):
            yield from (case for case in _with_blobs(connection, chunk) if block in (None, case.block))


def _declarations(first: date, last: date, block: str | None) -> Select[Any]:
    """Select what is narrow of the declarations of some days, in order; their blobs are fetched by key afterwards."""
    names = (*_KEY, "registration_number", "type_code", "office", "outcome", "accepted_at", "sequence")
    columns = declaration.c
    statement = select(*(columns[name] for name in names)).where(
        columns.accepted_at >= begins(first).astimezone(UTC),
        columns.accepted_at < begins(last + timedelta(days=1)).astimezone(UTC),
    )
    if block is not None:
        statement = statement.where(columns.type_code.in_(_types(block)))
    return statement.order_by(columns.accepted_at, columns.sequence)


def _types(block: str) -> list[str]:
    return [code for code, of_type in BLOCK_OF_TYPE.items() if of_type == block] or [block]


def _known(row: Row[Any] | Stored) -> _Known:
    key = row.key if isinstance(row, Stored) else row
    return _Known(
        number=row.registration_number,
        day=day_of(aware(row.accepted_at)),
        block=BLOCK_OF_TYPE.get(row.type_code, row.type_code),
        office=row.office,
        outcome=row.outcome,
        sequence=row.sequence,
        key=(key.declarant, key.functional_reference_id, key.version),
    )


def _with_blobs(connection: Connection, chunk: Sequence[_Known]) -> Iterator[StoredCase]:
    """Yield these cases in their order; one whose decision is not there is left out (the audit tells of it)."""
    keys = [known.key for known in chunk]
    names = (*_KEY, "knowledge_version", "case", "assessment", "decision")
    statement = select(*(decision.c[name] for name in names)).where(_keyed(decision).in_(keys))
    rows = {_key_of(row): row for row in connection.execute(statement)}
    results = _results(connection, keys)
    for known in chunk:
        row = rows.get(known.key)
        if row is not None:
            yield StoredCase(
                number=known.number,
                day=known.day,
                block=_block_of(known, bytes(row.case)),
                office=known.office,
                declarant=known.key[0],
                outcome=known.outcome,
                knowledge_version=row.knowledge_version,
                case=bytes(row.case),
                assessment=bytes(row.assessment),
                decision=bytes(row.decision),
                result=results.get(known.key),
                sequence=known.sequence,
            )


def _block_of(known: _Known, case: bytes) -> str:
    """Return the block that judged a declaration: of transit none did before facts of version 4, as its case says."""
    return known.block if known.block in AT_LODGEMENT else _OF_BLOCK.decode(unpack(case)).block


def _results(connection: Connection, keys: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], Result]:
    """Return what the controls of these declarations found and still stands, several acts of one taken together."""
    order = control_result.c
    standing = _keyed(control_result).in_(keys) & annulment_store.stands()
    statement = select(control_result).where(standing).order_by(order.sequence, order.profile)
    found: dict[tuple[str, str, int], list[Row[Any]]] = {}
    for row in connection.execute(statement):
        found.setdefault(_key_of(row), []).append(row)
    return {key: _result(rows) for key, rows in found.items()}


def _result(rows: Iterable[Row[Any]]) -> Result:
    """Return one result of the rows of some acts: what any of them found was found."""
    profiles: dict[str, bool] = {}
    found, motive, amount = False, None, 0
    for row in rows:
        if row.profile:
            profiles[row.profile] = row.found or profiles.get(row.profile, False)
        else:
            found, motive, amount = found or row.found, motive or row.motive, amount + row.amount_tiyn
    return Result(found, Motive(motive) if motive else None, amount, profiles)


def _keyed(table: Any) -> Any:
    return tuple_(*(table.c[name] for name in _KEY))


def _key_of(row: Row[Any]) -> tuple[str, str, int]:
    return row.declarant, row.functional_reference_id, row.version


# --- judgements -----------------------------------------------------------------------------------------------------


def _judged(connection: Connection, first: date, last: date, block: str | None) -> Iterator[StoredCase]:
    judged = judgement_store.read_between(connection, first, last, block)
    while chunk := list(islice(judged, BLOBS_AT_ONCE)):
        yield from _with_results(connection, chunk)


def _with_results(connection: Connection, chunk: Sequence[Judgement]) -> Iterator[StoredCase]:
    """Yield judgements as cases, with what their controls found."""
    keys = [(each.key.declarant, each.key.functional_reference_id, each.key.version) for each in chunk]
    results = _results(connection, keys)
    for key, each in zip(keys, chunk, strict=True):
        yield replace(judgement_store.as_case(each), result=results.get(key))


# --- past cases -----------------------------------------------------------------------------------------------------


def read_past_cases(
    connection: Connection, first: date = date.min, last: date = date.max, block: str | None = None
) -> Iterator[StoredCase]:
    """Yield the past cases of some days, of all when none are given, ordered by day and number."""
    statement = _of_past(select(past_case), first, last, block).order_by(*(past_case.c[name] for name in _ORDER))
    return map(_past_case, connection.execute(statement, execution_options=_streaming()))


def _of_past(statement: Select[Any], first: date, last: date, block: str | None) -> Select[Any]:
    where = [past_case.c.day >= first, past_case.c.day <= last]
    return statement.where(and_(*where, *([past_case.c.block == block] if block is not None else [])))


def _past_case(row: Row[Any]) -> StoredCase:
    return StoredCase(
        number=row.number,
        day=row.day,
        block=row.block,
        office=row.office,
        declarant=row.declarant,
        outcome=row.outcome,
        knowledge_version=row.knowledge_version,
        case=bytes(row.case),
        assessment=bytes(row.assessment),
        decision=bytes(row.decision),
        result=None if row.result is None else msgspec.json.decode(row.result, type=Result),
        truth=None if row.truth is None else msgspec.json.decode(row.truth, type=Truth),
    )


def _past_row(case: StoredCase) -> dict[str, Any]:
    row = {name: getattr(case, name) for name in case.__struct_fields__ if name != "sequence"}
    row["result"] = None if case.result is None else msgspec.json.encode(case.result)
    row["truth"] = None if case.truth is None else msgspec.json.encode(case.truth)
    return row


def _streaming() -> dict[str, Any]:
    return {"stream_results": True, "yield_per": ROWS_AT_ONCE}
