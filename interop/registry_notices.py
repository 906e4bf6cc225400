"""Notices of the registry: what a participant is told of its application, its entry or its appeal, for the seal."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from interop.notices import LANGUAGES, NAMESPACE
from risk_gateway.words import Words


class RegistryTold(Struct, frozen=True, kw_only=True):
    """`event` is what happened: REFUSED, ADMIT, SUSPEND ...; `subject` the number of the application or entry's step.

    `code` is the WCO response code 11 for an answer to an application or appeal, refined by `answer` (39 granted, 41
    denied), and empty for what nobody had asked for. `statement` is the digest of the signed statement behind it.
    """

    participant: str
    event: str
    subject: str
    made_at: datetime
    journal_index: int
    code: str = ""
    answer: str = ""
    valid_to: date | None = None
    reasons: Sequence[tuple[str, Words]] = ()
    text: str = ""
    cause: str = ""
    statement: str = ""
    appeal: Words | None = None


def registry_notice(told: RegistryTold) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(told)).encode()


def _parts(told: RegistryTold) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<RegistryNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    if told.code:
        yield _element("ResponseCode", told.code)
    if told.answer:
        yield _element("AnswerCode", told.answer)
    yield _element("ParticipantID", told.participant)
    yield _element("Event", told.event)
    yield _element("Subject", told.subject)
    yield _element("MadeAt", told.made_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    if told.valid_to:
        yield _element("ValidTo", told.valid_to.isoformat())
    if told.cause:
        yield _element("Cause", told.cause)
    if told.statement:
        yield f'<StatementDigest algorithm="SHA-256">{told.statement}</StatementDigest>'
    for code, words in told.reasons:
        yield f"<Reason code={quoteattr(code)}>{_in_each_language(words)}</Reason>"
    if told.text:
        yield _element("Text", told.text)
    if told.appeal:
        yield f"<Appeal>{_in_each_language(told.appeal)}</Appeal>"
    yield "</RegistryNotice>\n"


def _in_each_language(words: Words) -> str:
    return "".join(f'<Text lang="{language}">{escape(words.into(language))}</Text>' for language in LANGUAGES)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
