"""What verifying a signature costs, beside signxml and xmlsec; and what judging its signer costs."""

import time
from datetime import datetime

import oracles
import pki

from bench.documents import signed
from bench.steps import Watch
from bench.table import Aim, Row, at_most, quantile
from signing.signer import SigningKey
from signing.trust import TrustStore
from signing.verify import verify
from signing.xmlgate import open_document

ITEMS = {"10 KB": 2, "100 KB": 70, "1 MB": 725}
TO_SIGNXML = {"10 KB": 0.5, "1 MB": 0.4}
JUDGED_AGAIN_MS = 0.05

OURS, SIGNXML, XMLSEC = "verify", "signxml", "xmlsec"
FIRST, AGAIN = "judge the signer, first time", "judge the signer, again"


def measure(counts: dict[str, int], seconds: float) -> list[Row]:
    """Time up to so many documents of each size, for about so many seconds each.

    The path is the same for all three: received bytes to verified payload (xmlsec hands out none), the key pinned.
    Ours has the gate in it. Our decoded certificates are remembered, as when the same key has signed before.
    """
    key = pki.key_of("anna")
    rows = [row for size, count in counts.items() for row in _sizes(size, count, seconds, key, pki.NOW)]
    return rows + _judging(min(counts.values()) * 10, key, pki.NOW)


def _sizes(size: str, count: int, seconds: float, key: SigningKey, at: datetime) -> list[Row]:
    documents = signed(ITEMS[size], count + 1, "SIGNATURES", key, at)
    _once(Watch(), documents.pop(), key)
    watch, until = Watch(), time.monotonic() + seconds
    for document in documents:
        _once(watch, document, key)
        if time.monotonic() > until:
            break
    ratio = quantile(watch.cpu[OURS], 0.5) / quantile(watch.cpu[SIGNXML], 0.5)
    limit = TO_SIGNXML.get(size, 1.0)
    aims = (Aim(f"{ratio:.2f} x signxml <= {limit:g}", ratio <= limit),)
    return [
        _row(f"{name}, {size}", ITEMS[size], watch, name, aims if name == OURS else ())
        for name in (OURS, SIGNXML, XMLSEC)
    ]


def _once(watch: Watch, document: bytes, key: SigningKey) -> None:
    ours = watch.time(OURS, _verify, document)
    theirs = watch.time(SIGNXML, oracles.signxml_accepts, document, key)
    watch.time(XMLSEC, oracles.xmlsec_accepts, document, key)
    if ours != theirs:
        raise RuntimeError("the two verifiers do not agree on what was signed")


def _verify(document: bytes) -> bytes:
    return verify(open_document(document)).payload


def _judging(count: int, key: SigningKey, at: datetime) -> list[Row]:
    watch = Watch()
    for _ in range(count):
        trust: TrustStore = pki.authority().trust_store()
        for name in (FIRST, AGAIN):
            watch.time(name, trust.judge, key.certificate, key.chain, at)
    again = quantile(watch.times[AGAIN], 0.5)
    return [
        _row(FIRST, 1, watch, FIRST),
        _row(AGAIN, 1, watch, AGAIN, (at_most(again, JUDGED_AGAIN_MS, "p50"),)),
    ]


def _row(text: str, items: int, watch: Watch, name: str, aims: tuple[Aim, ...] = ()) -> Row:
    times = watch.times[name]
    return Row(text, items, quantile(times, 0.5), quantile(times, 0.99), quantile(watch.cpu[name], 0.5), aims=aims)
