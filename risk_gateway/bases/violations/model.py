"""What a violation of customs rules on record says. A record is never changed: a correction is its next version."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from declarations.identifiers import is_bin

COUNTRY = "KZ"
UNKNOWN_HASH = "hmac:"  # begins what a number is called here of which only the hash is known


class Scheme(StrEnum):
    """By what kind of number somebody is known."""

    BIN = "BIN"
    IIN = "IIN"
    FOREIGN = "FOREIGN"


class State(StrEnum):
    ALLEGED = "alleged"
    CONFIRMED = "confirmed"
    ANNULLED = "annulled"


class Source(StrEnum):
    """Who wrote the record: an officer's act, an audit after release, or a partner."""

    ACT = "act"
    AUDIT = "audit"
    PARTNER = "partner"


class Appeal(StrEnum):
    """What became of the objection against a record, or against the decision behind it."""

    NONE = "none"
    OPEN = "open"
    DENIED = "denied"
    UPHELD = "upheld"


class Identity(Struct, frozen=True):
    """Who a record is about. `country` (ISO 3166, two letters) is where the number was given."""

    scheme: Scheme
    number: str
    country: str = COUNTRY
    name: str = ""

    @property
    def key(self) -> str:
        """By what the same identity is known again, whatever name is written beside it."""
        return f"{self.scheme.value}:{self.country}:{self.number}"

    @property
    def national(self) -> bool:
        """Whether it is a BIN or IIN: an exact identity of a participant here."""
        return self.scheme is not Scheme.FOREIGN


class Violation(Struct, frozen=True, kw_only=True):
    """One version of a record.

    `id` is "KZ-CRV-..." for our own and "<partner>:<its id>" for a partner's. `kind` is one of kinds.toml. `expires_on`
    is the first day on which it no longer counts, `hold_until` the last on which it may be held. `provenance` is the
    SHA-256 (hex) of what it was made from: an act, a message. `amount_tiyn` is 0 when no sum is told. `origin_version`
    is the partner's own number of the version that it was made from, 0 for our own records.
    """

    id: str
    version: int = 1
    identity: Identity
    kind: str
    article: str = ""
    committed_on: date
    place: str = ""
    declaration: str | None = None
    amount_tiyn: int = 0
    decision_number: str = ""
    decided_on: date | None = None
    state: State
    appeal: Appeal = Appeal.NONE
    expires_on: date | None = None
    source: Source
    source_name: str = ""
    legal_basis: str
    hold_until: date
    recorded_at: datetime
    provenance: str
    origin_version: int = 0

    def held_on(self, day: date) -> bool:
        """Whether it may still be searched and disclosed."""
        return day <= self.hold_until

    def counts_on(self, day: date) -> bool:
        """Whether the gateway counts it: confirmed, held, and not expired."""
        return (
            self.state is State.CONFIRMED and self.held_on(day) and (self.expires_on is None or day < self.expires_on)
        )


def identity_of(key: str, name: str = "") -> Identity:
    """Return the identity with a key. Raises ValueError for what is no key."""
    scheme, country, number = key.split(":", 2)
    return Identity(Scheme(scheme), number, country, name)


def participant_identity(number: str, name: str = "") -> Identity:
    """Return the identity of a participant of ours by BIN or IIN."""
    return Identity(Scheme.BIN if is_bin(number) else Scheme.IIN, number, name=name)
