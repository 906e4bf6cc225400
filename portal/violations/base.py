"""What officials do with the base of violations: search, read, say who is who, decide objections.

Each method is a transaction of its own. Whatever shows somebody's record is written into the journal before it is
shown.
"""

from datetime import date, datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from portal import audit
from portal.casework.desk import Desk
from portal.database import reading, writing
from portal.office import Office
from portal.views import SignedIn
from portal.violations import contesting, joining, store
from portal.violations.errors import ViolationNotFound
from portal.violations.store import Named
from risk_gateway.bases.violations import conflict_store, contest_store, identity_store, names
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.conflict_store import Conflict
from risk_gateway.bases.violations.contest_store import Contest
from risk_gateway.bases.violations.identity_store import Merge, Question
from risk_gateway.bases.violations.model import Identity, Violation, identity_of
from risk_gateway.bases.violations.terms import terms_on
from risk_gateway.days import day_of
from risk_gateway.packing import unpack

SIMILAR_MOST: Final = 20
LISTED_MOST: Final = 100
SEARCH_MOST: Final = 200  # characters


class Hit(Struct, frozen=True):
    """Somebody who was found: by number (`score` is None), or by a similar name. `held` are the records of today."""

    key: str
    name: str
    score: int | None
    held: int


class Record(Struct, frozen=True):
    """One record: as it is, its versions, the objections against it, and what its partner told otherwise."""

    violation: Violation
    versions: tuple[Violation, ...]
    contests: tuple[Contest, ...]
    conflicts: tuple[Conflict, ...]
    counts: bool
    root: str


class Dossier(Struct, frozen=True):
    """All that is held of one identity and of those that are one with it. `root` is for whom they count."""

    key: str
    root: str
    names: tuple[str, ...]
    violations: tuple[Violation, ...]
    counting: frozenset[str]
    merges: tuple[Merge, ...]
    questions: tuple[Question, ...]


class Waiting(Struct, frozen=True):
    """How much waits for somebody."""

    questions: int
    contests: int
    conflicts: int


class ViolationBase:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(office.clock, office.keyring)

    def now(self) -> datetime:
        return self._office.clock.now()

    def waiting(self) -> Waiting:
        with reading(self._office.engine) as connection:
            return Waiting(
                identity_store.count_open_questions(connection),
                contest_store.count_undecided(connection),
                conflict_store.count_standing(connection),
            )

    def conflicts(self) -> tuple[Conflict, ...]:
        """Return what partners told otherwise than before and have not settled since, the newest first."""
        with reading(self._office.engine) as connection:
            return conflict_store.standing(connection, LISTED_MOST)

    # --- searching and reading --------------------------------------------------------------------------------------

    def search(self, person: SignedIn, text: str) -> tuple[Hit, ...]:
        """Return whose number this is, or who has a similar name, the most similar first."""
        now = self.now()
        with writing(self._office.engine) as connection:
            found = _found(connection, text, day_of(now))
            particulars = {"text": text, "found": str(len(found))}
            _journal(connection, audit.Event.VIOLATION_SEARCHED, "violations", person, particulars, now)
        return found

    def record(self, person: SignedIn, violation: str) -> Record:
        """Raises `ViolationNotFound`."""
        now = self.now()
        with writing(self._office.engine) as connection:
            found = _held(connection, violation, day_of(now))
            _journal(connection, audit.Event.VIOLATION_READ, violation, person, {"part": "record"}, now)
            return Record(
                violation=found,
                versions=violation_store.versions(connection, violation),
                contests=contest_store.of_violations(connection, [violation]),
                conflicts=conflict_store.of_violation(connection, violation),
                counts=found.counts_on(day_of(now)),
                root=identity_store.root_of(connection, found.identity.key),
            )

    def dossier(self, person: SignedIn, key: str) -> Dossier:
        """Raises `ViolationNotFound` for whom nothing is held of, and who is no participant."""
        now = self.now()
        with writing(self._office.engine) as connection:
            found = _dossier(connection, key, day_of(now))
            _journal(connection, audit.Event.VIOLATION_READ, key, person, {"part": "identity"}, now)
            return found

    # --- who is who -------------------------------------------------------------------------------------------------

    def questions(self) -> tuple[Question, ...]:
        with reading(self._office.engine) as connection:
            return identity_store.open_questions(connection, LISTED_MOST)

    def answer(self, person: SignedIn, question: str, answer: str, reason: str) -> Question:
        """Answer whether two are the same. Raises `ViolationNotFound`, `ViolationRefused`."""
        with writing(self._office.engine) as connection:
            return joining.answer(connection, self._desk, question, person, answer, reason)

    def merge(self, person: SignedIn, key: str, number: str, reason: str) -> Merge:
        """Say that an identity is a participant of ours. Raises `ViolationNotFound`, `ViolationRefused`."""
        with writing(self._office.engine) as connection:
            merged = _identity_of(connection, key)
            return joining.merge_with_participant(connection, self._desk, merged, number, person, reason)

    def undo(self, person: SignedIn, sequence: int, reason: str) -> Merge:
        """Take a merge back. Raises `ViolationNotFound`, `ViolationRefused`."""
        with writing(self._office.engine) as connection:
            return joining.undo(connection, self._desk, sequence, person, reason)

    # --- objections -------------------------------------------------------------------------------------------------

    def contests(self) -> tuple[tuple[Contest, Violation], ...]:
        """Return what waits for a decision with its record, the first due first."""
        with reading(self._office.engine) as connection:
            waiting = contest_store.undecided(connection, LISTED_MOST)
            found = [(each, violation_store.newest(connection, each.violation)) for each in waiting]
        return tuple((contest, violation) for contest, violation in found if violation is not None)

    def contest(self, person: SignedIn, contest: str) -> tuple[Contest, Violation]:
        """Raises `ViolationNotFound`."""
        now = self.now()
        with writing(self._office.engine) as connection:
            found = contesting.raised(connection, contest)
            violation = _held(connection, found.violation, day_of(now))
            _journal(connection, audit.Event.VIOLATION_READ, violation.id, person, {"part": "contest"}, now)
            return found, violation

    def statement(self, person: SignedIn, contest: str) -> bytes | None:
        """Return an objection as it was signed. Raises `ViolationNotFound`."""
        found, _ = self.contest(person, contest)
        return None if found.signed is None else unpack(found.signed)

    def decide(self, person: SignedIn, contest: str, ended: str, reason: str, text: str) -> Violation:
        """Raises `ViolationNotFound`, `ViolationRefused`."""
        with writing(self._office.engine) as connection:
            return contesting.decide(connection, self._desk, contest, person, ended, reason, text)


def _found(connection: Connection, text: str, day: date) -> tuple[Hit, ...]:
    exact = _by_number(connection, text.replace(" ", ""), day)
    if exact:
        return exact
    known = store.named_on_record(connection, day) + store.named_participants(connection)
    least = terms_on(day).search_score_min
    scored = names.similar(text, [each.name for each in known], least, SIMILAR_MOST)
    best: dict[str, tuple[Named, int]] = {}
    for place, points in scored:
        best.setdefault(known[place].key, (known[place], points))
    return tuple(Hit(each.key, each.name, points, _count(connection, each.key, day)) for each, points in best.values())


def _by_number(connection: Connection, number: str, day: date) -> tuple[Hit, ...]:
    """Return everybody with this number, here or abroad; the id of a record finds whom it is about."""
    record = violation_store.newest(connection, number)
    keys = [record.identity.key] if record else list(store.keys_of_number(connection, number))
    registered = [each.key for each in store.participants_of(connection, number)]
    found = [_hit(connection, key, day) for key in dict.fromkeys([*keys, *registered])]
    return tuple(each for each in found if each.held or each.key in registered)


def _hit(connection: Connection, key: str, day: date) -> Hit:
    known = _names(connection, key, identity_of(key).number, day)
    return Hit(key, known[0] if known else "", None, _count(connection, key, day))


def _count(connection: Connection, key: str, day: date) -> int:
    return len(store.held_of(connection, violation_store.known_as(connection, key), day))


def _dossier(connection: Connection, key: str, day: date) -> Dossier:
    number = _number_of(key)
    root = identity_store.root_of(connection, key)
    keys = violation_store.known_as(connection, root)
    held = violation_store.read_all(store.held_of(connection, keys, day))
    known = _names(connection, key, number, day)
    if not held and not known:
        raise ViolationNotFound
    return Dossier(
        key=key,
        root=root,
        names=known,
        violations=held,
        counting=frozenset(each.id for each in held if each.counts_on(day)),
        merges=identity_store.merges_of(connection, keys),
        questions=identity_store.questions_of(connection, key),
    )


def _number_of(key: str) -> str:
    try:
        return identity_of(key).number
    except ValueError:
        raise ViolationNotFound from None


def _names(connection: Connection, key: str, number: str, day: date) -> tuple[str, ...]:
    """Return the names of an identity: as a participant, and as its records write it."""
    registered = [each.name for each in store.participants_of(connection, number) if each.key == key]
    written = [row.name for row in store.held_of(connection, (key,), day) if row.name]
    return tuple(dict.fromkeys(registered + written))


def _identity_of(connection: Connection, key: str) -> Identity:
    """Return an identity as the newest of its records has it. Raises `ViolationNotFound`."""
    found = store.newest_of(connection, key)
    if found is None:
        raise ViolationNotFound
    return found.identity


def _held(connection: Connection, violation: str, day: date) -> Violation:
    found = violation_store.newest(connection, violation)
    if found is None or not found.held_on(day):
        raise ViolationNotFound
    return found


def _journal(
    connection: Connection, event: audit.Event, subject: str, person: SignedIn, said: dict[str, str], now: datetime
) -> None:
    particulars = {"officer": person.iin, "role": person.role.value, **said}
    audit.record_one(connection, audit.Record(event, subject, now, particulars))
