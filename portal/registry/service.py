"""What pages and commands call: each method is one transaction of its own, or one look at the database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from declarations import store as declarations_store
from interop import partner_store
from portal import audit
from portal.access import Role
from portal.casework.desk import Desk
from portal.database import reading as looking
from portal.database import writing as changing
from portal.errors import Unavailable
from portal.office import Office
from portal.registry import checking, reasons, stating, views
from portal.registry.errors import RegistryNotFound, RegistryRefused
from portal.registry.model import Done, Intent, Kind, Maker, Prepared
from portal.registry.verifying import Asks, verify
from portal.signing_forms import verified
from portal.views import SignedIn
from risk_gateway import canonical
from risk_gateway.bases.registry import application_store, statement_store, store
from risk_gateway.bases.registry.applying import COMMITTEE, Application, ApplicationState
from risk_gateway.bases.registry.criteria import Finding, Outcome, criteria_on, months_after, unknown, unmet
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Status, Step, status_of
from risk_gateway.days import day_of
from risk_gateway.deadlines import deadline
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.packing import unpack
from risk_gateway.parameters import DeadlineRule
from signing import store as signing_store
from signing.errors import KeyUnusable
from signing.xmlgate import REGISTRY

DECIDED_SHOWN: Final = 20


class Registry:
    """Raises `RegistryRefused` (words by language; `field` names the input) and `RegistryNotFound` (404).

    `asking` asks the partners; `mark` is told each point of a transaction at which a crash test may strike.
    """

    def __init__(
        self, office: Office, asking: Asks | None = None, mark: Callable[[str], None] = lambda point: None
    ) -> None:
        self._office = office
        self._asking = asking or office.asking
        self._mark = mark
        self._desk = Desk(office.clock, office.keyring, mark)

    def now(self) -> datetime:
        return self._office.clock.now()

    def today(self) -> date:
        return day_of(self.now())

    def partner_names(self) -> dict[str, str]:
        """Return the names of the partners by id, of those that are no longer asked too."""
        with looking(self._office.engine) as connection:
            return {each.id: each.name for each in partner_store.list_partners(connection)}

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

    def accept(self, person: SignedIn, statement: str, signed: bytes) -> Done:
        """Take the signed statement and bring about what it says. Raises `SigningError` too."""
        by = maker_of(person)
        genuine = verified(signed, self._office, self.now(), REGISTRY)
        with self._changing() as connection:
            return stating.accept(connection, self._desk, statement, by, genuine)

    # --- verification -----------------------------------------------------------------------------------------------

    def verify_waiting(self) -> int:
        """Verify every application that never was; return how many."""
        with looking(self._office.engine) as connection:
            waiting = application_store.open_applications(connection, unverified=True)
        return sum(self._verify(each, "") for each in waiting)

    def verify_again(self, person: SignedIn, number: str) -> None:
        """Verify an application anew, because an officer asks: partners are asked again."""
        maker = _officer(person)
        with looking(self._office.engine) as connection:
            found = application_store.find_application(connection, number)
        if found is None:
            raise RegistryNotFound
        if found.state is not ApplicationState.FILED:
            raise RegistryRefused("registry.decided_meanwhile")
        self._verify(found, maker.iin)

    def _verify(self, found: Application, by: str) -> bool:
        """Add a round to an application; tell whether it still was what it had been. Partners are asked first."""
        now = self.now()
        with looking(self._office.engine) as connection:
            findings = verify(connection, found.participant, now, self._asking)
        with self._changing() as connection:
            size, frontier = signing_store.lock_head(connection)
            fresh = application_store.find_application(connection, found.number)
            if fresh is None or (fresh.state, fresh.round) != (ApplicationState.FILED, found.round):
                return False
            verification = application_store.next_round(connection, found.number)
            application_store.add_findings(connection, found.number, verification, findings, now, by)
            self._mark("after findings")
            particulars = {
                "round": str(verification),
                "findings": canonical.digest(findings),
                "by": by,
                **{outcome.value.lower(): _codes(findings, outcome) for outcome in Outcome},
            }
            record = audit.Record(audit.Event.REGISTRY_VERIFIED, found.number, now, particulars)
            audit.append(connection, size, frontier, [record])
        return True

    # --- what applicants see ----------------------------------------------------------------------------------------

    def standing(self, person: SignedIn, participant: str | None = None) -> views.Standing:
        """Return how the own organisation stands, or one whose power of attorney covers the registry."""
        by, now = maker_of(person), self.now()
        wanted = participant or by.organisation or ""
        with looking(self._office.engine) as connection:
            checking.demand_own(connection, wanted, by, day_of(now))
            applications = application_store.applications_of(connection, wanted)
            steps = store.read_steps(connection, wanted)
            contestable = checking.contestable(connection, wanted, now)
            trouble, renewal = _may_apply(connection, wanted, by, now)
            newest = applications[0] if applications else None
            findings = application_store.read_findings(connection, newest.number, newest.round) if newest else ()
            return views.Standing(
                firm=_firm(connection, wanted),
                principals=_principals(connection, by, now),
                status=status_of(steps, now),
                steps=steps,
                applications=applications,
                findings=findings,
                appeals=application_store.appeals_of(connection, wanted),
                contestable=contestable[0] if contestable else None,
                criteria=criteria_on(day_of(now)),
                offices=checking.offices(day_of(now)),
                trouble=trouble,
                renewal=renewal,
                due=due_of(newest) if newest and newest.state is ApplicationState.FILED else None,
            )

    # --- what officers see ------------------------------------------------------------------------------------------

    def worklist(self, person: SignedIn) -> views.Worklist:
        """Return what waits for a registry officer, oldest first, and what was decided lately."""
        maker, now = _officer(person), self.now()
        with looking(self._office.engine) as connection:
            waiting = tuple(
                views.Waiting(
                    application=each,
                    name=_firm(connection, each.participant).name,
                    findings=application_store.read_findings(connection, each.number, each.round),
                    due=due_of(each),
                    overdue=due_of(each) < now,
                )
                for each in application_store.open_applications(connection)
            )
            appeals = tuple(
                views.OpenAppeal(each, _firm(connection, each.participant).name, each.contested_iin == maker.iin)
                for each in application_store.open_appeals(connection)
            )
            decided = tuple(
                (each, _firm(connection, each.participant).name)
                for each in application_store.decided_applications(connection, DECIDED_SHOWN)
            )
        return views.Worklist(waiting, appeals, decided)

    def application(self, person: SignedIn, number: str) -> views.ApplicationPage:
        """Return an application with all that was found; that it was read is in the journal."""
        maker, now = _officer(person), self.now()
        with self._changing() as connection:
            found = application_store.find_application(connection, number)
            if found is None:
                raise RegistryNotFound
            self._note_reading(connection, maker, found.participant, found.number, now)
            return self._application_page(connection, maker, found, now)

    def _application_page(
        self, connection: Connection, maker: Maker, found: Application, now: datetime
    ) -> views.ApplicationPage:
        recorded = declarations_store.read_participant(connection, found.participant)
        rounds = tuple(
            application_store.read_findings(connection, found.number, each) for each in range(1, found.round + 1)
        )
        newest = rounds[-1] if rounds else ()
        steps, today = store.read_steps(connection, found.participant), day_of(now)
        criteria = criteria_on(today)
        met = bool(newest) and not unmet(newest)
        obstacle = checking.obstacle_to_admitting(connection, found, now) if met else None
        return views.ApplicationPage(
            application=found,
            firm=_firm(connection, found.participant),
            registered_on=recorded.registered_on if recorded else None,
            category=store.category_at(connection, found.participant, now),
            rounds=rounds,
            criteria=criteria,
            status=status_of(steps, now),
            steps=steps,
            due=due_of(found),
            admissible=met and obstacle is None,
            obstacle=obstacle,
            unknown=unknown(newest),
            unmet=unmet(newest),
            valid_to=months_after(steps[-1].valid_to if found.renewal and steps else today, criteria.entry_months),
            own=found.by_iin == maker.iin,
        )

    def entries(self, person: SignedIn, search: str = "", status: Status | None = None) -> tuple[views.Entry, ...]:
        """Return the entries by name, those of a status or whose name or number holds a text."""
        _officer(person)
        with looking(self._office.engine) as connection:
            return list_entries(connection, self.now(), search, status)

    def entry(self, person: SignedIn, participant: str) -> views.EntryPage:
        """Return an entry with its history; that it was read is in the journal."""
        maker, now = _officer(person), self.now()
        with self._changing() as connection:
            steps = store.read_steps(connection, participant)
            status = status_of(steps, now)
            if status is None:
                raise RegistryNotFound
            self._note_reading(connection, maker, participant, "", now)
            return views.EntryPage(
                firm=_firm(connection, participant),
                status=status,
                category=store.category_at(connection, participant, now),
                steps=steps,
                offered={step.value: reasons.offered(step.value) for step in _offered(status)},
                applications=application_store.applications_of(connection, participant),
                appeals=application_store.appeals_of(connection, participant),
            )

    def appeal(self, person: SignedIn, number: str) -> views.AppealPage:
        """Return an appeal with what it is against; that it was read is in the journal."""
        maker, now = _officer(person), self.now()
        with self._changing() as connection:
            found = application_store.find_appeal(connection, number)
            if found is None:
                raise RegistryNotFound
            self._note_reading(connection, maker, found.participant, number, now)
            _, _, named = found.against.partition(":")
            steps = store.read_steps(connection, found.participant)
            of_step = found.against.startswith(checking.OF_STEP)
            return views.AppealPage(
                appeal=found,
                firm=_firm(connection, found.participant),
                application=None if of_step else application_store.find_application(connection, named),
                step=next((each for each in steps if of_step and str(each.number) == named), None),
                own=maker.iin in (found.contested_iin, found.by_iin),
            )

    def statement(self, person: SignedIn, identifier: str) -> bytes:
        """Return an accepted statement as it was signed, to a registry officer or to whom it is about."""
        by, now = maker_of(person), self.now()
        with looking(self._office.engine) as connection:
            row = statement_store.find_statement(connection, identifier)
            if row is None or row.signed is None:
                raise RegistryNotFound
            if by.organisation is not None:
                checking.demand_own(connection, row.participant, by, day_of(now))
            return unpack(bytes(row.signed))

    # --- what goes on ------------------------------------------------------------------------------------------------

    def forget_unsigned(self) -> None:
        """Delete what was prepared and not signed in time."""
        with self._changing() as connection:
            statement_store.forget_statements(connection, self.now())

    def _note_reading(self, connection: Connection, maker: Maker, participant: str, what: str, now: datetime) -> None:
        particulars = {"by": maker.iin, "what": what}
        audit.record_one(connection, audit.Record(audit.Event.REGISTRY_READ, participant, now, particulars))

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


def list_entries(
    connection: Connection, now: datetime, search: str = "", status: Status | None = None
) -> tuple[views.Entry, ...]:
    """Return the entries by name, those of a status or whose name or number holds a text."""
    wanted = search.strip().casefold()
    found = [_entry(_firm(connection, number), steps, now) for number, steps in store.read_entries(connection).items()]
    return tuple(
        each
        for each in sorted(found, key=lambda entry: (entry.firm.name, entry.firm.number))
        if (status is None or each.status is status)
        and (wanted in each.firm.name.casefold() or wanted in each.firm.number)
    )


def maker_of(person: SignedIn) -> Maker:
    """Return as whom a person acts. Raises `RegistryNotFound` for who has no part in the registry."""
    if person.role is Role.REGISTRY_OFFICER:
        return Maker(person.iin, person.name)
    if person.organisation is None:
        raise RegistryNotFound
    return Maker(person.iin, person.name, person.organisation)


def due_of(application: Application) -> datetime:
    """Return by when an application is to be decided."""
    day = day_of(application.filed_at)
    rule = DeadlineRule(working_days=criteria_on(day).decision_working_days)
    return deadline(rule, application.filed_at, shipped_parameters(day).working_time)


def _officer(person: SignedIn) -> Maker:
    maker = maker_of(person)
    if maker.organisation is not None:
        raise RegistryNotFound
    return maker


def _may_apply(
    connection: Connection, participant: str, by: Maker, now: datetime
) -> tuple[RegistryRefused | None, bool]:
    """Return why a participant cannot apply now, and whether it would be for a renewal."""
    intent = Intent(kind=Kind.APPLICATION, participant=participant, office=COMMITTEE)
    try:
        return None, checking.check(connection, intent, by, now).renewal
    except RegistryRefused as refused:
        return refused, False


def _principals(connection: Connection, by: Maker, now: datetime) -> tuple[views.Firm, ...]:
    held = declarations_store.read_powers_held(connection, by.organisation or "")
    numbers = sorted({each.principal for each in held if checking.covers(each, day_of(now))})
    return tuple(_firm(connection, each) for each in numbers)


def _firm(connection: Connection, number: str) -> views.Firm:
    recorded = declarations_store.read_participant(connection, number)
    return views.Firm(number, recorded.name if recorded else number)


def _entry(firm: views.Firm, steps: Sequence[EntryStep], now: datetime) -> views.Entry:
    status = status_of(steps, now) or Status.LAPSED
    return views.Entry(firm, status, steps[-1].at, steps[-1].valid_to)


def _offered(status: Status) -> list[Step]:
    """Return the steps that an officer may take; entering and renewing are decided on applications."""
    return [each for each in (Step.SUSPEND, Step.EXCLUDE, Step.RESTORE) if each in ALLOWED[status]]


def _codes(findings: Sequence[Finding], outcome: Outcome) -> str:
    return " ".join(each.criterion for each in findings if each.outcome is outcome)
