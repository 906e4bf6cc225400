"""Who calls the exchange: the partner whose key signed the request. What it is answered is signed by the office."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send
from litestar.types import Message as AsgiMessage
from msgspec import Struct
from sqlalchemy import Connection

from interop import exchange_store
from interop.partner_store import list_partners
from interop.partners import Partner, PartnerKind
from portal.access import Role
from portal.database import reading, writing
from portal.errors import SignatureRefused, Unavailable
from portal.exchange.rates import Allowance, Doors, Left, demand_one, take, told
from portal.exchange.signatures import WINDOW, Message, Proof, key_id_of, named, sign_answer, verify_request
from portal.office import Office
from portal.settings import Settings
from signing.errors import SigningError

PREFIX = "/exchange/"
SEALS = "/api/v1/movements/"  # events of electronic seals, signed in the same way
ROLES = {PartnerKind.SEAL_OPERATOR: Role.SEAL_OPERATOR}  # of every other kind: a partner system
BODY_BYTES_MAX = 2_000_000
NONCE_KEPT: timedelta = 2 * WINDOW


class PartnerCaller(Struct, frozen=True):
    """A partner's system."""

    role: Role
    partner: Partner
    proof: Proof
    body: bytes


class SignatureMiddleware(ASGIMiddleware):
    """Puts the caller into `scope["user"]` for all that partners sign, and signs what it is answered."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, office: Office) -> None:
        self._office = office
        self._doors = Doors(office.clock)
        public = office.settings.public_url.partition("://")[2]
        self._authority = public.partition("/")[0]

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith((PREFIX, SEALS)):
            await next_app(scope, receive, send)
            return
        if not is_open(self._office.settings):
            raise Unavailable("exchange.no_address")
        address = scope["client"][0] if scope["client"] else ""
        self._doors.demand_open(address)
        request = self._request(scope)
        key_id_of(request.headers)  # or nothing of it is read
        body = await _read(receive)
        try:
            caller, left = await asyncio.to_thread(self._caller, request, body)
        except SignatureRefused:
            self._doors.refused(address)
            raise
        scope["user"] = caller
        answer = _Answer(self._office, request, left.headers(), send)
        await next_app(scope, _Again(body, receive).receive, answer.send)

    def _request(self, scope: Scope) -> Message:
        """Return the request as it was signed: to the portal's address. Only a demonstration has none."""
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        query = scope["query_string"].decode("latin-1")
        authority = self._authority or headers.get("host", "")
        url = f"http://{authority}{path}{'?' if query else ''}{query}"
        return Message(str(scope.get("method", "")).upper(), url, headers)

    def _caller(self, request: Message, body: bytes) -> tuple[PartnerCaller, Left]:
        """Return who signed the request, which nobody may send a second time, and what is left of its requests.

        Whoever the request names must have one left before its signature is looked at. Raises `SignatureRefused`,
        `TooManyRequests`.
        """
        office = self._office
        now = office.clock.now()
        with reading(office.engine) as connection:
            partners = list_partners(connection, active=True)
            partner = named(request, partners, now)
            allowance = _allowance(connection, partner, now)
        demand_one(allowance.left_at(now, partner.per_minute), partner.per_minute)
        proof = verify_request(request, body, partners, now)
        with writing(office.engine) as connection:
            expires_at = proof.created + NONCE_KEPT
            if not exchange_store.use_nonce(connection, partner.id, proof.nonce, expires_at, now):
                raise SignatureRefused("exchange.replayed")
            allowance = take(_allowance(connection, partner, now, lock=True), now, partner.per_minute)
            exchange_store.put_allowance(connection, partner.id, allowance.left, allowance.at)
        role = ROLES.get(partner.kind, Role.PARTNER_SYSTEM)
        return PartnerCaller(role, partner, proof, body), told(allowance, partner.per_minute)


def _allowance(connection: Connection, partner: Partner, now: datetime, *, lock: bool = False) -> Allowance:
    kept = exchange_store.read_allowance(connection, partner.id, lock=lock)
    return Allowance(*kept) if kept else Allowance(float(partner.per_minute), now)


def is_open(settings: Settings) -> bool:
    """Tell whether the exchange may be served: without its address the portal would take what was signed for others."""
    return bool(settings.public_url) or settings.demo


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
