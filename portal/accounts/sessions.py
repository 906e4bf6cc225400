"""Who is at the keyboard: a secret in a cookie, and the session it opens, kept by the server.

The secret is new at every sign-in, and only its SHA-256 is stored. A session ends after `IDLE` without a request, after
`LIFETIME` in any case, and at the first request after the records no longer give the person that capacity.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from portal.browser import MACHINE_PATHS, cookie_name
from portal.clock import Clock
from portal.views import People, Session, Sessions, SignedIn

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
TOUCH_AFTER = timedelta(minutes=1)  # a request within a minute of the last writes nothing


class Keeper:
    """Begins, resumes and ends sessions. `secure` is for https: the cookie's name then forbids all else."""

    def __init__(self, sessions: Sessions, people: People, clock: Clock, *, secure: bool) -> None:
        self._sessions = sessions
        self._people = people
        self._clock = clock
        self.secure = secure
        self.cookie_name = cookie_name("shekara_session", secure=secure)

    def begin(self, person: SignedIn, previous: str | None, firm: str | None = None) -> Cookie:
        """Open a session under a new secret, end the previous one, and return the cookie to set.

        `firm` is the BIN that the person's certificate names.
        """
        return self._replace(previous, person, self._clock.now(), firm)

    def change(self, person: SignedIn, secret: str | None) -> Cookie:
        """Let the same person go on in another capacity, under a new secret but no longer than before."""
        session = self.session(secret)
        if session is None or session.person.iin != person.iin:
            return self._cookie(None)
        return self._replace(secret, person, session.created_at, session.firm)

    def _replace(self, previous: str | None, person: SignedIn, created_at: datetime, firm: str | None) -> Cookie:
        if previous is not None:
            self._sessions.end(_key(previous))
        secret = secrets.token_urlsafe(32)
        session = Session(_key(secret), person, created_at, self._clock.now(), firm)
        self._sessions.create(session)
        return self._cookie(secret)

    def resume(self, secret: str | None) -> SignedIn | None:
        """Return who signed in with this secret, unless the session is over."""
        session = self.session(secret)
        return session.person if session else None

    def session(self, secret: str | None) -> Session | None:
        """Return the session that this secret opens, unless it is over."""
        if not secret:
            return None
        session = self._sessions.find(_key(secret))
        if session is None:
            return None
        now = self._clock.now()
        late = now - session.seen_at > IDLE or now - session.created_at > LIFETIME
        if late or not self._in_the_records(session):
            self._sessions.end(session.key)
            return None
        if now - session.seen_at > TOUCH_AFTER:
            self._sessions.touch(session.key, now)
        return session

    def _in_the_records(self, session: Session) -> bool:
        known = self._people.capacities(session.person.iin, session.firm)
        return any(same_capacity(each, session.person) for each in known)

    def finish(self, secret: str | None) -> Cookie:
        """End the session and return the cookie that removes the secret."""
        if secret:
            self._sessions.end(_key(secret))
        return self._cookie(None)

    def _cookie(self, secret: str | None) -> Cookie:
        return Cookie(
            key=self.cookie_name,
            value=secret or "",
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.secure,
            max_age=0 if secret is None else None,
        )


def same_capacity(one: SignedIn, other: SignedIn) -> bool:
    """Tell whether two are the same person in the same role for the same firm or post, however they are written."""
    return (one.iin, one.role, one.organisation, one.post) == (other.iin, other.role, other.organisation, other.post)


class SessionMiddleware(ASGIMiddleware):
    """Puts the signed-in person into `scope["user"]`. Machine paths have tokens and are left alone."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith((*MACHINE_PATHS, "/static/")):
            connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
            secret = connection.cookies.get(self._keeper.cookie_name)
            scope["user"] = await anyio.to_thread.run_sync(self._keeper.resume, secret) if secret else None
        await next_app(scope, receive, send)


def _key(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
