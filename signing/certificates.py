"""X.509 certificates as they come inside a signature: decoded once, then remembered."""

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from signing.errors import AlgorithmForbidden, MalformedXml

# What the decoder raises; its warnings count too, where warnings are made errors.
_BROKEN = (
    ValueError,
    TypeError,
    Warning,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)
_WHITE_SPACE = b" \t\r\n"


def decode_base64(text: str | None, place: str) -> bytes:
    """Return the bytes that a base64 text stands for; white space is allowed, a second spelling is not.

    Raises MalformedXml.
    """
    try:
        written = (text or "").encode("ascii").translate(None, _WHITE_SPACE)
        data = a2b_base64(written, strict_mode=True)
    except (Base64Error, UnicodeEncodeError):
        raise MalformedXml("signature.base64", {"place": place}) from None
    if b2a_base64(data, newline=False) != written:
        raise MalformedXml("signature.base64", {"place": place})
    return data


@lru_cache(maxsize=4096)
def read_certificate(text: str) -> x509.Certificate:
    """Return the certificate held by the text of an X509Certificate element. Raises MalformedXml.

    Every part that is decoded only when asked for is asked for here, so that nobody meets a broken one later.
    """
    data = decode_base64(text, "ds:X509Certificate")
    try:
        certificate = x509.load_der_x509_certificate(data)
        for part in ("subject", "issuer", "extensions", "not_valid_before_utc", "not_valid_after_utc"):
            getattr(certificate, part)
        if certificate.serial_number <= 0:
            raise ValueError("a certificate's number must be positive")
        # Unused bits of the authority's signature are covered by nothing, so a second spelling could slip through.
        if data[-len(certificate.signature) - 1] != 0:
            raise ValueError("a signature must end on a whole byte")
    except _BROKEN:
        raise MalformedXml("certificate.unreadable") from None
    return certificate


@lru_cache(maxsize=4096)
def public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    """Return the certificate's public key. Raises AlgorithmForbidden when the kind of key is unknown."""
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        raise AlgorithmForbidden("signature.key", {"key": certificate.public_key_algorithm_oid.dotted_string}) from None
