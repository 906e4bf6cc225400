"""What is told of a judgement, worked out of what is stored: the notice, and the journal's entry.

The audit works both out anew by these same functions.
"""

import hashlib

from interop.judgement_notices import JudgementTold
from risk_gateway.judgement_store import Judgement
from risk_gateway.packing import unpack
from risk_gateway.profiles import Outcome

NOTICE = "JUDGEMENT_NOTICE"
_CODES = {Outcome.DOCUMENTARY_CHECK: "06", Outcome.INSPECTION_ORDER: "05"}  # WCO response codes


def told_of(judgement: Judgement, digest: str) -> JudgementTold:
    """`digest` is that of the document which the case was gathered from."""
    return JudgementTold(
        number=judgement.number,
        subject=judgement.subject,
        moment=judgement.moment,
        code=_CODES.get(Outcome(judgement.outcome), ""),
        outcome=judgement.outcome,
        participant=judgement.participant or "",
        digest=digest,
        judged_at=judgement.judged_at,
        recorded_at=judgement.recorded_at,
        journal_index=judgement.sequence,
    )


def particulars_of(judgement: Judgement) -> dict[str, str]:
    """Return what the journal's entry says of a judgement."""
    return {
        "subject": judgement.subject,
        "moment": judgement.moment,
        "block": judgement.block,
        "office": judgement.office,
        "participant": judgement.participant or "",
        "told": "yes" if judgement.told else "no",
        "series": judgement.series_id,
        "decision": judgement.decision_id,
        "outcome": judgement.outcome,
        "knowledge": judgement.knowledge_version,
        "case": _digest(unpack(judgement.case)),
        "assessment": _digest(unpack(judgement.assessment)),
        "notice": _digest(unpack(judgement.notice)),
    }


def message_id(judgement: Judgement) -> str:
    return f"judgement:{judgement.number}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
