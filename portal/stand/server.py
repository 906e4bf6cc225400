"""The HTTP server around a partner's stub.

Beside the partner's own paths: POST /faults (faults.py), POST /facts ({"participant", "yes"}: what it says from then),
POST /payments (to the bank: somebody pays), POST /entries (to a register: a permit or a contract is put on record),
GET /notices (what it was told, as JSON of base64). It listens on this machine only.
"""

import socket
import struct
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from interop.calls import Reply, Request
from portal.clock import Clock
from portal.stand.faults import Fault, Faults, Kind

BODY_BYTES_MOST = 4_000_000
JSON = "application/json"
GARBAGE = b"\x00\xff\xfe<<<" * 40


class Stub(Protocol):
    """What the adapters' stubs can do."""

    def answer(self, request: Request, now: datetime) -> Reply: ...

    def set(self, participant: str, yes: bool, now: datetime) -> None: ...

    def notices(self) -> list[bytes]: ...


@runtime_checkable
class TakesPayments(Protocol):
    """What the bank's stub can do besides: have somebody pay."""

    def pay(self, body: bytes, now: datetime) -> None: ...


@runtime_checkable
class TakesEntries(Protocol):
    """What the stub of registers can do besides: have something put on record."""

    def enter(self, body: bytes) -> None: ...


class Signing(Protocol):
    """How a partner that signs makes sure of requests, and signs what it answers."""

    def refuses(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> bool: ...

    def headers(self, method: str, url: str, headers: Mapping[str, str], reply: Reply) -> Mapping[str, str]: ...


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    participant: str
    yes: bool


class Stand(ThreadingHTTPServer):
    """A partner's server. Port 0 takes a free one: `port` tells which."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, stub: Stub, clock: Clock, port: int = 0, signing: Signing | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.stub = stub
        self.clock = clock
        self.signing = signing
        self.faults = Faults()
        self.ending = Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end(self) -> None:
        """Answer no more, and let go whoever is kept waiting."""
        self.ending.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up in the middle is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stand

    def do_GET(self) -> None:
        if self.path == "/notices":
            self._send(Reply(200, JSON, msgspec.json.encode(self.server.stub.notices())))
        else:
            self._partner("GET", b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_BYTES_MOST:
            self._send(Reply(411, JSON, b"{}"))
            return
        body = self.rfile.read(int(length))
        if self.path in ("/faults", "/facts", "/payments", "/entries"):
            self._control(body)
        else:
            self._partner("POST", body)

    def _control(self, body: bytes) -> None:
        try:
            if self.path == "/faults":
                self.server.faults.set(msgspec.json.decode(body, type=Fault))
            elif self.path == "/payments" and isinstance(self.server.stub, TakesPayments):
                self.server.stub.pay(body, self.server.clock.now())
            elif self.path == "/entries" and isinstance(self.server.stub, TakesEntries):
                self.server.stub.enter(body)
            else:
                fact = msgspec.json.decode(body, type=Fact)
                self.server.stub.set(fact.participant, fact.yes, self.server.clock.now())
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._send(Reply(400, "text/plain", str(error).encode()))
            return
        self._send(Reply(200, JSON, b"{}"))

    def _partner(self, method: str, body: bytes) -> None:
        fault = self.server.faults.next()
        if fault.kind is Kind.SLOW:
            self.server.ending.wait(fault.seconds)
        elif fault.kind is Kind.ERROR:
            return self._send(Reply(500, JSON, b"{}"))
        elif fault.kind is Kind.GARBAGE:
            return self._send(Reply(200, JSON, GARBAGE))
        elif fault.kind is Kind.RESET:
            return self._reset()
        reply, headers = self._answer(method, body)
        return self._send(reply, headers, cut=fault.kind is Kind.TRUNCATED)

    def _answer(self, method: str, body: bytes) -> tuple[Reply, Mapping[str, str]]:
        server, signing = self.server, self.server.signing
        given = {name.lower(): value for name, value in self.headers.items()}
        url = f"http://{given.get('host', '')}{self.path}"
        if signing is not None and signing.refuses(method, url, given, body):
            return Reply(401, JSON, b"{}"), {}
        reply = server.stub.answer(Request(self.path, given.get("content-type", ""), body), server.clock.now())
        return reply, signing.headers(method, url, given, reply) if signing is not None else {}

    def _send(self, reply: Reply, headers: Mapping[str, str] = {}, cut: bool = False) -> None:
        self.send_response(reply.status)
        for name, value in {**headers, "Content-Type": reply.media_type}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
        self.close_connection = self.close_connection or cut

    def _reset(self) -> None:
        """Cut the connection so that the other side meets an error, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written of requests."""
