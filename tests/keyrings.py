"""Keys of the office with dates of one's own, for tests, and the list that names them."""

from datetime import datetime, timedelta
from pathlib import Path

import pki

from signing.authority import P256
from signing.keyring import LIST, KeyFiles, Keyring, Use, list_entry
from signing.signer import SigningKey
from signing.usages import ORGANISATION

DAY = timedelta(days=1)
YEAR = 365 * DAY
PASSWORD = "the word of 161803"


def office_key(since: datetime, until: datetime, kind: str = P256) -> SigningKey:
    """Issue another seal of the demonstration's office."""
    return pki.authority().issue(pki.office_key().certificate.subject, (ORGANISATION,), kind, since, until)


def use_of(since: datetime, until: datetime) -> Use:
    """Return the use of a new key that begins with its certificate."""
    return Use(office_key(since, until), since)


def ring(*uses: Use) -> Keyring:
    return Keyring(lambda: uses)


def keep(path: Path, key: SigningKey) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(key.to_pkcs12(PASSWORD))


def files_of(home: Path) -> KeyFiles:
    return KeyFiles(str(home / "office.p12"), home / "office", PASSWORD)


def list_keys(home: Path, *entries: tuple[str, datetime]) -> None:
    """Replace the list of the keys that follow."""
    replace_list(home, "".join(list_entry(source, since) for source, since in entries))


def replace_list(home: Path, text: str) -> None:
    (home / "office").mkdir(exist_ok=True)
    made = home / "office" / "new"
    made.write_text(text, encoding="utf-8")
    made.replace(home / "office" / LIST)
