"""What one revocation list or one OCSP answer says of a certificate, if its word counts.

Whatever cannot be read, is not signed by the issuer or its OCSP responder, or is of a kind that signing/revocation.py
does not use, says nothing. Source: RFC 5280, section 5; RFC 6960, section 4.2; ITU-T X.509, ExpiredCertsOnCRL.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal, TypeVar

from asn1crypto.core import GeneralizedTime
from asn1crypto.crl import CertificateList
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.algorithms import check_key
from signing.errors import AlgorithmForbidden
from signing.usages import is_authority

Source = Literal["crl", "ocsp"]
MayAnswer = Callable[[x509.Certificate, x509.Certificate, datetime], bool]

EXPIRED_CERTIFICATES_ON_CRL = x509.ObjectIdentifier("2.5.29.60")

_ANSWERS_REMEMBERED = 4_096
_LISTS_REMEMBERED = 64  # a national authority's list holds 100,000s of entries, and outlives many a trust store
_DIGESTS = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_KNOWN_OF_LIST = (x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.IssuingDistributionPoint)
_KNOWN_OF_ANSWER = (x509.OCSPNonce, x509.OCSPAcceptableResponses)

# What the decoders raise; their warnings count too, where warnings are made errors.
_BROKEN = (
    ValueError,
    TypeError,
    OverflowError,
    Warning,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)


class Status(StrEnum):
    """UNKNOWN: there is no evidence, or none that holds at the moment in question."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What is known of one certificate at one moment, and from which piece of evidence.

    `produced_at` and `next_update` are that evidence's own dates, `digest` the hex SHA-256 of its DER; of UNKNOWN they
    are those of the newest that no longer holds, if any. `reason` is a name of RFC 5280, such as keyCompromise.
    """

    status: Status
    revoked_at: datetime | None = None
    reason: str | None = None
    source: Source | None = None
    produced_at: datetime | None = None
    next_update: datetime | None = None
    digest: str | None = None


@dataclass(frozen=True)
class Genuine:
    """What a list or an answer is about that was signed by whose word counts on it.

    `subject`, a hex SHA-256, is of a list its issuer's name and key and its scope, wherever it was got; of an answer
    the certificate: of one subject the newest counts. `says` is a hex SHA-256 that is the same of two that say the
    same. `revoked` is true of an answer that the certificate is withdrawn.
    """

    subject: str
    this_update: datetime
    next_update: datetime | None
    says: str
    revoked: bool


@dataclass(frozen=True)
class Statement:
    """What one piece of genuine evidence says of one certificate. `finding.status` is GOOD or REVOKED.

    `until` is the last moment for which it can be used; `proves_good` tells whether it would still list a revocation.
    """

    finding: Finding
    produced_at: datetime
    until: datetime
    proves_good: bool

    def revoked_by(self, at: datetime) -> bool:
        return self.finding.revoked_at is not None and self.finding.revoked_at <= at

    def usable(self, at: datetime) -> bool:
        return at <= self.until and (self.proves_good or self.revoked_by(at))

    def finding_at(self, at: datetime) -> Finding:
        """Return the finding; a revocation that came later than `at` does not count yet, but its date is told."""
        return self.finding if self.revoked_by(at) else replace(self.finding, status=Status.GOOD)


class RevocationList:
    """A revocation list. Raises one of _BROKEN when it cannot be read or is of a kind that we do not use."""

    def __init__(self, der: bytes) -> None:
        read = x509.load_der_x509_crl(der)
        extensions = read.extensions
        _refuse_unknown(extensions, _KNOWN_OF_LIST)
        self.issuer = read.issuer
        self._crl = read
        self._digest = hashlib.sha256(der).hexdigest()
        self._produced_at, self._next_update = _dates(read.last_update_utc, read.next_update_utc)
        self._scope = _scope(extensions)
        self._keeps_expired_since = _keeps_expired_since(extensions)
        self._positions = {entry.serial_number: position for position, entry in enumerate(read)}
        self._genuine: dict[x509.Certificate, bool] = {}

    def statement(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Statement | None:
        """Return what the list says of a certificate; None when it is not its issuer's, or is not about it."""
        if not self._is_of(issuer) or not _covers(self._scope, certificate):
            return None
        expired_at = certificate.not_valid_after_utc
        kept = self._keeps_expired_since is not None and self._keeps_expired_since <= expired_at
        revoked_at, reason = self._entry(certificate.serial_number)
        return _statement(
            "crl", self._digest, (self._produced_at, self._next_update), revoked_at, reason, expired_at, kept
        )

    def genuine(self, issuers: Iterable[x509.Certificate]) -> Genuine | None:
        """Return what it is about; None when it is of none of these issuers."""
        issuer = next((each for each in issuers if each.subject == self.issuer and self._is_of(each)), None)
        if issuer is None:
            return None
        key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        about = _digest(self.issuer.public_bytes(), key, self._scope.public_bytes() if self._scope else b"")
        entries = CertificateList.load(self._crl.public_bytes(Encoding.DER))["tbs_cert_list"]["revoked_certificates"]
        says = _digest(entries.dump(), str(self._keeps_expired_since).encode())
        return Genuine(about, self._produced_at, self._next_update, says, revoked=False)

    def _entry(self, serial: int) -> tuple[datetime | None, str | None]:
        """Return date and reason of a revocation. An entry whose reason cannot be read is a revocation all the same."""
        position = self._positions.get(serial)
        if position is None:
            return None, None
        entry = self._crl[position]
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        except (x509.ExtensionNotFound, *_BROKEN):
            reason = None
        return entry.revocation_date_utc, reason

    def _is_of(self, issuer: x509.Certificate) -> bool:
        if issuer not in self._genuine:
            self._genuine[issuer] = self._signed_by(issuer)
        return self._genuine[issuer]

    def _signed_by(self, issuer: x509.Certificate) -> bool:
        return (
            issuer.not_valid_before_utc <= self._produced_at <= issuer.not_valid_after_utc
            and _key_may(issuer, lambda usage: usage.crl_sign)
            and _verifies(issuer, self._crl.signature, self._crl.tbs_certlist_bytes, self._crl)
        )


class Answer:
    """An OCSP answer about one certificate. Raises one of _BROKEN when it cannot be read, or says nothing."""

    def __init__(self, der: bytes) -> None:
        read = ocsp.load_der_ocsp_response(der)
        if read.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL or len(list(read.responses)) != 1:
            raise ValueError("not an answer about one certificate")
        if read.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise ValueError("an answer that says nothing")
        _refuse_unknown(read.extensions, _KNOWN_OF_ANSWER)
        _refuse_unknown(read.single_extensions, ())
        self.serial = read.serial_number
        self._answer = read
        self._digest = hashlib.sha256(der).hexdigest()
        self._produced_at, self._next_update = _dates(read.this_update_utc, read.next_update_utc)
        self._signers: dict[x509.Certificate, x509.Certificate | None] = {}

    def statement(
        self, certificate: x509.Certificate, issuer: x509.Certificate, may_answer: MayAnswer
    ) -> Statement | None:
        """Return what is said of a certificate; None when it is about another, or not said by whom its issuer asked.

        `may_answer` tells whether a delegated responder was still one.
        """
        if self._said_by(certificate, issuer, may_answer) is None:
            return None
        revoked_at = self._answer.revocation_time_utc
        reason = self._answer.revocation_reason.value if self._answer.revocation_reason else None
        dates = (self._produced_at, self._next_update)
        return _statement("ocsp", self._digest, dates, revoked_at, reason, certificate.not_valid_after_utc, False)

    def genuine(self, certificate: x509.Certificate, issuer: x509.Certificate, may_answer: MayAnswer) -> Genuine | None:
        """Return what it is about; None when `statement` is None."""
        signer = self._said_by(certificate, issuer, may_answer)
        if signer is None:
            return None
        answer = self._answer
        said = f"{answer.certificate_status} {answer.revocation_time_utc} {answer.revocation_reason}"
        return Genuine(
            certificate.fingerprint(hashes.SHA256()).hex(),
            self._produced_at,
            self._next_update,
            _digest(said.encode(), signer.public_bytes(Encoding.DER)),
            revoked=answer.certificate_status is ocsp.OCSPCertStatus.REVOKED,
        )

    def _said_by(
        self, certificate: x509.Certificate, issuer: x509.Certificate, may_answer: MayAnswer
    ) -> x509.Certificate | None:
        """Return who gave the answer; None when it is about another certificate, or not by whom its issuer asked."""
        try:
            if not self._is_about(certificate, issuer):
                return None
            if issuer not in self._signers:
                self._signers[issuer] = self._find_signer(issuer)
        except _BROKEN:  # some parts of an answer are read only now
            return None
        signer = self._signers[issuer]
        if signer is None or (signer != issuer and not may_answer(signer, issuer, self._produced_at)):
            return None
        return signer

    def _is_about(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Tell whether the answer names this certificate and this issuer's name and key."""
        answer = self._answer
        wanted = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm).build()
        return (answer.serial_number, answer.issuer_name_hash, answer.issuer_key_hash) == (
            wanted.serial_number,
            wanted.issuer_name_hash,
            wanted.issuer_key_hash,
        )

    def _find_signer(self, issuer: x509.Certificate) -> x509.Certificate | None:
        """Return who signed the answer: the issuer, or a responder that it made one; None when neither did."""
        candidates = [issuer, *(each for each in self._answer.certificates if self._is_responder(each, issuer))]
        answer = self._answer
        genuine = (each for each in candidates if _verifies(each, answer.signature, answer.tbs_response_bytes, answer))
        return next(genuine, None)

    def _is_responder(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Tell whether the issuer has issued this certificate for answering, and it was valid then."""
        try:
            certificate.verify_directly_issued_by(issuer)
            purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (InvalidSignature, x509.ExtensionNotFound, *_BROKEN):
            return False
        return (
            ExtendedKeyUsageOID.OCSP_SIGNING in purposes
            and certificate.not_valid_before_utc <= self._produced_at <= certificate.not_valid_after_utc
            and _key_may(certificate, lambda usage: usage.digital_signature)
        )


Read = TypeVar("Read", RevocationList, Answer)


@lru_cache(maxsize=_LISTS_REMEMBERED)
def read_list(der: bytes) -> RevocationList | None:
    return _read_or_none(RevocationList, der)


@lru_cache(maxsize=_ANSWERS_REMEMBERED)
def read_answer(der: bytes) -> Answer | None:
    return _read_or_none(Answer, der)


def _read_or_none(kind: Callable[[bytes], Read], der: bytes) -> Read | None:
    try:
        return kind(der)
    except _BROKEN:
        return None


def _statement(
    source: Source,
    digest: str,
    dates: tuple[datetime, datetime | None],
    revoked_at: datetime | None,
    reason: str | None,
    expired_at: datetime,
    keeps_expired: bool,
) -> Statement:
    """Put together what was said. Without a next update it is used for moments before it was said only."""
    produced_at, next_update = dates
    status = Status.REVOKED if revoked_at else Status.GOOD
    return Statement(
        finding=Finding(status, revoked_at, reason, source, produced_at, next_update, digest),
        produced_at=produced_at,
        until=next_update or produced_at,
        proves_good=produced_at <= expired_at or keeps_expired,
    )


def _digest(*parts: bytes) -> str:
    """Return a hex SHA-256 over all parts, which tells where one ends."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _dates(produced_at: datetime, next_update: datetime | None) -> tuple[datetime, datetime | None]:
    if next_update is not None and next_update < produced_at:
        raise ValueError("the next update comes before this one")
    return produced_at, next_update


def _refuse_unknown(extensions: x509.Extensions, known: tuple[type[x509.ExtensionType], ...]) -> None:
    for extension in extensions:
        is_delta = isinstance(extension.value, x509.DeltaCRLIndicator)
        if is_delta or (extension.critical and not isinstance(extension.value, known)):
            raise ValueError("an extension that we do not know")


def _scope(extensions: x509.Extensions) -> x509.IssuingDistributionPoint | None:
    """Return which certificates a list is about; None: all of its issuer's."""
    try:
        scope = extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None
    if scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs or scope.relative_name:
        raise ValueError("a kind of list that we do not use")
    return scope


def _covers(scope: x509.IssuingDistributionPoint | None, certificate: x509.Certificate) -> bool:
    if scope is None:
        return True
    of_authority = is_authority(certificate)
    if (scope.only_contains_ca_certs and not of_authority) or (scope.only_contains_user_certs and of_authority):
        return False
    return scope.full_name is None or not _points(certificate).isdisjoint(scope.full_name)


def _points(certificate: x509.Certificate) -> set[x509.GeneralName]:
    """Return where the certificate says that its list is."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return set()
    return {name for point in points for name in point.full_name or ()}


def _keeps_expired_since(extensions: x509.Extensions) -> datetime | None:
    """Return since when a list keeps certificates that have expired: those that expired on that day or later."""
    for extension in extensions:
        if extension.oid == EXPIRED_CERTIFICATES_ON_CRL and isinstance(extension.value, x509.UnrecognizedExtension):
            since: datetime = GeneralizedTime.load(extension.value.value, strict=True).native
            return since
    return None


def _key_may(certificate: x509.Certificate, allowed: Callable[[x509.KeyUsage], bool]) -> bool:
    """Tell whether the key usage allows something; without a key usage everything is allowed."""
    try:
        return allowed(certificate.extensions.get_extension_for_class(x509.KeyUsage).value)
    except x509.ExtensionNotFound:
        return True


def has_extension(certificate: x509.Certificate, extension: type[x509.ExtensionType]) -> bool:
    return any(isinstance(each.value, extension) for each in certificate.extensions)


def _verifies(
    signer: x509.Certificate,
    signature: bytes,
    signed: bytes,
    stated: x509.CertificateRevocationList | ocsp.OCSPResponse,
) -> bool:
    """Tell whether the signer's key signed these bytes, with an algorithm that we accept for documents, too."""
    try:
        key, digest = check_key(signer), stated.signature_hash_algorithm
        if not isinstance(digest, _DIGESTS):
            return False
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), digest)
    except (InvalidSignature, AlgorithmForbidden, *_BROKEN):
        return False
    return True
