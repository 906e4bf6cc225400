"""The versions of the reference values that were loaded: dated, never changed. The caller commits."""

from collections import OrderedDict
from datetime import UTC, date, datetime

import msgspec
import zstandard
from msgspec import Struct
from sqlalchemy import Connection, insert, select
from sqlmodel import SQLModel

from risk_gateway import canonical
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.packing import pack, unpack
from risk_gateway.parameters import ReferenceValues
from risk_gateway.tables import ReferenceValuesRow

reference_values = SQLModel.metadata.tables[ReferenceValuesRow.__tablename__]

KEPT_MAX = 4
_kept: OrderedDict[str, ReferenceValues] = OrderedDict()  # by digest: the same object again while nothing changes


class Version(Struct, frozen=True):
    """A loaded version; the newest of those whose `valid_from` has come counts."""

    digest: str
    valid_from: date
    source: str
    loaded_at: datetime


def read_in_force(connection: Connection, day: date) -> ReferenceValues | None:
    """Return the values in force on `day`, None when none were loaded. Raises KnowledgeTampered when damaged.

    While nothing changes it is the same object every time.
    """
    columns = reference_values.c
    begun = select(columns.digest).where(columns.valid_from <= day)
    digest = connection.execute(begun.order_by(columns.valid_from.desc(), columns.loaded_at.desc())).scalar()
    return None if digest is None else read_values(connection, digest)


def read_values(connection: Connection, digest: str) -> ReferenceValues:
    """Return one version. Raises `NoResultFound`, and KnowledgeTampered when it does not have its digest."""
    found = _kept.get(digest)
    if found is None:
        statement = select(reference_values.c.content).where(reference_values.c.digest == digest)
        found = _kept[digest] = _genuine(connection.execute(statement).scalar_one(), digest)
        while len(_kept) > KEPT_MAX:
            _kept.popitem(last=False)
    return found


def read_versions(connection: Connection) -> list[Version]:
    """Return every version, the one that counts longest from now first."""
    columns = reference_values.c
    statement = select(columns.digest, columns.valid_from, columns.source, columns.loaded_at)
    rows = connection.execute(statement.order_by(columns.valid_from.desc(), columns.loaded_at.desc()))
    return [Version(row.digest, row.valid_from, row.source, _aware(row.loaded_at)) for row in rows]


def add_values(connection: Connection, values: ReferenceValues, valid_from: date, source: str, at: datetime) -> Version:
    """Keep a version. Raises `IntegrityError` when the same values are kept already."""
    version = Version(canonical.digest(values), valid_from, source, at.astimezone(UTC))
    columns = {name: getattr(version, name) for name in version.__struct_fields__}
    connection.execute(insert(reference_values).values(**columns, content=pack(canonical.dumps(values))))
    return version


def _genuine(content: bytes, digest: str) -> ReferenceValues:
    try:
        values = canonical.loads(unpack(content), ReferenceValues)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise KnowledgeTampered("values-damaged", digest=digest) from error
    if canonical.digest(values) != digest:
        raise KnowledgeTampered("values-damaged", digest=digest)
    return values


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
