"""What is told of a move, worked out of its row alone: the notice to the declarant, and the entry of the journal.

The audit works both out anew from the stored row, by these same functions.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import msgspec

from declarations.lifecycle import Move, Status
from declarations.store import Stored
from interop.notices import Told
from portal.casework import reasons
from portal.casework.errors import words
from portal.casework.model import Wanted
from risk_gateway import canonical
from risk_gateway.words import Words

_ADVERSE = frozenset(
    {
        Status.DOCUMENTS_REQUESTED,
        Status.EXPERTISE,
        Status.INSPECTION_ORDERED,
        Status.DETAINED,
        Status.PAYMENT_DUE,
        Status.RELEASE_REFUSED,
        Status.INVALIDATED,
        Status.RELEASE_CANCELLED,
    }
)


_APPEAL = Words(**words()["appeal.how"])


def details_of(wanted: Wanted) -> str:
    """Return what a move says besides reason, text and limit, as its row keeps it: canonical JSON."""
    details = {
        "items": wanted.items,
        "questions": wanted.questions,
        "measures": wanted.measures,
        "extent": wanted.extent,
        "amount_tiyn": wanted.amount_tiyn,
        "request": wanted.request,
        "proposal": wanted.proposal,
    }
    return canonical.dumps(details).decode()


def told_of(stored: Stored, move: Move, row: Mapping[str, Any]) -> Told:
    """Return what the declarant is told of a move, from its row: so the audit can make the notice anew."""
    details = msgspec.json.decode(row["details"])
    shown = not move.discreet
    return Told(
        code=move.notice or "",
        answer=move.answer,
        registration_number=stored.registration_number,
        functional_reference_id=stored.key.functional_reference_id,
        version=stored.key.version,
        declarant=stored.key.declarant,
        digest=stored.digest,
        status=move.target.value,
        status_before=move.source.value,
        action=move.action.value,
        made_by=row["actor"],
        made_at=row["at"].astimezone(UTC),
        journal_index=row["sequence"],
        reason_code=row["reason"] if shown else "",
        reason=reasons.words(move.action, row["reason"]) if shown and row["reason"] else None,
        text=row["text"] if shown else "",
        limit=row["limit_at"] and row["limit_at"].astimezone(UTC),
        items=tuple(details["items"]),
        questions=tuple(details["questions"]),
        amount_tiyn=details["amount_tiyn"],
        statement=row["statement_digest"],
        appeal=_APPEAL if move.target in _ADVERSE else None,
    )


def particulars_of(row: Mapping[str, Any], notice: bytes | None) -> dict[str, str]:
    """Return what the journal's entry says of a move."""
    return {
        "action": row["action"],
        "from": row["source"],
        "to": row["target"],
        "version": str(row["version"]),
        "actor": row["actor_iin"],
        "role": row["actor"],
        "reason": row["reason"],
        "said": said_digest(row),
        "statement": row["statement_digest"] or "",
        "notice": "" if notice is None else hashlib.sha256(notice).hexdigest(),
    }


def said_digest(row: Mapping[str, Any]) -> str:
    """Return what the journal's entry holds of a move's words: a digest, for they may concern persons."""
    limit = row["limit_at"]
    return canonical.digest([row["text"], limit and limit.astimezone(UTC), row["details"]])
