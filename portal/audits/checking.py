"""What must hold before a statement is prepared, and again when it comes back signed.

`check` returns the intent with its text cleaned and what follows from the day filled in. Raises `AuditRefused`, and
`AuditNotFound` for what is not there or not this maker's.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import lifecycle
from declarations import store as declarations_store
from declarations.audits import store
from declarations.audits.lifecycle import CONTESTABLE, TOLD, Action, Actor, Move, Status, move_for
from declarations.audits.model import Appeal, Audit, Direction
from declarations.errors import MoveNotAllowed
from portal.audits import debts
from portal.audits.errors import AuditNotFound, AuditRefused
from portal.audits.model import Intent, Maker
from portal.audits.terms import after, terms_on
from portal.words import AUDIT_SCOPE
from risk_gateway import archive_store
from risk_gateway.bases.violations.terms import months_after
from risk_gateway.days import day_of

TEXT_MOST = 4000
DECLARATIONS_MOST, LINES_MOST = 500, 200
RELEASED = frozenset(
    {*lifecycle.LET_GO, lifecycle.Status.CLEARED, lifecycle.Status.EXITED, lifecycle.Status.NO_PROOF_OF_EXIT}
)


def check(connection: Connection, intent: Intent, by: Maker, now: datetime) -> Intent:
    """Return what is to be signed, or was; see the module."""
    audit = found(connection, intent.audit, by, day_of(now))
    if intent.after != audit.moves:
        raise AuditRefused("audits.moved_meanwhile")
    move = allowed(audit, intent.action, by)
    text = cleaned(intent.text)
    if move.text and not text:
        raise AuditRefused("audits.text_needed", "text")
    if move.two:
        demand_another(connection, audit, intent.action, by)
    intent = replace(intent, text=text, limit=intent.limit or _limit(move, audit, now))
    return _FILLED.get(intent.action, _as_it_is)(connection, audit, intent, now)


def found(connection: Connection, number: str, by: Maker, day: date) -> Audit:
    """Return an audit that is this maker's to see: a participant sees its own from the day on which it is opened, and
    who represents it the same on the days on which a power of attorney covers audits."""
    audit = store.find(connection, number)
    if audit is None:
        raise AuditNotFound
    if by.actor is Actor.PARTICIPANT and audit.status not in TOLD:
        raise AuditNotFound
    if by.actor is Actor.PARTICIPANT and by.organisation != audit.participant:
        powers = declarations_store.read_powers(connection, audit.participant)
        if not any(each.agent == by.organisation and each.allows(AUDIT_SCOPE, day) for each in powers):
            raise AuditNotFound
    return audit


def allowed(audit: Audit, action: Action, by: Maker) -> Move:
    """Return the move that an action is now. A chief may do what an auditor may."""
    try:
        move = move_for(audit.status, action, audit.before)
    except MoveNotAllowed:
        raise AuditRefused("audits.not_now") from None
    if not may_make(audit, by, move):
        raise AuditRefused("audits.not_yours")
    return move


def may_make(audit: Audit, by: Maker, move: Move) -> bool:
    """A representative replies; what binds the participant, an appeal or a report, is the participant's own."""
    if by.represents(audit) and move.action is not Action.REPLY:
        return False
    return move.signed and (move.actor is by.actor or (by.actor is Actor.CHIEF and move.actor is Actor.AUDITOR))


def demand_another(connection: Connection, audit: Audit, action: Action, by: Maker) -> None:
    """Raises `AuditRefused` for who made what is decided on; the database holds the same."""
    if action in (Action.DENY_APPEAL, Action.UPHOLD_APPEAL):
        appeal = open_appeal(connection, audit)
        if by.iin in (appeal.contested_iin, appeal.by_iin):
            raise AuditRefused("audits.own_decision")
    elif by.iin == audit.plan_iin:
        raise AuditRefused("audits.own_plan")


def open_appeal(connection: Connection, audit: Audit) -> Appeal:
    appeal = store.open_appeal(connection, audit.number)
    if appeal is None:
        raise AuditRefused("audits.not_now")
    return appeal


def cleaned(text: str, field: str = "text") -> str:
    """Return a text with plain line ends. Raises `AuditRefused` when it is too long, or no text."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    if len(plain) > TEXT_MOST:
        raise AuditRefused("audits.text_long", field, most=str(TEXT_MOST))
    if not all(line.isprintable() for line in plain.split("\n")):
        raise AuditRefused("audits.text_characters", field)
    return plain


def appeal_until(connection: Connection, audit: Audit) -> datetime | None:
    """Return until when the outcome can be appealed against; None where there is nothing to appeal, or no more."""
    if audit.status not in CONTESTABLE or store.appeals_of(connection, audit.number):
        return None
    served = next(each.at for each in reversed(store.moves_of(connection, audit.number)) if each.target is audit.status)
    return after(terms_on(day_of(served)).appeal_working_days, served)


# --- by action ------------------------------------------------------------------------------------------------------


def _limit(move: Move, audit: Audit, now: datetime) -> datetime | None:
    if not move.limit:
        return None
    terms = terms_on(day_of(now))
    of_debt = move.target is Status.DEBT_NOTICE
    return after(terms.debt_working_days if of_debt else terms.elimination_working_days, now)


def _as_it_is(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    return intent


def _plan(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    today = day_of(now)
    if not intent.directions:
        raise AuditRefused("audits.direction_needed", "directions")
    years = terms_on(today).years_most
    if intent.first is None or not months_after(today, -12 * years) <= intent.first <= today:
        raise AuditRefused("audits.first_day", "first", years=str(years))
    if intent.last is None or not intent.first <= intent.last <= today:
        raise AuditRefused("audits.last_day", "last")
    return intent


def _complete_act(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    specialists = cleaned(intent.specialists, "specialists")
    if not specialists:
        raise AuditRefused("audits.specialists_needed", "specialists")
    intent = replace(intent, specialists=specialists, directions=audit.directions)
    return _examined(connection, audit, intent)


def _directed_act(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    if len(intent.directions) != 1 or intent.directions[0] not in audit.directions:
        raise AuditRefused("audits.one_direction", "directions")
    return _examined(connection, audit, intent)


def _examined(connection: Connection, audit: Audit, intent: Intent) -> Intent:
    """Return the intent with its declarations, each once. Raises `AuditRefused` for none, or one that is not in it."""
    numbers = tuple(dict.fromkeys(each.strip() for each in intent.declarations if each.strip()))
    if not numbers or len(numbers) > DECLARATIONS_MOST:
        raise AuditRefused("audits.declarations_needed", "declarations", most=str(DECLARATIONS_MOST))
    for number in numbers:
        demand_declaration(connection, audit, number, "declarations")
    return replace(intent, declarations=numbers)


def demand_declaration(connection: Connection, audit: Audit, number: str, field: str) -> None:
    """Raises `AuditRefused` unless this is a declaration of the participant within the audited period."""
    case = archive_store.find_case(connection, number)
    if case is None or case.declarant != audit.participant:
        raise AuditRefused("audits.declaration_unknown", field, number=number[:60])
    stored = declarations_store.find_by_number(connection, number)
    if stored is not None and stored.status not in RELEASED:
        raise AuditRefused("audits.declaration_not_released", field, number=number)
    if audit.first and audit.last and not audit.first <= case.day <= audit.last:
        raise AuditRefused("audits.declaration_outside", field, number=number)


def _debt(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    _demand_kind(intent)
    if not intent.lines or len(intent.lines) > LINES_MOST:
        raise AuditRefused("audits.lines_needed", "lines")
    for line in intent.lines:
        demand_declaration(connection, audit, line.declaration, "lines")
    return replace(intent, lines=tuple(debts.computed(connection, line, day_of(now)) for line in intent.lines))


def _elimination(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    _demand_kind(intent)
    return _examined(connection, audit, intent)


def _demand_kind(intent: Intent) -> None:
    if intent.kind not in debts.KINDS:
        raise AuditRefused("audits.kind_needed", "kind")


def _appeal(connection: Connection, audit: Audit, intent: Intent, now: datetime) -> Intent:
    until = appeal_until(connection, audit)
    if until is None or now > until:
        raise AuditRefused("audits.too_late_to_appeal")
    return intent


_FILLED: Mapping[Action, Callable[[Connection, Audit, Intent, datetime], Intent]] = {
    Action.PREPARE: _plan,
    Action.SIGN_COMPLETE_ACT: _complete_act,
    Action.SIGN_DIRECTED_ACT: _directed_act,
    Action.NOTIFY_DEBT: _debt,
    Action.ORDER_ELIMINATION: _elimination,
    Action.APPEAL: _appeal,
}

ALL_DIRECTIONS = tuple(Direction)
