"""One thing of each kind in a served portal, made as people make them: through its pages."""

from typing import Any

import pki
from cast import PERSONS
from cryptography.hazmat.primitives.serialization import Encoding
from litestar.testing import TestClient
from msgspec.structs import replace

from interop import exchange_store, outbox
from interop.disclosure import Policy
from interop.partners import Partner, PartnerKind, read_key
from portal.database import writing
from portal.exchange.keeping import change_partner
from portal.office import Office
from portal.partners import proposal_store
from portal.partners.service import seen_as

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


def made_partner(office: Office) -> dict[str, str]:
    """Record a partner with a key, a dead letter and a change that waits, and return what its addresses name."""
    key = pki.office_key().certificate.public_bytes(Encoding.PEM).decode()
    partner = Partner(
        id="neighbour",
        kind=PartnerKind.FOREIGN_CUSTOMS,
        name="Customs of a neighbour",
        country="KG",
        address="https://customs.example",
        keys=(key,),
        policy=Policy(),
        active=False,
    )
    now = office.clock.now()
    with writing(office.engine) as connection:
        change_partner(connection, partner, "", now)
        message = outbox.send(connection, partner.id, "violation", "KZ-CRV-1", b"{}", now)
        sent = exchange_store.read_outgoing(connection, message)
        assert sent is not None
        exchange_store.end(connection, sent, exchange_store.DEAD, now, code="exchange.unreachable")
        asel = PERSONS["asel"]
        wish = replace(partner, active=True)
        proposal_store.add(connection, wish, seen_as(partner), (asel.iin, asel.name), now)
    return {"partner": partner.id, "message": message, "key": read_key(key).id}


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
