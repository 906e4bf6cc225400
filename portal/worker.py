"""The worker: takes messages out of the outbox and delivers each once. Embedded in `serve`, or `shekara work`."""

import threading

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from interop import store as outbox
from portal.clock import Clock
from portal.database import writing
from portal.store import PARTICIPANT, add_notifications

BATCH_MAX = 100
PAUSE_SECONDS = 0.5


class Worker:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def run(self) -> None:
        """Deliver until told to stop."""
        while not self._stopping.is_set():
            try:
                delivered = self.deliver_due()
            except SQLAlchemyError as error:
                structlog.get_logger().warning("worker.database", error=str(error))
                delivered = 0
            if delivered < BATCH_MAX:
                self._stopping.wait(PAUSE_SECONDS)

    def deliver_due(self) -> int:
        """Deliver up to a batch of due messages; delivery and its mark are one transaction. Return how many.

        Notices go into their participants' notification logs. A recipient of no known kind waits.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            due = outbox.take_due(connection, now, BATCH_MAX)
            notices = [message for message in due if message.recipient.startswith(PARTICIPANT)]
            if notices:
                add_notifications(connection, notices, now)
                outbox.mark_delivered(connection, [message.message_id for message in notices], now)
            for message in due:
                if message not in notices:
                    outbox.postpone(connection, message, now)
        return len(due)
