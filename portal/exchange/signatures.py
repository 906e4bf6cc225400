"""Requests and answers signed by RFC 9421, with the content's digest (RFC 9530), a nonce and a window of time.

What is covered: of a request `REQUEST`, of an answer `ANSWER`, which names the signature of the request it answers, so
that no answer can be taken for that to another request. The scheme is not covered: TLS may end before the portal.
"""

import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import http_sf
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ECDSA_P384_SHA384, RSA_PSS_SHA512
from msgspec import Struct

from interop.errors import KeyRefused
from interop.partners import KnownKey, Partner, PublicKey, fingerprint, read_key
from portal.errors import SignatureRefused
from signing.signer import SigningKey

LABEL = "sig"
REQUEST_TAG, ANSWER_TAG = "shekara-exchange", "shekara-exchange-answer"
REQUEST = ("@method", "@authority", "@path", "@query")
ANSWER = ("@status", "content-type", f'"signature";req;key="{LABEL}"')
WINDOW = timedelta(minutes=5)  # that clocks may differ, and that a request may be on its way
NONCE_LENGTHS = range(16, 65)


class Message(Struct):
    """A request as the library wants it; `url` is absolute."""

    method: str
    url: str
    headers: MutableMapping[str, str]


class AnswerMessage(Struct):
    """An answer as the library wants it, with the request that it answers."""

    status_code: int
    headers: MutableMapping[str, str]
    request: Message


class Proof(Struct, frozen=True):
    """Who signed a request, and what proves it: the signature base and the signature over it."""

    partner: Partner
    key_id: str
    nonce: str
    created: datetime
    signed: bytes
    signature: bytes


class HasHeaders(Protocol):
    headers: MutableMapping[str, str]


def sign_request(key: SigningKey, method: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request: Content-Digest (with a body), Signature-Input and Signature."""
    message = Message(method, url, {})
    _sign(key, message, REQUEST, REQUEST_TAG, body or None, now)
    return dict(message.headers)


def sign_answer(
    key: SigningKey, status: int, content_type: str, body: bytes, request: Message, now: datetime
) -> dict[str, str]:
    """Return the headers that sign an answer to a request that was signed."""
    message = AnswerMessage(status, {"content-type": content_type}, request)
    _sign(key, message, ANSWER, ANSWER_TAG, body, now)
    return {name: value for name, value in message.headers.items() if name != "content-type"}


def named(message: Message, partners: Iterable[Partner], now: datetime) -> Partner:
    """Return whose key a request says that it is signed with. Raises `SignatureRefused`; nothing is verified."""
    return _holder(key_id_of(message.headers), partners, now)[0]


def verify_request(message: Message, body: bytes, partners: Iterable[Partner], now: datetime) -> Proof:
    """Return who signed a request. Raises `SignatureRefused`; whether the nonce was used before is not looked at."""
    key_id = key_id_of(message.headers)
    partner, known = _holder(key_id, partners, now)
    result = _verify(message, body, known, REQUEST, REQUEST_TAG, now)
    if result.label != LABEL:  # by which the answer names it
        raise SignatureRefused("exchange.signature")
    nonce = result.nonce or ""
    if len(nonce) not in NONCE_LENGTHS:
        raise SignatureRefused("exchange.nonce")
    signature: Any = http_sf.parse(_header(message.headers, "signature").encode(), tltype="dictionary")
    return Proof(
        partner=partner,
        key_id=key_id,
        nonce=nonce,
        created=datetime.fromtimestamp(int(result.parameters["created"]), UTC),
        signed="\n".join(f"{name}: {value}" for name, value in result.covered_components.items()).encode(),
        signature=signature[result.label][0],
    )


def verify_answer(
    status: int, headers: Mapping[str, str], body: bytes, request: Message, partner: Partner, now: datetime
) -> None:
    """Make sure that the partner signed this answer to this request. Raises `SignatureRefused`."""
    message = AnswerMessage(status, dict(headers), request)
    _, known = _holder(key_id_of(message.headers), [partner], now)
    _verify(message, body, known, ANSWER, ANSWER_TAG, now)


class _Resolver(HTTPSignatureKeyResolver):
    """Gives the one key that is asked for."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> PublicKey:
        return self._key


class _Verifier(HTTPMessageVerifier):
    """The library's, by the portal's clock and with a window that is demanded."""

    def __init__(self, key: PublicKey, now: datetime) -> None:
        super().__init__(signature_algorithm=_algorithm(key), key_resolver=_Resolver(key))
        self._now = now

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        created, expires = sig_input.params.get("created"), sig_input.params.get("expires")
        if created is None or abs(self._now - _moment(created)) > WINDOW:
            raise _OutsideWindow("created")
        if expires is not None and _moment(expires) + WINDOW < self._now:
            raise _OutsideWindow("expires")


class _OutsideWindow(InvalidSignature):
    """The signature is not of now."""


def _sign(
    key: SigningKey, message: HasHeaders, covered: tuple[str, ...], tag: str, body: bytes | None, now: datetime
) -> None:
    """Sign with the office's key, which may be on a token: it gives r and s as the RFC wants them."""
    signer = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256)
    prepared = signer.prepare(
        message,
        key_id=fingerprint(key.certificate),
        created=now,
        expires=now + WINDOW,
        nonce=secrets.token_urlsafe(18),
        label=LABEL,
        tag=tag,
        covered_component_ids=covered,
        body=body,
    )
    signer.apply(message, prepared, key.sign(prepared.signature_base))


def _verify(
    message: Message | AnswerMessage, body: bytes, known: KnownKey, covered: tuple[str, ...], tag: str, now: datetime
) -> Any:
    try:
        found = _Verifier(known.public, now).verify(message, expect_tag=tag, require_components=covered, body=body)
    except _OutsideWindow:
        raise SignatureRefused("exchange.window") from None
    except (HTTPMessageSignaturesException, ValueError):
        raise SignatureRefused("exchange.signature") from None
    return found[0]


def key_id_of(headers: Mapping[str, str]) -> str:
    """Return which key a message says that it is signed with. Raises `SignatureRefused` when it says none."""
    header = _header(headers, "signature-input")
    if not header:
        raise SignatureRefused("exchange.not_signed")
    try:
        stated: Any = http_sf.parse(header.encode(), tltype="dictionary")
        found = [parameters["keyid"] for _, parameters in stated.values()]
    except (ValueError, KeyError, TypeError):
        raise SignatureRefused("exchange.signature") from None
    if len(found) != 1 or not isinstance(found[0], str):
        raise SignatureRefused("exchange.signature")
    return found[0]


def _holder(key_id: str, partners: Iterable[Partner], now: datetime) -> tuple[Partner, KnownKey]:
    for partner in partners:
        for pem in partner.keys:
            known = _read_key(pem)
            if known is not None and known.id == key_id and known.valid_at(now):
                return partner, known
    raise SignatureRefused("exchange.key_unknown")


@lru_cache(maxsize=256)
def _read_key(pem: str) -> KnownKey | None:
    try:
        return read_key(pem)
    except KeyRefused:
        return None


def _algorithm(key: PublicKey) -> type[HTTPSignatureAlgorithm]:
    if isinstance(key, rsa.RSAPublicKey):
        return RSA_PSS_SHA512
    return ECDSA_P256_SHA256 if isinstance(key.curve, ec.SECP256R1) else ECDSA_P384_SHA384


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for each, value in headers.items() if each.lower() == name), "")


def _moment(seconds: object) -> datetime:
    if not isinstance(seconds, int) or not 0 <= seconds < 2**40:
        raise _OutsideWindow("moment")
    return datetime.fromtimestamp(seconds, UTC)
