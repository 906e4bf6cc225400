"""Receipts and envelopes: what is believed is signed by the partner, and says of itself what it is."""

import json
from base64 import urlsafe_b64encode

import exchanging
import keyrings
import msgspec
import pki
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from offices import NOW

from interop.envelope import BODY_BYTES_MAX, unwrap, wrap
from interop.errors import EnvelopeRefused, KeyRefused, ReceiptRefused
from interop.partners import read_key
from interop.receipts import Receipt, read_receipt, sign_receipt
from signing.authority import P384, RSA_3072

RECEIPT = Receipt(
    id="m-1", sequence=7, position=3, digest="0" * 64, outcome="taken", received_at=NOW, sender="kz", by="990140000018"
)
KNOWN = [read_key(exchanging.pem_of(exchanging.foreign_key()))]


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_receipt_says_what_was_signed() -> None:
    assert read_receipt(sign_receipt(RECEIPT, exchanging.foreign_key()), KNOWN) == RECEIPT


def test_a_receipt_of_somebody_else_is_refused() -> None:
    with pytest.raises(ReceiptRefused):
        read_receipt(sign_receipt(RECEIPT, pki.office_key()), KNOWN)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384"])
def test_the_key_decides_the_algorithm_not_the_receipt(algorithm: str) -> None:
    _, payload, signature = sign_receipt(RECEIPT, exchanging.foreign_key()).split(".")
    stated = {"alg": algorithm, "kid": KNOWN[0].id, "typ": "shekara-receipt"}
    for end in (signature, ""):
        with pytest.raises(ReceiptRefused):
            read_receipt(f"{encoded(stated)}.{payload}.{end}", KNOWN)


def test_a_changed_receipt_is_refused() -> None:
    header, _, signature = sign_receipt(RECEIPT, exchanging.foreign_key()).split(".")
    other = encoded({**msgspec.to_builtins(RECEIPT), "outcome": "refused"})
    with pytest.raises(ReceiptRefused):
        read_receipt(f"{header}.{other}.{signature}", KNOWN)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "é.é.é", "e30.e30.e30"])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptRefused):
        read_receipt(text, KNOWN)


def test_an_envelope_brings_its_body_unchanged() -> None:
    body = b'{"a":1,  "b":"\\u0041"}'
    assert bytes(unwrap(wrap("m-1", 1, "test", "s", NOW, body)).body) == body


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "exchange.envelope"),
        (b"[]", "exchange.envelope"),
        (b"\xff", "exchange.envelope"),
        (wrap("m-1", 0, "test", "s", NOW, b"{}"), "exchange.envelope"),
        (wrap("m 1", 1, "test", "s", NOW, b"{}"), "exchange.envelope"),
        (wrap("m-1", 1, "test", "s" * 121, NOW, b"{}"), "exchange.envelope"),
        (wrap("m-1", 1, "test", "s\x00", NOW, b"{}"), "exchange.envelope"),
        (wrap("m-1", 1, "test", "s", NOW.replace(tzinfo=None), b"{}"), "exchange.envelope"),
        (wrap("m-1", 1, "test", "s", NOW, b"{}").replace(b'"m-1"', b'"m-1","more":1'), "exchange.envelope"),
        (wrap("m-1", 1, "test", "s", NOW, b"{}").replace(b"{}", b"[]"), "exchange.digest"),
        (wrap("m-1", 1, "test", "s", NOW, b'"' + b"x" * BODY_BYTES_MAX + b'"'), "exchange.body_too_large"),
    ],
)
def test_what_is_no_envelope_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(EnvelopeRefused) as refused:
        unwrap(data)
    assert refused.value.code == code


@pytest.mark.parametrize("kind", [P384, RSA_3072])
def test_receipts_of_partners_with_other_keys_are_read(kind: str) -> None:
    key = keyrings.office_key(NOW - keyrings.DAY, NOW + keyrings.DAY, kind)
    known = [read_key(exchanging.pem_of(key))]
    assert read_receipt(sign_receipt(RECEIPT, key), known) == RECEIPT


def test_a_bare_public_key_is_known_by_its_digest_and_has_no_dates() -> None:
    public = exchanging.foreign_key().certificate.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    known = read_key(pem)
    assert known.id != KNOWN[0].id
    assert known.valid_at(NOW + 10_000 * keyrings.DAY)


@pytest.mark.parametrize("pem", ["", "a key", exchanging.pem_of(pki.key_of("anna"))], ids=["none", "text", "RSA-2048"])
def test_keys_that_are_none_or_too_weak_are_refused(pem: str) -> None:
    with pytest.raises(KeyRefused):
        read_key(pem)
