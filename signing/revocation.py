"""Whether a certificate has been withdrawn, by the revocation lists and OCSP answers that we hold. Nothing is fetched.

Evidence that cannot be read, is not signed by the issuer or its OCSP responder, or holds a critical extension that we
do not know counts as none. So do delta and indirect lists, lists for some reasons only, answers about several
certificates at once, and the answer "unknown". Of what is left the newest list and the newest answer decide, and one
that says "revoked" wins. Evidence produced before the moment in question holds until its next update; evidence
produced after it knows better: a revocation counts from its date on. After a certificate has expired a list no longer
proves that it was good, unless it promises to keep expired ones (ExpiredCertsOnCRL); an answer never does.

A certificate on hold counts as revoked for as long as the newest evidence says so; a hold that was lifted leaves no
trace. A revocation outlasts its evidence as long as all that says "good" is older. `removeFromCRL` belongs in delta
lists only, so an entry with it counts as revoked. InvalidityDate is not read.
Source: RFC 5280, sections 5 and 6.3; RFC 6960, sections 3.2 and 4.2.2; ITU-T X.509, ExpiredCertsOnCRL.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography import x509

from signing.statements import (
    Answer,
    Finding,
    Genuine,
    RevocationList,
    Statement,
    Status,
    has_extension,
    read_answer,
    read_list,
)

TICK = timedelta(microseconds=1)  # the smallest step of time here

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """The moments, both ends included, for which an answer holds."""

    since: datetime = _FIRST
    until: datetime = _LAST

    def holds(self, at: datetime) -> bool:
        return self.since <= at <= self.until

    def meet(self, other: "Window") -> "Window":
        return Window(max(self.since, other.since), min(self.until, other.until))


class Evidence:
    """Revocation lists and OCSP answers (DER) of any authorities, good or bad; `unreadable` says how many of them
    cannot be read."""

    def __init__(self, crls: Iterable[bytes] = (), ocsp: Iterable[bytes] = ()) -> None:
        self.crls = tuple(crls)
        self.ocsp = tuple(ocsp)
        self._lists: dict[x509.Name, list[RevocationList]] = {}
        self._answers: dict[int, list[Answer]] = {}
        lists = [each for each in map(read_list, self.crls) if each]
        answers = [each for each in map(read_answer, self.ocsp) if each]
        for revocation_list in lists:
            self._lists.setdefault(revocation_list.issuer, []).append(revocation_list)
        for answer in answers:
            self._answers.setdefault(answer.serial, []).append(answer)
        self.unreadable = len(self.crls) + len(self.ocsp) - len(lists) - len(answers)

    @property
    def version(self) -> str:
        """A digest of all the evidence, whatever its order."""
        digests = sorted(hashlib.sha256(der).digest() for der in (*self.crls, *self.ocsp))
        return hashlib.sha256(b"".join(digests)).hexdigest()

    def finding(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> Finding:
        """Return what is known at this moment of a certificate that `issuer` has issued, which is not checked here."""
        return self.look(certificate, issuer, at)[0]

    def look(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> tuple[Finding, Window]:
        """Return the finding, and the moments around `at` for which it holds."""
        listed = self._listed(certificate, issuer)
        answered = self._answered(certificate, issuer)
        return _weigh(listed, answered, at), _window((*listed, *answered), at)

    def genuine_answer(self, der: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> Genuine | None:
        """Return what an OCSP answer says of a certificate that `issuer` has issued; None when it would not count.

        These lists decide whether a delegated responder was still one.
        """
        answer = read_answer(der)
        return answer.genuine(certificate, issuer, self._may_answer) if answer else None

    def _listed(self, certificate: x509.Certificate, issuer: x509.Certificate) -> list[Statement]:
        lists = self._lists.get(certificate.issuer, ())
        return [said for each in lists if (said := each.statement(certificate, issuer))]

    def _answered(self, certificate: x509.Certificate, issuer: x509.Certificate) -> list[Statement]:
        answers = self._answers.get(certificate.serial_number, ())
        return [said for each in answers if (said := each.statement(certificate, issuer, self._may_answer))]

    def _may_answer(self, responder: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
        """Tell whether a delegated responder is not withdrawn itself: by the lists, or by its issuer's word."""
        status = _weigh(self._listed(responder, issuer), (), at).status
        return status is Status.GOOD or (status is Status.UNKNOWN and has_extension(responder, x509.OCSPNoCheck))


def genuine_list(der: bytes, issuers: Iterable[x509.Certificate]) -> Genuine | None:
    """Return what a revocation list is about; None when it is of none of these issuers, or of a kind we do not use."""
    read = read_list(der)
    return read.genuine(issuers) if read else None


def _weigh(listed: Sequence[Statement], answered: Sequence[Statement], at: datetime) -> Finding:
    """Return what the newest list and the newest answer say together: "revoked" wins."""
    newest = [said for of_kind in (listed, answered) if (said := _newest([s for s in of_kind if s.usable(at)]))]
    revoked = [said for said in newest if said.revoked_by(at)]
    decides = _newest(revoked or newest)
    if decides is not None:
        latest = _newest([said for said in (*listed, *answered) if said.proves_good or said.revoked_by(at)])
        return (latest if latest is not None and latest.revoked_by(at) else decides).finding_at(at)
    stale = _newest((*listed, *answered))
    if stale is None:
        return Finding(Status.UNKNOWN)
    return replace(stale.finding, status=Status.UNKNOWN, revoked_at=None, reason=None)


def _newest(statements: Sequence[Statement]) -> Statement | None:
    return max(statements, key=lambda each: (each.produced_at, each.finding.revoked_at is not None), default=None)


def _window(statements: Sequence[Statement], at: datetime) -> Window:
    """Return the moments around `at` between which nothing expires or becomes revoked."""
    revocations = [each.finding.revoked_at for each in statements if each.finding.revoked_at]
    window = Window()
    for until in (*(each.until for each in statements), *(revoked_at - TICK for revoked_at in revocations)):
        window = window.meet(Window(until=until) if at <= until else Window(since=until + TICK))
    return window
