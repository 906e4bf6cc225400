"""What is signed about travellers: the act of an inspection, written by the portal. A declaration is its own
document.

Its namespace is its own, so that nothing that was signed for another purpose passes here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from lxml import etree
from msgspec import Struct

from portal.casework.statements import digest_of
from portal.passengers.model import Found, InspectionAct
from portal.views import SignedIn
from signing.xmlgate import PASSENGER_ACT


class Draft(Struct, frozen=True):
    """An act that is to be written. `digest` is that of the traveller's declaration."""

    id: str
    act: InspectionAct
    by: SignedIn
    digest: str
    judgement: str
    at: datetime


def write(draft: Draft) -> bytes:
    """Return the act, ready to be signed."""
    return "".join(_parts(draft)).encode()


def digest_of_document(document: bytes) -> str:
    return digest_of(etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True)))


def _parts(draft: Draft) -> Iterator[str]:
    act, by = draft.act, draft.by
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<PassengerInspectionAct xmlns="{PASSENGER_ACT}" schemaVersion="1.0">'
    yield _element("ID", draft.id)
    yield _element("Reference", act.reference)
    yield f'<DeclarationDigest algorithm="SHA-256">{draft.digest}</DeclarationDigest>'
    yield _element("Judgement", draft.judgement)
    yield _element("PreparedAt", draft.at.astimezone(UTC).isoformat())
    yield f"<Maker>{_element('IIN', by.iin)}{_element('Name', by.name)}{_element('Post', by.post or '')}</Maker>"
    yield _element("Place", act.place)
    yield _element("Result", act.result.value)
    if act.found is not None:
        yield from _found(act.found)
    if act.text:
        yield _element("Text", act.text)
    yield "</PassengerInspectionAct>\n"


def _found(found: Found) -> Iterator[str]:
    yield f"<Found>{_element('GrossMassMeasure', f'{found.mass_kg:f}')}"
    yield f'<ValueAmount currencyID="{escape(found.currency)}">{found.value:f}</ValueAmount>'
    yield _element("AlcoholLitres", f"{found.litres:f}")
    yield f"{_element('ForTrade', str(found.for_trade).lower())}</Found>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
