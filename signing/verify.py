"""Verify a signed document: what was signed, with which certificate, and that nothing has changed since.

Whether the certificate is to be trusted is judged by `signing.trust`; who may sign for whom, by the caller.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from signing.algorithms import SHIPPED, Algorithms
from signing.c14n import canonical
from signing.errors import DigestMismatch, ProfileViolation
from signing.limits import LIMITS, Limits
from signing.profile import Reference, SignatureParts, find_signatures, read_signature
from signing.xmlgate import Document


@dataclass(frozen=True, eq=False)
class VerifiedSignature:
    """A signature that fits its document and certificate.

    `payload` is the canonical form of the document without any signature; `root` is the same content as a tree,
    without comments. Where there are several signatures, all of them sign that, and all have the same two.
    `signing_time` is only what the signer claims; `kz-xmldsig` has none.
    """

    profile: str
    payload: bytes
    root: etree._Element
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    signing_time: datetime | None
    algorithm: str
    signature_value: bytes


def verify(document: Document, algorithms: Algorithms = SHIPPED, limits: Limits = LIMITS) -> VerifiedSignature:
    """Verify the one signature of a document, and return what it signs.

    The document's tree is used up: the signature is taken out of it and comments are removed. Raises SigningError.
    """
    signatures = find_signatures(document.root, limits)
    if len(signatures) > 1:
        raise ProfileViolation("signature.several")
    return _verify(signatures, document, algorithms, limits)[0]


def verify_all(
    document: Document, algorithms: Algorithms = SHIPPED, limits: Limits = LIMITS
) -> tuple[VerifiedSignature, ...]:
    """Verify every signature of a document, and return them in the order in which they were made.

    They stand in that order. Each signs the document with all that were made before it, without itself and without
    those made after it; unless all verify, none does. The tree is used up. Raises SigningError.
    """
    return _verify(find_signatures(document.root, limits), document, algorithms, limits)


def _verify(
    signatures: list[etree._Element], document: Document, algorithms: Algorithms, limits: Limits
) -> tuple[VerifiedSignature, ...]:
    """Take the signatures off one by one, the last first, so that each is seen over what its signer saw."""
    parts = [read_signature(signature, document, algorithms, limits) for signature in signatures]
    payload = b""
    for each in reversed(parts):
        payload = _peel(each, document.root)
    if document.has_comments():
        etree.strip_tags(document.root, etree.Comment)
    return tuple(
        VerifiedSignature(
            profile=each.profile,
            payload=payload,
            root=document.root,
            certificate=each.certificates[0],
            chain=each.certificates[1:],
            signing_time=each.signing_time,
            algorithm=each.algorithm,
            signature_value=each.value,
        )
        for each in parts
    )


def _peel(parts: SignatureParts, root: etree._Element) -> bytes:
    """Take the last signature of the tree out of it, and return what is left and signed. Raises SigningError."""
    signed_info = canonical(parts.signed_info, parts.canonicalisation)
    for reference in parts.inner:
        _check_digest(reference)
    _detach(parts.element, root)
    content = _check_digest(parts.document)
    parts.scheme.verify(parts.certificates[0], signed_info, parts.value)
    return content


def _check_digest(reference: Reference) -> bytes:
    """Return the canonical form of what is referred to, once its digest is the signed one."""
    content = canonical(reference.element, reference.canonicalisation)
    if reference.digest(content) != reference.value:
        raise DigestMismatch("signature.digest", {"place": reference.place})
    return content


def _detach(signature: etree._Element, root: etree._Element) -> None:
    """Take the signature out of the tree, as the enveloped transform demands: the text after it stays."""
    if signature.tail:
        before = signature.getprevious()
        if before is None:
            root.text = (root.text or "") + signature.tail
        else:
            before.tail = (before.tail or "") + signature.tail
    root.remove(signature)
