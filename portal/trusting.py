"""Whom the portal trusts, and what is known of certificates: read, and kept fresh in the background."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from declarations import store as declarations_store
from portal.authorities import Authorities, AuthorityUnreachable
from portal.database import writing
from portal.office import Office
from portal.settings import Settings, SettingsError
from signing import evidence_store
from signing.algorithms import SHIPPED, Algorithms
from signing.evidence_store import CRL, OCSP
from signing.gost import with_gost
from signing.revocation import Evidence
from signing.rules import parse_rules
from signing.trust import TrustStore

EVIDENCE = "evidence"  # the folder below the trusted roots: for verifying without a database
DATES = "trust.toml"
RULES = "rules.toml"
MET_WITHIN = timedelta(days=1)  # whose OCSP answers are kept fresh
MET_MOST = 1_000
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
    """One list or answer that was asked for: what came, or why nothing did."""

    kind: str
    subject: str
    content: bytes | None
    this_update: datetime | None
    next_update: datetime | None
    trouble: str = ""


class Keeper:
    """Keeps the evidence fresh, so that a trader never waits for an authority. Embedded in `serve` and in `work`.

    What comes is kept as it came: whether it is genuine is judged whenever it is used.
    """

    def __init__(self, office: Office, authorities: Authorities) -> None:
        self._office = office
        self._authorities = authorities
        self._asked: frozenset[x509.Certificate] = frozenset()
        self._due = 0.0

    def turn(self) -> float:
        """Fetch everything when it is due, and in between what is not known of a certificate just met."""
        ticks = self._office.clock.monotonic()
        if ticks >= self._due:
            failed = [each for each in self.refresh() if each.trouble]
            for each in failed:
                structlog.get_logger().warning("trust.not_fetched", kind=each.kind, trouble=each.trouble)
            usual = float(self._office.settings.trust_refresh_seconds)
            self._due = ticks + (min(usual, RETRY_SECONDS) if failed else usual)
        elif new := frozenset(self._office.trust.met()) - self._asked:
            self._ask_about(new)
        return LOOK_SECONDS

    def refresh(self) -> list[Fetched]:
        """Fetch all revocation lists, and an OCSP answer on every certificate met lately; return what was asked for."""
        office = self._office
        now = office.clock.now()
        met = frozenset(office.trust.met())
        with writing(office.engine) as connection:
            evidence_store.keep_certificates(connection, met, now)
            lately = evidence_store.read_certificates(connection, now - MET_WITHIN, MET_MOST)
        self._asked = met
        pointing = (*office.trust.certificates(), *office.keyring.certificates(), *lately)
        addresses = {*office.settings.crl_urls, *(url for each in pointing for url in crl_addresses(each))}
        fetched = [_fetch_list(url, self._authorities) for url in sorted(addresses)]
        fetched += _fetch_answers(lately, office.trust.certificates(), self._authorities)
        self._keep(fetched, now)
        return fetched

    def _ask_about(self, new: frozenset[x509.Certificate]) -> None:
        office = self._office
        now = office.clock.now()
        with writing(office.engine) as connection:
            evidence_store.keep_certificates(connection, new, now)
        self._asked |= new
        self._keep(_fetch_answers(new, office.trust.certificates(), self._authorities), now)

    def _keep(self, fetched: Sequence[Fetched], now: datetime) -> None:
        rows = [_row(each, now) for each in fetched if each.content is not None]
        with writing(self._office.engine) as connection:
            if evidence_store.add_evidence(connection, rows):
                declarations_store.bump_revision(connection)
        keep_files(self._office.settings.trust_folder, fetched)


def keep_files(folder: Path, fetched: Iterable[Fetched]) -> None:
    """Keep what came in the trust folder, too: the newest of each subject, for verifying without a database."""
    (folder / EVIDENCE).mkdir(parents=True, exist_ok=True)
    for each in fetched:
        if each.content is not None:
            name = hashlib.sha256(each.subject.encode()).hexdigest()[:16]
            replace_file(folder / EVIDENCE / f"{name}.{each.kind}", each.content)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, and never a part."""
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    made.write_bytes(content)
    made.replace(path)


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


def _fetch_list(url: str, authorities: Authorities) -> Fetched:
    try:
        content = authorities.crl(url)
        read = x509.load_der_x509_crl(content)
        return Fetched(CRL, url, content, read.last_update_utc, read.next_update_utc)
    except (AuthorityUnreachable, ValueError) as error:
        return Fetched(CRL, url, None, None, None, str(error))


def _fetch_answers(
    certificates: Iterable[x509.Certificate], issuers: Sequence[x509.Certificate], authorities: Authorities
) -> list[Fetched]:
    answers = [_fetch_answer(each, issuers, authorities) for each in certificates]
    return [answer for answer in answers if answer is not None]


def _fetch_answer(
    certificate: x509.Certificate, issuers: Sequence[x509.Certificate], authorities: Authorities
) -> Fetched | None:
    """Ask for one certificate; None when nobody is to be asked."""
    url = ocsp_address(certificate)
    issuer = next((each for each in issuers if each.subject == certificate.issuer), None)
    if url is None or issuer is None:
        return None
    subject = certificate.fingerprint(SHA256()).hex()
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA1())  # noqa: S303 names the issuer only
    try:
        content = authorities.ocsp(url, request.build().public_bytes(Encoding.DER))
        answer = ocsp.load_der_ocsp_response(content)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Fetched(OCSP, subject, None, None, None, f"{url}: {answer.response_status.name}")
        return Fetched(OCSP, subject, content, answer.this_update_utc, answer.next_update_utc)
    except (AuthorityUnreachable, ValueError) as error:
        return Fetched(OCSP, subject, None, None, None, str(error))


def _row(fetched: Fetched, now: datetime) -> dict[str, object]:
    content = fetched.content or b""
    return {
        "digest": hashlib.sha256(content).hexdigest(),
        "kind": fetched.kind,
        "subject": fetched.subject,
        "this_update": fetched.this_update,
        "next_update": fetched.next_update,
        "fetched_at": now,
        "content": zstandard.compress(content),
    }
