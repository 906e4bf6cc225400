"""What is asked for in an audit after release, and by whom."""

from datetime import date, datetime

from msgspec import Struct

from declarations.audits.lifecycle import Action, Actor
from declarations.audits.model import Audit, DebtLine, Direction


class Maker(Struct, frozen=True):
    """Who acts: for `organisation` as its participant, or as an auditor or chief of audit without one."""

    iin: str
    name: str
    actor: Actor
    organisation: str | None = None

    def represents(self, audit: Audit) -> bool:
        """Tell whether the maker is here for somebody else whom the audit is about."""
        return self.actor is Actor.PARTICIPANT and self.organisation != audit.participant


class Intent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a statement brings about once it is signed.

    `after` is the number of moves that its maker had before him: when there was another meanwhile nothing is done.
    `declarations` are those that an act examined, or that a violation to be eliminated concerns; `specialists` who took
    part in a complete inspection; `kind` is the kind of violation (kinds.toml) that was found.
    """

    action: Action
    audit: str
    after: int
    directions: tuple[Direction, ...] = ()
    first: date | None = None
    last: date | None = None
    specialists: str = ""
    declarations: tuple[str, ...] = ()
    kind: str = ""
    lines: tuple[DebtLine, ...] = ()
    limit: datetime | None = None
    text: str = ""

    @property
    def amount_tiyn(self) -> int:
        return sum(each.short_tiyn + each.interest_tiyn for each in self.lines)


class Prepared(Struct, frozen=True):
    """A statement that waits for its signature. `document` are the bytes to be signed."""

    id: str
    intent: Intent
    document: bytes
    prepared_at: datetime
    expires_at: datetime


class Signed(Struct, frozen=True):
    """A statement that has been accepted: by whom, its id and the SHA-256 of the signed bytes."""

    intent: Intent
    by: Maker
    statement: str
    digest: str
    at: datetime
