"""The client of the HTTP measurements, run in a process of its own: bare HTTP/1.1 on connections kept open."""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

from bench.documents import signed
from portal.authorities import DEMO_PASSWORD
from portal.clock import SystemClock
from signing.signer import SigningKey

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ANSWERS_WITHIN_SECONDS = 30


@dataclass(frozen=True)
class Job:
    """Up to `count` declarations over `concurrency` connections for at most `seconds`; one more connection sends
    `large` ones of 999 items one after another meanwhile, and the job ends when these are through."""

    name: str
    items: int
    count: int
    concurrency: int
    large: int
    seconds: float
    port: int
    server: int
    token: str
    home: Path


@dataclass(frozen=True)
class Load:
    """`times` are milliseconds, of the small and of the large; `cores` is what server and children kept busy."""

    times: list[float]
    large_times: list[float]
    seconds: float
    cores: float


def send(job: Job) -> Load:
    """Sign everything beforehand, then send it. Raises RuntimeError when a lodgement is not accepted."""
    now = SystemClock().now().replace(microsecond=0)
    key = SigningKey.from_pkcs12((job.home / "demo" / "keys" / "anna.p12").read_bytes(), DEMO_PASSWORD)
    requests = [_request(data, job) for data in signed(job.items, job.count, job.name, key, now)]
    large = [_request(data, job) for data in signed(999, job.large, f"{job.name}-LARGE", key, now)]
    return uvloop.run(_send(job, requests, large))


async def _send(job: Job, requests: list[bytes], large: list[bytes]) -> Load:
    connections = [await _connect(job.port) for _ in range(job.concurrency + bool(large))]
    times: list[float] = []
    large_times: list[float] = []
    busy, started = _processor_seconds(job.server), time.perf_counter()
    run = Run(iter(requests), started + job.seconds)
    small = [asyncio.create_task(run.work(each, times)) for each in connections[: job.concurrency]]
    try:
        if large:
            await Run(iter(large), started + job.seconds).work(connections[-1], large_times)
            run.until = 0.0
        await asyncio.gather(*small)
        elapsed = time.perf_counter() - started
        return Load(times, large_times, elapsed, (_processor_seconds(job.server) - busy) / elapsed)
    finally:
        for each in connections:
            each.close()


class Run:
    """What several connections share: the requests left, and the moment to stop."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self._requests = requests
        self.until = until

    async def work(self, connection: "Connection", times: list[float]) -> None:
        for request in self._requests:
            started = time.perf_counter()
            async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
                status, body = await connection.ask(request)
            ended = time.perf_counter()
            times.append((ended - started) * 1000)
            if status != 201:
                raise RuntimeError(f"not accepted: {status} {body[:300]!r}")
            if ended > self.until:
                return


class Connection(asyncio.Protocol):
    """One request at a time; the answer says its length."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one only by its methods

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, ended, body = self._buffer.partition(b"\r\n\r\n")
        if not ended or self._answer is None:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(body) >= length:
            self._buffer = b""
            self._answer.set_result((int(lines[0].split()[1]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server closed the connection"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


async def _connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


def _request(data: bytes, job: Job) -> bytes:
    head = (
        f"POST /api/v1/declarations HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nAuthorization: Bearer {job.token}\r\n"
        f"Content-Type: application/xml\r\nAccept: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode("ascii") + data


def _processor_seconds(process: int) -> float:
    """Return the processor time of a process and of all that descend from it, ended ones too."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
        ticks[int(entry.parent.name)] = sum(map(int, fields[11:15]))
    waiting, found = [process], 0
    while waiting:
        each = waiting.pop()
        found += ticks.get(each, 0)
        waiting.extend(children.get(each, ()))
    return found / TICKS_PER_SECOND
