"""Signatures of the Standard Webhooks specification, version v1: HMAC-SHA256 over id, moment and body."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def make_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message_id: str, at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the three headers of an attempt, signed with each of the secrets."""
    moment = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(sign(message_id, moment, body, key) for key in keys),
    }


def sign(message_id: str, moment: str, body: bytes, secret: str) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    mac = hmac.new(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256)
    return f"v1,{b64encode(mac.digest()).decode()}"
