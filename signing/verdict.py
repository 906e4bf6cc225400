"""What can be said of a signature, in the words of ETSI EN 319 102-1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from signing import errors
from signing.algorithms import SHIPPED, Algorithms
from signing.errors import SigningError, words
from signing.holders import Sealer, Signer
from signing.statements import Finding
from signing.trust import TrustStore
from signing.usages import read_name
from signing.verify import VerifiedSignature, verify_all
from signing.xmlgate import open_document


class Indication(StrEnum):
    """The three answers to "is this signature valid?"."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why it is not TOTAL-PASSED. Source: ETSI EN 319 102-1, table 6; those that can occur here."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    TRY_LATER = "TRY_LATER"


@dataclass(frozen=True)
class Report:
    """What was found of one signature.

    `judged_at` is the moment for which the question was asked, `existed_at` the proven one before which the signature
    existed, if any: then the certificate is judged at that. `error` says what is wrong, in words, unless passed.
    `certificate` is the one in the signature; only a `signer` has been read from it by way of a root we trust.
    `caution` is the code of what a dated rule let pass with a flag.
    """

    indication: Indication
    sub_indication: SubIndication | None
    judged_at: datetime
    existed_at: datetime | None
    error: SigningError | None
    profile: str | None = None
    algorithm: str | None = None
    claimed_at: datetime | None = None
    certificate: x509.Certificate | None = None
    signer: Signer | Sealer | None = None
    revocation: Finding | None = None
    caution: str | None = None

    @property
    def passed(self) -> bool:
        return self.indication is Indication.TOTAL_PASSED

    def caution_text(self, language: str) -> str | None:
        """Return what was let pass, and what that means, in kk, ru or en."""
        return words()[self.caution][language] if self.caution else None

    def as_json(self, language: str) -> Mapping[str, Any]:
        """Return the report for the wire; texts in kk, ru or en."""
        return {
            "indication": self.indication,
            "sub_indication": self.sub_indication,
            "judged_at": self.judged_at.isoformat(),
            "existed_at": _moment(self.existed_at),
            "code": self.error.code if self.error else None,
            "text": self.error.text(language) if self.error else None,
            "signer": _signer(self.signer) if self.signer else None,
            "certificate": _certificate(self.certificate) if self.certificate else None,
            "profile": self.profile,
            "algorithm": self.algorithm,
            "claimed_at": _moment(self.claimed_at),
            "revocation": _revocation(self.revocation) if self.revocation else None,
            "caution": {"code": self.caution, "text": self.caution_text(language)} if self.caution else None,
        }


def judge_signature(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    existed_at: datetime | None = None,
    seal: bool = False,
    algorithms: Algorithms = SHIPPED,
) -> tuple[Report, ...]:
    """Judge the signatures of a document at a moment: one report for each, in the order in which they were made.

    `existed_at` is a moment at which the signatures existed, by a proof that the caller has checked: a time-stamp. The
    certificate is then judged at that; a proof of a later moment than `at` says nothing. `seal`: an organisation's seal
    is expected, not a person's signature. A document that cannot be taken apart, or of which one signature is not over
    its content, has one report.
    """
    proven_at = existed_at if existed_at is not None and existed_at <= at else None
    try:
        signatures = verify_all(open_document(data), algorithms)
    except SigningError as error:
        return (Report(*_verdict(error), at, proven_at, error),)
    return tuple(_judge(signature, trust, at, proven_at, seal) for signature in signatures)


def _judge(
    signature: VerifiedSignature, trust: TrustStore, at: datetime, existed_at: datetime | None, seal: bool
) -> Report:
    found = trust.examine(signature.certificate, signature.chain, existed_at or at, seal)
    caution = found.holder.caution if found.holder else None
    # what a rule let pass with a flag is accepted by some; it is known to be valid by nobody
    error = found.error or (errors.RevocationUnknown("certificate.revocation_unknown") if caution else None)
    indication, sub_indication = _verdict(error) if error else (Indication.TOTAL_PASSED, None)
    return Report(
        indication=indication,
        sub_indication=sub_indication,
        judged_at=at,
        existed_at=existed_at,
        error=error,
        profile=signature.profile,
        algorithm=signature.algorithm,
        claimed_at=signature.signing_time,
        certificate=signature.certificate,
        signer=found.holder,
        revocation=found.revocation,
        caution=caution,
    )


_FAILED, _OPEN = Indication.TOTAL_FAILED, Indication.INDETERMINATE

# By code first, then by class, the narrower before the wider.
# Source: ETSI EN 319 102-1, clauses 5.1.3 (table 6), 5.2.2 to 5.2.8. A suspended certificate: clause 5.2.6.4.
# A certificate judged before its first day is clause 5.6.2.4: we hold the signature, so it existed before that day.
_BY_CODE: Mapping[str, tuple[Indication, SubIndication]] = {
    "signature.certificate": (_OPEN, SubIndication.SIG_CONSTRAINTS_FAILURE),
    "certificate.not_yet_valid": (_FAILED, SubIndication.NOT_YET_VALID),
    "certificate.on_hold": (_OPEN, SubIndication.TRY_LATER),
    "certificate.authority_revoked": (_OPEN, SubIndication.REVOKED_CA_NO_POE),
}
_BY_CLASS: tuple[tuple[type[SigningError], Indication, SubIndication], ...] = (
    (errors.DigestMismatch, _FAILED, SubIndication.HASH_FAILURE),
    (errors.SignatureInvalid, _FAILED, SubIndication.SIG_CRYPTO_FAILURE),
    (errors.MalformedXml, _FAILED, SubIndication.FORMAT_FAILURE),
    (errors.LimitExceeded, _FAILED, SubIndication.FORMAT_FAILURE),
    (errors.ProfileViolation, _FAILED, SubIndication.FORMAT_FAILURE),
    (errors.AlgorithmForbidden, _OPEN, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    (errors.CertificateUntrusted, _OPEN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND),
    (errors.CertificateExpired, _OPEN, SubIndication.OUT_OF_BOUNDS_NO_POE),
    (errors.CertificateRevoked, _OPEN, SubIndication.REVOKED_NO_POE),
    (errors.RevocationUnknown, _OPEN, SubIndication.TRY_LATER),
    (errors.SignerNotAuthorised, _OPEN, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
)


def _verdict(error: SigningError) -> tuple[Indication, SubIndication]:
    """Return what an error means for the signature. Raises the error itself when it means nothing for it."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    for kind, indication, sub_indication in _BY_CLASS:
        if isinstance(error, kind):
            return indication, sub_indication
    raise error


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _signer(signer: Signer | Sealer) -> Mapping[str, str | None]:
    return {
        "name": signer.name,
        "iin": signer.iin if isinstance(signer, Signer) else None,
        "bin": signer.bin,
        "organisation": signer.organisation if isinstance(signer, Signer) else signer.name,
        "serial": signer.serial,
        "issuer": signer.issuer,
    }


def _certificate(certificate: x509.Certificate) -> Mapping[str, str]:
    return {
        "serial": f"{certificate.serial_number:x}",
        "subject": read_name(certificate.subject, NameOID.COMMON_NAME),
        "issuer": read_name(certificate.issuer, NameOID.COMMON_NAME),
        "valid_from": certificate.not_valid_before_utc.isoformat(),
        "valid_until": certificate.not_valid_after_utc.isoformat(),
    }


def _revocation(finding: Finding) -> Mapping[str, str | None]:
    return {
        "status": finding.status,
        "source": finding.source,
        "produced_at": _moment(finding.produced_at),
        "next_update": _moment(finding.next_update),
        "revoked_at": _moment(finding.revoked_at),
        "reason": finding.reason,
    }
