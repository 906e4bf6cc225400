"""What officers report of a declaration after its decision: a closed control, or a decision made milder.

The desks do this, and the commands `shekara control`.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.lifecycle import LET_GO
from declarations.store import Stored
from portal import audit
from portal.casework.desk import Desk
from portal.violations import service
from risk_gateway import (
    annulment_store,
    archive_store,
    canonical,
    feedback,
    feedback_store,
    history_store,
    knowledge_store,
    repeated_goods_store,
)
from risk_gateway import store as risk_store
from risk_gateway.annulment_store import Act
from risk_gateway.archive import Share
from risk_gateway.bases.violations import contest_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.kinds import FOUND_BY_CONTROL, kinds
from risk_gateway.bases.violations.model import Appeal, Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import expiry_of, held_until, terms_on
from risk_gateway.days import day_of
from risk_gateway.errors import ControlRefused
from risk_gateway.model import Assessment, Case, Decision
from risk_gateway.override_reasons import override_reasons
from risk_gateway.packing import unpack
from risk_gateway.profiles import MeasureCode, Motive, Outcome, strictness_of
from signing import store as signing_store

ACT_MAX = 36  # characters of an act's number


class Closing(Struct, frozen=True, kw_only=True):
    """What an inspector says of a control; see `risk_gateway.feedback.shares`."""

    act: str
    by: str
    said: dict[str, bool] = {}
    amount_tiyn: int = 0
    motive: Motive | None = None


class Mildening(Struct, frozen=True, kw_only=True):
    """To what a decision was made milder, why (a code of `override_reasons`), and who answers for it."""

    to_outcome: Outcome
    reason_code: str
    officer: str
    approver: str


def close(connection: Connection, desk: Desk, number: str, closing: Closing, now: datetime) -> Act:
    """Record a closed control, and what follows from it for the participant. Raises ControlRefused.

    A finding becomes a violation on the records of declarant and broker, and a precedent for these goods. All is one
    transaction of the caller's.
    """
    if len(closing.act) > ACT_MAX:
        raise ControlRefused("control-act-long", most=str(ACT_MAX))
    size, frontier = signing_store.lock_head(connection)
    stored = _declaration(connection, number)
    if archive_store.is_act(connection, closing.act):
        raise ControlRefused("control-act-used", act=closing.act)
    kept = _decision(connection, stored)
    _demand_control(stored, canonical.loads(unpack(kept.decision), Decision))
    assessment = canonical.loads(unpack(kept.assessment), Assessment)
    said = feedback.shares(assessment, closing.said, closing.motive is not None, closing.amount_tiyn)
    act = Act(
        number=closing.act,
        declaration=stored.key,
        motive=closing.motive,
        inspector=closing.by,
        closed_at=now,
        sequence=size,
        shares=said,
    )
    archive_store.add_control_result(connection, act)
    repeated_goods_store.close_control(connection, stored.key.declarant, stored.key.functional_reference_id)
    audit.append(connection, size, frontier, [closed(act, stored.registration_number)])
    if said[0].found:
        _remember(connection, desk, stored, act)
        _remember_goods(connection, stored, act, assessment, canonical.loads(unpack(kept.case), Case))
    return act


def close_after_audit(connection: Connection, number: str, closing: Closing, now: datetime) -> Act:
    """Record what an audit after release found in one declaration, or that it found nothing. Raises ControlRefused.

    It becomes a result of those profiles that had suspected just that, a label for the model, and a precedent for the
    goods; the violation is the audit's own matter. All is one transaction of the caller's.
    """
    size, frontier = signing_store.lock_head(connection)
    stored = _declaration(connection, number)
    if archive_store.is_act(connection, closing.act):
        raise ControlRefused("control-act-used", act=closing.act)
    kept = _decision(connection, stored)
    assessment = canonical.loads(unpack(kept.assessment), Assessment)
    right = _suspected(connection, kept.knowledge_version, assessment, closing.motive)
    act = Act(
        number=closing.act,
        declaration=stored.key,
        motive=closing.motive,
        inspector=closing.by,
        closed_at=now,
        sequence=size,
        shares=feedback.shares(assessment, right, closing.motive is not None, closing.amount_tiyn),
    )
    archive_store.add_control_result(connection, act)
    audit.append(connection, size, frontier, [closed(act, stored.registration_number)])
    if act.shares[0].found:
        _remember_goods(connection, stored, act, assessment, canonical.loads(unpack(kept.case), Case))
    return act


def annul_findings(connection: Connection, desk: Desk, number: str, by: str, now: datetime) -> None:
    """Annul what acts put on record for a declaration. All is one transaction of the caller's."""
    for violation in violation_store.of_declaration(connection, number):
        if violation.source is Source.ACT and violation.state is not State.ANNULLED:
            annulled = replace(violation, state=State.ANNULLED, appeal=Appeal.UPHELD)
            service.record(connection, desk, annulled, by, now)
            contest_store.overtake(connection, violation.id, now)
            annul_result(connection, violation.decision_number, number, by, now)


def annul_result(connection: Connection, act: str, reason: str, by: str, now: datetime) -> None:
    """Let what a closed control found count no longer: for profiles, for the model, as a precedent of the goods.

    What is kept of the act stays. What was annulled before, or is no act, is left alone. `reason` is the number of what
    was appealed against. All is one transaction of the caller's.
    """
    size, frontier = signing_store.lock_head(connection)
    found = annulment_store.find_standing(connection, act)
    if found is None:
        return
    closing = signing_store.read_row(connection, found.sequence)
    if closing is None:
        raise LookupError(f"entry {found.sequence} of the journal")
    made = {"act": act, "reason": reason, "by_iin": by, "at": now, "sequence": size}
    annulment_store.annul(connection, made)
    particulars = {"act": act, "closing": str(found.sequence), "reason": reason, "by": by}
    audit.append(connection, size, frontier, [audit.Record(audit.Event.CONTROL_ANNULLED, closing[2], now, particulars)])
    key = found.declaration
    stored = declarations_store.find_by_number(connection, closing[2], key.version)
    if stored is not None and found.shares[0].found:
        kept = _decision(connection, stored)
        assessment = canonical.loads(unpack(kept.assessment), Assessment)
        goods = _goods(found, assessment, canonical.loads(unpack(kept.case), Case))
        history_store.take_findings_back(connection, key.declarant, goods, day_of(found.closed_at))


def override(connection: Connection, number: str, made: Mildening, now: datetime) -> None:
    """Record that a decision was made milder. Raises ControlRefused."""
    size, frontier = signing_store.lock_head(connection)
    stored = _declaration(connection, number)
    if made.reason_code not in override_reasons():
        raise ControlRefused("control-reason", reason=made.reason_code, reasons=", ".join(override_reasons()))
    if archive_store.is_controlled(connection, stored.key):
        raise ControlRefused("control-after-act", number=number)
    if made.officer == made.approver:
        raise ControlRefused("control-same-person")
    if strictness_of(made.to_outcome) >= strictness_of(Outcome(stored.outcome)):
        raise ControlRefused("control-not-milder", from_outcome=stored.outcome, to_outcome=made.to_outcome.value)
    particulars = {
        "from": stored.outcome,
        "to": made.to_outcome.value,
        "reason": made.reason_code,
        "officer": made.officer,
        "approver": made.approver,
    }
    row: dict[str, Any] = {
        "at": now,
        "from_outcome": stored.outcome,
        "to_outcome": made.to_outcome.value,
        "reason_code": made.reason_code,
        "officer": made.officer,
        "approver": made.approver,
    }
    key = stored.key
    if made.to_outcome is not Outcome.INSPECTION_ORDER:
        repeated_goods_store.close_control(connection, key.declarant, key.functional_reference_id)
    feedback_store.add_override(connection, (key.declarant, key.functional_reference_id, key.version), row)
    event = audit.Event.DECISION_OVERRIDDEN
    audit.append(connection, size, frontier, [audit.Record(event, stored.registration_number, now, particulars)])


def _suspected(connection: Connection, version: str, assessment: Assessment, motive: Motive | None) -> dict[str, bool]:
    """Return the profiles that fired and look for what was found."""
    if motive is None:
        return {}
    looked_for = {each.code: each.motive for each in knowledge_store.read(connection, version).profiles}
    return {each.profile: True for each in assessment.findings if looked_for.get(each.profile) is motive}


def _declaration(connection: Connection, number: str) -> Stored:
    stored = declarations_store.find_by_number(connection, number)
    if stored is None:
        raise ControlRefused("control-no-declaration", number=number)
    return stored


def _demand_control(stored: Stored, decision: Decision) -> None:
    """Raises ControlRefused for goods that were let go without anything to be controlled, now or later."""
    flagged = any(measure.code is MeasureCode.POST_AUDIT_FLAG for measure in decision.measures)
    released = decision.outcome is Outcome.SIMPLIFIED_RELEASE and stored.status in LET_GO
    if released and not flagged:
        raise ControlRefused("control-not-ordered", number=stored.registration_number)


def _decision(connection: Connection, stored: Stored) -> risk_store.StoredDecision:
    key = stored.key
    return risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)


def _remember(connection: Connection, desk: Desk, stored: Stored, act: Act) -> None:
    """Put a finding on the records of declarant and broker: whatever judges from now on knows of it."""
    for participant in (stored.key.declarant, stored.agent):
        if participant is not None:
            violation = _violation(connection, stored, act, participant)
            service.record(connection, desk, violation, act.inspector, act.closed_at)


def _violation(connection: Connection, stored: Stored, act: Act, participant: str) -> Violation:
    known = declarations_store.read_participant(connection, participant)
    kind = act.motive.value if act.motive else FOUND_BY_CONTROL
    committed_on, whole = day_of(stored.accepted_at), act.shares[0]
    return Violation(
        id=service.NEW,
        identity=participant_identity(participant, known.name if known else ""),
        kind=kind,
        article=kinds()[kind].article,
        committed_on=committed_on,
        place=stored.office,
        declaration=stored.registration_number,
        amount_tiyn=whole.amount_tiyn,
        decision_number=act.number,
        decided_on=day_of(act.closed_at),
        state=State.CONFIRMED,
        expires_on=expiry_of(committed_on),
        source=Source.ACT,
        source_name=stored.office,
        legal_basis=terms_on(committed_on).legal_basis_of_acts,
        hold_until=held_until(committed_on),
        recorded_at=act.closed_at,
        provenance=canonical.digest(act),
    )


def _remember_goods(connection: Connection, stored: Stored, act: Act, assessment: Assessment, case: Case) -> None:
    """Make a precedent of a finding: for these goods of the declarant."""
    goods = _goods(act, assessment, case)
    history_store.add_findings(connection, stored.key.declarant, goods, day_of(act.closed_at))


def _goods(act: Act, assessment: Assessment, case: Case) -> list[tuple[str, str]]:
    """Return the goods, (commodity, origin), in which an act found something."""
    concerned = _items(act.shares, assessment)
    return [
        (item.commodity_code, item.origin_country or "")
        for item in case.items
        if not concerned or item.sequence in concerned
    ]


def _items(shares: tuple[Share, ...], assessment: Assessment) -> frozenset[int]:
    """Return the items in which profiles were right; empty stands for the whole declaration."""
    right = {share.profile for share in shares if share.found}
    lists = [finding.items for finding in assessment.findings if finding.profile in right]
    return frozenset(item for items in lists for item in items) if all(lists) else frozenset()


def closed(act: Act, number: str) -> audit.Record:
    """Return what the journal is told of a closed control of the declaration or judgement with this number."""
    whole = act.shares[0]
    particulars = {
        "act": act.number,
        "inspector": act.inspector,
        "found": "yes" if whole.found else "no",
        "motive": act.motive.value if act.motive else "",
        "amount": f"{Decimal(whole.amount_tiyn).scaleb(-2)} KZT",
        "shares": canonical.digest(act.shares),
    }
    return audit.Record(audit.Event.CONTROL_CLOSED, number, act.closed_at, particulars)
