"""The computation of a debt: what was declared of a payment, what is due, and the interest since."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.audits.model import DebtLine
from declarations.ledger.rules import interest
from declarations.reference import Reference
from declarations.reference.codes import Code
from declarations.tariff import FEE, Payables
from portal.audits.errors import AuditRefused
from risk_gateway import archive_store
from risk_gateway import store as risk_store
from risk_gateway.packing import unpack
from risk_gateway.profiles import Motive

NOT_TYPED = -1  # of what was declared, and of interest: the portal works it out
TIYN_MOST = 10**15
KINDS: tuple[str, ...] = tuple(
    each.value
    for each in (
        Motive.UNDERSTATED_VALUE,
        Motive.OVERSTATED_VALUE,
        Motive.UNDERSTATED_VOLUME,
        Motive.FALSE_CODE,
        Motive.FALSE_ORIGIN,
        Motive.FALSE_DOCUMENTS,
        Motive.FALSE_EXPORT,
    )
)
"""What an audit can find: kinds of violations that are also motives of profiles, so that findings reach both."""


def computed(connection: Connection, line: DebtLine, day: date) -> DebtLine:
    """Return a line with what was declared and the interest up to a day. Raises `AuditRefused`.

    What is filled in already stays: a statement that was prepared yesterday is signed as it was prepared.
    """
    case = archive_store.find_case(connection, line.declaration)
    if case is None:
        raise AuditRefused("audits.declaration_unknown", "lines", number=line.declaration)
    if line.payment_code not in payment_codes(day):
        raise AuditRefused("audits.line_payment", "lines", number=line.declaration)
    declared = line.declared_tiyn
    if declared == NOT_TYPED:
        declared = _declared(connection, line)
    if not declared < line.due_tiyn <= TIYN_MOST:
        raise AuditRefused("audits.line_not_short", "lines", number=line.declaration, item=str(line.item))
    whole = replace(line, declared_tiyn=declared)
    if line.interest_tiyn != NOT_TYPED:
        return whole
    return replace(whole, since=case.day, interest_tiyn=interest(whole.short_tiyn, case.day, day))


def payment_codes(day: date) -> Mapping[str, Code]:
    """Return the kinds of payment by code."""
    return Reference.shipped().on(day).payment_kinds


def _declared(connection: Connection, line: DebtLine) -> int:
    """Return what the declaration itself owes of a payment of an item, in tiyn. Raises `AuditRefused` where the portal
    could not tell."""
    stored = declarations_store.find_by_number(connection, line.declaration)
    refused = AuditRefused("audits.line_declared", "lines", number=line.declaration, item=str(line.item))
    if stored is None:
        raise refused
    key = stored.key
    kept = risk_store.read_decision(connection, key.declarant, key.functional_reference_id, key.version)
    payables = msgspec.json.decode(unpack(kept.payables), type=Payables)
    if line.payment_code == FEE:
        return _tiyn(payables.fee.amount if payables.fee else None, refused)
    item = next((each for each in payables.items if each.item == line.item), None)
    if item is None:
        raise AuditRefused("audits.line_item", "lines", number=line.declaration, item=str(line.item))
    owed = item.line(line.payment_code)
    return 0 if owed is None else _tiyn(owed.amount, refused)


def _tiyn(amount: Decimal | None, refused: AuditRefused) -> int:
    if amount is None:
        raise refused
    return int(amount.scaleb(2))
