"""Who calls by token, and how often: the bearer token of a participant, and a bucket of requests for each."""

import math
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from portal.access import Role
from portal.errors import TokenRefused, TooManyRequests
from portal.office import Office
from portal.store import token_hash

PREFIX = "/api/v1/"
SELECTION = f"{PREFIX}selection"
OPEN = (f"{PREFIX}journal/", f"{SELECTION}/")  # to everybody: without a token they share one bucket
SIGNED = f"{PREFIX}movements/"  # the request is signed by a partner: portal/exchange/callers.py
NOBODY = ""
TRUSTED_SECONDS = 1.0  # so long a token may still open what was closed to it meanwhile


class ApiCaller(Struct, frozen=True):
    """A program that acts for a participant."""

    role: Role
    participant: str


class TokenMiddleware(ASGIMiddleware):
    """Puts the caller into `scope["user"]` for everything under /api/v1/ that is not open to everybody."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, office: Office) -> None:
        self._office = office
        self._buckets: dict[str, tuple[float, float]] = {}  # participant -> (requests left, moment)
        self._looked_at = -math.inf

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["path"].startswith(PREFIX) and not scope["path"].startswith(SIGNED):
            connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
            header = connection.headers.get("authorization", "")
            if not header and scope["path"].startswith(OPEN):
                self._count(NOBODY)
            else:
                caller = self._caller(header)
                self._count(caller.participant)
                scope["user"] = caller
        await next_app(scope, receive, send)

    def _caller(self, header: str) -> ApiCaller:
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise TokenRefused("token.missing")
        hashed = token_hash(token.strip())
        now = self._office.clock.now()
        self._look_for_changes()
        known = self._office.snapshot.directory.token(hashed)
        if (known is None or not known.valid_at(now)) and self._office.refresh():
            known = self._office.snapshot.directory.token(hashed)
        if known is None or not known.valid_at(now):
            raise TokenRefused("token.unknown")
        return ApiCaller(Role.DECLARANT, known.participant)

    def _look_for_changes(self) -> None:
        """See what other processes changed, such as a token revoked, once in a while."""
        moment = self._office.clock.monotonic()
        if moment - self._looked_at >= TRUSTED_SECONDS:
            self._looked_at = moment
            self._office.refresh()

    def _count(self, participant: str) -> None:
        """Take one request from the bucket, which fills evenly. Raises `TooManyRequests`."""
        size = self._office.settings.requests_per_minute
        now = self._office.clock.monotonic()
        left, since = self._buckets.get(participant, (float(size), now))
        left = min(float(size), left + (now - since) * size / 60)
        if left < 1:
            raise TooManyRequests(math.ceil((1 - left) * 60 / size))
        self._buckets[participant] = (left - 1, now)
