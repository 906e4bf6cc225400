"""Time-stamps for tests: keys of time-stamp authorities, good and bad, and tokens made with them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pki
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing import timestamp
from signing.authority import DemoAuthority
from signing.demo_tsa import DemoTimestamper
from signing.signer import SigningKey

NOTE = b"shekara.example/journal\n8\nRoot\n\n\xe2\x80\x94 shekara.example Signature\n"


def timestamper(authority: DemoAuthority | None = None) -> DemoTimestamper:
    """Return the time-stamp authority of a demo authority: the cast's, unless told otherwise."""
    return DemoTimestamper((authority or pki.authority()).tsa)


def timestamp_key(
    authority: DemoAuthority | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    since: datetime = pki.NOW - timedelta(days=1),
    until: datetime = pki.NOW + timedelta(days=365),
) -> SigningKey:
    """Return a key of the authority whose certificate may or may not be one for time-stamping."""
    issuing = (authority or pki.authority()).issuing
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another time-stamp authority")]))
        .issuer_name(issuing.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_digital_signature(), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.private_key.public_key()), critical=False
        )
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    return SigningKey(key, builder.sign(issuing.private_key, hashes.SHA256()), (issuing.certificate,))


def token_of(data: bytes, at: datetime = pki.NOW, key: SigningKey | None = None) -> bytes:
    """Return a token over the data, of the cast's authority or of the key given."""
    asked = timestamp.request(data)
    stamper = timestamper() if key is None else DemoTimestamper(key)
    return timestamp.read(stamper.respond(asked.as_bytes(), at), asked)


def _digital_signature() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
