"""What is open in a case: requests, a proposed milder lane, an appeal, a limit. Moves open and close it."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row

from declarations import store as declarations_store
from declarations import xml
from declarations.ledger import store as ledger_store
from declarations.ledger.model import AccountKind
from declarations.lifecycle import ON_PAPER, OPEN, Action, Move, Status
from declarations.store import Stored
from portal import control
from portal.casework import statement_store, statements, store
from portal.casework.desk import Desk
from portal.casework.errors import CaseRefused, RefusedByControl
from portal.casework.model import Proposal, ProposalOutcome, RequestKind, Wanted
from risk_gateway import canonical, history_store, repeated_goods_store
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.errors import ControlRefused
from risk_gateway.model import Decision
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome, strictness_of
from risk_gateway.repeated_goods import marks_of
from signing import xmlgate

REQUESTS = {
    Action.REQUEST_DOCUMENTS: RequestKind.DOCUMENTS,
    Action.REQUEST_DATA: RequestKind.DATA,
    Action.ASK: RequestKind.QUESTION,
    Action.ORDER_EXPERTISE: RequestKind.EXPERTISE,
}
MILDER = {Outcome.DOCUMENTARY_CHECK: Status.DOCUMENTS_REQUESTED, Outcome.SIMPLIFIED_RELEASE: Status.RELEASED}
"""The status to which a downgrade leads, by the milder lane."""
_MISSED = {(Action.MISS_EXIT, Status.EXIT_AWAITED): 1, (Action.CONFIRM_EXIT, Status.NO_PROOF_OF_EXIT): -1}
MAY_BECOME_MILDER = (*ON_PAPER, Status.INSPECTION_ORDERED, Status.IN_PROGRESS)
_BEFORE_THE_ACT = (Status.INSPECTION_ORDERED.value, Status.IN_PROGRESS.value)
_PAUSES = (Status.AMENDMENT_REQUESTED, Status.DETAINED)  # the case comes back from these to what was open


class State(NamedTuple):
    """A move that is being made: all that its writes need."""

    connection: Connection
    desk: Desk
    stored: Stored
    move: Move
    wanted: Wanted
    sequence: int
    now: datetime

    @property
    def number(self) -> str:
        return self.stored.registration_number


def demand(state: State) -> str | None:
    """Raise `CaseRefused` when what is open does not allow the move. Return the digest of its signed statement."""
    check = _DEMANDS.get(state.move.action)
    if check is not None:
        check(state)
    if state.move.statement is None:
        return None
    row = statement_store.find_statement(state.connection, state.wanted.statement or "")
    if (
        row is None
        or row.sequence != state.sequence
        or row.kind != state.move.statement.value
        or row.registration_number != state.number
    ):
        raise CaseRefused("case.statement_needed")
    return str(row.signed_digest)


def write(state: State) -> None:
    """Open and close what the move opens and closes; what a replaced version leaves open, its successor decides."""
    connection, number, move, wanted = state.connection, state.number, state.move, state.wanted
    if move.action in REQUESTS:
        _ask(state, REQUESTS[move.action])
    elif move.action is Action.SUBMIT:
        store.answer_requests(connection, number, state.sequence, state.now, wanted.request)
    elif move.action is Action.TELL_OVERDUE:
        store.mark_told(connection, number, state.now)
    elif move.action is Action.RECORD_EXPERTISE or move.target not in (*ON_PAPER, *_PAUSES, Status.GRANTED):
        store.answer_requests(connection, number, state.sequence, state.now)
    if move.action is Action.ORDER_INSPECTION:
        _know_again(state)
    if move.action is Action.APPEAL:
        _appeal(state)
    elif move.action in (Action.UPHOLD_APPEAL, Action.DISMISS_APPEAL):
        _decide_appeal(state)
    elif move.action is Action.DOWNGRADE:
        _approve(state)
    file = _file_after(state)
    if move.target not in (*MAY_BECOME_MILDER, *_PAUSES) or move.action in (Action.ORDER_INSPECTION, Action.DOWNGRADE):
        store.lapse_proposals(connection, number, state.sequence, state.now)
        file["proposal"] = False
    store.put_file(connection, number, file)


def conclude(state: State) -> None:
    """Tell the risk gateway what came of its decision, in an entry of its own behind that of the move."""
    missed = _MISSED.get((state.move.action, state.move.source))
    if missed is not None:
        history_store.add_to_record(state.connection, state.stored.key.declarant, exports_without_exit=missed)
    try:
        if state.move.action is Action.SIGN_ACT:
            _close_control(state)
        elif state.move.action is Action.DOWNGRADE:
            _override(state)
        elif state.move.action is Action.UPHOLD_APPEAL:
            _annul_findings(state)
    except ControlRefused as error:
        raise RefusedByControl(error) from None


def limit_of(connection: Connection, stored: Stored, status: Status, now: datetime) -> datetime | None:
    """Return by when something is due: the first limit of what is asked for, else that of the decision."""
    if status not in OPEN:
        return None
    requests = store.read_requests(connection, [stored.registration_number], now)
    limits = [each.limit for each in requests.get(stored.registration_number, ()) if each.answered_by is None]
    return min(limits) if limits else decision_limit(read_decision(connection, stored))


def decision_limit(decision: Decision) -> datetime | None:
    """Return the first deadline that a decision sets, in UTC."""
    return min((each.deadline.astimezone(UTC) for each in decision.measures if each.deadline), default=None)


def read_decision(connection: Connection, stored: Stored) -> Decision:
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    return canonical.loads(unpack(kept.decision), Decision)


def lane_of(file: Row[Any] | None, stored: Stored) -> Outcome:
    """Return the lane in force: that of the decision, unless officers have changed it since."""
    if file is not None and file.lane is not None and file.lane_version == stored.key.version:
        return Outcome(file.lane)
    return Outcome(stored.outcome)


def demand_request(connection: Connection, number: str, wanted: int, now: datetime) -> None:
    """Raises `CaseRefused` unless this request waits for an answer."""
    requests = store.read_requests(connection, [number], now).get(number, ())
    if not any(each.id == wanted and each.answered_by is None for each in requests):
        raise CaseRefused("case.no_request", "request")


def find_proposal(connection: Connection, number: str, identifier: int | None) -> Proposal:
    """Return an open proposal. Raises `CaseRefused`."""
    for each in store.read_proposals(connection, number):
        if each.id == identifier and each.outcome is None:
            return each
    raise CaseRefused("case.no_proposal")


# --- what must hold before ------------------------------------------------------------------------------------------


def _demand_request(state: State) -> None:
    """Only what is open can be answered; without naming one, all that is open is."""
    if state.wanted.request is not None:
        demand_request(state.connection, state.number, state.wanted.request, state.now)


def _demand_act(state: State) -> None:
    """Goods whose inspection is ordered and lifted by nobody leave with an act only, whatever way they came."""
    if lane_of(store.read_file(state.connection, state.number), state.stored) is not Outcome.INSPECTION_ORDER:
        return
    signed = False
    for row in store.read_moves(state.connection, state.number):
        if row.action == Action.SIGN_ACT.value:
            signed = True
        elif row.source in _BEFORE_THE_ACT or row.action == Action.ORDER_INSPECTION.value:
            signed = False
    if not signed:
        raise CaseRefused("case.act_missing")


def _demand_paid(state: State) -> None:
    """What was demanded before a release is paid first."""
    _demand_act(state)
    if state.move.source is Status.PAYMENT_DUE:
        owed = ledger_store.owed_of(ledger_store.balances_of(state.connection, state.number), tuple(AccountKind))
        if owed:
            raise CaseRefused("case.not_paid", "text", tenge=f"{sum(tiyn for _, _, tiyn in owed) / Decimal(100):.2f}")


def _demand_proposal(state: State) -> None:
    proposed = find_proposal(state.connection, state.number, state.wanted.proposal)
    if proposed.by_iin == state.wanted.by.iin:
        raise CaseRefused("case.same_person")
    if proposed.version != state.stored.key.version or MILDER[proposed.to_outcome] is not state.move.target:
        raise CaseRefused("case.no_proposal")


def _demand_no_appeal(state: State) -> None:
    if store.find_open_appeal(state.connection, state.number) is not None:
        raise CaseRefused("case.appeal_open")


def _demand_appeal(state: State) -> None:
    found = store.find_open_appeal(state.connection, state.number)
    if found is None:
        raise CaseRefused("case.no_appeal")
    if found.contested_iin == state.wanted.by.iin:
        raise CaseRefused("case.same_person")


_DEMANDS: dict[Action, Callable[[State], None]] = {
    Action.SUBMIT: _demand_request,
    Action.RELEASE: _demand_paid,
    Action.RELEASE_PAID: _demand_paid,
    Action.RELEASE_UNDER_SECURITY: _demand_act,
    Action.DOWNGRADE: _demand_proposal,
    Action.APPEAL: _demand_no_appeal,
    Action.UPHOLD_APPEAL: _demand_appeal,
    Action.DISMISS_APPEAL: _demand_appeal,
}

# --- what is written ------------------------------------------------------------------------------------------------


def _file_after(state: State) -> dict[str, Any]:
    """Return what the worklist shall know of the case after the move."""
    move, stored = state.move, state.stored
    file: dict[str, Any] = {"limit_at": limit_of(state.connection, stored, move.target, state.now)}
    lane = None
    if move.action is Action.ORDER_INSPECTION:
        lane = Outcome.INSPECTION_ORDER
    elif move.action is Action.DOWNGRADE:
        lane = find_lane(move.target)
    if lane is not None:
        file |= {"lane": lane.value, "lane_version": stored.key.version}
    if move.action is Action.APPEAL:
        file["appeal"] = True
    elif move.action in (Action.UPHOLD_APPEAL, Action.DISMISS_APPEAL):
        file["appeal"] = False
    return file


def find_lane(target: Status) -> Outcome:
    """Return the milder lane whose downgrade leads to a status."""
    return next(outcome for outcome, status in MILDER.items() if status is target)


def _ask(state: State, kind: RequestKind) -> None:
    wanted = state.wanted
    row = {
        "sequence": state.sequence,
        "registration_number": state.number,
        "version": state.stored.key.version,
        "kind": kind.value,
        "text": wanted.text,
        "questions": msgspec.json.encode(wanted.questions).decode(),
        "items": msgspec.json.encode(wanted.items).decode(),
        "limit_at": wanted.limit,
        "asked_at": state.now,
        "asked_by": wanted.by.name,
    }
    store.add_request(state.connection, row)


def _know_again(state: State) -> None:
    """Goods that an officer has inspected are known again under other references, as those of a decision are."""
    key = state.stored.key
    root = xmlgate.open_document(unpack(declarations_store.read_document(state.connection, key))).root
    repeated_goods_store.open_control(
        state.connection,
        key.declarant,
        key.functional_reference_id,
        marks_of(xml.read(root)),
        state.wanted.extent,
        day_of(state.now),
    )


def _appeal(state: State) -> None:
    stored, status = state.stored, state.move.source
    contested = store.last_into(state.connection, state.number, stored.key.version, status)
    row = {
        "sequence": state.sequence,
        "registration_number": state.number,
        "version": stored.key.version,
        "text": state.wanted.text,
        "against": status.value,
        "contested_iin": "" if contested is None else contested.actor_iin,
        "at": state.now,
    }
    store.add_appeal(state.connection, row)


def _decide_appeal(state: State) -> None:
    found = store.find_open_appeal(state.connection, state.number)
    if found is not None:
        values = {
            "upheld": state.move.action is Action.UPHOLD_APPEAL,
            "decided_by_iin": state.wanted.by.iin,
            "decided_at": state.now,
            "decided_text": state.wanted.text,
        }
        store.decide_appeal(state.connection, found.sequence, values)


def _approve(state: State) -> None:
    values = {
        "outcome": ProposalOutcome.APPROVED.value,
        "decided_sequence": state.sequence,
        "decided_by_iin": state.wanted.by.iin,
        "decided_by_name": state.wanted.by.name,
        "decided_at": state.now,
        "decided_text": state.wanted.text,
    }
    if not store.decide_proposal(state.connection, state.wanted.proposal or 0, values):
        raise CaseRefused("case.no_proposal")


def _close_control(state: State) -> None:
    row = statement_store.find_statement(state.connection, state.wanted.statement or "")
    if row is None or row.annex is None:
        raise CaseRefused("case.statement_needed")
    act = statements.read_annex(unpack(bytes(row.annex)))
    closing = control.Closing(
        act=act.number,
        by=state.wanted.by.iin,
        said={each.profile: each.found for each in act.results},
        amount_tiyn=act.amount_tiyn,
        motive=act.motive,
    )
    control.close(state.connection, state.desk, state.number, closing, state.now)


def _annul_findings(state: State) -> None:
    """What an act put on record does not stand when the appeal against it was upheld."""
    upheld = next(each for each in reversed(store.read_appeals(state.connection, state.number)) if each.upheld)
    if upheld.against is Status.ACT_SIGNED:
        control.annul_findings(state.connection, state.desk, state.number, state.wanted.by.iin, state.now)


def _override(state: State) -> None:
    """A decision of the gateway made milder is recorded for the analysts; an officer's own escalation undone is not."""
    proposed = next(
        each for each in store.read_proposals(state.connection, state.number) if each.id == state.wanted.proposal
    )
    if strictness_of(proposed.to_outcome) >= strictness_of(Outcome(state.stored.outcome)):
        return
    made = control.Mildening(
        to_outcome=proposed.to_outcome,
        reason_code=proposed.reason,
        officer=proposed.by_iin,
        approver=state.wanted.by.iin,
    )
    control.override(state.connection, state.number, made, state.now)
