"""What an audit gives back to what judges: violations, results of controls (and so profiles and model labels), goods.

The registry follows from the violation. Everything is written into the caller's transaction.
"""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.audits import store
from declarations.audits.lifecycle import Action
from declarations.audits.model import Audit
from portal import control, judging
from portal.audits.model import Intent, Signed
from portal.audits.terms import terms_on
from portal.casework.desk import Desk
from portal.violations import service
from risk_gateway import annulment_store, archive_store, canonical
from risk_gateway.bases.violations import contest_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.bases.violations.model import Appeal, Source, State, Violation, participant_identity
from risk_gateway.bases.violations.terms import expiry_of, held_until
from risk_gateway.days import day_of
from risk_gateway.profiles import Motive

SOURCE_NAME = "Post-entry audit"


def give_back(connection: Connection, desk: Desk, audit: Audit, signed: Signed, examined: Sequence[str]) -> None:
    """Record what was found, and of what else was examined that nothing was."""
    intent = signed.intent
    sums = _sums(intent)
    for place, number in enumerate(dict.fromkeys((*sums, *examined)), start=1):
        if declarations_store.find_by_number(connection, number) is None:
            continue  # a case of before: it has no decision of ours that could have been right or wrong
        closing = control.Closing(
            act=f"{audit.number}/{place}",
            by=signed.by.iin,
            amount_tiyn=sums.get(number, 0),
            motive=Motive(intent.kind) if number in sums else None,
        )
        control.close_after_audit(connection, number, closing, signed.at)
        desk.mark("after result")
    if audit.judgement:
        judging.close(connection, desk, audit.judgement, _of_judgement(audit, signed, sums), signed.at)
    if intent.kind:
        service.record(connection, desk, _violation(connection, audit, signed, sums), signed.by.iin, signed.at)


def _of_judgement(audit: Audit, signed: Signed, sums: dict[str, int]) -> control.Closing:
    """Return what the audit says of the profiles by which it was chosen."""
    return control.Closing(
        act=f"{audit.number}/0",
        by=signed.by.iin,
        amount_tiyn=sum(sums.values()),
        motive=Motive(signed.intent.kind) if signed.intent.kind else None,
    )


def mark_appeal(connection: Connection, desk: Desk, audit: Audit, appeal: Appeal, signed: Signed) -> None:
    """Write into the record what becomes of the appeal against the outcome; upheld, the violation is annulled."""
    for violation in violations_of(connection, audit):
        state = State.ANNULLED if appeal is Appeal.UPHELD else violation.state
        changed = replace(violation, appeal=appeal, state=state)
        service.record(connection, desk, changed, signed.by.iin, signed.at)
        if appeal is Appeal.UPHELD:
            contest_store.overtake(connection, violation.id, signed.at)


def take_back(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    """Let what the outcome found count no longer: results of controls, and all that is learned from them.

    That nothing was found in the other declarations was not contested, and stays.
    """
    for act in annulment_store.acts_of(connection, f"{audit.number}/"):
        control.annul_result(connection, act, audit.number, signed.by.iin, signed.at)
        desk.mark("after annulled result")


def violations_of(connection: Connection, audit: Audit) -> tuple[Violation, ...]:
    """Return what an audit put on record."""
    held = violation_store.of_number(connection, audit.participant)
    return tuple(each for each in held if each.source is Source.AUDIT and each.decision_number == audit.number)


def intent_of(connection: Connection, statement: str) -> Intent | None:
    """Return what a kept statement says."""
    row = store.find_statement(connection, statement)
    return None if row is None else canonical.loads(row.intent.encode(), Intent)


def _sums(intent: Intent) -> dict[str, int]:
    """Return the declarations in which something was found, with what is short in each."""
    if intent.action is Action.ORDER_ELIMINATION:
        return dict.fromkeys(intent.declarations, 0)
    sums: dict[str, int] = {}
    for line in intent.lines:
        sums[line.declaration] = sums.get(line.declaration, 0) + line.short_tiyn
    return sums


def _violation(connection: Connection, audit: Audit, signed: Signed, sums: dict[str, int]) -> Violation:
    known = declarations_store.read_participant(connection, audit.participant)
    cases = [archive_store.find_case(connection, number) for number in sums]
    days = {case.number: case.day for case in cases if case is not None}
    last = max(days, key=lambda number: days[number])
    kind = signed.intent.kind
    return Violation(
        id=service.NEW,
        identity=participant_identity(audit.participant, known.name if known else ""),
        kind=kind,
        article=kinds()[kind].article,
        committed_on=days[last],
        declaration=last,
        amount_tiyn=sum(sums.values()),
        decision_number=audit.number,
        decided_on=day_of(signed.at),
        state=State.CONFIRMED,
        expires_on=expiry_of(days[last]),
        source=Source.AUDIT,
        source_name=SOURCE_NAME,
        legal_basis=terms_on(day_of(signed.at)).legal_basis,
        hold_until=held_until(days[last]),
        recorded_at=signed.at,
        provenance=signed.digest,
    )
