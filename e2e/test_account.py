"""The own account: record, a token that works until it is revoked, a webhook that hears, and a paper to check."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pypdf
import pytest
from playwright.sync_api import expect

from e2e.visitor import Visitor

WITHIN_SECONDS = 60
NOTICES = ("declaration.decided", "declaration.moved", "payment.due")


class Receiver(ThreadingHTTPServer):
    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], Any]] = []
        super().__init__(("127.0.0.1", 0), Hook)


class Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_token_works_until_it_is_revoked(visit: Callable[..., Visitor], portal_address: str) -> None:
    anna = visit()
    anna.sign_in("anna")
    number = anna.path_of_first().removeprefix("/declarations/")
    anna.open("/account/tokens")
    anna.page.get_by_role("button", name="Issue a token").click()
    expect(anna.page.locator(".govuk-error-summary")).to_be_focused()
    anna.look("account-token-refused")
    anna.page.fill("#label", "ERP of the journey")
    anna.page.get_by_role("button", name="Issue a token").click()
    token = anna.page.inner_text("#secret")
    anna.look("account-token-shown-once")
    address = f"{portal_address}/api/v1/declarations/{number}"
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(address, headers=headers).status_code == 200
    anna.page.get_by_role("link", name="I have copied it").click()
    row = anna.page.locator("tr", has_text="ERP of the journey").first
    row.locator("summary").click()
    anna.look("account-token-revoking")
    row.get_by_role("button", name="Revoke").click()
    expect(anna.page.locator("tr", has_text="ERP of the journey").first).to_contain_text("Revoked")
    anna.page.wait_for_timeout(1100)  # so long it may still open something
    assert httpx.get(address, headers=headers).status_code == 401
    assert anna.complaints == []


def test_a_webhook_hears_a_test_and_a_notice_sent_again(visit: Callable[..., Visitor], receiver: Receiver) -> None:
    anna = visit()
    anna.sign_in("anna")
    anna.open("/account/webhooks")
    anna.page.fill("#url", "https://10.0.0.1/hook")
    anna.page.get_by_role("button", name="Add a webhook").click()
    expect(anna.page.locator("#url-error")).to_contain_text("private network")
    anna.page.fill("#url", f"http://127.0.0.1:{receiver.server_address[1]}/hook")
    anna.page.get_by_role("button", name="Add a webhook").click()
    assert anna.page.inner_text("#secret").startswith("whsec_")
    anna.look("account-webhook-secret")
    anna.follow(anna.page.get_by_role("link", name="I have copied it"))
    page = anna.page.url
    anna.follow(anna.page.get_by_role("button", name="Send a test message"))
    heard = receiver.heard
    _until(anna, lambda: any(said["type"] == "webhook.test" for _, said in heard))
    anna.open("/account/notifications")
    anna.follow(anna.page.get_by_role("button", name="Send again").first)
    _until(anna, lambda: any(said["type"] in NOTICES for _, said in heard))
    _until(anna, lambda: bool(anna.open(urlsplit(page).path)) and "HTTP 204" in anna.page.inner_text("main"))
    anna.look("account-webhook")
    anna.page.locator("summary", has_text="Remove the webhook").click()
    anna.page.get_by_role("button", name="Remove the webhook").click()
    assert anna.complaints == []


def test_a_printed_declaration_can_be_checked_by_anybody(visit: Callable[..., Visitor]) -> None:
    anna = visit(language="kk")
    anna.sign_in("anna")
    path = anna.path_of_first("inspection")
    anna.open(path)
    with anna.page.expect_download() as download:
        anna.page.click("a[href$='/print']")
    reader = pypdf.PdfReader(download.value.path())
    assert len(reader.attachments) == 2
    links = reader.pages[0].annotations
    assert links is not None
    uri = links[0].get_object()["/A"]["/URI"]
    stranger = visit(language="ru")
    assert stranger.open(urlsplit(str(uri)).path) == 200
    stranger.look("account-paper-genuine")
    assert "Altyn" not in stranger.page.inner_text("main")
    assert stranger.open(f"{urlsplit(str(uri)).path}0") == 404
    stranger.look("account-paper-unknown")


def _until(visitor: Visitor, happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < ends:
        if happened():
            return
        visitor.page.wait_for_timeout(100)
    raise AssertionError("it did not happen")
