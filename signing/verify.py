"""Verify a signed document: what was signed, with which certificate, and that nothing has changed since.

Whether the certificate is to be trusted is judged by `signing.trust`; who may sign for whom, by the caller.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from signing.algorithms import SHIPPED, Algorithms
from signing.c14n import canonical
from signing.errors import DigestMismatch
from signing.limits import LIMITS, Limits
from signing.profile import Reference, read_signature
from signing.xmlgate import Document


@dataclass(frozen=True, eq=False)
class VerifiedSignature:
    """A signature that fits its document and certificate.

    `payload` is the canonical form of what was signed; `root` is the same content as a tree, without the signature
    and without comments. `signing_time` is only what the signer claims; `kz-xmldsig` has none.
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
    parts = read_signature(document, algorithms, limits)
    signed_info = canonical(parts.signed_info, parts.canonicalisation)
    for reference in parts.inner:
        _check_digest(reference)
    _detach(parts.element, document.root)
    payload = _check_digest(parts.document)
    certificate, *chain = parts.certificates
    parts.scheme.verify(certificate, signed_info, parts.value)
    if b"<!--" in document.data:
        etree.strip_tags(document.root, etree.Comment)
    return VerifiedSignature(
        profile=parts.profile,
        payload=payload,
        root=document.root,
        certificate=certificate,
        chain=tuple(chain),
        signing_time=parts.signing_time,
        algorithm=parts.algorithm,
        signature_value=parts.value,
    )


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
