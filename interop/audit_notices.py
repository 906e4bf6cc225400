"""Notices of audits after release: what a participant is told of one, for the seal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from declarations.audits.model import DebtLine
from interop.notices import LANGUAGES, NAMESPACE
from risk_gateway.words import Words


class AuditTold(Struct, frozen=True, kw_only=True):
    """`event` is the action, `subject` the audit's number. `code` is the WCO response code: 13 debt, 09 cleared, 11 an
    answer refined by `answer` (39 granted, 41 denied), empty for what nobody had asked for.

    `statement` is the digest of the signed document behind it, which the participant reads in the portal.
    """

    participant: str
    event: str
    subject: str
    status: str
    made_at: datetime
    journal_index: int
    code: str = ""
    answer: str = ""
    limit: datetime | None = None
    amount_tiyn: int = 0
    lines: Sequence[DebtLine] = ()
    statement: str = ""
    text: str = ""
    appeal: Words | None = None


def audit_notice(told: AuditTold) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(told)).encode()


def money(tiyn: int) -> str:
    return str(Decimal(tiyn).scaleb(-2))


def line(each: DebtLine) -> str:
    """Return one line of the computation of a debt, as notices and signed documents write it."""
    return (
        f'<Debt declaration={quoteattr(each.declaration)} item="{each.item}" payment={quoteattr(each.payment_code)}'
        f' declared="{money(each.declared_tiyn)}" due="{money(each.due_tiyn)}" short="{money(each.short_tiyn)}"'
        f' since="{each.since.isoformat()}" interest="{money(each.interest_tiyn)}" currencyID="KZT"/>'
    )


def _parts(told: AuditTold) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<AuditNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    if told.code:
        yield _element("ResponseCode", told.code)
    if told.answer:
        yield _element("AnswerCode", told.answer)
    yield _element("ParticipantID", told.participant)
    yield _element("Event", told.event)
    yield _element("Subject", told.subject)
    yield _element("Status", told.status)
    yield _element("MadeAt", told.made_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    if told.limit:
        yield _element("LimitDate", told.limit.isoformat())
    if told.amount_tiyn:
        yield f'<Amount currencyID="KZT">{money(told.amount_tiyn)}</Amount>'
    yield from map(line, told.lines)
    if told.statement:
        yield f'<StatementDigest algorithm="SHA-256">{told.statement}</StatementDigest>'
    if told.text:
        yield _element("Text", told.text)
    if told.appeal:
        yield "<Appeal>"
        for language in LANGUAGES:
            yield f'<Text lang="{language}">{escape(told.appeal.into(language))}</Text>'
        yield "</Appeal>"
    yield "</AuditNotice>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
