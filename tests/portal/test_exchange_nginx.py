"""The example of docs/exchange/nginx.conf, run by Debian's nginx: who shows no certificate is kept from the door."""

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from shutil import which
from typing import NamedTuple

import exchanging
import httpx
import msgspec
import offices
import pki
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from interop.adapters.foreign_customs.messages import JSON, QUERY_PATH
from interop.calls import NotUnderstood, Request
from interop.partners import Partner
from interop.querying import Asked
from portal.app import create_app
from portal.asking.transport import Edge
from portal.exchange import tls
from portal.exchange.client import Client, Undelivered
from portal.office import Office

NGINX = which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
EXAMPLE = Path(__file__).parents[2] / "docs" / "exchange" / "nginx.conf"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Identity(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def write(self, path: Path) -> Path:
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM) + secret)
        return path


class Door(NamedTuple):
    office: Office
    address: str
    partner: Partner
    folder: Path
    partners: Identity


def identity(name: str, issuer: Identity | None = None) -> Identity:
    """Issue a TLS certificate for this machine, self-signed without an issuer."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )
    return Identity(key, made.sign(issuer.key if issuer else key, hashes.SHA256()))


@pytest.fixture
def door(tmp_path: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    clock = offices.StillClock()
    home = tmp_path / "office"
    home.mkdir()
    office = offices.office(home, clock)
    offices.keep_keys(home)
    address = f"https://127.0.0.1:{unused_port}"
    ours = replace(office.settings, exchange_timeout_seconds=20, public_url=address)
    office.settings = ours
    exchanging.put(office, exchanging.partner("self", pki.office_key()))
    authority, partners = identity("authority of the server"), identity("authority of partners")
    folder = tmp_path / "tls"
    folder.mkdir()
    identity("customs.example", authority).write(folder / "server.pem")
    (folder / "partners.pem").write_bytes(partners.certificate.public_bytes(Encoding.PEM))
    (folder / "trusted.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "trusted.pem"))
    tls.trusted.cache_clear()  # before the portal starts, which may ask for it at once
    server = uvicorn.Server(uvicorn.Config(create_app(ours, clock), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _until(lambda: server.started)
    behind = server.servers[0].sockets[0].getsockname()[1]
    config = folder / "nginx.conf"
    text = EXAMPLE.read_text(encoding="utf-8")
    for example, real in (
        ("listen 443 ssl", f"listen 127.0.0.1:{unused_port} ssl"),
        ("server 127.0.0.1:8000", f"server 127.0.0.1:{behind}"),
        ("/etc/shekara/tls/server.key", str(folder / "server.pem")),
        ("/etc/shekara/tls", str(folder)),
        ("/var/log/nginx/exchange.log", str(folder / "access.log")),
    ):
        assert example in text
        text = text.replace(example, real)
    config.write_text(f"daemon off; pid {folder}/pid;\n{text}", encoding="utf-8")
    assert NGINX is not None
    nginx = subprocess.Popen([NGINX, "-c", str(config), "-e", str(folder / "error.log")])
    try:
        _until(lambda: _opens(address, folder))
        yield Door(office, address, exchanging.partner("self", pki.office_key(), address=address), folder, partners)
    finally:
        tls.trusted.cache_clear()
        nginx.terminate()
        nginx.wait(10)
        server.should_exit = True
        thread.join(30)


def _opens(address: str, folder: Path) -> bool:
    try:
        visit(address, folder, "/health")
    except httpx.TransportError:
        return False
    return True


def visit(address: str, folder: Path, path: str) -> httpx.Response:
    """Ask as a browser does, without a certificate."""
    trusted = ssl.create_default_context(cafile=str(folder / "trusted.pem"))
    return httpx.get(f"{address}{path}", verify=trusted, trust_env=False)


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def client(door: Door, shown: Identity, name: str) -> Client:
    path = shown.write(door.folder / f"{name}.pem")
    door.office.settings = replace(door.office.settings, exchange_tls_file=str(path))
    return Client(door.office)


def test_a_partner_with_its_certificate_exchanges_signed_messages_through_nginx(door: Door) -> None:
    with client(door, identity("kg", door.partners), "kg") as calls:
        reply = calls.signed(door.partner, "GET", "/violations?after=")
        assert b'"violations":[]' in reply.body
        sent = exchanging.batch(exchanging.message(1, kind="test", body=b"{}"))
        assert b'"status":"taken"' in calls.signed(door.partner, "POST", "/submissions", sent).body


def test_who_shows_no_certificate_is_refused_before_the_portal_though_people_come_in(door: Door) -> None:
    refused = visit(door.address, door.folder, "/exchange/v1/violations")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["code"] == "exchange.no_certificate"
    assert visit(door.address, door.folder, "/health").status_code == 200


def test_questions_are_asked_with_our_certificate_too(door: Door) -> None:
    shown = identity("kg", door.partners).write(door.folder / "asking.pem")
    told = Asked(purpose=exchanging.PURPOSE, legal_basis=exchanging.LAW, number="150340012340", country="KZ")
    request = Request(QUERY_PATH, JSON, msgspec.json.encode(told))
    edge = Edge(door.office.keyring, door.office.clock, str(shown))
    assert asyncio.run(edge.call(door.partner, request, 20)).status == 200
    without = Edge(door.office.keyring, door.office.clock)
    with pytest.raises(NotUnderstood, match="not signed by the partner"):
        asyncio.run(without.call(door.partner, request, 20))


def test_a_certificate_of_another_authority_opens_nothing(door: Door) -> None:
    stranger = identity("stranger", identity("another authority"))
    with client(door, stranger, "stranger") as calls, pytest.raises(Undelivered, match="status 400"):
        calls.signed(door.partner, "GET", "/violations?after=")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_older_tls_than_1_2_is_refused(door: Door) -> None:
    def visit_by(newest: ssl.TLSVersion) -> httpx.Response:
        trusted = ssl.create_default_context(cafile=str(door.folder / "trusted.pem"))
        trusted.set_ciphers("ALL:@SECLEVEL=0")  # it is not this side that refuses
        trusted.minimum_version = ssl.TLSVersion.TLSv1
        trusted.maximum_version = newest
        return httpx.get(f"{door.address}/health", verify=trusted, trust_env=False)

    assert visit_by(ssl.TLSVersion.TLSv1_2).status_code == 200
    with pytest.raises(httpx.ConnectError):
        visit_by(ssl.TLSVersion.TLSv1_1)
