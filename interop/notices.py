"""The notice of a decision: the XML that the office seals, and that anybody can verify without us."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from risk_gateway.model import Decision, MeasureCode

NAMESPACE = "urn:shekara:notice:1"
LANGUAGES = ("kk", "ru", "en")


class Registered(Struct, frozen=True):
    """What acceptance gave the declaration. `code` is the WCO response code, `digest` SHA-256 of the received bytes."""

    registration_number: str
    functional_reference_id: str
    version: int
    declarant: str
    status: str
    code: str
    digest: str
    received_at: datetime
    accepted_at: datetime
    journal_index: int


def decision_notice(registered: Registered, decision: Decision) -> bytes:
    """Return the notice, ready to be sealed. A flag for audit stays inside the office."""
    return "".join(_parts(registered, decision)).encode()


def _parts(registered: Registered, decision: Decision) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<DecisionNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield _element("ResponseCode", registered.code)
    yield _element("RegistrationNumber", registered.registration_number)
    yield _element("FunctionalReferenceID", registered.functional_reference_id)
    yield _element("Version", str(registered.version))
    yield _element("DeclarantID", registered.declarant)
    yield _element("Status", registered.status)
    yield f'<DeclarationDigest algorithm="SHA-256">{registered.digest}</DeclarationDigest>'
    yield _element("ReceivedAt", registered.received_at.isoformat())
    yield _element("AcceptedAt", registered.accepted_at.isoformat())
    yield _element("JournalIndex", str(registered.journal_index))
    yield f'<Decision id={quoteattr(decision.id)} degraded="{str(decision.degraded).lower()}">'
    yield _element("Outcome", decision.outcome.value)
    if decision.inspection_extent:
        yield _element("InspectionExtent", decision.inspection_extent.value)
    yield _element("DecidedAt", decision.decided_at.isoformat())
    yield _element("KnowledgeVersion", decision.knowledge_version)
    for measure in decision.measures:
        if measure.code is not MeasureCode.POST_AUDIT_FLAG:
            extent = f' extent="{measure.extent.value}"' if measure.extent else ""
            yield f'<Measure code="{measure.code.value}"{extent}{_items(measure.items)}{_deadline(measure.deadline)}/>'
    for reason in decision.explanation:
        yield f'<Reason category="{reason.category_code}"{_items(reason.items)}{_deadline(reason.deadline)}>'
        for name, words in (
            ("Text", reason.text),
            ("NextStep", reason.next_step),
            ("LegalBasis", reason.legal_basis),
            ("Appeal", reason.appeal),
        ):
            for language in LANGUAGES:
                yield f'<{name} lang="{language}">{escape(words.into(language))}</{name}>'
        yield "</Reason>"
    yield "</Decision></DecisionNotice>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _items(items: tuple[int, ...]) -> str:
    return f' items="{" ".join(map(str, items))}"' if items else ""


def _deadline(moment: datetime | None) -> str:
    return f' deadline="{moment.isoformat()}"' if moment else ""
