"""Signed declarations for measuring: Anna's (RSA-2048), each under its own reference."""

from datetime import datetime
from functools import cache

import builders

from portal.languages import KAZAKHSTAN_TIME
from signing.signer import SigningKey, sign

REFERENCE = "BENCH-REFERENCE"
LARGE_DESCRIPTION = 840  # characters: 999 items come to 2.9 MB, as real ones do


def signed(items: int, count: int, name: str, key: SigningKey, at: datetime) -> list[bytes]:
    """Return `count` declarations of so many items, issued and signed at that moment."""
    template = _template(items, at)
    return [
        sign(template.replace(REFERENCE.encode(), f"{name}-{items}-{number}".encode()), key, at)
        for number in range(count)
    ]


@cache
def _template(items: int, at: datetime) -> bytes:
    local = at.astimezone(KAZAKHSTAN_TIME)
    return builders.declaration_xml(
        items,
        reference=REFERENCE,
        issued_at=local.isoformat(timespec="seconds"),
        rate_date=local.date().isoformat(),
        description_length=LARGE_DESCRIPTION if items >= 999 else 0,
    )
