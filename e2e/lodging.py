"""Lodging over the API, so that a journey has a case of its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import builders

from declarations.errors import DeclarationsError
from portal.app import open_office
from portal.errors import PortalError
from portal.languages import KAZAKHSTAN_TIME
from portal.office import Office
from portal.pipeline import judge
from portal.settings import Settings
from portal.stages import Lodged
from risk_gateway.profiles import Outcome
from signing.errors import SigningError
from signing.signer import SigningKey, sign

TRIES = 50  # of many more draws than one
BUDGET_MS = 10_000
_numbers = count(1)


def lodge(
    address: str,
    folder: Path,
    person: str,
    participant: str,
    sender: str | None = None,
    build: Callable[..., bytes] = builders.declaration_xml,
    **changes: Any,
) -> str:
    """Lodge a declaration signed by one of the cast and return its registration number.

    `sender` is the firm whose program sends it, when that is not the participant. What it meets is what its content
    brings: the reference is one that the day's random draw leaves alone. Raises `HTTPError`.
    """
    key = SigningKey.from_pkcs12((folder / "demo" / "keys" / f"{person}.p12").read_bytes(), "demo")
    for _ in range(TRIES):
        now = datetime.now(UTC)
        local = now.astimezone(KAZAKHSTAN_TIME)
        unsigned = build(
            reference=f"E2E-{now:%H%M%S}-{next(_numbers)}",
            signatory=person,
            declarant=participant,
            issued_at=(local - timedelta(minutes=5)).isoformat(timespec="seconds"),
            rate_date=local.date().isoformat(),
            **changes,
        )
        signed = sign(unsigned, key, now)
        if not _is_drawn(folder, Lodged(signed, now)):
            break
    else:
        raise AssertionError(f"The draw takes each of {TRIES} declarations.")
    token = (folder / "demo" / "tokens" / f"{sender or participant}.txt").read_text(encoding="ascii").strip()
    request = Request(
        f"{address}/api/v1/declarations",
        data=signed,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml", "Accept": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return str(told["registration_number"])


def _is_drawn(folder: Path, lodged: Lodged) -> bool:
    """Tell whether the random draw alone would send this document to anybody; not of what will be refused."""
    office = _office(folder)
    try:
        assessment = judge(lodged, office.current(), office.clock.monotonic, BUDGET_MS).assessment
    except (SigningError, DeclarationsError, PortalError):
        return False
    return assessment.by_draw is not Outcome.SIMPLIFIED_RELEASE


@cache
def _office(folder: Path) -> Office:
    """Return the portal's database as its own process sees it."""
    return open_office(replace(Settings.load(), home=folder, database_url=f"sqlite:///{folder / 'shekara.db'}"))
