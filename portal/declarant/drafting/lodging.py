"""From a draft to a lodged declaration: check, give the bytes to sign, and hand what was signed to the pipeline."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from lxml import etree
from msgspec import Struct

from declarations import controls, schema, tariff, xml
from declarations.defects import Defect
from declarations.errors import DeclarationRefused, DeclarationsError
from declarations.reference.codes import Codes
from declarations.tariff import Payables
from declarations.writing import Content, UnknownPath, content_of, write
from portal.checking import needed_documents
from portal.declarant.drafting.computing import completed
from portal.declarant.drafting.service import Drafting
from portal.declarant.drafting.store import Draft
from portal.declarant.drafting.troubles import Trouble, blanks, placed
from portal.errors import PortalError
from portal.pipeline import lodge_while_serving
from portal.problems import code_of, status_of, text_of
from portal.stages import Lodged
from portal.views import SignedIn
from signing.errors import SigningError
from signing.xmlgate import open_document

EXAMINED_KEPT: Final = 64
_OF_SIGNING: Final = ("IssueDateTime", "Signatory/SigningDate")


class Examined(Struct, frozen=True):
    """What a check without lodging finds: no risk is judged. `payables` and `documents` only once it can be read."""

    content: Content
    troubles: tuple[Trouble, ...]
    payables: Payables | None = None
    documents: tuple[dict[str, Any], ...] = ()
    reasons: dict[str, str] = {}  # why a kind of payment is not determined: the first such item's


class Outcome(Struct, frozen=True):
    """`number` once it was accepted; else what is wrong, which may stand at no particular box."""

    number: str | None = None
    troubles: tuple[Trouble, ...] = ()
    changed: bool = False  # the draft is another by now than what was signed
    status: int = 200


def document(drafting: Drafting, draft: Draft) -> bytes:
    """Return the declaration as it would be signed now."""
    return write(completed(draft.content, drafting.codes(), drafting.office.clock.now()))


def examine(drafting: Drafting, draft: Draft, language: str) -> Examined:
    """Check a draft as if it were lodged now; what was found is kept while nothing of it changes that day."""
    codes = drafting.codes()
    key = draft.id, draft.revision, language, codes.day, drafting.office.snapshot.revision
    found: Examined | None = drafting.examined.get(key)
    if found is None:
        if len(drafting.examined) >= EXAMINED_KEPT:
            drafting.examined.clear()
        found = drafting.examined[key] = _examine(drafting, draft, codes, language)
    return found


def _examine(drafting: Drafting, draft: Draft, codes: Codes, language: str) -> Examined:
    now = drafting.office.clock.now()
    content = completed(draft.content, codes, now)
    try:
        root = etree.fromstring(write(content))
    except UnknownPath as error:
        return Examined(content, (Trouble("", str(error)),))
    if defects := schema.validate(root):
        return Examined(content, _told(defects, draft, content, language))
    declaration = xml.read(root)
    violations = controls.check(declaration, controls.Context(codes, now, None, None))
    payables = tariff.payable(declaration, codes)
    return Examined(
        content,
        _told(violations, draft, content, language),
        payables,
        tuple(needed_documents(declaration, language)),
        _reasons(payables, language),
    )


def _told(defects: Iterable[Defect], draft: Draft, completed: Content, language: str) -> tuple[Trouble, ...]:
    """Return the defects at their fields, and what the form needs and is blank: a correction may leave it as it was."""
    corrects = draft.corrects is not None
    found = placed(defects, completed, draft.kind, corrects, language)
    if corrects:
        return tuple(found)
    return (*found, *blanks(found, draft.content, completed, draft.kind, corrects, language))


def _reasons(payables: Payables, language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (line for item in payables.items for line in item.lines if line.amount is None):
        found.setdefault(line.type_code, line.reason_text(language) or "")
    return found


async def lodge(drafting: Drafting, person: SignedIn, draft: Draft, data: bytes, language: str) -> Outcome:
    """Lodge what was signed for this draft, once: a draft that was lodged gives the same number again."""
    if draft.lodged_as is not None:
        return Outcome(number=draft.lodged_as)
    now = drafting.office.clock.now()
    try:
        if not _fits(drafting, draft, data, now):
            return Outcome(changed=True, status=422)
        answer = await lodge_while_serving(
            Lodged(data, now, person.organisation, amends=draft.corrects_version), drafting.office
        )
    except DeclarationRefused as refused:
        troubles = placed(refused.defects, draft.content, draft.kind, draft.corrects is not None, language)
        return Outcome(troubles=tuple(troubles), status=422)
    except (SigningError, DeclarationsError, PortalError) as error:
        status = status_of(error)
        return Outcome(troubles=(Trouble("", text_of(error, code_of(error, status), language)),), status=422)
    number = answer.stored.registration_number
    drafting.mark_lodged(draft, number)
    return Outcome(number=number)


def _fits(drafting: Drafting, draft: Draft, data: bytes, now: datetime) -> bool:
    """Tell whether what was signed says what the draft says now, but for the moment of signing."""
    signed = content_of(open_document(data).root)
    return _plain(signed) == _plain(completed(draft.content, drafting.codes(), now))


def _plain(content: Content) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return what a document says whoever wrote it: read back from what is written, without the moment of signing."""
    again = content_of(etree.fromstring(write(content)))
    rates = {path for path in again.fields if path.startswith("CurrencyExchange") and path.endswith("RateDate")}
    fields = {path: value for path, value in again.fields.items() if path not in (*_OF_SIGNING, *rates)}
    return fields, again.items
