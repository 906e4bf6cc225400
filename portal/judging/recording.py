"""Record a judgement in the caller's transaction."""

from datetime import UTC
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection

from interop import store as interop_store
from interop.judgement_notices import judgement_notice
from portal import audit
from portal.casework.desk import Desk
from portal.errors import Outdated
from portal.judging import telling
from portal.judging.model import Judged, Kept
from risk_gateway import canonical, judgement_store
from risk_gateway.days import day_of
from risk_gateway.judgement_store import Judgement, number_of
from risk_gateway.packing import pack
from risk_gateway.profiles import Block
from signing import seal
from signing import store as signing_store


def record(
    connection: Connection,
    desk: Desk,
    judged: Judged,
    *,
    subject: str,
    moment: str,
    participant: str | None,
    tell: bool = True,
) -> Kept:
    """Record what was judged of `subject`: row, sealed notice, journal entry and message, in the caller's transaction.

    It waits for the journal's head. `participant` is the BIN or IIN whom it is about, None for a traveller without one.
    He gets the notice where `tell` says so; never of a judgement for an audit, which is confidential. Raises `Outdated`
    when somebody else was the first to judge this series meanwhile, on another day: judge again.
    """
    size, frontier = signing_store.lock_head(connection)
    case, knowledge, now = judged.case, judged.knowledge, desk.clock.now()
    day = day_of(case.lodged_at)
    if (knowledge.key_day or knowledge.day) != (judgement_store.first_day(connection, case.series_id) or day):
        raise Outdated
    ordinal = judgement_store.count(connection, subject) + 1
    made = Judgement(
        number=number_of(subject, ordinal),
        subject=subject,
        ordinal=ordinal,
        moment=moment,
        block=case.block,
        office=case.header.office or "",
        participant=participant,
        told=tell and participant is not None and case.block != Block.AUDITS,
        series_id=case.series_id,
        day=day,
        judged_at=case.lodged_at.astimezone(UTC),
        recorded_at=now.astimezone(UTC),
        outcome=judged.decision.outcome.value,
        degraded=judged.decision.degraded,
        decision_id=judged.decision.id,
        knowledge_version=judged.decision.knowledge_version,
        case=pack(canonical.dumps(case)),
        assessment=pack(canonical.dumps(judged.assessment)),
        decision=pack(canonical.dumps(judged.decision)),
        notice=b"",
        sequence=size,
    )
    told = judgement_notice(telling.told_of(made, case.document_digest), judged.decision)
    notice = seal.seal(told, desk.keyring.at(now), now)
    row = {**asdict(made), "notice": pack(notice)}
    judgement_store.add(connection, row)
    desk.mark("after judgement")
    kept = Judgement(**row)
    event = audit.Record(audit.Event.JUDGEMENT_MADE, made.number, now, telling.particulars_of(kept))
    audit.append(connection, size, frontier, [event])
    desk.mark("after judgement entry")
    if kept.told:
        interop_store.add_messages(connection, [_message(kept)])
    desk.mark("after judgement message")
    return Kept(made.number, judged, notice, size)


def _message(judgement: Judgement) -> dict[str, Any]:
    return {
        "message_id": telling.message_id(judgement),
        "recipient": f"participant:{judgement.participant}",
        "kind": telling.NOTICE,
        "subject": judgement.subject,
        "body": judgement.notice,
        "sequence": judgement.sequence,
        "created_at": judgement.recorded_at,
        "next_attempt_at": judgement.recorded_at,
        "attempts": 0,
    }
