"""What `make run` starts: demo data, the portal, and three lodgements whose decisions are printed."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import httpx
import uvicorn
from rich.console import Console

from portal.app import create_app, open_office
from portal.clock import SystemClock
from portal.demo.lodgements import LODGEMENTS, signed_document, token_of
from portal.demo.movements import put_movements
from portal.demo.partners import start_stands
from portal.demo.seed import seed
from portal.lodging import RemotePortal
from portal.settings import Settings
from portal.terminal import show_decision, show_problem

STARTS_WITHIN_SECONDS = 60
NO_PARTNERS = "No partner answers: their ports are taken. The five behind the portal's must be free."
console = Console(highlight=False)


def run_demo(port: int) -> None:
    """Serve until interrupted. Ends everything that it started."""
    settings = replace(Settings.load(), demo=True)
    clock = SystemClock()
    seed(settings, clock)
    put_movements(settings, clock)
    stands = start_stands(settings, clock, port)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings), host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning"
        )
    )
    url, partners = f"http://127.0.0.1:{port}", [stand.address for stand in stands]
    lodging = threading.Thread(target=_lodge, args=(settings, url, server, partners), daemon=True)
    lodging.start()
    server.run()
    for stand in stands:
        stand.end()


def _lodge(settings: Settings, url: str, server: uvicorn.Server, partners: Sequence[str]) -> None:
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
    told = f"Stands of partners: {', '.join(partners)}. docs/partners.md tells how to disturb them."
    console.print(told if partners else NO_PARTNERS, soft_wrap=True)
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
