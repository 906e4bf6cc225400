"""What is kept of profiles' results: tallies by day, how far they were taken in, and overridden decisions.

The caller commits: a cursor and the tallies it stands for are one transaction, so a crash neither loses nor doubles.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec
import zstandard
from msgspec import Struct
from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from declarations.store import aware, declaration
from risk_gateway import canonical, judgement_store
from risk_gateway.annulment_store import annulment
from risk_gateway.archive import Share
from risk_gateway.archive_store import control_result
from risk_gateway.days import day_of
from risk_gateway.desk import Status
from risk_gateway.feedback import Tallies, Tally, TallyKey, of_act, of_assessment, taken_back
from risk_gateway.model import Assessment
from risk_gateway.packing import unpack
from risk_gateway.store import decision
from risk_gateway.tables import OverrideRow, ProfileRow, ProfileTallyRow, RiskCursorRow

tally_table = SQLModel.metadata.tables[ProfileTallyRow.__tablename__]
cursor_table = SQLModel.metadata.tables[RiskCursorRow.__tablename__]
profile = SQLModel.metadata.tables[ProfileRow.__tablename__]
override = SQLModel.metadata.tables[OverrideRow.__tablename__]

RESULTS = "feedback.results"  # the cursor of closed acts
BEFORE_ALL = -1  # no entry of the journal has this index
_KEY = ("declarant", "functional_reference_id", "version")
_COUNTS = Tally.__struct_fields__
_ADD = (
    update(tally_table)
    .where(
        tally_table.c.code == bindparam("of_code"),
        tally_table.c.version == bindparam("of_version"),
        tally_table.c.day == bindparam("on_day"),
    )
    .values({name: tally_table.c[name] + bindparam(f"more_{name}") for name in _COUNTS})
)


class Override(Struct, frozen=True):
    """A decision that two officers made milder, and why. `profiles` is None when the assessment cannot be read."""

    number: str
    at: datetime
    from_outcome: str
    to_outcome: str
    reason_code: str
    officer: str
    approver: str
    profiles: tuple[str, ...] | None


# --- how far --------------------------------------------------------------------------------------------------------


def take_cursor(connection: Connection, name: str) -> int:
    """Return how far a task has read, and keep other workers out of it until the transaction ends."""
    wanted = select(cursor_table.c.position).where(cursor_table.c.name == name).with_for_update()
    position = connection.execute(wanted).scalar_one_or_none()
    if position is not None:
        return int(position)
    try:
        with connection.begin_nested():
            connection.execute(insert(cursor_table).values(name=name, position=BEFORE_ALL))
    except IntegrityError:  # another worker has just begun
        pass
    return int(connection.execute(wanted).scalar_one())


def read_cursor(connection: Connection, name: str) -> int:
    """Return how far a task has read, without a claim to be the next."""
    position = connection.execute(select(cursor_table.c.position).where(cursor_table.c.name == name)).scalar()
    return BEFORE_ALL if position is None else int(position)


def put_cursor(connection: Connection, name: str, position: int) -> None:
    connection.execute(update(cursor_table).where(cursor_table.c.name == name).values(position=position))


# --- tallies --------------------------------------------------------------------------------------------------------


def new_hits(connection: Connection, after: int, most: int) -> Iterator[tuple[int, Tallies | None]]:
    """Yield (journal index, tallies) of the next decisions behind an index; None of one that cannot be read."""
    together = declaration.join(decision, and_(*(declaration.c[name] == decision.c[name] for name in _KEY)))
    statement = (
        select(declaration.c.sequence, declaration.c.accepted_at, decision.c.assessment)
        .select_from(together)
        .where(declaration.c.sequence > after)
        .order_by(declaration.c.sequence)
        .limit(most)
    )
    for row in connection.execute(statement):
        try:
            assessment = canonical.loads(unpack(bytes(row.assessment)), Assessment)
        except (msgspec.MsgspecError, zstandard.ZstdError):
            yield row.sequence, None
            continue
        yield row.sequence, of_assessment(day_of(aware(row.accepted_at)), assessment)


def new_judgements(connection: Connection, after: int, most: int) -> Iterator[tuple[int, Tallies | None]]:
    """Yield (journal index, tallies) of the next judgements behind an index; None of one that cannot be read."""
    for each in judgement_store.after(connection, after, most):
        try:
            assessment = canonical.loads(unpack(each.assessment), Assessment)
        except (msgspec.MsgspecError, zstandard.ZstdError):
            yield each.sequence, None
            continue
        yield each.sequence, of_assessment(each.day, assessment)


def new_results(connection: Connection, after: int, most: int) -> Iterator[tuple[int, Tallies]]:
    """Yield (journal index, tallies) of the next closed acts behind an index, whole acts only."""
    columns = control_result.c
    acts = select(columns.sequence).where(columns.sequence > after).distinct().order_by(columns.sequence).limit(most)
    rows = connection.execute(select(control_result).where(columns.sequence.in_(acts)).order_by(columns.sequence))
    for row in rows:
        share = Share(row.profile, row.profile_version, row.found, row.amount_tiyn)
        yield row.sequence, of_act(day_of(aware(row.closed_at)), (share,))


def new_annulments(connection: Connection, after: int, most: int) -> Iterator[tuple[int, Tallies]]:
    """Yield (journal index, tallies) of the next annulled acts behind an index: what `new_results` gave, negative.

    Only of acts that are counted already.
    """
    counted = read_cursor(connection, RESULTS)
    columns, wanted = annulment.c, annulment.join(control_result, annulment.c.act == control_result.c.act)
    acts = select(columns.sequence).where(columns.sequence > after).order_by(columns.sequence).limit(most)
    statement = (
        select(control_result, columns.sequence.label("annulled"))
        .select_from(wanted)
        .where(columns.sequence.in_(acts))
        .order_by(columns.sequence)
    )
    for row in connection.execute(statement):
        if row.sequence > counted:
            return
        share = Share(row.profile, row.profile_version, row.found, row.amount_tiyn)
        yield row.annulled, taken_back(of_act(day_of(aware(row.closed_at)), (share,)))


def add_tallies(connection: Connection, tallies: Tallies) -> None:
    """Add to what is tallied already; the caller holds the cursor, so nobody else adds meanwhile."""
    for key, tally in sorted(tallies.items(), key=lambda pair: pair[0]):
        counts = {name: getattr(tally, name) for name in _COUNTS}
        of = {"of_code": key.code, "of_version": key.version, "on_day": key.day}
        more = {f"more_{name}": count for name, count in counts.items()}
        if connection.execute(_ADD, {**of, **more}).rowcount == 0:
            row = {"code": key.code, "version": key.version, "day": key.day, **counts}
            connection.execute(insert(tally_table), row)


def read_tallies(connection: Connection, code: str | None = None) -> Tallies:
    """Return every tally, or those of one profile."""
    statement = select(tally_table)
    if code is not None:
        statement = statement.where(tally_table.c.code == code)
    return {
        TallyKey(row.code, row.version, row.day): Tally(**{name: getattr(row, name) for name in _COUNTS})
        for row in connection.execute(statement)
    }


def read_ended(connection: Connection, today: date) -> list[tuple[str, int]]:
    """Return (code, version) of what still has the status of an active or suspended profile, but whose last day has
    passed."""
    columns = profile.c
    ended = columns.status.in_((Status.APPROVED.value, Status.SUSPENDED.value)) & (columns.valid_to < today)
    rows = connection.execute(select(columns.code, columns.version).where(ended).order_by(columns.code))
    return [(row.code, row.version) for row in rows]


# --- overrides ------------------------------------------------------------------------------------------------------


def add_override(connection: Connection, key: tuple[str, str, int], made: dict[str, Any]) -> None:
    """Record that two officers made a decision milder: at, from_outcome, to_outcome, reason_code, officer, approver."""
    connection.execute(insert(override), {**dict(zip(_KEY, key, strict=True)), **made})


def read_overrides(connection: Connection) -> Iterator[Override]:
    """Yield every override in order, with the profiles whose hits had been acted upon."""
    of_declaration = and_(*(override.c[name] == declaration.c[name] for name in _KEY))
    of_decision = and_(*(override.c[name] == decision.c[name] for name in _KEY))
    statement = (
        select(override, declaration.c.registration_number, decision.c.assessment)
        .select_from(override.join(declaration, of_declaration).join(decision, of_decision))
        .order_by(override.c.at, declaration.c.registration_number)
    )
    for row in connection.execute(statement):
        yield Override(
            number=row.registration_number,
            at=aware(row.at),
            from_outcome=row.from_outcome,
            to_outcome=row.to_outcome,
            reason_code=row.reason_code,
            officer=row.officer,
            approver=row.approver,
            profiles=_acted_upon(bytes(row.assessment)),
        )


def _acted_upon(packed: bytes) -> tuple[str, ...] | None:
    try:
        assessment = canonical.loads(unpack(packed), Assessment)
    except (msgspec.MsgspecError, zstandard.ZstdError):
        return None
    return tuple(sorted({one.profile for one in assessment.findings if one.selected}))
