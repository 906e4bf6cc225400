"""What passenger inspectors do: each method is one transaction of its own, or one look at the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from portal import audit, judging
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.errors import Outdated, Unavailable
from portal.judging import views as judging_views
from portal.office import Office
from portal.passengers import acting, charging, goods, retaining, store, working
from portal.passengers.declaring import identity_of
from portal.passengers.errors import PassengerNotFound, PassengerRefused
from portal.passengers.model import OPEN, InspectionAct, Prepared, Record, Status
from portal.passengers.public import pay_open
from portal.passengers.views import Crossed, Lane, PassengerFile
from portal.passengers.working import TEXT_MOST, declared_in, demand_open, of_post
from portal.signing_forms import verified
from portal.views import SignedIn
from risk_gateway import judgement_store
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.coded_facts import Suspicion
from risk_gateway.days import day_of
from risk_gateway.packing import unpack
from risk_gateway.passenger_facts import CROSSINGS_DAYS
from signing import store as signing_store
from signing.errors import KeyUnusable
from signing.xmlgate import PASSENGER_ACT

LISTED_MOST: Final = 100
EXPIRED_AT_ONCE: Final = 100
ERASED_AT_ONCE: Final = 20
JUDGED_MOST: Final = 10


class PassengerDesk:
    """Raises `PassengerRefused` (words by language; `field` names the input) and `PassengerNotFound` (404).

    `mark` is told each point of a transaction at which a crash test may strike.
    """

    def __init__(self, office: Office, mark: Callable[[str], None] = lambda point: None) -> None:
        self._office = office
        self._mark = mark
        self._desk = Desk(office.clock, office.keyring, mark)

    def now(self) -> datetime:
        return self._office.clock.now()

    # --- looking ----------------------------------------------------------------------------------------------------

    def lane(self, person: SignedIn, status: Status | None = None) -> Lane:
        """Return what stands at the post, the newest first; names in a list are no reading of a declaration."""
        wanted = (status,) if status else OPEN
        with reading(self._office.engine) as connection:
            found = store.lane(connection, person.post or "", wanted, LISTED_MOST)
            paid = [each.reference for each in found if each.cro and not _open(connection, each)]
            counts = store.count_lane(connection, person.post or "")
        return Lane(found, counts, frozenset(paid))

    def file(self, person: SignedIn, reference: str, language: str) -> PassengerFile:
        """Return a declaration with all that is known; that it was read is in the journal."""
        now = self.now()
        with self._changing() as connection:
            record = of_post(connection, reference, person.post)
            entry = audit.Record(audit.Event.PASSENGER_READ, record.reference, now, {"by": person.iin})
            audit.record_one(connection, entry)
            declaration, today = declared_in(record), day_of(now)
            judged = judgement_store.of_subject(connection, record.reference)
            since = now - timedelta(days=CROSSINGS_DAYS)
            held = violation_store.of_identity(connection, identity_of(declaration.traveller))
            others = store.of_traveller(connection, record.iin, record.document)
            return PassengerFile(
                record=record,
                declaration=declaration,
                judgements=tuple(judging_views.file_of(connection, each, language) for each in reversed(judged)),
                standing=charging.outstanding(connection, record),
                crossings=tuple(
                    Crossed(each.at, each.office, each.direction)
                    for each in store.crossings(connection, record.iin, record.document, since)
                ),
                violations=tuple(each for each in held if each.held_on(today)),
                assessments=store.assessments(connection, record.reference),
                others=tuple(each for each in others if each.reference != record.reference),
                expired=record.expired_at(now),
            )

    def known(self, person: SignedIn, reference: str) -> bool:
        """Tell whether this post has such a declaration."""
        with reading(self._office.engine) as connection:
            found = store.find(connection, reference)
        return found is not None and found.office == person.post

    def act(self, person: SignedIn, statement: str) -> bytes:
        """Return an act as it was signed. Raises `PassengerNotFound`."""
        with reading(self._office.engine) as connection:
            row = store.find_statement(connection, statement)
            if row is None or row.kind != acting.ACT or row.signed is None:
                raise PassengerNotFound
            of_post(connection, row.reference, person.post)
        return unpack(bytes(row.signed))

    def receipt(self, person: SignedIn, reference: str) -> tuple[Record, bytes, int]:
        """Return a declaration with its sealed receipt order and the tiyn that are open. Raises `PassengerNotFound`."""
        with reading(self._office.engine) as connection:
            record = of_post(connection, reference, person.post)
            notice = store.read_cro_notice(connection, reference)
            standing = charging.outstanding(connection, record)
        if notice is None:
            raise PassengerNotFound
        return record, notice, standing.open if standing else 0

    def goods_declaration(self, person: SignedIn, reference: str) -> bytes:
        """Return the draft of a goods declaration. Raises `PassengerNotFound`, also where none is needed."""
        with reading(self._office.engine) as connection:
            record = of_post(connection, reference, person.post)
        return goods.draft_of(record, declared_in(record))

    # --- doing ------------------------------------------------------------------------------------------------------

    def assess(self, person: SignedIn, reference: str, expected: int, reason: str, text: str) -> Record:
        """Record the inspector's own assessment; the declaration is judged again with it."""
        if reason not in list(Suspicion) or reason == Suspicion.NONE:
            raise PassengerRefused("passengers.reason", "reason")
        if not text or len(text) > TEXT_MOST:
            raise PassengerRefused("passengers.text", "text")
        seen = Suspicion(reason)
        for _ in range(JUDGED_MOST):
            now = self.now()
            with reading(self._office.engine) as connection:
                record = of_post(connection, reference, person.post)
                demand_open(record, expected, now)
                case = working.case_again(connection, record, seen, now)
            judged = judging.judge(self._office, case)
            try:
                with self._changing() as connection:
                    return working.assess(
                        connection, self._desk, record, judged, reason=seen, text=text, by=person, now=now
                    )
            except Outdated:
                self._office.refresh()
        raise Unavailable

    def prepare_act(self, person: SignedIn, act: InspectionAct) -> Prepared:
        """Keep an act as it is to be signed."""
        with self._changing() as connection:
            return acting.prepare(connection, self._office.current(), act, person, self.now())

    def prepared(self, person: SignedIn, statement: str) -> Prepared:
        with reading(self._office.engine) as connection:
            return acting.prepared(connection, statement, person, self.now())

    def accept_act(self, person: SignedIn, statement: str, signed: bytes) -> Record:
        """Take the signed act and bring about what it says. Raises `SigningError` too."""
        genuine = verified(signed, self._office, self.now(), PASSENGER_ACT)
        with self._changing() as connection:
            return acting.accept(connection, self._desk, self._office.current(), statement, person, genuine)

    def take_cash(self, person: SignedIn, reference: str, expected: int) -> Record:
        """Take what is open at the post's cash desk."""
        now = self.now()
        with self._changing() as connection:
            signing_store.lock_head(connection)
            record = of_post(connection, reference, person.post)
            demand_open(record, expected, now)
            pay_open(connection, record, f"cash:{person.post}:{record.version}", now)
            return record

    def release(self, person: SignedIn, reference: str, expected: int, settled_by: str = "") -> Record:
        """Let the traveller go."""
        now = self.now()
        with self._changing() as connection:
            signing_store.lock_head(connection)
            record = of_post(connection, reference, person.post)
            demand_open(record, expected, now)
            return working.release(connection, self._desk, record, settled_by=settled_by, by=person, now=now)

    # --- what goes on -----------------------------------------------------------------------------------------------

    def tidy(self) -> int:
        """End what has expired, and forget what opened records once; return how many ended."""
        now = self.now()
        with reading(self._office.engine) as connection:
            over = store.expired(connection, now, EXPIRED_AT_ONCE)
        for each in over:
            with self._changing() as connection:
                signing_store.lock_head(connection)
                fresh = store.find(connection, each.reference)
                if fresh is not None and fresh.status in OPEN:
                    working.expire(connection, self._desk, fresh, now)
        with self._changing() as connection:
            store.forget(connection, now)
        return len(over)

    def erase(self) -> int:
        """Erase what is kept no longer; return of how many declarations."""
        now = self.now()
        with reading(self._office.engine) as connection:
            over = retaining.due(connection, now, ERASED_AT_ONCE)
        for each in over:
            with self._changing() as connection:
                retaining.erase(connection, each, now)
        return len(over)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction; the database's own trouble, and a key that cannot be used, mean: not now."""
        try:
            with writing(self._office.engine) as connection:
                yield connection
                self._mark("before commit")
        except (OperationalError, InterfaceError, KeyUnusable):
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")


def _open(connection: Connection, record: Record) -> bool:
    standing = charging.outstanding(connection, record)
    return standing is not None and bool(standing.open)
