"""What is checked of the registry: steps and decisions against the journal, what was signed, and what was told."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from lxml import etree
from sqlalchemy import Connection, select

from interop.registry_notices import RegistryTold, registry_notice
from interop.store import outbox
from portal.audit import Event
from portal.auditing.archive import Archive, looking
from portal.auditing.dossier import Dossier
from portal.casework.statements import digest_of, digest_of_bytes
from portal.registry import telling
from risk_gateway.bases.registry import application_store, statement_store, store
from risk_gateway.bases.registry.applying import Appeal, AppealState, Application, ApplicationState
from risk_gateway.bases.registry.model import ALLOWED, EntryStep, Status, status_of
from risk_gateway.model import Category
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing import verify, xmlgate
from signing.holders import Sealer, Signer
from signing.journal_check import read_entry
from signing.verdict import judge_signature

_BY_APPLICANTS = (ApplicationState.FILED, ApplicationState.WITHDRAWN)


def minimal_risk(dossier: Dossier) -> Iterator[str]:
    """The declarant was judged as of low risk exactly when its entry in the registry was active at that moment."""
    at = dossier.stored.received_at
    with looking(dossier.archive.engine) as connection:
        status = store.status_at(connection, dossier.key.declarant, at)
    judged = dossier.case.header.declarant_category
    if (judged is Category.LOW) is not (status is Status.ACTIVE):
        yield f"the declarant was judged as {judged.value}, its entry in the registry was {status or 'none'} then"


def registry_doubts(archive: Archive, connection: Connection) -> Iterator[str]:
    """Yield what does not fit."""
    for participant, steps in store.read_entries(connection).items():
        for place, step in enumerate(steps):
            named = f"step {step.number} of {participant} in the registry"
            yield from (f"{named}: {doubt}" for doubt in _step_doubts(archive, connection, steps[:place], step))
    filed: list[Application | Appeal] = [*application_store.all_applications(connection)]
    filed += application_store.all_appeals(connection)
    for made in filed:
        yield from (f"{made.number}: {doubt}" for doubt in _decision_doubts(archive, connection, made))
    yield from _strays(connection)


def _step_doubts(
    archive: Archive, connection: Connection, before: tuple[EntryStep, ...], step: EntryStep
) -> Iterator[str]:
    status = status_of(before, step.at)
    if step.number != len(before) + 1 or step.step not in ALLOWED[status]:
        yield f"it cannot follow when the entry is {status.value if status else 'none'}"
    if step.sequence is None:
        if step.number != 1 or step.by_iin:
            yield "it is in no entry of the journal"
        return
    notice = unpack(store.read_notice(connection, step.participant, step.number) or b"")
    signed, doubts = _statement(archive, connection, step.statement, step.by_iin, step.at)
    yield from doubts
    due = telling.particulars_of_step(step, status, signed, notice)
    yield from _entry_doubts(connection, step.sequence, Event.REGISTRY_MOVED, step.participant, due)
    yield from _notice_doubts(archive, connection, step.sequence, telling.told_of_step(step, signed), notice, step.at)


def _decision_doubts(archive: Archive, connection: Connection, made: Application | Appeal) -> Iterator[str]:
    _, doubts = _statement(archive, connection, made.statement, made.by_iin, made.filed_at)
    yield from doubts
    if made.state in (*_BY_APPLICANTS, AppealState.OPEN) or made.decided_sequence is None or made.decided_at is None:
        return
    signed, doubts = _statement(archive, connection, made.decision, made.decided_by_iin or "", made.decided_at)
    yield from doubts
    told = _told(made, signed)
    kept = application_store.read_notice(connection, made)
    notice = None if kept is None else unpack(kept)
    if (told is None) is not (notice is None):
        yield "there is a notice where none is due, or none where one is"
    due = telling.particulars_of_decision(made, signed, notice)
    yield from _entry_doubts(connection, made.decided_sequence, Event.REGISTRY_DECIDED, made.number, due)
    if told is not None and notice is not None:
        yield from _notice_doubts(archive, connection, made.decided_sequence, told, notice, made.decided_at)


def _told(made: Application | Appeal, signed: str) -> RegistryTold | None:
    if isinstance(made, Appeal):
        return telling.told_of_appeal(made, signed)
    return telling.told_of_refusal(made, signed) if telling.is_told(made) else None


def _statement(
    archive: Archive, connection: Connection, identifier: str | None, by: str, at: datetime
) -> tuple[str, list[str]]:
    """Return the digest of a signed statement, and what is wrong with it. A step of the portal itself has none."""
    if identifier is None:
        return "", [] if not by else ["its statement is not there"]
    row = statement_store.find_statement(connection, identifier)
    if row is None or row.signed is None:
        return "", ["its statement is not there"]
    signed, doubts = unpack(bytes(row.signed)), []
    digest = hashlib.sha256(signed).hexdigest()
    if digest != row.signed_digest:
        doubts.append("the SHA-256 of its statement is not the recorded one")
    root = verify.verify(xmlgate.open_document(signed)).root
    if not digest_of(root) == row.digest == digest_of_bytes(unpack(bytes(row.prepared))):
        doubts.append("what was signed is not what was prepared")
    for report in judge_signature(signed, archive.trust(at), at):
        if report.error is not None and not report.caution:
            doubts.append(f"the signature of its statement does not hold: {report.error.text('en')}")
        elif not isinstance(report.signer, Signer) or report.signer.iin != by:
            doubts.append("its statement is signed by somebody else")
    return digest, doubts


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


def _notice_doubts(
    archive: Archive, connection: Connection, sequence: int, told: RegistryTold, notice: bytes, at: datetime
) -> Iterator[str]:
    this = outbox.c.message_id == f"registry:{sequence}"
    body = connection.execute(select(outbox.c.body).where(this)).scalar()
    if body is None or unpack(bytes(body)) != notice:
        yield "the message in the outbox is not the notice"
    if digest_of(verify.verify(xmlgate.open_document(notice)).root) != digest_of(
        etree.fromstring(registry_notice(told))
    ):
        yield "the notice says something else than the row"
    for report in judge_signature(notice, archive.trust(at), at, seal=True):
        if report.error is not None:
            yield f"the seal does not hold: {report.error.text('en')}"
        elif not isinstance(report.signer, Sealer) or report.signer.bin not in archive.office:
            yield "the notice is not sealed by the office"


def _strays(connection: Connection) -> Iterator[str]:
    """What the journal tells of and no table has."""
    journal, steps = signing_store.journal, store.step_table
    entries = journal.outerjoin(steps, steps.c.sequence == journal.c.index)
    lost = select(journal.c.index, journal.c.subject).select_from(entries)
    lost = lost.where(journal.c.event == Event.REGISTRY_MOVED.value, steps.c.sequence.is_(None))
    for row in connection.execute(lost.order_by(journal.c.index)):
        yield f"entry {row.index} of the journal tells of a step of {row.subject} that is not there"
    known = {each.number for each in application_store.all_applications(connection)}
    known |= {each.number for each in application_store.all_appeals(connection)}
    said = select(journal.c.index, journal.c.subject).where(journal.c.event == Event.REGISTRY_APPLIED.value)
    for row in connection.execute(said.order_by(journal.c.index)):
        if row.subject not in known:
            yield f"entry {row.index} of the journal tells of {row.subject}, which is not there"
