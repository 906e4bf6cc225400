"""What a participant sees and does of the records on it. Each method is a transaction of its own."""

from datetime import datetime

from msgspec import Struct

from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.office import Office
from portal.signing_forms import verified
from portal.views import SignedIn
from portal.violations import contesting
from portal.violations.errors import ViolationRefused
from risk_gateway.bases.violations import contest_store, store
from risk_gateway.bases.violations.contest_store import Contest
from risk_gateway.bases.violations.model import Violation, participant_identity
from risk_gateway.days import day_of
from risk_gateway.packing import unpack
from signing.xmlgate import CONTEST


class OwnEntry(Struct, frozen=True):
    """A record on oneself: as it is, what it was before, and one's objections against it: nothing of whom else it was
    about meanwhile. `refused` says why none can be made now."""

    violation: Violation
    versions: tuple[Violation, ...]
    contests: tuple[Contest, ...]
    counts: bool
    refused: ViolationRefused | None


class OwnViolations:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)

    def now(self) -> datetime:
        return self._office.clock.now()

    def entry(self, person: SignedIn, violation: str) -> OwnEntry:
        """Raises `ViolationNotFound`."""
        now, own = self.now(), person.organisation or ""
        with reading(self._office.engine) as connection:
            found = contesting.own_record(connection, violation, own, now)
            keys, contests = store.known_as(connection, participant_identity(own).key), contest_store.of_violations
            return OwnEntry(
                violation=found,
                versions=tuple(each for each in store.versions(connection, found.id) if each.identity.key in keys),
                contests=tuple(each for each in contests(connection, [found.id]) if each.participant == own),
                counts=found.counts_on(day_of(now)),
                refused=contesting.obstacle(connection, found),
            )

    def prepare(self, person: SignedIn, violation: str, ground: str, said: str) -> Contest:
        """Raises `ViolationNotFound`, `ViolationRefused`."""
        with writing(self._office.engine) as connection:
            return contesting.prepare(connection, violation, person, ground, said, self.now())

    def prepared(self, person: SignedIn, contest: str) -> Contest:
        """Raises `ViolationNotFound`, `ViolationRefused`."""
        with reading(self._office.engine) as connection:
            return contesting.prepared(connection, contest, person, self.now())

    def accept(self, person: SignedIn, contest: str, signed: bytes) -> Contest:
        """Raises `ViolationNotFound`, `ViolationRefused`, `SigningError`."""
        genuine = verified(signed, self._office, self.now(), CONTEST)
        with writing(self._office.engine) as connection:
            return contesting.accept(connection, self._desk, contest, person, genuine)

    def statement(self, person: SignedIn, violation: str, contest: str) -> bytes | None:
        """Return an objection of the own organisation as it was signed. Raises `ViolationNotFound`."""
        with reading(self._office.engine) as connection:
            contesting.own_record(connection, violation, person.organisation or "", self.now())
            found = contesting.raised(connection, contest)
        if found.violation != violation or found.participant != person.organisation or found.signed is None:
            return None
        return unpack(found.signed)
