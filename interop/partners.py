"""Partners: whose systems messages are exchanged with, by which keys they are known, and what they may be told."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from msgspec import Struct

from interop.disclosure import Policy
from interop.errors import KeyRefused

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
RSA_BITS_MIN = 3072
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


class PartnerKind(StrEnum):
    TAX_SERVICE = "tax_service"
    LAW_ENFORCEMENT = "law_enforcement"
    FOREIGN_CUSTOMS = "foreign_customs"
    SEAL_OPERATOR = "seal_operator"
    PERMIT_REGISTER = "permit_register"  # of permits of non-tariff regulation
    CURRENCY_REGISTER = "currency_register"  # of currency contracts, as banks have given them numbers
    PAYMENTS = "payments"  # the bank through which payments come and refunds go


class Partner(Struct, frozen=True, kw_only=True):
    """A partner's system. `keys` are PEM certificates or public keys, the newest first; all of them are accepted.

    `country` is ISO 3166 alpha-2, `address` the base URL of its API, `per_minute` how many requests it may make.
    """

    id: str
    kind: PartnerKind
    name: str
    country: str
    address: str
    keys: tuple[str, ...]
    policy: Policy
    active: bool = True
    per_minute: int = 600

    def known_keys(self, at: datetime) -> Iterator["KnownKey"]:
        """Yield the keys that are valid at a moment. Raises `KeyRefused` for one that cannot be read."""
        for text in self.keys:
            known = read_key(text)
            if known.valid_at(at):
                yield known


class KnownKey(Struct, frozen=True):
    """A partner's key. `id` is SHA-256, in hex, of its certificate, or of the SubjectPublicKeyInfo of a bare key."""

    id: str
    public: PublicKey
    since: datetime | None = None
    until: datetime | None = None

    def valid_at(self, moment: datetime) -> bool:
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)


def read_key(pem: str) -> KnownKey:
    """Read a certificate or a public key: P-256, P-384, or RSA of 3072 bits and more. Raises `KeyRefused`."""
    try:
        if _CERTIFICATE in pem:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            return KnownKey(fingerprint(certificate), _usable(certificate.public_key()), begins, ends)
        public = _usable(load_pem_public_key(pem.encode()))
    except ValueError:
        raise KeyRefused("exchange.key_unreadable") from None
    digest = Hash(SHA256())
    digest.update(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return KnownKey(digest.finalize().hex(), public)


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _usable(key: object) -> PublicKey:
    match key:
        case ec.EllipticCurvePublicKey() if key.curve.name in ("secp256r1", "secp384r1"):
            return key
        case rsa.RSAPublicKey() if key.key_size >= RSA_BITS_MIN:
            return key
    raise KeyRefused("exchange.key_unsupported")
