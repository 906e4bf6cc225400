"""What can become of a declaration: one table of allowed moves. A new stage of life is a few more lines of it.

docs/lifecycle.md tells why a move is as it is.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from declarations.errors import MoveNotAllowed


class Status(StrEnum):
    LODGED = "LODGED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    RELEASED = "RELEASED"
    DOCUMENTS_REQUESTED = "DOCUMENTS_REQUESTED"
    SUBMITTED = "SUBMITTED"
    EXPERTISE = "EXPERTISE"
    QUERY = "QUERY"
    INSPECTION_ORDERED = "INSPECTION_ORDERED"
    IN_PROGRESS = "IN_PROGRESS"
    ACT_SIGNED = "ACT_SIGNED"
    DETAINED = "DETAINED"
    PAYMENT_DUE = "PAYMENT_DUE"
    RELEASED_UNDER_SECURITY = "RELEASED_UNDER_SECURITY"
    CLEARED = "CLEARED"
    RELEASE_REFUSED = "RELEASE_REFUSED"
    WITHDRAWN = "WITHDRAWN"
    INVALIDATED = "INVALIDATED"
    RELEASE_CANCELLED = "RELEASE_CANCELLED"
    AMENDMENT_REQUESTED = "AMENDMENT_REQUESTED"
    GRANTED = "GRANTED"  # of the version that was amended: the next one lives on
    EXIT_AWAITED = "EXIT_AWAITED"
    EXITED = "EXITED"
    NO_PROOF_OF_EXIT = "NO_PROOF_OF_EXIT"


class Actor(StrEnum):
    """Who makes a move. Persons bear the names of their roles in portal/access.py; a broker moves as the declarant."""

    PORTAL = "portal"
    GATEWAY = "gateway"
    TIMER = "timer"
    DECLARANT = "declarant"
    DOCUMENT_OFFICER = "document officer"
    INSPECTOR = "inspector"
    CHIEF = "chief of post"


class Action(StrEnum):
    """What is done. Several moves may lead from one status to another: each does something else."""

    REJECT = "reject"
    ACCEPT = "accept"
    DECIDE = "decide"
    REQUEST_DOCUMENTS = "request documents"
    REQUEST_DATA = "request data"
    ASK = "ask a question"
    ORDER_EXPERTISE = "order expertise"
    RECORD_EXPERTISE = "record the conclusion of an expertise"
    SUBMIT = "submit"
    TELL_OVERDUE = "tell that a limit has passed"
    ORDER_INSPECTION = "order inspection"
    START_INSPECTION = "start inspection"
    SIGN_ACT = "sign the act"
    DOWNGRADE = "downgrade"
    RELEASE = "release"
    RELEASE_PAID = "release what is paid"
    RELEASE_UNDER_SECURITY = "release under security"
    CLEAR = "clear"
    DEMAND_PAYMENT = "demand payment"
    REFUSE_RELEASE = "refuse release"
    DETAIN = "detain"
    END_DETENTION = "end detention"
    INVALIDATE = "invalidate"
    CANCEL_RELEASE = "cancel release"
    WITHDRAW = "withdraw"
    REQUEST_AMENDMENT = "request amendment"
    AMEND = "amend"  # granted at once, by rule
    GRANT_AMENDMENT = "grant amendment"
    DENY_AMENDMENT = "deny amendment"
    APPEAL = "appeal"
    UPHOLD_APPEAL = "uphold appeal"
    DISMISS_APPEAL = "dismiss appeal"
    AWAIT_EXIT = "await exit"
    CONFIRM_EXIT = "confirm exit"
    MISS_EXIT = "miss exit"
    COMPLETE_TRANSIT = "complete transit"


class StatementKind(StrEnum):
    """What somebody signs, so that a move may be made."""

    SUBMISSION = "SUBMISSION"
    WITHDRAWAL = "WITHDRAWAL"
    APPEAL = "APPEAL"
    INSPECTION_ACT = "INSPECTION_ACT"


class Move(Struct, frozen=True, kw_only=True):
    """One allowed move. `event` is what the journal calls it; `notice` the WCO response code sent to the declarant.

    `event` is None where nothing is kept: a refused document leaves no trace but its answer, and acceptance is
    recorded with the decision that follows at once. `answer` refines notice 11: 39 granted, 41 denied. `reason` tells
    that a coded reason is needed, `text` that words are, `limit` that a limit date is, `statement` which statement its
    maker has to sign, `two` that whoever proposed it or decided what it overturns may not make it. A move that
    `returns` leads to its target only when the declaration was in it before. Reason and text of a `discreet` one stay
    inside the office.
    """

    action: Action
    source: Status
    target: Status
    actors: tuple[Actor, ...]
    event: str | None = "declaration.moved"
    notice: str | None = None
    answer: str | None = None
    reason: bool = False
    text: bool = False
    limit: bool = False
    statement: StatementKind | None = None
    two: bool = False
    returns: bool = False
    discreet: bool = False


_S, _A, _K = Status, Action, StatementKind
_DOCUMENTS = (Actor.DOCUMENT_OFFICER, Actor.CHIEF)
_INSPECTION = (Actor.INSPECTOR, Actor.CHIEF)
_OFFICERS = (Actor.DOCUMENT_OFFICER, Actor.INSPECTOR, Actor.CHIEF)
_CHIEF, _DECLARANT = (Actor.CHIEF,), (Actor.DECLARANT,)
_PORTAL, _GATEWAY, _TIMER = (Actor.PORTAL,), (Actor.GATEWAY,), (Actor.TIMER,)

ON_PAPER: Final = (_S.DOCUMENTS_REQUESTED, _S.SUBMITTED, _S.EXPERTISE, _S.QUERY)
ON_GOODS: Final = (_S.INSPECTION_ORDERED, _S.IN_PROGRESS, _S.ACT_SIGNED)
OPEN: Final = (*ON_PAPER, *ON_GOODS, _S.DETAINED, _S.PAYMENT_DUE, _S.AMENDMENT_REQUESTED)
LET_GO: Final = (_S.RELEASED, _S.RELEASED_UNDER_SECURITY, _S.EXIT_AWAITED)
_AT_WORK = (_S.SUBMITTED, _S.DOCUMENTS_REQUESTED, _S.QUERY)  # on paper, and not with an expert
_AMENDABLE = (*ON_PAPER, _S.INSPECTION_ORDERED, _S.PAYMENT_DUE, *LET_GO)
_CONTESTABLE = (*ON_PAPER, *ON_GOODS, _S.DETAINED, _S.PAYMENT_DUE, _S.RELEASED_UNDER_SECURITY)
_ENDED = {
    _S.RELEASE_REFUSED: _S.SUBMITTED,
    _S.INVALIDATED: _S.SUBMITTED,
    _S.RELEASE_CANCELLED: _S.RELEASED,
}
"""Where a declaration goes on when an appeal against its end is upheld."""

_LIVED = tuple(each for each in Status if each not in (_S.LODGED, _S.REJECTED, _S.ACCEPTED, _S.GRANTED))


def _each(action: Action, sources: tuple[Status, ...], target: Status | None, **rest: object) -> Iterator[Move]:
    """Yield a move from each source; without a target each leads back to its own source."""
    for source in sources:
        yield Move(action=action, source=source, target=target or source, **rest)  # type: ignore[arg-type]  # the table is read at import, and tested


MOVES: Final[tuple[Move, ...]] = (
    # lodging: portal/pipeline.py
    *_each(_A.REJECT, (_S.LODGED,), _S.REJECTED, actors=_PORTAL, event=None, notice="03"),
    *_each(_A.ACCEPT, (_S.LODGED,), _S.ACCEPTED, actors=_PORTAL, event=None, notice="01"),
    *_each(_A.DECIDE, (_S.ACCEPTED,), _S.RELEASED, actors=_GATEWAY, event="declaration.decided", notice="08"),
    *_each(
        _A.DECIDE, (_S.ACCEPTED,), _S.DOCUMENTS_REQUESTED, actors=_GATEWAY, event="declaration.decided", notice="06"
    ),
    *_each(_A.DECIDE, (_S.ACCEPTED,), _S.INSPECTION_ORDERED, actors=_GATEWAY, event="declaration.decided", notice="05"),
    # documentary check
    *_each(
        _A.REQUEST_DOCUMENTS, ON_PAPER, _S.DOCUMENTS_REQUESTED, actors=_DOCUMENTS, notice="06", text=True, limit=True
    ),
    *_each(_A.REQUEST_DATA, ON_PAPER, _S.DOCUMENTS_REQUESTED, actors=_DOCUMENTS, notice="06", text=True, limit=True),
    *_each(
        _A.REQUEST_DOCUMENTS,
        (_S.ACT_SIGNED,),
        _S.DOCUMENTS_REQUESTED,
        actors=_CHIEF,
        notice="06",
        text=True,
        limit=True,
    ),
    *_each(_A.ASK, ON_PAPER, _S.QUERY, actors=_DOCUMENTS, notice="51", text=True, limit=True),
    *_each(_A.ORDER_EXPERTISE, _AT_WORK, _S.EXPERTISE, actors=_DOCUMENTS, notice="06", text=True, limit=True),
    *_each(_A.RECORD_EXPERTISE, (_S.EXPERTISE,), _S.SUBMITTED, actors=_DOCUMENTS, text=True),
    *_each(
        _A.SUBMIT,
        (_S.DOCUMENTS_REQUESTED, _S.QUERY, _S.SUBMITTED),
        _S.SUBMITTED,
        actors=_DECLARANT,
        statement=_K.SUBMISSION,
    ),
    *_each(_A.SUBMIT, (_S.EXPERTISE,), None, actors=_DECLARANT, statement=_K.SUBMISSION),
    *_each(_A.TELL_OVERDUE, (_S.DOCUMENTS_REQUESTED,), None, actors=_TIMER, notice="06"),
    *_each(_A.TELL_OVERDUE, (_S.QUERY,), None, actors=_TIMER, notice="51"),
    # inspection
    *_each(
        _A.ORDER_INSPECTION, ON_PAPER, _S.INSPECTION_ORDERED, actors=_DOCUMENTS, notice="05", reason=True, text=True
    ),
    *_each(_A.START_INSPECTION, (_S.INSPECTION_ORDERED,), _S.IN_PROGRESS, actors=_INSPECTION, notice="05"),
    *_each(_A.SIGN_ACT, (_S.IN_PROGRESS,), _S.ACT_SIGNED, actors=(Actor.INSPECTOR,), statement=_K.INSPECTION_ACT),
    # a milder lane, by two
    *_each(
        _A.DOWNGRADE,
        (_S.INSPECTION_ORDERED, _S.IN_PROGRESS),
        _S.DOCUMENTS_REQUESTED,
        actors=_CHIEF,
        notice="06",
        reason=True,
        text=True,
        two=True,
        discreet=True,
    ),
    *_each(
        _A.DOWNGRADE,
        (*ON_PAPER, _S.INSPECTION_ORDERED, _S.IN_PROGRESS),
        _S.RELEASED,
        actors=_CHIEF,
        notice="08",
        reason=True,
        text=True,
        two=True,
        discreet=True,
    ),
    # the end of a check
    *_each(_A.RELEASE, (_S.DOCUMENTS_REQUESTED, _S.SUBMITTED, _S.QUERY), _S.RELEASED, actors=_DOCUMENTS, notice="08"),
    *_each(_A.RELEASE, (_S.ACT_SIGNED,), _S.RELEASED, actors=_INSPECTION, notice="08"),
    *_each(_A.RELEASE, (_S.PAYMENT_DUE,), _S.RELEASED, actors=_OFFICERS, notice="08", text=True),
    *_each(_A.RELEASE_PAID, (_S.PAYMENT_DUE,), _S.RELEASED, actors=_PORTAL, notice="08"),
    *_each(
        _A.RELEASE_UNDER_SECURITY,
        (*ON_PAPER, _S.ACT_SIGNED, _S.PAYMENT_DUE),
        _S.RELEASED_UNDER_SECURITY,
        actors=_CHIEF,
        notice="08",
        reason=True,
        text=True,
    ),
    *_each(_A.CLEAR, (_S.RELEASED_UNDER_SECURITY,), _S.CLEARED, actors=_DOCUMENTS, notice="09", text=True),
    *_each(_A.DEMAND_PAYMENT, _AT_WORK, _S.PAYMENT_DUE, actors=_DOCUMENTS, notice="13", text=True, limit=True),
    *_each(_A.DEMAND_PAYMENT, (_S.ACT_SIGNED,), _S.PAYMENT_DUE, actors=_INSPECTION, notice="13", text=True, limit=True),
    *_each(
        _A.REFUSE_RELEASE,
        (*_AT_WORK, _S.PAYMENT_DUE),
        _S.RELEASE_REFUSED,
        actors=_DOCUMENTS,
        notice="11",
        answer="41",
        reason=True,
        text=True,
    ),
    *_each(
        _A.REFUSE_RELEASE,
        (_S.ACT_SIGNED, _S.DETAINED),
        _S.RELEASE_REFUSED,
        actors=_INSPECTION,
        notice="11",
        answer="41",
        reason=True,
        text=True,
    ),
    *_each(_A.DETAIN, ON_PAPER, _S.DETAINED, actors=_DOCUMENTS, notice="52", reason=True, text=True),
    *_each(_A.DETAIN, ON_GOODS, _S.DETAINED, actors=_INSPECTION, notice="52", reason=True, text=True),
    *(
        Move(
            action=_A.END_DETENTION,
            source=_S.DETAINED,
            target=target,
            actors=_CHIEF,
            notice="11",
            answer="39",
            text=True,
            returns=True,
        )
        for target in (*ON_PAPER, *ON_GOODS)
    ),
    *_each(
        _A.INVALIDATE,
        (*ON_PAPER, _S.ACT_SIGNED, _S.PAYMENT_DUE, _S.RELEASE_REFUSED),
        _S.INVALIDATED,
        actors=_CHIEF,
        notice="10",
        reason=True,
        text=True,
    ),
    *_each(_A.CANCEL_RELEASE, LET_GO, _S.RELEASE_CANCELLED, actors=_CHIEF, notice="10", reason=True, text=True),
    # what the declarant asks for
    *_each(
        _A.WITHDRAW,
        (*_AT_WORK, _S.PAYMENT_DUE),
        _S.WITHDRAWN,
        actors=_DECLARANT,
        notice="10",
        text=True,
        statement=_K.WITHDRAWAL,
    ),
    *_each(_A.REQUEST_AMENDMENT, _AMENDABLE, _S.AMENDMENT_REQUESTED, actors=_DECLARANT),
    *_each(_A.AMEND, _AMENDABLE, _S.GRANTED, actors=_PORTAL, notice="07"),
    *_each(_A.GRANT_AMENDMENT, (_S.AMENDMENT_REQUESTED,), _S.GRANTED, actors=_OFFICERS, notice="11", answer="39"),
    *(
        Move(
            action=_A.DENY_AMENDMENT,
            source=_S.AMENDMENT_REQUESTED,
            target=target,
            actors=_OFFICERS,
            notice="11",
            answer="41",
            reason=True,
            text=True,
            returns=True,
        )
        for target in _AMENDABLE
    ),
    # appeals: against what the status stands for; decided wherever the case has got to meanwhile
    *_each(_A.APPEAL, (*_CONTESTABLE, *_ENDED), None, actors=_DECLARANT, text=True, statement=_K.APPEAL),
    *_each(_A.DISMISS_APPEAL, _LIVED, None, actors=_CHIEF, notice="11", answer="41", text=True, two=True),
    *(
        Move(
            action=_A.UPHOLD_APPEAL,
            source=source,
            target=_ENDED.get(source, source),
            actors=_CHIEF,
            notice="11",
            answer="39",
            text=True,
            two=True,
        )
        for source in _LIVED
    ),
    # exports after their release: the border confirms vehicle by vehicle (portal/exits), the portal when all has left
    *_each(_A.AWAIT_EXIT, (_S.RELEASED,), _S.EXIT_AWAITED, actors=_TIMER),
    *_each(_A.CONFIRM_EXIT, (_S.EXIT_AWAITED, _S.NO_PROOF_OF_EXIT), _S.EXITED, actors=_PORTAL, notice="16"),
    *_each(_A.MISS_EXIT, (_S.EXIT_AWAITED,), _S.NO_PROOF_OF_EXIT, actors=_TIMER, notice="18"),
    # transit: the portal ends it when the goods are discharged (portal/movements)
    *_each(_A.COMPLETE_TRANSIT, (_S.RELEASED, _S.RELEASED_UNDER_SECURITY), _S.CLEARED, actors=_PORTAL, notice="09"),
)
_BY_ENDS: Final[Mapping[tuple[Status, Status], Move]] = MappingProxyType(
    {(each.source, each.target): each for each in reversed(MOVES)}
)


def move(source: Status, target: Status) -> Move:
    """Return the first move of the table from `source` to `target`. Raises `MoveNotAllowed`."""
    found = _BY_ENDS.get((source, target))
    if found is None:
        raise _not_allowed(source, target)
    return found


def moves_from(source: Status) -> tuple[Move, ...]:
    return tuple(each for each in MOVES if each.source is source)


def move_for(source: Status, action: Action, target: Status | None = None) -> Move:
    """Return the move by which `action` leads on from `source`. Raises `MoveNotAllowed`.

    `target` tells which of several is meant: the status before, for a move that returns, or that of a milder lane.
    """
    found = [each for each in moves_from(source) if each.action is action and target in (None, each.target)]
    if len(found) != 1:
        raise _not_allowed(source, target or action)
    return found[0]


def _not_allowed(source: Status, wanted: str) -> MoveNotAllowed:
    allowed = ", ".join(dict.fromkeys(each.target for each in moves_from(source))) or "-"
    return MoveNotAllowed("lifecycle.not_allowed", {"status": source, "wanted": wanted, "allowed": allowed})
