"""The office's keys: found by the settings, and followed by others so that there is always one in use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from declarations import store as declarations_store
from portal import audit
from portal.database import writing
from portal.office import Office
from portal.settings import Settings, SettingsError
from signing.errors import KeyUnusable, SigningError
from signing.files import replace_file
from signing.keyring import LIST, ON_TOKEN, KeyFiles, Keyring, Use, check_successor, covered_until, list_entry
from signing.signer import SigningKey

WARN_BEFORE = timedelta(days=60)


def keyring_of(settings: Settings) -> Keyring:
    """Return the office's keys. Raises `SettingsError` when it has none, SigningError when one cannot be used."""
    files = key_files(settings)
    if not settings.office_key and not settings.office_key_file.exists() and not (files.folder / LIST).exists():
        raise SettingsError(
            f"The office has no key: put a PKCS#12 at {settings.office_key_file}, name another file or a key on a"
            " token in SHEKARA_OFFICE_KEY, or run `shekara seed`."
        )
    return Keyring.of_files(files)


OFFICE = "office.txt"  # in the trust folder: the BIN of the office whose seals and journal are to be believed


def known_office(settings: Settings) -> str | None:
    """Return the BIN of the office that the trust folder names, if it names one."""
    path = settings.trust_folder / OFFICE
    return path.read_text(encoding="ascii").strip() if path.exists() else None


def key_files(settings: Settings) -> KeyFiles:
    first = settings.office_key or str(settings.office_key_file)
    return KeyFiles(first, settings.keyring_folder, settings.office_key_password)


def open_successor(settings: Settings, source: str, ask_password: Callable[[], str]) -> SigningKey:
    """Open a key that is to follow, by its file or its address on a token. Raises SigningError.

    When the office's password does not open the file, the file's own is asked for.
    """
    if source.startswith(ON_TOKEN):
        return key_files(settings).open(source)
    try:
        data = Path(source).read_bytes()
    except OSError:
        raise KeyUnusable("key.missing", {"file": source}) from None
    try:
        return SigningKey.from_pkcs12(data, settings.office_key_password)
    except KeyUnusable as error:
        if error.code != "key.unreadable":
            raise
    return SigningKey.from_pkcs12(data, ask_password())


def add_key(office: Office, key: SigningKey, source: str, since: datetime | None = None) -> Use:
    """Have a key follow the office's from `since` on (to the second; now when None), and record it in the journal.

    A file is kept beside the list, under the office's password. Raises SigningError when the key may not follow or
    is not trusted as a seal.
    """
    now = office.clock.now().replace(microsecond=0)
    folder = office.settings.keyring_folder
    on_token = source.startswith(ON_TOKEN)
    kept = folder / f"{key.certificate.fingerprint(SHA256()).hex()[:16]}.p12"
    use = Use(key, (since or now).replace(microsecond=0), source if on_token else kept.name)
    check_successor(office.keyring.uses(), use, now)
    office.trust.judge_seal(key.certificate, key.chain, max(now, key.certificate.not_valid_before_utc))
    folder.mkdir(mode=0o700, exist_ok=True)
    for each in (*(earlier.key for earlier in office.keyring.uses()), key):  # a key may go, its seals are there to stay
        name = each.certificate.fingerprint(SHA256()).hex()[:16]
        replace_file(folder / f"{name}.pem", each.certificate.public_bytes(Encoding.PEM))
    if not on_token:
        kept.touch(mode=0o600)
        kept.write_bytes(key.to_pkcs12(office.settings.office_key_password))
    with writing(office.engine) as connection:
        audit.record_one(connection, _event(office.keyring.bin, use, now))
        declarations_store.bump_revision(connection)
    # COMMIT POINT: a key is in the journal before it is in use; a crash here leaves it unlisted, to be added again
    listed = (folder / LIST).read_text(encoding="utf-8") + "\n" if (folder / LIST).exists() else ""
    replace_file(folder / LIST, (listed + list_entry(use.source, use.since)).encode())
    return use


def states(keyring: Keyring, now: datetime) -> list[tuple[Use, str]]:
    """Return each key with its state: `in use`, `later`, `superseded` or `expired`."""
    try:
        current = keyring.at(now)
    except SigningError:
        current = None
    return [(use, "in use" if use.key is current else _idle(use, now)) for use in keyring.uses()]


def running_out(keyring: Keyring, now: datetime) -> datetime | None:
    """Return the moment after which no key is in use, when it is less than 60 days away."""
    until = covered_until(keyring.uses(), now)
    return until if until - now < WARN_BEFORE else None


def _idle(use: Use, now: datetime) -> str:
    if now > use.ends:
        return "expired"
    return "later" if now < use.begins else "superseded"


def _event(office_bin: str, use: Use, now: datetime) -> audit.Record:
    certificate = use.key.certificate
    particulars = {
        "since": use.since.isoformat(),
        "certificate": certificate.fingerprint(SHA256()).hex(),
        "serial": f"{certificate.serial_number:x}",
        "until": certificate.not_valid_after_utc.isoformat(),
        "held": "token" if use.source.startswith(ON_TOKEN) else "file",
    }
    return audit.Record(audit.Event.KEY_ADDED, office_bin, now, particulars)
