"""What messages of partners do here. A new kind of message is one function and one line of `HANDLERS`.

A handler writes its effect into the caller's transaction. It raises `MessageRefused` for what will never be taken; any
other error means that the partner shall send it again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations.identifiers import is_bin, is_iin
from interop.adapters.law_enforcement import client as law_enforcement
from interop.calls import NotUnderstood
from interop.disclosure import ViolationMessage, hash_of
from interop.distributing import KIND as VIOLATION
from interop.envelope import digest_of
from interop.errors import MessageRefused
from interop.partners import Partner, PartnerKind
from portal.casework.desk import Desk
from portal.violations import service as violations
from portal.violations.store import named_participants
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import Scheme

Handle = Callable[[Connection, Desk, Partner, bytes, datetime], None]

REPORT = "report"
TEST = "test"
UNKNOWN_HASH = "hmac:"  # begins what a number is called here of which only the hash is known
UNKNOWN_HASH_DIGITS = 48


def receive_violation(connection: Connection, desk: Desk, partner: Partner, body: bytes, now: datetime) -> None:
    """Put a partner's violation on record. Whom a hashed number means is looked up among those on record here."""
    try:
        message = msgspec.json.decode(body, type=ViolationMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise MessageRefused("exchange.body") from None
    if message.number_hash and not message.number:
        number = number_of(connection, message.number_hash, partner)
        number = number or f"{UNKNOWN_HASH}{message.number_hash[:UNKNOWN_HASH_DIGITS]}"
        message = replace(message, number=number, scheme=_scheme(number).value)
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


def number_of(connection: Connection, hashed: str, partner: Partner) -> str | None:
    """Return the number on record here that has this HMAC under the partner's salt."""
    salt = partner.policy.salt
    if not salt:
        return None
    ours = (each.key.rpartition(":")[2] for each in named_participants(connection))
    known = (*violation_store.numbers(connection), *ours)
    return next((number for number in known if hash_of(number, salt) == hashed), None)


def _scheme(number: str) -> Scheme:
    if is_bin(number):
        return Scheme.BIN
    return Scheme.IIN if is_iin(number) else Scheme.FOREIGN
