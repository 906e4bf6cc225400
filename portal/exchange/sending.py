"""Sending to partners and reading their violations, beside the requests, in any number of processes.

Each partner has two jobs, to send and to read; whoever works on one holds its lease in the database, and works in a
thread of its own, so that a partner in trouble delays no other. What a batch meets that may be because of one of its
messages is sent again in halves at once, until that message stands alone: it waits, the others go.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from interop import exchange_store as store
from interop import outbox
from interop.envelope import REFUSED, TAKEN, digest_of
from interop.exchange_store import Outgoing
from interop.partner_store import PULL, SEND, read_partner
from interop.partners import Partner, PartnerKind
from portal import audit
from portal.database import reading, writing
from portal.exchange.carrying import Carried, Outcome, carry, in_batches
from portal.exchange.client import Client, Undelivered
from portal.exchange.pulling import pull
from portal.exchange.renewing import renew
from portal.office import Office
from signing import store as signing_store

AT_ONCE = 32  # jobs
PAUSE_SECONDS = 0.2
IN_A_BATCH = 25  # messages: few enough for an answer well within the time that a partner has
FAILURES_IN_A_ROW = 8  # of parts of a batch, which can be halved 5 times: then it is the partner, not a message
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, DOUBLINGS_MAX = 0.25, 60.0, 8
PULLED_FROM = frozenset({PartnerKind.FOREIGN_CUSTOMS})


class Ended(Struct, frozen=True):
    """How a job ended: what the partner's trouble is, if any, and after how many seconds there is more to do.

    None: nothing was tried. What one message meets alone is told, too, but the partner is not left alone for it.
    """

    trouble: str | None
    rest: float = 0.0
    failed: bool = False


class Sent(Struct, frozen=True):
    """What came of a batch: the trouble of the last message that was put off alone, "" without one; whether all of it
    arrived at once."""

    trouble: str
    whole: bool


class Sending:
    """Takes turns; the jobs go on in threads."""

    def __init__(self, office: Office, connect: Callable[[Office], Client] = Client) -> None:
        self._office = office
        self._connect = connect
        self._owner = secrets.token_hex(8)
        self._leased = timedelta(seconds=2 * office.settings.exchange_timeout_seconds + 1)  # more than an attempt takes
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="exchange")
        self._lock = threading.Lock()
        self._busy: set[tuple[str, str]] = set()
        self._held: dict[tuple[str, str], datetime] = {}  # until when
        self._jobs: Mapping[str, Callable[[Partner], Ended]] = {SEND: self._send_all, PULL: self._pull}

    def turn(self) -> float:
        """Begin what is due, and return how many seconds to wait for more."""
        with self._lock:
            busy = set(self._busy)
        now = self._office.clock.now()
        with reading(self._office.engine) as connection:
            mail = store.partners_with_mail(connection, now)
            free = store.free_jobs(connection, now)
        for partner, job in free:
            if (partner, job) in busy or (job == SEND and partner not in mail) or len(busy) >= AT_ONCE:
                continue
            busy.add((partner, job))
            with self._lock:
                self._busy.add((partner, job))
            self._pool.submit(self._serve, partner, job)
        return PAUSE_SECONDS

    def work_once(self) -> None:
        """Do what is due now and wait until it has ended: for tests and the command line."""
        self.turn()
        self._pool.shutdown(wait=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="exchange")

    def _serve(self, partner_id: str, job: str) -> None:
        try:
            self._work(partner_id, job)
        except Exception as error:  # noqa: BLE001 what one partner meets must not end the thread without a word
            structlog.get_logger().error("exchange.trouble", partner=partner_id, job=job, exc_info=error)
        finally:
            with self._lock:
                self._busy.discard((partner_id, job))

    def _work(self, partner_id: str, job: str) -> None:
        if not self._hold(partner_id, job):
            return
        with reading(self._office.engine) as connection:
            partner = read_partner(connection, partner_id)
            failures = next(
                each.failures for each in store.read_leases(connection) if (each.partner, each.job) == (partner_id, job)
            )
        ended = Ended(None, LONGEST_WAIT_SECONDS)
        wait = min(FIRST_WAIT_SECONDS * 2 ** min(failures, DOUBLINGS_MAX), LONGEST_WAIT_SECONDS)
        try:
            if partner is not None and partner.active:
                ended = self._jobs[job](partner)
        except Undelivered as error:
            ended = Ended(error.text, wait, failed=True)
        except Exception as error:
            ended = Ended(f"here: {type(error).__name__}", wait, failed=True)
            raise
        finally:
            self._give_back(partner_id, job, ended)

    def _give_back(self, partner_id: str, job: str, ended: Ended) -> None:
        now = self._office.clock.now()
        self._held.pop((partner_id, job), None)
        with writing(self._office.engine) as connection:
            next_at = now + timedelta(seconds=ended.rest)
            store.give_back(connection, partner_id, job, self._owner, next_at)
            if ended.trouble is not None:
                store.note_try(connection, partner_id, job, now, ended.trouble, failed=ended.failed)

    def _hold(self, partner_id: str, job: str) -> bool:
        """Take or keep the lease of a job; tell whether it is ours."""
        now = self._office.clock.now()
        until = self._held.get((partner_id, job))
        if until is not None and until - now > self._leased / 2:
            return True
        with writing(self._office.engine) as connection:
            ours = store.take_lease(connection, partner_id, job, self._owner, now, now + self._leased)
        self._held[partner_id, job] = now + self._leased if ours else now
        return ours

    def _pull(self, partner: Partner) -> Ended:
        rest = float(self._office.settings.exchange_pull_seconds)
        if partner.kind not in PULLED_FROM:
            return Ended(None, rest)
        with self._connect(self._office) as client:
            pull(self._office, client, partner, lambda: self._hold(partner.id, PULL))
        return Ended("", rest)

    def _send_all(self, partner: Partner) -> Ended:
        """Send what is due, batch after batch, until nothing is left. Raises `Undelivered`, SigningError.

        Batches become smaller while they do not arrive whole, so that a slow partner or network is not asked for more
        than it can do in time.
        """
        trouble, most = None, IN_A_BATCH
        with self._connect(self._office) as client:
            while True:
                now = self._office.clock.now()
                with reading(self._office.engine) as connection:
                    partner = read_partner(connection, partner.id) or partner  # as it is by now
                    waiting = store.due(connection, partner.id, now, most) if partner.active else []
                if not waiting:
                    return Ended(trouble)
                for batch in in_batches(partner, renew(self._office.engine, partner.id, waiting, now)):
                    sent = self._send(client, partner, batch)
                    trouble = sent.trouble
                    most = min(most + 5, IN_A_BATCH) if sent.whole else max(most // 2, 1)

    def _send(self, client: Client, partner: Partner, batch: Sequence[Outgoing]) -> Sent:
        """Send a batch, in ever smaller parts where that may help: what was not tried yet goes before what was.

        Raises `Undelivered` when it is the partner's trouble, SigningError.
        """
        parts, failures, alone, whole = deque([batch]), 0, "", True
        while parts:
            part = parts.popleft()
            if not self._hold(partner.id, SEND):
                raise Undelivered("another process has taken over")
            try:
                carried = carry(client, partner, part)
            except Undelivered as error:
                failures, whole = failures + 1, False
                if not error.of_content or failures >= FAILURES_IN_A_ROW:
                    raise
                if len(part) == 1:
                    self._put_off(part[0])
                    alone = error.text
                else:
                    half = len(part) // 2
                    parts += [part[:half], part[half:]]
                continue
            failures = 0
            self._record(partner, part, carried)
        return Sent(alone, whole)

    def _put_off(self, message: Outgoing) -> None:
        with writing(self._office.engine) as connection:
            outbox.unanswered(connection, message, self._office.clock.now())

    def _record(self, partner: Partner, sent: Sequence[Outgoing], carried: Carried) -> None:
        """Note what came of messages, all of it at once."""
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            size, frontier = signing_store.lock_head(connection)  # first of all locks, as everybody who tells partners
            entries = []
            for message, outcome in zip(sent, carried.outcomes, strict=True):
                if outcome.receipt is not None:
                    outbox.delivered(connection, message, outcome.receipt, outcome.text, now)
                elif outcome.status == TAKEN:
                    outbox.confirmed(connection, message, outcome.text, now)
                elif outcome.status == REFUSED:
                    outbox.refused(connection, message, outcome.code, now)
                else:
                    outbox.not_taken(connection, message, outcome.code, now)
                if outcome.status in (TAKEN, REFUSED):
                    entries.append(
                        audit.Record(audit.Event.EXCHANGE_SUBMITTED, message.message_id, now, _said(message, outcome))
                    )
            if entries:
                audit.append(connection, size, frontier, entries)
            if carried.received is not None:
                outbox.partner_has(connection, partner.id, carried.received, now)
        # COMMIT POINT: receipts that were kept need not be asked for again


def _said(message: Outgoing, outcome: Outcome) -> dict[str, str]:
    return {
        "partner": message.partner,
        "kind": message.kind,
        "about": message.subject,
        "digest": digest_of(message.envelope),
        "outcome": outcome.status,
        "code": outcome.code,
        "receipt": digest_of(outcome.text.encode()) if outcome.text else "",
    }
