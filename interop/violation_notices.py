"""Notices of the base of violations: what a participant is told of its objection that was decided, for the seal."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from interop.notices import LANGUAGES, NAMESPACE
from risk_gateway.words import Words

ANSWER, GRANTED, DENIED = "11", "39", "41"  # WCO response codes


class ContestTold(Struct, frozen=True, kw_only=True):
    """`statement` is the digest of the signed objection that is answered, `subject` the record that it is against."""

    participant: str
    upheld: bool
    subject: str
    made_at: datetime
    journal_index: int
    statement: str
    reason_code: str
    reason: Words
    text: str


def contest_notice(told: ContestTold) -> bytes:
    """Return the notice, ready to be sealed."""
    return "".join(_parts(told)).encode()


def _parts(told: ContestTold) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<ViolationNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield _element("ResponseCode", ANSWER)
    yield _element("AnswerCode", GRANTED if told.upheld else DENIED)
    yield _element("ParticipantID", told.participant)
    yield _element("Event", "CONTEST_UPHELD" if told.upheld else "CONTEST_DENIED")
    yield _element("Subject", told.subject)
    yield _element("MadeAt", told.made_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    yield f'<StatementDigest algorithm="SHA-256">{told.statement}</StatementDigest>'
    texts = "".join(f'<Text lang="{each}">{escape(told.reason.into(each))}</Text>' for each in LANGUAGES)
    yield f"<Reason code={quoteattr(told.reason_code)}>{texts}</Reason>"
    yield _element("Text", told.text)
    yield "</ViolationNotice>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
