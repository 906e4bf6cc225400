"""Lodging over the API, so that a journey has a case of its own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import builders

from portal.languages import KAZAKHSTAN_TIME
from signing.signer import SigningKey, sign

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

    `sender` is the firm whose program sends it, when that is not the participant. Raises `HTTPError`.
    """
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
    key = SigningKey.from_pkcs12((folder / "demo" / "keys" / f"{person}.p12").read_bytes(), "demo")
    token = (folder / "demo" / "tokens" / f"{sender or participant}.txt").read_text(encoding="ascii").strip()
    request = Request(
        f"{address}/api/v1/declarations",
        data=sign(unsigned, key, now),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml", "Accept": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return str(told["registration_number"])
