"""Sign a document: enveloped XAdES-B-B, spliced into the original text, which is never written anew."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import NoReturn, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from lxml import etree

from signing.algorithms import ECDSA_SHA256, ECDSA_SHA384, RSA_SHA256, SHA256, check_key
from signing.c14n import EXCLUSIVE, INCLUSIVE, INCLUSIVE_WITH_COMMENTS, canonical, check_no_comments
from signing.errors import KeyUnusable, ProfileViolation
from signing.grammar import tag
from signing.profile import ENVELOPED, SIGNED_PROPERTIES
from signing.xmlgate import DS, KNOWN_NAMESPACES, XADES, open_document

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_KDF_ROUNDS = 100_000
_WHITE_SPACE = b" \t\r\n"


class Holder(Protocol):
    """What holds a private key of a certificate and signs with it, but does not give it away: a token."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature value of XML Signature over these bytes."""


class SigningKey:
    """A private key with its certificate, and the certificates above it up to, but not with, the root.

    It is held in memory, or by a `Holder` that has made sure that the certificate is its own. Nothing shows it: not
    repr, nor pickle or copy, which fail. Raises KeyUnusable, AlgorithmForbidden.
    """

    def __init__(
        self, private_key: PrivateKey | Holder, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...] = ()
    ) -> None:
        check_key(certificate)
        if isinstance(private_key, PrivateKey) and private_key.public_key() != certificate.public_key():
            raise KeyUnusable("key.mismatch")
        self.certificate = certificate
        self.chain = chain
        self._held = private_key

    def __repr__(self) -> str:
        return f"SigningKey({self.certificate.subject.rfc4514_string()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is neither copied nor written")

    @property
    def private_key(self) -> PrivateKey:
        """The private key itself. Raises KeyUnusable when it is not in memory."""
        if not isinstance(self._held, PrivateKey):
            raise KeyUnusable("key.held")
        return self._held

    @classmethod
    def from_pkcs12(cls, data: bytes, password: str) -> "SigningKey":
        """Open a PKCS#12 file. Self-signed certificates in it are left out. Raises KeyUnusable, AlgorithmForbidden."""
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode())
        except ValueError:
            raise KeyUnusable("key.unreadable") from None
        if not isinstance(key, PrivateKey) or certificate is None:
            raise KeyUnusable("key.unsupported")
        return cls(key, certificate, path_upwards(certificate, others))

    def to_pkcs12(self, password: str) -> bytes:
        """Return the key and its certificates as a PKCS#12 file, encrypted with PBES2 and AES-256."""
        encryption = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(_KDF_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(password.encode())
        )
        name = self.certificate.subject.rfc4514_string().encode()
        return pkcs12.serialize_key_and_certificates(name, self.private_key, self.certificate, self.chain, encryption)

    @cached_property
    def algorithm(self) -> str:
        """The URI of the algorithm this key signs with."""
        public = self.certificate.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return RSA_SHA256
        return ECDSA_SHA256 if public.key_size == 256 else ECDSA_SHA384

    @cached_property
    def certificate_texts(self) -> tuple[str, ...]:
        """The base64 text of each certificate, the signer's first."""
        return tuple(_base64(each.public_bytes(Encoding.DER)) for each in (self.certificate, *self.chain))

    @cached_property
    def certificate_digest(self) -> str:
        """The base64 text of the SHA-256 of the signer's certificate."""
        return _sha256(self.certificate.public_bytes(Encoding.DER))

    def sign(self, data: bytes) -> bytes:
        """Return the signature value of XML Signature over these bytes: for ECDSA r and s, as wide as the curve."""
        held = self._held
        if isinstance(held, rsa.RSAPrivateKey):
            return held.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(held, ec.EllipticCurvePrivateKey):
            digest = hashes.SHA256() if self.algorithm == ECDSA_SHA256 else hashes.SHA384()
            r, s = decode_dss_signature(held.sign(data, ec.ECDSA(digest)))
            width = held.key_size // 8
            return r.to_bytes(width, "big") + s.to_bytes(width, "big")
        return held.sign(data)


def sign(
    data: bytes,
    key: SigningKey,
    at: datetime,
    again: bool = False,
    namespaces: frozenset[str] = KNOWN_NAMESPACES,
) -> bytes:
    """Return the document with an enveloped XAdES-B-B signature before the closing tag of its root.

    `at` is the claimed signing time, to the second. Raises what the gate raises, and ProfileViolation when the
    document is already signed, unless `again`, or its root is an empty-element tag.
    """
    document = open_document(data, namespaces=namespaces)
    place = closing_tag(document.root, data, again)
    return data[:place] + xades_signature(document.root, key, at) + data[place:]


def sign_like_ncalayer(
    data: bytes, key: SigningKey, again: bool = False, namespaces: frozenset[str] = KNOWN_NAMESPACES
) -> bytes:
    """Return the document with a signature of the profile `kz-xmldsig`, line by line as NCALayer would make it.

    Raises as `sign` does, and ProfileViolation when there are comments: they would not be signed.
    """
    document = open_document(data, namespaces=namespaces)
    check_no_comments(document)
    place = closing_tag(document.root, data, again)
    digest = _sha256(canonical(document.root, INCLUSIVE_WITH_COMMENTS))
    signature = "\n".join(
        (
            f'<ds:Signature xmlns:ds="{DS}">',
            "<ds:SignedInfo>",
            f'<ds:CanonicalizationMethod Algorithm="{INCLUSIVE}"/>',
            f'<ds:SignatureMethod Algorithm="{key.algorithm}"/>',
            '<ds:Reference URI="">',
            "<ds:Transforms>",
            f'<ds:Transform Algorithm="{ENVELOPED}"/>',
            f'<ds:Transform Algorithm="{INCLUSIVE_WITH_COMMENTS}"/>',
            "</ds:Transforms>",
            f'<ds:DigestMethod Algorithm="{SHA256}"/>',
            f"<ds:DigestValue>{digest}</ds:DigestValue>",
            "</ds:Reference>",
            "</ds:SignedInfo>",
            "<ds:SignatureValue>",
            "%s",
            "</ds:SignatureValue>",
            "<ds:KeyInfo>",
            "<ds:X509Data>",
            "<ds:X509Certificate>",
            _in_lines(key.certificate_texts[0]),
            "</ds:X509Certificate>",
            "</ds:X509Data>",
            "</ds:KeyInfo>",
            "</ds:Signature>",
        )
    )
    # Inclusive canonical form carries the root's namespaces into SignedInfo, so it is taken from the finished tree.
    unsigned = open_document(data[:place] + (signature % "").encode() + data[place:], namespaces=namespaces)
    in_place = canonical(unsigned.root[-1][0], INCLUSIVE)
    return data[:place] + (signature % _in_lines(_base64(key.sign(in_place)))).encode() + data[place:]


def closing_tag(root: etree._Element, data: bytes, again: bool = False) -> int:
    """Return the position in the original bytes where the closing tag of the root begins.

    Only white space and comments can follow it, and how many comments the tree tells. Raises ProfileViolation.
    """
    if not again and any(True for _ in root.iter(tag("ds:Signature"))):
        raise ProfileViolation("sign.signed")
    end = _end_of_text(data, len(data))
    for _ in root.itersiblings():
        end = _end_of_text(data, data.rfind(b"<!--", 0, end))
    if data.endswith(b"/>", 0, end):
        raise ProfileViolation("sign.empty")
    return data.rfind(b"</", 0, end)


def _end_of_text(data: bytes, end: int) -> int:
    """Return where the text before `end` ends when white space is left out."""
    while data[end - 1] in _WHITE_SPACE:
        end -= 1
    return end


def xades_signature(root: etree._Element, key: SigningKey, at: datetime) -> bytes:
    """Return the ds:Signature element over all that a tree holds, ready to be its last child.

    The signed parts are written in canonical form at once, so they need no second look. `at` must be aware.
    """
    content = canonical(root, EXCLUSIVE)
    digest = hashlib.sha256(content)
    identifier = f"signature-{digest.hexdigest()[:16]}"
    properties = _signed_properties(identifier, key, at)
    signed_info = (
        f'<ds:SignedInfo xmlns:ds="{DS}">'
        f"{_element('CanonicalizationMethod', EXCLUSIVE)}{_element('SignatureMethod', key.algorithm)}"
        f'<ds:Reference Id="{identifier}-document" URI="">'
        f"{_transforms(ENVELOPED, EXCLUSIVE)}{_digest(_base64(digest.digest()))}</ds:Reference>"
        f'<ds:Reference Type="{SIGNED_PROPERTIES}" URI="#{identifier}-properties">'
        f"{_transforms(EXCLUSIVE)}{_digest(_sha256(properties.encode()))}</ds:Reference>"
        "</ds:SignedInfo>"
    )
    certificates = "".join(f"<ds:X509Certificate>{each}</ds:X509Certificate>" for each in key.certificate_texts)
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="{identifier}">{signed_info}'
        f"<ds:SignatureValue>{_base64(key.sign(signed_info.encode()))}</ds:SignatureValue>"
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{identifier}">{properties}'
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    ).encode()


def _signed_properties(identifier: str, key: SigningKey, at: datetime) -> str:
    """Return SignedProperties in exclusive canonical form."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<xades:SignedProperties xmlns:xades="{XADES}" Id="{identifier}-properties">'
        f"<xades:SignedSignatureProperties><xades:SigningTime>{moment}</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{SHA256}"></ds:DigestMethod>'
        f'<ds:DigestValue xmlns:ds="{DS}">{key.certificate_digest}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
        f'<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#{identifier}-document">'
        "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>"
        "</xades:SignedProperties>"
    )


def _element(name: str, algorithm: str) -> str:
    return f'<ds:{name} Algorithm="{algorithm}"></ds:{name}>'


def _transforms(*algorithms: str) -> str:
    return f"<ds:Transforms>{''.join(_element('Transform', each) for each in algorithms)}</ds:Transforms>"


def _digest(value: str) -> str:
    return f"{_element('DigestMethod', SHA256)}<ds:DigestValue>{value}</ds:DigestValue>"


def _sha256(data: bytes) -> str:
    return _base64(hashlib.sha256(data).digest())


def _in_lines(base64: str) -> str:
    """Return the text in lines of 76 characters, as MIME has them."""
    return "\n".join(base64[start : start + 76] for start in range(0, len(base64), 76))


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def path_upwards(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the certificates above this one, nearest first, without the self-signed root."""
    path = [certificate]
    by_subject = {other.subject: other for other in others if other.subject != other.issuer}
    while path[-1].issuer in by_subject:
        path.append(by_subject.pop(path[-1].issuer))
    return tuple(path[1:])
