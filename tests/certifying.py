"""Certificates made by hand, good and bad, for tests."""

from datetime import timedelta

import pki
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from signing.signer import SigningKey
from signing.usages import OIDS, PERSON, SIGNING_BY_PERSONS

IIN = "850412450128"


def subject(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "Somebody"), *(x509.NameAttribute(*each) for each in parts)]
    )


def certified(
    issuer: SigningKey | None,
    name: str,
    constraints: x509.BasicConstraints | None = None,
    signs_certificates: bool = True,
    signs_lists: bool = True,
    extra: x509.ExtensionType | None = None,
    critical: bool = True,
    purposes: tuple[str, ...] = (PERSON,),
    key: ec.EllipticCurvePrivateKey | None = None,
) -> SigningKey:
    """Return a key certified by another one, or by itself, with any extension, good or bad."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_authority = constraints is not None
    signs = [is_authority and signs_certificates, is_authority and signs_lists]
    builder = (
        x509.CertificateBuilder()
        .subject_name(own if is_authority else subject((NameOID.SERIAL_NUMBER, f"IIN{IIN}")))
        .issuer_name(issuer.certificate.subject if issuer else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(pki.NOW - timedelta(days=1))
        .not_valid_after(pki.NOW + timedelta(days=1))
        .add_extension(constraints or x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(not is_authority, not is_authority, False, False, False, *signs, False, False), True
        )
    )
    if not is_authority and purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage([OIDS[each] for each in purposes]), critical=False)
        builder = builder.add_extension(policies(SIGNING_BY_PERSONS), critical=False)
    if extra is not None:
        builder = builder.add_extension(extra, critical)
    certificate = builder.sign(issuer.private_key if issuer else key, hashes.SHA256())
    return SigningKey(key, certificate, (issuer.certificate, *issuer.chain) if issuer else ())


def authority(path_length: int | None = None, ca: bool = True) -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=ca, path_length=path_length if ca else None)


def policies(*stated: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in stated])
