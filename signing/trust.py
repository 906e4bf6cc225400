"""Whether a path leads from a certificate to a root we trust.

Path validation is done by `cryptography`; here are the roots with their dates, the demands of the Kazakh profile and of
the dated rules, what is known of withdrawn certificates, and a memory of what was found. Of certificate policies only
the holder's own are read: no policy tree is built. Whether the signer may sign for a participant is not decided here.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Generic

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from signing.algorithms import check_key
from signing.errors import (
    CertificateExpired,
    CertificateRevoked,
    CertificateUntrusted,
    RevocationUnknown,
    SignerNotAuthorised,
    SigningError,
)
from signing.holders import Holder, Sealer, Signer, Stamper, read_sealer, read_signer, read_stamper
from signing.revocation import Evidence, Window
from signing.rules import REFUSE, Rule, Rules, shipped_rules
from signing.statements import Finding, Status
from signing.usages import read_name, read_policies

REMEMBERED_MOST = 10_000
UNCHECKED = "certificate.revocation_unchecked"  # the caution of a certificate of which nothing was known
_HOLD = "certificateHold"
_INTERMEDIATES_MOST = 4


@dataclass(frozen=True)
class Anchor:
    """A certificate we have configured, and the dates between which we rely on it, besides its own."""

    certificate: x509.Certificate
    since: datetime | None = None
    until: datetime | None = None

    def relied_on(self, at: datetime) -> bool:
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


@dataclass
class Examination:
    """All that was found of a certificate until something was wrong with it: `error`.

    `holder` is there once a path to a root was found, `revocation` once that was looked up: of the certificate itself,
    or of the authority above it that is the trouble.
    """

    holder: Signer | Sealer | None = None
    revocation: Finding | None = None
    error: SigningError | None = None


@dataclass(frozen=True)
class _Known(Generic[Holder]):
    """The holder of a certificate, and the moments for which that was found."""

    window: Window
    holder: Holder


class TrustStore:
    """The roots we trust, the intermediates we know, and what is known of withdrawn certificates.

    What it found of a certificate, it remembers, for as long as that holds; other evidence means another store.
    """

    def __init__(
        self,
        roots: Iterable[Anchor],
        intermediates: Iterable[Anchor] = (),
        evidence: Evidence | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.evidence = evidence or Evidence()
        self._roots = tuple(roots)
        self._intermediates = tuple(intermediates)
        self._anchors = (*self._roots, *self._intermediates)
        self._rules = rules or shipped_rules()
        self._met: dict[x509.Certificate, None] = {}
        self._known: dict[tuple[type, x509.Certificate], _Known[Any]] = {}

    @classmethod
    def from_pem(cls, roots: bytes, intermediates: bytes = b"", dates: bytes = b"") -> "TrustStore":
        """Return a store of the certificates in two PEM texts, without evidence. Raises ValueError.

        `dates` is a TOML text with the dates between which some of them are relied on; see `read_dates`.
        """
        given = read_dates(dates)
        made = cls(_read_anchors(roots, given), _read_anchors(intermediates, given))
        if strangers := given.keys() - {_fingerprint(each) for each in made.certificates()}:
            raise ValueError(f"trust: no certificate has the sha256 {sorted(strangers)[0]}")
        return made

    def with_evidence(self, evidence: Evidence) -> "TrustStore":
        """Return a store that differs in what is known of withdrawn certificates."""
        other = TrustStore(self._roots, self._intermediates, evidence, self._rules)
        other._met = self._met
        return other

    def with_rules(self, rules: Rules) -> "TrustStore":
        """Return a store that demands something else."""
        return TrustStore(self._roots, self._intermediates, self.evidence, rules)

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Return the roots and intermediates that are configured."""
        return tuple(each.certificate for each in self._anchors)

    def met(self) -> tuple[x509.Certificate, ...]:
        """Return the holders' certificates to which a path was found, also by stores with other evidence."""
        return tuple(self._met)

    def take_met(self) -> tuple[x509.Certificate, ...]:
        """Return what `met` does, and forget it: the next call tells who was met since."""
        return tuple(self._met.popitem()[0] for _ in range(len(self._met)))

    def judge(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Signer:
        """Return the person a certificate names, valid and trusted at this moment.

        `chain` are the certificates that came with it: they help to find a path and are not trusted. Raises
        CertificateUntrusted, CertificateExpired, CertificateRevoked, RevocationUnknown, SignerNotAuthorised,
        AlgorithmForbidden.
        """
        return self._judge(leaf, chain, at, Signer, read_signer)

    def judge_seal(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Sealer:
        """Return the organisation whose seal a certificate is; raises as `judge` does."""
        return self._judge(leaf, chain, at, Sealer, read_sealer)

    def judge_timestamper(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> str:
        """Return the name of the time-stamp authority whose certificate this is; raises as `judge` does.

        No rule lets an authority pass of which it is not known whether it was revoked: others lean on its word.
        """
        found = self._judge(leaf, chain, at, Stamper, read_stamper)
        if found.caution:
            raise RevocationUnknown("certificate.revocation_unknown")
        return found.name

    def examine(
        self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime, seal: bool = False
    ) -> Examination:
        """Return all that `judge` or `judge_seal` found, also when it was not enough."""
        found = Examination()
        try:
            if seal:
                found.holder = self._examine(leaf, chain, at, read_sealer, found).holder
            else:
                found.holder = self._examine(leaf, chain, at, read_signer, found).holder
        except SigningError as error:
            found.error = error
        return found

    def _judge(
        self,
        leaf: x509.Certificate,
        chain: Sequence[x509.Certificate],
        at: datetime,
        kind: type[Holder],
        read: Callable[[x509.Certificate], Holder],
    ) -> Holder:
        known: _Known[Holder] | None = self._known.get((kind, leaf))
        if known is None or not known.window.holds(at):
            known = self._examine(leaf, chain, at, read, Examination())
            if len(self._known) >= REMEMBERED_MOST:
                self._known.clear()
            self._known[kind, leaf] = known
        return known.holder

    def _examine(
        self,
        leaf: x509.Certificate,
        chain: Sequence[x509.Certificate],
        at: datetime,
        read: Callable[[x509.Certificate], Holder],
        found: Examination,
    ) -> _Known[Holder]:
        """Return the holder of a certificate, valid and trusted at `at`; write into `found` what is found on the way.

        A certificate is first judged within its own dates, so that a stranger's expired one is called untrusted.
        """
        path = self._find_path(leaf, chain, min(max(at, leaf.not_valid_before_utc), leaf.not_valid_after_utc))
        self._meet(leaf)
        holder = read(leaf)
        found.holder = holder if isinstance(holder, Signer | Sealer) else None
        _check_dates(leaf, at)
        rule = self._rules.at(at)
        if not isinstance(holder, Stamper):
            _check_policies(leaf, rule)
        looked = [self.evidence.look(lower, upper, at) for lower, upper in pairwise(path)]
        found.revocation = _worst([finding for finding, _ in looked])
        caution = _check_revocation(path, [finding for finding, _ in looked], rule)
        window = self._dates_of(path).meet(self._rules.window(at))
        for _, holds in looked:
            window = window.meet(holds)
        return _Known(window, replace(holder, caution=caution))

    def _find_path(
        self, leaf: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime
    ) -> Sequence[x509.Certificate]:
        """Return a path from the certificate to a root that we rely on at this moment, both included."""
        check_key(leaf)
        given_up = {each.certificate for each in self._anchors if not each.relied_on(at)}
        roots = [each.certificate for each in self._roots if each.certificate not in given_up]
        helpers = (*(each.certificate for each in self._intermediates), *chain)
        return _verify_path(leaf, [helper for helper in helpers if helper not in given_up], roots, at)

    def _dates_of(self, path: Sequence[x509.Certificate]) -> Window:
        """Return the moments at which every certificate of a path is valid and relied on."""
        window = Window()
        for certificate in path:
            window = window.meet(Window(certificate.not_valid_before_utc, certificate.not_valid_after_utc))
        for each in self._anchors:
            if each.certificate in path:
                window = window.meet(Window(each.since or window.since, each.until or window.until))
        return window

    def _meet(self, leaf: x509.Certificate) -> None:
        if len(self._met) >= REMEMBERED_MOST:
            self._met.clear()
        self._met[leaf] = None


def read_dates(content: bytes) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Return since when and until when we rely on a certificate, by its SHA-256 in hex. Raises ValueError.

    The content is TOML; every entry says which certificate, one date or both, and on whose word:

        [[anchor]]
        sha256 = "..."
        since = 2024-01-01T00:00:00+05:00
        until = 2034-01-01T00:00:00+05:00
        source = "order of the Minister No. 123"
    """
    table = tomllib.loads(content.decode())
    if table.keys() - {"anchor"}:
        raise ValueError("trust: [[anchor]] and nothing else is expected")
    return dict(_read_date(entry) for entry in table.get("anchor", ()))


def _read_date(entry: Mapping[str, Any]) -> tuple[str, tuple[datetime | None, datetime | None]]:
    dates = [entry.get(key) for key in ("since", "until")]
    if (
        entry.keys() - {"sha256", "since", "until", "source"}
        or not all(isinstance(entry.get(key), str) for key in ("sha256", "source"))
        or not any(dates)
        or not all(each is None or (isinstance(each, datetime) and each.tzinfo is not None) for each in dates)
    ):
        raise ValueError("trust: an anchor has sha256, source, and since or until, moments with their offset")
    return entry["sha256"].lower(), (entry.get("since"), entry.get("until"))


def _check_dates(leaf: x509.Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise CertificateExpired("certificate.not_yet_valid", {"date": _date(leaf.not_valid_before_utc)})
    if at > leaf.not_valid_after_utc:
        raise CertificateExpired("certificate.expired", {"date": _date(leaf.not_valid_after_utc)})


def _check_policies(leaf: x509.Certificate, rule: Rule) -> None:
    if rule.certificate_policies and not read_policies(leaf) & rule.certificate_policies:
        raise SignerNotAuthorised("certificate.policy")


def _check_revocation(path: Sequence[x509.Certificate], findings: Sequence[Finding], rule: Rule) -> str | None:
    """Return the caution, if any, with which a path passes. Raises CertificateRevoked, RevocationUnknown."""
    for certificate, finding in zip(path, findings, strict=False):
        if finding.status is Status.REVOKED:
            date = _date(finding.revoked_at) if finding.revoked_at else ""
            if certificate != path[0]:
                name = read_name(certificate.subject, NameOID.COMMON_NAME)[:200]
                raise CertificateRevoked("certificate.authority_revoked", {"authority": name, "date": date})
            if finding.reason == _HOLD:
                raise CertificateRevoked("certificate.on_hold", {"date": date})
            raise CertificateRevoked("certificate.revoked", {"date": date})
    if all(finding.status is Status.GOOD for finding in findings):
        return None
    if rule.revocation_unknown == REFUSE:
        raise RevocationUnknown("certificate.revocation_unknown")
    return UNCHECKED


def _worst(findings: Sequence[Finding]) -> Finding | None:
    """Return the finding that decides: the first of a withdrawn certificate, else of an unknown one, else the first."""
    order = [Status.REVOKED, Status.UNKNOWN, Status.GOOD]
    return min(findings, key=lambda finding: order.index(finding.status), default=None)


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


def _read_anchors(pem: bytes, dates: Mapping[str, tuple[datetime | None, datetime | None]]) -> tuple[Anchor, ...]:
    certificates = x509.load_pem_x509_certificates(pem) if pem.strip() else []
    return tuple(Anchor(each, *dates.get(_fingerprint(each), (None, None))) for each in certificates)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
