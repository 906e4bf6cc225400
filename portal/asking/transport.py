"""The edge: one request to one partner over HTTP, its reply bounded in size and in time."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from interop.calls import ANSWER_BYTES_MOST, NotUnderstood, Reply, Request
from interop.partners import Partner, PartnerKind
from portal.clock import Clock
from portal.errors import SignatureRefused
from portal.exchange import signatures
from portal.exchange.signatures import Message
from portal.exchange.tls import trusted
from signing.keyring import Keyring

SIGNED = frozenset(  # their answers count only with their signature
    {
        PartnerKind.FOREIGN_CUSTOMS,
        PartnerKind.PAYMENTS,
        PartnerKind.PERMIT_REGISTER,
        PartnerKind.CURRENCY_REGISTER,
    }
)
_AGENT = "Shekara-Asking/1"


class NoAnswer(Exception):
    """Nothing usable came back in time; the text says why."""


Call = Callable[[Partner, Request, float], Awaitable[Reply]]


class Edge:
    """Posts to partners. Requests to those who sign are signed with the office's key; `shown` is the PEM file of the
    certificate for those who want one to connect, or empty."""

    def __init__(self, keyring: Keyring, clock: Clock, shown: str = "") -> None:
        self._keyring = keyring
        self._clock = clock
        self._shown = shown

    async def call(self, partner: Partner, request: Request, seconds: float) -> Reply:
        """Post once, within so many seconds; never follow a redirect. Raises `NoAnswer`, `NotUnderstood`."""
        url = partner.address.rstrip("/") + request.path
        try:
            async with asyncio.timeout(seconds):
                if partner.kind not in SIGNED:
                    return (await self._post(url, request, {}, seconds))[0]
                return await self._signed(partner, url, request, seconds)
        except TimeoutError:
            raise NoAnswer(f"no answer within {seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NoAnswer(f"not reached: {type(error).__name__}") from None

    async def _signed(self, partner: Partner, url: str, request: Request, seconds: float) -> Reply:
        now = self._clock.now()
        headers = signatures.sign_request(self._keyring.at(now), "POST", url, request.body, now)
        reply, received = await self._post(url, request, headers, seconds)
        try:
            message = Message("POST", url, headers)
            signatures.verify_answer(reply.status, received, reply.body, message, partner, self._clock.now())
        except SignatureRefused:
            raise NotUnderstood("not signed by the partner") from None
        return reply

    async def _post(
        self, url: str, request: Request, headers: dict[str, str], seconds: float
    ) -> tuple[Reply, dict[str, str]]:
        """Return the reply and its headers. Raises `NoAnswer` for one that is too large, or for trouble over there."""
        sent = {"Content-Type": request.media_type, "User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
        async with (
            httpx.AsyncClient(verify=trusted(self._shown), trust_env=False, timeout=seconds) as client,
            client.stream("POST", url, content=request.body, headers=sent, follow_redirects=False) as answer,
        ):
            body = bytearray()
            async for part in answer.aiter_raw():
                body += part
                if len(body) > ANSWER_BYTES_MOST:
                    raise NoAnswer("too large")
            if answer.status_code >= 500:
                raise NoAnswer(f"status {answer.status_code}")
            received = dict(answer.headers)
            return Reply(answer.status_code, received.get("content-type", ""), bytes(body)), received
