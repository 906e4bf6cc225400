"""Step 8: one writer puts lodgements that arrive together into ONE transaction, and answers after it is durable."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from declarations import amendment_store
from declarations import store as declarations_store
from declarations.amendment_store import Amendment, State
from declarations.lifecycle import Action
from declarations.store import Key, Stored
from interop import store as interop_store
from interop import tax_notices
from portal import audit, rows
from portal.casework import store as casework_store
from portal.casework.desk import Desk
from portal.casework.model import PORTAL, Wanted
from portal.casework.moving import make_move
from portal.clock import Clock
from portal.database import writing
from portal.entry import Answer, Asked, Entry
from portal.errors import DuplicateReference, Outdated, Unavailable
from portal.ledger import charging
from risk_gateway import canonical, history_store
from risk_gateway import store as risk_store
from risk_gateway.days import day_of
from risk_gateway.history import Ledger
from risk_gateway.model import Decision
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing.errors import KeyUnusable
from signing.keyring import Keyring

BATCH_MAX = 64
WAITING_MAX = 2_000
Outcome = Answer | Exception


class Recorder:
    """`mark` is told each point of the transaction at which a crash test may strike."""

    def __init__(
        self, engine: Engine, clock: Clock, keyring: Keyring, mark: Callable[[str], None] = lambda point: None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._keyring = keyring
        self._desk = Desk(clock, keyring)
        self._mark = mark
        self._waiting: queue.Queue[tuple[Entry, Future[Answer]] | None] = queue.Queue(WAITING_MAX)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Record what waits, then end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def record(self, entry: Entry) -> Answer:
        """Record one lodgement now. Raises `DuplicateReference`, `Outdated` or `Unavailable`."""
        (outcome,) = self._write([entry])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def ask(self, asked: Asked) -> Answer:
        """Record a correction that an officer has to permit; the version before goes on to hold until he does.

        Raises `Outdated` or `Unavailable`.
        """
        try:
            with writing(self._engine) as connection:
                signing_store.lock_head(connection)  # other writers wait here
                answer = self._ask(connection, asked)
                self._mark("before commit")
        except (OperationalError, InterfaceError):
            raise Unavailable from None
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")
        return answer

    def _ask(self, connection: Connection, asked: Asked) -> Answer:
        pair = asked.key.declarant, asked.key.functional_reference_id
        versions = declarations_store.find_by_references(connection, [pair])[pair]
        newest = versions[-1]
        if same := next((each for each in versions if each.digest == asked.digest), None):
            return self._answer_again(connection, same)
        revision = declarations_store.read_revision(connection)
        if (newest.key, newest.status, revision) != (asked.key, asked.found, asked.revision):
            raise Outdated
        wanted = Wanted(
            number=asked.number, action=Action.REQUEST_AMENDMENT, expected=asked.found, by=asked.by, text=asked.reason
        )
        moved = make_move(connection, self._desk, wanted)
        self._mark("after move")
        amendment_store.add_amendment(
            connection,
            Amendment(
                digest=asked.digest,
                registration_number=asked.number,
                amends=asked.key.version,
                state=State.WAITING,
                sender=asked.sender,
                signer_iin=asked.by.iin,
                reason=asked.reason,
                received_at=asked.received_at,
                sequence=moved.sequence,
                content=asked.content,
            ),
        )
        answer = self._answer_again(connection, replace(newest, status=moved.target.value))
        return replace(answer, asked=True, repeated=False)

    def submit(self, entry: Entry) -> "Future[Answer]":
        """Hand a lodgement to the writer. Raises `Unavailable` when too many wait."""
        future: Future[Answer] = Future()
        try:
            self._waiting.put_nowait((entry, future))
        except queue.Full:
            raise Unavailable("portal.busy") from None
        return future

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            stop = False
            while len(batch) < BATCH_MAX and not self._waiting.empty():
                following = self._waiting.get_nowait()
                if following is None:
                    stop = True
                    break
                batch.append(following)
            batch = [(entry, future) for entry, future in batch if future.set_running_or_notify_cancel()]
            for (_, future), outcome in zip(batch, self._write([entry for entry, _ in batch]), strict=True):
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
            if stop:
                return

    def _write(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        """Record a batch; what one lodgement breaks must not take others with it, nor end the writer."""
        try:
            return self._transaction(batch) if batch else ()
        except (OperationalError, InterfaceError):  # the database's own trouble: one by one would only wait longer
            return [Unavailable()] * len(batch)
        except KeyUnusable as error:  # nobody's lodgement is to blame, and the reason is not for a trader's eyes
            structlog.get_logger().error("recorder.key", code=error.code, particulars=dict(error.params))
            return [Unavailable()] * len(batch)
        except Exception as error:  # noqa: BLE001 the writer must outlive whatever one lodgement does to it
            if len(batch) > 1:
                return [self._write([entry])[0] for entry in batch]
            return [Unavailable() if isinstance(error, SQLAlchemyError) else error]

    def _transaction(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        with writing(self._engine) as connection:
            size, frontier = signing_store.lock_head(connection)  # other writers wait here
            known, fresh, ledger = self._sort_out(connection, batch)
            answers = self._insert(connection, fresh, size, frontier, ledger) if fresh else {}
            self._mark("before commit")
        # COMMIT POINT: from here a crash loses nothing
        self._mark("after commit")
        return [
            known[place] if place in known else _same_or_duplicate(entry, answers[entry.key])
            for place, entry in enumerate(batch)
        ]

    def _sort_out(
        self, connection: Connection, batch: Sequence[Entry]
    ) -> tuple[dict[int, Outcome], list[Entry], Ledger]:
        """Part what is new from what was answered before or is out of date, by its place in the batch.

        Of two with the same reference in one batch the first is new; the other is compared with it afterwards. Out of
        date is also what was judged before another lodgement used its invoice, or used up its certificate.
        """
        revision = declarations_store.read_revision(connection)
        keys = [(entry.key.declarant, entry.key.functional_reference_id) for entry in batch]
        earlier = declarations_store.find_by_references(connection, keys)
        known: dict[int, Outcome] = {}
        fresh: dict[Key, Entry] = {}
        for place, (entry, key) in enumerate(zip(batch, keys, strict=True)):
            if (said := self._earlier(connection, entry, earlier.get(key, ()))) is not None:
                known[place] = said
            elif entry.revision != revision:
                known[place] = Outdated()
            else:
                fresh.setdefault(entry.key, entry)
        ledger = history_store.read_ledger(connection, [entry.addition for entry in fresh.values()])
        taken = {key: entry for key, entry in fresh.items() if ledger.take(entry.addition)}
        for place, entry in enumerate(batch):
            if place not in known and entry.key not in taken:
                known[place] = Outdated()
        return known, list(taken.values()), ledger

    def _earlier(self, connection: Connection, entry: Entry, versions: Sequence[Stored]) -> Outcome | None:
        """Return what is to be said because of the versions that are recorded: nothing of what is new."""
        same = next((each for each in versions if each.digest == entry.digest), None)
        if same is not None:
            return self._answer_again(connection, same)
        if entry.corrects is not None:
            newest = versions[-1]
            still = (newest.key.version, newest.status) == (entry.corrects.version, entry.corrects.found)
            return None if still else Outdated()
        if versions:
            return DuplicateReference(entry.key.functional_reference_id, versions[0].registration_number)
        return None

    def _answer_again(self, connection: Connection, stored: Stored) -> Answer:
        key = stored.key
        kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
        return Answer(stored, canonical.loads(unpack(kept.decision), Decision), unpack(kept.notice), repeated=True)

    def _replace_versions(self, connection: Connection, fresh: Sequence[Entry]) -> None:
        """End the versions that are corrected: each has one move more, to GRANTED, with its own journal entry."""
        for entry in fresh:
            if (corrects := entry.corrects) is None:
                continue
            by, granted = corrects.granted_by or PORTAL, corrects.granted_by is not None
            action = Action.GRANT_AMENDMENT if granted else Action.AMEND
            wanted = Wanted(number=corrects.number, action=action, expected=corrects.found, by=by)
            make_move(connection, self._desk, wanted)
            if granted:
                amendment_store.set_state(connection, entry.digest, State.GRANTED)
            self._mark("after move")

    def _insert(
        self, connection: Connection, fresh: Sequence[Entry], size: int, frontier: bytes, ledger: Ledger
    ) -> dict[Key, Answer]:
        now = self._clock.now()
        key = self._keyring.at(now)
        if any(entry.corrects for entry in fresh):
            self._replace_versions(connection, fresh)
            size, frontier = signing_store.lock_head(connection)
        numbers = rows.numbers_of(connection, fresh, day_of(now))
        answers: dict[Key, Answer] = {}
        records = []
        for index, (entry, number) in enumerate(zip(fresh, numbers, strict=True), start=size):
            stored = rows.registered(entry, number, index, now)
            answers[entry.key] = Answer(stored, entry.decision, rows.sealed_notice(stored, entry.decision, key))
            records.append(rows.event(answers[entry.key], entry))
        done = [(entry, answers[entry.key]) for entry in fresh]
        declarations_store.add_declarations(connection, [rows.declaration_row(answer.stored) for _, answer in done])
        self._mark("after declaration")
        declarations_store.add_documents(
            connection, [{**rows.key_of(entry), "content": entry.document} for entry in fresh]
        )
        risk_store.add_decisions(connection, [rows.decision_row(entry, answer) for entry, answer in done])
        self._mark("after decision")
        casework_store.open_cases(connection, rows.limits(done))
        for number, sequence in rows.no_more_on_paper(done):
            casework_store.answer_requests(connection, number, sequence, now)
        self._mark("after case")
        history_store.add(connection, [entry.addition for entry in fresh], ledger)
        self._mark("after history")
        audit.append(connection, size, frontier, records)
        self._mark("after journal")
        charging.follow_decisions(
            connection, [charging.Decided(answer.stored, entry.dues) for entry, answer in done], now
        )
        self._mark("after ledger")
        interop_store.add_messages(connection, [rows.message(answer, now) for _, answer in done])
        for _, answer in done:
            if (event := tax_notices.event_of_decision(answer.stored)) is not None:
                tax_notices.tell(connection, answer.stored, event, now)
        return answers


def _same_or_duplicate(entry: Entry, answer: Answer) -> Outcome:
    if answer.stored.digest == entry.digest:
        return answer
    if entry.corrects is not None:
        return Outdated()
    return DuplicateReference(entry.key.functional_reference_id, answer.stored.registration_number)
