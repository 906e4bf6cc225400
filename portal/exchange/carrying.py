"""How messages reach a partner: foreign customs by our own exchange, others by the adapter of their kind."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from interop.adapters.law_enforcement import client as law_enforcement
from interop.adapters.tax_service import client as tax_service
from interop.calls import NotUnderstood
from interop.calls import Reply as AdapterReply
from interop.envelope import LATER, REFUSED, TAKEN, Answered, Answers, digest_of
from interop.errors import KeyRefused, ReceiptRefused
from interop.exchange_store import Outgoing
from interop.partners import Partner, PartnerKind, read_key
from interop.receipts import Receipt, read_receipt
from portal.exchange.client import Client, Undelivered

ADAPTERS = {PartnerKind.TAX_SERVICE: tax_service, PartnerKind.LAW_ENFORCEMENT: law_enforcement}
AGAIN = frozenset({408, 425, 429})
BATCH_BYTES_MAX = 1_000_000


class Outcome(Struct, frozen=True):
    """What came of a message: a receipt (`text`; of our own protocol also as it reads), or a code and maybe no more."""

    status: str
    code: str = ""
    text: str = ""
    receipt: Receipt | None = None


class Carried(Struct, frozen=True):
    """The outcomes of a batch, in its order, and how many messages the partner says it has, where it does."""

    outcomes: Sequence[Outcome]
    received: int | None = None


def in_batches(partner: Partner, waiting: Sequence[Outgoing]) -> list[Sequence[Outgoing]]:
    """Return what is due in parts that the partner's protocol takes at once, one message of each subject.

    Those behind it wait for what comes of it, so that they stay in order however a batch is divided.
    """
    first = list({each.subject: each for each in reversed(waiting)}.values())[::-1]
    if partner.kind in ADAPTERS:
        return [[each] for each in first]
    batches: list[list[Outgoing]] = []
    size = BATCH_BYTES_MAX
    for each in first:
        if size + len(each.envelope) > BATCH_BYTES_MAX:
            batches.append([])
            size = 0
        batches[-1].append(each)
        size += len(each.envelope)
    return list(batches)


def carry(client: Client, partner: Partner, batch: Sequence[Outgoing]) -> Carried:
    """Bring messages to a partner. Raises `Undelivered`, SigningError."""
    if partner.kind in ADAPTERS:
        return Carried([_by_adapter(client, partner, each) for each in batch])
    body = b'{"messages":[' + b",".join(each.envelope for each in batch) + b"]}"
    reply = client.signed(partner, "POST", "/submissions", body)
    try:
        answers = msgspec.json.decode(reply.body, type=Answers)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Undelivered("answer: unreadable", of_content=True) from None
    if len(answers.answers) != len(batch):
        raise Undelivered("answer: of another length", of_content=True)
    outcomes = [_outcome(partner, *pair) for pair in zip(batch, answers.answers, strict=True)]
    if answers.received < max((each.receipt.position for each in outcomes if each.receipt), default=0):
        raise Undelivered("answer: contradicts itself")
    return Carried(outcomes, answers.received)


def _outcome(partner: Partner, sent: Outgoing, answered: Answered) -> Outcome:
    """Return what a partner answered, with its receipt where it is genuine and for exactly these bytes."""
    if not answered.receipt:
        return Outcome(answered.status if answered.status == REFUSED else LATER, answered.code)
    try:
        receipt = read_receipt(answered.receipt, [read_key(pem) for pem in partner.keys])
    except (ReceiptRefused, KeyRefused):
        return Outcome(LATER, "exchange.receipt")
    if (receipt.id, receipt.digest) != (sent.message_id, digest_of(sent.envelope)):
        return Outcome(LATER, "exchange.receipt")
    return Outcome(receipt.outcome, receipt.code, answered.receipt, receipt)


def _by_adapter(client: Client, partner: Partner, sent: Outgoing) -> Outcome:
    """Bring one message to a partner in its own format."""
    adapter = ADAPTERS[partner.kind]
    body = bytes(msgspec.json.decode(sent.envelope, type=_Body).body)
    try:
        request = adapter.message(sent.kind, sent.message_id, body)
    except (NotUnderstood, msgspec.MsgspecError):
        return Outcome(REFUSED, "exchange.not_expressible")
    url = partner.address.rstrip("/") + request.path
    reply = client.plain("POST", url, {"Content-Type": request.media_type}, request.body)
    if reply.status >= 500 or reply.status in AGAIN:
        raise Undelivered(f"status {reply.status}")
    if reply.status >= 400:
        return Outcome(REFUSED, f"status {reply.status}")
    try:
        answer = AdapterReply(reply.status, reply.headers.get("content-type", ""), reply.body)
        return Outcome(TAKEN, text=adapter.receipt(sent.message_id, request, answer))
    except NotUnderstood:
        return Outcome(LATER, "exchange.receipt")


class _Body(Struct):
    body: msgspec.Raw
