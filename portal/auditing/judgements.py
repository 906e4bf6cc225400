"""What is checked of judgements at other moments than a lodgement: against the journal, anew, and what was told."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from interop.judgement_notices import judgement_notice
from interop.store import outbox
from portal.audit import Event
from portal.auditing.archive import Archive
from portal.casework.statements import digest_of
from portal.judging import telling
from risk_gateway import canonical, judgement_store
from risk_gateway.judgement_store import Judgement, judgement_table, number_of
from risk_gateway.model import Case, Decision
from risk_gateway.packing import unpack
from risk_gateway.replay import replay
from signing import store as signing_store
from signing import verify, xmlgate
from signing.holders import Sealer
from signing.journal_check import read_entry
from signing.verdict import judge_signature


def judgement_doubts(archive: Archive, connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (number of the judgement, what does not fit)."""
    counted: Counter[str] = Counter()
    for judgement in judgement_store.every(connection):
        counted[judgement.subject] += 1
        if judgement.number != number_of(judgement.subject, counted[judgement.subject]):
            yield judgement.number, f"it is judgement {counted[judgement.subject]} of {judgement.subject}"
        for doubt in _doubts(archive, connection, judgement):
            yield judgement.number, doubt
    yield from _strays(connection)


def _doubts(archive: Archive, connection: Connection, judgement: Judgement) -> Iterator[str]:
    """What breaks off with an error is a doubt: one broken judgement must not hide the others."""
    try:
        yield from _entry_doubts(connection, judgement)
        yield from _column_doubts(judgement)
        yield from _key_doubts(archive, connection, judgement)
        replayed = replay(judgement_store.as_case(judgement), archive.knowledge)
        if not replayed.same:
            yield replayed.problem or str(replayed.difference)
        yield from _notice_doubts(archive, connection, judgement)
    except DBAPIError:  # the database's own trouble is no doubt
        raise
    except Exception as error:  # noqa: BLE001 see above
        yield f"{type(error).__name__}: {error}"


def _entry_doubts(connection: Connection, judgement: Judgement) -> Iterator[str]:
    found = signing_store.read_row(connection, judgement.sequence)
    said = None if found is None else read_entry(found[3])
    if said is None or (said.event, said.subject) != (Event.JUDGEMENT_MADE.value, judgement.number):
        yield f"entry {judgement.sequence} of the journal is of something else"
        return
    due: dict[str, str] = telling.particulars_of(judgement)
    yield from _differences(said.particulars, due, "the journal says {was!r} of its {name}, the row says {now!r}")
    if said.at != judgement.recorded_at:
        yield f"the journal has it recorded at {said.at}, the row at {judgement.recorded_at}"


def _column_doubts(judgement: Judgement) -> Iterator[str]:
    case = canonical.loads(unpack(judgement.case), Case)
    decision = canonical.loads(unpack(judgement.decision), Decision)
    due = {
        "series": case.series_id,
        "office": case.header.office or "",
        "moment of judging": case.lodged_at,
        "degraded": decision.degraded,
        "decision": decision.id,
    }
    said = {
        "series": judgement.series_id,
        "office": judgement.office,
        "moment of judging": judgement.judged_at,
        "degraded": judgement.degraded,
        "decision": judgement.decision_id,
    }
    yield from _differences(said, due, "the row says {was!r} of its {name}, what was judged says {now!r}")


def _key_doubts(archive: Archive, connection: Connection, judgement: Judgement) -> Iterator[str]:
    """The draws are made with the key of the day on which the series was first judged."""
    known = archive.knowledge(judgement.knowledge_version)
    if known is None:
        return  # the replay tells
    if known.day != judgement.day:
        yield f"it was judged with the knowledge of {known.day}, on {judgement.day}"
    first = judgement_store.first_day(connection, judgement.series_id, judgement.sequence) or judgement.day
    if (known.key_day or known.day) != first or known.day_key != archive.selection_key(first):
        yield f"random selection was drawn with another key than that of {first}"


def _notice_doubts(archive: Archive, connection: Connection, judgement: Judgement) -> Iterator[str]:
    notice, this = unpack(judgement.notice), outbox.c.message_id == telling.message_id(judgement)
    sent = connection.execute(select(outbox.c.body, outbox.c.recipient).where(this)).first()
    if (sent is not None) is not judgement.told:
        yield "it was sent and should not have been" if sent is not None else "the message in the outbox is not there"
    elif sent is not None and (unpack(bytes(sent.body)), sent.recipient) != (
        notice,
        f"participant:{judgement.participant}",
    ):
        yield "the message in the outbox is not the notice to the participant"
    case = canonical.loads(unpack(judgement.case), Case)
    decision = canonical.loads(unpack(judgement.decision), Decision)
    due = judgement_notice(telling.told_of(judgement, case.document_digest), decision)
    if digest_of(verify.verify(xmlgate.open_document(notice)).root) != digest_of(etree.fromstring(due)):
        yield "the notice says something else than the decision"
    at = judgement.recorded_at
    for report in judge_signature(notice, archive.trust(at), at, seal=True):
        if report.error is not None:
            yield f"the seal does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Sealer) or report.signer.bin not in archive.office:
            yield "the notice is not sealed by the office"


def _differences(was: dict[str, Any], now: dict[str, Any], told: str) -> Iterator[str]:
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield told.format(name=name, was=was.get(name), now=now.get(name))


def _strays(connection: Connection) -> Iterator[tuple[str, str]]:
    """What the journal tells of and no row has."""
    journal, rows = signing_store.journal, judgement_table
    entries = journal.outerjoin(rows, rows.c.sequence == journal.c.index)
    lost = select(journal.c.index, journal.c.subject).select_from(entries)
    lost = lost.where(journal.c.event == Event.JUDGEMENT_MADE.value, rows.c.sequence.is_(None))
    for row in connection.execute(lost.order_by(journal.c.index)):
        yield row.subject, f"entry {row.index} of the journal has no judgement"
