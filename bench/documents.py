"""Signed declarations for measuring: Anna's (RSA-2048), each under its own reference."""

from datetime import datetime
from decimal import Decimal
from functools import cache

import builders

from portal.languages import KAZAKHSTAN_TIME
from signing.signer import SigningKey, sign

REFERENCE = "BENCH-REFERENCE"
LARGE, LARGE_DESCRIPTION = 999, 840  # items, characters: these come to 2.9 MB, as real ones do
SHIPMENTS, LARGER_BY = 200, Decimal("1.03")  # of goods of the same mass or value again, each is inspected


def signed(items: int, count: int, name: str, key: SigningKey, at: datetime) -> list[bytes]:
    """Return `count` declarations of so many items, issued and signed at that moment."""
    made = []
    for number in range(count):
        template = _template(items, at, number % SHIPMENTS if items < LARGE else 0)
        reference = f"{name}-{items}-{number}"
        made.append(sign(template.replace(REFERENCE.encode(), reference.encode()), key, at))
    return made


@cache
def _template(items: int, at: datetime, shipment: int) -> bytes:
    local = at.astimezone(KAZAKHSTAN_TIME)
    return builders.declaration_xml(
        [_goods(number, LARGER_BY**shipment) for number in range(1, items + 1)],
        reference=REFERENCE,
        issued_at=local.isoformat(timespec="seconds"),
        rate_date=local.date().isoformat(),
        description_length=LARGE_DESCRIPTION if items >= LARGE else 0,
    )


def _goods(number: int, times: Decimal) -> dict[str, str]:
    """Return how much of its goods an item is about; the price of a piece and of a kilogram stays."""
    usual = builders.goods(number, REFERENCE)
    parts = {"price": "0.01", "gross": "0.001", "net": "0.001", "quantity": "1"}
    return {name: str((Decimal(usual[name]) * times).quantize(Decimal(part))) for name, part in parts.items()}
