"""What messages of partners do here. A new kind of message is one function and one line of `HANDLERS`.

A handler writes its effect into the caller's transaction. It raises `MessageRefused` for what will never be taken; any
other error means that the partner shall send it again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from interop.adapters.law_enforcement import client as law_enforcement
from interop.calls import NotUnderstood
from interop.disclosure import ViolationMessage
from interop.distributing import KIND as VIOLATION
from interop.envelope import digest_of
from interop.errors import MessageRefused
from interop.partners import Partner, PartnerKind
from portal.casework.desk import Desk
from portal.exchange.hashes import number_of
from portal.violations import service as violations
from portal.violations.errors import Contradicted
from risk_gateway.bases.violations import conflict_store
from risk_gateway.bases.violations.model import UNKNOWN_HASH

Handle = Callable[[Connection, Desk, Partner, bytes, datetime], None]

REPORT = "report"
TEST = "test"
UNKNOWN_HASH_DIGITS = 48
TELL_VIOLATIONS = frozenset({PartnerKind.TAX_SERVICE, PartnerKind.LAW_ENFORCEMENT, PartnerKind.FOREIGN_CUSTOMS})


def receive_violation(connection: Connection, desk: Desk, partner: Partner, body: bytes, now: datetime) -> None:
    """Put a partner's violation on record. Whom a hashed number means is looked up among those on record here."""
    if partner.kind not in TELL_VIOLATIONS:
        raise MessageRefused("exchange.kind_unknown")
    try:
        message = msgspec.json.decode(body, type=ViolationMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise MessageRefused("exchange.body") from None
    if message.number_hash and not message.number:
        number = number_of(connection, message.number_hash, partner)
        number = number or f"{UNKNOWN_HASH}{message.number_hash[:UNKNOWN_HASH_DIGITS]}"
        message = replace(message, number=number, scheme=violations.scheme_of(number).value)
    violations.receive(connection, desk, partner.id, message, digest_of(body), now)


def receive_report(connection: Connection, desk: Desk, partner: Partner, body: bytes, now: datetime) -> None:
    """Put a violation on record of which law enforcement tells in its own XML, a JSON string in the message."""
    if partner.kind is not PartnerKind.LAW_ENFORCEMENT:
        raise MessageRefused("exchange.kind_unknown")
    try:
        report = msgspec.json.decode(body, type=str)
        violation = law_enforcement.violation(report.encode())
    except (msgspec.MsgspecError, UnicodeError, NotUnderstood):
        raise MessageRefused("exchange.body") from None
    receive_violation(connection, desk, partner, violation, now)


def take_test(connection: Connection, desk: Desk, partner: Partner, body: bytes, now: datetime) -> None:
    """Do nothing: a test shows that keys and addresses are right."""


HANDLERS: Mapping[str, Handle] = {
    VIOLATION: receive_violation,
    REPORT: receive_report,
    TEST: take_test,
}


def note(connection: Connection, refused: MessageRefused) -> None:
    """Keep what an officer shall see of a message that was refused."""
    if isinstance(refused, Contradicted):
        conflict_store.add(connection, refused.conflict)
