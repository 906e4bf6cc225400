"""What the pages of partners look for. Core over a caller's connection."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, or_, select, union_all

from declarations.store import aware, participant
from interop.exchange_store import DEAD, WAITING, outbox
from interop.query_log import Query, query_table
from portal.audit import Event
from risk_gateway.bases.partner_facts.store import fact, moment
from risk_gateway.bases.registers.store import fact as register_fact
from signing.store import journal

PAGE: Final = 25
ASKED_MOST: Final = 25
LATELY: Final = 100_000  # entries of the journal, which are not found by their event


class Page(Struct, frozen=True):
    """One page of a list: its rows, its number from 1, how many pages and how many rows there are."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


class Message(Struct, frozen=True):
    """A message to a partner, without what it says and whom or what it is about."""

    id: str
    sequence: int
    kind: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    ended_at: datetime | None
    code: str


class OwnQuestion(Struct, frozen=True):
    """That this office asked partners about a participant: an entry of the journal."""

    index: int
    about: str
    at: datetime
    partners: str
    purpose: str
    legal_basis: str


_SHOWN = ("message_id", "sequence", "kind", "created_at", "attempts", "next_attempt_at", "ended_at", "code")


def page_of_messages(connection: Connection, partner: str, state: str, number: int) -> Page:
    """Return what waits for a partner in order, or its dead letters, the newest first."""
    wanted = select(*(outbox.c[name] for name in _SHOWN)).where(outbox.c.partner == partner, outbox.c.state == state)
    order = outbox.c.sequence if state == WAITING else outbox.c.sequence.desc()
    page, rows = _page(connection, wanted, order, number)
    return Page([_message(row) for row in rows], *page)


def find_dead(connection: Connection, partner: str, message: str) -> Message | None:
    dead = (outbox.c.partner == partner, outbox.c.message_id == message, outbox.c.state == DEAD)
    row = connection.execute(select(*(outbox.c[name] for name in _SHOWN)).where(*dead)).first()
    return None if row is None else _message(row)


def dead_of(connection: Connection, partner: str) -> list[str]:
    """Return the ids of a partner's dead letters, the oldest first."""
    wanted = select(outbox.c.message_id).where(outbox.c.partner == partner, outbox.c.state == DEAD)
    return list(connection.execute(wanted.order_by(outbox.c.sequence)).scalars())


def last_facts(connection: Connection) -> Mapping[str, datetime]:
    """Return when each partner that is asked, about participants or about numbers, answered last."""
    tables = (fact, register_fact)
    found = union_all(
        *(select(each.c.partner, func.max(each.c.answered_ms)).group_by(each.c.partner) for each in tables)
    )
    return {partner: moment(answered) for partner, answered in connection.execute(found) if answered}


def page_of_queries(
    connection: Connection, *, text: str, partner: str, answer: str, first: datetime | None, number: int
) -> Page:
    """Return queries, the newest first. `text` is about whom, or part of purpose or legal basis."""
    columns = query_table.c
    wanted = select(query_table)
    if text:
        parts = (columns.purpose.icontains(text, autoescape=True), columns.legal_basis.icontains(text, autoescape=True))
        wanted = wanted.where(or_(columns.about == text, *parts))
    if partner:
        wanted = wanted.where(columns.partner == partner)
    if answer:
        wanted = wanted.where(columns.answer == answer)
    if first is not None:
        wanted = wanted.where(columns.at >= first)
    page, rows = _page(connection, wanted, columns.id.desc(), number)
    return Page([_query(row) for row in rows], *page)


def own_questions(connection: Connection, participant_number: str) -> list[OwnQuestion]:
    """Return when this office asked partners about a participant, or lately about anybody ("" for the number), the
    newest first, at most `ASKED_MOST`."""
    wanted = select(journal.c.entry).where(journal.c.event == Event.PARTNER_ASKED.value)
    if participant_number:
        wanted = wanted.where(journal.c.subject == participant_number)
    else:
        newest = select(func.coalesce(func.max(journal.c.index), 0)).scalar_subquery()
        wanted = wanted.where(journal.c.index > newest - LATELY)
    rows = connection.execute(wanted.order_by(journal.c.index.desc()).limit(ASKED_MOST))
    return [_own_question(row.entry) for row in rows]


def names_of(connection: Connection, identifiers: Sequence[str]) -> Mapping[str, str]:
    """Return the names of those of these that are recorded participants."""
    columns = participant.c
    found = connection.execute(select(columns.identifier, columns.name).where(columns.identifier.in_(identifiers)))
    return {row.identifier: row.name for row in found}


def _own_question(entry: bytes) -> OwnQuestion:
    told = msgspec.json.decode(entry)
    said = told["particulars"]
    at = datetime.fromisoformat(told["at"])
    return OwnQuestion(told["index"], told["subject"], at, said["partners"], said["purpose"], said["legal_basis"])


def _page(connection: Connection, wanted: Any, order: Any, number: int) -> tuple[tuple[int, int, int], Sequence[Any]]:
    """Return (number, pages, total) and the rows; a number beyond the last page is the last page."""
    total = int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one())
    pages = max(1, -(-total // PAGE))
    shown = min(max(1, number), pages)
    rows = connection.execute(wanted.order_by(order).limit(PAGE).offset((shown - 1) * PAGE)).all()
    return (shown, pages, total), rows


def _message(row: Any) -> Message:
    return Message(
        id=row.message_id,
        sequence=row.sequence,
        kind=row.kind,
        created_at=aware(row.created_at),
        attempts=row.attempts,
        next_attempt_at=aware(row.next_attempt_at),
        ended_at=aware(row.ended_at) if row.ended_at else None,
        code=row.code,
    )


def _query(row: Any) -> Query:
    told = msgspec.json.decode(row.told, type=tuple[str, ...])
    return Query(**{**row._mapping, "told": told, "at": aware(row.at)})
