"""A throw-away certification authority, FOR DEMONSTRATION AND TESTS ONLY: nobody vouches for what it certifies.

Its certificates have the form of the Kazakh profile, so that everything else works on them as on real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.signer import PrivateKey, SigningKey
from signing.trust import Anchor, TrustStore
from signing.usages import OIDS, ORGANISATION, PERSON, RIGHT_TO_SIGN

P256 = "P-256"
P384 = "P-384"
RSA_2048 = "RSA-2048"
RSA_3072 = "RSA-3072"

_AUTHORITY_YEARS = 10
_HOLDER_DAYS = 365
_YEAR = timedelta(days=365)


def new_private_key(kind: str) -> PrivateKey:
    """Make a private key: P-256, P-384, or RSA with its number of bits, such as RSA-2048."""
    if kind == P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind == P384:
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("RSA-")))


@dataclass(frozen=True, eq=False)
class DemoAuthority:
    """A root and an issuing authority below it, with their private keys, which are never stored."""

    root: SigningKey
    issuing: SigningKey
    made_at: datetime

    @classmethod
    def create(cls, at: datetime, name: str = "Shekara Demo") -> "DemoAuthority":
        """Make a root and an issuing authority that are valid for ten years from a day before `at`."""
        since, until = at - timedelta(days=1), at + _AUTHORITY_YEARS * _YEAR
        root_key, issuing_key = new_private_key(P384), new_private_key(P256)
        root_name = _name(f"{name} Root (not for real use)")
        root = _authority_certificate(root_name, root_key, root_name, root_key, 1, since, until)
        issuing_name = _name(f"{name} Issuing (not for real use)")
        issuing = _authority_certificate(issuing_name, issuing_key, root_name, root_key, 0, since, until)
        return cls(SigningKey(root_key, root), SigningKey(issuing_key, issuing), at)

    def person(
        self,
        name: str,
        iin: str,
        organisation_bin: str | None = None,
        organisation: str | None = None,
        usages: Iterable[str] | None = None,
        kind: str = P256,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> SigningKey:
        """Issue a person's signing certificate.

        Without `usages` a member of an organisation has the right to sign for it. Valid for a year from the day before
        the authority was made, unless `since` and `until` say otherwise.
        """
        if usages is None:
            usages = (PERSON,) if organisation_bin is None else (ORGANISATION, RIGHT_TO_SIGN)
        subject = _name(name, iin=iin, organisation_bin=organisation_bin, organisation=organisation)
        return self.issue(subject, usages, kind, since, until)

    def office(self, name: str, organisation_bin: str) -> SigningKey:
        """Issue the certificate with which an office seals its notices: it names an organisation and no person."""
        subject = _name(name, organisation_bin=organisation_bin, organisation=name)
        return self.issue(subject, (ORGANISATION,), P256, None, self.made_at + 3 * _YEAR)

    def issue(
        self,
        subject: x509.Name,
        usages: Iterable[str],
        kind: str = P256,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> SigningKey:
        """Issue a signing certificate to any subject, well-formed or not."""
        key = new_private_key(kind)
        since = since or self.made_at - timedelta(days=1)
        until = until or since + timedelta(days=_HOLDER_DAYS)
        purposes = [ExtendedKeyUsageOID.EMAIL_PROTECTION, *(OIDS[usage] for usage in usages)]
        certificate = (
            _builder(subject, key, self.issuing.certificate.subject, self.issuing.private_key, since, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_documents=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .sign(self.issuing.private_key, hashes.SHA256())
        )
        return SigningKey(key, certificate, (self.issuing.certificate,))

    def root_pem(self) -> bytes:
        """Return the root's certificate as PEM."""
        return self.root.certificate.public_bytes(Encoding.PEM)

    def intermediate_pem(self) -> bytes:
        """Return the issuing authority's certificate as PEM."""
        return self.issuing.certificate.public_bytes(Encoding.PEM)

    def trust_store(self) -> TrustStore:
        """Return a store that trusts this authority and no other."""
        return TrustStore([Anchor(self.root.certificate)], [Anchor(self.issuing.certificate)])


def _authority_certificate(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    path_length: int,
    since: datetime,
    until: datetime,
) -> x509.Certificate:
    return (
        _builder(subject, key, issuer, issuer_key, since, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(signs_documents=False), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    """Return what every certificate has in common: names, dates, number, and the identifiers of both keys."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(signs_documents: bool) -> x509.KeyUsage:
    """Return the usage of a key that signs documents, or else certificates and revocation lists."""
    return x509.KeyUsage(
        digital_signature=signs_documents,
        content_commitment=signs_documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_documents,
        crl_sign=not signs_documents,
        encipher_only=False,
        decipher_only=False,
    )


def _name(
    common_name: str, iin: str | None = None, organisation_bin: str | None = None, organisation: str | None = None
) -> x509.Name:
    """Return a name in the order of the Kazakh profile."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if iin is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, f"IIN{iin}"))
    parts.append(x509.NameAttribute(NameOID.COUNTRY_NAME, "KZ"))
    if organisation is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    if organisation_bin is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"BIN{organisation_bin}"))
    return x509.Name(parts)
