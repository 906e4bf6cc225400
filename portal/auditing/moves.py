"""What is checked of a case after its decision: its moves, what was signed for them, what the declarant was told."""

import hashlib
from collections.abc import Iterator
from typing import Any

from lxml import etree
from sqlalchemy import Connection, Row, select

from declarations import lifecycle
from declarations.errors import MoveNotAllowed
from declarations.lifecycle import Action, Actor, Move, Status
from declarations.store import aware
from interop.notices import move_notice
from interop.store import outbox
from portal.audit import Event
from portal.auditing.archive import Archive, looking
from portal.auditing.dossier import Dossier
from portal.casework import statement_store, statements, store, telling
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing import verify, xmlgate
from signing.holders import Sealer, Signer
from signing.journal_check import read_entry
from signing.verdict import judge_signature

_ALONE = {  # events of their own, with the table whose rows tell the same
    Event.DECLARATION_MOVED: (store.move, "sequence"),
    Event.CASE_ASSIGNED: (store.assignment, "sequence"),
    Event.DOWNGRADE_PROPOSED: (store.proposal, "sequence"),
}


def moves(dossier: Dossier) -> Iterator[str]:
    """Each move goes on from where the one before led, by the table and as the journal says, to the present status."""
    status = dossier.due_status
    for row in _rows(dossier):
        named = f"move {row.sequence}"
        if row.source != status.value:
            yield f"{named} goes on from {row.source}, before it the status was {status.value}"
        move = _move_of(row)
        if move is None:
            yield f"{named} is not in the table: {row.action} from {row.source} to {row.target}"
            continue
        if Actor(row.actor) not in move.actors:
            yield f"{named} is made by a {row.actor}, who may not"
        yield from (f"{named}: {doubt}" for doubt in _entry_doubts(dossier, row))
        status = move.target
    if dossier.stored.status != status.value:
        yield f"the status is {dossier.stored.status}, the last move led to {status.value}"


def move_notices(dossier: Dossier) -> Iterator[str]:
    """Each notice of a move says what its row says, is sealed by the office, and is what was sent."""
    for row in _rows(dossier):
        move = _move_of(row)
        if move is not None:
            yield from (f"move {row.sequence}: {doubt}" for doubt in _notice_doubts(dossier, row, move))


def statements_signed(dossier: Dossier) -> Iterator[str]:
    """Each move that needs a statement has one, signed by who made the move, with what was prepared and its files."""
    for row in _rows(dossier):
        move = _move_of(row)
        if move is None or (row.statement is None and move.statement is None):
            continue
        found = _statement(dossier.archive, row.statement)
        if found is None:
            yield f"move {row.sequence}: its statement is not there"
            continue
        yield from (f"move {row.sequence}: {doubt}" for doubt in _statement_doubts(dossier, row, move, *found))


def moves_in_journal(connection: Connection) -> Iterator[tuple[str | None, str]]:
    """Whatever the journal says of moves, assignments and proposals is in its table, and nothing else is."""
    journal = signing_store.journal
    for event, (table, name) in _ALONE.items():
        column = table.c[name]
        entries = journal.outerjoin(table, column == journal.c.index)
        lost = select(journal.c.index, journal.c.subject).select_from(entries)
        lost = lost.where(journal.c.event == event.value, column.is_(None)).order_by(journal.c.index)
        for row in connection.execute(lost):
            yield row.subject, f"entry {row.index} of the journal ({event.value}) has no row in {table.name}"
        rows = table.outerjoin(journal, (column == journal.c.index) & (journal.c.event == event.value))
        stray = select(column.label("sequence"), table.c.registration_number).select_from(rows)
        stray = stray.where((journal.c.index.is_(None)) | (journal.c.subject != table.c.registration_number)).order_by(
            column
        )
        for row in connection.execute(stray):
            yield row.registration_number, f"row {row.sequence} of {table.name} is in no entry of the journal"
    yield from _stray_statements(connection)


def _stray_statements(connection: Connection) -> Iterator[tuple[str | None, str]]:
    table = statement_store.statement
    together = table.outerjoin(store.move, store.move.c.statement == table.c.id)
    stray = select(table.c.id, table.c.registration_number).select_from(together)
    stray = stray.where(table.c.sequence.is_not(None), store.move.c.sequence.is_(None))
    for row in connection.execute(stray.order_by(table.c.id)):
        yield row.registration_number, f"statement {row.id} was accepted and belongs to no move"


# --- what does not fit ----------------------------------------------------------------------------------------------


def _entry_doubts(dossier: Dossier, row: Row[Any]) -> Iterator[str]:
    """Compare a row with its entry in the journal."""
    with looking(dossier.archive.engine) as connection:
        found = signing_store.read_row(connection, row.sequence)
    if found is None:
        yield "its entry is not in the journal"
        return
    said = read_entry(found[3])
    notice = unpack(bytes(row.notice)) if row.notice is not None else None
    due = telling.particulars_of(_plain(row), notice)
    if (said.event, said.subject, said.at) != (Event.DECLARATION_MOVED.value, row.registration_number, aware(row.at)):
        yield "its entry in the journal is of something else"
    for name in sorted(due.keys() | said.particulars.keys()):
        if due.get(name) != said.particulars.get(name):
            yield f"the journal says {said.particulars.get(name)!r} of its {name}, the row says {due.get(name)!r}"


def _notice_doubts(dossier: Dossier, row: Row[Any], move: Move) -> Iterator[str]:
    sent = _sent(dossier.archive, f"move:{row.registration_number}:{row.sequence}")
    if move.notice is None:
        if row.notice is not None or sent is not None:
            yield "there is a notice where none is due"
        return
    if row.notice is None:
        yield "there is no notice"
        return
    notice = unpack(bytes(row.notice))
    if sent != notice:
        yield "the message in the outbox is not the notice"
    sealed = verify.verify(xmlgate.open_document(notice))
    due = etree.fromstring(move_notice(telling.told_of(dossier.stored, move, _plain(row))))
    if statements.digest_of(sealed.root) != statements.digest_of(due):
        yield "the notice says something else than the row"
    at = aware(row.at)
    for report in judge_signature(notice, dossier.archive.trust(at), at, seal=True):
        if report.error is not None:
            yield f"the seal does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Sealer) or report.signer.bin not in dossier.archive.office:
            yield "the notice is not sealed by the office"


def _statement_doubts(
    dossier: Dossier, row: Row[Any], move: Move, kept: Row[Any], files: list[Row[Any]]
) -> Iterator[str]:
    if kept.signed is None or kept.sequence != row.sequence or move.statement is None:
        yield "its statement was accepted for something else"
        return
    signed, prepared = unpack(bytes(kept.signed)), unpack(bytes(kept.prepared))
    digest = hashlib.sha256(signed).hexdigest()
    if not digest == kept.signed_digest == row.statement_digest:
        yield "the SHA-256 of its statement is not the recorded one"
    if (kept.kind, kept.registration_number, kept.version) != (
        move.statement.value,
        row.registration_number,
        row.version,
    ):
        yield "its statement is of another kind or declaration"
    root = verify.verify(xmlgate.open_document(signed)).root
    if not statements.digest_of(root) == kept.digest == statements.digest_of_bytes(prepared):
        yield "what was signed is not what was prepared"
    at = aware(row.at)
    for report in judge_signature(signed, dossier.archive.trust(at), at):
        if report.error is not None and not report.caution:
            yield f"the signature of its statement does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Signer) or report.signer.iin != row.actor_iin:
            yield "its statement is signed by somebody else"
    yield from _content_doubts(root, kept, files)


def _content_doubts(root: etree._Element, kept: Row[Any], files: list[Row[Any]]) -> Iterator[str]:
    """Compare files and annex with their digests in what was signed."""
    tag = f"{{{xmlgate.STATEMENT}}}"
    named = [(each.get("name"), each.findtext(f"{tag}Digest")) for each in root.iter(f"{tag}File")]
    held = [(each.name, hashlib.sha256(unpack(bytes(each.content))).hexdigest()) for each in files]
    if named != held:
        yield "its files are not those that were signed for"
    annexed = root.findtext(f"{tag}InspectionAct/{tag}AnnexDigest")
    annex = None if kept.annex is None else hashlib.sha256(unpack(bytes(kept.annex))).hexdigest()
    if annexed != annex:
        yield "its annex is not the one that was signed for"


# --- what is stored -------------------------------------------------------------------------------------------------


def _rows(dossier: Dossier) -> list[Row[Any]]:
    """Return the moves of this version, in order."""
    key, columns = dossier.key, store.move.c
    mine = (
        (columns.declarant == key.declarant)
        & (columns.functional_reference_id == key.functional_reference_id)
        & (columns.version == key.version)
    )
    with looking(dossier.archive.engine) as connection:
        return list(connection.execute(select(store.move).where(mine).order_by(columns.sequence)))


def _move_of(row: Row[Any]) -> Move | None:
    """Return the move of the table that a row claims to be."""
    try:
        return lifecycle.move_for(Status(row.source), Action(row.action), Status(row.target))
    except (MoveNotAllowed, ValueError):
        return None


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Return a row as it was when it was written: times with their zone."""
    values = dict(row._mapping)
    return {**values, "at": aware(row.at), "limit_at": aware(row.limit_at) if row.limit_at else None}


def _statement(archive: Archive, identifier: str | None) -> tuple[Row[Any], list[Row[Any]]] | None:
    if identifier is None:
        return None
    columns = statement_store.attachment.c
    with looking(archive.engine) as connection:
        kept = statement_store.find_statement(connection, identifier)
        wanted = select(statement_store.attachment).where(columns.statement == identifier).order_by(columns.position)
        return None if kept is None else (kept, list(connection.execute(wanted)))


def _sent(archive: Archive, message: str) -> bytes | None:
    with looking(archive.engine) as connection:
        body = connection.execute(select(outbox.c.body).where(outbox.c.message_id == message)).scalar()
    return None if body is None else unpack(bytes(body))
