"""An audit after release, as it is kept."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from declarations.audits.lifecycle import Action, Actor, Status


class Chosen(StrEnum):
    """Why a participant was selected: the gateway judged so, its draw hit, or an auditor chose."""

    JUDGED = "JUDGED"
    RANDOM = "RANDOM"
    BY_HAND = "BY_HAND"


class Direction(StrEnum):
    """What is looked into. An inspection of one direction names one, a complete one all."""

    CLASSIFICATION = "CLASSIFICATION"
    VALUE = "VALUE"
    ORIGIN = "ORIGIN"
    PAYMENTS = "PAYMENTS"
    EXIT = "EXIT"


class DebtLine(Struct, frozen=True):
    """What is short of one payment of one item. `since` is the day from which interest runs; amounts are tiyn."""

    declaration: str
    item: int
    payment_code: str
    declared_tiyn: int
    due_tiyn: int
    since: date
    interest_tiyn: int = 0

    @property
    def short_tiyn(self) -> int:
        return self.due_tiyn - self.declared_tiyn


class Audit(Struct, frozen=True, kw_only=True):
    """One audit as it stands. `before` is its status before an appeal, `sequence` the entry of its last move."""

    number: str
    participant: str
    status: Status
    chosen: Chosen
    objective: str
    judgement: str
    selected_at: datetime
    moved_at: datetime
    moves: int
    sequence: int
    before: Status | None = None
    directions: tuple[Direction, ...] = ()
    first: date | None = None
    last: date | None = None
    plan_iin: str | None = None
    plan_name: str | None = None
    opened_iin: str | None = None
    opened_name: str | None = None
    outcome_iin: str | None = None
    outcome_name: str | None = None
    amount_tiyn: int = 0
    limit_at: datetime | None = None


class Made(Struct, frozen=True, kw_only=True):
    """One move that was made. `statement` is the id of the signed one; `notice` is sealed XML, compressed."""

    audit: str
    number: int
    action: Action
    source: Status | None
    target: Status
    actor: Actor
    at: datetime
    by_iin: str
    by_name: str
    text: str
    limit_at: datetime | None
    statement: str | None
    sequence: int
    notice: bytes | None = None


class AppealState(StrEnum):
    OPEN = "OPEN"
    UPHELD = "UPHELD"
    DENIED = "DENIED"


class Appeal(Struct, frozen=True, kw_only=True):
    """An appeal against an outcome. `contested_iin` decided what is contested, and so not on the appeal."""

    audit: str
    number: int
    contested_iin: str
    filed_at: datetime
    by_iin: str
    text: str
    state: AppealState
    decided_iin: str | None = None
    decided_at: datetime | None = None
