"""The worker: takes messages out of the outbox and delivers each once. Embedded in `serve`, or `shekara work`."""

from sqlalchemy import Engine

from interop import store as outbox
from portal.clock import Clock
from portal.database import writing
from portal.store import PARTICIPANT, add_notifications
from portal.webhooks.queueing import queue_notices

BATCH_MAX = 100
PAUSE_SECONDS = 0.5


class Worker:
    def __init__(self, engine: Engine, clock: Clock, portal: str = "") -> None:
        """`portal` is the portal's own address for its participants, where it is known."""
        self._engine = engine
        self._clock = clock
        self._portal = portal

    def turn(self) -> float:
        """Deliver what is due, and return how many seconds to wait for more."""
        return 0.0 if self.deliver_due() == BATCH_MAX else PAUSE_SECONDS

    def deliver_due(self) -> int:
        """Deliver up to a batch of due messages; delivery and its mark are one transaction. Return how many.

        Notices go into their participants' notification logs, and into the queue of their webhooks, which are sent
        elsewhere. A recipient of no known kind waits.
        """
        now = self._clock.now()
        with writing(self._engine) as connection:
            due = outbox.take_due(connection, now, BATCH_MAX)
            notices = [message for message in due if message.recipient.startswith(PARTICIPANT)]
            if notices:
                told = add_notifications(connection, notices, now)
                queue_notices(
                    connection,
                    told,
                    [message.recipient.removeprefix(PARTICIPANT) for message in told],
                    now,
                    self._portal,
                )
                outbox.mark_delivered(connection, [message.message_id for message in notices], now)
            for message in due:
                if message not in notices:
                    outbox.postpone(connection, message, now)
        return len(due)
