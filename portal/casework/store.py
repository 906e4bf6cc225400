"""What is kept of case work. All is SQLAlchemy Core over a caller's connection; the caller commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, func, insert, select, update
from sqlmodel import SQLModel

from declarations.lifecycle import Status
from declarations.store import Key, aware, declaration
from portal.casework.model import Appeal, CaseRequest, Proposal, ProposalOutcome, RequestKind
from portal.casework.tables import (
    AppealRow,
    CaseAssignmentRow,
    CaseFileRow,
    CaseRequestRow,
    DeclarationMoveRow,
    DowngradeProposalRow,
)
from risk_gateway.profiles import Outcome

move: Table = SQLModel.metadata.tables[DeclarationMoveRow.__tablename__]
case_file: Table = SQLModel.metadata.tables[CaseFileRow.__tablename__]
assignment: Table = SQLModel.metadata.tables[CaseAssignmentRow.__tablename__]
request: Table = SQLModel.metadata.tables[CaseRequestRow.__tablename__]
proposal: Table = SQLModel.metadata.tables[DowngradeProposalRow.__tablename__]
appeal: Table = SQLModel.metadata.tables[AppealRow.__tablename__]

Values = Mapping[str, Any]

# --- moves ----------------------------------------------------------------------------------------------------------


def add_move(connection: Connection, values: Values) -> None:
    connection.execute(insert(move), values)


def put_status(connection: Connection, key: Key, source: Status, target: Status) -> bool:
    """Change the status of one version; tell whether it had the one it should have had."""
    this = (
        (declaration.c.declarant == key.declarant)
        & (declaration.c.functional_reference_id == key.functional_reference_id)
        & (declaration.c.version == key.version)
        & (declaration.c.status == source.value)
    )
    return connection.execute(update(declaration).where(this).values(status=target.value)).rowcount == 1


def read_moves(connection: Connection, number: str) -> list[Row[Any]]:
    """Return every move of every version, oldest first."""
    return list(connection.execute(select(move).where(move.c.registration_number == number).order_by(move.c.sequence)))


def find_move(connection: Connection, number: str, sequence: int) -> Row[Any] | None:
    this = (move.c.registration_number == number) & (move.c.sequence == sequence)
    return connection.execute(select(move).where(this)).first()


def last_into(connection: Connection, number: str, version: int, target: Status) -> Row[Any] | None:
    """Return the last move by which this version came into a status, from another one."""
    into = (
        (move.c.registration_number == number)
        & (move.c.version == version)
        & (move.c.target == target.value)
        & (move.c.source != target.value)
    )
    return connection.execute(select(move).where(into).order_by(move.c.sequence.desc()).limit(1)).first()


# --- the case file --------------------------------------------------------------------------------------------------


def put_file(connection: Connection, number: str, values: Values) -> None:
    """Change what the worklist knows of a case; the caller holds the journal's head, so nobody else adds it meanwhile.

    The limit is that of the decision, or of an open request.
    """
    this = case_file.c.registration_number == number
    if connection.execute(update(case_file).where(this).values(values)).rowcount == 0:
        connection.execute(insert(case_file), {"registration_number": number, **_BLANK, **values})


_BLANK: Values = {
    "lane": None,
    "lane_version": None,
    "limit_at": None,
    "assignee_iin": None,
    "assignee_name": None,
    "proposal": False,
    "appeal": False,
}


def open_cases(connection: Connection, limits: Mapping[str, datetime | None]) -> None:
    """Give the worklist the limits of decisions, in the transaction that records them; newer versions replace older."""
    for number, limit in limits.items():
        put_file(connection, number, {"limit_at": limit})


def read_file(connection: Connection, number: str) -> Row[Any] | None:
    return connection.execute(select(case_file).where(case_file.c.registration_number == number)).first()


def add_assignment(connection: Connection, values: Values) -> None:
    connection.execute(insert(assignment), values)


def read_assignments(connection: Connection, number: str) -> list[Row[Any]]:
    this = assignment.c.registration_number == number
    return list(connection.execute(select(assignment).where(this).order_by(assignment.c.sequence)))


# --- requests -------------------------------------------------------------------------------------------------------


def add_request(connection: Connection, values: Values) -> None:
    connection.execute(insert(request), values)


def answer_requests(connection: Connection, number: str, sequence: int, at: datetime, only: int | None = None) -> None:
    """Close the open request that was answered, or all that are open when none is named."""
    open_ones = (request.c.registration_number == number) & request.c.answered_sequence.is_(None)
    if only is not None:
        open_ones &= request.c.sequence == only
    connection.execute(update(request).where(open_ones).values(answered_sequence=sequence, answered_at=at))


def mark_told(connection: Connection, number: str, now: datetime) -> None:
    """Keep that the declarant was told of the limits that have passed."""
    late = (request.c.registration_number == number) & (request.c.limit_at < now)
    connection.execute(update(request).where(late, request.c.answered_sequence.is_(None)).values(overdue_told=True))


def read_requests(connection: Connection, numbers: Sequence[str], now: datetime) -> dict[str, list[CaseRequest]]:
    """Return every request of these cases, oldest first."""
    found: dict[str, list[CaseRequest]] = {}
    wanted = select(request).where(request.c.registration_number.in_(numbers)).order_by(request.c.sequence)
    for row in connection.execute(wanted):
        limit = aware(row.limit_at)
        made = CaseRequest(
            id=row.sequence,
            kind=RequestKind(row.kind),
            version=row.version,
            text=row.text,
            questions=tuple(msgspec.json.decode(row.questions)),
            items=tuple(msgspec.json.decode(row.items)),
            limit=limit,
            asked_at=aware(row.asked_at),
            asked_by=row.asked_by,
            answered_by=row.answered_sequence,
            answered_at=aware(row.answered_at) if row.answered_at else None,
            overdue=row.answered_sequence is None and limit < now,
        )
        found.setdefault(row.registration_number, []).append(made)
    return found


def read_overdue(connection: Connection, now: datetime, most: int) -> list[tuple[str, Status]]:
    """Return (number, status) of cases in which the declarant lets a limit pass and was not told yet."""
    waiting = (Status.DOCUMENTS_REQUESTED.value, Status.QUERY.value)
    together = request.join(declaration, declaration.c.registration_number == request.c.registration_number)
    wanted = (
        select(declaration.c.registration_number, declaration.c.status)
        .select_from(together)
        .where(
            request.c.answered_sequence.is_(None),
            request.c.overdue_told.is_(False),
            request.c.limit_at < now,
            declaration.c.status.in_(waiting),
        )
        .distinct()
        .limit(most)
    )
    return [(row.registration_number, Status(row.status)) for row in connection.execute(wanted)]


# --- exports --------------------------------------------------------------------------------------------------------


def read_exports(connection: Connection, status: Status, most: int) -> list[str]:
    """Return numbers of exports in a status, oldest first."""
    of_type = (declaration.c.type_code == "EX") & (declaration.c.status == status.value)
    wanted = select(declaration.c.registration_number).where(of_type).order_by(declaration.c.sequence).limit(most)
    return list(connection.execute(wanted).scalars())


def read_missing_exits(connection: Connection, before: datetime, most: int) -> list[str]:
    """Return numbers of exports that have been awaited at the border since before a moment."""
    together = declaration.join(
        move,
        (move.c.registration_number == declaration.c.registration_number) & (move.c.version == declaration.c.version),
    )
    wanted = (
        select(declaration.c.registration_number)
        .select_from(together)
        .where(
            declaration.c.type_code == "EX",
            declaration.c.status == Status.EXIT_AWAITED.value,
            move.c.target == Status.EXIT_AWAITED.value,
            move.c.source != Status.EXIT_AWAITED.value,
        )
        .group_by(declaration.c.registration_number, declaration.c.sequence)
        .having(func.max(move.c.at) < before)
        .order_by(declaration.c.sequence)
        .limit(most)
    )
    return list(connection.execute(wanted).scalars())


# --- milder lanes ---------------------------------------------------------------------------------------------------


def add_proposal(connection: Connection, values: Values) -> None:
    connection.execute(insert(proposal), values)


def decide_proposal(connection: Connection, identifier: int, values: Values) -> bool:
    """Keep what became of a proposal; tell whether it was still open."""
    this = (proposal.c.sequence == identifier) & proposal.c.outcome.is_(None)
    return connection.execute(update(proposal).where(this).values(values)).rowcount == 1


def lapse_proposals(connection: Connection, number: str, sequence: int, at: datetime) -> None:
    """Close what is still proposed for a case that went on without it."""
    this = (proposal.c.registration_number == number) & proposal.c.outcome.is_(None)
    values = {"outcome": ProposalOutcome.LAPSED.value, "decided_sequence": sequence, "decided_at": at}
    connection.execute(update(proposal).where(this).values(values))


def read_proposals(connection: Connection, number: str) -> tuple[Proposal, ...]:
    this = proposal.c.registration_number == number
    rows = connection.execute(select(proposal).where(this).order_by(proposal.c.sequence))
    return tuple(
        Proposal(
            id=row.sequence,
            number=number,
            version=row.version,
            from_outcome=Outcome(row.from_outcome),
            to_outcome=Outcome(row.to_outcome),
            reason=row.reason,
            text=row.text,
            by_iin=row.by_iin,
            by_name=row.by_name,
            by_role=row.by_role,
            at=aware(row.at),
            outcome=ProposalOutcome(row.outcome) if row.outcome else None,
            decided_sequence=row.decided_sequence,
            decided_by_iin=row.decided_by_iin or "",
            decided_by_name=row.decided_by_name or "",
            decided_at=aware(row.decided_at) if row.decided_at else None,
            decided_text=row.decided_text or "",
        )
        for row in rows
    )


# --- appeals --------------------------------------------------------------------------------------------------------


def add_appeal(connection: Connection, values: Values) -> None:
    connection.execute(insert(appeal), values)


def find_open_appeal(connection: Connection, number: str) -> Row[Any] | None:
    this = (appeal.c.registration_number == number) & appeal.c.upheld.is_(None)
    return connection.execute(select(appeal).where(this).order_by(appeal.c.sequence)).first()


def decide_appeal(connection: Connection, identifier: int, values: Values) -> None:
    connection.execute(update(appeal).where(appeal.c.sequence == identifier).values(values))


def read_appeals(connection: Connection, number: str) -> tuple[Appeal, ...]:
    this = appeal.c.registration_number == number
    return tuple(
        Appeal(
            id=row.sequence,
            version=row.version,
            text=row.text,
            against=Status(row.against),
            at=aware(row.at),
            upheld=row.upheld,
            decided_at=aware(row.decided_at) if row.decided_at else None,
            decided_text=row.decided_text or "",
        )
        for row in connection.execute(select(appeal).where(this).order_by(appeal.c.sequence))
    )
