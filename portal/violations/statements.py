"""The XML that a participant signs to contest a record on it. Schema: schemas/contest-1.0.xsd."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from msgspec import Struct

from risk_gateway import canonical
from risk_gateway.bases.violations.model import Violation
from signing.xmlgate import CONTEST


class Draft(Struct, frozen=True):
    """An objection that is to be written: by whom, for which organisation, against which version of a record."""

    id: str
    violation: Violation
    participant: str
    by_iin: str
    by_name: str
    ground: str
    said: str
    at: datetime


def write(draft: Draft) -> bytes:
    """Return the objection, ready to be signed. The digest says what the record was when it was contested."""
    violation = draft.violation
    parts = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Contest xmlns="{CONTEST}" schemaVersion="1.0">',
        _element("ID", draft.id),
        _element("ViolationID", violation.id),
        _element("Version", str(violation.version)),
        f'<RecordDigest algorithm="SHA-256">{canonical.digest(violation)}</RecordDigest>',
        _element("PreparedAt", draft.at.astimezone(UTC).isoformat()),
        f"<Maker>{_element('IIN', draft.by_iin)}{_element('Name', draft.by_name)}",
        f"{_element('Organisation', draft.participant)}</Maker>",
        _element("Ground", draft.ground),
        _element("Text", draft.said),
        "</Contest>\n",
    )
    return "".join(parts).encode()


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
