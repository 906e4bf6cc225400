"""The keys of an office: each is in use from a moment on, so that one follows another without a gap.

The first is a PKCS#12 file or an address on a token; those that follow it are listed in `keyring.toml`:

    [[key]]
    since = 2029-01-15T00:00:00+05:00
    source = "2029.p12"    # beside the list; or "pkcs11:token=...;id=...?module-path=..."
"""

import json
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from signing.algorithms import ECDSA_SHA256
from signing.errors import KeyUnusable
from signing.signer import SigningKey
from signing.usages import read_bin

LIST = "keyring.toml"
ON_TOKEN = "pkcs11:"  # noqa: S105 the scheme of an address


@dataclass(frozen=True)
class Use:
    """A key, and the moment from which it is in use as long as its certificate is valid."""

    key: SigningKey
    since: datetime
    source: str = "memory"

    @property
    def begins(self) -> datetime:
        return max(self.since, self.key.certificate.not_valid_before_utc)

    @property
    def ends(self) -> datetime:
        return self.key.certificate.not_valid_after_utc

    def covers(self, moment: datetime) -> bool:
        return self.begins <= moment <= self.ends


@dataclass(frozen=True)
class KeyFiles:
    """Where the keys are: the first, and the folder of the list. `password` opens the files, and is the tokens' PIN."""

    first: str
    folder: Path
    password: str = field(repr=False)

    def open(self, source: str) -> SigningKey:
        """Open a key by its path below the folder or by its address on a token. Raises SigningError."""
        if source.startswith(ON_TOKEN):
            return _open_on_token(source, self.password)
        try:
            data = (self.folder / source).read_bytes()
        except OSError:
            raise KeyUnusable("key.missing", {"file": source}) from None
        return SigningKey.from_pkcs12(data, self.password)

    def read(self) -> Sequence[Use]:
        """Open all keys, in no order. The first's file may be gone once others are listed. Raises SigningError."""
        listed = [Use(self.open(source), since, source) for source, since in self._listed()]
        if listed and not self.first.startswith(ON_TOKEN) and not Path(self.first).exists():
            return listed
        first = self.open(self.first)
        return [Use(first, first.certificate.not_valid_before_utc, self.first), *listed]

    def published(self) -> Sequence[x509.Certificate]:
        """Return the certificates kept beside the list: of keys that may be gone, whose seals are still to be verified.

        Raises KeyUnusable.
        """
        found: list[x509.Certificate] = []
        for path in sorted(self.folder.glob("*.pem")):
            try:
                found += x509.load_pem_x509_certificates(path.read_bytes())
            except (OSError, ValueError):
                raise KeyUnusable("keyring.unreadable", {"file": str(path), "place": "PEM"}) from None
        return found

    def version(self) -> object:
        """Return what differs when the list or the first key's file has been replaced: the cost of two `stat`."""
        return _version(self.folder / LIST), _version(Path(self.first))

    def _listed(self) -> Iterator[tuple[str, datetime]]:
        path = self.folder / LIST
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:  # TOMLDecodeError tells the line
            raise KeyUnusable("keyring.unreadable", {"file": str(path), "place": str(error)}) from None
        rows = document.pop("key", [])
        if document or not isinstance(rows, list):
            raise KeyUnusable("keyring.unreadable", {"file": str(path), "place": "[[key]]"})
        for number, row in enumerate(rows, start=1):
            match row:
                case {"source": str(source), "since": datetime(tzinfo=zone) as since} if zone and len(row) == 2:
                    yield source, since
                case _:
                    raise KeyUnusable("keyring.unreadable", {"file": str(path), "place": f"[[key]] {number}"})


class Keyring:
    """The keys of one office, all on P-256 and all of the same organisation.

    `version` says what has been read; when it changes, `read` is called again, in whichever thread asks next. While
    what is there cannot be read, every question raises KeyUnusable: the office does not go on with keys that it was
    told to give up.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[Use]],
        version: Callable[[], object] = lambda: None,
        published: Callable[[], Sequence[x509.Certificate]] = tuple,
    ) -> None:
        self._read = read
        self._published = published
        self._version = version
        self._reading = threading.Lock()
        self._seen = version()
        self._uses = _in_order(read())

    @classmethod
    def of(cls, key: SigningKey) -> "Keyring":
        """Return a ring of one key, in use as long as its certificate is valid."""
        return cls(lambda: [Use(key, key.certificate.not_valid_before_utc)])

    @classmethod
    def of_files(cls, files: KeyFiles) -> "Keyring":
        """Return the ring of these files. Raises SigningError."""
        return cls(files.read, files.version, files.published)

    @property
    def bin(self) -> str:
        """The BIN of the organisation whose seal every key makes."""
        return _organisation(self.uses()[0].key)

    def uses(self) -> tuple[Use, ...]:
        """Return the keys with their beginnings, the earliest first. Raises SigningError."""
        version = self._version()
        if version != self._seen:
            with self._reading:
                if version != self._seen:
                    self._uses = _in_order(self._read())
                    self._seen = version
        return self._uses

    def at(self, moment: datetime) -> SigningKey:
        """Return the key in use: the one begun last of those whose certificates are valid. Raises SigningError."""
        for use in reversed(self.uses()):
            if use.covers(moment):
                return use.key
        raise KeyUnusable("keyring.none", {"moment": _date(moment)})

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Return the certificates of all keys, the newest first: of those in use before, now and later.

        Those of keys that are gone come last.
        """
        own = [use.key.certificate for use in reversed(self.uses())]
        return (*own, *(each for each in self._published() if each not in own))


def check_successor(uses: Sequence[Use], new: Use, now: datetime) -> None:
    """Make sure that a key may follow these. Raises KeyUnusable.

    It is of the same organisation and none of them, begins now or later while one of them is in use, and its
    certificate is valid then. Whether the certificate is trusted is not looked at.
    """
    certificate = new.key.certificate
    if any(use.key.certificate == certificate for use in uses):
        raise KeyUnusable("keyring.known")
    _in_order([*uses, new])
    if new.since < now:
        raise KeyUnusable("keyring.past")
    if not new.covers(new.since):
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise KeyUnusable("keyring.dates", {"begins": _date(begins), "ends": _date(ends)})
    until = covered_until(uses, now)
    if new.since > until:
        raise KeyUnusable("keyring.gap", {"until": _date(until)})


def covered_until(uses: Iterable[Use], moment: datetime) -> datetime:
    """Return until when, from `moment` on, there is always a key in use; `moment` itself when there is none."""
    until = moment
    for use in sorted(uses, key=lambda use: use.begins):
        if use.begins <= until < use.ends:
            until = use.ends
    return until


def list_entry(source: str, since: datetime) -> str:
    """Return the lines of one key in the list."""
    return (
        f"[[key]]\nsince = {since.isoformat(timespec='seconds')}\nsource = {json.dumps(source, ensure_ascii=False)}\n"
    )


def _in_order(uses: Sequence[Use]) -> tuple[Use, ...]:
    """Return the keys by their beginnings. Raises KeyUnusable when one cannot seal, or two name two organisations."""
    for use in uses:
        if use.key.algorithm != ECDSA_SHA256:
            raise KeyUnusable("seal.key")
    if len({_organisation(use.key) for use in uses}) != 1:
        raise KeyUnusable("keyring.organisation")
    return tuple(sorted(uses, key=lambda use: use.begins))


def _organisation(key: SigningKey) -> str:
    found = read_bin(key.certificate)
    if found is None:
        raise KeyUnusable("keyring.organisation")
    return found


def _open_on_token(address: str, pin: str) -> SigningKey:
    try:
        from signing.pkcs11 import open_key  # needs the extra `pkcs11`
    except ImportError:
        raise KeyUnusable("pkcs11.support") from None
    return open_key(address, pin)


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
