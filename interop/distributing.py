"""Telling partners of a violation: each as far as its policy goes."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from interop import outbox
from interop.disclosure import disclose
from interop.partner_store import list_partners
from risk_gateway.bases.violations.model import Violation

KIND = "violation"


def distribute(connection: Connection, violation: Violation, now: datetime) -> tuple[str, ...]:
    """Record a message to each partner who may know of this version; return their ids.

    What is for one that is switched off waits until it is switched on.
    """
    sent = []
    for partner in list_partners(connection):
        told = disclose(violation, partner.policy)
        if told is not None:
            body = msgspec.json.encode(told)
            sent.append(outbox.send(connection, partner.id, KIND, violation.id, body, now))
    return tuple(sent)
