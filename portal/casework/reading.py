"""What pages show of cases, each read in one look at the database. Whose it is was asked before."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row

from declarations import lifecycle
from declarations import store as declarations_store
from declarations.lifecycle import Action, Actor, Move, Status
from declarations.store import Stored, aware
from portal.casework import opening, statement_store, store, worklist_store
from portal.casework.model import (
    Assignee,
    Case,
    CaseRequest,
    CaseRow,
    FileInfo,
    HistoryEvent,
    Mover,
    ProposalOutcome,
    StatementInfo,
    Worklist,
)
from portal.casework.ownership import OFFICIALS
from portal.casework.worklist_store import Filter
from portal.views import Lane
from risk_gateway import canonical
from risk_gateway import store as risk_store
from risk_gateway.model import Assessment, Decision
from risk_gateway.packing import unpack
from risk_gateway.profiles import MeasureCode, Outcome, strictness_of

ASSIGNED, PROPOSED, DECLINED = "assigned", "downgrade proposed", "downgrade declined"
_BY_HAND = frozenset({*OFFICIALS, Actor.DECLARANT})
_ELSEWHERE = frozenset({Action.DOWNGRADE})  # made by deciding on a proposal


def worklist(
    connection: Connection, by: Mover, wanted: Filter, now: datetime, after: int | None, limit: int
) -> Worklist:
    """Return a page of the worklist of a post, with its counts."""
    rows = worklist_store.read_page(connection, wanted, now, after, limit + 1)
    judged = worklist_store.read_judgements(connection, rows[:limit])
    counted = worklist_store.count_open(connection, wanted.post, by.iin, now)
    everything = wanted == Filter(post=wanted.post)
    return Worklist(
        rows=tuple(_case_row(row, judged.get(row.registration_number), now) for row in rows[:limit]),
        next_after=rows[limit - 1].sequence if len(rows) > limit else None,
        total=sum(counted.statuses.values()) if everything else worklist_store.count(connection, wanted, now),
        counts=counted.statuses,
        mine=counted.mine,
        unassigned=counted.unassigned,
        overdue=counted.overdue,
        proposals=counted.proposals,
        appeals=worklist_store.count(connection, Filter(post=wanted.post, appeals=True), now),
    )


def case(connection: Connection, stored: Stored, by: Mover, now: datetime) -> Case:
    """Return everything of a case. The assessment and what is internal are for officials only."""
    number, official = stored.registration_number, by.actor in OFFICIALS
    file = store.read_file(connection, number)
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    decision = canonical.loads(unpack(kept.decision), Decision)
    status, lane = Status(stored.status), opening.lane_of(file, stored)
    limit = opening.limit_of(connection, stored, status, now)
    proposals = store.read_proposals(connection, number)
    proposed = any(each.outcome is None for each in proposals)
    appeals = store.read_appeals(connection, number)
    appealed = any(each.upheld is None for each in appeals)
    may_propose = official and not proposed and status in opening.MAY_BECOME_MILDER
    return Case(
        stored=stored,
        status=status,
        lane=Lane(lane.value),
        decision=decision if official else _without_flag(decision),
        assessment=canonical.loads(unpack(kept.assessment), Assessment) if official else None,
        assignee=_assignee(file) if official else None,
        limit=limit,
        overdue=limit is not None and limit < now,
        versions=tuple(each.key.version for each in declarations_store.find_versions(connection, number)),
        moves=_moves(connection, stored, by, appealed),
        requests=requests(connection, number, now, official=official),
        statements=statements(connection, number),
        proposals=proposals if official else (),
        appeals=appeals,
        may_claim=official and status in lifecycle.OPEN,
        may_propose=tuple(each for each in Outcome if strictness_of(each) < strictness_of(lane)) if may_propose else (),
    )


def requests(connection: Connection, number: str, now: datetime, *, official: bool) -> tuple[CaseRequest, ...]:
    """Return what was asked for in a case; who asked is for officials only."""
    found = store.read_requests(connection, [number], now).get(number, ())
    return tuple(found) if official else tuple(replace(each, asked_by="") for each in found)


def statements(connection: Connection, number: str) -> tuple[StatementInfo, ...]:
    """Return what was stated in a case, with the files of each."""
    rows = statement_store.read_statements(connection, number)
    files = statement_store.read_files(connection, [row.id for row in rows])
    return tuple(_statement(row, files.get(row.id, ())) for row in rows)


def history(connection: Connection, number: str, *, official: bool) -> tuple[HistoryEvent, ...]:
    """Return what happened to a case, oldest first; without `official` nothing internal, of officials only the role."""
    stated = {each.id: each for each in statements(connection, number)}
    events = [_moved(row, stated, official=official) for row in store.read_moves(connection, number)]
    if official:
        events += [_assigned(row) for row in store.read_assignments(connection, number)]
        events += _of_proposals(connection, number)
    return tuple(sorted(events, key=lambda event: event.sequence))


def _without_flag(decision: Decision) -> Decision:
    """Return a decision as its declarant may know it: a flag for audit stays inside."""
    shown = tuple(each for each in decision.measures if each.code is not MeasureCode.POST_AUDIT_FLAG)
    return replace(decision, measures=shown)


def _moves(connection: Connection, stored: Stored, by: Mover, appealed: bool) -> tuple[Move, ...]:
    """Return the moves that this person may make now by an action of their own."""
    status = Status(stored.status)
    found = []
    for move in lifecycle.moves_from(status):
        if by.actor not in move.actors or move.action in _ELSEWHERE:
            continue
        if move.action in (Action.UPHOLD_APPEAL, Action.DISMISS_APPEAL) and not appealed:
            continue
        if move.action is Action.APPEAL and appealed:
            continue
        if move.returns:
            before = store.last_into(connection, stored.registration_number, stored.key.version, status)
            if before is None or before.source != move.target.value:
                continue
        found.append(move)
    return tuple(found)


def _case_row(row: Row[Any], judged: tuple[bytes, bytes] | None, now: datetime) -> CaseRow:
    assessment = canonical.loads(unpack(judged[0]), Assessment) if judged else None
    decision = canonical.loads(unpack(judged[1]), Decision) if judged else None
    limit = aware(row.limit_at) if row.limit_at else None
    return CaseRow(
        sequence=row.sequence,
        number=row.registration_number,
        version=row.version,
        declarant=row.declarant,
        declarant_name=row.declarant_name,
        agent=row.agent,
        type_code=row.type_code,
        procedure=row.procedure,
        status=Status(row.status),
        lane=Lane(row.in_lane),
        item_count=row.item_count,
        customs_value=_tenge(row.customs_value_tiyn),
        score=assessment.score if assessment else Decimal(0),
        degraded=decision.degraded if decision else False,
        reasons=tuple(dict.fromkeys(each.category for each in decision.explanation)) if decision else (),
        profiles=tuple(dict.fromkeys(each.profile for each in assessment.findings if each.selected))
        if assessment
        else (),
        accepted_at=aware(row.accepted_at),
        limit=limit,
        overdue=limit is not None and limit < now,
        assignee=_assignee(row),
        proposal=bool(row.proposal),
        appeal=bool(row.appeal),
    )


def _moved(row: Row[Any], stated: dict[str, StatementInfo], *, official: bool) -> HistoryEvent:
    details = msgspec.json.decode(row.details)
    move = lifecycle.move_for(Status(row.source), Action(row.action), Status(row.target))
    actor = Actor(row.actor)
    shown = official or not move.discreet
    named = official or actor is Actor.DECLARANT
    return HistoryEvent(
        sequence=row.sequence,
        at=aware(row.at),
        action=row.action,
        actor=actor,
        version=row.version,
        source=move.source,
        target=move.target,
        by_iin=row.actor_iin if named else "",
        by_name=row.actor_name if named else "",
        reason=row.reason if shown else "",
        text=row.text if shown else "",
        limit=aware(row.limit_at) if row.limit_at else None,
        questions=tuple(details["questions"]),
        items=tuple(details["items"]),
        amount=_tenge(details["amount_tiyn"] or None),
        notice_code=move.notice,
        has_notice=row.notice is not None,
        statement=stated.get(row.statement) if row.statement else None,
    )


def _assigned(row: Row[Any]) -> HistoryEvent:
    return HistoryEvent(
        sequence=row.sequence,
        at=aware(row.at),
        action=ASSIGNED,
        actor=Actor(row.by_role),
        version=row.version,
        internal=True,
        by_iin=row.by_iin,
        by_name=row.by_name,
        to=Assignee(row.to_iin, row.to_name) if row.to_iin else None,
    )


def _of_proposals(connection: Connection, number: str) -> list[HistoryEvent]:
    """Return what was proposed and declined; what was approved is a move."""
    events = []
    for each in store.read_proposals(connection, number):
        proposed = HistoryEvent(
            sequence=each.id,
            at=each.at,
            action=PROPOSED,
            actor=Actor(each.by_role),
            version=each.version,
            internal=True,
            by_iin=each.by_iin,
            by_name=each.by_name,
            reason=each.reason,
            text=each.text,
            lane=Lane(each.to_outcome.value),
        )
        events.append(proposed)
        if each.outcome is ProposalOutcome.DECLINED and each.decided_at and each.decided_sequence is not None:
            declined = HistoryEvent(
                sequence=each.decided_sequence,
                at=each.decided_at,
                action=DECLINED,
                actor=Actor.CHIEF,
                version=each.version,
                internal=True,
                by_iin=each.decided_by_iin,
                by_name=each.decided_by_name,
                text=each.decided_text,
                lane=Lane(each.to_outcome.value),
            )
            events.append(declined)
    return events


def _statement(row: Row[Any], files: Sequence[FileInfo]) -> StatementInfo:
    return StatementInfo(
        id=row.id,
        kind=lifecycle.StatementKind(row.kind),
        version=row.version,
        text=row.text,
        by_iin=row.by_iin,
        by_name=row.by_name,
        at=aware(row.accepted_at),
        digest=row.signed_digest,
        sequence=row.sequence,
        files=tuple(files),
    )


def _assignee(row: Row[Any] | None) -> Assignee | None:
    return Assignee(row.assignee_iin, row.assignee_name) if row is not None and row.assignee_iin else None


def _tenge(tiyn: int | None) -> Decimal | None:
    return None if tiyn is None else Decimal(tiyn).scaleb(-2)
