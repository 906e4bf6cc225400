"""What is told of a move, worked out of what is stored: the participant's notice, and the journal's entry.

The audit of the record works both out anew by these same functions.
"""

import hashlib
from datetime import UTC
from typing import Final

from declarations.audits.lifecycle import CONTESTABLE, Move
from declarations.audits.model import Audit, Made
from interop.audit_notices import AuditTold
from portal.audits.model import Intent
from portal.audits.terms import how_to_appeal
from risk_gateway import canonical

NOTICE: Final = "AUDIT_NOTICE"


def told_of(audit: Audit, move: Move, made: Made, intent: Intent | None, statement: str) -> AuditTold:
    """Return what a participant is told of a move; `statement` is the digest of the signed one behind it, or ""."""
    return AuditTold(
        participant=audit.participant,
        event=made.action.value,
        subject=audit.number,
        status=made.target.value,
        made_at=made.at.astimezone(UTC),
        journal_index=made.sequence,
        code=move.notice or "",
        answer=move.answer,
        limit=made.limit_at.astimezone(UTC) if made.limit_at else None,
        amount_tiyn=intent.amount_tiyn if intent else 0,
        lines=intent.lines if intent else (),
        statement=statement,
        text=made.text,
        appeal=how_to_appeal(made.at) if move.target in CONTESTABLE and not move.answer and move.limit else None,
    )


def particulars_of(audit: Audit, made: Made, statement: str, notice: bytes | None) -> dict[str, str]:
    """Return what the journal's entry says of a move."""
    return {
        "participant": audit.participant,
        "number": str(made.number),
        "action": made.action.value,
        "from": made.source.value if made.source else "",
        "to": made.target.value,
        "actor": made.actor.value,
        "by": made.by_iin,
        "said": canonical.digest(made.text),
        "limit": made.limit_at.astimezone(UTC).isoformat() if made.limit_at else "",
        "statement": statement,
        "notice": "" if notice is None else hashlib.sha256(notice).hexdigest(),
    }
