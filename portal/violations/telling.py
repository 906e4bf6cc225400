"""What a participant is told of its objection that was decided: a notice that the office seals, and its message."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection

from interop import store as interop_store
from interop.violation_notices import ContestTold, contest_notice
from portal.casework.desk import Desk
from portal.languages import translations
from portal.violations.words import REASONS
from risk_gateway.bases.violations.contest_store import Contest, Ended
from risk_gateway.packing import pack
from risk_gateway.words import LANGUAGES, Words
from signing import seal

NOTICE: Final = "VIOLATION_NOTICE"


def sealed(desk: Desk, contest: Contest, ended: Ended, reason: str, said: str, sequence: int, now: datetime) -> bytes:
    """Return the sealed notice of a decision; `sequence` is its entry in the journal."""
    told = ContestTold(
        participant=contest.participant,
        upheld=ended is Ended.UPHELD,
        subject=contest.violation,
        made_at=now.astimezone(UTC),
        journal_index=sequence,
        statement=contest.signed_digest or "",
        reason_code=reason,
        reason=_reason(ended, reason),
        text=said,
    )
    return seal.seal(contest_notice(told), desk.keyring.at(now), now)


def send(connection: Connection, contest: Contest, notice: bytes, sequence: int, now: datetime) -> None:
    """Leave a sealed notice to the outbox."""
    message: dict[str, Any] = {
        "message_id": f"contest:{sequence}",
        "recipient": f"participant:{contest.participant}",
        "kind": NOTICE,
        "subject": contest.violation,
        "body": pack(notice),
        "sequence": sequence,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
    }
    interop_store.add_messages(connection, [message])


@cache
def _reason(ended: Ended, reason: str) -> Words:
    return Words(*(translations(language).gettext(REASONS[ended][reason]) for language in LANGUAGES))
