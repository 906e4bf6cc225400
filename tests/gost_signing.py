"""A demo signer with a GOST key, for tests: whoever has such a key in earnest signs with NCALayer."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from functools import cache

import pki
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signing import gost
from signing.c14n import INCLUSIVE, INCLUSIVE_WITH_COMMENTS, canonical
from signing.profile import ENVELOPED
from signing.signer import closing_tag
from signing.xmlgate import DS, open_document

CURVE = gost.PARAM_SET_A
KEY_START = bytes.fromhex(
    "3081ac302306092a830e030a010102023016060a2a830e030a010102020106082a830e030a01030303818400048180"
)


def streebog_512(data: bytes) -> bytes:
    return gost.with_gost().digests[gost.STREEBOG_512](data)


def multiple(factor: int, curve: gost.Curve = CURVE) -> tuple[int, int]:
    """Return a multiple of the curve's base point."""
    x, y, z = curve.combine(factor, 0, (curve.x, curve.y))
    return x * pow(z, -2, curve.p) % curve.p, y * pow(z, -3, curve.p) % curve.p


def sign_digest(curve: gost.Curve, private: int, digest: int, chosen: int) -> tuple[int, int]:
    """Return r and s. Source: RFC 7091, section 6.1; `chosen` is its k."""
    r = multiple(chosen, curve)[0] % curve.q
    return r, (r * private + chosen * (digest % curve.q or 1)) % curve.q


def key_info(point: tuple[int, int], start: bytes = KEY_START) -> bytes:
    return start + b"".join(each.to_bytes(64, "little") for each in point)


@dataclass(frozen=True)
class GostKey:
    """A private number, and a certificate that says what Berik's says but for the key."""

    private: int
    certificate: x509.Certificate

    def sign(self, data: bytes) -> bytes:
        digest = int.from_bytes(streebog_512(data), "little")
        r, s = sign_digest(CURVE, self.private, digest, secrets.randbelow(CURVE.q - 1) + 1)
        return r.to_bytes(64, "little") + s.to_bytes(64, "little")


@cache
def gost_key() -> GostKey:
    private = secrets.randbelow(CURVE.q - 1) + 1
    return GostKey(private, certificate_with(key_info(multiple(private))))


def certificate_with(key: bytes) -> x509.Certificate:
    """Return Berik's certificate with this SubjectPublicKeyInfo, signed anew by the authority that issued it."""
    encoded = asn1_x509.Certificate.load(pki.key_of("berik").certificate.public_bytes(Encoding.DER))
    content = encoded["tbs_certificate"]
    content["subject_public_key_info"] = PublicKeyInfo.load(key)
    issuing = pki.authority().issuing.private_key
    assert isinstance(issuing, ec.EllipticCurvePrivateKey)
    digest = hashes.SHA384() if issuing.key_size == 384 else hashes.SHA256()
    encoded["tbs_certificate"] = content
    encoded["signature_value"] = core.OctetBitString(issuing.sign(content.dump(), ec.ECDSA(digest)))
    return x509.load_der_x509_certificate(encoded.dump())


def sign_with_gost(data: bytes, key: GostKey) -> bytes:
    """Return the document with a signature of the profile `kz-xmldsig` and GOST algorithms."""
    document = open_document(data)
    place = closing_tag(document.root, data, again=True)
    digest = _base64(streebog_512(canonical(document.root, INCLUSIVE_WITH_COMMENTS)))
    signature = (
        f'<ds:Signature xmlns:ds="{DS}">\n<ds:SignedInfo>\n<ds:CanonicalizationMethod Algorithm="{INCLUSIVE}"/>\n'
        f'<ds:SignatureMethod Algorithm="{gost.GOST_512}"/>\n<ds:Reference URI="">\n<ds:Transforms>\n'
        f'<ds:Transform Algorithm="{ENVELOPED}"/>\n<ds:Transform Algorithm="{INCLUSIVE_WITH_COMMENTS}"/>\n'
        f'</ds:Transforms>\n<ds:DigestMethod Algorithm="{gost.STREEBOG_512}"/>\n<ds:DigestValue>{digest}'
        "</ds:DigestValue>\n</ds:Reference>\n</ds:SignedInfo>\n<ds:SignatureValue>%s</ds:SignatureValue>\n"
        f"<ds:KeyInfo>\n<ds:X509Data>\n<ds:X509Certificate>{_base64(key.certificate.public_bytes(Encoding.DER))}"
        "</ds:X509Certificate>\n</ds:X509Data>\n</ds:KeyInfo>\n</ds:Signature>"
    )
    unsigned = etree.fromstring(data[:place] + (signature % "").encode() + data[place:])
    value = _base64(key.sign(canonical(unsigned[-1][0], INCLUSIVE)))
    return data[:place] + (signature % value).encode() + data[place:]


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
