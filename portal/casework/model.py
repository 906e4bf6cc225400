"""The shapes of case work: what somebody wants, what came of it, and what pages read. Nothing here reads or decides."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from declarations.lifecycle import Action, Actor, Move, StatementKind, Status
from declarations.store import Stored
from portal.views import Lane
from risk_gateway.model import Assessment, Decision
from risk_gateway.profiles import Extent, MeasureCode, Motive, Outcome
from risk_gateway.words import Words

# --- a move ---------------------------------------------------------------------------------------------------------


class Mover(Struct, frozen=True):
    """Who makes a move. `iin` is empty for the portal and its timer; `post` is that of an official.

    `organisation` is the BIN (or IIN) that a declarant or broker acts for.
    """

    actor: Actor
    iin: str = ""
    name: str = ""
    post: str | None = None
    organisation: str | None = None


PORTAL = Mover(Actor.PORTAL)
TIMER = Mover(Actor.TIMER)


class Wanted(Struct, frozen=True, kw_only=True):
    """A move that somebody wants. `expected` is the status that the page showed: of two at once the second is told.

    `target` is needed where an action leads to several (DOWNGRADE, END_DETENTION and DENY_AMENDMENT find theirs).
    `reason` is a code of `reasons.of(action)`. `limit` is aware. `items` are goods items, none for all. `measures` and
    `extent` go with ORDER_INSPECTION, `amount_tiyn` with DEMAND_PAYMENT and RELEASE_UNDER_SECURITY, `questions` with
    requests: what is asked for, one by one. `proposal` is that which a DOWNGRADE approves.
    """

    number: str
    action: Action
    expected: Status
    by: Mover
    target: Status | None = None
    version: int | None = None
    reason: str = ""
    text: str = ""
    limit: datetime | None = None
    items: tuple[int, ...] = ()
    questions: tuple[str, ...] = ()
    measures: tuple[MeasureCode, ...] = ()
    extent: Extent | None = None
    amount_tiyn: int = 0
    statement: str | None = None  # the id of a statement that was signed and accepted in this transaction
    request: int | None = None  # that a SUBMIT answers; all that are open when None
    proposal: int | None = None


class Moved(Struct, frozen=True):
    """A move that was made. `sequence` is its index in the journal; `notice` the sealed XML, if one is sent."""

    sequence: int
    number: str
    version: int
    action: Action
    source: Status
    target: Status
    at: datetime
    notice: bytes | None


# --- statements and files -------------------------------------------------------------------------------------------


class Upload(Struct, frozen=True):
    """A file as it came: the name is what the browser said, the type is found from the content."""

    name: str
    content: bytes


class FileInfo(Struct, frozen=True):
    """A kept file. `name` is cleaned and has the ending of its `media_type`; `digest` is SHA-256 in hex."""

    id: str
    name: str
    media_type: str
    size: int
    digest: str
    statement: str
    uploaded_at: datetime


class ProfileResult(Struct, frozen=True):
    """What a control found of one profile that led to it. Internal: a declarant never sees it."""

    profile: str
    found: bool


class ItemResult(Struct, frozen=True):
    """What was seen of one goods item, in words that the declarant reads."""

    item: int
    found: bool
    text: str


class InspectionAct(Struct, frozen=True, kw_only=True):
    """What an inspector states. All but `results` stands in the act that the declarant reads; `results` stands in the
    confidential annex, whose digest is in the act. There must be a result for each profile that led to the inspection.
    """

    extent: Extent
    place: str
    measured: str  # what was measured and how: weights, counts
    items: tuple[ItemResult, ...]
    results: tuple[ProfileResult, ...]
    amount_tiyn: int = 0  # what is owed more because of what was found
    motive: Motive | None = None


class Writing(Struct, frozen=True, kw_only=True):
    """What somebody wants to state. `request` is that which is answered, by a SUBMISSION."""

    kind: StatementKind
    expected: Status
    text: str = ""
    request: int | None = None
    files: tuple[Upload, ...] = ()
    act: InspectionAct | None = None


class Prepared(Struct, frozen=True):
    """A statement that waits for its signature. `document` are the exact bytes to sign; `annex` those that the act only
    names by digest, for the inspector's eyes."""

    id: str
    kind: StatementKind
    number: str
    version: int
    document: bytes
    annex: bytes | None
    prepared_at: datetime
    expires_at: datetime
    files: tuple[FileInfo, ...] = ()


class StatementInfo(Struct, frozen=True):
    """An accepted statement. `digest` is SHA-256 of the signed bytes."""

    id: str
    kind: StatementKind
    version: int
    text: str
    by_iin: str
    by_name: str
    at: datetime
    digest: str
    sequence: int
    files: tuple[FileInfo, ...] = ()


# --- what is open in a case -----------------------------------------------------------------------------------------


class RequestKind(StrEnum):
    DOCUMENTS = "DOCUMENTS"
    DATA = "DATA"
    QUESTION = "QUESTION"
    EXPERTISE = "EXPERTISE"


class CaseRequest(Struct, frozen=True):
    """What an officer asked for. `id` is the journal index of the move that asked; `answered_by` that of the answer."""

    id: int
    kind: RequestKind
    version: int
    text: str
    questions: tuple[str, ...]
    items: tuple[int, ...]
    limit: datetime
    asked_at: datetime
    asked_by: str  # name: officials only
    answered_by: int | None = None
    answered_at: datetime | None = None
    overdue: bool = False


class ProposalOutcome(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    LAPSED = "lapsed"  # the case went on meanwhile


class Proposal(Struct, frozen=True):
    """A milder lane proposed for a case. Without an `outcome` it waits for a chief who is another person."""

    id: int
    number: str
    version: int
    from_outcome: Outcome
    to_outcome: Outcome
    reason: str
    text: str
    by_iin: str
    by_name: str
    by_role: str
    at: datetime
    outcome: ProposalOutcome | None = None
    decided_sequence: int | None = None
    decided_by_iin: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_text: str = ""


class Appeal(Struct, frozen=True):
    """An appeal against what a status stands for. `id` is the journal index of the move that lodged it."""

    id: int
    version: int
    text: str
    against: Status
    at: datetime
    upheld: bool | None = None
    decided_at: datetime | None = None
    decided_text: str = ""


# --- what pages read ------------------------------------------------------------------------------------------------


class Assignee(Struct, frozen=True):
    iin: str
    name: str


class Load(Struct, frozen=True):
    """How many open cases an official of the post has."""

    iin: str
    name: str
    role: str
    open_cases: int
    overdue: int


class CaseRow(Struct, frozen=True):
    """A line of the worklist. `sequence` grows with time and is the key of paging; `lane` is the one in force now.

    `reasons` are the categories of the decision's reasons, as the declarant is told them; `profiles` those that were
    acted upon.
    """

    sequence: int
    number: str
    version: int
    declarant: str
    declarant_name: str
    agent: str | None
    type_code: str
    procedure: str | None
    status: Status
    lane: Lane
    item_count: int
    customs_value: Decimal | None
    score: Decimal
    degraded: bool
    reasons: tuple[Words, ...]
    profiles: tuple[str, ...]
    accepted_at: datetime
    limit: datetime | None  # the open request's, else the decision's
    overdue: bool
    assignee: Assignee | None
    proposal: bool  # a milder lane waits for approval
    appeal: bool  # an appeal waits for a decision


class Worklist(Struct, frozen=True):
    """One page, oldest first; `next_after` leads to the next one. `total` are the cases that the filter leaves; what
    follows counts the open cases of the whole post."""

    rows: tuple[CaseRow, ...]
    next_after: int | None
    total: int
    counts: Mapping[Status, int]
    mine: int
    unassigned: int
    overdue: int
    proposals: int
    appeals: int


class HistoryEvent(Struct, frozen=True, kw_only=True):
    """One thing that happened to a case after its decision. A declarant sees no internal one, and of officials only
    their role. `action` is an Action, or one of `assigned`, `downgrade proposed`, `downgrade declined`."""

    sequence: int
    at: datetime
    action: str
    actor: Actor
    version: int
    internal: bool = False
    source: Status | None = None
    target: Status | None = None
    by_iin: str = ""
    by_name: str = ""
    reason: str = ""
    text: str = ""
    limit: datetime | None = None
    questions: tuple[str, ...] = ()
    items: tuple[int, ...] = ()
    amount: Decimal | None = None
    notice_code: str | None = None
    has_notice: bool = False
    statement: StatementInfo | None = None
    to: Assignee | None = None
    lane: Lane | None = None


class Case(Struct, frozen=True):
    """Everything of one case, newest version. `moves` are those that this person may make now."""

    stored: Stored
    status: Status
    lane: Lane
    decision: Decision
    assessment: Assessment | None  # for officials only
    assignee: Assignee | None
    limit: datetime | None
    overdue: bool
    versions: tuple[int, ...]
    moves: tuple[Move, ...]
    requests: tuple[CaseRequest, ...]
    statements: tuple[StatementInfo, ...]
    proposals: tuple[Proposal, ...]
    appeals: tuple[Appeal, ...]
    may_claim: bool = False
    may_propose: tuple[Outcome, ...] = ()
