"""What pages call: each method is one transaction of its own, or one look at the database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from declarations import store as declarations_store
from declarations.lifecycle import Status
from declarations.store import Stored
from portal.casework import assigning, proposing, reading, statement_store, stating, store, terms, worklist_store
from portal.casework.desk import Desk
from portal.casework.errors import CaseNotFound
from portal.casework.model import (
    Case,
    CaseRequest,
    FileInfo,
    HistoryEvent,
    Load,
    Moved,
    Mover,
    Prepared,
    Proposal,
    Wanted,
    Worklist,
    Writing,
)
from portal.casework.moving import make_move
from portal.casework.ownership import OFFICIALS, demand_own, mover_of
from portal.casework.worklist_store import Filter
from portal.database import reading as looking
from portal.database import writing as changing
from portal.errors import Unavailable
from portal.office import Office
from portal.signing_forms import verified
from portal.views import Lane, SignedIn
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome
from signing.errors import KeyUnusable


class CaseWork:
    """Raises `CaseRefused` (words by language; `field` names the input) and `CaseNotFound` (404).

    `mark` is told each point of a transaction at which a crash test may strike.
    """

    def __init__(self, office: Office, mark: Callable[[str], None] = lambda point: None) -> None:
        self._office = office
        self._clock = office.clock
        self._mark = mark
        self._desk = Desk(office.clock, office.keyring, mark)

    def mover(self, person: SignedIn) -> Mover:
        """Return as whom this person moves. Raises `CaseNotFound` for a role that has no part in cases."""
        found = mover_of(person)
        if found is None:
            raise CaseNotFound("")
        return found

    # --- moves of officers ------------------------------------------------------------------------------------------

    def move(self, wanted: Wanted) -> Moved:
        """Make a move that needs no statement."""
        with self._changing() as connection:
            return make_move(connection, self._desk, wanted)

    def claim(self, person: SignedIn, number: str) -> None:
        self.assign(person, number, person.iin)

    def assign(self, person: SignedIn, number: str, to: str | None) -> None:
        """Give a case to an official of the post (an IIN), or to nobody: a chief to anybody, an officer to or away from
        himself."""
        by = self.mover(person)
        with self._changing() as connection:
            assigning.assign(connection, self._desk, number, by, to)

    def propose(self, person: SignedIn, number: str, expected: Status, to: Outcome, reason: str, text: str) -> Proposal:
        """Propose a milder lane."""
        by = self.mover(person)
        with self._changing() as connection:
            return proposing.propose(connection, self._desk, number, by, expected, to, reason, text)

    def decide(self, person: SignedIn, number: str, proposal: int, *, approve: bool, text: str = "") -> Moved | None:
        """Approve a proposal, which makes the move, or decline it. Another person than the proposer, a chief."""
        by = self.mover(person)
        with self._changing() as connection:
            if approve:
                return proposing.approve(connection, self._desk, number, by, proposal, text)
            proposing.decline(connection, self._desk, number, by, proposal, text)
            return None

    # --- statements: prepare, sign, accept --------------------------------------------------------------------------

    def prepare(self, person: SignedIn, number: str, writing: Writing) -> Prepared:
        """Keep the files, and the statement as it is to be signed."""
        by = self.mover(person)
        with self._changing() as connection:
            return stating.prepare(connection, number, by, writing, self._clock.now())

    def prepared(self, person: SignedIn, statement: str) -> Prepared:
        """Return a statement that this person prepared and has not yet signed."""
        by = self.mover(person)
        with looking(self._office.engine) as connection:
            return stating.prepared(connection, statement, by, self._clock.now())

    def accept(self, person: SignedIn, statement: str, signed: bytes) -> Moved:
        """Take the signed statement and make the move that it asks for. Raises `SigningError` too."""
        by = self.mover(person)
        genuine = verified(signed, self._office, self._clock.now())
        with self._changing() as connection:
            return stating.accept(connection, self._desk, statement, by, genuine)

    # --- reading ----------------------------------------------------------------------------------------------------

    def worklist(
        self,
        person: SignedIn,
        *,
        lanes: Sequence[Lane] = (),
        statuses: Sequence[Status] = (),
        assignee: str | None = None,
        overdue: bool = False,
        proposals: bool = False,
        appeals: bool = False,
        search: str = "",
        after: int | None = None,
        limit: int = 50,
    ) -> Worklist:
        """Return the open cases of the person's post, oldest first. `assignee` is an IIN, "" for nobody's.

        `appeals` are the cases with an appeal that waits, open or not.
        """
        by, post = self._official(person)
        wanted = Filter(
            post=post,
            lanes=lanes,
            statuses=statuses,
            assignee=assignee,
            overdue=overdue,
            proposals=proposals,
            appeals=appeals,
            search=search,
        )
        with looking(self._office.engine) as connection:
            return reading.worklist(connection, by, wanted, self._clock.now(), after, limit)

    def workload(self, person: SignedIn) -> tuple[Load, ...]:
        """Return the officials of the person's post with their open cases."""
        _, post = self._official(person)
        now = self._clock.now()
        with looking(self._office.engine) as connection:
            loads = worklist_store.read_loads(connection, post, now)
            officials = assigning.officials_of(connection, post, now)
        return tuple(Load(each.iin, each.name, each.role, *loads.get(each.iin, (0, 0))) for each in officials)

    def case(self, person: SignedIn, number: str) -> Case:
        """Return a case of an official's post, or one's own."""
        with self._own(person, number) as (connection, stored, by):
            return reading.case(connection, stored, by, self._clock.now())

    def history(self, person: SignedIn, number: str) -> tuple[HistoryEvent, ...]:
        """Return what happened, oldest first; a declarant is shown nothing internal."""
        with self._own(person, number) as (connection, stored, by):
            return reading.history(connection, stored.registration_number, official=by.actor in OFFICIALS)

    def open_requests(self, person: SignedIn, numbers: Sequence[str]) -> dict[str, tuple[CaseRequest, ...]]:
        """Return what still waits for an answer, of several declarations at once; those that are not one's own are left
        out."""
        by, now = self.mover(person), self._clock.now()
        found = {}
        with looking(self._office.engine) as connection:
            for number in store.read_requests(connection, numbers, now):
                stored = declarations_store.find_by_number(connection, number)
                asked = reading.requests(connection, number, now, official=by.actor in OFFICIALS)
                waiting = tuple(each for each in asked if each.answered_by is None)
                if stored is not None and waiting and _is_own(connection, stored, by, now):
                    found[number] = waiting
        return found

    def file(self, person: SignedIn, number: str, file: str) -> tuple[FileInfo, bytes]:
        """Return a file of an accepted statement."""
        with self._own(person, number) as (connection, stored, _):
            found = statement_store.find_attachment(connection, file)
            if found is None:
                raise CaseNotFound(number)
            self._accepted(connection, stored, found[0].statement)
            return found[0], unpack(found[1])

    def statement(self, person: SignedIn, number: str, statement: str) -> bytes:
        """Return an accepted statement as it was signed."""
        with self._own(person, number) as (connection, stored, _):
            return unpack(bytes(self._accepted(connection, stored, statement).signed))

    def annex(self, person: SignedIn, number: str, statement: str) -> bytes:
        """Return the confidential annex of an act, to an official."""
        with self._own(person, number) as (connection, stored, by):
            annex = self._accepted(connection, stored, statement).annex
            if annex is None or by.actor not in OFFICIALS:
                raise CaseNotFound(number)
            return unpack(bytes(annex))

    def notice(self, person: SignedIn, number: str, sequence: int) -> bytes:
        """Return the sealed notice of a move."""
        with self._own(person, number) as (connection, stored, _):
            row = store.find_move(connection, stored.registration_number, sequence)
            if row is None or row.notice is None:
                raise CaseNotFound(number)
            return unpack(bytes(row.notice))

    def suggested_limit(self) -> datetime:
        """Return the usual limit date of a request made now."""
        return terms.request_limit(self._clock.now())

    # --- what they share --------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction. Raises `Unavailable` when database or key fails: nothing has happened then."""
        try:
            with changing(self._office.engine) as connection:
                yield connection
                self._mark("before commit")
        except (OperationalError, InterfaceError):
            raise Unavailable from None
        except KeyUnusable as error:
            structlog.get_logger().error("casework.key", code=error.code, particulars=dict(error.params))
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")

    @contextmanager
    def _own(self, person: SignedIn, number: str) -> Iterator[tuple[Connection, Stored, Mover]]:
        """Open a look at a case that is this person's. Raises `CaseNotFound`."""
        by = self.mover(person)
        with looking(self._office.engine) as connection:
            stored = declarations_store.find_by_number(connection, number)
            if stored is None:
                raise CaseNotFound(number)
            demand_own(connection, stored, by, self._clock.now())
            yield connection, stored, by

    def _official(self, person: SignedIn) -> tuple[Mover, str]:
        by = self.mover(person)
        if by.actor not in OFFICIALS or by.post is None:
            raise CaseNotFound("")
        return by, by.post

    def _accepted(self, connection: Connection, stored: Stored, statement: str) -> Any:
        row = statement_store.find_statement(connection, statement)
        if row is None or row.sequence is None or row.registration_number != stored.registration_number:
            raise CaseNotFound(stored.registration_number)
        return row


def _is_own(connection: Connection, stored: Stored, by: Mover, now: datetime) -> bool:
    try:
        demand_own(connection, stored, by, now)
    except CaseNotFound:
        return False
    return True
