"""What a person signs to sign in: a small document that serves one purpose, one portal, one browser, for two minutes.

The portal keeps nothing of a challenge that it gives out, since anybody may ask for one: it knows its own by the seal.
Only one with which somebody has signed in is kept, so that it never serves again.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from portal.signing_forms import FormRefused
from signing.xmlgate import SIGN_IN

LIFETIME: Final = timedelta(seconds=120)
_PURPOSE: Final = "sign-in"
_PARTS: Final = ("Purpose", "Origin", "Nonce", "IssuedAt", "Seal")


class Challenges:
    """Makes challenges and knows them again. `secret` is the same in all processes."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"shekara sign-in challenge", "sha256")

    def make(self, origin: str, browser: str, now: datetime) -> bytes:
        """Return the document to sign. `browser` is something that only this browser has."""
        parts = (_PURPOSE, origin, secrets.token_hex(16), now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        texts = zip(_PARTS, (*parts, self._seal(parts, browser)), strict=True)
        body = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts)
        return f'<SignIn xmlns="{SIGN_IN}">{body}</SignIn>'.encode()

    def nonce_of(self, root: etree._Element, origin: str, browser: str, now: datetime) -> str:
        """Return the nonce of a signed challenge that we gave to this browser of late. Raises FormRefused."""
        found = [(etree.QName(part).localname, part.text or "") for part in root]
        if etree.QName(root).localname != "SignIn" or tuple(name for name, _ in found) != _PARTS:
            raise FormRefused("sign_in.not_ours")
        *parts, seal = (text for _, text in found)
        if not hmac.compare_digest(seal.encode(), self._seal(parts, browser).encode()) or parts[1] != origin:
            raise FormRefused("sign_in.not_ours")
        issued_at = datetime.strptime(parts[3], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if not timedelta(seconds=-1) <= now - issued_at <= LIFETIME:
            raise FormRefused("sign_in.late", {"seconds": str(int(LIFETIME.total_seconds()))})
        return parts[2]

    def _seal(self, parts: Sequence[str], browser: str) -> str:
        told = "\n".join((*parts, hashlib.sha256(browser.encode()).hexdigest()))
        return hmac.digest(self._key, told.encode(), "sha256").hex()
