"""A throw-away certification authority, FOR DEMONSTRATION AND TESTS ONLY: nobody vouches for what it certifies.

Its certificates have the form of the Kazakh profile, so that everything else works on them as on real ones. It answers
for them, too: with revocation lists, OCSP answers, and a key for time-stamps.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import (
    OCSPCertStatus,
    OCSPRequest,
    OCSPRequestBuilder,
    OCSPResponderEncoding,
    OCSPResponseBuilder,
    OCSPResponseStatus,
    load_der_ocsp_request,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from signing.revocation import Evidence
from signing.signer import PrivateKey, SigningKey
from signing.trust import Anchor, TrustStore
from signing.usages import OIDS, ORGANISATION, PERSON, RIGHT_TO_SIGN, SIGNING_BY_ORGANISATIONS, SIGNING_BY_PERSONS

P256 = "P-256"
P384 = "P-384"
RSA_2048 = "RSA-2048"
RSA_3072 = "RSA-3072"

BASE_URL = "http://127.0.0.1:8000/demo/pki"

_AUTHORITY_YEARS = 10
_HOLDER_DAYS = 365
_YEAR = timedelta(days=365)
_LIST_LASTS = timedelta(days=7)
_ANSWER_LASTS = timedelta(days=1)
_KEYS = ("root", "issuing", "responder", "tsa")
_RECORD = "authority.json"


def new_private_key(kind: str) -> PrivateKey:
    """Make a private key: P-256, P-384, or RSA with its number of bits, such as RSA-2048."""
    if kind == P256:
        return ec.generate_private_key(ec.SECP256R1())
    if kind == P384:
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("RSA-")))


@dataclass(frozen=True)
class Revocation:
    """Since when, and why, a certificate is withdrawn."""

    at: datetime
    reason: x509.ReasonFlags


@dataclass(frozen=True, eq=False)
class DemoAuthority:
    """A root and an issuing authority below it, an OCSP responder and a time-stamp authority, with their private keys.

    `revoked` are the withdrawn certificates by issuer and serial number.
    """

    root: SigningKey
    issuing: SigningKey
    responder: SigningKey
    tsa: SigningKey
    made_at: datetime
    base_url: str = BASE_URL
    revoked: dict[tuple[x509.Name, int], Revocation] = field(default_factory=dict)

    @classmethod
    def create(cls, at: datetime, name: str = "Shekara Demo", base_url: str = BASE_URL) -> "DemoAuthority":
        """Make all four, valid for ten years from a day before `at`. `base_url` is where lists and answers are got."""
        since, until = at - timedelta(days=1), at + _AUTHORITY_YEARS * _YEAR
        root = _authority_key(f"{name} Root (not for real use)", P384, None, since, until, base_url)
        issuing = _authority_key(f"{name} Issuing (not for real use)", P256, root, since, until, base_url)
        responder = _service_key(f"{name} OCSP (not for real use)", ExtendedKeyUsageOID.OCSP_SIGNING, issuing, base_url)
        tsa = _service_key(
            f"{name} Time-Stamp Authority (not for real use)", ExtendedKeyUsageOID.TIME_STAMPING, issuing, base_url
        )
        return cls(root, issuing, responder, tsa, at, base_url)

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
        policies: Iterable[str] | None = None,
    ) -> SigningKey:
        """Issue a person's signing certificate.

        Without `usages` a member of an organisation has the right to sign for it. Valid for a year from the day before
        the authority was made, unless `since` and `until` say otherwise. `policies` as for `issue`.
        """
        if usages is None:
            usages = (PERSON,) if organisation_bin is None else (ORGANISATION, RIGHT_TO_SIGN)
        subject = _name(name, iin=iin, organisation_bin=organisation_bin, organisation=organisation)
        return self.issue(subject, usages, kind, since, until, policies)

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
        policies: Iterable[str] | None = None,
    ) -> SigningKey:
        """Issue a signing certificate to any subject, well-formed or not.

        Without `policies` it is issued under that for signing by organisations or by persons, as the usages say.
        """
        key, usages = new_private_key(kind), tuple(usages)
        since = since or self.made_at - timedelta(days=1)
        until = until or since + timedelta(days=_HOLDER_DAYS)
        if policies is None:
            policies = [SIGNING_BY_ORGANISATIONS if ORGANISATION in usages else SIGNING_BY_PERSONS]
        purposes = [ExtendedKeyUsageOID.EMAIL_PROTECTION, *(OIDS[usage] for usage in usages)]
        builder = (
            _builder(subject, key, self.issuing, since, until, self.base_url)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_documents=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        if stated := [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in policies]:
            builder = builder.add_extension(x509.CertificatePolicies(stated), critical=False)
        certificate = builder.sign(self.issuing.private_key, hashes.SHA256())
        return SigningKey(key, certificate, (self.issuing.certificate,))

    def root_pem(self) -> bytes:
        """Return the root's certificate as PEM."""
        return self.root.certificate.public_bytes(Encoding.PEM)

    def intermediate_pem(self) -> bytes:
        """Return the issuing authority's certificate as PEM."""
        return self.issuing.certificate.public_bytes(Encoding.PEM)

    def revoke(
        self, certificate: x509.Certificate, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.unspecified
    ) -> None:
        """Withdraw a certificate from a moment on: the lists and answers made from now on say so."""
        self.revoked[certificate.issuer, certificate.serial_number] = Revocation(at, reason)

    @property
    def crl_urls(self) -> tuple[str, str]:
        """The addresses of the root's list and of the issuing authority's."""
        return _crl_url(self.base_url, self.root), _crl_url(self.base_url, self.issuing)

    def crl_at(self, url: str, at: datetime) -> bytes:
        """Return the list (DER) that has this address, made at `at` and good for a week. Raises ValueError."""
        if url not in self.crl_urls:
            raise ValueError(f"no list of the demo authority has the address {url}")
        return self._crl(self.root if url == self.crl_urls[0] else self.issuing, at, at + _LIST_LASTS)

    def crl(self, at: datetime, next_update: datetime) -> bytes:
        """Return the list (DER) of the issuing authority: every certificate withdrawn so far, from whichever moment."""
        return self._crl(self.issuing, at, next_update)

    def evidence(self, at: datetime, until: datetime) -> Evidence:
        """Return the lists of root and issuing authority, made at `at` and good until the other moment."""
        return Evidence([self._crl(each, at, until) for each in (self.root, self.issuing)])

    def ocsp(self, request: bytes, at: datetime) -> bytes:
        """Return the responder's answer (DER) to an OCSP request (DER), good for a day; or its refusal."""
        try:
            asked = load_der_ocsp_request(request)
        except ValueError:
            return _refusal(OCSPResponseStatus.MALFORMED_REQUEST)
        own = OCSPRequestBuilder().add_certificate(
            self.responder.certificate, self.issuing.certificate, asked.hash_algorithm
        )
        if (own.build().issuer_name_hash, own.build().issuer_key_hash) != (
            asked.issuer_name_hash,
            asked.issuer_key_hash,
        ):
            return _refusal(OCSPResponseStatus.UNAUTHORIZED)
        return self._answer(asked, at)

    def _answer(self, asked: OCSPRequest, at: datetime) -> bytes:
        revocation = self.revoked.get((self.issuing.certificate.subject, asked.serial_number))
        builder = (
            OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.issuer_name_hash,
                issuer_key_hash=asked.issuer_key_hash,
                serial_number=asked.serial_number,
                algorithm=asked.hash_algorithm,
                cert_status=OCSPCertStatus.REVOKED if revocation else OCSPCertStatus.GOOD,
                this_update=at,
                next_update=at + _ANSWER_LASTS,
                revocation_time=revocation.at if revocation else None,
                revocation_reason=revocation.reason if revocation else None,
            )
            .responder_id(OCSPResponderEncoding.HASH, self.responder.certificate)
            .certificates([self.responder.certificate])
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(self.responder.private_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _crl(self, issuer: SigningKey, at: datetime, next_update: datetime) -> bytes:
        name = issuer.certificate.subject
        key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private_key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(name)
            .last_update(at)
            .next_update(next_update)
            .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
            .add_extension(key_identifier, critical=False)
        )
        for (of, serial), revocation in self.revoked.items():
            if of == name:
                builder = builder.add_revoked_certificate(_entry(serial, revocation))
        return builder.sign(issuer.private_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def trust_store(self) -> TrustStore:
        """Return a store that trusts this authority and no other, and knows what it has withdrawn so far.

        Its evidence holds for the authority's whole life.
        """
        first = self.root.certificate.not_valid_before_utc
        evidence = self.evidence(first, self.root.certificate.not_valid_after_utc)
        return TrustStore([Anchor(self.root.certificate)], [Anchor(self.issuing.certificate)], evidence)

    def save(self, folder: Path, password: str) -> None:
        """Write the keys, as PKCS#12 files, and what was withdrawn: a real authority's keys never lie in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _KEYS:
            key: SigningKey = getattr(self, name)
            _write_privately(folder / f"{name}.p12", key.to_pkcs12(password))
        record = {
            "made_at": self.made_at.isoformat(),
            "base_url": self.base_url,
            "revoked": [
                {"authority": name, "serial": f"{serial:x}", "at": each.at.isoformat(), "reason": each.reason.value}
                for name in _KEYS[:2]
                for (of, serial), each in self.revoked.items()
                if of == getattr(self, name).certificate.subject
            ],
        }
        _write_privately(folder / _RECORD, json.dumps(record, indent=2).encode())

    @classmethod
    def load(cls, folder: Path, password: str) -> "DemoAuthority":
        """Return the authority that `save` wrote. Raises OSError, KeyUnusable."""
        keys = {name: SigningKey.from_pkcs12((folder / f"{name}.p12").read_bytes(), password) for name in _KEYS}
        record = json.loads((folder / _RECORD).read_bytes())
        made_at = datetime.fromisoformat(record["made_at"])
        made = cls(
            root=keys["root"],
            issuing=keys["issuing"],
            responder=keys["responder"],
            tsa=keys["tsa"],
            made_at=made_at,
            base_url=record["base_url"],
        )
        for each in record["revoked"]:
            key = keys[each["authority"]].certificate.subject, int(each["serial"], 16)
            made.revoked[key] = Revocation(datetime.fromisoformat(each["at"]), x509.ReasonFlags(each["reason"]))
        return made


def _write_privately(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _refusal(status: OCSPResponseStatus) -> bytes:
    return OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _entry(serial: int, revocation: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revocation.at)
    if revocation.reason is not x509.ReasonFlags.unspecified:
        builder = builder.add_extension(x509.CRLReason(revocation.reason), critical=False)
    return builder.build()


def _authority_key(
    name: str, kind: str, issuer: SigningKey | None, since: datetime, until: datetime, base_url: str
) -> SigningKey:
    """Make the key of an authority certified by another one, or of a root."""
    key, subject = new_private_key(kind), _name(name)
    certificate = (
        _builder(subject, key, issuer, since, until, base_url)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if issuer else 1), critical=True)
        .add_extension(_key_usage(signs_documents=False), critical=True)
        .sign(issuer.private_key if issuer else key, hashes.SHA256())
    )
    return SigningKey(key, certificate)


def _service_key(name: str, purpose: x509.ObjectIdentifier, issuer: SigningKey, base_url: str) -> SigningKey:
    """Make a P-256 key for one purpose only, valid for as long as its issuer."""
    key = new_private_key(P256)
    dates = issuer.certificate.not_valid_before_utc, issuer.certificate.not_valid_after_utc
    builder = (
        _builder(_name(name), key, issuer, *dates, base_url)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_documents=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    )
    if purpose == ExtendedKeyUsageOID.OCSP_SIGNING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return SigningKey(key, builder.sign(issuer.private_key, hashes.SHA256()), (issuer.certificate,))


def _builder(
    subject: x509.Name,
    key: PrivateKey,
    issuer: SigningKey | None,
    since: datetime,
    until: datetime,
    base_url: str,
) -> x509.CertificateBuilder:
    """Return what every certificate has in common: names, dates, number, both keys' identifiers, where to ask.

    Without an issuer it is a root's, of which nobody is asked.
    """
    issuer_key = issuer.private_key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if issuer is None:
        return builder
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(_crl_url(base_url, issuer))], None, None, None)
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if _is_root(issuer):
        return builder
    responder = x509.UniformResourceIdentifier(f"{base_url}/ocsp")
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)
    return builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)


def _crl_url(base_url: str, issuer: SigningKey) -> str:
    return f"{base_url}/{'root' if _is_root(issuer) else 'issuing'}.crl"


def _is_root(key: SigningKey) -> bool:
    return key.certificate.subject == key.certificate.issuer


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
