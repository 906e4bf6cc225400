"""Who may open what, of partners' systems: every route of the portal for a partner, and the exchange for all others.

The addresses come from the route table of the served application; one of the exchange that stands in no line of `ASKED`
fails.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import exchanging
import offices
import pki
import pytest
import things
from cast import PERSONS
from exchanging import LAW, PURPOSE, Link
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from portal.access import Permission
from portal.browser import MACHINE_PATHS

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")

EXCHANGE = "/exchange/v1"
SENT = "message-1"
# What is asked at each address of the exchange by a partner who may: body, and the status that it is answered with.
ASKED: dict[tuple[str, str], tuple[Any, int]] = {
    ("GET", f"{EXCHANGE}/violations"): (None, 200),
    ("POST", f"{EXCHANGE}/queries"): ({"purpose": PURPOSE, "legal_basis": LAW, "number": "150340012340"}, 200),
    ("POST", f"{EXCHANGE}/submissions"): ({"messages": [json.loads(exchanging.message())]}, 200),
    ("GET", f"{EXCHANGE}/receipts/{{message_id:str}}"): (None, 200),
}


class There(NamedTuple):
    client: TestClient[Any]
    sender: Link  # who sent a message
    other: Link  # another partner, on record too
    off: Link  # one that was switched off


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    home: Path = tmp_path_factory.mktemp("exchange")
    clock = offices.StillClock()
    office = offices.office(home, clock)
    other, off = (pki.authority().office(f"Customs {name} (demo)", number) for name, number in OTHERS)
    exchanging.put(
        office,
        exchanging.partner(),
        exchanging.partner("uz", other),
        exchanging.partner("tj", off, active=False),
    )
    with exchanging.served(office, home, clock) as client:
        links = (Link(client, clock), Link(client, clock, other), Link(client, clock, off))
        assert links[0].submit(exchanging.message()).status_code == 200
        yield There(client, *links)


OTHERS = (("of Tashkent", "990140000026"), ("of Dushanbe", "990140000034"))


def routes(there: There) -> list[tuple[str, str, Permission]]:
    return sorted(
        (method, route.path, handler.opt["need"])
        for route in there.client.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    )


def exchange_routes(there: There) -> list[tuple[str, str]]:
    return [(method, path) for method, path, need in routes(there) if need is Permission.EXCHANGE]


def call(link: Link, method: str, path: str) -> Any:
    """Ask as a partner who may would ask; SENT is the message that `sender` sent."""
    body, _ = ASKED[method, path]
    content = b"" if body is None else json.dumps(body).encode()
    return link.call(method, filled(path), content)


def filled(path: str) -> str:
    return re.sub(r"\{message_id:\w+\}", SENT, path)


def test_every_address_of_the_exchange_is_in_the_table(there: There) -> None:
    assert set(exchange_routes(there)) == ASKED.keys()
    assert all(path.startswith("/exchange/") for _, path in exchange_routes(there))
    assert "/exchange/" in MACHINE_PATHS


def test_a_partner_opens_what_is_its_own(there: There) -> None:
    for (method, path), (_, status) in ASKED.items():
        answer = call(there.sender, method, path)
        assert answer.status_code == status, (method, path, answer.text)


def test_the_receipt_of_another_partner_is_as_if_it_were_not_there(there: There) -> None:
    theirs = there.other.get(f"/receipts/{SENT}")
    nobodys = there.other.get("/receipts/message-of-nobody")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["code"] == nobodys.json()["code"]
    assert there.sender.get(f"/receipts/{SENT}").status_code == 200


@pytest.mark.parametrize("who", ["nobody", "off", *PERSONS])
def test_nobody_else_opens_the_exchange(there: There, who: str) -> None:
    """Neither without a signature, nor switched off, nor signed in as any of the cast."""
    client = there.client
    client.cookies.clear()
    if who in PERSONS:
        things.sign_in(client, who)
    try:
        for method, path in ASKED:
            answer = call(there.off, method, path) if who == "off" else client.request(method, filled(path))
            assert answer.status_code == 401, (method, path, answer.text)
    finally:
        client.cookies.clear()


def test_a_token_of_a_participant_is_no_signature(there: There) -> None:
    for method, path in ASKED:
        answer = there.client.request(method, filled(path), headers={"Authorization": "Bearer anything"})
        assert answer.status_code == 401


def test_a_partner_is_nobody_outside_the_exchange(there: There) -> None:
    """Its signature opens no page and nothing of the API: it is answered as who has not signed in."""
    open_to_all = (Permission.SEE_PUBLIC_PAGES, Permission.EXCHANGE)
    wrong = []
    for method, path, need in routes(there):
        if need in open_to_all or path.startswith("/static"):
            continue
        address = re.sub(r"\{\w+:\w+\}", "1", path)
        answer = there.client.request(
            method, address, headers=there.sender.headers(method, address), follow_redirects=False
        )
        to_sign_in = answer.status_code == 303 and "sign-in" in answer.headers["location"]
        forged = method == "POST" and answer.status_code == 403  # a form without the token of its page
        if not (to_sign_in or forged or answer.status_code == 401):
            wrong.append((method, path, answer.status_code))
    assert wrong == []
