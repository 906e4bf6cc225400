"""One thing of each kind in a served portal, made as people make them: through its pages."""

from typing import Any

from litestar.testing import TestClient

CSRF = "shekara_csrf"
INVOICE = b"Goods;Price\nLamps;12\n"
RECEIVER = "http://127.0.0.1:9/customs"  # nobody listens there


def token(client: TestClient[Any]) -> str:
    """Return the token that forms of this browser carry."""
    if CSRF not in client.cookies:
        client.get("/")
    return str(client.cookies[CSRF])


def sign_in(client: TestClient[Any], who: str) -> None:
    form = {"person": who, "_csrf_token": token(client)}
    answer = client.post("/demo/sign-in", data=form, follow_redirects=False)
    assert answer.status_code == 303, (who, answer.text)


def sent_declaration(client: TestClient[Any], content: bytes) -> str:
    return _sent(client, "/check", "declaration.xml", content)


def sent_invoice(client: TestClient[Any]) -> str:
    return _sent(client, "/import", "goods.csv", INVOICE)


def made_webhook(client: TestClient[Any]) -> str:
    """Have who is signed in tell of a receiver, and return its name in addresses."""
    form = {"url": RECEIVER, "_csrf_token": token(client)}
    answer = client.post("/account/webhooks", data=form, follow_redirects=False)
    assert answer.status_code in (200, 201, 303), answer.text
    listed = client.get("/account/webhooks").text
    return listed.split("/account/webhooks/", 1)[1].split('"', 1)[0].split("/", 1)[0]


def drafted(client: TestClient[Any], upload: str) -> str:
    """Have who is signed in open as a draft the declaration that was sent."""
    form = {"_csrf_token": token(client)}
    return _third(client.post(f"/check/{upload}/draft", data=form, follow_redirects=False), 2)


def issued_token(client: TestClient[Any]) -> str:
    """Have who is signed in issue a token to a program, and return its name in addresses."""
    form = {"label": "stock program", "days": "30", "_csrf_token": token(client)}
    answer = client.post("/account/tokens", data=form, follow_redirects=False)
    assert answer.status_code in (200, 201, 303), answer.text
    listed = client.get("/account/tokens").text
    return listed.split("/account/tokens/", 1)[1].split("/", 1)[0]


def _sent(client: TestClient[Any], path: str, name: str, content: bytes) -> str:
    form = {"_csrf_token": token(client), "kind": "IM40"}
    return _third(client.post(path, files={"file": (name, content)}, data=form, follow_redirects=False), 2)


def _third(answer: Any, place: int) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"].split("?")[0].split("/")[place])
