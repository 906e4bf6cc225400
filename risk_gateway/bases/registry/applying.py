"""Applications to the registry, and appeals against what was decided: what they are."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

COMMITTEE = "committee"  # where an application is filed that goes to no post


class ApplicationState(StrEnum):
    FILED = "FILED"
    ADMITTED = "ADMITTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class AppealState(StrEnum):
    OPEN = "OPEN"
    UPHELD = "UPHELD"
    DENIED = "DENIED"


class Application(Struct, frozen=True, kw_only=True):
    """`office` is a post or COMMITTEE; `agent` the broker who filed it; `round` the newest verification, 0 for none
    since it was filed or reopened.

    `reasons` are the codes of the decision; `decision` and `statement` name signed statements.
    """

    number: str
    participant: str
    renewal: bool
    office: str
    filed_at: datetime
    by_iin: str
    by_name: str
    agent: str | None
    statement: str
    state: ApplicationState
    round: int = 0
    decided_at: datetime | None = None
    decided_by_iin: str | None = None
    decided_by_name: str | None = None
    reasons: tuple[str, ...] = ()
    text: str = ""
    decision: str | None = None
    decided_sequence: int | None = None


class Appeal(Struct, frozen=True, kw_only=True):
    """`against` is "application:NUMBER" or "step:NUMBER"; `contested_iin` who decided that, empty for the portal."""

    number: str
    participant: str
    against: str
    contested_iin: str
    filed_at: datetime
    by_iin: str
    by_name: str
    text: str
    statement: str
    state: AppealState
    decided_at: datetime | None = None
    decided_by_iin: str | None = None
    decided_by_name: str | None = None
    decided_text: str = ""
    decision: str | None = None
    decided_sequence: int | None = None
