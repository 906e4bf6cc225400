"""The customs receipt order of a declaration: sealed, and charged in the ledger, in the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from declarations.defects import phrase
from declarations.ledger.model import ClaimKind, Line, Outstanding
from declarations.passengers.allowances import allowances_on
from declarations.passengers.computing import Computation, Step
from interop.passenger_notices import Ordered, ReceiptOrder, receipt_order
from portal.casework.desk import Desk
from portal.ledger import books
from portal.passengers.model import Record
from risk_gateway.days import day_of
from risk_gateway.packing import pack
from risk_gateway.words import Words
from signing import seal
from signing import store as signing_store


def number_of(reference: str) -> str:
    return f"CRO-{reference}"


def charge(
    connection: Connection, desk: Desk, record: Record, computation: Computation, by: str, now: datetime
) -> dict[str, object]:
    """Make the ledger owe what was computed, and return what is to be written of it beside the declaration.

    What was charged before is corrected; where nothing is to be paid any more, it is cancelled. Raises `LedgerRefused`.
    """
    tiyn, number = computation.total_tiyn, number_of(record.reference)
    if not tiyn and record.cro is None:
        return {}
    code = allowances_on(day_of(record.declared_at)).payment_code
    lines = (Line(code, tiyn),) if tiyn else ()
    key = f"cro:{record.reference}:{record.version}:{'made' if record.cro is None else 'changed'}"
    if record.cro is None:
        books.charge(
            connection,
            now,
            key=key,
            holder=record.holder,
            document=number,
            kind=ClaimKind.CRO,
            lines=lines,
            due=day_of(record.expires_at),
            office=record.office,
            by=by,
        )
    else:
        books.adjust(connection, now, key=key, document=number, lines=lines, by=by)
    size, _ = signing_store.lock_head(connection)
    order = ReceiptOrder(
        number=number,
        reference=record.reference,
        office=record.office,
        payer=record.holder,
        digest=record.digest,
        made_at=now,
        journal_index=size,
        payment_code=code,
        payments=[Ordered(tenge=f"{each.tenge:f}", reason=_words(each.reason)) for each in computation.payments],
        steps=list(_steps(computation.steps)),
        total=f"{computation.total:f}",
    )
    notice = seal.seal(receipt_order(order), desk.keyring.at(now), now)
    desk.mark("after receipt order")
    return {"cro": number, "cro_notice": pack(notice)}


def outstanding(connection: Connection, record: Record) -> Outstanding | None:
    """Return how it stands with the receipt order; None where nothing was ever to be paid."""
    return None if record.cro is None else books.outstanding(connection, record.cro)


def _steps(steps: Iterable[Step]) -> Iterable[Words]:
    for each in steps:
        words = _words(each.code)
        yield Words(*(words.into(language).format_map(each.params) for language in ("kk", "ru", "en")))


def _words(code: str) -> Words:
    return Words(phrase(code, "kk"), phrase(code, "ru"), phrase(code, "en"))
