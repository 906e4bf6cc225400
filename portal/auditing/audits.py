"""What is checked of audits after release: moves against the table, the journal, what was signed, and what was told."""

import hashlib
from collections.abc import Iterator, Sequence

from lxml import etree
from sqlalchemy import Connection, select

from declarations.audits import store
from declarations.audits.lifecycle import Status, move_for
from declarations.audits.model import Audit, Made
from declarations.errors import MoveNotAllowed
from interop.audit_notices import audit_notice
from interop.store import outbox
from portal.audit import Event
from portal.auditing.archive import Archive
from portal.audits import telling
from portal.audits.stating import intent_of
from portal.casework.statements import digest_of, digest_of_bytes
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing import verify, xmlgate
from signing.holders import Sealer, Signer
from signing.journal_check import read_entry
from signing.verdict import judge_signature


def audit_doubts(archive: Archive, connection: Connection) -> Iterator[str]:
    """Yield what does not fit."""
    known: set[int] = set()
    for audit in store.every(connection):
        moves = store.moves_of(connection, audit.number)
        known |= {each.sequence for each in moves}
        for place, made in enumerate(moves):
            named = f"move {made.number} of audit {audit.number}"
            yield from (f"{named}: {doubt}" for doubt in _move_doubts(archive, connection, audit, moves[:place], made))
        last = moves[-1] if moves else None
        if last is None or (audit.status, audit.moves, audit.sequence) != (last.target, last.number, last.sequence):
            yield f"audit {audit.number} does not stand as its last move left it"
        if audit.opened_iin is not None and audit.opened_iin == audit.plan_iin:
            yield f"audit {audit.number} was opened by who planned it"
    yield from _strays(connection, known)


def _move_doubts(
    archive: Archive, connection: Connection, audit: Audit, before: Sequence[Made], made: Made
) -> Iterator[str]:
    status = before[-1].target if before else None
    earlier = before[-1].source if status is Status.APPEALED else None
    try:
        move = move_for(status, made.action, earlier)
    except MoveNotAllowed:
        yield f"it cannot follow when the audit is {status or 'none'}"
        return
    if (made.source, made.target, made.number) != (move.source, move.target, len(before) + 1):
        yield "it does not go where the table lets it"
    if move.signed is not (made.statement is not None):
        yield "there is a statement where none is due, or none where one is"
    row = store.find_statement(connection, made.statement) if made.statement else None
    digest = str(row.signed_digest or "") if row else ""
    if made.statement is not None:
        yield from _statement_doubts(archive, connection, made)
    notice = unpack(made.notice) if made.notice is not None else None
    if (notice is None) is not (move.notice is None):
        yield "there is a notice where none is due, or none where one is"
    due = telling.particulars_of(audit, made, digest, notice)
    yield from _entry_doubts(connection, audit, made, due)
    if notice is not None:
        told = telling.told_of(audit, move, made, intent_of(row) if row else None, digest)
        yield from _notice_doubts(archive, connection, made, audit_notice(told), notice)


def _statement_doubts(archive: Archive, connection: Connection, made: Made) -> Iterator[str]:
    row = store.find_statement(connection, made.statement or "")
    if row is None or row.signed is None:
        yield "its statement is not there"
        return
    signed = unpack(bytes(row.signed))
    if hashlib.sha256(signed).hexdigest() != row.signed_digest:
        yield "the SHA-256 of its statement is not the recorded one"
    root = verify.verify(xmlgate.open_document(signed)).root
    if not digest_of(root) == row.digest == digest_of_bytes(unpack(bytes(row.prepared))):
        yield "what was signed is not what was prepared"
    for report in judge_signature(signed, archive.trust(made.at), made.at):
        if report.error is not None and not report.caution:
            yield f"the signature of its statement does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Signer) or report.signer.iin != made.by_iin:
            yield "its statement is signed by somebody else"


def _entry_doubts(connection: Connection, audit: Audit, made: Made, due: dict[str, str]) -> Iterator[str]:
    found = signing_store.read_row(connection, made.sequence)
    said = None if found is None else read_entry(found[3])
    if said is None or (said.event, said.subject) != (Event.AUDIT_MOVED.value, audit.number):
        yield f"entry {made.sequence} of the journal is of something else"
        return
    for name in sorted(due.keys() | said.particulars.keys()):
        if due.get(name) != said.particulars.get(name):
            yield f"the journal says {said.particulars.get(name)!r} of its {name}, the row says {due.get(name)!r}"


def _notice_doubts(archive: Archive, connection: Connection, made: Made, due: bytes, notice: bytes) -> Iterator[str]:
    this = outbox.c.message_id == f"audit:{made.sequence}"
    body = connection.execute(select(outbox.c.body).where(this)).scalar()
    if body is None or unpack(bytes(body)) != notice:
        yield "the message in the outbox is not the notice"
    if digest_of(verify.verify(xmlgate.open_document(notice)).root) != digest_of(etree.fromstring(due)):
        yield "the notice says something else than the row"
    for report in judge_signature(notice, archive.trust(made.at), made.at, seal=True):
        if report.error is not None:
            yield f"the seal does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Sealer) or report.signer.bin not in archive.office:
            yield "the notice is not sealed by the office"


def _strays(connection: Connection, known: set[int]) -> Iterator[str]:
    """What the journal tells of and no table has."""
    journal = signing_store.journal
    said = select(journal.c.index, journal.c.subject).where(journal.c.event == Event.AUDIT_MOVED.value)
    for index, subject in connection.execute(said.order_by(journal.c.index)):
        if index not in known:
            yield f"entry {index} of the journal tells of a move of {subject} that is not there"
