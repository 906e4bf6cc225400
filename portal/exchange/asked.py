"""What a partner who asks about somebody may be told."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from interop import query_log
from interop.disclosure import ViolationMessage, disclose
from interop.partners import Partner
from interop.query_log import Query
from interop.querying import Asked
from portal.exchange.hashes import number_of
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.bases.violations.model import COUNTRY, Identity, Scheme, Violation
from risk_gateway.days import day_of


class Answer(Struct, frozen=True):
    """What is told, and what the log says of it."""

    violations: tuple[ViolationMessage, ...]
    logged: Query


def answer(connection: Connection, partner: Partner, asked: Asked, now: datetime) -> Answer:
    """Return what policy lets be told, to be logged before it is told."""
    number = asked.number or (number_of(connection, asked.number_hash, partner) or "")
    logged = Query(
        partner=partner.id,
        about=number or asked.number_hash,
        purpose=asked.purpose,
        legal_basis=asked.legal_basis,
        at=now,
        answer=query_log.NOTHING,
    )
    if bool(asked.number) == bool(asked.number_hash):
        return Answer((), _refused(logged, "exchange.nobody"))
    if asked.purpose not in partner.policy.purposes:
        return Answer((), _refused(logged, "exchange.purpose"))
    held = [each for each in _records(connection, number, asked.country) if each.held_on(day_of(now))]
    shown = [(each, told) for each in held if (told := disclose(each, partner.policy)) is not None]
    if not shown:
        return Answer((), logged)
    names = tuple(f"{each.id} {each.version}" for each, _ in shown)
    violations = tuple(msgspec.convert(each, ViolationMessage) for _, each in shown)
    return Answer(violations, msgspec.structs.replace(logged, answer=query_log.TOLD, told=names))


def _records(connection: Connection, number: str, country: str) -> tuple[Violation, ...]:
    if not number:
        return ()
    if country in ("", COUNTRY):
        return violation_store.of_number(connection, number)
    return violation_store.of_identity(connection, Identity(Scheme.FOREIGN, number, country))


def _refused(query: Query, code: str) -> Query:
    return msgspec.structs.replace(query, answer=query_log.REFUSED, code=code)
