"""What follows from a signed move outside the audit itself, in the same transaction: payments, appeals, findings."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from declarations.audits import store
from declarations.audits.lifecycle import Action
from declarations.audits.model import Appeal, AppealState, Audit
from declarations.ledger.model import INTEREST_CODE, ClaimKind, Line
from portal.audits import returning
from portal.audits.errors import AuditRefused
from portal.audits.model import Intent, Signed
from portal.audits.terms import after, terms_on
from portal.casework.desk import Desk
from portal.ledger import books
from risk_gateway.bases.violations import model as violations
from risk_gateway.days import day_of


def bring_about(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    """`audit` is as it stands after the move. The journal's head is locked."""
    effect = _EFFECTS.get(signed.intent.action)
    if effect is not None:
        effect(connection, desk, audit, signed)


def _notify_debt(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    books.charge(
        connection,
        signed.at,
        key=f"audit:{audit.sequence}",
        holder=audit.participant,
        document=audit.number,
        kind=ClaimKind.AUDIT,
        lines=claimed(signed.intent),
        due=day_of(_limit(signed)),
        by=signed.by.iin,
    )
    desk.mark("after charge")
    returning.give_back(connection, desk, audit, signed, examined(connection, audit))


def _order_elimination(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    returning.give_back(connection, desk, audit, signed, examined(connection, audit))


def _appeal(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    """File the appeal. Until it is decided nothing falls due."""
    appeal = Appeal(
        audit=audit.number,
        number=audit.moves,
        contested_iin=audit.outcome_iin or "",
        filed_at=signed.at,
        by_iin=signed.by.iin,
        text=signed.intent.text,
        state=AppealState.OPEN,
    )
    store.add_appeal(connection, appeal)
    desk.mark("after appeal")
    _put_off(connection, audit, after(terms_on(day_of(signed.at)).appeal_working_days, signed.at), signed)
    returning.mark_appeal(connection, desk, audit, violations.Appeal.OPEN, signed)


def _deny_appeal(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    _close_appeal(connection, audit, AppealState.DENIED, signed)
    _put_off(connection, audit, _limit(signed), signed)
    returning.mark_appeal(connection, desk, audit, violations.Appeal.DENIED, signed)


def _uphold_appeal(connection: Connection, desk: Desk, audit: Audit, signed: Signed) -> None:
    """What was demanded is no longer owed, what was paid is the participant's again, and what was found is annulled."""
    _close_appeal(connection, audit, AppealState.UPHELD, signed)
    if books.outstanding(connection, audit.number) is not None:
        key = f"audit:{audit.sequence}"
        books.adjust(connection, signed.at, key=key, document=audit.number, lines=(), by=signed.by.iin)
    desk.mark("after adjustment")
    returning.mark_appeal(connection, desk, audit, violations.Appeal.UPHELD, signed)
    returning.take_back(connection, desk, audit, signed)


_EFFECTS: Mapping[Action, Callable[[Connection, Desk, Audit, Signed], None]] = {
    Action.NOTIFY_DEBT: _notify_debt,
    Action.ORDER_ELIMINATION: _order_elimination,
    Action.FIND_NOTHING: _order_elimination,
    Action.APPEAL: _appeal,
    Action.DENY_APPEAL: _deny_appeal,
    Action.UPHOLD_APPEAL: _uphold_appeal,
}


def claimed(intent: Intent) -> tuple[Line, ...]:
    """Return what is claimed by payment code, and the interest together."""
    sums: dict[str, int] = {}
    for line in intent.lines:
        sums[line.payment_code] = sums.get(line.payment_code, 0) + line.short_tiyn
        sums[INTEREST_CODE] = sums.get(INTEREST_CODE, 0) + line.interest_tiyn
    return tuple(Line(code, tiyn) for code, tiyn in sorted(sums.items()) if tiyn)


def examined(connection: Connection, audit: Audit) -> tuple[str, ...]:
    """Return the declarations that the signed act of an audit names."""
    intent = _intent_of(connection, audit, (Action.SIGN_COMPLETE_ACT, Action.SIGN_DIRECTED_ACT))
    return intent.declarations if intent else ()


def outcome_of(connection: Connection, audit: Audit) -> Intent | None:
    """Return what the signed outcome of an audit says, None while there is none."""
    return _intent_of(connection, audit, (Action.NOTIFY_DEBT, Action.ORDER_ELIMINATION, Action.FIND_NOTHING))


def _intent_of(connection: Connection, audit: Audit, actions: tuple[Action, ...]) -> Intent | None:
    for made in reversed(store.moves_of(connection, audit.number)):
        if made.action in actions and made.statement is not None:
            return returning.intent_of(connection, made.statement)
    return None


def _close_appeal(connection: Connection, audit: Audit, state: AppealState, signed: Signed) -> None:
    if not store.close_appeal(connection, audit.number, state, signed.by.iin, signed.at):
        raise AuditRefused("audits.not_now")


def _put_off(connection: Connection, audit: Audit, until: datetime, signed: Signed) -> None:
    """Let what is owed for an audit fall due later."""
    intent = outcome_of(connection, audit)
    if intent is None or not intent.lines or books.outstanding(connection, audit.number) is None:
        return
    books.adjust(
        connection,
        signed.at,
        key=f"audit:{audit.sequence}",
        document=audit.number,
        lines=claimed(intent),
        due=day_of(until),
        by=signed.by.iin,
    )


def _limit(signed: Signed) -> datetime:
    if signed.intent.limit is None:
        raise ValueError("there is no limit date")
    return signed.intent.limit
