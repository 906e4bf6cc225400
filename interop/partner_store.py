"""The partners on record."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from interop.partners import Partner
from interop.tables import LeaseRow, PartnerRow, StreamRow

partner_table = SQLModel.metadata.tables[PartnerRow.__tablename__]
stream = SQLModel.metadata.tables[StreamRow.__tablename__]
lease = SQLModel.metadata.tables[LeaseRow.__tablename__]

SEND, PULL = "send", "pull"


def read_partner(connection: Connection, identifier: str) -> Partner | None:
    row = connection.execute(select(partner_table.c.content).where(partner_table.c.id == identifier)).first()
    return None if row is None else _partner(row.content)


def list_partners(connection: Connection, active: bool | None = None) -> tuple[Partner, ...]:
    """Return the partners by their ids: all, or only those that are active or are not."""
    wanted = select(partner_table.c.content).order_by(partner_table.c.id)
    if active is not None:
        wanted = wanted.where(partner_table.c.active.is_(active))
    return tuple(_partner(row.content) for row in connection.execute(wanted))


def put_partner(connection: Connection, partner: Partner, now: datetime) -> None:
    """Record a partner, new or changed."""
    values = {
        "id": partner.id,
        "kind": partner.kind.value,
        "country": partner.country,
        "active": partner.active,
        "content": msgspec.json.encode(partner, order="sorted"),
        "changed_at": now,
    }
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    made = add(partner_table).values(values)
    connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=values))
    if connection.execute(select(stream.c.partner).where(stream.c.partner == partner.id)).first() is None:
        connection.execute(insert(stream), {"partner": partner.id, "sent": 0, "received": 0, "cursor": ""})
        jobs = [{"partner": partner.id, "job": job} for job in (SEND, PULL)]
        connection.execute(insert(lease), [{**each, "owner": "", "failures": 0, "trouble": ""} for each in jobs])


def _partner(content: bytes) -> Partner:
    return msgspec.json.decode(content, type=Partner)
