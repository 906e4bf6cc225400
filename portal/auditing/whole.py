"""What is checked of the record as a whole: what no single declaration shows. Everything is streamed."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, or_, select

from declarations import numbering
from declarations.errors import WrongNumber
from declarations.store import counter, declaration, document
from interop.store import outbox
from portal.audit import Event
from portal.auditing.annulments import annulment_doubts
from portal.auditing.archive import Archive
from portal.auditing.audits import audit_doubts
from portal.auditing.day_keys import all_key_misfits
from portal.auditing.exits import exit_doubts
from portal.auditing.judgements import judgement_doubts
from portal.auditing.ledger import ledger_doubts
from portal.auditing.movements import movement_doubts
from portal.auditing.moves import moves_in_journal
from portal.auditing.passengers import passenger_doubts
from portal.auditing.profiles import all_profile_misfits
from portal.auditing.registry import registry_doubts
from portal.auditing.violations import violation_doubts
from portal.problems import words
from portal.store import notification
from risk_gateway import archive_store
from risk_gateway.replay import replay
from risk_gateway.store import decision
from signing import checkpoint, journal_check, store, timestamp
from signing.errors import SigningError

ROWS_AT_ONCE = 2_000
KEY = ("declarant", "functional_reference_id", "version")
ABOUT_DECLARATIONS = ("DECISION_NOTICE", "MOVE_NOTICE")  # what other messages are about is checked with that


class Doubt(NamedTuple):
    """What does not fit, and the registration number that it is about, if it is about one."""

    number: str | None
    sentence: str


Look = Callable[[Archive, Connection], Iterator[Doubt]]


class WholeCheck(NamedTuple):
    """`code` names it in reports; the first line of the function's docstring is what it demands."""

    code: str
    look: Look


def whole_journal(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every entry, tile and checkpoint of the journal fits, and it begins with the checkpoint kept outside."""

    def read_stamp(token: bytes, note: bytes) -> Any:
        trust = archive.trust(checkpoint.read_note(note.decode()).at)
        return timestamp.verify(token, note, trust).at

    try:
        marks = () if archive.mark is None else (checkpoint.open_note(archive.mark, archive.certificates),)
        known = journal_check.Knowledge(frozenset(Event), archive.certificates, read_stamp, marks)
        with store.read_all(connection) as stored:
            journal_check.verify(stored, known)
    except SigningError as error:
        yield Doubt(None, error.text("en"))


def decided(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every decision in the journal has its declaration, and every declaration its decision in the journal."""
    event = Event.DECLARATION_DECIDED.value
    entries = store.journal.outerjoin(declaration, declaration.c.sequence == store.journal.c.index)
    strays = (
        select(store.journal.c.index, store.journal.c.subject)
        .select_from(entries)
        .where(
            store.journal.c.event == event,
            or_(declaration.c.sequence.is_(None), declaration.c.registration_number != store.journal.c.subject),
        )
        .order_by(store.journal.c.index)
    )
    for row in stream(connection, strays):
        yield Doubt(row.subject, f"entry {row.index} of the journal has no declaration")
    rows = declaration.outerjoin(store.journal, store.journal.c.index == declaration.c.sequence)
    unheard = (
        select(declaration.c.registration_number, declaration.c.sequence)
        .select_from(rows)
        .where(
            or_(
                store.journal.c.index.is_(None),
                store.journal.c.event != event,
                store.journal.c.subject != declaration.c.registration_number,
            )
        )
    )
    for row in stream(connection, unheard):
        yield Doubt(row.registration_number, f"entry {row.sequence} of the journal is not its decision")


def serials(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """The serial numbers of an office's day begin with 1 and follow each other in the order of the journal."""
    last: dict[tuple[str, str], tuple[int, int]] = {}
    numbers = select(declaration.c.registration_number, declaration.c.sequence).where(declaration.c.version == 1)
    for row in stream(connection, numbers.order_by(declaration.c.registration_number)):
        try:
            number = numbering.parse(row.registration_number)
        except WrongNumber:
            continue  # the check `number` tells
        series = number.office, f"{number.day:%d%m%y}"
        serial, sequence = last.get(series, (0, -1))
        if number.serial != serial + 1:
            yield Doubt(row.registration_number, f"it follows number {serial} of its office and day")
        elif row.sequence <= sequence:
            yield Doubt(row.registration_number, "its place in the journal is before that of the number before it")
        last[series] = number.serial, row.sequence
    for row in stream(connection, select(counter)):
        serial, _sequence = last.pop((row.office, row.day), (0, 0))
        if row.last != serial:
            yield Doubt(None, f"{row.last} numbers were given at {row.office} on {row.day}, the last there is {serial}")
    for (office, day), (serial, _sequence) in last.items():
        yield Doubt(None, f"no numbers were given at {office} on {day}, the last there is {serial}")


def orphans(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Nothing is stored of a declaration that is not there."""
    for table, name in ((document, "a document"), (decision, "a decision")):
        for row in stream(connection, _without(table, declaration, KEY)):
            key = "/".join(str(getattr(row, part)) for part in KEY)
            yield Doubt(None, f"there is {name} and no declaration {key}")
    messages = outbox.outerjoin(declaration, declaration.c.registration_number == outbox.c.subject)
    stray = select(outbox.c.message_id, outbox.c.subject).select_from(messages)
    of_declarations = outbox.c.kind.in_(ABOUT_DECLARATIONS)
    for row in stream(connection, stray.where(of_declarations, declaration.c.registration_number.is_(None))):
        yield Doubt(row.subject, f"the message {row.message_id} is about no declaration")
    for row in stream(connection, _without(notification, outbox, ("message_id",))):
        yield Doubt(row.subject, f"the participant was told of {row.message_id}, which is no message")


def journalled_moves(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Whatever the journal says of moves, assignments and proposals is in its table, and nothing else is."""
    for number, sentence in moves_in_journal(connection):
        yield Doubt(number, sentence)


def past_cases(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every past case, assessed and decided anew with its stored knowledge, gives the stored bytes."""
    for case in archive_store.read_past_cases(connection):
        replayed = replay(case, archive.knowledge)
        if not replayed.same:
            yield Doubt(case.number, replayed.problem or str(replayed.difference))


def selection_keys(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every key of random selection is the one that the journal committed to, and was disclosed after its day."""
    for _day, misfit in all_key_misfits(connection):
        yield Doubt(None, words()[misfit.code]["en"].format_map(misfit.params))


def profiles(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every version of a profile has the content, the status and the steps that the journal tells of, and no other."""
    for sentence in all_profile_misfits(connection):
        yield Doubt(None, sentence)


def registry(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every entry of the registry is what its steps, their statements, notices and the journal say, and no other."""
    for sentence in registry_doubts(archive, connection):
        yield Doubt(None, sentence)


def violations(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every version of a violation, every objection with its decision, and every merge is what the journal says."""
    for sentence in violation_doubts(connection):
        yield Doubt(None, sentence)


def ledger(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every entry of the ledger is in the journal, leads to a document, and all make up the balances; notices hold."""
    for sentence in ledger_doubts(archive, connection):
        yield Doubt(None, sentence)


def judgements(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every judgement is in the journal, comes out anew byte for byte, was drawn with its first day's key, and told."""
    for number, sentence in judgement_doubts(archive, connection):
        yield Doubt(number, sentence)


def movements(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every move of a movement under control follows from the one before, is told as it was, and so are its events."""
    for number, sentence in movement_doubts(archive, connection):
        yield Doubt(number, sentence)


def passengers(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every traveller's declaration stands where its moves in the journal lead; documents and statements are whole."""
    for sentence in passenger_doubts(connection):
        yield Doubt(None, sentence)


def exits(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every vehicle at the border is what the journal says, and no more has left than was released."""
    for sentence in exit_doubts(connection):
        yield Doubt(None, sentence)


def audits(archive: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every audit after release stands as its moves, their statements, notices and the journal say."""
    for sentence in audit_doubts(archive, connection):
        yield Doubt(None, sentence)


def annulments(_: Archive, connection: Connection) -> Iterator[Doubt]:
    """Every result of a control that does not stand was annulled in the journal, and every annulment is on record."""
    for sentence in annulment_doubts(connection):
        yield Doubt(None, sentence)


WHOLE_CHECKS = (
    WholeCheck("journal", whole_journal),
    WholeCheck("decided", decided),
    WholeCheck("serials", serials),
    WholeCheck("orphans", orphans),
    WholeCheck("moves-in-journal", journalled_moves),
    WholeCheck("past-cases", past_cases),
    WholeCheck("selection-keys", selection_keys),
    WholeCheck("profiles", profiles),
    WholeCheck("registry", registry),
    WholeCheck("violations", violations),
    WholeCheck("judgements", judgements),
    WholeCheck("movements", movements),
    WholeCheck("ledger", ledger),
    WholeCheck("passengers", passengers),
    WholeCheck("exits", exits),
    WholeCheck("audits", audits),
    WholeCheck("annulments", annulments),
)


def stream(connection: Connection, statement: Select[Any]) -> Iterator[Row[Any]]:
    """Yield the rows of a statement without holding them all."""
    yield from connection.execute(statement, execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE})


def _without(table: Any, other: Any, names: tuple[str, ...]) -> Select[Any]:
    """Select the rows of a table that have no partner of the same key in the other."""
    on = [table.c[name] == other.c[name] for name in names]
    together = table.outerjoin(other, and_(*on))
    columns = [table.c[name] for name in (*names, "subject") if name in table.c]
    return select(*columns).select_from(together).where(other.c[names[0]].is_(None))
