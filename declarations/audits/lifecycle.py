"""What can become of an audit after release: one table of allowed moves. docs/audits-after-release.md tells why."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from declarations.errors import MoveNotAllowed


class Status(StrEnum):
    SELECTED = "SELECTED"
    PREPARED = "PREPARED"
    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    DIRECTED = "DIRECTED"
    DEBT_NOTICE = "DEBT_NOTICE"
    ELIMINATION_ORDER = "ELIMINATION_ORDER"
    NO_FINDING = "NO_FINDING"
    APPEALED = "APPEALED"
    CLOSED = "CLOSED"
    ANNULLED = "ANNULLED"
    SET_ASIDE = "SET_ASIDE"


class Actor(StrEnum):
    """Who makes a move. Persons bear the names of their roles in portal/access.py."""

    PORTAL = "portal"
    AUDITOR = "auditor"
    CHIEF = "chief of audit"
    PARTICIPANT = "participant"


class Action(StrEnum):
    """What is done; of what people do, also the kind of the statement that they sign."""

    SELECT = "SELECT"
    PREPARE = "PREPARE"
    SET_ASIDE = "SET_ASIDE"
    RETURN_PLAN = "RETURN_PLAN"
    OPEN = "OPEN"
    SIGN_COMPLETE_ACT = "SIGN_COMPLETE_ACT"
    SIGN_DIRECTED_ACT = "SIGN_DIRECTED_ACT"
    NOTIFY_DEBT = "NOTIFY_DEBT"
    ORDER_ELIMINATION = "ORDER_ELIMINATION"
    FIND_NOTHING = "FIND_NOTHING"
    REPLY = "REPLY"
    APPEAL = "APPEAL"
    DENY_APPEAL = "DENY_APPEAL"
    UPHOLD_APPEAL = "UPHOLD_APPEAL"
    REPORT_ELIMINATION = "REPORT_ELIMINATION"
    ACCEPT_ELIMINATION = "ACCEPT_ELIMINATION"
    SETTLE = "SETTLE"


class Move(Struct, frozen=True, kw_only=True):
    """One allowed move. `source` is None for the first one.

    `signed` tells that its maker signs a statement. `event` is what the journal calls it. `notice` is the WCO response
    code that the participant is sent, "" for a notice of what it had not asked for, None where it is told nothing;
    `answer` refines code 11: 39 granted, 41 denied. `text` tells that words are needed, `limit` that the notice sets a
    limit date, `two` that whoever made what is decided on may not make it. A move that `returns` leads to its target
    only when the audit was in it before.
    """

    action: Action
    source: Status | None
    target: Status
    actor: Actor
    signed: bool = True
    event: str = "audit.moved"
    notice: str | None = None
    answer: str = ""
    text: bool = False
    limit: bool = False
    two: bool = False
    returns: bool = False


_S, _A = Status, Action

WITH_ACT: Final = (_S.COMPLETE, _S.DIRECTED)
CONTESTABLE: Final = (_S.DEBT_NOTICE, _S.ELIMINATION_ORDER)
ENDED: Final = (_S.NO_FINDING, _S.CLOSED, _S.ANNULLED, _S.SET_ASIDE)
TOLD: Final = tuple(each for each in Status if each not in (_S.SELECTED, _S.PREPARED, _S.SET_ASIDE))
"""From which statuses on a participant knows of the audit."""


def _each(action: Action, sources: tuple[Status, ...], target: Status | None, **rest: object) -> Iterator[Move]:
    """Yield a move from each source; without a target each leads back to its own source."""
    for source in sources:
        yield Move(action=action, source=source, target=target or source, **rest)  # type: ignore[arg-type]  # the table is read at import, and tested


MOVES: Final[tuple[Move, ...]] = (
    Move(action=_A.SELECT, source=None, target=_S.SELECTED, actor=Actor.PORTAL, signed=False),
    *_each(_A.PREPARE, (_S.SELECTED,), _S.PREPARED, actor=Actor.AUDITOR, text=True),
    *_each(_A.SET_ASIDE, (_S.SELECTED, _S.PREPARED), _S.SET_ASIDE, actor=Actor.CHIEF, text=True, two=True),
    *_each(_A.RETURN_PLAN, (_S.PREPARED,), _S.SELECTED, actor=Actor.CHIEF, text=True, two=True),
    *_each(_A.OPEN, (_S.PREPARED,), _S.OPEN, actor=Actor.CHIEF, notice="", two=True),
    *_each(_A.SIGN_COMPLETE_ACT, (_S.OPEN,), _S.COMPLETE, actor=Actor.AUDITOR, notice="", text=True),
    *_each(_A.SIGN_DIRECTED_ACT, (_S.OPEN,), _S.DIRECTED, actor=Actor.AUDITOR, notice="", text=True),
    *_each(_A.NOTIFY_DEBT, WITH_ACT, _S.DEBT_NOTICE, actor=Actor.AUDITOR, notice="13", text=True, limit=True),
    *_each(_A.ORDER_ELIMINATION, WITH_ACT, _S.ELIMINATION_ORDER, actor=Actor.AUDITOR, notice="", text=True, limit=True),
    *_each(_A.FIND_NOTHING, WITH_ACT, _S.NO_FINDING, actor=Actor.AUDITOR, notice="", text=True),
    *_each(_A.REPLY, (_S.OPEN, *WITH_ACT, *CONTESTABLE), None, actor=Actor.PARTICIPANT, text=True),
    *_each(_A.APPEAL, CONTESTABLE, _S.APPEALED, actor=Actor.PARTICIPANT, text=True),
    *(
        Move(
            action=_A.DENY_APPEAL,
            source=_S.APPEALED,
            target=target,
            actor=Actor.CHIEF,
            notice="11",
            answer="41",
            text=True,
            limit=True,
            two=True,
            returns=True,
        )
        for target in CONTESTABLE
    ),
    *_each(
        _A.UPHOLD_APPEAL,
        (_S.APPEALED,),
        _S.ANNULLED,
        actor=Actor.CHIEF,
        notice="11",
        answer="39",
        text=True,
        two=True,
    ),
    *_each(_A.REPORT_ELIMINATION, (_S.ELIMINATION_ORDER,), None, actor=Actor.PARTICIPANT, text=True),
    *_each(_A.ACCEPT_ELIMINATION, (_S.ELIMINATION_ORDER,), _S.CLOSED, actor=Actor.AUDITOR, notice="", text=True),
    *_each(_A.SETTLE, (_S.DEBT_NOTICE,), _S.CLOSED, actor=Actor.PORTAL, signed=False, notice="09"),
)


def moves_from(source: Status | None, actor: Actor | None = None) -> tuple[Move, ...]:
    """Return the moves that are possible from a status, of one actor where one is named."""
    return tuple(each for each in MOVES if each.source is source and actor in (None, each.actor))


def move_for(source: Status | None, action: Action, before: Status | None = None) -> Move:
    """Return the move by which `action` leads on from `source`. Raises `MoveNotAllowed`.

    `before` is the status in which the audit was before this one, for a move that returns.
    """
    for each in MOVES:
        if each.source is source and each.action is action and (not each.returns or each.target is before):
            return each
    allowed = ", ".join(dict.fromkeys(each.action for each in moves_from(source))) or "-"
    raise MoveNotAllowed("lifecycle.not_allowed", {"status": source or "-", "wanted": action, "allowed": allowed})
