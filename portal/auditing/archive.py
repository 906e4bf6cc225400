"""What is stored, as the checker reads it: never more than one declaration at a time."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar

from cryptography import x509
from msgspec import Struct
from sqlalchemy import Connection, Engine, and_, select

from declarations import store as declarations_store
from declarations.lifecycle import Status
from declarations.participants import PowerOfAttorney
from declarations.power_store import read_powers_at
from declarations.reference import Reference, Tariff
from declarations.store import Key, Stored
from interop.store import outbox
from portal.languages import KAZAKHSTAN_TIME
from portal.versions_store import Standing, last_target, read_standing
from risk_gateway import knowledge_store, selection_store
from risk_gateway.days import day_of
from risk_gateway.model import Knowledge
from risk_gateway.packing import unpack
from risk_gateway.store import decision
from signing import checkpoint, evidence_store, journal, store, timestamp
from signing.checkpoint import Checkpoint, StoredCheckpoint
from signing.journal_check import EntryRow
from signing.revocation import Evidence
from signing.trust import TrustStore
from signing.usages import read_bin

REMEMBERED_MOST = 64
Value = TypeVar("Value")


class StoredDecision(Struct, frozen=True):
    """A row of `decision`; blobs are compressed."""

    decision_id: str
    knowledge_version: str
    degraded: bool
    decided_at: datetime
    case: bytes
    assessment: bytes
    decision: bytes
    payables: bytes
    notice: bytes


class StoredMessage(Struct, frozen=True):
    """A row of `outbox`; `body` is compressed."""

    message_id: str
    recipient: str
    kind: str
    subject: str
    sequence: int
    body: bytes


class Papers(Struct, frozen=True):
    """All that is stored of one declaration. None where there is nothing; `entry` is the row at its journal index."""

    stored: Stored
    document: bytes | None
    decision: StoredDecision | None
    entry: EntryRow | None
    message: StoredMessage | None


class Attested(Struct, frozen=True):
    """The tree that shall hold an entry, and the path to its root. `at` is when a time-stamp proves it, if one does.

    The root is that of the first stamped checkpoint which covers the entry, else of the newest one, else of the head.
    """

    size: int
    root: bytes
    path: tuple[bytes, ...]
    at: datetime | None


class Archive:
    """The database, and what is known from elsewhere: whom to trust, the office's certificates, and the newest
    checkpoint that was kept outside the database (`mark`, read before).

    What many declarations share (tariffs, knowledge, trust of a day, checkpoints) is remembered, a bounded number each.
    """

    def __init__(
        self,
        engine: Engine,
        trust: TrustStore,
        certificates: tuple[x509.Certificate, ...],
        mark: str | None,
        now: datetime,
    ) -> None:
        self.engine = engine
        self.certificates = certificates
        self.office = frozenset(number for each in certificates if (number := read_bin(each)))
        self.mark = mark
        self._trust = trust
        self._now = now
        self._remembered: OrderedDict[object, Any] = OrderedDict()

    def papers(self, key: Key) -> Papers:
        """Return all that is stored of a declaration. Raises `NoResultFound`, and ValueError of unreadable columns."""
        with looking(self.engine) as connection:
            found = declarations_store.read_version(connection, key)
            return Papers(
                found,
                _document(connection, key),
                _decision(connection, key),
                store.read_row(connection, found.sequence),
                _message(connection, found),
            )

    def versions(self, number: str) -> tuple[Stored, ...]:
        """Return every version of a declaration, oldest first."""
        with looking(self.engine) as connection:
            return declarations_store.find_versions(connection, number)

    def last_target(self, stored: Stored) -> Status | None:
        """Return the status to which the last move led this version, None before the first."""
        with looking(self.engine) as connection:
            return last_target(connection, stored)

    def standing(self, stored: Stored) -> Standing:
        """Return how a version stood before it was corrected, by its decision and by what officers did since."""
        with looking(self.engine) as connection:
            return read_standing(connection, stored)

    def powers(self, principals: Sequence[str], sequence: int) -> tuple[PowerOfAttorney, ...]:
        """Return the powers of attorney that these gave, as they were when the journal came to this entry."""
        with looking(self.engine) as connection:
            return tuple(power for each in principals for power in read_powers_at(connection, each, sequence))

    def reference(self, at: datetime) -> Reference:
        """Return the reference data that were in force at that moment."""
        with looking(self.engine) as connection:
            tariff = declarations_store.find_tariff(connection, at)
            rates = declarations_store.find_exchange_rates(connection, at)
        return self._remember(("reference", tariff, rates), partial(self._with_loaded, tariff, rates))

    def knowledge(self, version: str) -> Knowledge | None:
        """Return what the gateway knew, if it is kept as it was: see `risk_gateway.knowledge.ready`."""
        return self._remember(("knowledge", version), partial(self._read_knowledge, version))

    def selection_key(self, day: date) -> bytes | None:
        """Return the key of that day's random selection."""
        with looking(self.engine) as connection:
            found = self._remember(("selection key", day), partial(selection_store.read_key, connection, day))
        return found.key if found else None

    def trust(self, at: datetime) -> TrustStore:
        """Return whom to trust, with what was known of certificates at the end of that day and what is known now."""
        day = datetime.combine(day_of(at) + timedelta(days=1), time(), KAZAKHSTAN_TIME)
        return self._remember(("trust", day), partial(self._with_evidence, day))

    def attested(self, index: int) -> Attested:
        """Return how the entry at `index` is proved to be in the journal.

        Raises SigningError when a checkpoint or its time-stamp is not genuine, IndexError when no tree reaches so far.
        """
        with looking(self.engine) as connection:
            covering = store.covering(connection, index) or store.read_newest_checkpoint(connection)
            if covering is not None and index < covering.size:
                said = self._remember(("note", covering.note), partial(self._open, covering.note))
                size, root, at = said.size, said.root, self._stamped_at(covering)
            else:
                size, frontier = store.read_head(connection)
                root, at = journal.root(journal.Head.from_bytes(size, frontier)), None
            return Attested(size, root, journal.prove_inclusion(index, size, store.subtree(connection)), at)

    def _stamped_at(self, covering: StoredCheckpoint) -> datetime | None:
        if covering.token is None:
            return None
        trust = self.trust(covering.stamped_at or self._now)
        verify = partial(timestamp.verify, covering.token, covering.note.encode(), trust)
        return self._remember(("stamp", covering.note, covering.token), verify).at

    def _remember(self, key: object, make: Callable[[], Value]) -> Value:
        if key not in self._remembered:
            self._remembered[key] = make()
            if len(self._remembered) > REMEMBERED_MOST:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        value: Value = self._remembered[key]
        return value

    def _with_loaded(self, tariff: int | None, rates: int | None) -> Reference:
        reference = Reference.shipped()
        with looking(self.engine) as connection:
            if rates is not None:
                reference = reference.with_exchange_rates(declarations_store.read_exchange_rates(connection, rates))
            if tariff is None:
                return reference
            source, complete, content = declarations_store.read_tariff(connection, tariff)
        return reference.with_tariff(Tariff.parse_csv(unpack(content).decode(), source, complete=complete))

    def _read_knowledge(self, version: str) -> Knowledge | None:
        with looking(self.engine) as connection:
            return knowledge_store.find(connection, version)

    def _with_evidence(self, day: datetime) -> TrustStore:
        with looking(self.engine) as connection:
            newest = {*evidence_store.newest_evidence(connection, min(day, self._now))}
            newest |= evidence_store.newest_evidence(connection, self._now)
            kept, given = evidence_store.read_evidence(connection, newest), self._trust.evidence
        return self._trust.with_evidence(Evidence((*kept.crls, *given.crls), (*kept.ocsp, *given.ocsp)))

    def _open(self, note: str) -> Checkpoint:
        return checkpoint.open_note(note, self.certificates)


@contextmanager
def looking(engine: Engine) -> Iterator[Connection]:
    """Open a connection that sees one state of the database for as long as it is open, and cannot write."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
                connection.exec_driver_sql("PRAGMA query_only=OFF")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection


def _document(connection: Connection, key: Key) -> bytes | None:
    table = declarations_store.document
    found = connection.execute(select(table.c.content).where(_is(table, key))).scalar()
    return None if found is None else bytes(found)


def _decision(connection: Connection, key: Key) -> StoredDecision | None:
    row = connection.execute(select(decision).where(_is(decision, key))).first()
    if row is None:
        return None
    return StoredDecision(
        decision_id=row.decision_id,
        knowledge_version=row.knowledge_version,
        degraded=row.degraded,
        decided_at=aware(row.decided_at),
        case=bytes(row.case),
        assessment=bytes(row.assessment),
        decision=bytes(row.decision),
        payables=bytes(row.payables),
        notice=bytes(row.notice),
    )


def _message(connection: Connection, stored: Stored) -> StoredMessage | None:
    wanted = message_id(stored.registration_number, stored.key.version)
    row = connection.execute(select(outbox).where(outbox.c.message_id == wanted)).first()
    if row is None:
        return None
    return StoredMessage(row.message_id, row.recipient, row.kind, row.subject, row.sequence, bytes(row.body))


def message_id(number: str, version: int) -> str:
    """Return under which id the notice of a declaration leaves."""
    return f"decision:{number}:{version}"


def aware(moment: datetime) -> datetime:
    """Return the moment with its zone, which SQLite forgets: UTC is stored."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _is(table: Any, key: Key) -> Any:
    return and_(
        table.c.declarant == key.declarant,
        table.c.functional_reference_id == key.functional_reference_id,
        table.c.version == key.version,
    )
