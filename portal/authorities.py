"""How we reach the authorities that vouch for others: revocation lists, OCSP answers, time-stamps.

Only background work and commands come here, never a request of a trader.
"""

from pathlib import Path
from typing import Protocol

import httpx

from portal.clock import Clock
from portal.settings import Settings, SettingsError
from signing.authority import DemoAuthority
from signing.demo_tsa import DemoTimestamper

TIMEOUT_SECONDS = 10
ANSWER_BYTES_MAX = 64_000_000  # a national authority's revocation list takes megabytes
DEMO_PASSWORD = "demo"  # noqa: S105 of throw-away keys that are made on the spot


class AuthorityUnreachable(Exception):
    """An authority did not answer, or not with what was asked for."""


class Authorities(Protocol):
    """Each raises `AuthorityUnreachable`."""

    def crl(self, url: str) -> bytes:
        """Return the revocation list at this address, DER."""

    def ocsp(self, url: str, request: bytes) -> bytes:
        """Return the answer to an OCSP request, both DER."""

    def timestamp(self, request: bytes) -> bytes:
        """Return the answer to a time-stamp request, both DER."""


class HttpAuthorities:
    """Authorities by HTTP, as RFC 5280, RFC 6960 and RFC 3161 have it."""

    def __init__(self, timestamp_url: str) -> None:
        self._timestamp_url = timestamp_url
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=True)

    def crl(self, url: str) -> bytes:
        return self._ask("GET", url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._ask("POST", url, request, "application/ocsp-request")

    def timestamp(self, request: bytes) -> bytes:
        return self._ask("POST", self._timestamp_url, request, "application/timestamp-query")

    def _ask(self, method: str, url: str, body: bytes | None = None, media_type: str | None = None) -> bytes:
        """Return the body of the answer, given up when it grows beyond what an authority would send."""
        headers = {"Content-Type": media_type} if media_type else {}
        try:
            with self._client.stream(method, url, content=body, headers=headers) as answer:
                answer.raise_for_status()
                return _bounded(answer, url)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AuthorityUnreachable(f"{url}: {error!r}") from None


def _bounded(answer: httpx.Response, url: str) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise AuthorityUnreachable(f"{url}: more than {ANSWER_BYTES_MAX} bytes")
        parts.append(part)
    return b"".join(parts)


class DemoAuthorities:
    """The demonstration's own authority, in this process: nothing leaves the machine."""

    def __init__(self, authority: DemoAuthority, clock: Clock) -> None:
        self._authority = authority
        self._clock = clock
        self._timestamper = DemoTimestamper(authority.tsa)

    def crl(self, url: str) -> bytes:
        return self._authority.crl_at(url, self._clock.now())

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._authority.ocsp(request, self._clock.now())

    def timestamp(self, request: bytes) -> bytes:
        return self._timestamper.respond(request, self._clock.now())


def demo_folder(settings: Settings) -> Path:
    """Return where `shekara seed` keeps the demonstration's authority."""
    return settings.home / "demo" / "authority"


def authorities_of(settings: Settings, clock: Clock) -> Authorities:
    """Return the configured authorities, or the demonstration's. Raises `SettingsError` when there are none."""
    if settings.timestamp_url:
        return HttpAuthorities(settings.timestamp_url)
    if demo_folder(settings).exists():
        return DemoAuthorities(DemoAuthority.load(demo_folder(settings), DEMO_PASSWORD), clock)
    raise SettingsError(
        "There is no time-stamp authority: set SHEKARA_TSA_URL, or run `shekara seed` for a demonstration "
        "(first remove the folder of a demonstration that has no `demo/authority` yet)."
    )
