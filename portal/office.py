"""The office at work: what it knows at one revision (`Snapshot`), and what it works with (`Office`)."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import date, datetime
from typing import NamedTuple, Protocol

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from declarations import amendment_store
from declarations import store as declarations_store
from declarations.amendment_store import State
from declarations.participants import PowerOfAttorney
from declarations.reference import Reference, Tariff
from declarations.store import Stored
from portal import selection
from portal.asking.service import Asking
from portal.asking.transport import Edge
from portal.clock import Clock
from portal.database import reading, writing
from portal.entry import Answer, Asked, Entry
from portal.errors import Unavailable
from portal.settings import Settings
from portal.stages import Lodged
from portal.store import ApiToken, read_token
from portal.versions_store import Base, read_base
from risk_gateway import (
    canonical,
    capacity_store,
    emergency,
    history_store,
    knowledge_store,
    profile_store,
    values_store,
)
from risk_gateway import store as risk_store
from risk_gateway.bases.registry import store as registry_store
from risk_gateway.bases.registry.model import EntryStep, category_of, status_of
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.days import day_of
from risk_gateway.emergency import Judging
from risk_gateway.fraud_model import model_store, prediction
from risk_gateway.history import Past, Question
from risk_gateway.knowledge import prepare
from risk_gateway.model import Category, Decision, Knowledge, ParticipantFacts
from risk_gateway.packing import unpack
from signing import evidence_store
from signing.keyring import Keyring
from signing.revocation import Evidence
from signing.trust import TrustStore

UNRECORDED_CATEGORY = Category.MEDIUM  # a participant on whom nothing is recorded


class Directory:
    """Participants as of one revision, read on first use and kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._powers: dict[str, tuple[PowerOfAttorney, ...]] = {}
        self._facts: dict[tuple[str, date], _Recorded] = {}
        self._tokens: dict[str, ApiToken] = {}

    def powers(self, principal: str) -> tuple[PowerOfAttorney, ...]:
        """Return every power of attorney that this participant ever gave."""
        found = self._powers.get(principal)
        if found is None:
            with reading(self._engine) as connection:
                found = self._powers[principal] = declarations_store.read_powers(connection, principal)
        return found

    def powers_held(self, agent: str) -> tuple[PowerOfAttorney, ...]:
        with reading(self._engine) as connection:
            return declarations_store.read_powers_held(connection, agent)

    def risk_facts(self, identifier: str, moment: datetime) -> ParticipantFacts:
        """Return what the gateway may know of a participant at a moment."""
        day = day_of(moment)
        found = self._facts.get((identifier, day))
        if found is None:
            with reading(self._engine) as connection:
                found = self._facts[identifier, day] = _recorded(connection, identifier, day)
        status = status_of(found.entry, moment)
        return replace(found.facts, category=category_of(status, found.category))

    def base(self, declarant: str, reference: str) -> Base | None:
        """Return the newest version of what was lodged under this reference: never kept, for officers work on it."""
        with reading(self._engine) as connection:
            return read_base(connection, declarant, reference)

    def past(self, asked: Question) -> Past:
        """Return what participants did before: never kept, for every lodgement changes it."""
        with reading(self._engine) as connection:
            return history_store.read_past(connection, asked)

    def token(self, token_hash: str) -> ApiToken | None:
        """Return the token with this hash; only those that exist are remembered, or strangers would fill the memory."""
        found = self._tokens.get(token_hash)
        if found is None:
            with reading(self._engine) as connection:
                found = read_token(connection, token_hash)
            if found is not None:
                self._tokens[token_hash] = found
        return found


class _Recorded(NamedTuple):
    """What is on record of a participant for a day; the category follows from the entry at the moment."""

    facts: ParticipantFacts
    category: str | None
    entry: tuple[EntryStep, ...]


def _recorded(connection: Connection, identifier: str, day: date) -> _Recorded:
    known = declarations_store.read_participant(connection, identifier)
    facts = ParticipantFacts(
        identifier=identifier,
        category=UNRECORDED_CATEGORY,
        registered_on=known.registered_on if known else None,
        violations=violation_store.counting(connection, identifier, day),
    )
    category = risk_store.read_category(connection, identifier, day)
    if category is not None and category not in list(Category):
        structlog.get_logger().error("participant.category")
    return _Recorded(facts, category, registry_store.read_steps(connection, identifier))


class Snapshot:
    """Everything that judging depends on, as of one revision of the database."""

    def __init__(self, revision: int, reference: Reference, trust: TrustStore, engine: Engine, clock: Clock) -> None:
        self.revision = revision
        self.reference = reference
        self.trust = trust
        self.directory = Directory(engine)
        self._engine = engine
        self._clock = clock
        self._knowledge: dict[tuple[date, date | None], Knowledge] = {}
        self._assembling = threading.Lock()
        self.degraded = False  # whether the newest of it is incomplete

    def knowledge(self, day: date, key_day: date | None = None) -> Knowledge:
        """Return what the gateway knows that day, with the selection key of `key_day`, of the same day when None; it is
        kept in the database under its version.

        Never raises for what cannot be had of it: that is told in its `problem`, and its kind in the log.
        """
        with self._assembling:
            found = self._knowledge.get((day, key_day))
            if found is None:
                found = self._knowledge[day, key_day] = prepare(self._assemble(day, key_day))
                self._tell(found)
            return found

    def _assemble(self, day: date, key_day: date | None) -> Knowledge:
        """Read one state of all that it consists of, check it and keep it.

        Profiles are read before, and only read again when something was changed meanwhile: thousands take long to
        examine, and no lodgement is recorded while the writers' lock is held.
        """
        read: dict[int, Judging] = {}  # by the revision that was read before
        with reading(self._engine) as connection, suppress(*emergency.DAMAGE):
            revision = declarations_store.read_revision(connection)
            read[revision] = profile_store.read_judging(connection, day)
        with writing(self._engine) as connection:
            judging = read.get(declarations_store.read_revision(connection))
            found = emergency.assemble(
                day=day,
                day_key=selection.key_of(connection, key_day or day, self._clock.now()),
                key_day=key_day,
                judging=lambda: judging or profile_store.read_judging(connection, day),
                reference_values=lambda: values_store.read_in_force(connection, day),
                model=lambda: model_store.read_champion(connection),
                capacity=lambda: capacity_store.read_capacity(connection, day),
            )
            knowledge_store.keep(connection, found)
        return found

    def knowledge_in_emergency(self, known: Knowledge, error: Exception) -> Knowledge:
        """Return what is known without its model, then also without profiles, because judging with it broke down.

        Raises the error itself when it has neither: then nothing is left to do without.
        """
        structlog.get_logger().error("judging.failed", day=known.day.isoformat(), error=type(error).__name__)
        if known.model is None and not known.profiles:
            raise error
        found = emergency.without(known, error)
        with writing(self._engine) as connection:
            knowledge_store.keep(connection, found)
        self._tell(found)
        return found

    def _tell(self, found: Knowledge) -> None:
        """Let the operator know what is wrong with it. The details may be confidential: only the version is written."""
        self.degraded = found.problem is not None or not found.profiles
        about = {"day": found.day.isoformat(), "knowledge": found.version}
        if self.degraded:
            structlog.get_logger().error("knowledge.incomplete", **about)
        if found.model is not None and prediction.load(found.model) is None:
            structlog.get_logger().error("model.unusable", **about)


class Records(Protocol):
    """Step 8. See portal/recording.py."""

    def ask(self, asked: Asked) -> Answer:
        """Record a correction that an officer has to permit. Raises `DuplicateReference`, `Outdated`, `Unavailable`."""

    def record(self, entry: Entry) -> Answer:
        """Record now. Raises `DuplicateReference`, `Outdated` or `Unavailable`."""

    def submit(self, entry: Entry) -> "Future[Answer]":
        """Record together with others that arrive now."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Attesting(Protocol):
    """What the office needs to know of the notary. See portal/notary.py."""

    trouble: str
    unstamped_since: datetime | None

    def closed(self) -> bool:
        """Tell whether nothing may be accepted."""


class Office:
    """One process's office. `aside` judges a large body in a process of its own."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        trust: TrustStore,
        keyring: Keyring,
        recorder: Records,
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.clock = clock
        self.trust = trust
        self.keyring = keyring
        self.recorder = recorder
        self.aside: Callable[[Lodged], Future[Entry | Asked | Answer]] | None = None  # only while serving
        self.asking = Asking(engine, clock, Edge(keyring, clock, settings.exchange_tls_file).call)
        self.notary: Attesting | None = None  # only where lodgements are taken
        self._refreshing = threading.Lock()
        self._given = trust.evidence  # of the trust folder: it may hold what nobody can fetch
        self._evidence: frozenset[str] = frozenset()
        self.snapshot = self._read()

    def demand_open(self) -> None:
        """Part of step 1: refuse while the journal is not the one that was signed, or has been without time-stamps for
        too long. Raises `Unavailable`."""
        if self.notary is not None and self.notary.closed():
            raise Unavailable("portal.no_timestamp")

    def refresh(self) -> bool:
        """Read anew what judging depends on, if it has changed; tell whether it had."""
        with self._refreshing:
            with reading(self.engine) as connection:
                if declarations_store.read_revision(connection) == self.snapshot.revision:
                    return False
            self.snapshot = self._read()
            return True

    def examine_anew(self) -> None:
        """Forget what was found of certificates, so that those in use are met again."""
        with self._refreshing:
            self.trust = self.trust.with_evidence(self.trust.evidence)
            before = self.snapshot
            self.snapshot = Snapshot(before.revision, before.reference, self.trust, self.engine, self.clock)

    def current(self) -> Snapshot:
        """Return the newest snapshot: for answers that no commit checks afterwards."""
        self.refresh()
        return self.snapshot

    def answer_to(self, digest: str, sender: str | None) -> Answer | None:
        """Return what was answered to these bytes before, to a party of that declaration.

        To a correction that waits for an officer the answer is the version that it would correct.
        """
        with reading(self.engine) as connection:
            stored = declarations_store.find_by_digest(connection, digest)
            asked = None if stored else amendment_store.find_amendment(connection, digest)
            if asked is not None and asked.state is State.WAITING:
                stored = declarations_store.find_by_number(connection, asked.registration_number)
        if stored is None or sender not in (None, stored.key.declarant, stored.agent):
            return None
        return replace(self.answer_of(stored), asked=asked is not None)

    def answer_of(self, stored: Stored) -> Answer:
        """Return the recorded answer. Raises `NoResultFound` when there is none."""
        key = stored.key
        with reading(self.engine) as connection:
            kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
        return Answer(stored, canonical.loads(unpack(kept.decision), Decision), unpack(kept.notice), repeated=True)

    def _read(self) -> Snapshot:
        with reading(self.engine) as connection:
            revision = declarations_store.read_revision(connection)
            loaded = declarations_store.read_newest_tariff(connection)
            rates = declarations_store.read_exchange_rates(connection)
            self._take_evidence(connection)
        reference = Reference.shipped().with_exchange_rates(rates) if rates else Reference.shipped()
        if loaded:
            source, complete, content = loaded
            reference = reference.with_tariff(Tariff.parse_csv(unpack(content).decode(), source, complete=complete))
        return Snapshot(revision, reference, self.trust, self.engine, self.clock)

    def _take_evidence(self, connection: Connection) -> None:
        """Judge certificates by the newest evidence from here on; what is remembered of them lasts until it changes."""
        newest = evidence_store.newest_evidence(connection, self.clock.now())
        if newest != self._evidence:
            kept, given = evidence_store.read_evidence(connection, newest), self._given
            merged = Evidence(dict.fromkeys((*kept.crls, *given.crls)), dict.fromkeys((*kept.ocsp, *given.ocsp)))
            self.trust = self.trust.with_evidence(merged)
            self._evidence = newest
