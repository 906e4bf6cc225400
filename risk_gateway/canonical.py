"""One sequence of bytes for one value, so that a decision can be replayed and compared.

Canonical JSON here: keys sorted, no spaces, UTF-8, decimals as exact text, times as RFC 3339.
"""

import hashlib
from typing import TypeVar

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="string")


def dumps(value: object) -> bytes:
    """Return the canonical JSON of a struct or plain value."""
    return _ENCODER.encode(value)


def loads(data: bytes, kind: type[T]) -> T:
    """Read a struct back. Raises msgspec.ValidationError when the data do not fit."""
    return msgspec.json.decode(data, type=kind)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(dumps(value)).hexdigest()
