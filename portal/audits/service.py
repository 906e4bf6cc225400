"""What pages and commands call: each method is one transaction of its own, or one look at the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from declarations import store as declarations_store
from declarations.audits import store
from declarations.audits.lifecycle import ENDED, Action, Actor, Status, moves_from
from declarations.audits.model import Audit, Chosen
from portal import audit as journal
from portal import judging
from portal.access import Role
from portal.audits import checking, effects, moving, returning, stating, views
from portal.audits.errors import AuditNotFound, AuditRefused
from portal.audits.model import Intent, Maker, Prepared
from portal.casework.desk import Desk
from portal.database import reading as looking
from portal.database import writing as changing
from portal.errors import Unavailable
from portal.judging.views import JudgementFile
from portal.ledger import books
from portal.office import Office
from portal.signing_forms import verified
from portal.views import SignedIn
from portal.words import AUDIT_SCOPE
from risk_gateway.days import begins, day_of
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing.errors import KeyUnusable
from signing.xmlgate import AUDIT

LISTED_MOST: Final = 100
EXAMINED_MOST: Final = 20  # named at the beginning of an act
_AT_WORK = (Status.OPEN, Status.COMPLETE, Status.DIRECTED, Status.DEBT_NOTICE, Status.ELIMINATION_ORDER)
_ACTORS = {Role.AUDITOR: Actor.AUDITOR, Role.CHIEF_OF_AUDIT: Actor.CHIEF}


class Audits:
    """Raises `AuditRefused` (words by language; `field` names the input) and `AuditNotFound` (404).

    `mark` is told each point of a transaction at which a crash test may strike.
    """

    def __init__(self, office: Office, mark: Callable[[str], None] = lambda point: None) -> None:
        self._office = office
        self._mark = mark
        self._desk = Desk(office.clock, office.keyring, mark)

    def now(self) -> datetime:
        return self._office.clock.now()

    def today(self) -> date:
        return day_of(self.now())

    # --- choosing ---------------------------------------------------------------------------------------------------

    def choose(self, person: SignedIn, participant: str, objective: str) -> str:
        """Take a participant up by hand, and return the number of the audit. Raises `AuditRefused`."""
        by = official(person)
        objective = checking.cleaned(objective, "objective")
        if not objective:
            raise AuditRefused("audits.text_needed", "objective")
        with self._changing() as connection:
            signing_store.lock_head(connection)
            if declarations_store.read_participant(connection, participant) is None:
                raise AuditRefused("audits.participant_unknown", "participant")
            running = store.at_work(connection, participant)
            if running is not None:
                raise AuditRefused("audits.at_work_already", "participant", number=running.number)
            chosen = moving.select(connection, self._desk, participant, Chosen.BY_HAND, objective, self.now(), by=by)
            return chosen.number

    # --- statements: prepare, sign, accept --------------------------------------------------------------------------

    def prepare(self, person: SignedIn, intent: Intent) -> Prepared:
        """Keep a statement as it is to be signed."""
        by = maker_of(person)
        with self._changing() as connection:
            return stating.prepare(connection, intent, by, self.now())

    def prepared(self, person: SignedIn, statement: str) -> Prepared:
        """Return a statement that this person prepared and has not yet signed."""
        by = maker_of(person)
        with looking(self._office.engine) as connection:
            return stating.prepared(connection, statement, by, self.now())

    def accept(self, person: SignedIn, statement: str, signed: bytes) -> Intent:
        """Take the signed statement and bring about what it says. Raises `SigningError` too."""
        by = maker_of(person)
        genuine = verified(signed, self._office, self.now(), AUDIT)
        with self._changing() as connection:
            return stating.accept(connection, self._desk, statement, by, genuine)

    def statement(self, person: SignedIn, identifier: str) -> bytes:
        """Return an accepted statement as it was signed: to officials, and to the participant of what it was told."""
        by = maker_of(person)
        with looking(self._office.engine) as connection:
            row = store.find_statement(connection, identifier)
            if row is None or row.signed is None:
                raise AuditNotFound
            checking.found(connection, row.audit, by, self.today())
            if by.actor is Actor.PARTICIPANT and Action(row.action) not in views.SHOWN:
                raise AuditNotFound
            return unpack(bytes(row.signed))

    # --- what officials see -----------------------------------------------------------------------------------------

    def worklist(self, person: SignedIn) -> views.Worklist:
        official(person)
        with looking(self._office.engine) as connection:
            return views.Worklist(
                candidates=_rows(connection, (Status.SELECTED,)),
                plans=_rows(connection, (Status.PREPARED,)),
                at_work=_rows(connection, _AT_WORK),
                appeals=_rows(connection, (Status.APPEALED,)),
                ended=tuple(reversed(_rows(connection, ENDED)))[:20],
            )

    def page(self, person: SignedIn, number: str, language: str) -> tuple[views.AuditPage, JudgementFile | None]:
        """Return an audit with why it was chosen; that it was read is in the journal."""
        by, now = official(person), self.now()
        with self._changing() as connection:
            audit = checking.found(connection, number, by, self.today())
            particulars = {"by": by.iin, "participant": audit.participant}
            event = journal.Record(journal.Event.AUDIT_READ, number, now, particulars)
            journal.record_one(connection, event)
            why = judging.read_file(connection, audit.judgement, language) if audit.judgement else None
            return _page(connection, audit, by), why

    # --- what a participant sees ------------------------------------------------------------------------------------

    def own(self, person: SignedIn) -> tuple[Audit, ...]:
        """Return the audits of the own organisation of which it was told, the newest first; then those of principals
        whose power of attorney covers audits today."""
        organisation, today = maker_of(person).organisation or "", self.today()
        with looking(self._office.engine) as connection:
            held = declarations_store.read_powers_held(connection, organisation)
            principals = sorted({each.principal for each in held if each.allows(AUDIT_SCOPE, today)} - {organisation})
            listed = [store.of_participant(connection, each, told=True) for each in (organisation, *principals)]
        return tuple(audit for audits in listed for audit in audits)

    def own_page(self, person: SignedIn, number: str) -> views.AuditPage:
        by = maker_of(person)
        with looking(self._office.engine) as connection:
            return _page(connection, checking.found(connection, number, by, self.today()), by)

    def pay(self, person: SignedIn, number: str) -> None:
        """Pay what is owed for an audit from the prepaid balance, as far as it reaches; paid in full, it is closed."""
        by, now = maker_of(person), self.now()
        if by.actor is not Actor.PARTICIPANT:
            raise AuditNotFound
        with self._changing() as connection:
            size, _ = signing_store.lock_head(connection)
            audit = checking.found(connection, number, by, self.today())
            if by.represents(audit):
                raise AuditRefused("audits.not_yours", "pay")
            if audit.status is not Status.DEBT_NOTICE:
                raise AuditRefused("audits.not_now")
            if not books.holdings(connection, audit.participant).prepaid:
                raise AuditRefused("audits.not_enough", "pay")
            left = books.settle(connection, now, key=f"audit-paid:{size}", document=number)
            self._mark("after payment")
            if left.in_full:
                moving.settle(connection, self._desk, audit, now)

    # --- what goes on ------------------------------------------------------------------------------------------------

    def close_paid(self) -> int:
        """Close every audit whose debt was paid meanwhile, however; return how many."""
        with looking(self._office.engine) as connection:
            waiting = store.of_status(connection, (Status.DEBT_NOTICE,), LISTED_MOST)
            paid = [each.number for each in waiting if _is_paid(connection, each.number)]
        return sum(self._close_paid(number) for number in paid)

    def _close_paid(self, number: str) -> bool:
        with self._changing() as connection:
            signing_store.lock_head(connection)
            audit = store.find(connection, number)
            if audit is None or audit.status is not Status.DEBT_NOTICE or not _is_paid(connection, number):
                return False
            moving.settle(connection, self._desk, audit, self.now())
        return True

    def forget_unsigned(self) -> None:
        """Delete what was prepared and not signed in time."""
        with self._changing() as connection:
            store.forget_statements(connection, self.now())

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction; the database's own trouble, and a key that cannot be used, mean: not now."""
        try:
            with changing(self._office.engine) as connection:
                yield connection
                self._mark("before commit")
        except (OperationalError, InterfaceError, KeyUnusable):
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")


def maker_of(person: SignedIn) -> Maker:
    """Return as whom a person acts. Raises `AuditNotFound` for who has no part in audits."""
    actor = _ACTORS.get(person.role)
    if actor is not None:
        return Maker(person.iin, person.name, actor)
    if person.organisation is None:
        raise AuditNotFound
    return Maker(person.iin, person.name, Actor.PARTICIPANT, person.organisation)


def official(person: SignedIn) -> Maker:
    """Return as whom an official acts. Raises `AuditNotFound` for everybody else."""
    maker = maker_of(person)
    if maker.actor is Actor.PARTICIPANT:
        raise AuditNotFound
    return maker


def _page(connection: Connection, audit: Audit, by: Maker) -> views.AuditPage:
    appeal = store.open_appeal(connection, audit.number)
    until = checking.appeal_until(connection, audit)
    return views.AuditPage(
        audit=audit,
        firm=firm_of(connection, audit.participant),
        documents=_documents(connection, audit, by),
        outcome=effects.outcome_of(connection, audit),
        outstanding=books.outstanding(connection, audit.number),
        prepaid_tiyn=0 if by.represents(audit) else books.holdings(connection, audit.participant).prepaid,
        appeals=store.appeals_of(connection, audit.number),
        offered=_offered(audit, by, appealable=until is not None),
        represented=by.represents(audit),
        appeal_until=until,
        examined=effects.examined(connection, audit),
        released=_released(connection, audit) if by.actor is not Actor.PARTICIPANT else (),
        own_plan=by.iin == audit.plan_iin,
        own_decision=appeal is not None and by.iin in (appeal.contested_iin, appeal.by_iin),
    )


def _released(connection: Connection, audit: Audit) -> tuple[str, ...]:
    """Return the newest released declarations of the audited period: what an act begins with."""
    if audit.first is None or audit.last is None:
        return ()
    first, after_last = begins(audit.first).astimezone(UTC), begins(audit.last + timedelta(days=1)).astimezone(UTC)
    return store.released_of(connection, audit.participant, first, after_last, checking.RELEASED, EXAMINED_MOST)


def _offered(audit: Audit, by: Maker, *, appealable: bool) -> tuple[Action, ...]:
    possible = (each.action for each in moves_from(audit.status) if checking.may_make(audit, by, each))
    return tuple(each for each in dict.fromkeys(possible) if each is not Action.APPEAL or appealable)


def _documents(connection: Connection, audit: Audit, by: Maker) -> tuple[views.Document, ...]:
    """Return the moves with what was signed; a participant sees those of which it was told, and its own."""
    own = by.actor is Actor.PARTICIPANT
    moves = store.moves_of(connection, audit.number)
    return tuple(
        views.Document(each, returning.intent_of(connection, each.statement) if each.statement else None)
        for each in moves
        if not own or each.action in views.SHOWN
    )


def _rows(connection: Connection, statuses: tuple[Status, ...]) -> tuple[views.Row, ...]:
    found = store.of_status(connection, statuses, LISTED_MOST)
    return tuple(views.Row(each, firm_of(connection, each.participant)) for each in found)


def firm_of(connection: Connection, number: str) -> views.Firm:
    recorded = declarations_store.read_participant(connection, number)
    return views.Firm(number, recorded.name if recorded else number)


def _is_paid(connection: Connection, number: str) -> bool:
    standing = books.outstanding(connection, number)
    return standing is not None and standing.in_full
