"""Processes of `shekara` that fork where its code is loaded already: loading it anew takes seconds for each."""

import multiprocessing
import os
import random
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.request import urlopen

NOT_AHEAD_OF_NEED = 3600.0  # a process for large bodies starts when there is one
STARTS_WITHIN_SECONDS = 120
ENDS_WITHIN_SECONDS = 300
PORTS = range(10_000, 30_000)  # below those that systems give to connections: nobody takes one while its server is away
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["portal.cli"])


def start(
    environment: Mapping[str, str], log: Path, *words: str, aside_after: float = NOT_AHEAD_OF_NEED
) -> BaseProcess:
    """Start `shekara` with these words; what it says is added to the log.

    `aside_after` is when a server starts its process for large bodies, in seconds.
    """
    process = _context.Process(target=_run, args=(dict(environment), log, words, aside_after))
    process.start()
    return process


def free_port() -> int:
    """Return a port on which nobody listens, for a server that may be killed and started again."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run(environment: Mapping[str, str], log: Path, *words: str) -> None:
    """Run `shekara` with these words. Raises `AssertionError` with what it said when it fails."""
    process = start(environment, log, *words)
    process.join(ENDS_WITHIN_SECONDS)
    if process.exitcode is None:
        process.kill()
    assert process.exitcode == 0, f"shekara {' '.join(words)} ended with {process.exitcode}:\n{_said(log)}"


def stop(process: BaseProcess) -> None:
    process.terminate()
    process.join(60)
    assert process.exitcode is not None, "it does not end"


def wait_until_it_answers(address: str, server: BaseProcess, log: Path) -> None:
    """Wait for a server that takes declarations. Raises `AssertionError` with what it said when it does not come."""
    ends = time.monotonic() + STARTS_WITHIN_SECONDS
    while server.is_alive() and time.monotonic() < ends:
        with suppress(OSError), urlopen(f"{address}/health", timeout=5):
            return
        time.sleep(0.1)  # the server is another process: there is only its port to watch
    raise AssertionError(f"The portal did not start:\n{_said(log)}")


def _said(log: Path) -> str:
    return log.read_text("utf-8", "replace")


def _run(environment: dict[str, str], log: Path, words: tuple[str, ...], aside_after: float) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as told:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(told.fileno(), stream.fileno())

    from portal import aside, cli  # loaded before the fork

    aside.STARTS_AFTER_SECONDS = aside_after
    cli.app(list(words))
