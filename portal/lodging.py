"""Lodging files from a command line: on the local database or at a portal's address, one by one, with a summary."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
from rich.console import Console
from rich.progress import track

from portal import terminal
from portal.errors import PortalError
from portal.office import Office
from portal.pipeline import Refusal, lodge
from portal.problems import problem_of
from portal.stages import Lodged

TRIES_MAX = 5
_TRY_AGAIN = {429, 503}


class Portal(Protocol):
    def lodge(self, data: bytes, language: str) -> tuple[bool, dict[str, Any]]:
        """Return (accepted, the decision or the problem document)."""


class LocalPortal:
    """The same pipeline on the local database: the office's own command line."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def lodge(self, data: bytes, language: str) -> tuple[bool, dict[str, Any]]:
        try:
            return True, lodge(Lodged(data, self._office.clock.now()), self._office).as_json(language)
        except (*Refusal, PortalError) as error:
            return False, problem_of(error, language)


class RemotePortal:
    """A portal by HTTP. What it could not take now is sent again: the same bytes are never accepted twice."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml"},
            timeout=30,
            trust_env=False,
        )

    def lodge(self, data: bytes, language: str) -> tuple[bool, dict[str, Any]]:
        for attempt in range(1, TRIES_MAX + 1):
            try:
                answer = self._client.post("/api/v1/declarations", content=data, headers={"Accept-Language": language})
            except httpx.TransportError as error:
                problem = {"code": "portal.unreachable", "status": 0, "detail": f"The portal does not answer: {error}"}
                wait = 1
            else:
                if answer.status_code not in _TRY_AGAIN:
                    return answer.is_success, _body(answer)
                problem, wait = _body(answer), int(answer.headers.get("Retry-After", "1"))
            if attempt < TRIES_MAX:
                time.sleep(min(wait, 10))  # as the portal asks
        return False, problem


def lodge_files(portal: Portal, files: Sequence[Path], language: str, as_json: bool) -> bool:
    """Lodge each file, print what came of it, and tell whether all were accepted."""
    results: list[tuple[Path, bool, dict[str, Any]]] = []
    console = Console(stderr=True)
    for file in track(files, "Lodging", console=console, disable=len(files) == 1, transient=True):
        results.append((file, *portal.lodge(file.read_bytes(), language)))
    if as_json:
        documents = [result for _, _, result in results]
        print(json.dumps(documents[0] if len(files) == 1 else documents, ensure_ascii=False, indent=2))
    else:
        for file, accepted, result in results:
            terminal.show_result(file, accepted, result, language)
        if len(files) > 1:
            terminal.show_summary(Counter(_outcome(accepted, result) for _, accepted, result in results))
    return all(accepted for _, accepted, _ in results)


def _outcome(accepted: bool, result: dict[str, Any]) -> str:
    return str(result["decision"]["outcome"]) if accepted else "refused"


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        return {"code": "portal.unreadable", "status": answer.status_code, "detail": answer.text[:200]}
    return body
