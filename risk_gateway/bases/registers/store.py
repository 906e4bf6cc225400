"""Where answers of registers are kept: one row for each number of a holder and each partner that was asked."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, select, text, tuple_
from sqlmodel import SQLModel

from risk_gateway.bases.partner_facts.store import DETAIL_MOST, milliseconds, moment
from risk_gateway.bases.registers.model import Named, Register, RegisterFact, Said
from risk_gateway.bases.registers.tables import RegisterFactRow

fact = SQLModel.metadata.tables[RegisterFactRow.__tablename__]

# A failure says nothing new: the answer of before stays, with its age. A late answer does not replace a newer one.
_PUT = text("""
    INSERT INTO register_fact (holder, kind, number, partner, said, answered_ms, asked_ms, seen_ms, due_ms, detail)
    VALUES (:holder, :kind, :number, :partner, :said, :answered_ms, :asked_ms, :seen_ms, :due_ms, :detail)
    ON CONFLICT (holder, kind, number, partner) DO UPDATE SET
           said = CASE WHEN excluded.answered_ms >= register_fact.answered_ms AND excluded.answered_ms > 0
                       THEN excluded.said ELSE register_fact.said END,
           answered_ms = CASE WHEN excluded.answered_ms > register_fact.answered_ms
                              THEN excluded.answered_ms ELSE register_fact.answered_ms END,
           asked_ms = CASE WHEN excluded.asked_ms > register_fact.asked_ms
                           THEN excluded.asked_ms ELSE register_fact.asked_ms END,
           seen_ms = CASE WHEN excluded.seen_ms > register_fact.seen_ms
                          THEN excluded.seen_ms ELSE register_fact.seen_ms END,
           due_ms = excluded.due_ms,
           detail = CASE WHEN excluded.asked_ms >= register_fact.asked_ms
                         THEN excluded.detail ELSE register_fact.detail END
""")


def fact_of(
    holder: str, kind: str, number: str, partner: str, said: str, detail: str, answered_ms: int, asked_ms: int
) -> RegisterFact:
    """Return a stored row as a fact."""
    return RegisterFact(
        partner=partner,
        register=Register(kind),
        number=number,
        holder=holder,
        asked_at=moment(asked_ms),
        answered_at=moment(answered_ms) if answered_ms else None,
        said=msgspec.json.decode(said, type=Said) if said else None,
        detail=detail,
    )


def read(connection: Connection, named: Collection[Named]) -> tuple[RegisterFact, ...]:
    """Return what every partner said last of these numbers, by number and partner."""
    if not named:
        return ()
    keys = [(each.holder, each.register.value, each.number) for each in sorted(set(named))]
    columns = fact.c
    wanted = select(fact).where(tuple_(columns.holder, columns.kind, columns.number).in_(keys))
    rows = connection.execute(wanted.order_by(columns.holder, columns.kind, columns.number, columns.partner))
    return tuple(
        fact_of(row.holder, row.kind, row.number, row.partner, row.said, row.detail, row.answered_ms, row.asked_ms)
        for row in rows
    )


def put(connection: Connection, facts: Iterable[RegisterFact], due: "DueAt", seen_at: datetime | None) -> None:
    """Keep what was answered, and what was not: then the answer of before stays. `seen_at` is when somebody needed it,
    None for a refreshing."""
    rows = [
        {
            "holder": each.holder,
            "kind": each.register.value,
            "number": each.number,
            "partner": each.partner,
            "said": msgspec.json.encode(each.said).decode() if each.said else "",
            "answered_ms": milliseconds(each.answered_at) if each.answered_at and each.said else 0,
            "asked_ms": milliseconds(each.asked_at),
            "seen_ms": milliseconds(seen_at) if seen_at else 0,
            "due_ms": milliseconds(due.of(each)),
            "detail": each.detail[:DETAIL_MOST],
        }
        for each in sorted(facts, key=lambda each: (each.named, each.partner))
    ]
    if rows:
        connection.execute(_PUT, rows)


class DueAt(msgspec.Struct, frozen=True):
    """When to ask again: of an answer, and of silence."""

    answered: datetime
    silent: datetime

    def of(self, given: RegisterFact) -> datetime:
        return self.silent if given.said is None else self.answered


def find_due(connection: Connection, now: datetime, seen_since: datetime, limit: int) -> Sequence[Named]:
    """Return numbers that are due, the longest waiting first, needed by somebody no earlier than `seen_since`."""
    columns = fact.c
    due = (
        select(columns.holder, columns.kind, columns.number)
        .where(columns.due_ms <= milliseconds(now), columns.seen_ms >= milliseconds(seen_since))
        .order_by(columns.due_ms, columns.holder, columns.kind, columns.number)
        .limit(limit)
    )
    found = (Named(row.holder, Register(row.kind), row.number) for row in connection.execute(due))
    return tuple(dict.fromkeys(found))


def claim(connection: Connection, named: Iterable[Named], now: datetime, until: timedelta) -> Sequence[Named]:
    """Take numbers that are still due, so that others leave them alone until then; return those that were."""
    taken, columns = [], fact.c
    for each in sorted(named):
        here = (columns.holder == each.holder, columns.kind == each.register.value, columns.number == each.number)
        put_off = fact.update().where(*here, columns.due_ms <= milliseconds(now))
        if connection.execute(put_off.values(due_ms=milliseconds(now + until))).rowcount:
            taken.append(each)
    return taken


def forget(connection: Connection, partners: Collection[str], before: datetime) -> None:
    """Forget what others than these partners said, and what nobody has needed since then. Cases keep what they were
    judged by."""
    columns = fact.c
    connection.execute(delete(fact).where(columns.partner.not_in(partners) | (columns.seen_ms < milliseconds(before))))
