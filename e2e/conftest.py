"""A real server on a folder of its own, and a real browser."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import processes
import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from e2e.visitor import Visitor

ROOT = Path(__file__).parents[1]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
LONGEST = "test_every_page"
LODGE = [sys.executable, "-P", str(ROOT / "e2e" / "lodge_examples.py")]

expect.set_options(timeout=30_000)  # by itself it waits 5 s, too short on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each file in one process; the longest begins first, and each of its languages may have a process."""
    for item in items:
        chosen = getattr(item, "callspec", None)
        language = chosen.params.get("language", "") if chosen and item.path.stem == LONGEST else ""
        group = f"{item.path.stem}-{language}"
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.path.stem != LONGEST)


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with demo data and lodged examples, made once for all processes of the run, to copy from."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, making = shared / "prepared", shared / "being-prepared"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _prepare(making)
            making.rename(folder)
    return folder


@pytest.fixture(scope="module")
def portal_folder(tmp_path_factory: pytest.TempPathFactory, prepared_folder: Path) -> Path:
    """Return the folder of the portal, with the demonstration's keys in demo/keys."""
    folder = tmp_path_factory.mktemp("portal")
    shutil.copytree(prepared_folder, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def portal_address(portal_folder: Path) -> Iterator[str]:
    """Start a portal with demo data for each file, since journeys change what is there; return where it answers."""
    if not (ROOT / "portal" / "static" / "manifest.json").exists():
        pytest.fail("The front end is not built: run npm ci && npm run build first.")
    port, log = processes.free_port(), portal_folder / "server.log"
    environment = _environment(portal_folder)
    server = processes.start(environment, log, "serve", "--port", str(port))
    try:
        address = f"http://127.0.0.1:{port}"
        processes.wait_until_it_answers(address, server, log)
        yield address
    finally:
        processes.stop(server)
    processes.run(environment, log, "audit")  # whatever of what was stored does not fit fails the run


def _environment(folder: Path) -> dict[str, str]:
    environment = {**os.environ, "SHEKARA_HOME": str(folder), "SHEKARA_DEMO": "1", "SHEKARA_RISK_BUDGET_MS": "20000"}
    environment["SHEKARA_EXCHANGE_PULL_SECONDS"] = "1"
    return environment


def _prepare(folder: Path) -> None:
    folder.mkdir()
    environment = _environment(folder)
    processes.run(environment, folder / "prepare.log", "seed")
    subprocess.run([*LODGE, str(folder)], cwd=ROOT, env=environment, check=True, timeout=300)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or else the one Playwright has installed; without windows it needs least."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, portal_address: str) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a browser window; at the end no browser may have complained."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def open_window(*, language: str = "en", width: int = 1280, dark: bool = False, javascript: bool = True) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale={"kk": "kk-KZ", "ru": "ru-KZ", "en": "en-GB"}[language],
            java_script_enabled=javascript,
        )
        contexts.append(context)
        visitors.append(Visitor(context.new_page(), portal_address))
        return visitors[-1]

    yield open_window
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
