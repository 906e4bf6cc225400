"""The pages of a border inspector."""

from collections.abc import Iterator
from pathlib import Path

import caseworking
import offices
import pytest
import things
from caseworking import EXPORT, GREEN, Desk
from litestar import Litestar
from litestar.testing import TestClient

from declarations.lifecycle import Status
from portal.app import create_app
from portal.database import reading
from portal.exits import store

pytestmark = pytest.mark.skipif(bool(offices.POSTGRESQL), reason="the cast signs in on SQLite only")

Opened = tuple[Desk, TestClient[Litestar]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    desk = caseworking.desk(tmp_path, EXPORT, GREEN)
    offices.keep_keys(tmp_path)
    with TestClient(create_app(desk.office.settings, desk.clock), raise_server_exceptions=False) as client:
        things.sign_in(client, "aidos")
        yield desk, client


def test_a_border_inspector_sees_two_vehicles_off(opened: Opened) -> None:
    desk, client = opened
    number = desk.numbers[EXPORT]
    address, csrf = f"/exits/{number}", {"_csrf_token": things.token(client)}
    found = client.get("/exits", params={"number": number}, follow_redirects=False)
    assert found.headers["location"] == address
    for unknown in ("nonsense", desk.numbers[GREEN]):
        assert 'href="#number"' in client.get("/exits", params={"number": unknown}).text
    for language in ("kk", "ru", "en"):
        client.cookies["language"] = language
        assert client.get(address).status_code == 200

    refused = client.post(f"{address}/arrivals", data={**csrf, "vehicle": " ", "seals": ""})
    assert refused.status_code == 422
    assert 'id="vehicle-error"' in refused.text
    for vehicle, masses in (("A 001", ("70000", "x", "36 000,5")), ("B 002", ("", "23999.5"))):
        assert client.post(f"{address}/arrivals", data={**csrf, "vehicle": vehicle}, follow_redirects=False).is_redirect
        assert vehicle in client.get("/exits").text
        with reading(desk.office.engine) as connection:
            arrival = store.arrivals_of(connection, number)[-1].sequence
        for mass in masses:
            data = {**csrf, "arrival": str(arrival), f"mass-{arrival}-1": mass}
            answer = client.post(f"{address}/exits", data=data, follow_redirects=False)
            last = mass is masses[-1]
            assert answer.is_redirect is last, answer.text
            assert last or f'id="mass-{arrival}-1-error"' in answer.text

    assert desk.status(EXPORT) is Status.EXITED
    page = client.get(address)
    assert page.status_code == 200
    assert '<form class="exit-form"' not in page.text
    assert client.post(f"{address}/arrivals", data={**csrf, "vehicle": "C"}).status_code == 404
    assert client.get(f"/exits/{desk.numbers[GREEN]}").status_code == 404
