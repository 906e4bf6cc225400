"""Travellers' declarations against the journal: documents, moves, assessments, signed statements, crossings."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from portal.audit import Event
from portal.casework.statements import digest_of
from portal.passengers import store
from portal.passengers.model import Status
from risk_gateway.packing import unpack
from signing.errors import SigningError
from signing.store import journal
from signing.verify import verify
from signing.xmlgate import open_document

_TOLD = (Event.PASSENGER_DECLARED, Event.PASSENGER_MOVED, Event.PASSENGER_ASSESSED, Event.PASSENGER_ERASED)
ERASED = store.declaration.c.erased_at.is_not(None)
Entries = dict[str, list[tuple[int, dict[str, Any]]]]


def passenger_doubts(connection: Connection) -> Iterator[str]:
    """Yield in a sentence whatever the tables say that the journal does not, and the other way round."""
    told = _told(connection)
    crossed = set(connection.execute(select(store.crossing.c.reference)).scalars())
    erased = set(connection.execute(select(store.declaration.c.reference).where(ERASED)).scalars())
    for row in connection.execute(select(store.declaration)):
        yield from _declaration(row, told.pop(row.reference, []), crossed)
    for reference in told:
        yield f"the journal tells of the traveller's declaration {reference}, which is not on record"
    yield from _assessments(connection)
    for row in connection.execute(select(store.statement).where(store.statement.c.sequence.is_not(None))):
        if row.reference not in erased:
            yield from _statement(row)
        elif row.signed or row.prepared or row.content:
            yield f"the statement {row.id} about the traveller's declaration {row.reference} was not erased"


def _told(connection: Connection) -> Entries:
    rows = connection.execute(
        select(journal.c.index, journal.c.entry)
        .where(journal.c.event.in_([each.value for each in _TOLD]))
        .order_by(journal.c.index)
    )
    told: Entries = defaultdict(list)
    for index, entry in rows:
        read = msgspec.json.decode(bytes(entry))
        told[read["subject"]].append((index, read))
    return told


def _declaration(row: Row[Any], told: list[tuple[int, dict[str, Any]]], crossed: set[str]) -> Iterator[str]:
    name = f"the traveller's declaration {row.reference}"
    first = next((entry for index, entry in told if index == row.sequence), None)
    if first is None or first["event"] != Event.PASSENGER_DECLARED:
        yield f"{name} is not in the journal"
        return
    if any(entry["event"] == Event.PASSENGER_ERASED for _, entry in told) is not (row.erased_at is not None):
        yield f"{name} was erased and the journal does not say so, or the other way round"
    if row.erased_at is not None and (row.content or row.name or row.iin or row.document):
        yield f"{name} was not erased"
    if not _digest_of(row) == row.digest == first["particulars"]["digest"]:
        yield f"the document of {name} is not what the journal says"
    status, version = first["particulars"]["status"], 1
    for _, entry in told:
        if entry["event"] == Event.PASSENGER_MOVED:
            said = entry["particulars"]
            if (said["from"], said["version"]) != (status, str(version + 1)):
                yield f"move {said['version']} of {name} does not follow from the one before"
            status, version = said["to"], version + 1
    if (row.status, row.version) != (status, version):
        yield f"{name} does not stand where its moves lead"
    if (row.status == Status.LEFT) != (row.reference in crossed):
        yield f"{name} and its crossing do not fit"


def _digest_of(row: Row[Any]) -> str:
    """Return the SHA-256 of a document; of one that was erased what was kept of it."""
    if row.erased_at is not None:
        return str(row.digest)
    return hashlib.sha256(unpack(bytes(row.content)) if row.content else b"").hexdigest()


def _assessments(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        select(store.assessment, journal.c.entry).join_from(
            store.assessment, journal, store.assessment.c.sequence == journal.c.index, isouter=True
        )
    )
    for row in rows:
        said = msgspec.json.decode(bytes(row.entry)) if row.entry is not None else {}
        told = said.get("particulars", {})
        if (said.get("subject"), told.get("officer"), told.get("reason"), told.get("judgement")) != (
            row.reference,
            row.by_iin,
            row.reason,
            row.judgement,
        ):
            yield f"assessment {row.number} of the traveller's declaration {row.reference} is not what the journal says"


def _statement(row: Row[Any]) -> Iterator[str]:
    signed = unpack(bytes(row.signed))
    try:
        genuine = digest_of(verify(open_document(signed)).root) == row.digest
    except SigningError:
        genuine = False
    if not genuine or hashlib.sha256(signed).hexdigest() != row.signed_digest:
        yield f"the signed statement {row.id} about the traveller's declaration {row.reference} is not genuine"
