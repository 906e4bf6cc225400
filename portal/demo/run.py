"""What `make run` starts: demo data, the portal, and three lodgements whose decisions are printed."""

import socket
import threading
import time
from dataclasses import replace

import httpx
import uvicorn
from rich.console import Console

from portal.app import create_app, open_office
from portal.clock import SystemClock
from portal.demo.lodgements import LODGEMENTS, signed_document, token_of
from portal.demo.seed import seed
from portal.lodging import RemotePortal
from portal.settings import Settings
from portal.terminal import show_decision, show_problem

STARTS_WITHIN_SECONDS = 60
console = Console(highlight=False)


def run_demo(port: int) -> None:
    """Serve until interrupted. Ends everything that it started."""
    settings = replace(Settings.load(), demo=True)
    seed(settings, SystemClock())
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings), host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning"
        )
    )
    lodging = threading.Thread(target=_lodge, args=(settings, f"http://127.0.0.1:{port}", server), daemon=True)
    lodging.start()
    server.run()


def _lodge(settings: Settings, url: str, server: uvicorn.Server) -> None:
    if not _answers(url):
        console.print(f"The portal did not start at {url}: is the port taken? Try make run PORT=8123", style="red")
        server.should_exit = True
        return
    office = open_office(settings)
    for lodgement in LODGEMENTS:
        signed = signed_document(lodgement, office, settings)
        accepted, answer = RemotePortal(url, token_of(settings, lodgement.sender)).lodge(signed, "en")
        show_decision(answer, lodgement.says) if accepted else show_problem(lodgement.says, answer)
        console.print()
    console.print(f"Shekara is at [bold]{url}[/]: sign in as Anna, Berik or Yerkin. Ctrl-C ends it.")
    console.print(f"Keys (password demo) and API tokens: {settings.home / 'demo'}", soft_wrap=True)


def _answers(url: str) -> bool:
    port = int(url.rpartition(":")[2])
    until = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return httpx.get(f"{url}/health", trust_env=False, timeout=10).status_code == 200
        time.sleep(0.1)  # the server is another process: there is only its port to watch
    return False
