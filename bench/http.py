"""Lodgements over HTTP: a real server in a process of its own, on loopback, with durable shared commits."""

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import httpx
import processes

from bench.client import Job, Load, send
from bench.table import Aim, Row, at_least, at_most, quantile
from portal.clock import SystemClock
from portal.demo.lodgements import token_of
from portal.demo.seed import seed
from portal.settings import Settings

ROOT = Path(__file__).parents[1]
STARTS_WITHIN_SECONDS = 60
ENDS_WITHIN_SECONDS = 30
CONCURRENCIES = (1, 16, 64)
PER_SECOND = {1: 700, 14: 350}
P99_MS = 50
P99_BESIDE_LARGE = 3


class Server:
    """`shekara serve` on a database of its own in `home`, with the demo's keys; ended on leaving.

    It is made and seeded unless somebody else has; `changes` are settings beside the usual ones.
    """

    def __init__(self, home: Path, *, made: bool = False, **changes: str) -> None:
        url = changes.get("SHEKARA_DATABASE_URL", f"sqlite:///{home / 'shekara.db'}")
        self.settings = Settings(home=home, database_url=url)
        self._made = made
        self._changes = {
            "SHEKARA_HOME": str(home),
            "SHEKARA_DATABASE_URL": url,
            "SHEKARA_REQUESTS_PER_MINUTE": "100000000",
            **changes,
        }

    def __enter__(self) -> "Server":
        if not self._made:
            seed(self.settings, SystemClock())
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHEKARA_")}
        self.port = processes.free_port()
        command = [sys.executable, "-m", "portal.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**inherited, **self._changes})
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _wait(self) -> None:
        until = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health", trust_env=False, timeout=5).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)  # the server is another process: there is only its port to watch
            else:
                return
        raise RuntimeError("the server did not start")

    def _end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measure(count: int, large: int, seconds: float, home: Path, floors: dict[int, float]) -> list[Row]:
    """Time up to `count` lodgements of each kind, each for so many seconds at most.

    `floors` gives the floor's processor time in milliseconds by number of items.
    """
    home.mkdir()
    with Server(home) as server, ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client:

        def load(name: str, items: int, concurrency: int, most: int, beside: int = 0) -> Load:
            token = token_of(server.settings, "altyn")
            job = Job(name, items, most, concurrency, beside, seconds, server.port, server.process.pid, token, home)
            return client.submit(send, job).result()

        load("WARM", 1, 16, 300, beside=1)
        rows, alone = [], 0.0
        for items in PER_SECOND:
            for concurrency in CONCURRENCIES:
                done = load(f"C{concurrency}", items, concurrency, count // 4 if concurrency == 1 else count)
                rows.append(
                    _row(f"HTTP, concurrency {concurrency}", items, done, floors, _aims(items, concurrency, done))
                )
                if (items, concurrency) == (1, 16):
                    alone = rows[-1].p99
        mixed = load("BESIDE", 1, 16, count * 2, beside=large)
        times = quantile(mixed.times, 0.99) / alone
        aims = (Aim(f"p99 {times:.1f} x alone <= {P99_BESIDE_LARGE}", times <= P99_BESIDE_LARGE),)
        rows.append(_row("HTTP, concurrency 16, large come in", 1, mixed, floors, aims))
        p50, p99 = (quantile(mixed.large_times, share) for share in (0.5, 0.99))
        rate = len(mixed.large_times) / mixed.seconds
        rows.append(Row("  the large, one after another", 999, p50, p99, per_second=rate))
    return rows


def _row(name: str, items: int, load: Load, floors: dict[int, float], aims: tuple[Aim, ...]) -> Row:
    per_second = len(load.times) / load.seconds
    per_core = per_second / load.cores
    p50, p99 = quantile(load.times, 0.5), quantile(load.times, 0.99)
    if load.large_times:  # the server's processor time is that of both kinds
        return Row(name, items, p50, p99, per_second=per_second, aims=aims)
    cpu = 1000 / per_core
    return Row(name, items, p50, p99, cpu, cpu / floors[items], per_second, per_core, aims)


def _aims(items: int, concurrency: int, load: Load) -> tuple[Aim, ...]:
    if concurrency != 16:
        return ()
    rate = at_least(len(load.times) / load.seconds, PER_SECOND[items], "per second")
    return rate, at_most(quantile(load.times, 0.99), P99_MS, "p99")
