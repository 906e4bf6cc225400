"""What the pages of audits show."""

from datetime import datetime

from msgspec import Struct

from declarations.audits.lifecycle import Action
from declarations.audits.model import Appeal, Audit, Made
from declarations.ledger.model import Outstanding
from portal.audits.model import Intent

SHOWN: frozenset[Action] = frozenset(
    {
        Action.OPEN,
        Action.SIGN_COMPLETE_ACT,
        Action.SIGN_DIRECTED_ACT,
        Action.NOTIFY_DEBT,
        Action.ORDER_ELIMINATION,
        Action.FIND_NOTHING,
        Action.REPLY,
        Action.APPEAL,
        Action.DENY_APPEAL,
        Action.UPHOLD_APPEAL,
        Action.REPORT_ELIMINATION,
        Action.ACCEPT_ELIMINATION,
        Action.SETTLE,
    }
)
"""What a participant reads: everything but how it was chosen, and the plan."""


class Firm(Struct, frozen=True):
    number: str
    name: str


class Row(Struct, frozen=True):
    """A line of a list."""

    audit: Audit
    firm: Firm


class Document(Struct, frozen=True):
    """A move with what was signed for it, as far as the reader may see it."""

    made: Made
    intent: Intent | None


class AuditPage(Struct, frozen=True, kw_only=True):
    """`offered` are the actions the reader may take now, `appeal_until` until when the outcome can be contested."""

    audit: Audit
    firm: Firm
    documents: tuple[Document, ...]
    outcome: Intent | None
    outstanding: Outstanding | None
    prepaid_tiyn: int
    appeals: tuple[Appeal, ...]
    offered: tuple[Action, ...]
    appeal_until: datetime | None
    examined: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    own_plan: bool = False
    own_decision: bool = False
    represented: bool = False  # the reader is here for the participant, by a power of attorney


class Worklist(Struct, frozen=True):
    """What waits, by what is to be done with it."""

    candidates: tuple[Row, ...]
    plans: tuple[Row, ...]
    at_work: tuple[Row, ...]
    appeals: tuple[Row, ...]
    ended: tuple[Row, ...]
