"""The XML that somebody signs in an audit after release: written by the portal, taken back with the same content only.

Its namespace is its own, so that nothing that was signed for another purpose passes here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from msgspec import Struct

from declarations.audits.model import Audit
from interop.audit_notices import line, money
from portal.audits.model import Intent, Maker
from signing.xmlgate import AUDIT


class Draft(Struct, frozen=True):
    """A statement that is to be written. `answers` is the digest of the signed statement that it answers, or ""."""

    id: str
    audit: Audit
    intent: Intent
    by: Maker
    at: datetime
    answers: str = ""


def write(draft: Draft) -> bytes:
    """Return the statement, ready to be signed."""
    return "".join(_parts(draft)).encode()


def _parts(draft: Draft) -> Iterator[str]:
    intent, by = draft.intent, draft.by
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<AuditStatement xmlns="{AUDIT}" schemaVersion="1.0">'
    yield _element("ID", draft.id)
    yield _element("Kind", intent.action.value)
    yield _element("Audit", intent.audit)
    yield _element("AfterMove", str(intent.after))
    yield _element("ParticipantID", draft.audit.participant)
    yield _element("PreparedAt", draft.at.astimezone(UTC).isoformat())
    yield f"<Maker>{_element('IIN', by.iin)}{_element('Name', by.name)}{_element('Role', by.actor.value)}"
    if by.organisation:
        yield _element("Organisation", by.organisation)
    yield "</Maker>"
    if draft.answers:
        yield f'<AnswersDigest algorithm="SHA-256">{draft.answers}</AnswersDigest>'
    yield from (_element("Direction", each.value) for each in intent.directions)
    if intent.first and intent.last:
        yield f'<Period first="{intent.first.isoformat()}" last="{intent.last.isoformat()}"/>'
    if intent.specialists:
        yield _element("Specialists", intent.specialists)
    yield from (_element("Declaration", each) for each in intent.declarations)
    if intent.kind:
        yield _element("Violation", intent.kind)
    yield from map(line, intent.lines)
    if intent.lines:
        yield f'<Amount currencyID="KZT">{money(intent.amount_tiyn)}</Amount>'
    if intent.limit:
        yield _element("LimitDate", intent.limit.astimezone(UTC).isoformat())
    if intent.text:
        yield _element("Text", intent.text)
    yield "</AuditStatement>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
