"""Driving the form of templates/components/sign.html, and the modules behind it."""

import json
import socket
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, WebSocketRoute

ROOT = Path(__file__).parents[1]
NCALAYER = "wss://127.0.0.1:13579"
_MODULES = ("canonical.js", "document.js", "identity.js", "pkcs12.js", "xades.js")


def sign_with_key(page: Page, key_file: Path, password: str = "demo") -> None:
    """Sign what the page asks to sign with a key file, and send it; the caller looks at what comes."""
    page.check("#signing-way-file")
    page.set_input_files("#signing-key", key_file)
    page.fill("#signing-password", password)
    page.click(".signing button[type=submit]")


def sign_in_with_key(page: Page, address: str, key_file: Path, password: str = "demo") -> None:
    """Sign in with a key file and wait until the first page of the role is there."""
    page.goto(f"{address}/sign-in")
    sign_with_key(page, key_file, password)
    page.wait_for_url(lambda url: "/sign-in" not in url)


def pretend_ncalayer(page: Page, answer: Any) -> list[dict[str, Any]]:
    """Stand in for NCALayer: `answer` gets a request to sign and returns what to answer. Return the requests heard."""
    heard: list[dict[str, Any]] = []

    def listen(socket: WebSocketRoute) -> None:
        def hear(message: str | bytes) -> None:
            request = json.loads(message)
            if request.get("method") == "getVersion":  # of another program, which is not there
                socket.send(json.dumps({"code": "500", "message": "unknown module"}))
                return
            heard.append(request)
            socket.send(json.dumps(answer(request)))

        socket.on_message(hear)
        socket.send(json.dumps({"result": {"version": "1.4"}}))

    page.route_web_socket(NCALAYER, listen)
    return heard


@contextmanager
def overheard(address: str) -> Iterator[tuple[str, bytearray]]:
    """Stand between browser and portal: yield another address of it, and all bytes that the browser has sent there.

    Playwright does not show the content of files in forms.
    """
    heard = bytearray()
    target = urlsplit(address)

    class Between(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((target.hostname, target.port)) as portal:
                back = Thread(target=_pass_on, args=(portal, self.request), daemon=True)
                back.start()
                _pass_on(self.request, portal, heard)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Between) as server:
        server.daemon_threads = True
        server.block_on_close = False
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket, heard: bytearray | None = None) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            if heard is not None:
                heard.extend(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def bench(browser: Browser) -> Page:
    """Return an empty https page with the signing modules as `signing`: what they do without a portal."""
    page = browser.new_page()
    page.route("https://bench.test/**", lambda route: route.fulfill(body="<!DOCTYPE html>", content_type="text/html"))
    page.goto("https://bench.test/")
    page.evaluate(_bundled())
    return page


def _bundled() -> str:
    exports = "".join(f'export * from "./{name}";' for name in _MODULES)
    command = [
        str(ROOT / "node_modules/.bin/esbuild"),
        "--bundle",
        "--format=iife",
        "--global-name=signing",
        "--log-level=error",
    ]
    built = subprocess.run(
        [*command, "--sourcefile=bench.js"],
        input=exports,
        cwd=ROOT / "assets" / "signing",
        capture_output=True,
        text=True,
        check=True,
    )
    return built.stdout + ";globalThis.signing = signing"
