"""The algorithms we accept, by their URI. Whatever is not in the registry is refused."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from signing.certificates import public_key
from signing.errors import AlgorithmForbidden, SignatureInvalid

XMLENC = "http://www.w3.org/2001/04/xmlenc#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"

RSA_BITS_LEAST = 2048
RSA_BITS_MOST = 8192
RSA_EXPONENT_MOST = 2**32

CURVES = ("secp256r1", "secp384r1")

Digest = Callable[[bytes], bytes]


@dataclass(frozen=True)
class SignatureAlgorithm:
    """How a signature value is verified.

    `check_key` takes the certificate and raises AlgorithmForbidden when its key does not suit. `verify` takes the
    certificate, what was signed and the signature value, and raises SignatureInvalid.
    """

    check_key: Callable[[x509.Certificate], object]
    verify: Callable[[x509.Certificate, bytes, bytes], None]


@dataclass(frozen=True)
class Algorithms:
    """A registry: how to verify a signature value and how to digest, by the URI in the document."""

    signatures: Mapping[str, SignatureAlgorithm]
    digests: Mapping[str, Digest]


def check_key(certificate: x509.Certificate) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """Return the certificate's key when it is RSA of 2048 bits or more, or ECDSA on P-256 or P-384.

    A huge RSA exponent is refused as well: it makes verifying slow. Raises AlgorithmForbidden.
    """
    key = public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        if RSA_BITS_LEAST <= key.key_size <= RSA_BITS_MOST and 2 < exponent < RSA_EXPONENT_MOST:
            return key
        raise AlgorithmForbidden("signature.key", {"key": f"RSA-{key.key_size}"})
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name in CURVES:
            return key
        raise AlgorithmForbidden("signature.key", {"key": key.curve.name})
    raise AlgorithmForbidden("signature.key", {"key": certificate.public_key_algorithm_oid.dotted_string})


def rsa_algorithm(digest: hashes.HashAlgorithm) -> SignatureAlgorithm:
    """Return RSASSA-PKCS1-v1_5 with this digest."""

    def verify(certificate: x509.Certificate, signed: bytes, value: bytes) -> None:
        try:
            _rsa_key(certificate).verify(value, signed, padding.PKCS1v15(), digest)
        except InvalidSignature:
            raise SignatureInvalid("signature.value") from None

    return SignatureAlgorithm(_rsa_key, verify)


def ecdsa_algorithm(digest: hashes.HashAlgorithm) -> SignatureAlgorithm:
    """Return ECDSA with this digest; the signature value is r and s, each as wide as the curve."""

    def verify(certificate: x509.Certificate, signed: bytes, value: bytes) -> None:
        key = _ecdsa_key(certificate)
        width = (key.key_size + 7) // 8
        if len(value) != 2 * width:
            raise SignatureInvalid("signature.value")
        r, s = int.from_bytes(value[:width], "big"), int.from_bytes(value[width:], "big")
        try:
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))
        except InvalidSignature:
            raise SignatureInvalid("signature.value") from None

    return SignatureAlgorithm(_ecdsa_key, verify)


@lru_cache(maxsize=4096)
def _rsa_key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    key = check_key(certificate)
    if not isinstance(key, rsa.RSAPublicKey):
        raise AlgorithmForbidden("signature.key", {"key": key.curve.name})
    return key


@lru_cache(maxsize=4096)
def _ecdsa_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = check_key(certificate)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise AlgorithmForbidden("signature.key", {"key": f"RSA-{key.key_size}"})
    return key


SHA256 = f"{XMLENC}sha256"
RSA_SHA256 = f"{MORE}rsa-sha256"
ECDSA_SHA256 = f"{MORE}ecdsa-sha256"
ECDSA_SHA384 = f"{MORE}ecdsa-sha384"

SHIPPED = Algorithms(
    signatures=MappingProxyType(
        {
            RSA_SHA256: rsa_algorithm(hashes.SHA256()),
            f"{MORE}rsa-sha384": rsa_algorithm(hashes.SHA384()),
            f"{MORE}rsa-sha512": rsa_algorithm(hashes.SHA512()),
            ECDSA_SHA256: ecdsa_algorithm(hashes.SHA256()),
            ECDSA_SHA384: ecdsa_algorithm(hashes.SHA384()),
            f"{MORE}ecdsa-sha512": ecdsa_algorithm(hashes.SHA512()),
        }
    ),
    digests=MappingProxyType(
        {
            SHA256: lambda data: hashlib.sha256(data).digest(),
            f"{MORE}sha384": lambda data: hashlib.sha384(data).digest(),
            f"{XMLENC}sha512": lambda data: hashlib.sha512(data).digest(),
        }
    ),
)
