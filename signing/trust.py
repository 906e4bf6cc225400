"""Whom a certificate names, and whether a path leads from it to a root we trust.

Path validation is done by `cryptography`; here are the roots with their dates, the demands of the Kazakh profile, and a
memory of what was found. Whether the signer may sign for a participant is not decided here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from signing.algorithms import check_key
from signing.errors import CertificateExpired, CertificateUntrusted, SignerNotAuthorised
from signing.usages import (
    HEAD,
    ORGANISATION,
    PERSON,
    RIGHT_TO_SIGN,
    may_sign_documents,
    read_bin,
    read_iin,
    read_name,
    read_usages,
)

REMEMBERED_MOST = 10_000
_INTERMEDIATES_MOST = 4


@dataclass(frozen=True)
class Anchor:
    """A certificate we have configured, and the dates between which we rely on it, besides its own."""

    certificate: x509.Certificate
    since: datetime | None = None
    until: datetime | None = None

    def relied_on(self, at: datetime) -> bool:
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


@dataclass(frozen=True)
class Signer:
    """The person a certificate names. `bin` and `organisation` are of the organisation they belong to, if any."""

    iin: str
    bin: str | None
    name: str
    organisation: str | None
    usages: frozenset[str]
    may_sign_for_organisation: bool
    serial: str
    fingerprint: str


@dataclass(frozen=True)
class Sealer:
    """The organisation whose seal a certificate is: no person is named in it."""

    bin: str
    name: str
    serial: str
    fingerprint: str


Judged = TypeVar("Judged", Signer, Sealer)


@dataclass(frozen=True)
class _Window:
    """The moments between which a path was found to hold."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at <= self.until


class TrustStore:
    """The roots we trust and the intermediates we know. What it found of a certificate, it remembers."""

    def __init__(self, roots: Iterable[Anchor], intermediates: Iterable[Anchor] = ()) -> None:
        self._roots = tuple(roots)
        self._intermediates = tuple(intermediates)
        self._anchors = (*self._roots, *self._intermediates)
        self._signers: dict[x509.Certificate, tuple[_Window, Signer]] = {}
        self._sealers: dict[x509.Certificate, tuple[_Window, Sealer]] = {}

    @classmethod
    def from_pem(cls, roots: bytes, intermediates: bytes = b"") -> "TrustStore":
        """Return a store of the certificates in two PEM texts. Raises ValueError when one cannot be read."""
        return cls(_read_anchors(roots), _read_anchors(intermediates))

    def judge(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Signer:
        """Return the person a certificate names, valid and trusted at this moment.

        `chain` are the certificates that came with it: they help to find a path and are not trusted. Raises
        CertificateUntrusted, CertificateExpired, SignerNotAuthorised, AlgorithmForbidden.
        """
        return self._judge(leaf, chain, at, self._signers, _read_signer)

    def judge_seal(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Sealer:
        """Return the organisation whose seal a certificate is; raises as `judge` does."""
        return self._judge(leaf, chain, at, self._sealers, _read_sealer)

    def _judge(
        self,
        leaf: x509.Certificate,
        chain: Sequence[x509.Certificate],
        at: datetime,
        remembered: dict[x509.Certificate, tuple[_Window, Judged]],
        read: Callable[[x509.Certificate], Judged],
    ) -> Judged:
        known = remembered.get(leaf)
        if known is not None and known[0].holds(at):
            return known[1]
        window = self._find_path(leaf, chain, at)
        judged = read(leaf)
        if len(remembered) >= REMEMBERED_MOST:
            remembered.clear()
        remembered[leaf] = (window, judged)
        return judged

    def _find_path(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> _Window:
        """Return the moments around `at` during which a path to a root holds.

        An expired certificate is first judged within its own dates, so that a stranger's is called untrusted.
        """
        check_key(leaf)
        given_up = {each.certificate for each in self._anchors if not each.relied_on(at)}
        roots = [each.certificate for each in self._roots if each.certificate not in given_up]
        helpers = (*(each.certificate for each in self._intermediates), *chain)
        path = _verify_path(
            leaf,
            [helper for helper in helpers if helper not in given_up],
            roots,
            min(max(at, leaf.not_valid_before_utc), leaf.not_valid_after_utc),
        )
        if at < leaf.not_valid_before_utc:
            raise CertificateExpired("certificate.not_yet_valid", {"date": _date(leaf.not_valid_before_utc)})
        if at > leaf.not_valid_after_utc:
            raise CertificateExpired("certificate.expired", {"date": _date(leaf.not_valid_after_utc)})
        used = [each for each in self._anchors if each.certificate in path]
        return _Window(
            since=max([each.not_valid_before_utc for each in path] + [each.since for each in used if each.since]),
            until=min([each.not_valid_after_utc for each in path] + [each.until for each in used if each.until]),
        )


def _verify_path(
    leaf: x509.Certificate, helpers: list[x509.Certificate], roots: list[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Return a valid path from the certificate to a root, both included. Raises CertificateUntrusted."""
    untrusted = CertificateUntrusted(
        "certificate.untrusted", {"issuer": read_name(leaf.issuer, NameOID.COMMON_NAME)[:200]}
    )
    if not roots:
        raise untrusted
    verifier = (
        PolicyBuilder()
        .store(Store(roots))
        .time(at)
        .max_chain_depth(_INTERMEDIATES_MOST)
        .extension_policies(ca_policy=_AUTHORITY, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        return verifier.verify(leaf, helpers).chain
    except VerificationError:
        raise untrusted from None


def _read_signer(leaf: x509.Certificate) -> Signer:
    """Return whom a certificate of the Kazakh profile names. Raises SignerNotAuthorised."""
    usages = read_usages(leaf)
    if not may_sign_documents(leaf) or not usages & {PERSON, ORGANISATION}:
        raise SignerNotAuthorised("certificate.usage")
    iin, organisation_bin = read_iin(leaf), read_bin(leaf)
    if iin is None:
        raise SignerNotAuthorised("certificate.subject", {"part": "IIN"})
    if (organisation_bin is not None) != (ORGANISATION in usages):
        raise SignerNotAuthorised("certificate.subject", {"part": "BIN"})
    return Signer(
        iin=iin,
        bin=organisation_bin,
        name=read_name(leaf.subject, NameOID.COMMON_NAME),
        organisation=read_name(leaf.subject, NameOID.ORGANIZATION_NAME) or None,
        usages=usages,
        may_sign_for_organisation=organisation_bin is not None and bool(usages & {HEAD, RIGHT_TO_SIGN}),
        serial=f"{leaf.serial_number:x}",
        fingerprint=leaf.fingerprint(SHA256()).hex(),
    )


def _read_sealer(leaf: x509.Certificate) -> Sealer:
    """Return the organisation whose seal this is. Raises SignerNotAuthorised."""
    if not may_sign_documents(leaf) or ORGANISATION not in read_usages(leaf):
        raise SignerNotAuthorised("certificate.usage")
    organisation_bin = read_bin(leaf)
    if organisation_bin is None:
        raise SignerNotAuthorised("certificate.subject", {"part": "BIN"})
    if read_iin(leaf) is not None:
        raise SignerNotAuthorised("certificate.usage")
    return Sealer(
        bin=organisation_bin,
        name=read_name(leaf.subject, NameOID.ORGANIZATION_NAME),
        serial=f"{leaf.serial_number:x}",
        fingerprint=leaf.fingerprint(SHA256()).hex(),
    )


def _demand_authority(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not a certification authority")


def _demand_certificate_signing(_: Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("not a key for signing certificates")


_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, _demand_authority)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _demand_certificate_signing)
)


def _read_anchors(pem: bytes) -> tuple[Anchor, ...]:
    return tuple(Anchor(certificate) for certificate in x509.load_pem_x509_certificates(pem)) if pem.strip() else ()


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
