"""Seal what the office says: a notice we have built ourselves, signed with the office's P-256 key."""

from datetime import datetime

from lxml import etree

from signing.algorithms import ECDSA_SHA256
from signing.errors import KeyUnusable, MalformedXml, ProfileViolation
from signing.signer import SigningKey, closing_tag, xades_signature
from signing.xmlgate import NOTICE


def seal(notice: bytes, key: SigningKey, at: datetime) -> bytes:
    """Return the notice with an enveloped XAdES-B-B signature, in the time of one parse and one P-256 signature.

    The notice must be our own, with a root in `urn:shekara:notice:1`: it does not pass the gate here, but whoever
    verifies the seal will have it pass. Raises KeyUnusable when the key is not on P-256, ProfileViolation.
    """
    if key.algorithm != ECDSA_SHA256:
        raise KeyUnusable("seal.key")
    try:
        root = etree.fromstring(notice, etree.XMLParser(resolve_entities=False, no_network=True, collect_ids=False))
    except etree.XMLSyntaxError as error:
        raise MalformedXml("xml.malformed", {"line": str(error.lineno or 1)}) from None
    if etree.QName(root).namespace != NOTICE:
        raise ProfileViolation("seal.notice")
    place = closing_tag(root, notice)
    return notice[:place] + xades_signature(root, key, at) + notice[place:]
