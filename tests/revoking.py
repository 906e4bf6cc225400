"""Revocation lists and OCSP answers, good and bad, for tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pki
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.authority import P256, new_private_key
from signing.signer import SigningKey

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Withdrawn:
    """An entry of a revocation list."""

    key: SigningKey
    at: datetime
    reason: x509.ReasonFlags | None = None


def crl(
    issuer: SigningKey,
    at: datetime = pki.NOW - DAY / 2,
    withdrawn: Iterable[Withdrawn] = (),
    lasts: timedelta = WEEK,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    signed_by: SigningKey | None = None,
) -> bytes:
    """Return a list (DER) in the name of an issuer, signed by it unless another key is given."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(at).next_update(at + lasts)
    for entry in withdrawn:
        revoked = x509.RevokedCertificateBuilder().serial_number(entry.key.certificate.serial_number)
        revoked = revoked.revocation_date(entry.at)
        if entry.reason is not None:
            revoked = revoked.add_extension(x509.CRLReason(entry.reason), critical=False)
        builder = builder.add_revoked_certificate(revoked.build())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign((signed_by or issuer).private_key, hashes.SHA256()).public_bytes(Encoding.DER)


def answer(
    key: SigningKey,
    issuer: SigningKey,
    responder: SigningKey,
    at: datetime = pki.NOW - DAY / 2,
    revoked_at: datetime | None = None,
    lasts: timedelta | None = WEEK,
    status: ocsp.OCSPCertStatus | None = None,
    names: hashes.HashAlgorithm | None = None,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    """Return an OCSP answer (DER) about a certificate of an issuer, signed by any responder."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=key.certificate,
        issuer=issuer.certificate,
        algorithm=names or hashes.SHA256(),
        cert_status=status or (ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD),
        this_update=at,
        next_update=at + lasts if lasts is not None else None,
        revocation_time=revoked_at,
        revocation_reason=x509.ReasonFlags.superseded if revoked_at else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    builder = builder.certificates([responder.certificate])
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(responder.private_key, hashes.SHA256()).public_bytes(Encoding.DER)


def responder(
    issuer: SigningKey,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    no_check: bool = True,
    since: datetime = pki.NOW - DAY,
    until: datetime = pki.NOW + DAY,
    digital_signature: bool = True,
) -> SigningKey:
    """Return a key that an issuer has certified for answering, or for something else."""
    key = new_private_key(P256)
    usage = x509.KeyUsage(digital_signature, not digital_signature, *[False] * 7)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Responder")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return SigningKey(key, builder.sign(issuer.private_key, hashes.SHA256()))


def altered(der: bytes) -> bytes:
    """Return evidence whose last byte, one of its signature or of a certificate in it, is another."""
    return der[:-1] + bytes([der[-1] ^ 1])
