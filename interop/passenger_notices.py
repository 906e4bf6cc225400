"""The customs receipt order (CRO): what a traveller pays, for what, and how it was worked out, for the seal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from interop.notices import LANGUAGES, NAMESPACE
from risk_gateway.words import Words


class Ordered(Struct, frozen=True, kw_only=True):
    """One payment, in tenge with two places, and for what."""

    tenge: str
    reason: Words


class ReceiptOrder(Struct, frozen=True, kw_only=True):
    """`steps` are the lines of the calculation; `digest` the SHA-256 (hex) of the declaration's document."""

    number: str
    reference: str
    office: str
    payer: str
    digest: str
    made_at: datetime
    journal_index: int
    payment_code: str
    payments: Sequence[Ordered]
    steps: Sequence[Words]
    total: str


def receipt_order(order: ReceiptOrder) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(order)).encode()


def _parts(order: ReceiptOrder) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<CustomsReceiptOrder xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield _element("Number", order.number)
    yield _element("Subject", order.reference)
    yield _element("OfficeID", order.office)
    yield _element("PayerID", order.payer)
    yield _element("MadeAt", order.made_at.isoformat())
    yield _element("JournalIndex", str(order.journal_index))
    yield f'<DocumentDigest algorithm="SHA-256">{order.digest}</DocumentDigest>'
    for payment in order.payments:
        amount = f'<Amount currencyID="KZT">{payment.tenge}</Amount>'
        yield f"<Payment typeCode={quoteattr(order.payment_code)}>{amount}{_in_each(payment.reason)}</Payment>"
    yield "<Calculation>"
    yield from (f"<Step>{_in_each(step)}</Step>" for step in order.steps)
    yield "</Calculation>"
    yield f'<TotalAmount currencyID="KZT">{order.total}</TotalAmount>'
    yield "</CustomsReceiptOrder>\n"


def _in_each(words: Words) -> str:
    return "".join(f'<Text lang="{language}">{escape(words.into(language))}</Text>' for language in LANGUAGES)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
