"""Which identities an officer has said are one, and the questions about those that may be. The caller commits."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, update
from sqlmodel import SQLModel

from risk_gateway.bases.violations.store import merge_table
from risk_gateway.bases.violations.tables import IdentityQuestionRow

question_table = SQLModel.metadata.tables[IdentityQuestionRow.__tablename__]


class Answer(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


class Question(Struct, frozen=True):
    """Is the `identity` of a `violation` the same as the `candidate`? Both are keys; `score` is 0-100."""

    id: str
    identity: str
    name: str
    violation: str
    candidate: str
    candidate_name: str
    score: int
    asked_at: datetime
    answer: Answer | None
    reason: str | None
    by_name: str | None
    answered_at: datetime | None


class Merge(Struct, frozen=True):
    """That `merged` is the same as `into`, by whom and why; `undone_at` when it was taken back."""

    sequence: int
    merged: str
    merged_name: str
    into: str
    into_name: str
    reason: str
    by_name: str
    at: datetime
    undone_at: datetime | None
    undone_by_name: str | None
    undone_reason: str | None


# --- questions ------------------------------------------------------------------------------------------------------


def add_questions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(question_table), rows)


def asked_about(connection: Connection, identity: str) -> frozenset[str]:
    """Return the candidates about whom was asked already, answered or not."""
    wanted = select(question_table.c.candidate).where(question_table.c.identity == identity)
    return frozenset(connection.execute(wanted).scalars())


def find_question(connection: Connection, identifier: str) -> Question | None:
    row = connection.execute(select(question_table).where(question_table.c.id == identifier)).first()
    return None if row is None else _question(row)


def questions_of(connection: Connection, identity: str) -> tuple[Question, ...]:
    """Return what was asked of an identity, on either side."""
    columns = question_table.c
    wanted = select(question_table).where((columns.identity == identity) | (columns.candidate == identity))
    return tuple(map(_question, connection.execute(wanted.order_by(columns.asked_at, columns.id))))


def open_questions(connection: Connection, limit: int) -> tuple[Question, ...]:
    """Return what nobody has answered yet, the most similar first."""
    columns = question_table.c
    wanted = select(question_table).where(columns.answer.is_(None)).order_by(columns.score.desc(), columns.id)
    return tuple(map(_question, connection.execute(wanted.limit(limit))))


def count_open_questions(connection: Connection) -> int:
    wanted = select(func.count()).select_from(question_table).where(question_table.c.answer.is_(None))
    return int(connection.execute(wanted).scalar_one())


def answer_question(connection: Connection, identifier: str, values: dict[str, Any]) -> bool:
    """Write the answer; tell whether nobody had answered before."""
    unanswered = (question_table.c.id == identifier) & question_table.c.answer.is_(None)
    return connection.execute(update(question_table).where(unanswered).values(**values)).rowcount == 1


# --- merges ---------------------------------------------------------------------------------------------------------


def add_merge(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(merge_table).values(row))


def root_of(connection: Connection, identity: str) -> str:
    """Return the identity that this one counts for: itself unless it was merged."""
    while True:
        wanted = select(merge_table.c.into).where(merge_table.c.merged == identity, merge_table.c.undone_at.is_(None))
        into = connection.execute(wanted).scalar_one_or_none()
        if into is None:
            return identity
        identity = into


def read_merge(connection: Connection, sequence: int) -> Merge:
    """Raises `NoResultFound`."""
    return _merge(connection.execute(select(merge_table).where(merge_table.c.sequence == sequence)).one())


def find_merge(connection: Connection, sequence: int) -> Merge | None:
    row = connection.execute(select(merge_table).where(merge_table.c.sequence == sequence)).first()
    return None if row is None else _merge(row)


def merges_of(connection: Connection, identities: Sequence[str]) -> tuple[Merge, ...]:
    """Return every merge on either side of these identities, those taken back too, in their order."""
    columns = merge_table.c
    wanted = select(merge_table).where(columns.merged.in_(identities) | columns.into.in_(identities))
    return tuple(map(_merge, connection.execute(wanted.order_by(columns.sequence))))


def all_merges(connection: Connection) -> tuple[Merge, ...]:
    """Return every merge, in their order: for checking, never in a request."""
    return tuple(map(_merge, connection.execute(select(merge_table).order_by(merge_table.c.sequence))))


def undo_merge(connection: Connection, sequence: int, values: dict[str, Any]) -> bool:
    """Take a merge back; tell whether it still stood."""
    standing = (merge_table.c.sequence == sequence) & merge_table.c.undone_at.is_(None)
    return connection.execute(update(merge_table).where(standing).values(**values)).rowcount == 1


def _question(row: Any) -> Question:
    plain = {name: getattr(row, name) for name in Question.__struct_fields__}
    answer = Answer(row.answer) if row.answer else None
    return Question(
        **{**plain, "answer": answer, "asked_at": _aware(row.asked_at), "answered_at": _maybe(row.answered_at)}
    )


def _merge(row: Any) -> Merge:
    plain = {name: getattr(row, name) for name in Merge.__struct_fields__}
    return Merge(**{**plain, "at": _aware(row.at), "undone_at": _maybe(row.undone_at)})


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _maybe(at: datetime | None) -> datetime | None:
    return None if at is None else _aware(at)
