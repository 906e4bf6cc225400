"""Tools for forging signed documents in tests."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pki
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from lxml import etree

from signing.signer import sign, sign_like_ncalayer

PLAIN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Declaration xmlns="urn:shekara:ccd:1" Id="all">\n'
    b"  <Name>Altyn Dala Trade LLP</Name><Amount>100.00</Amount>\n</Declaration>\n"
)
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
DS = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True)
class Attack:
    """A document, what it tries, and the code of the refusal."""

    name: str
    code: str
    make: Callable[[], bytes]


@cache
def signed() -> bytes:
    return sign(PLAIN, pki.key_of("anna"), pki.NOW)


@cache
def signed_by_ncalayer() -> bytes:
    return sign_like_ncalayer(PLAIN, pki.key_of("berik"))


def changed(old: str, new: str, count: int = 1, source: Callable[[], bytes] = signed) -> Callable[[], bytes]:
    """Return a maker of the signed document with one text put for another, which must be there."""

    def make() -> bytes:
        data = source()
        assert old.encode() in data, old
        return data.replace(old.encode(), new.encode(), count)

    return make


def rewritten(pattern: str, new: str, source: Callable[[], bytes] = signed) -> Callable[[], bytes]:
    """Return a maker of the signed document with the first match of a pattern rewritten."""

    def make() -> bytes:
        data, count = re.subn(pattern.encode(), new.encode(), source(), count=1, flags=re.DOTALL)
        assert count == 1, pattern
        return data

    return make


def signature(data: bytes) -> bytes:
    match = re.search(rb"<ds:Signature .*</ds:Signature>", data, re.DOTALL)
    assert match
    return match[0]


def wrapped(template: str) -> Callable[[], bytes]:
    """Return a maker of a wrapping attack; {original}, {signature} and {evil} stand for the parts of the document."""

    def make() -> bytes:
        own = signature(signed())
        original = re.sub(rb"<\?xml.*?\?>\s*", b"", signed().replace(own, b"")).strip()
        evil = re.sub(rb"<\?xml.*?\?>\s*", b"", PLAIN.replace(b"100.00", b"1.00")).strip()
        parts = {"original": original, "signature": own, "evil": evil, "content": b"<Amount>1.00</Amount>"}
        text = template.encode()
        for name, part in parts.items():
            text = text.replace(b"{" + name.encode() + b"}", part)
        return text

    return make


def in_root(content: bytes, name: bytes = b"Declaration") -> bytes:
    return b'<%b xmlns="urn:shekara:ccd:1">%b</%b>' % (name, content, name)


def resigned(change: Callable[[str], str]) -> Callable[[], bytes]:
    """Return a maker whose SignedInfo is changed and then signed with the true key, as an evil signer could."""

    def make() -> bytes:
        data = signed().decode()
        match = re.search(r"<ds:SignedInfo.*?</ds:SignedInfo>", data, re.DOTALL)
        assert match
        new = change(match[0])
        assert new != match[0]
        value = base64.b64encode(pki.key_of("anna").sign(new.encode())).decode()
        data = data.replace(match[0], new)
        return re.sub(r"(?<=<ds:SignatureValue>)[^<]*", value, data).encode()

    return make


def without_prefix(data: bytes) -> bytes:
    """Return a document of Berik's, signed by NCALayer, with the signature in a default namespace and signed anew."""
    text = data.decode().replace("xmlns:ds=", "xmlns=").replace("<ds:", "<").replace("</ds:", "</")
    signed_info = re.search(r"<SignedInfo>.*</SignedInfo>", text, re.DOTALL)
    assert signed_info
    alone = etree.fromstring(f'<SignedInfo xmlns="{DS}">{signed_info[0][12:]}').getroottree()
    value = base64.b64encode(pki.key_of("berik").sign(etree.tostring(alone, method="c14n"))).decode()
    return re.sub(r"(?<=<SignatureValue>)[^<]*", value, text).encode()


def with_certificate(certificate: x509.Certificate) -> Callable[[], bytes]:
    """Return a maker of a document whose certificate is another one, named by the properties as well."""

    def make() -> bytes:
        der = certificate.public_bytes(serialization.Encoding.DER)
        text = base64.b64encode(der).decode()
        data = re.sub(
            rb"<ds:X509Data>.*</ds:X509Data>",
            f"<ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data>".encode(),
            signed(),
        )
        digest = base64.b64encode(hashlib.sha256(der).digest())
        old = base64.b64encode(pki.key_of("anna").certificate.fingerprint(hashes.SHA256()))
        assert old in data
        return data.replace(old, digest)

    return make


def certificate_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> x509.Certificate:
    """Return a self-signed certificate that no authority of ours would issue."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Weak")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(pki.NOW - timedelta(days=1))
        .not_valid_after(pki.NOW + timedelta(days=1))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
