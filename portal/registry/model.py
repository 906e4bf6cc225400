"""What is asked for in matters of the registry, and by whom."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from risk_gateway.bases.registry.model import Step


class Kind(StrEnum):
    """What a signed statement is."""

    APPLICATION = "APPLICATION"
    WITHDRAWAL = "WITHDRAWAL"
    APPEAL = "APPEAL"
    DECISION = "DECISION"
    STEP = "STEP"
    APPEAL_DECISION = "APPEAL_DECISION"


OF_APPLICANTS = frozenset({Kind.APPLICATION, Kind.WITHDRAWAL, Kind.APPEAL})


class Maker(Struct, frozen=True):
    """Who acts: for `organisation` as its participant or broker, or as a registry officer without one."""

    iin: str
    name: str
    organisation: str | None = None


class Intent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a statement brings about once it is signed.

    `application` and `appeal` are numbers. `after` is the number of the entry's last step, and `round` the
    verification, that the officer had before him: when another came meanwhile nothing is done. `waived` are criteria of
    which nothing is known and that are passed over for `waiver`, a coded reason. `reasons` are codes of reasons.toml.
    """

    kind: Kind
    participant: str
    application: str = ""
    appeal: str = ""
    against: str = ""
    office: str = ""
    renewal: bool = False
    granted: bool = False
    step: Step | None = None
    after: int = 0
    round: int = 0
    valid_to: date | None = None
    reasons: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    waiver: str = ""
    text: str = ""


class Prepared(Struct, frozen=True):
    """A statement that waits for its signature. `document` are the bytes to be signed."""

    id: str
    intent: Intent
    document: bytes
    prepared_at: datetime
    expires_at: datetime


class Done(Struct, frozen=True):
    """What a signed statement brought about: of which participant, and the number of what was filed or decided."""

    intent: Intent
    number: str
