"""Calling a partner: one signed request, whose answer counts only with the partner's signature."""

from collections.abc import Mapping

import httpx
from msgspec import Struct

from interop.partners import Partner
from portal.errors import SignatureRefused
from portal.exchange.signatures import Message, sign_request, verify_answer
from portal.exchange.tls import trusted
from portal.office import Office

API = "/exchange/v1"
ANSWER_BYTES_MAX = 4_000_000
_AGENT = "Shekara-Exchange/1"


class Undelivered(Exception):
    """Nothing usable came back; `text` says why, for the operator.

    `of_content` tells that it may be because of what was sent: sent in smaller parts, some of it may arrive.
    """

    def __init__(self, text: str, *, of_content: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.of_content = of_content


class Reply(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Calls partners in the name of the office. A connection is kept for the next call; not for several threads."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._seconds = float(office.settings.exchange_timeout_seconds)
        shown = trusted(office.settings.exchange_tls_file)
        self._http = httpx.Client(verify=shown, trust_env=False, timeout=self._seconds)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def signed(self, partner: Partner, method: str, path: str, body: bytes = b"") -> Reply:
        """Return the partner's signed answer of status 200, or 410. Raises `Undelivered`, SigningError."""
        now = self._office.clock.now()
        url = partner.address.rstrip("/") + API + path
        headers = sign_request(self._office.keyring.at(now), method, url, body, now)
        reply = self.plain(method, url, {**headers, "Content-Type": "application/json"}, body)
        if reply.status not in (200, 410):
            raise Undelivered(f"status {reply.status}", of_content=reply.status in (400, 413, 422))
        try:
            request = Message(method, url, headers)
            verify_answer(reply.status, reply.headers, reply.body, request, partner, self._office.clock.now())
        except SignatureRefused as refused:
            raise Undelivered(f"answer: {refused.code}", of_content=True) from None
        return reply

    def plain(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return what comes back within the time that a partner has. Raises `Undelivered`."""
        clock = self._office.clock
        until = clock.monotonic() + self._seconds
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
        try:
            with self._http.stream(method, url, headers=sent, content=body or None) as answer:
                received = bytearray()
                for part in answer.iter_raw():
                    received += part
                    if len(received) > ANSWER_BYTES_MAX or clock.monotonic() > until:
                        raise Undelivered("too much or too slow", of_content=True)
                return Reply(answer.status_code, dict(answer.headers), bytes(received))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Undelivered(f"not reached: {type(error).__name__}") from None
        except (httpx.HTTPError, OSError) as error:
            raise Undelivered(f"no answer: {type(error).__name__}", of_content=True) from None
