"""The whole grammar of a signature, as one table: what is not in it is refused.

Source: XML Signature 1.1, sections 4 and 5; ETSI EN 319 132-1, sections 4 and 5 (the part that B-B needs).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from lxml import etree

from signing.errors import ProfileViolation
from signing.xmlgate import DS, XADES

_TEXT = "text"

# What each element may contain, as a pattern over the names of its children in their order, and its attributes.
GRAMMAR: Mapping[str, tuple[str, str]] = {
    "ds:Signature": ("ds:SignedInfo ds:SignatureValue ds:KeyInfo( ds:Object)?", "Id"),
    "ds:SignedInfo": ("ds:CanonicalizationMethod ds:SignatureMethod( ds:Reference){1,3}", "Id"),
    "ds:CanonicalizationMethod": ("", "Algorithm"),
    "ds:SignatureMethod": ("", "Algorithm"),
    "ds:Reference": ("ds:Transforms ds:DigestMethod ds:DigestValue", "Id URI Type"),
    "ds:Transforms": ("ds:Transform( ds:Transform)*", ""),
    "ds:Transform": ("", "Algorithm"),
    "ds:DigestMethod": ("", "Algorithm"),
    "ds:DigestValue": (_TEXT, ""),
    "ds:SignatureValue": (_TEXT, "Id"),
    "ds:KeyInfo": ("ds:X509Data", "Id"),
    "ds:X509Data": ("ds:X509Certificate( ds:X509Certificate)*", ""),
    "ds:X509Certificate": (_TEXT, ""),
    "ds:Object": ("xades:QualifyingProperties", "Id"),
    "xades:QualifyingProperties": ("xades:SignedProperties", "Id Target"),
    "xades:SignedProperties": ("xades:SignedSignatureProperties( xades:SignedDataObjectProperties)?", "Id"),
    "xades:SignedSignatureProperties": ("xades:SigningTime xades:SigningCertificate(V2)?", "Id"),
    "xades:SigningTime": (_TEXT, ""),
    "xades:SigningCertificate": ("xades:Cert", ""),
    "xades:SigningCertificateV2": ("xades:Cert", ""),
    "xades:Cert": ("xades:CertDigest( xades:IssuerSerial| xades:IssuerSerialV2)?", ""),
    "xades:CertDigest": ("ds:DigestMethod ds:DigestValue", ""),
    "xades:IssuerSerial": ("ds:X509IssuerName ds:X509SerialNumber", ""),
    "xades:IssuerSerialV2": (_TEXT, ""),
    "ds:X509IssuerName": (_TEXT, ""),
    "ds:X509SerialNumber": (_TEXT, ""),
    "xades:SignedDataObjectProperties": ("xades:DataObjectFormat( xades:DataObjectFormat){0,2}", "Id"),
    "xades:DataObjectFormat": ("(xades:Description )?xades:MimeType( xades:Encoding)?", "ObjectReference"),
    "xades:Description": (_TEXT, ""),
    "xades:MimeType": (_TEXT, ""),
    "xades:Encoding": (_TEXT, ""),
}
_PREFIXES = {"ds": DS, "xades": XADES}
_CHILDREN_MOST = 20


def tag(name: str) -> str:
    """Return the tag that lxml gives to a name of the table, such as `ds:Signature`."""
    prefix, local = name.split(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"


_NAMES = {tag(name): name for name in GRAMMAR}
_RULES = {
    name: (re.compile("" if contents == _TEXT else contents), frozenset(names.split()))
    for name, (contents, names) in GRAMMAR.items()
}
_HOLDS_TEXT = frozenset(tag(name) for name, (contents, _) in GRAMMAR.items() if contents == _TEXT)
_IDENTIFIER = re.compile(r"[^\W\d][\w.-]*")


def check_grammar(signature: etree._Element) -> None:
    """Refuse a signature in which any element, comment, text or attribute stands where the table has none.

    Raises ProfileViolation naming the place.
    """
    for element in signature.iter():
        own = str(element.tag)
        if (
            len(element) > _CHILDREN_MOST
            or not _fits(own, tuple([str(child.tag) for child in element]), tuple(element.keys()))
            or (own not in _HOLDS_TEXT and _is_text(element.text))
            or (element is not signature and _is_text(element.tail))
            or _IDENTIFIER.fullmatch(element.get("Id", "x")) is None
        ):
            raise violation(_NAMES.get(own, "ds:Signature"))


def _is_text(between: str | None) -> bool:
    """Tell whether there is more than white space between two tags. A carriage return written as &#13; is more."""
    return between is not None and bool(between.strip(" \t\n"))


def violation(place: str) -> ProfileViolation:
    """Return the error for a signature that breaks its profile at this element or attribute."""
    return ProfileViolation("signature.profile", {"place": place})


@lru_cache(maxsize=256)
def _fits(own: str, children: tuple[str, ...], attributes: tuple[str, ...]) -> bool:
    name = _NAMES.get(own)
    if name is None:
        return False
    contents, names = _RULES[name]
    return contents.fullmatch(" ".join(_NAMES.get(child, "?") for child in children)) is not None and names.issuperset(
        attributes
    )
