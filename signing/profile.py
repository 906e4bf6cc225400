"""The two profiles of signature we accept: a signature is taken apart, and must be of one of them.

`xades-b` is enveloped XAdES-B-B with exclusive canonical form. `kz-xmldsig` is what NCALayer makes: one reference to
the whole document, inclusive canonical form, one certificate, no signing time.
Source: ETSI EN 319 132-1, level B-B; XML Signature 1.1; documents signed with NCALayer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing.algorithms import Algorithms, Digest, SignatureAlgorithm
from signing.c14n import (
    EXCLUSIVE,
    INCLUSIVE,
    INCLUSIVE_WITH_COMMENTS,
    check_inclusive_cost,
    check_no_comments,
    check_prefixes,
)
from signing.certificates import decode_base64, read_certificate
from signing.errors import AlgorithmForbidden, LimitExceeded, ProfileViolation, SignatureInvalid
from signing.grammar import check_grammar, tag, violation
from signing.limits import Limits
from signing.xmlgate import DS, Document

XADES_B = "xades-b"
KZ_XMLDSIG = "kz-xmldsig"

ENVELOPED = f"{DS}enveloped-signature"
SIGNATURE = tag("ds:Signature")
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"

_CANONICALISATIONS = {XADES_B: (EXCLUSIVE,), KZ_XMLDSIG: (INCLUSIVE, INCLUSIVE_WITH_COMMENTS)}
_SIGNED_INFO_CANONICALISATION = {XADES_B: EXCLUSIVE, KZ_XMLDSIG: INCLUSIVE}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")

Registered = TypeVar("Registered")


@dataclass(frozen=True)
class Reference:
    """What one ds:Reference binds: an element, its canonical form, the digest, and the value it must have."""

    place: str
    element: etree._Element
    canonicalisation: str
    digest: Digest
    value: bytes


@dataclass(frozen=True)
class SignatureParts:
    """A signature taken apart and found to be of a known profile; nothing is verified yet.

    `document` is the reference to the root: to all of it but this signature and those made after it. `inner` are the
    references into the signature itself: SignedProperties and KeyInfo. `certificates` begins with the signer's; each
    next one bears the name of the issuer of the one before.
    """

    profile: str
    element: etree._Element
    signed_info: etree._Element
    canonicalisation: str
    algorithm: str
    scheme: SignatureAlgorithm
    value: bytes
    certificates: tuple[x509.Certificate, ...]
    document: Reference
    inner: tuple[Reference, ...]
    signing_time: datetime | None


def find_signatures(root: etree._Element, limits: Limits) -> list[etree._Element]:
    """Return every ds:Signature of the document in document order; each must be a child of the root.

    Raises ProfileViolation when there is none or one stands elsewhere, LimitExceeded.
    """
    signatures = list(islice(root.iter(SIGNATURE), limits.signatures + 1))
    if not signatures:
        raise ProfileViolation("signature.missing")
    if any(signature.getparent() is not root for signature in signatures):
        raise ProfileViolation("signature.misplaced")
    if len(signatures) > limits.signatures:
        raise LimitExceeded("signatures", limits.signatures)
    return signatures


def read_signature(
    signature: etree._Element, document: Document, algorithms: Algorithms, limits: Limits
) -> SignatureParts:
    """Take a signature apart, refusing whatever its profile does not know.

    Raises ProfileViolation, AlgorithmForbidden, LimitExceeded, MalformedXml, SignatureInvalid.
    """
    check_grammar(signature)
    signed_info, signature_value, key_info, *objects = signature
    canonicalisation, method, *references = signed_info
    properties = objects[0][0][0] if objects else None
    profile = KZ_XMLDSIG if properties is None else XADES_B
    if profile == KZ_XMLDSIG:
        check_inclusive_cost(document, limits)
        check_prefixes(signed_info)
    if canonicalisation.get("Algorithm") != _SIGNED_INFO_CANONICALISATION[profile]:
        raise AlgorithmForbidden("signature.algorithm", {"algorithm": canonicalisation.get("Algorithm", "")[:200]})
    scheme = _registered(method, algorithms.signatures)
    certificates = _read_certificates(key_info[0], profile, limits)
    scheme.check_key(certificates[0])
    bound = [_read_reference(each, profile, document.root, properties, key_info, algorithms) for each in references]
    _check_what_is_bound(bound, document.root, properties)
    if any(each.canonicalisation == INCLUSIVE_WITH_COMMENTS for each in bound):
        check_no_comments(document)
    return SignatureParts(
        profile=profile,
        element=signature,
        signed_info=signed_info,
        canonicalisation=_SIGNED_INFO_CANONICALISATION[profile],
        algorithm=method.get("Algorithm", ""),
        scheme=scheme,
        value=decode_base64(signature_value.text, "ds:SignatureValue"),
        certificates=certificates,
        document=next(each for each in bound if each.element is document.root),
        inner=tuple(each for each in bound if each.element is not document.root),
        signing_time=_read_properties(properties, signature, references, certificates[0], algorithms),
    )


def _read_certificates(x509_data: etree._Element, profile: str, limits: Limits) -> tuple[x509.Certificate, ...]:
    """Return the signer's certificate and those above it; NCALayer gives the signer's only."""
    most = 1 if profile == KZ_XMLDSIG else limits.certificates
    if len(x509_data) > most:
        raise LimitExceeded("certificates", most)
    texts = [element.text or "" for element in x509_data]
    if any(len(text) > limits.certificate_characters for text in texts):
        raise LimitExceeded("certificate_characters", limits.certificate_characters)
    certificates = tuple([read_certificate(text) for text in texts])
    _check_order(certificates)
    return certificates


@lru_cache(maxsize=4096)
def _check_order(certificates: tuple[x509.Certificate, ...]) -> None:
    """Demand that each certificate bears the name of the issuer of the one before."""
    for lower, upper in pairwise(certificates):
        if lower.issuer != upper.subject:
            raise violation("ds:X509Data")


def _read_reference(
    reference: etree._Element,
    profile: str,
    root: etree._Element,
    properties: etree._Element | None,
    key_info: etree._Element,
    algorithms: Algorithms,
) -> Reference:
    """Return what a reference binds: the document, SignedProperties or KeyInfo, and never anything else."""
    transforms, digest_method, digest_value = reference
    uri, kind = reference.get("URI"), reference.get("Type")
    before: tuple[str, ...] = ()
    if kind is None and (uri == "" or (profile == XADES_B and _names(uri, root))):
        place, element, before = "document", root, (ENVELOPED,)
    elif properties is not None and kind == SIGNED_PROPERTIES and _names(uri, properties):
        place, element = "xades:SignedProperties", properties
    elif profile == XADES_B and kind is None and _names(uri, key_info):
        place, element = "ds:KeyInfo", key_info
    else:
        raise violation("ds:Reference/@URI")
    return Reference(
        place=place,
        element=element,
        canonicalisation=_read_transforms(transforms, before, _CANONICALISATIONS[profile]),
        digest=_registered(digest_method, algorithms.digests),
        value=decode_base64(digest_value.text, "ds:DigestValue"),
    )


def _read_transforms(transforms: etree._Element, before: tuple[str, ...], allowed: tuple[str, ...]) -> str:
    """Return the canonical form that comes after the transforms in `before`; nothing else may be named."""
    named = tuple(transform.get("Algorithm", "") for transform in transforms)
    for algorithm in named:
        if algorithm != ENVELOPED and algorithm not in allowed:
            raise AlgorithmForbidden("signature.algorithm", {"algorithm": algorithm[:200]})
    if named[:-1] != before or named[-1] not in allowed:
        raise violation("ds:Transforms")
    return named[-1]


def _check_what_is_bound(
    references: Sequence[Reference], root: etree._Element, properties: etree._Element | None
) -> None:
    """Demand that the document is signed, that SignedProperties are where there are any, and nothing twice."""
    bound = [reference.element for reference in references]
    if root not in bound or (properties is not None and properties not in bound) or len(set(bound)) != len(bound):
        raise violation("ds:Reference")


def _read_properties(
    properties: etree._Element | None,
    signature: etree._Element,
    references: Sequence[etree._Element],
    certificate: x509.Certificate,
    algorithms: Algorithms,
) -> datetime | None:
    """Return the claimed signing time, once the properties are known to be about this signature and certificate."""
    if properties is None:
        return None
    qualifying = properties.getparent()
    if qualifying is None or not _names(qualifying.get("Target"), signature):
        raise violation("xades:QualifyingProperties/@Target")
    for data_format in properties.iter(tag("xades:DataObjectFormat")):
        if not any(_names(data_format.get("ObjectReference"), reference) for reference in references):
            raise violation("xades:DataObjectFormat/@ObjectReference")
    signing_time, signing_certificate = properties[0]
    digest_method, digest_value = signing_certificate[0][0]
    digest = _registered(digest_method, algorithms.digests)
    if digest(certificate.public_bytes(Encoding.DER)) != decode_base64(digest_value.text, "xades:CertDigest"):
        raise SignatureInvalid("signature.certificate")
    return _read_time(signing_time.text or "")


def _read_time(text: str) -> datetime:
    """Return a moment written as xs:dateTime with its zone, in UTC."""
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ProfileViolation("signature.time")


def _names(uri: str | None, element: etree._Element) -> bool:
    identifier = element.get("Id")
    return bool(identifier) and uri == f"#{identifier}"


def _registered(method: etree._Element, registry: Mapping[str, Registered]) -> Registered:
    """Return what the registry holds for the algorithm that an element names. Raises AlgorithmForbidden."""
    algorithm = method.get("Algorithm", "")
    if algorithm not in registry:
        raise AlgorithmForbidden("signature.algorithm", {"algorithm": algorithm[:200]})
    return registry[algorithm]
