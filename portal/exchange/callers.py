"""Who calls the exchange: the partner whose key signed the request. What it is answered is signed by the office."""

import asyncio
from datetime import timedelta
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send
from litestar.types import Message as AsgiMessage
from msgspec import Struct

from interop import exchange_store
from interop.partner_store import list_partners
from interop.partners import Partner
from portal.access import Role
from portal.database import reading, writing
from portal.errors import SignatureRefused
from portal.exchange.rates import Buckets
from portal.exchange.signatures import WINDOW, Message, Proof, sign_answer, verify_request
from portal.office import Office
from signing.errors import SigningError

PREFIX = "/exchange/"
BODY_BYTES_MAX = 2_000_000
NONCE_KEPT: timedelta = 2 * WINDOW


class PartnerCaller(Struct, frozen=True):
    """A partner's system."""

    role: Role
    partner: Partner
    proof: Proof
    body: bytes


class SignatureMiddleware(ASGIMiddleware):
    """Puts the caller into `scope["user"]` for everything under /exchange/, and signs what it is answered."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, office: Office) -> None:
        self._office = office
        self._buckets = Buckets(office.clock)
        public = office.settings.public_url.partition("://")[2]
        self._authority = public.partition("/")[0]

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith(PREFIX):
            await next_app(scope, receive, send)
            return
        body = await _read(receive)
        request = self._request(scope)
        caller = await asyncio.to_thread(self._caller, request, body)
        left = self._buckets.take(caller.partner.id, caller.partner.per_minute)
        scope["user"] = caller
        answer = _Answer(self._office, request, left.headers(), send)
        await next_app(scope, _Again(body, receive).receive, answer.send)

    def _request(self, scope: Scope) -> Message:
        """Return the request as it was signed; where the portal's address is known, it must have been to that."""
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        query = scope["query_string"].decode("latin-1")
        authority = self._authority or headers.get("host", "")
        url = f"http://{authority}{path}{'?' if query else ''}{query}"
        return Message(str(scope.get("method", "")).upper(), url, headers)

    def _caller(self, request: Message, body: bytes) -> PartnerCaller:
        """Return who signed the request, which nobody may send a second time. Raises `SignatureRefused`."""
        office = self._office
        now = office.clock.now()
        with reading(office.engine) as connection:
            partners = list_partners(connection, active=True)
        proof = verify_request(request, body, partners, now)
        with writing(office.engine) as connection:
            expires_at = proof.created + NONCE_KEPT
            if not exchange_store.use_nonce(connection, proof.partner.id, proof.nonce, expires_at, now):
                raise SignatureRefused("exchange.replayed")
        return PartnerCaller(Role.PARTNER_SYSTEM, proof.partner, proof, body)


class _Again:
    """Gives the body that was read once more."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def receive(self) -> Any:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Answer:
    """Waits for the whole answer and signs it."""

    def __init__(self, office: Office, request: Message, headers: dict[str, str], send: Send) -> None:
        self._office = office
        self._request = request
        self._headers = headers
        self._send = send
        self._start: HTTPResponseStartEvent | None = None
        self._body = bytearray()

    async def send(self, message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
            return
        self._body += message["body"]
        if message["more_body"]:
            return
        start, body = self._start, bytes(self._body)
        headers = MutableScopeHeaders.from_message(start)
        for name, value in {**self._headers, **self._signed(start["status"], headers, body)}.items():
            headers[name] = value
        whole: HTTPResponseBodyEvent = {"type": "http.response.body", "body": body, "more_body": False}
        await self._send(start)
        await self._send(whole)

    def _signed(self, status: int, headers: MutableScopeHeaders, body: bytes) -> dict[str, str]:
        """Return the headers of the signature; none while the office has no key, which its partner will not accept."""
        now = self._office.clock.now()
        try:
            key = self._office.keyring.at(now)
            return sign_answer(key, status, headers.get("content-type", ""), body, self._request, now)
        except SigningError:
            return {}


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise HTTPException(status_code=400, detail="The request ended before its body.")
        body += message["body"]
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(status_code=413, detail="The body is too large.")
        if not message["more_body"]:
            return bytes(body)
