"""The XML that somebody signs in matters of the registry: written by the portal, taken back with the same content only.

Its namespace is its own, so that nothing that was signed for another purpose passes here.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from portal.registry.model import Intent, Kind, Maker
from risk_gateway.bases.registry.criteria import Finding
from signing.xmlgate import REGISTRY


class Draft(Struct, frozen=True):
    """A statement that is to be written. `findings` are what the officer decides on, `answers` the digest of the signed
    statement that the officer answers."""

    id: str
    intent: Intent
    by: Maker
    at: datetime
    findings: Sequence[Finding] = ()
    answers: str = ""


def write(draft: Draft) -> bytes:
    """Return the statement, ready to be signed."""
    return "".join(_parts(draft)).encode()


def _parts(draft: Draft) -> Iterator[str]:
    intent, by = draft.intent, draft.by
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<RegistryStatement xmlns="{REGISTRY}" schemaVersion="1.0">'
    yield _element("ID", draft.id)
    yield _element("Kind", intent.kind.value)
    yield _element("ParticipantID", intent.participant)
    yield _element("PreparedAt", draft.at.astimezone(UTC).isoformat())
    yield f"<Maker>{_element('IIN', by.iin)}{_element('Name', by.name)}"
    if by.organisation:
        yield _element("Organisation", by.organisation)
    yield "</Maker>"
    for name, value in (
        ("Office", intent.office),
        ("Application", intent.application),
        ("Appeal", intent.appeal),
        ("Against", intent.against),
        ("Step", intent.step.value if intent.step else ""),
        ("AfterStep", str(intent.after) if intent.step else ""),
        ("Granted", str(intent.granted).lower() if intent.kind in (Kind.DECISION, Kind.APPEAL_DECISION) else ""),
        ("Renewal", "true" if intent.renewal else ""),
        ("ValidTo", intent.valid_to.isoformat() if intent.valid_to else ""),
    ):
        if value:
            yield _element(name, value)
    if draft.answers:
        yield f'<AnswersDigest algorithm="SHA-256">{draft.answers}</AnswersDigest>'
    yield from (_finding(each) for each in draft.findings)
    yield from (_element("Reason", code) for code in intent.reasons)
    for code in intent.waived:
        yield f"<Waived criterion={quoteattr(code)} reason={quoteattr(intent.waiver)}/>"
    if intent.text:
        yield _element("Text", intent.text)
    yield "</RegistryStatement>\n"


def _finding(finding: Finding) -> str:
    at = f" at={quoteattr(finding.at.astimezone(UTC).isoformat())}" if finding.at else ""
    return (
        f"<Criterion code={quoteattr(finding.criterion)} outcome={quoteattr(finding.outcome.value)}"
        f" value={quoteattr(finding.value)} source={quoteattr(finding.source)}{at}/>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
