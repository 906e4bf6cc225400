"""Lodgements a second over HTTP: a real server in a process of its own, SQLite with durable shared commits."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import builders
import offices
import pki
from cast import PARTICIPANTS

from portal.api.callers import token_hash
from portal.clock import SystemClock
from portal.database import make_engine, writing
from portal.store import add_token

TOKEN = "bench"
ROOT = Path(__file__).parents[1]
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """`per_core` is per second of the server's processor time; p50 and p99 are milliseconds."""

    name: str
    per_second: float
    per_core: float
    p50: float
    p99: float


def signed(items: int, count: int, name: str) -> list[bytes]:
    now = SystemClock().now()
    local = now.astimezone(offices.KAZAKHSTAN_TIME)
    length = 840 if items == 999 else 0
    return [
        pki.sign_as(
            "anna",
            builders.declaration_xml(
                items,
                reference=f"{name}-{number}",
                issued_at=local.isoformat(timespec="seconds"),
                rate_date=local.date().isoformat(),
                description_length=length,
            ),
            now,
        )
        for number in range(count)
    ]


class Server:
    """Starts a portal on a fresh database, and ends it."""

    def __enter__(self) -> "Server":
        home = Path(tempfile.mkdtemp())
        given = offices.settings(home)
        offices.seed_cast(given)
        offices.keep_keys(home)
        now = SystemClock().now()
        engine = make_engine(given.database_url)
        with writing(engine) as connection:
            until = now.replace(year=now.year + 1)
            add_token(connection, token_hash(TOKEN), PARTICIPANTS["altyn"].identifier, "bench", now, until)
        engine.dispose()
        self.port = 21_000 + os.getpid() % 20_000
        environment = {
            **os.environ,
            "SHEKARA_HOME": str(home),
            "SHEKARA_DATABASE_URL": given.database_url,
            "SHEKARA_REQUESTS_PER_MINUTE": "10000000",
        }
        command = [sys.executable, "-m", "portal.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        asyncio.run(self._ready())
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    async def _ready(self) -> None:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise RuntimeError("the server did not start")

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def load(self, name: str, documents: list[bytes], concurrency: int, beside: list[bytes] | None = None) -> Load:
        """Send all documents over so many connections; `beside` are large ones, one after another meanwhile."""
        before = self.processor_seconds()
        started = time.perf_counter()
        times = asyncio.run(self._send_all(documents, concurrency, beside or []))
        elapsed = time.perf_counter() - started
        used = self.processor_seconds() - before
        times.sort()
        return Load(
            name, len(times) / elapsed, len(times) / used, times[len(times) // 2], times[int(len(times) * 0.99)]
        )

    async def _send_all(self, documents: list[bytes], concurrency: int, beside: list[bytes]) -> list[float]:
        waiting, large = iter(documents), iter(beside)
        times: list[float] = []
        senders = [asyncio.create_task(self._send(waiting, times)) for _ in range(concurrency)]
        other = asyncio.create_task(self._send(large, []))
        await asyncio.gather(*senders)
        await other
        return times

    async def _send(self, documents: Iterator[bytes], times: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for document in documents:
            head = (
                f"POST /api/v1/declarations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/xml\r\nContent-Length: {len(document)}\r\n\r\n"
            )
            started = time.perf_counter()
            writer.write(head.encode() + document)
            await writer.drain()
            status = await reader.readline()
            length = 0
            while (line := await reader.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = await reader.readexactly(length)
            times.append((time.perf_counter() - started) * 1000)
            if b" 201 " not in status:
                raise RuntimeError(f"{status!r} {body[:300]!r}")
        writer.close()
