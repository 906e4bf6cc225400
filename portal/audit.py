"""The closed list of events, and the only writer of the journal."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from signing import journal, store


class Event(StrEnum):
    """What can happen. docs/events.md says what each records."""

    DECLARATION_DECIDED = "declaration.decided"
    DECLARATION_READ = "declaration.read"
    DECLARATION_MOVED = "declaration.moved"
    CASE_ASSIGNED = "case.assigned"
    DOWNGRADE_PROPOSED = "downgrade.proposed"
    DOWNGRADE_DECLINED = "downgrade.declined"
    REFERENCE_LOADED = "reference.loaded"
    KEY_ADDED = "key.added"
    PROFILE_MOVED = "profile.moved"
    ANALYST_APPOINTED = "analyst.appointed"
    VALUES_LOADED = "values.loaded"
    MODEL_MOVED = "model.moved"
    SELECTION_COMMITTED = "selection.committed"
    SELECTION_DISCLOSED = "selection.disclosed"
    CONTROL_CLOSED = "control.closed"
    CONTROL_ANNULLED = "control.annulled"
    OFFICIAL_APPOINTED = "official.appointed"
    OFFICIAL_ENDED = "official.ended"
    PARTICIPANT_CHANGED = "participant.changed"
    POWER_CHANGED = "power.changed"
    VIOLATION_RECORDED = "violation.recorded"
    VIOLATION_CONTESTED = "violation.contested"
    VIOLATION_CONTEST_DECIDED = "violation.contest_decided"
    VIOLATION_SEARCHED = "violation.searched"
    VIOLATION_READ = "violation.read"
    IDENTITY_MERGED = "identity.merged"
    IDENTITY_MATCH_DECIDED = "identity.match_decided"
    HISTORY_GENERATED = "history.generated"
    DECISION_OVERRIDDEN = "decision.overridden"
    CAPACITY_SET = "capacity.set"
    REGISTRY_APPLIED = "registry.applied"
    REGISTRY_VERIFIED = "registry.verified"
    REGISTRY_DECIDED = "registry.decided"
    REGISTRY_READ = "registry.read"
    REGISTRY_MOVED = "registry.moved"
    CATEGORY_RECOMPUTED = "category.recomputed"
    MOVEMENT_MOVED = "movement.moved"
    MOVEMENT_EVENTS_TAKEN = "movement.events_taken"
    MOVEMENT_ALARMED = "movement.alarmed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    PARTNER_ASKED = "partner.asked"
    PARTNER_CHANGED = "partner.changed"
    PARTNER_PROPOSED = "partner.proposed"
    EXCHANGE_RECEIVED = "exchange.received"
    EXCHANGE_QUERIED = "exchange.queried"
    EXCHANGE_SUBMITTED = "exchange.submitted"
    EXCHANGE_REPLAYED = "exchange.replayed"
    EXCHANGE_LOG_READ = "exchange.log_read"
    PASSENGER_DECLARED = "passenger.declared"
    PASSENGER_ASSESSED = "passenger.assessed"
    PASSENGER_MOVED = "passenger.moved"
    PASSENGER_READ = "passenger.read"
    PASSENGER_ERASED = "passenger.erased"
    EXIT_ARRIVED = "exit.arrived"
    EXIT_SURVEYED = "exit.surveyed"
    EXIT_LEFT = "exit.left"
    LEDGER_POSTED = "ledger.posted"
    LEDGER_TOLD = "ledger.told"
    LEDGER_READ = "ledger.read"
    REFUND_MOVED = "refund.moved"
    JUDGEMENT_MADE = "judgement.made"
    AUDIT_MOVED = "audit.moved"
    AUDIT_READ = "audit.read"


SALTED = frozenset(
    {
        Event.VIOLATION_RECORDED,
        Event.VIOLATION_SEARCHED,
        Event.VIOLATION_READ,
        Event.IDENTITY_MERGED,
        Event.IDENTITY_MATCH_DECIDED,
        Event.REGISTRY_VERIFIED,
        Event.REGISTRY_READ,
        Event.PASSENGER_READ,
        Event.LEDGER_READ,
        Event.CATEGORY_RECOMPUTED,
        Event.PARTNER_ASKED,
        Event.EXCHANGE_QUERIED,
        Event.EXCHANGE_LOG_READ,
    }
)  # whoever sees the hash of such an entry could guess who was asked about, or found: these get a salt
SALT_BYTES = 16


class Record(Struct, frozen=True):
    """One event: what happened to what, when, and its particulars (never a secret)."""

    event: Event
    subject: str
    at: datetime
    particulars: dict[str, str]


def append(connection: Connection, size: int, frontier: bytes, records: Sequence[Record]) -> None:
    """Append to the journal behind its locked head (size, frontier), in the caller's transaction.

    The tiles that the new entries complete are kept with them.
    """
    entries = [encode(index, _salted(record)) for index, record in enumerate(records, start=size)]
    leaves = [journal.leaf_hash(entry) for entry in entries]
    head, tiles = journal.append(journal.Head.from_bytes(size, frontier), leaves)
    rows = [
        {"index": index, "event": record.event.value, "subject": record.subject, "entry": entry, "leaf": leaf}
        for index, (record, entry, leaf) in enumerate(zip(records, entries, leaves, strict=True), start=size)
    ]
    store.append_rows(connection, rows, tiles, head.size, head.frontier_bytes())


def _salted(record: Record) -> Record:
    if record.event not in SALTED:
        return record
    return replace(record, particulars={**record.particulars, "salt": secrets.token_hex(SALT_BYTES)})


def record_one(connection: Connection, record: Record) -> None:
    """Append a single event, locking the head."""
    size, frontier = store.lock_head(connection)
    append(connection, size, frontier, [record])


def encode(index: int, record: Record) -> bytes:
    """Return the canonical bytes of an entry: JSON with sorted keys."""
    return msgspec.json.encode({"index": index, **msgspec.to_builtins(record)}, order="sorted")
