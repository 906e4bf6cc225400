"""How we reach the authorities that vouch for others: revocation lists, OCSP answers, time-stamps.

Only background work and commands come here, never a request of a trader.
"""

import contextlib
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx

from portal.clock import Clock
from portal.settings import Settings, SettingsError
from signing.authority import DemoAuthority
from signing.demo_tsa import DemoTimestamper

TIMEOUT_SECONDS = 10  # for each read


class Bounds(NamedTuple):
    """What is waited for, and no more: bytes, and seconds from the first to the last of them."""

    size: int
    seconds: float


OF_LIST = Bounds(64_000_000, 120)  # a national authority's revocation list takes megabytes
OF_ANSWER = Bounds(64_000, 30)  # OCSP, time-stamps
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
    """Authorities by HTTP, as RFC 5280, RFC 6960 and RFC 3161 have it: at the address that is asked, no other.

    Every request has a connection of its own, which is cut when its time is over.
    """

    def __init__(self, timestamp_url: str, of_list: Bounds = OF_LIST, of_answer: Bounds = OF_ANSWER) -> None:
        self._timestamp_url = timestamp_url
        self._of_list = of_list
        self._of_answer = of_answer
        self._client = httpx.Client(
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def crl(self, url: str) -> bytes:
        return self._ask("GET", url, self._of_list)

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._ask("POST", url, self._of_answer, request, "application/ocsp-request")

    def timestamp(self, request: bytes) -> bytes:
        return self._ask("POST", self._timestamp_url, self._of_answer, request, "application/timestamp-query")

    def _ask(
        self, method: str, url: str, bounds: Bounds, body: bytes | None = None, media_type: str | None = None
    ) -> bytes:
        """Return the body of the answer, given up when it is larger or slower than what an authority would send."""
        headers = {"Content-Type": media_type} if media_type else {}
        deadline = _Deadline(bounds.seconds)
        try:
            with (
                deadline,
                self._client.stream(
                    method, url, content=body, headers=headers, extensions={"trace": deadline.trace}
                ) as answer,
            ):
                answer.raise_for_status()
                content = _read(answer, url, bounds.size)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if not deadline.over:
                raise AuthorityUnreachable(f"{url}: {error!r}") from None
        if deadline.over:  # a connection that was cut can look like an answer that has ended
            raise AuthorityUnreachable(f"{url}: not within {bounds.seconds} seconds")
        return content


class _Deadline:
    """Cuts a request's connection when its time is over, whatever is being waited for."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def trace(self, event: str, details: Mapping[str, Any]) -> None:
        """Learn of the connection: httpx's extension `trace`."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = details["return_value"].get_extra_info("socket")
            if self.over:
                self._cut()

    def _cut(self) -> None:
        self.over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _read(answer: httpx.Response, url: str, most: int) -> bytes:
    """Return the body as it came: of a compressed one nobody could tell the size before it is unpacked."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise AuthorityUnreachable(f"{url}: compressed, which was not asked for")
    parts, size = [], 0
    for part in answer.iter_raw():
        size += len(part)
        if size > most:
            raise AuthorityUnreachable(f"{url}: more than {most} bytes")
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
