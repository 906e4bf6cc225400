"""Notices of movements: what a carrier is told of its goods under customs control, for the seal.

That of a departure is the delivery control document: route, limit date, seals and guarantee.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from interop.notices import LANGUAGES, NAMESPACE
from risk_gateway.words import Words

KIND = "MOVEMENT_NOTICE"


class MovementTold(Struct, frozen=True, kw_only=True):
    """A move of a movement. `code` is the WCO response code, `event` is MOVEMENT_ and the status it leads to."""

    code: str
    number: str
    carrier: str
    reference: str
    event: str
    action: str
    made_at: datetime
    journal_index: int
    vehicle: str
    container: str
    departure: str
    destination: str
    declaration: str = ""
    route: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    guarantee_tiyn: int = 0
    amount_tiyn: int = 0
    limit: datetime | None = None
    answer_by: datetime | None = None
    reason_code: str = ""
    reason: Words | None = None
    text: str = ""


def movement_notice(told: MovementTold) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(told)).encode()


def _parts(told: MovementTold) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<MovementNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield _element("ResponseCode", told.code)
    yield _element("ParticipantID", told.carrier)
    yield _element("Event", told.event)
    yield _element("Subject", told.number)
    yield _element("FunctionalReferenceID", told.reference)
    if told.declaration:
        yield _element("TransitDeclaration", told.declaration)
    yield _element("MadeAt", told.made_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    yield f"<Movement action={quoteattr(told.action)} vehicle={quoteattr(told.vehicle)}"
    yield f" container={quoteattr(told.container)}>" if told.container else ">"
    yield f"<From>{told.departure}</From><To>{told.destination}</To>"
    if told.route:
        yield _element("Route", " ".join(told.route))
    for seal in told.seals:
        yield _element("Seal", seal)
    if told.guarantee_tiyn:
        yield f'<Guarantee currencyID="KZT">{_tenge(told.guarantee_tiyn)}</Guarantee>'
    if told.amount_tiyn:
        yield f'<Amount currencyID="KZT">{_tenge(told.amount_tiyn)}</Amount>'
    if told.limit:
        yield _element("LimitDate", told.limit.isoformat())
    if told.answer_by:
        yield _element("AnswerBy", told.answer_by.isoformat())
    if told.reason:
        yield _element("ReasonCode", told.reason_code)
        yield from (f'<Reason lang="{each}">{escape(told.reason.into(each))}</Reason>' for each in LANGUAGES)
    if told.text:
        yield _element("Text", told.text)
    yield "</Movement></MovementNotice>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _tenge(tiyn: int) -> Decimal:
    return Decimal(tiyn).scaleb(-2)
