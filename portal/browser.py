"""What we ask of browsers: headers on every answer, and that writes come from our own pages."""

import secrets
from typing import Any

from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

CSRF_COOKIE = "shekara_csrf"
LANGUAGE_COOKIE = "shekara_language"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINE_PATHS = ("/api/", "/exchange/")  # called by programs with a token or a signature, never with cookies

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
)
_NCALAYER = "wss://127.0.0.1:13579"  # on the reader's own machine
_SOURCES = "connect-src 'self'; trusted-types htmx; script-src "
_SOURCES_WHERE_SIGNED = (
    f"connect-src 'self' {_NCALAYER}; worker-src 'self'; trusted-types htmx shekara-xml shekara-worker; script-src "
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_HTTPS_ONLY = "max-age=31536000; includeSubDomains"
_NONCE = "shekara_nonce"
_SIGNED_HERE = "shekara_signed_here"
_HOST_ONLY = "__Host-"  # a browser keeps such a cookie only when it came by https, for this host and the whole of it


def cookie_name(name: str, *, secure: bool) -> str:
    """Return the name under which a cookie is set; `secure` is for https."""
    return _HOST_ONLY + name if secure else name


def sent_cookie(connection: ASGIConnection[Any, Any, Any, Any], name: str) -> str:
    """Return what the browser sent of a cookie, by https or not; empty when it sent none."""
    return connection.cookies.get(_HOST_ONLY + name) or connection.cookies.get(name, "")


def nonce_of(scope: Scope) -> str:
    """Return the nonce that scripts of this answer carry; the header that allows it is sent with the answer."""
    state: dict[str, Any] = scope["state"]
    nonce: str = state.setdefault(_NONCE, secrets.token_hex(16))
    return nonce


def allow_signing(scope: Scope) -> None:
    """Let the scripts of this answer sign: start a worker, read XML, and speak with NCALayer."""
    scope["state"][_SIGNED_HERE] = True


async def add_headers(message: Message, scope: Scope) -> None:
    """Litestar's before_send hook: every answer carries the headers that it does not set itself."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    nonce = scope["state"].get(_NONCE)
    sources = _SOURCES_WHERE_SIGNED if scope["state"].get(_SIGNED_HERE) else _SOURCES
    headers.setdefault("Content-Security-Policy", _POLICY + sources + (f"'nonce-{nonce}'" if nonce else "'none'"))


async def demand_https(message: Message, scope: Scope) -> None:
    """Litestar's before_send hook of a portal that browsers reach by https: for a year they shall come no other way."""
    if message["type"] == "http.response.start":
        MutableScopeHeaders.from_message(message).setdefault("Strict-Transport-Security", _HTTPS_ONLY)


def csrf(secret: str, *, secure: bool) -> CSRFConfig:
    """Return Litestar's double-submit check: forms carry the cookie's token. Machine paths have no cookies."""
    return CSRFConfig(
        secret=secret,
        cookie_name=cookie_name(CSRF_COOKIE, secure=secure),
        cookie_secure=secure,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude=[*(f"^{path}" for path in MACHINE_PATHS), "^/static/", "^/health"],
    )


class SameOrigin(ASGIMiddleware):
    """Refuses writes that another site's page sent: the browser says so in Sec-Fetch-Site, or in Origin."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        method = scope.get("method", "")
        if method not in SAFE_METHODS and not scope["path"].startswith(MACHINE_PATHS):
            headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
            if not _from_here(headers):
                raise PermissionDeniedException("This was sent from another site.")
        await next_app(scope, receive, send)


def _from_here(headers: dict[bytes, str]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get(b"origin")
    return origin is None or origin.partition("://")[2] == headers.get(b"host")
