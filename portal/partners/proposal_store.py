"""Changes of partners that wait for a second administrator. Core over a caller's connection."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlmodel import SQLModel

from declarations.store import aware
from interop.partners import Partner
from interop.tables import PartnerProposalRow

proposal_table = SQLModel.metadata.tables[PartnerProposalRow.__tablename__]
DONE, DECLINED, WITHDRAWN, OVERTAKEN = "done", "declined", "withdrawn", "overtaken"


class Proposal(Struct, frozen=True):
    """That a partner shall be as `partner`, by somebody who saw it as `seen`."""

    id: int
    partner: Partner
    seen: str
    by_iin: str
    by_name: str
    at: datetime


def add(connection: Connection, partner: Partner, seen: str, by: tuple[str, str], at: datetime) -> None:
    """`by` are IIN and name. Raises `IntegrityError` while another waits for the same partner."""
    values = {"partner": partner.id, "content": msgspec.json.encode(partner, order="sorted"), "seen": seen, "at": at}
    connection.execute(insert(proposal_table), {**values, "by_iin": by[0], "by_name": by[1]})


def open_of(connection: Connection, partner: str) -> Proposal | None:
    """Return the change that waits for a second administrator."""
    found = connection.execute(select(proposal_table).where(_waits(partner))).first()
    if found is None:
        return None
    content = msgspec.json.decode(found.content, type=Partner)
    return Proposal(found.id, content, found.seen, found.by_iin, found.by_name, aware(found.at))


def end(connection: Connection, partner: str, outcome: str, by: tuple[str, str], at: datetime) -> None:
    """Note what became of the change that waits. Raises `IntegrityError` for one that its proposer confirms."""
    values = {"outcome": outcome, "decided_by_iin": by[0], "decided_by_name": by[1], "decided_at": at}
    connection.execute(update(proposal_table).where(_waits(partner)).values(values))


def waiting(connection: Connection) -> frozenset[str]:
    """Return the partners of whom a change waits."""
    rows = connection.execute(select(proposal_table.c.partner).where(proposal_table.c.outcome.is_(None)))
    return frozenset(rows.scalars())


def _waits(partner: str) -> ColumnElement[bool]:
    return (proposal_table.c.partner == partner) & proposal_table.c.outcome.is_(None)
