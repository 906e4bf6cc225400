"""The notices of decisions and of moves: the XML that the office seals, and that anybody can verify without us."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from risk_gateway.model import Decision, MeasureCode
from risk_gateway.words import Words

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


class Told(Struct, frozen=True, kw_only=True):
    """A move of a declaration, as its declarant is told. `code` is the WCO response code, `answer` refines code 11.

    `digest` is SHA-256 of the declaration's received bytes, `statement` that of the signed statement which is answered.
    """

    code: str
    registration_number: str
    functional_reference_id: str
    version: int
    declarant: str
    digest: str
    status: str
    status_before: str
    action: str
    made_by: str
    made_at: datetime
    journal_index: int
    answer: str | None = None
    reason_code: str = ""
    reason: Words | None = None
    text: str = ""
    limit: datetime | None = None
    items: tuple[int, ...] = ()
    questions: tuple[str, ...] = ()
    amount_tiyn: int = 0
    statement: str | None = None
    appeal: Words | None = None


def decision_notice(registered: Registered, decision: Decision) -> bytes:
    """Return the notice, ready to be sealed. A flag for audit stays inside the office."""
    return "".join(_parts(registered, decision)).encode()


def move_notice(told: Told) -> bytes:
    """Return the notice of a move, ready to be sealed."""
    return "".join(_parts_of_move(told)).encode()


def _parts_of_move(told: Told) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<MoveNotice xmlns="{NAMESPACE}" schemaVersion="1.0">'
    yield _element("ResponseCode", told.code)
    if told.answer:
        yield _element("AnswerCode", told.answer)
    yield _element("RegistrationNumber", told.registration_number)
    yield _element("FunctionalReferenceID", told.functional_reference_id)
    yield _element("Version", str(told.version))
    yield _element("DeclarantID", told.declarant)
    yield _element("Status", told.status)
    yield _element("StatusBefore", told.status_before)
    yield f'<DeclarationDigest algorithm="SHA-256">{told.digest}</DeclarationDigest>'
    yield _element("MadeAt", told.made_at.isoformat())
    yield _element("JournalIndex", str(told.journal_index))
    yield f"<Move action={quoteattr(told.action)} madeBy={quoteattr(told.made_by)}{_items(told.items)}>"
    if told.statement:
        yield f'<StatementDigest algorithm="SHA-256">{told.statement}</StatementDigest>'
    if told.limit:
        yield _element("LimitDate", told.limit.isoformat())
    if told.amount_tiyn:
        yield f'<Amount currencyID="KZT">{Decimal(told.amount_tiyn).scaleb(-2)}</Amount>'
    if told.reason:
        yield _element("ReasonCode", told.reason_code)
        yield from _in_each_language("Reason", told.reason)
    if told.text:
        yield _element("Text", told.text)
    for question in told.questions:
        yield _element("Asked", question)
    if told.appeal:
        yield from _in_each_language("Appeal", told.appeal)
    yield "</Move></MoveNotice>\n"


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
    yield from decision_parts(decision)
    yield "</DecisionNotice>\n"


def decision_parts(decision: Decision) -> Iterator[str]:
    """Yield the element of a decision, as its declarant may read it."""
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
            yield from _in_each_language(name, words)
        yield "</Reason>"
    yield "</Decision>"


def _in_each_language(name: str, words: Words) -> Iterator[str]:
    for language in LANGUAGES:
        yield f'<{name} lang="{language}">{escape(words.into(language))}</{name}>'


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _items(items: tuple[int, ...]) -> str:
    return f' items="{" ".join(map(str, items))}"' if items else ""


def _deadline(moment: datetime | None) -> str:
    return f' deadline="{moment.isoformat()}"' if moment else ""
