"""Refunds and the bank's payments as they are kept. All is SQLAlchemy Core over a caller's connection."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from declarations.ledger.tables import LedgerPaymentRow, LedgerRefundRow
from declarations.store import aware

refund = SQLModel.metadata.tables[LedgerRefundRow.__tablename__]
payment_table = SQLModel.metadata.tables[LedgerPaymentRow.__tablename__]


class State(StrEnum):
    ASKED = "ASKED"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    ORDERED = "ORDERED"
    PAID = "PAID"
    REFUSED = "REFUSED"


class Refund(Struct, frozen=True, kw_only=True):
    """Money that a holder wants back from its prepaid balance, onto an account (IBAN)."""

    number: str
    holder: str
    tiyn: int
    account: str
    reason: str
    state: State
    asked_by_iin: str
    asked_at: datetime
    proposed_by_iin: str | None = None
    proposed_at: datetime | None = None
    decided_by_iin: str | None = None
    decided_at: datetime | None = None
    decided_text: str = ""
    paid_at: datetime | None = None


class Received(Struct, frozen=True, kw_only=True):
    """A payment of which the bank told; nobody knows for whom while `holder` is empty."""

    id: str
    payer: str
    reference: str
    tiyn: int
    paid_at: datetime
    received_at: datetime
    holder: str


class _Payment(Protocol):
    @property
    def payer(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def tiyn(self) -> int: ...
    @property
    def paid_at(self) -> datetime: ...


def next_number(connection: Connection, year: int) -> str:
    """Return the number of the next refund; the caller holds the journal's lock."""
    prefix = f"R-{year}-"
    of_the_year = (refund.c.number > prefix, refund.c.number < f"{prefix}~")
    last = connection.execute(select(func.max(refund.c.number)).where(*of_the_year)).scalar()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:07}"


def sum_in_state(connection: Connection, holder: str, *states: State) -> int:
    """Return how much of a holder's money is asked back in refunds of these states."""
    wanted = select(func.sum(refund.c.tiyn)).where(refund.c.holder == holder)
    return int(connection.execute(wanted.where(refund.c.state.in_([each.value for each in states]))).scalar() or 0)


def add_refund(connection: Connection, made: Refund) -> None:
    values = {name: getattr(made, name) for name in made.__struct_fields__}
    connection.execute(insert(refund), {**values, "state": made.state.value})


def move_refund(connection: Connection, number: str, source: State, values: Mapping[str, Any]) -> bool:
    """Change a refund that is in this state; tell whether it was."""
    where = (refund.c.number == number, refund.c.state == source.value)
    return connection.execute(update(refund).where(*where).values(**values)).rowcount == 1


def read_refund(connection: Connection, number: str) -> Refund | None:
    row = connection.execute(select(refund).where(refund.c.number == number)).first()
    return None if row is None else _refund(row)


def in_state(connection: Connection, *states: State) -> list[Refund]:
    wanted = select(refund).where(refund.c.state.in_([each.value for each in states])).order_by(refund.c.number)
    return [_refund(row) for row in connection.execute(wanted)]


def of_holder(connection: Connection, holder: str) -> list[Refund]:
    wanted = select(refund).where(refund.c.holder == holder).order_by(refund.c.number.desc())
    return [_refund(row) for row in connection.execute(wanted)]


def keep_payment(connection: Connection, identifier: str, paid: _Payment, holder: str, now: datetime) -> None:
    """Keep what the bank told of a payment; told again it stays as it is."""
    add = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {
        "id": identifier,
        "payer": paid.payer,
        "reference": paid.reference,
        "tiyn": paid.tiyn,
        "paid_at": paid.paid_at,
        "received_at": now,
        "holder": holder,
        "allocated_by_iin": "",
    }
    connection.execute(add(payment_table).values(row).on_conflict_do_nothing())


def unallocated(connection: Connection) -> Sequence[Received]:
    rows = connection.execute(
        select(payment_table).where(payment_table.c.holder == "").order_by(payment_table.c.received_at)
    )
    return [_received(row) for row in rows]


def read_payment(connection: Connection, identifier: str) -> Received | None:
    row = connection.execute(select(payment_table).where(payment_table.c.id == identifier)).first()
    return None if row is None else _received(row)


def give_payment(connection: Connection, identifier: str, holder: str, by_iin: str) -> bool:
    """Note whose a payment is; tell whether nobody's it was until now."""
    where = (payment_table.c.id == identifier, payment_table.c.holder == "")
    made = update(payment_table).where(*where).values(holder=holder, allocated_by_iin=by_iin)
    return connection.execute(made).rowcount == 1


def _refund(row: Row[Any]) -> Refund:
    values = {name: getattr(row, name) for name in Refund.__struct_fields__}
    for name in ("asked_at", "proposed_at", "decided_at", "paid_at"):
        values[name] = None if values[name] is None else aware(values[name])
    return Refund(**{**values, "state": State(row.state)})


def _received(row: Row[Any]) -> Received:
    return Received(
        id=row.id,
        payer=row.payer,
        reference=row.reference,
        tiyn=int(row.tiyn),
        paid_at=aware(row.paid_at),
        received_at=aware(row.received_at),
        holder=row.holder,
    )
