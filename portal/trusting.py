"""Whom the portal trusts, and what is known of certificates: read, and kept fresh in the background."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import zstandard
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from declarations import store as declarations_store
from portal.authorities import Authorities, AuthorityUnreachable
from portal.database import reading, writing
from portal.office import Office
from portal.settings import Settings, SettingsError
from signing import evidence_store
from signing.algorithms import SHIPPED, Algorithms
from signing.evidence_store import CRL, OCSP
from signing.files import replace_file
from signing.gost import with_gost
from signing.revocation import Evidence, genuine_list
from signing.rules import parse_rules
from signing.statements import Genuine
from signing.trust import TrustStore

EVIDENCE = "evidence"  # the folder below the trusted roots: for verifying without a database
DATES = "trust.toml"
RULES = "rules.toml"
MET_WITHIN = timedelta(days=1)  # whose OCSP answers are kept fresh
MET_MOST = 1_000  # certificates in a round
ROUND_SECONDS = 300.0  # for the OCSP answers of a round
TOGETHER = 50  # answers are kept together
RETRY_SECONDS = 60.0
LOOK_SECONDS = 5.0


def trust_of(settings: Settings) -> TrustStore:
    """Return whom the trust folder names, with the evidence in it. Raises `SettingsError` when it names nobody.

    `roots` and `intermediates` hold PEM files. `trust.toml` may limit the dates in which each is relied on,
    `rules.toml` replaces the dated rules that ship: see signing/trust.py and signing/rules.toml.
    """
    folder = settings.trust_folder
    roots = sorted((folder / "roots").glob("*.pem"))
    if not roots:
        raise SettingsError(
            f"No trusted roots: put PEM files into {folder / 'roots'}; for a demonstration only: `shekara seed`."
        )
    intermediates = sorted((folder / "intermediates").glob("*.pem"))
    try:
        trust = TrustStore.from_pem(
            b"".join(path.read_bytes() for path in roots),
            b"".join(path.read_bytes() for path in intermediates),
            _read(folder / DATES),
        )
        if rules := _read(folder / RULES):
            trust = trust.with_rules(parse_rules(rules.decode()))
    except ValueError as error:
        raise SettingsError(f"A file in {folder} cannot be read: {error}") from None
    kept = folder / EVIDENCE
    return trust.with_evidence(
        Evidence(
            crls=[path.read_bytes() for path in sorted(kept.glob(f"*.{CRL}"))],
            ocsp=[path.read_bytes() for path in sorted(kept.glob(f"*.{OCSP}"))],
        )
    )


def algorithms_of(settings: Settings) -> Algorithms:
    """Return the algorithms whose signatures are verified. Raises `PluginMissing`."""
    return with_gost() if settings.gost else SHIPPED


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


@dataclass(frozen=True)
class Fetched:
    """One list or answer that was asked for: what came and is genuine, or why there is nothing.

    `subject` is the address of a list; of an answer, the fingerprint of the certificate.
    """

    kind: str
    subject: str
    content: bytes = b""
    genuine: Genuine | None = None
    trouble: str = ""

    @property
    def this_update(self) -> datetime | None:
        return self.genuine.this_update if self.genuine else None

    @property
    def next_update(self) -> datetime | None:
        return self.genuine.next_update if self.genuine else None


class Keeper:
    """Keeps the evidence fresh, so that a trader never waits for an authority. Embedded in `serve` and in `work`.

    Only what is genuine is kept: the network may bring anything, and of each subject the newest counts.
    """

    def __init__(self, office: Office, authorities: Authorities) -> None:
        self._office = office
        self._authorities = authorities
        self._new: dict[x509.Certificate, None] = {}  # met, and not asked about yet
        self._asked: dict[x509.Certificate, float] = {}  # when last, in ticks
        self._due = 0.0

    def turn(self) -> float:
        """Fetch everything when it is due, and in between what is not known of a certificate just met."""
        clock, usual = self._office.clock, float(self._office.settings.trust_refresh_seconds)
        self._note_met()
        if clock.monotonic() >= self._due:
            fetched = self.refresh()
            self._due = clock.monotonic() + usual
        else:
            fetched = self._ask_about(self._take_new())
        failed = [each for each in fetched if each.trouble]
        for each in failed:
            structlog.get_logger().warning("trust.not_fetched", kind=each.kind, trouble=each.trouble)
        if failed:
            self._due = min(self._due, clock.monotonic() + RETRY_SECONDS)
        return LOOK_SECONDS

    def refresh(self) -> list[Fetched]:
        """Fetch all revocation lists, and an OCSP answer on every certificate met lately; return what was asked for.

        The lists come first and are kept at once: they are not to wait for a responder that is slow.
        """
        office = self._office
        self._note_met()
        self._new.clear()
        with reading(office.engine) as connection:
            lately = evidence_store.read_certificates(connection, office.clock.now() - MET_WITHIN, MET_MOST)
        self._asked = {each: self._asked[each] for each in lately if each in self._asked}
        fetched = [*self._fetch_lists(lately), *self._ask_about(lately)]
        office.examine_anew()
        return fetched

    def _note_met(self) -> None:
        """Note who was met since the last time."""
        office = self._office
        if met := office.trust.take_met():
            self._new.update(dict.fromkeys(each for each in met if each not in self._asked))
            with writing(office.engine) as connection:
                evidence_store.keep_certificates(connection, met, office.clock.now())

    def _take_new(self) -> list[x509.Certificate]:
        taken = list(self._new)[:MET_MOST]
        for each in taken:
            del self._new[each]
        return taken

    def _fetch_lists(self, lately: Iterable[x509.Certificate]) -> list[Fetched]:
        office = self._office
        pointing = (*office.trust.certificates(), *office.keyring.certificates(), *lately)
        addresses = {*office.settings.crl_urls, *(url for each in pointing for url in crl_addresses(each))}
        fetched = []
        for url in sorted(addresses):
            fetched.append(self._fetch_list(url))
            self._keep(fetched[-1:])
        return fetched

    def _fetch_list(self, url: str) -> Fetched:
        try:
            content = self._authorities.crl(url)
        except AuthorityUnreachable as error:
            return Fetched(CRL, url, trouble=str(error))
        return self._checked(CRL, url, content, genuine_list(content, self._office.trust.certificates()))

    def _ask_about(self, certificates: Iterable[x509.Certificate]) -> list[Fetched]:
        """Ask for these, those first that have waited longest, until the time of a round is over.

        An authority that does not answer is not asked again in this round.
        """
        ticks = self._office.clock.monotonic
        until = ticks() + ROUND_SECONDS
        silent: set[str | None] = set()
        fetched: list[Fetched] = []
        kept = 0
        for certificate in sorted(certificates, key=lambda each: self._asked.get(each, -1.0)):
            if ticks() >= until:
                fetched.append(Fetched(OCSP, "", trouble=f"not all within {ROUND_SECONDS} seconds"))
                break
            url, issuer = ocsp_address(certificate), _issuer_of(certificate, self._office.trust.certificates())
            if url in silent:
                continue
            self._asked[certificate] = ticks()
            if url is None or issuer is None:
                continue
            try:
                fetched.append(self._ask(url, certificate, issuer))
            except AuthorityUnreachable as error:
                fetched.append(Fetched(OCSP, _fingerprint(certificate), trouble=str(error)))
                silent.add(url)
            if len(fetched) - kept >= TOGETHER:
                self._keep(fetched[kept:])
                kept = len(fetched)
        self._keep(fetched[kept:])
        return fetched

    def _ask(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> Fetched:
        """Ask for one certificate. Raises `AuthorityUnreachable`."""
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1())  # noqa: S303 names the issuer only
        content = self._authorities.ocsp(url, request.build().public_bytes(Encoding.DER))
        genuine = self._office.trust.evidence.genuine_answer(content, certificate, issuer)
        return self._checked(OCSP, _fingerprint(certificate), content, genuine)

    def _checked(self, kind: str, subject: str, content: bytes, genuine: Genuine | None) -> Fetched:
        """Return what came, or why it is not kept."""
        if genuine is None:
            return Fetched(kind, subject, trouble=f"{subject}: not genuine, or of a kind that is not used")
        if genuine.this_update > self._office.clock.now() + evidence_store.AHEAD:
            return Fetched(kind, subject, trouble=f"{subject}: of {genuine.this_update:%Y-%m-%d %H:%M}, in the future")
        return Fetched(kind, subject, content, genuine)

    def _keep(self, fetched: Sequence[Fetched]) -> None:
        office = self._office
        rows = [_row(each, each.genuine, office.clock.now()) for each in fetched if each.genuine]
        if not rows:
            return
        with writing(office.engine) as connection:
            new = evidence_store.add_evidence(connection, rows)
            if new:
                declarations_store.bump_revision(connection)
        keep_files(office.settings.trust_folder, fetched)
        office.refresh()  # in `work` nobody else does


def keep_files(folder: Path, fetched: Iterable[Fetched]) -> None:
    """Keep what came in the trust folder, too: the newest of each subject, for verifying without a database."""
    (folder / EVIDENCE).mkdir(parents=True, exist_ok=True)
    for each in fetched:
        if each.genuine is not None:
            path = folder / EVIDENCE / f"{each.genuine.subject[:16]}.{each.kind}"
            there = _produced_at(each.kind, _read(path))
            if there is None or there < each.genuine.this_update:
                replace_file(path, each.content)


def _produced_at(kind: str, content: bytes) -> datetime | None:
    """Return of which moment a list or an answer is; None when it cannot be read."""
    try:
        if kind == CRL:
            return x509.load_der_x509_crl(content).last_update_utc
        return ocsp.load_der_ocsp_response(content).this_update_utc
    except ValueError:
        return None


def crl_addresses(certificate: x509.Certificate) -> list[str]:
    """Return where the certificate says that its issuer's revocation list is; http(s) only."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    names = [name.value for point in points for name in point.full_name or () if _is_address(name)]
    return [str(name) for name in names]


def ocsp_address(certificate: x509.Certificate) -> str | None:
    """Return where the certificate says that its issuer answers by OCSP."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    for description in access:
        if description.access_method == AuthorityInformationAccessOID.OCSP and _is_address(description.access_location):
            return str(description.access_location.value)
    return None


def _is_address(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith(("http://", "https://"))


def _issuer_of(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Return whose key has signed a certificate."""
    return next((each for each in issuers if _is_issued_by(certificate, each)), None)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _row(fetched: Fetched, genuine: Genuine, now: datetime) -> dict[str, object]:
    return {
        "digest": hashlib.sha256(fetched.content).hexdigest(),
        "kind": fetched.kind,
        "subject": genuine.subject,
        "this_update": genuine.this_update,
        "next_update": genuine.next_update,
        "says": genuine.says,
        "revoked": genuine.revoked,
        "fetched_at": now,
        "content": zstandard.compress(fetched.content),
    }
