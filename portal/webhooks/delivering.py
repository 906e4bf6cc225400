"""Sending beside the requests: each endpoint in a thread of its own, so that one that hangs delays no other."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from portal.clock import Clock
from portal.database import reading, writing
from portal.webhooks import signatures, store
from portal.webhooks.sending import Outcome, send
from portal.webhooks.store import Attempt, Delivery, Endpoint

Send = Callable[[str, Mapping[str, str], bytes], Outcome]

AT_ONCE = 32  # endpoints
IN_A_ROW = 20  # messages to one endpoint
CLAIMED = timedelta(minutes=5)  # longer than so many messages can take
PAUSE_SECONDS = 0.5
ATTEMPTS_MAX = 16
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 12 * 3600
DISABLED_AFTER = timedelta(days=5)
GONE = 410  # the receiver says that it wants no more


class Deliveries:
    """Takes turns; what it sends goes on in threads, and is recorded by them."""

    def __init__(self, engine: Engine, clock: Clock, *, loopback: bool, send: Send | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._send = send or (lambda url, headers, body: _send(url, headers, body, loopback=loopback))
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._lock = threading.Lock()
        self._busy: set[str] = set()

    def turn(self) -> float:
        """Begin to send what is due, and return how many seconds to wait for more."""
        with self._lock:
            busy = set(self._busy)
        with reading(self._engine) as connection:
            due = store.due_endpoints(connection, self._clock.now(), busy, AT_ONCE - len(busy))
        for identifier in due:
            with self._lock:
                self._busy.add(identifier)
            self._pool.submit(self._serve, identifier)
        return PAUSE_SECONDS

    def deliver_due(self) -> None:
        """Send what is due now and wait until all of it has been tried: for tests and the command line."""
        self.turn()
        self._pool.shutdown(wait=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    def _serve(self, identifier: str) -> None:
        try:
            while self._send_claimed(identifier):
                pass
        except Exception as error:  # noqa: BLE001 what one endpoint meets must not end the thread without a word
            structlog.get_logger().error("webhook.trouble", endpoint=identifier, error=type(error).__name__)
        finally:
            with self._lock:
                self._busy.discard(identifier)

    def _send_claimed(self, identifier: str) -> bool:
        """Send what is due for an endpoint until one fails; tell whether there may be more."""
        now = self._clock.now()
        with writing(self._engine) as connection:
            claimed = store.claim(connection, identifier, now, now + CLAIMED, IN_A_ROW)
        if claimed is None:
            return False
        to, waiting = claimed
        for position, made in enumerate(waiting):
            if not self._try(to, made, waiting[position + 1 :]):
                return False
        return len(waiting) == IN_A_ROW

    def _try(self, to: Endpoint, made: Delivery, behind: list[Delivery]) -> bool:
        began, ticks = self._clock.now(), self._clock.monotonic()
        body = made.body.encode()
        outcome = self._send(to.url, signatures.headers(made.message_id, began, body, to.keys(began)), body)
        tried = store.attempt_of(made, began, outcome, timedelta(seconds=self._clock.monotonic() - ticks))
        with writing(self._engine) as connection:
            if outcome.delivered:
                store.record_success(connection, made, tried)
                return True
            again = _next_attempt(made, tried)
            since = store.record_failure(connection, made, tried, again, [each.message_id for each in behind])
            if since is not None and (outcome.status == GONE or began - since >= DISABLED_AFTER):
                store.disable(connection, to.id, began, "gone" if outcome.status == GONE else "failing")
        return False


def _send(url: str, headers: Mapping[str, str], body: bytes, *, loopback: bool) -> Outcome:
    return send(url, headers, body, loopback=loopback)


def _next_attempt(made: Delivery, tried: Attempt) -> datetime | None:
    """Return when to try again: after 5, 20, 80 ... seconds, at most half a day; None after the last attempt."""
    if made.attempts + 1 >= ATTEMPTS_MAX:
        return None
    wait = min(FIRST_WAIT_SECONDS * 4**made.attempts, LONGEST_WAIT_SECONDS)
    return tried.at + timedelta(seconds=wait)
