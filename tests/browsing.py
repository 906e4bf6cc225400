"""Using the website like a browser: cookies are kept, forms carry their token."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from portal_fakes import World, world_lent

CSRF_COOKIE = "shekara_csrf"
SESSION_COOKIE = "shekara_session"


class Browser:
    def __init__(self, client: TestClient[Litestar], world: World) -> None:
        self.client = client
        self.world = world

    def get(self, address: str, **headers: str) -> Response:
        return self.client.get(address, headers=_dashed(headers), follow_redirects=False)

    def post(self, address: str, fields: dict[str, str], **headers: str) -> Response:
        """Send a form with the token that the page had."""
        if CSRF_COOKIE not in self.client.cookies:
            self.get("/")
        form = {**fields, "_csrf_token": self.client.cookies[CSRF_COOKIE]}
        return self.client.post(address, data=form, headers=_dashed(headers), follow_redirects=False)

    def sign_in(self, person: str) -> "Browser":
        answer = self.post("/demo/sign-in", {"person": person})
        assert answer.status_code == 303, answer.text
        return self

    def speak(self, language: str) -> "Browser":
        self.client.cookies.set("shekara_language", language)
        return self

    @property
    def secret(self) -> str | None:
        return self.client.cookies.get(SESSION_COOKIE)


@contextmanager
def browsing(person: str | None = None, *, language: str = "en", **world: Any) -> Iterator[Browser]:
    """Open a browser on a new world, signed in as one of the cast unless `person` is None."""
    with world_lent(**world) as made, TestClient(made.app) as client:
        browser = Browser(client, made).speak(language)
        yield browser.sign_in(person) if person else browser


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
