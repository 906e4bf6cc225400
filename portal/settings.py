"""The only reader of the environment: what may differ between two installations, and nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from signing.keyring import ON_TOKEN


class SettingsError(Exception):
    """The environment asks for something that cannot be: the message says which variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """`home` holds the database, the office's keys and the trusted roots, unless told otherwise.

    `office_key` is the office's first key, a PKCS#12 file or an address on a token, when it is not `office_key_file`;
    `office_key_password` opens the files of its keys and is the PIN of their tokens.
    `demo` opens sign-in as any of the cast; it is refused with a PostgreSQL URL. `risk_budget_ms` is the time the
    gateway may take before it orders a documentary check. `secret` protects forms and is the same in all processes;
    when empty, one is made and kept in `home`. `secure` says that browsers come by https. `requests_per_minute` is
    per participant, `traveller_forms_per_minute` per address from which travellers declare. `timestamp_url` is that
    of the time-stamp authority (RFC 3161); when the journal has been without its tokens for
    `timestamp_grace_seconds`, nothing more is accepted. `crl_urls` are revocation lists to keep, besides those that
    certificates point to; all is fetched anew every `trust_refresh_seconds`. `gost` lets GOST signatures be verified
    (docs/gost.md). `public_url` is how participants reach the portal, for what leaves it: webhooks and printed
    declarations; without it there is no exchange but in a demonstration. A partner has `exchange_timeout_seconds` to
    answer, and is asked for its violations every `exchange_pull_seconds`; `exchange_tls_file` is a PEM file with the
    key and certificate that we show when a partner wants one. `crash_at` names a mark of the pipeline at which the
    process kills itself: only the crash tests set it.
    """

    home: Path
    database_url: str
    demo: bool = False
    office_key_password: str = field(default="demo", repr=False)  # of the demonstration; others set their own
    secret: str = field(default="", repr=False)
    secure: bool = False
    risk_budget_ms: int = 250
    requests_per_minute: int = 120_000
    traveller_forms_per_minute: int = 300
    large_body_bytes: int = 65_536
    crash_at: str | None = None
    timestamp_url: str = ""
    timestamp_grace_seconds: int = 900
    crl_urls: tuple[str, ...] = ()
    trust_refresh_seconds: int = 3600
    office_key: str = ""
    gost: bool = False
    public_url: str = ""
    exchange_timeout_seconds: int = 10
    exchange_pull_seconds: int = 60
    exchange_tls_file: str = ""

    @property
    def trust_folder(self) -> Path:
        return self.home / "trust"

    @property
    def office_key_file(self) -> Path:
        return self.home / "office.p12"

    @property
    def keyring_folder(self) -> Path:
        """The keys that follow the office's first, and their list. See docs/keys.md."""
        return self.home / "office"

    @property
    def checkpoint_file(self) -> Path:
        """The newest checkpoint of the journal, kept outside the database."""
        return self.home / "journal" / "checkpoint"

    @property
    def columns_folder(self) -> Path:
        """Where the column file is: declared items for questions over years, derived from the database."""
        return self.home / "columns"

    @property
    def secret_file(self) -> Path:
        return self.home / "secret.key"

    @property
    def on_postgresql(self) -> bool:
        return self.database_url.startswith("postgresql")

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read SHEKARA_* variables. Raises `SettingsError`."""
        given = os.environ if environment is None else environment
        home = Path(given.get("SHEKARA_HOME", "var")).absolute()
        settings = cls(
            home=home,
            database_url=given.get("SHEKARA_DATABASE_URL", f"sqlite:///{home / 'shekara.db'}"),
            demo=given.get("SHEKARA_DEMO", "") == "1",
            secret=given.get("SHEKARA_SECRET", ""),
            secure=given.get("SHEKARA_SECURE", "") == "1",
            office_key=_key_source(given.get("SHEKARA_OFFICE_KEY", "")),
            office_key_password=given.get("SHEKARA_OFFICE_KEY_PASSWORD", "demo"),
            risk_budget_ms=_whole_number(given, "SHEKARA_RISK_BUDGET_MS", 250),
            requests_per_minute=_whole_number(given, "SHEKARA_REQUESTS_PER_MINUTE", 120_000),
            traveller_forms_per_minute=_whole_number(given, "SHEKARA_TRAVELLER_FORMS_PER_MINUTE", 300),
            large_body_bytes=_whole_number(given, "SHEKARA_LARGE_BODY_BYTES", 65_536),
            crash_at=given.get("SHEKARA_CRASH_AT") or None,
            timestamp_url=given.get("SHEKARA_TSA_URL", ""),
            timestamp_grace_seconds=_whole_number(given, "SHEKARA_TIMESTAMP_GRACE_SECONDS", 900),
            crl_urls=tuple(given.get("SHEKARA_CRL_URLS", "").split()),
            trust_refresh_seconds=_whole_number(given, "SHEKARA_TRUST_REFRESH_SECONDS", 3600),
            gost=given.get("SHEKARA_GOST", "") == "1",
            public_url=_address(given.get("SHEKARA_PUBLIC_URL", "")),
            exchange_timeout_seconds=_whole_number(given, "SHEKARA_EXCHANGE_TIMEOUT_SECONDS", 10),
            exchange_tls_file=given.get("SHEKARA_EXCHANGE_TLS_FILE", ""),
            exchange_pull_seconds=_whole_number(given, "SHEKARA_EXCHANGE_PULL_SECONDS", 60),
        )
        if settings.demo and settings.on_postgresql:
            raise SettingsError("SHEKARA_DEMO=1 opens sign-in to anybody: it is refused with a PostgreSQL database.")
        return settings


def _key_source(text: str) -> str:
    """Return the source of a key so that it means the same in any folder."""
    return text if text == "" or text.startswith(ON_TOKEN) else str(Path(text).absolute())


def _address(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise SettingsError(f"SHEKARA_PUBLIC_URL must be an address such as https://customs.example, not {text!r}.")
    return text.rstrip("/")


def _whole_number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isdigit() or int(text) == 0:
        raise SettingsError(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)
