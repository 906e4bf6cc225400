"""Who asked about whom, for what purpose, and what was answered: kept of every query, refused ones too."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select
from sqlmodel import SQLModel

from interop.exchange_store import aware
from interop.tables import QueryRow

query_table = SQLModel.metadata.tables[QueryRow.__tablename__]

TOLD, NOTHING, REFUSED = "told", "nothing", "refused"


class Query(Struct, frozen=True, kw_only=True):
    """A query. `about` is the identifier, or the hash that was asked about where nobody here has it.

    `answer` is `told`, `nothing` or `refused` (`code` says why); `told` are the violations told of, as "ID version".
    """

    partner: str
    about: str
    purpose: str
    legal_basis: str
    at: datetime
    answer: str
    code: str = ""
    told: tuple[str, ...] = ()
    id: int = 0


def log_query(connection: Connection, query: Query) -> None:
    values = {name: getattr(query, name) for name in query.__struct_fields__ if name != "id"}
    connection.execute(insert(query_table), {**values, "told": msgspec.json.encode(query.told).decode()})


def forget(connection: Connection, before: datetime) -> int:
    """Delete the queries of before a moment, and return how many."""
    return connection.execute(delete(query_table).where(query_table.c.at < before)).rowcount


def list_queries(
    connection: Connection,
    about: Sequence[str] | str | None = None,
    after: int | None = None,
    partner: str | None = None,
    purposes: Collection[str] | None = None,
    limit: int = 200,
) -> tuple[Query, ...]:
    """Return queries, the newest first: about these identifiers, of a partner, for these purposes, older than the one
    with id `after`."""
    wanted = select(query_table)
    if about is not None:
        wanted = wanted.where(query_table.c.about.in_([about] if isinstance(about, str) else about))
    if partner is not None:
        wanted = wanted.where(query_table.c.partner == partner)
    if purposes is not None:
        wanted = wanted.where(query_table.c.purpose.in_(purposes))
    if after is not None:
        wanted = wanted.where(query_table.c.id < after)
    found = []
    for row in connection.execute(wanted.order_by(query_table.c.id.desc()).limit(limit)):
        told = msgspec.json.decode(row.told, type=tuple[str, ...])
        found.append(Query(**{**row._mapping, "told": told, "at": aware(row.at)}))
    return tuple(found)
