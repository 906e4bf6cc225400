"""A partner's system as a server of its own, which a journey can kill and start again."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from interop.partners import PartnerKind

ROOT = Path(__file__).parents[1]


class Standing:
    """A partner at a port of its own: customs of Qiyalia, unless another kind is named. What it keeps is in the
    portal's folder, and stays when it is killed."""

    def __init__(self, home: Path, port: int, salt: str = "", kind: PartnerKind = PartnerKind.FOREIGN_CUSTOMS) -> None:
        self.address = f"http://127.0.0.1:{port}"
        secret = ["--salt", salt] if salt else []
        self._command = [sys.executable, "-m", "portal.cli", "partner", kind.value, "--port", str(port), *secret]
        self._environment = {**os.environ, "SHEKARA_HOME": str(home)}
        self._server: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it says where it is."""
        self._server = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        assert self.address in self._server.stdout.readline()

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait(timeout=20)
            assert self._server.stdout is not None
            self._server.stdout.close()
            self._server = None

    def says(self, participant: str, *, violates: bool) -> None:
        """From now on it has, or annuls, a violation of a participant on record."""
        body = json.dumps({"participant": participant, "yes": violates}).encode()
        with urlopen(Request(f"{self.address}/facts", data=body, method="POST"), timeout=20) as answer:
            assert answer.status == 200

    def told(self) -> list[dict[str, Any]]:
        """Return what it was told, in the order in which it came."""
        with urlopen(f"{self.address}/notices", timeout=20) as answer:
            return [json.loads(b64decode(each)) for each in json.load(answer)]
