"""What is kept of declarations, and of who may declare. All is SQLAlchemy Core over a caller's connection."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlmodel import SQLModel

from declarations import numbering
from declarations.errors import WrongNumber
from declarations.lifecycle import Status
from declarations.participants import Participant, PowerOfAttorney
from declarations.reference.codes import ExchangeRate
from declarations.search import ALL, GROUPS, Search
from declarations.tables import (
    DeclarationRow,
    DocumentRow,
    ExchangeRateRow,
    ParticipantRow,
    PowerOfAttorneyRow,
    RegistrationCounterRow,
    RevisionRow,
    TariffRow,
)
from declarations.values import KAZAKHSTAN

declaration = SQLModel.metadata.tables[DeclarationRow.__tablename__]
document = SQLModel.metadata.tables[DocumentRow.__tablename__]
participant = SQLModel.metadata.tables[ParticipantRow.__tablename__]
power = SQLModel.metadata.tables[PowerOfAttorneyRow.__tablename__]
counter = SQLModel.metadata.tables[RegistrationCounterRow.__tablename__]
revision = SQLModel.metadata.tables[RevisionRow.__tablename__]
exchange_rate = SQLModel.metadata.tables[ExchangeRateRow.__tablename__]
tariff = SQLModel.metadata.tables[TariffRow.__tablename__]


class Key(Struct, frozen=True, order=True):
    """What identifies one version of one declaration."""

    declarant: str
    functional_reference_id: str
    version: int


class Stored(Struct, frozen=True):
    """A recorded declaration, without its document."""

    key: Key
    registration_number: str
    sequence: int
    agent: str | None
    declarant_name: str
    type_code: str
    procedure: str | None
    office: str
    status: str
    outcome: str
    item_count: int
    customs_value_tiyn: int | None
    signer_iin: str
    signer_name: str
    digest: str
    received_at: datetime
    accepted_at: datetime


REPLACED = Status.GRANTED.value  # the status of a version that another one has replaced
_DECLARANTS_AT_ONCE = 100  # SQLite joins at most 500 selects into one
_INSERT_DECLARATIONS = insert(declaration)
_INSERT_DOCUMENTS = insert(document)
_READ_REVISION = select(revision.c.number)
_START_COUNTING = insert(counter)
_COUNT_ON = (
    update(counter)
    .where(counter.c.office == bindparam("at_office"), counter.c.day == bindparam("on_day"))
    .values(last=counter.c.last + bindparam("count"))
    .returning(counter.c.last)
)
_BY_REFERENCES = (
    select(declaration)
    .where(
        tuple_(declaration.c.declarant, declaration.c.functional_reference_id).in_(bindparam("keys", expanding=True))
    )
    .order_by(declaration.c.version)
)
_BY_DIGEST = select(declaration).where(declaration.c.digest == bindparam("digest"))
_BY_NUMBER = (
    select(declaration)
    .where(declaration.c.registration_number == bindparam("number"))
    .order_by(declaration.c.version.desc())
)
_READ_DOCUMENT = select(document.c.content).where(
    document.c.declarant == bindparam("declarant"),
    document.c.functional_reference_id == bindparam("reference"),
    document.c.version == bindparam("version"),
)


def read_revision(connection: Connection) -> int:
    """Return the number of the last change to what judging depends on."""
    return int(connection.execute(_READ_REVISION).scalar_one())


def bump_revision(connection: Connection) -> None:
    """Tell every process that what it judged with is out of date; part of the transaction that changes it."""
    connection.execute(update(revision).values(number=revision.c.number + 1))


def add_declarations(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(_INSERT_DECLARATIONS, rows)


def add_documents(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(_INSERT_DOCUMENTS, rows)


def find_by_references(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[Stored, ...]]:
    """Return every version recorded under these (declarant, trader's reference) pairs, oldest first."""
    found: dict[tuple[str, str], tuple[Stored, ...]] = {}
    for row in connection.execute(_BY_REFERENCES, {"keys": keys}):
        key = row.declarant, row.functional_reference_id
        found[key] = (*found.get(key, ()), _stored(row))
    return found


def find_by_digest(connection: Connection, digest: str) -> Stored | None:
    row = connection.execute(_BY_DIGEST, {"digest": digest}).first()
    return None if row is None else _stored(row)


def find_by_number(connection: Connection, number: str, version: int | None = None) -> Stored | None:
    """Return the newest version of this number, or the one asked for; nothing is under a text that is no number."""
    versions = find_versions(connection, number)
    return next((each for each in reversed(versions) if version in (None, each.key.version)), None)


def find_versions(connection: Connection, number: str) -> tuple[Stored, ...]:
    """Return every version of this number, oldest first."""
    try:
        wanted = numbering.parse(number)
    except WrongNumber:
        return ()
    rows = connection.execute(_BY_NUMBER, {"number": str(wanted)})
    return tuple(_stored(row) for row in reversed(rows.all()))


def read_version(connection: Connection, key: Key) -> Stored:
    """Return one version of a declaration. Raises `NoResultFound`."""
    statement = select(declaration).where(
        declaration.c.declarant == key.declarant,
        declaration.c.functional_reference_id == key.functional_reference_id,
        declaration.c.version == key.version,
    )
    return _stored(connection.execute(statement).one())


def page(
    connection: Connection,
    declarants: Sequence[str],
    outcome: str | None,
    before: int | None,
    limit: int,
    search: Search = ALL,
) -> list[Stored]:
    """Return up to `limit` declarations of these declarants, newest first, with a sequence below `before`.

    Of each the newest version only: those before it are GRANTED.
    """
    wanted = sorted(set(declarants))
    groups = [wanted[start : start + _DECLARANTS_AT_ONCE] for start in range(0, len(wanted), _DECLARANTS_AT_ONCE)]
    found = [row for group in groups for row in connection.execute(_newest_of(group, outcome, before, limit, search))]
    return [_stored(row) for row in sorted(found, key=lambda row: row.sequence, reverse=True)[:limit]]


def read_document(connection: Connection, key: Key) -> bytes:
    """Return the compressed document. Raises `NoResultFound`."""
    found = connection.execute(
        _READ_DOCUMENT,
        {"declarant": key.declarant, "reference": key.functional_reference_id, "version": key.version},
    )
    return bytes(found.scalar_one())


def take_serials(connection: Connection, wanted: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Reserve so many registration serials for each (office, ddmmyy); return the last one used before."""
    taken = {}
    for (office, day), count in sorted(wanted.items()):
        given = {"at_office": office, "on_day": day, "count": count}
        last = connection.execute(_COUNT_ON, given).scalar_one_or_none()
        if last is None:
            connection.execute(_START_COUNTING, {"office": office, "day": day, "last": count})
        taken[office, day] = (last or count) - count
    return taken


def read_participant(connection: Connection, identifier: str) -> Participant | None:
    row = connection.execute(select(participant).where(participant.c.identifier == identifier)).first()
    if row is None:
        return None
    return Participant(row.identifier, row.name, frozenset(row.roles.split()), row.registered_on)


def read_powers(connection: Connection, principal: str) -> tuple[PowerOfAttorney, ...]:
    """Return every power of attorney that this participant ever gave."""
    return _powers(connection, power.c.principal == principal)


def read_powers_held(connection: Connection, agent: str) -> tuple[PowerOfAttorney, ...]:
    """Return every power of attorney that this agent ever held."""
    return _powers(connection, power.c.agent == agent)


def put_participant(connection: Connection, given: Participant) -> None:
    connection.execute(participant.delete().where(participant.c.identifier == given.identifier))
    row = {
        "identifier": given.identifier,
        "name": given.name,
        "roles": " ".join(sorted(given.roles)),
        "registered_on": given.registered_on,
    }
    connection.execute(insert(participant), row)


def put_power(connection: Connection, given: PowerOfAttorney) -> None:
    same = (power.c.principal == given.principal) & (power.c.agent == given.agent) & (power.c.number == given.number)
    connection.execute(power.delete().where(same))
    row = {
        "principal": given.principal,
        "agent": given.agent,
        "number": given.number,
        "valid_from": given.valid_from,
        "valid_to": given.valid_to,
        "scope": " ".join(sorted(given.scope)),
        "revoked_on": given.revoked_on,
    }
    connection.execute(insert(power), row)


def read_newest_tariff(connection: Connection) -> tuple[str, bool, bytes] | None:
    """Return (source, complete, compressed CSV) of the tariff loaded last, if any was."""
    row = connection.execute(select(tariff).order_by(tariff.c.id.desc()).limit(1)).first()
    return None if row is None else (row.source, row.complete, bytes(row.content))


def find_tariff(connection: Connection, at: datetime) -> int | None:
    """Return which tariff was in force at that moment: the last one loaded until then, None when none was."""
    statement = select(tariff.c.id).where(tariff.c.loaded_at <= at).order_by(tariff.c.id.desc()).limit(1)
    return connection.execute(statement).scalar()


def read_tariff(connection: Connection, identifier: int) -> tuple[str, bool, bytes]:
    """Return (source, complete, compressed CSV) of one tariff. Raises `NoResultFound`."""
    row = connection.execute(select(tariff).where(tariff.c.id == identifier)).one()
    return row.source, row.complete, bytes(row.content)


def add_tariff(connection: Connection, source: str, loaded_at: datetime, complete: bool, content: bytes) -> None:
    values = {"source": source, "loaded_at": loaded_at, "complete": complete, "content": content}
    connection.execute(insert(tariff), values)


def find_exchange_rates(connection: Connection, at: datetime) -> int | None:
    """Return the last rate that had been loaded at that moment, None when none had."""
    return connection.execute(select(func.max(exchange_rate.c.id)).where(exchange_rate.c.loaded_at <= at)).scalar()


def read_exchange_rates(connection: Connection, until: int | None = None) -> tuple[ExchangeRate, ...]:
    """Return all rates in the order in which they were loaded, or those up to one of them."""
    statement = select(exchange_rate).order_by(exchange_rate.c.id)
    if until is not None:
        statement = statement.where(exchange_rate.c.id <= until)
    rows = connection.execute(statement)
    return tuple(ExchangeRate(row.currency, row.units, Decimal(row.tenge), row.since) for row in rows)


def add_exchange_rates(connection: Connection, rates: Sequence[ExchangeRate], source: str, loaded_at: datetime) -> None:
    rows = [
        {
            "currency": rate.currency,
            "since": rate.since,
            "units": rate.units,
            "tenge": str(rate.tenge),
            "source": source,
            "loaded_at": loaded_at,
        }
        for rate in rates
    ]
    connection.execute(insert(exchange_rate), rows)


def count_declarations(connection: Connection) -> int:
    """Count by scanning: for tests and the operator's commands, never in a request."""
    return int(connection.execute(select(func.count()).select_from(declaration)).scalar_one())


def aware(moment: datetime) -> datetime:
    """Return a moment in UTC. SQLite gives back times without their zone, PostgreSQL with that of the session."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def count_by_status(connection: Connection, declarants: Sequence[str]) -> dict[str, int]:
    """Count the declarations of these declarants by the status of their newest version."""
    counted: dict[str, int] = {}
    for start in range(0, len(declarants), _DECLARANTS_AT_ONCE):
        mine = declaration.c.declarant.in_(declarants[start : start + _DECLARANTS_AT_ONCE])
        wanted = select(declaration.c.status, func.count()).where(mine, declaration.c.status != REPLACED)
        for status, count in connection.execute(wanted.group_by(declaration.c.status)):
            counted[status] = counted.get(status, 0) + count
    return counted


def _newest_of(
    declarants: Sequence[str], outcome: str | None, before: int | None, limit: int, search: Search = ALL
) -> Select[Any]:
    """Take the newest of each declarant, then the newest of these.

    So the index gives each part in order; `IN` would have a broker's whole history sorted for every page.
    """
    where = [declaration.c.status != REPLACED, *_sought(search)]
    if outcome is not None:
        where.append(declaration.c.outcome == outcome)
    if before is not None:
        where.append(declaration.c.sequence < before)
    newest = declaration.c.sequence.desc()
    of_each = [
        select(declaration).where(declaration.c.declarant == one, *where).order_by(newest).limit(limit).subquery()
        for one in declarants
    ]
    together = union_all(*(select(part) for part in of_each)).subquery()
    return select(together).order_by(together.c.sequence.desc()).limit(limit)


def _sought(search: Search) -> Iterator[ColumnElement[bool]]:
    if search.text:
        columns = (declaration.c.registration_number, declaration.c.functional_reference_id)
        yield or_(*(column.icontains(search.text, autoescape=True) for column in columns))
    if search.since is not None:
        yield declaration.c.received_at >= _begins(search.since)
    if search.until is not None:
        yield declaration.c.received_at < _begins(search.until + timedelta(days=1))
    if search.group is not None:
        yield declaration.c.status.in_([each.value for each in GROUPS[search.group]])


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), KAZAKHSTAN).astimezone(UTC)


def _powers(connection: Connection, where: Any) -> tuple[PowerOfAttorney, ...]:
    return tuple(
        PowerOfAttorney(
            principal=row.principal,
            agent=row.agent,
            number=row.number,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            scope=frozenset(row.scope.split()),
            revoked_on=row.revoked_on,
        )
        for row in connection.execute(select(power).where(where).order_by(power.c.valid_from))
    )


def _stored(row: Any) -> Stored:
    return Stored(
        key=Key(row.declarant, row.functional_reference_id, row.version),
        registration_number=row.registration_number,
        sequence=row.sequence,
        agent=row.agent,
        declarant_name=row.declarant_name,
        type_code=row.type_code,
        procedure=row.procedure,
        office=row.office,
        status=row.status,
        outcome=row.outcome,
        item_count=row.item_count,
        customs_value_tiyn=row.customs_value_tiyn,
        signer_iin=row.signer_iin,
        signer_name=row.signer_name,
        digest=row.digest,
        received_at=aware(row.received_at),
        accepted_at=aware(row.accepted_at),
    )
