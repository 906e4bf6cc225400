"""What is checked of movements: moves against the table and the journal, notices, events of seals and alarms."""

from collections.abc import Iterator
from typing import Any

from lxml import etree
from sqlalchemy import Connection, Row, select

from declarations.movements import store
from declarations.movements.lifecycle import MOVES, Move
from declarations.movements.model import Movement
from declarations.store import aware
from interop.movement_notices import movement_notice
from interop.store import outbox
from portal.audit import Event
from portal.auditing.archive import Archive
from portal.casework.statements import digest_of
from portal.movements import moving, taking
from risk_gateway import canonical
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing import verify, xmlgate
from signing.holders import Sealer
from signing.journal_check import read_entry
from signing.verdict import judge_signature


def movement_doubts(archive: Archive, connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (number of the movement, what does not fit)."""
    for number in store.all_numbers(connection):
        for doubt in _doubts(archive, connection, number):
            yield number, doubt
    yield from _strays(connection)


def _doubts(archive: Archive, connection: Connection, number: str) -> Iterator[str]:
    status = ""
    left: Movement | None = None
    for row in store.read_moves(connection, number):
        if row.source != status:
            yield f"move {row.sequence} goes on from {row.source}, before it the status was {status}"
        move = _move_of(row)
        if move is None:
            yield f"move {row.sequence} is not in the table: {row.action} from {row.source} to {row.target}"
            return
        left = canonical.loads(bytes(row.after), Movement)
        yield from (f"move {row.sequence}: {doubt}" for doubt in _move_doubts(archive, connection, row, move, left))
        status = row.target
    if left != store.find_movement(connection, number):
        yield "the movement is not as its last move left it"
    yield from _event_doubts(connection, number)


def _move_doubts(archive: Archive, connection: Connection, row: Row[Any], move: Move, left: Movement) -> Iterator[str]:
    plain = {**row._mapping, "at": aware(row.at)}
    notice = None if row.notice is None else unpack(bytes(row.notice))
    due = moving.particulars_of(plain, notice)
    yield from _entry_doubts(connection, row.sequence, Event.MOVEMENT_MOVED, row.number, due)
    told = moving.told_of(left, move, plain)
    if (told is None) is not (notice is None):
        yield "there is a notice where none is due, or none where one is"
    if told is None or notice is None:
        return
    this = outbox.c.message_id == f"movement:{row.number}:{row.sequence}"
    body = connection.execute(select(outbox.c.body).where(this)).scalar()
    if body is None or unpack(bytes(body)) != notice:
        yield "the message in the outbox is not the notice"
    sealed = verify.verify(xmlgate.open_document(notice))
    if digest_of(sealed.root) != digest_of(etree.fromstring(movement_notice(told))):
        yield "the notice says something else than the row"
    at = aware(row.at)
    for report in judge_signature(notice, archive.trust(at), at, seal=True):
        if report.error is not None:
            yield f"the seal does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Sealer) or report.signer.bin not in archive.office:
            yield "the notice is not sealed by the office"


def _event_doubts(connection: Connection, number: str) -> Iterator[str]:
    """Each batch of events is as the journal says, and each alarm is in it."""
    for sequence, events in store.batches(connection, number).items():
        row = signing_store.read_row(connection, sequence)
        said = None if row is None else read_entry(row[3])
        if said is None or (said.event, said.subject) != (Event.MOVEMENT_EVENTS_TAKEN.value, number):
            yield f"events of seals name entry {sequence} of the journal, which is of something else"
        elif said.particulars.get("digest") != taking.digest_of([each.seen.event for each in events]):
            yield f"the events of entry {sequence} are not those that were taken"
    alarmed = {
        (each.particulars["kind"], each.particulars["seal"], each.particulars["event"])
        for each in (
            read_entry(entry)
            for _, event, entry in signing_store.read_entries(connection, number)
            if event == Event.MOVEMENT_ALARMED.value
        )
    }
    for alarm in store.read_alarms(connection, number):
        breach = alarm.breach
        if (breach.kind.value, breach.seal, breach.event) not in alarmed:
            yield f"the alarm {breach.key} is in no entry of the journal"


def _entry_doubts(
    connection: Connection, sequence: int, event: Event, subject: str, due: dict[str, str]
) -> Iterator[str]:
    found = signing_store.read_row(connection, sequence)
    said = None if found is None else read_entry(found[3])
    if said is None or (said.event, said.subject) != (event.value, subject):
        yield f"entry {sequence} of the journal is of something else"
        return
    for name in sorted(due.keys() | said.particulars.keys()):
        if due.get(name) != said.particulars.get(name):
            yield f"the journal says {said.particulars.get(name)!r} of its {name}, the row says {due.get(name)!r}"


def _strays(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield what the journal tells of moves and events that are not there."""
    journal, events = signing_store.journal, store.seal_event
    for event, table, column in (
        (Event.MOVEMENT_MOVED, store.move, store.move.c.sequence),
        (Event.MOVEMENT_EVENTS_TAKEN, events, events.c.sequence),
    ):
        together = journal.outerjoin(table, column == journal.c.index)
        lost = select(journal.c.index, journal.c.subject).select_from(together)
        for row in connection.execute(lost.where(journal.c.event == event.value, column.is_(None))):
            yield row.subject, f"entry {row.index} of the journal has no row in {table.name}"


def _move_of(row: Row[Any]) -> Move | None:
    """Return the move of the table that a row claims to be."""
    wanted = (row.source, row.action, row.target)
    for each in MOVES:
        source = "" if each.source is None else each.source.value
        allowed = row.actor in {actor.value for actor in each.actors}
        if allowed and wanted == (source, each.action.value, each.target.value):
            return each
    return None
