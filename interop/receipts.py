"""Signed receipts: a compact JSON Web Signature (RFC 7515) over what was received and what came of it.

Whoever has the recipient's certificate verifies one with any library for JWS, without us.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from msgspec import Struct

from interop.envelope import Code, Number
from interop.errors import ReceiptRefused
from interop.partners import KnownKey, PublicKey, fingerprint
from signing.signer import SigningKey

TYPE = "shekara-receipt"
ES256, ES384, RS256 = "ES256", "ES384", "RS256"


class Receipt(Struct, frozen=True, kw_only=True):
    """That a message was received. `digest` is SHA-256 of the envelope's bytes, in hex; `outcome` `taken` or `refused`,
    `code` why it was refused. It is the `position`-th that `by` received from `sender`, as the recipient counts and
    calls them. A position given twice tells that the recipient was restored from an older copy meanwhile."""

    id: str
    sequence: Number
    position: Number
    digest: str
    outcome: str
    received_at: datetime
    sender: str
    by: str
    code: Code = ""


def sign_receipt(receipt: Receipt, key: SigningKey) -> str:
    """Return the receipt as a compact JWS. Raises KeyUnusable."""
    header = {"alg": _algorithm(key.certificate.public_key()), "kid": fingerprint(key.certificate), "typ": TYPE}
    signed = f"{_base64(json.dumps(header).encode())}.{_base64(msgspec.json.encode(receipt))}"
    return f"{signed}.{_base64(key.sign(signed.encode()))}"


def read_receipt(text: str, keys: Iterable[KnownKey]) -> Receipt:
    """Return what a receipt says. Raises `ReceiptRefused` unless one of these keys signed it."""
    try:
        header, payload, signature = text.split(".")
        stated = json.loads(_bytes(header))
        key = next(each for each in keys if each.id == stated["kid"])
        if stated["alg"] != _algorithm(key.public) or stated["typ"] != TYPE:
            raise ReceiptRefused("exchange.receipt")
        _verify(key.public, _bytes(signature), f"{header}.{payload}".encode())
        return msgspec.json.decode(_bytes(payload), type=Receipt)
    except (ValueError, KeyError, TypeError, StopIteration, InvalidSignature):
        raise ReceiptRefused("exchange.receipt") from None


def _algorithm(key: object) -> str:
    match key:
        case ec.EllipticCurvePublicKey():
            return ES256 if key.key_size == 256 else ES384
        case rsa.RSAPublicKey():
            return RS256
    raise ReceiptRefused("exchange.receipt")


def _verify(key: PublicKey, signature: bytes, signed: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        return
    width = key.key_size // 8
    if len(signature) != 2 * width:
        raise ReceiptRefused("exchange.receipt")
    r, s = (int.from_bytes(half, "big") for half in (signature[:width], signature[width:]))
    digest = hashes.SHA256() if key.key_size == 256 else hashes.SHA384()
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
