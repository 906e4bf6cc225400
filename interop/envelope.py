"""The envelope in which messages travel: who sends, which in order, of what kind, and the digest of the body."""

import hashlib
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from interop.errors import EnvelopeRefused

BODY_BYTES_MAX = 64_000
BATCH_MAX = 100  # messages

PRINTED = r"^[^\x00-\x1f\x7f]*$"  # no control characters, which no column keeps and no page shows
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9:._/-]+$")]
Code = Annotated[str, Meta(max_length=64, pattern=PRINTED)]  # of a refusal
Signed = Annotated[str, Meta(max_length=20_000, pattern=r"^[A-Za-z0-9._-]*$")]  # a compact JWS, or none
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Received = Annotated[int, Meta(ge=0, le=2**63 - 2)]  # how many messages: the next one has a number, too
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Envelope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message. `sequence` counts from 1 what its sender has for this recipient; `digest` is SHA-256 of the body's
    exact bytes, in hex."""

    id: Name
    sequence: Number
    kind: Name
    subject: Annotated[str, Meta(max_length=120, pattern=PRINTED)]
    created: datetime
    digest: Digest
    body: msgspec.Raw


class Submission(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch as it comes: what each message holds is looked at by itself, so that a spoilt one blocks nobody."""

    messages: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=BATCH_MAX)]


class Answered(Struct, frozen=True, omit_defaults=True):
    """What came of one message. `status` is `taken`, `refused` (never send it again) or `later` (try again).

    `id` is missing where none could be read; `receipt` (interop/receipts.py) where it was neither taken nor refused.
    """

    status: str
    id: str = ""
    code: Code = ""
    receipt: Signed = ""


class Answers(Struct, frozen=True):
    """The answers to a batch, in its order. `received` is how many messages of this sender were ever taken or refused.

    A sender who has a receipt with a higher `position` sees that the recipient was restored from an older copy.
    """

    answers: list[Answered]
    received: Received


TAKEN, REFUSED, LATER = "taken", "refused", "later"


def wrap(message_id: str, sequence: int, kind: str, subject: str, created: datetime, body: bytes) -> bytes:
    """Return the bytes of an envelope around a JSON body."""
    made = Envelope(
        id=message_id,
        sequence=sequence,
        kind=kind,
        subject=subject,
        created=created,
        digest=digest_of(body),
        body=msgspec.Raw(body),
    )
    return msgspec.json.encode(made)


def unwrap(data: bytes) -> Envelope:
    """Read an envelope. Raises `EnvelopeRefused` for one that is no envelope, too large or not what it says."""
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise EnvelopeRefused("exchange.envelope") from None
    body = bytes(envelope.body)
    if len(body) > BODY_BYTES_MAX:
        raise EnvelopeRefused("exchange.body_too_large")
    if digest_of(body) != envelope.digest:
        raise EnvelopeRefused("exchange.digest")
    if envelope.created.tzinfo is None:
        raise EnvelopeRefused("exchange.envelope")
    return envelope


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
