"""The notice of a judgement that was made at another moment than a lodgement, for the seal."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from msgspec import Struct

from interop.notices import NAMESPACE, decision_parts
from risk_gateway.model import Decision


class JudgementTold(Struct, frozen=True, kw_only=True):
    """`subject` is what was judged, `moment` when on its way. `digest` is SHA-256 of what the facts were taken from.

    `code` is the WCO response code, empty for what is neither inspected nor asked for documents.
    """

    number: str
    subject: str
    moment: str
    code: str
    outcome: str
    participant: str
    digest: str
    judged_at: datetime
    recorded_at: datetime
    journal_index: int


def judgement_notice(told: JudgementTold, decision: Decision) -> bytes:
    """Return the notice, ready to be sealed. A flag for audit stays inside the office."""
    return "".join(_parts(told, decision)).encode()


def _parts(told: JudgementTold, decision: Decision) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<JudgementNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    if told.code:
        yield _element("ResponseCode", told.code)
    yield _element("JudgementNumber", told.number)
    yield _element("Subject", told.subject)
    yield _element("Moment", told.moment)
    yield _element("Event", told.outcome)
    yield _element("ParticipantID", told.participant)
    yield f'<DocumentDigest algorithm="SHA-256">{escape(told.digest)}</DocumentDigest>'
    yield _element("JudgedAt", told.judged_at.isoformat())
    yield _element("MadeAt", told.recorded_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    yield from decision_parts(decision)
    yield "</JudgementNotice>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
