"""Two customs that exchange messages, for tests: ours, and the Kyrgyz one with a key and a policy of its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace as settings_with
from functools import cache
from pathlib import Path
from typing import Any

import offices
import pki
from cryptography.hazmat.primitives.serialization import Encoding
from httpx import Response
from litestar.testing import TestClient
from msgspec.structs import replace

from interop.disclosure import FIELDS, Policy
from interop.envelope import wrap
from interop.partners import Partner, PartnerKind
from portal.app import create_app
from portal.database import migrate, writing
from portal.exchange.client import Client, Reply, Undelivered
from portal.exchange.keeping import change_partner
from portal.exchange.signatures import sign_request
from portal.office import Office
from portal.settings import Settings
from risk_gateway.bases.violations.kinds import FOUND_BY_CONTROL, kinds
from signing.signer import SigningKey

ABROAD, HERE = "kg", "kz"
ABROAD_BIN = "990140000018"
ADDRESS = "http://testserver.local"
PURPOSE, LAW = "risk_assessment", "Agreement of 2026, article 4 [?]"
SALT = "a secret between the two"
FOR_EVER = 10 * 365 * 86_400


@cache
def foreign_key() -> SigningKey:
    return pki.authority().office("State Customs Service of Kyrgyzstan (demo)", ABROAD_BIN)


def pem_of(key: SigningKey) -> str:
    return key.certificate.public_bytes(Encoding.PEM).decode()


def policy(**changes: Any) -> Policy:
    """Return a policy that lets everything be told."""
    usual: dict[str, Any] = {
        "fields": frozenset(FIELDS),
        "kinds": frozenset(kinds()),
        "purposes": frozenset({PURPOSE}),
        "salt": SALT,
    }
    return Policy(**{**usual, **changes})


def partner(identifier: str = ABROAD, key: SigningKey | None = None, **changes: Any) -> Partner:
    made = Partner(
        id=identifier,
        kind=PartnerKind.FOREIGN_CUSTOMS,
        name="State Customs Service of Kyrgyzstan",
        country="KG",
        address=ADDRESS,
        keys=(pem_of(key or foreign_key()),),
        policy=policy(),
        per_minute=100_000,
    )
    return replace(made, **changes)


def put(office: Office, *partners: Partner) -> None:
    with writing(office.engine) as connection:
        for each in partners:
            change_partner(connection, each, "", office.clock.now())


def office_abroad(home: Path, clock: offices.StillClock) -> Office:
    """Return another office. On PostgreSQL the tests have one database, so this one is on SQLite."""
    if not offices.POSTGRESQL:
        return offices.office(home, clock)
    given = Settings(home=home, database_url=f"sqlite:///{home / 'shekara.db'}", demo=True)
    migrate(given.database_url)
    offices.seed_cast(given)
    return offices.reopen(given, clock)


class Link:
    """Calls the exchange as a partner does. What `changes` says is changed after signing."""

    def __init__(self, client: TestClient[Any], clock: offices.StillClock, key: SigningKey | None = None) -> None:
        self._client = client
        self._clock = clock
        self.key = key or foreign_key()

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        return sign_request(self.key, method, f"{ADDRESS}{path}", body, self._clock.now())

    def call(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
        sent = self.headers(method, path, body) if headers is None else headers
        if body:
            return self._client.request(method, path, content=body, headers=sent)
        return self._client.request(method, path, headers=sent)

    def get(self, path: str) -> Response:
        return self.call("GET", f"/exchange/v1{path}")

    def post(self, path: str, value: Any) -> Response:
        return self.call("POST", f"/exchange/v1{path}", json.dumps(value).encode())

    def submit(self, *messages: bytes) -> Response:
        return self.call("POST", "/exchange/v1/submissions", batch(*messages))


def batch(*messages: bytes) -> bytes:
    return b'{"messages":[' + b",".join(messages) + b"]}"


def message(number: int = 1, kind: str = "violation", subject: str = "", body: bytes | None = None) -> bytes:
    """Return an envelope as the Kyrgyz customs would send it, with the violation KG-`number`."""
    told = violation(number) if body is None else body
    return wrap(f"message-{number}", number, kind, subject or f"KG-{number}", offices.NOW, told)


def violation(number: int = 1, /, **changes: Any) -> bytes:
    told = {
        "id": f"KG-{number}",
        "version": 1,
        "kind": FOUND_BY_CONTROL,
        "state": "confirmed",
        "scheme": "FOREIGN",
        "number": f"0130{number:010d}",
        "country": "KG",
        "name": f"Firm {number} of Bishkek",
        "committed_on": "2026-03-01",
        "legal_basis": LAW,
        "amount_tiyn": 100_00,
    }
    return json.dumps({**told, **changes}).encode()


@contextmanager
def served(
    office: Office, home: Path, clock: offices.StillClock, key: SigningKey | None = None
) -> Iterator[TestClient[Any]]:
    """Serve the portal on an office's database, with the key of our office or another."""
    offices.keep_keys(home)
    office.settings.office_key_file.write_bytes((key or pki.office_key()).to_pkcs12("demo"))
    given = settings_with(
        given_address(office), timestamp_grace_seconds=FOR_EVER
    )  # the clock leaps ahead of the notary
    app = create_app(given, clock)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield client


def given_address(office: Office, address: str = ADDRESS) -> Settings:
    """Return the settings of an office that partners reach at an address."""
    return settings_with(office.settings, public_url=address)


class Wire(Client):
    """A partner's client whose network is a portal in this process; `fault` may raise before or change what comes."""

    def __init__(self, office: Office, there: TestClient[Any], fault: Callable[[bytes], None] = lambda body: None):
        super().__init__(office)
        self._there = there
        self._fault = fault

    def plain(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self._fault(body)
        path = url.removeprefix(ADDRESS)
        sent = {"content": body} if body else {}
        answer = self._there.request(method, path, headers=dict(headers), **sent)
        return Reply(answer.status_code, dict(answer.headers), answer.content)


def lost(_body: bytes) -> None:
    """The fault of a network that answers nothing."""
    raise Undelivered("no answer: ReadError", of_content=True)
