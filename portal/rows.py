"""What step 8 writes of a lodgement, from the entry and its number: rows, notice, journal record, message."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from declarations import lifecycle, numbering
from declarations import store as declarations_store
from declarations.store import Stored
from interop.notices import Registered, decision_notice
from portal import audit
from portal.casework import opening
from portal.entry import STATUS_AFTER, Answer, Entry
from risk_gateway.model import Decision
from risk_gateway.packing import pack
from signing import seal
from signing.signer import SigningKey


def numbers_of(connection: Connection, fresh: Sequence[Entry], day: date) -> list[str]:
    """Return the registration number of each entry: a new one, but for a correction, which keeps that of its base."""
    wanted = Counter((entry.office, f"{day:%d%m%y}") for entry in fresh if entry.corrects is None)
    last = declarations_store.take_serials(connection, wanted)
    numbers = []
    for entry in fresh:
        if entry.corrects is not None:
            numbers.append(entry.corrects.number)
            continue
        last[entry.office, f"{day:%d%m%y}"] += 1
        numbers.append(str(numbering.RegistrationNumber(entry.office, day, last[entry.office, f"{day:%d%m%y}"])))
    return numbers


def no_more_on_paper(done: Sequence[tuple[Entry, Answer]]) -> list[tuple[str, int]]:
    """Return the corrected declarations, with their places in the journal, that no open request goes on with."""
    return [
        (answer.stored.registration_number, answer.stored.sequence)
        for _, answer in done
        if answer.stored.key.version > 1 and answer.stored.status not in lifecycle.ON_PAPER
    ]


def limits(done: Sequence[tuple[Entry, Answer]]) -> dict[str, datetime | None]:
    """Return by when something is due of each declaration that officers will work on, or have worked on before."""
    return {
        answer.stored.registration_number: opening.decision_limit(entry.decision)
        if answer.stored.status in lifecycle.OPEN
        else None
        for entry, answer in done
        if answer.stored.status in lifecycle.OPEN or answer.stored.key.version > 1
    }


def sealed_notice(stored: Stored, decision: Decision, key: SigningKey) -> bytes:
    told = Registered(
        registration_number=stored.registration_number,
        functional_reference_id=stored.key.functional_reference_id,
        version=stored.key.version,
        declarant=stored.key.declarant,
        status=stored.status,
        code=lifecycle.move(lifecycle.Status.ACCEPTED, lifecycle.Status(STATUS_AFTER[decision.outcome])).notice or "",
        digest=stored.digest,
        received_at=stored.received_at,
        accepted_at=stored.accepted_at,
        journal_index=stored.sequence,
    )
    return seal.seal(decision_notice(told, decision), key, stored.accepted_at)


def registered(entry: Entry, number: str, index: int, now: datetime) -> Stored:
    return Stored(
        key=entry.key,
        registration_number=number,
        sequence=index,
        agent=entry.agent,
        declarant_name=entry.declarant_name,
        type_code=entry.type_code,
        procedure=entry.procedure,
        office=entry.office,
        status=entry.status,
        outcome=entry.decision.outcome.value,
        item_count=entry.item_count,
        customs_value_tiyn=entry.customs_value_tiyn,
        signer_iin=entry.signer_iin,
        signer_name=entry.signer_name,
        digest=entry.digest,
        received_at=entry.received_at,
        accepted_at=now,
    )


def key_of(entry: Entry) -> dict[str, Any]:
    key = entry.key
    return {
        "declarant": key.declarant,
        "functional_reference_id": key.functional_reference_id,
        "version": key.version,
    }


def declaration_row(stored: Stored) -> dict[str, Any]:
    names = [name for name in Stored.__struct_fields__ if name != "key"]
    key = {name: getattr(stored.key, name) for name in stored.key.__struct_fields__}
    return {**key, **{name: getattr(stored, name) for name in names}}


def decision_row(entry: Entry, answer: Answer) -> dict[str, Any]:
    return {
        **key_of(entry),
        "decision_id": entry.decision.id,
        "knowledge_version": entry.knowledge_version,
        "degraded": entry.decision.degraded,
        "decided_at": entry.decision.decided_at.astimezone(UTC),
        "case": entry.case_blob,
        "assessment": entry.assessment_blob,
        "decision": entry.decision_blob,
        "payables": entry.payables_blob,
        "notice": pack(answer.notice),
    }


def event(answer: Answer, entry: Entry) -> audit.Record:
    stored = answer.stored
    particulars = {
        "declarant": stored.key.declarant,
        "reference": stored.key.functional_reference_id,
        "version": str(stored.key.version),
        "digest": stored.digest,
        "signer": stored.signer_iin,
        "signature": entry.verdict,
        "decision": entry.decision.id,
        "outcome": stored.outcome,
        "knowledge": entry.knowledge_version,
        "case": entry.case_digest,
        "assessment": entry.assessment_digest,
        "notice": hashlib.sha256(answer.notice).hexdigest(),
    }
    if entry.corrects is not None:
        particulars["status"] = stored.status
    return audit.Record(audit.Event.DECLARATION_DECIDED, stored.registration_number, stored.accepted_at, particulars)


def message(answer: Answer, now: datetime) -> dict[str, Any]:
    stored = answer.stored
    return {
        "message_id": f"decision:{stored.registration_number}:{stored.key.version}",
        "recipient": f"participant:{stored.key.declarant}",
        "kind": "DECISION_NOTICE",
        "subject": stored.registration_number,
        "body": pack(answer.notice),
        "sequence": stored.sequence,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
    }
