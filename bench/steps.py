"""Each step alone, the whole path, and the floor: p50 and p99 in milliseconds, in one process."""

import hashlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import builders
import offices
import pki
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from declarations import schema, xml
from portal.entry import make_entry
from portal.pipeline import control, gate_and_read, gather, judge, lodge, verify_signature
from portal.stages import Lodged
from risk_gateway import gateway
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from signing import verify, xmlgate
from signing.signer import SigningKey

SIZES = (1, 14, 100, 999)
Row = tuple[str, float, float]


def documents(items: int, count: int, name: str) -> list[bytes]:
    """Return signed declarations by Anna (RSA-2048), each under its own reference; 999 items are about 2.9 MB."""
    length = 840 if items == 999 else 0
    return [
        pki.sign_as("anna", builders.declaration_xml(items, reference=f"{name}-{number}", description_length=length))
        for number in range(count)
    ]


def measure(items: int, count: int) -> list[Row]:
    """Return (step, p50, p99) of every step for declarations of so many items."""
    office = offices.office(Path(tempfile.mkdtemp()))
    given = [Lodged(data, offices.NOW) for data in documents(items, 2 * count, f"B{items}")]
    steps, whole = given[:count], given[count:]
    snapshot, ticks = office.snapshot, office.clock.monotonic
    knowledge = snapshot.knowledge(snapshot.day_of(offices.NOW))
    judge(steps[0], snapshot, ticks, 250)
    opened = [gate_and_read(lodged) for lodged in steps]
    verified = [verify_signature(read, snapshot) for read in opened]
    checked = [control(each, snapshot) for each in verified]
    cases = [gather(each, snapshot) for each in checked]
    assessed = [judge(lodged, snapshot, ticks, 250) for lodged in steps]
    entries = [make_entry(each, snapshot.revision) for each in assessed]
    roots = [etree.fromstring(lodged.data) for lodged in steps]
    again = iter([gate_and_read(lodged) for lodged in steps])
    rows = [
        _timed("floor", _floor(steps), range(count)),
        _timed("2 gate and schema", gate_and_read, steps),
        _timed("  of which schema", schema.validate, roots),
        _timed("3 verify, read, authority", lambda _: verify_signature(next(again), snapshot), range(count)),
        _timed("  of which read", xml.read, [verify.verify(xmlgate.open_document(x.data)).root for x in steps]),
        _timed("4 controls and payable", lambda each: control(each, snapshot), verified),
        _timed("5 gather", lambda each: gather(each, snapshot), checked),
        _timed("6 assess", lambda case: gateway.assess(case, knowledge, Budget(ticks, 250)), cases),
        _timed("7 decide", lambda each: decide(each.assessment, each.case, each.knowledge), assessed),
        _timed("8 entry", lambda each: make_entry(each, snapshot.revision), assessed),
        _timed("8 record, alone in its commit", office.recorder.record, entries),
        _timed("whole path", lambda lodged: lodge(lodged, office), whole),
    ]
    office.engine.dispose()
    return rows


def _timed(name: str, act: Callable[[Any], object], inputs: Sequence[Any]) -> Row:
    times = []
    for each in inputs:
        started = time.perf_counter()
        act(each)
        times.append((time.perf_counter() - started) * 1000)
    return name, statistics.median(times), sorted(times)[int(len(times) * 0.99)]


def _floor(lodged: Sequence[Lodged]) -> Callable[[int], None]:
    """Parse, validate, canonicalise, digest, verify RSA-2048 and commit one blob durably: what nobody can leave out."""
    path = Path(schema.__file__).parent / "schemas" / "ccd-1.0.xsd"
    validator = etree.XMLSchema(etree.parse(path))
    key: SigningKey = pki.key_of("anna")
    message = b"a message"
    signature = key.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    public = key.certificate.public_key()
    database = sqlite3.connect(Path(tempfile.mkdtemp()) / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY, content BLOB)")

    def act(place: int) -> None:
        root = etree.fromstring(lodged[place].data)
        validator.validate(root)
        hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).digest()
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        database.execute("INSERT INTO kept (content) VALUES (?)", (lodged[place].data,))

    return act
