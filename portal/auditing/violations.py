"""The base of violations against the journal: versions, objections with their decisions, and merged identities."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from portal.audit import Event
from risk_gateway import canonical
from risk_gateway.bases.violations import contest_store, identity_store, store
from risk_gateway.bases.violations.contest_store import Contest, Ended
from risk_gateway.bases.violations.model import Violation
from risk_gateway.packing import unpack
from signing.store import journal

AT_ONCE = 1_000


def violation_doubts(connection: Connection) -> Iterator[str]:
    """Yield in a sentence whatever the tables say that the journal does not, and the other way round."""
    told = _told(connection)
    yield from _versions(connection, told)
    yield from _contests(connection, told)
    yield from _merges(connection, told)


def _told(connection: Connection) -> dict[int, dict[str, Any]]:
    """Return the entries about violations and identities by their index."""
    wanted = (
        Event.VIOLATION_RECORDED,
        Event.VIOLATION_CONTESTED,
        Event.VIOLATION_CONTEST_DECIDED,
        Event.IDENTITY_MERGED,
    )
    rows = connection.execute(
        select(journal.c.index, journal.c.entry)
        .where(journal.c.event.in_([each.value for each in wanted]))
        .order_by(journal.c.index)
    )
    return {index: msgspec.json.decode(bytes(entry)) for index, entry in rows}


# --- versions -------------------------------------------------------------------------------------------------------


def _versions(connection: Connection, told: dict[int, dict[str, Any]]) -> Iterator[str]:
    """What is older than the first entry of a violation was taken over from before: the journal knows nothing of it."""
    recorded = [entry for entry in told.values() if entry["event"] == Event.VIOLATION_RECORDED]
    digests = {(each["subject"], each["particulars"]["version"]): each["particulars"]["digest"] for each in recorded}
    first = min((datetime.fromisoformat(each["at"]) for each in recorded), default=None)
    for violation in _all_versions(connection):
        digest = digests.pop((violation.id, str(violation.version)), None)
        name = f"version {violation.version} of the violation {violation.id}"
        if digest is None and first is not None and violation.recorded_at >= first:
            yield f"{name} is not in the journal"
        elif digest is not None and digest != canonical.digest(violation):
            yield f"{name} is not what the journal says"
    for identifier, version in digests:
        yield f"version {version} of the violation {identifier} is in the journal and not on record"


def _all_versions(connection: Connection) -> Iterator[Violation]:
    cursor = 0
    while page := store.changed_since(connection, cursor, AT_ONCE):
        yield from (violation for _, violation in page)
        cursor = page[-1][0]


# --- objections -----------------------------------------------------------------------------------------------------


def _contests(connection: Connection, told: dict[int, dict[str, Any]]) -> Iterator[str]:
    decisions = {
        entry["particulars"]["contest"]: entry
        for entry in told.values()
        if entry["event"] == Event.VIOLATION_CONTEST_DECIDED
    }
    raised = {index for index, entry in told.items() if entry["event"] == Event.VIOLATION_CONTESTED}
    for contest in contest_store.all_raised(connection):
        entry = told.get(contest.sequence or 0)
        raised.discard(contest.sequence or 0)
        if entry is None or not _raised_as_told(contest, entry):
            yield f"the objection {contest.id} is not what the journal says"
        if not _decided_as_told(contest, decisions.pop(contest.id, None)):
            yield f"the decision on the objection {contest.id} is not what the journal says"
    for index in sorted(raised):
        yield f"entry {index} of the journal has no objection"
    for identifier in decisions:
        yield f"the journal tells of a decision on the objection {identifier}, which is not on record"


def _raised_as_told(contest: Contest, entry: dict[str, Any]) -> bool:
    said = entry["particulars"]
    signed = hashlib.sha256(unpack(contest.signed or b"")).hexdigest()
    return (
        entry["event"] == Event.VIOLATION_CONTESTED
        and entry["subject"] == contest.violation
        and (said["contest"], said["participant"], said["ground"], said["signer"])
        == (contest.id, contest.participant, contest.ground, contest.by_iin)
        and said["statement"] == contest.signed_digest == signed
    )


def _decided_as_told(contest: Contest, entry: dict[str, Any] | None) -> bool:
    if contest.outcome is None or contest.outcome is Ended.OVERTAKEN:
        return entry is None
    if entry is None:
        return False
    said = entry["particulars"]
    text = hashlib.sha256((contest.decided_text or "").encode()).hexdigest()
    return (entry["subject"], said["outcome"], said["reason"], said["said"]) == (
        contest.violation,
        contest.outcome.value,
        contest.reason,
        text,
    )


# --- identities -----------------------------------------------------------------------------------------------------


def _merges(connection: Connection, told: dict[int, dict[str, Any]]) -> Iterator[str]:
    merged = {index: entry for index, entry in told.items() if entry["event"] == Event.IDENTITY_MERGED}
    undone = [entry for entry in merged.values() if entry["particulars"]["what"] == "undone"]
    parted = {(entry["subject"], entry["particulars"]["into"], entry["at"]) for entry in undone}
    for merge in identity_store.all_merges(connection):
        entry = merged.get(merge.sequence)
        if entry is None or (entry["subject"], entry["particulars"]["into"]) != (merge.merged, merge.into):
            yield f"the merge of {merge.merged} into {merge.into} is not in the journal"
        at = msgspec.to_builtins(merge.undone_at) if merge.undone_at else None
        if at is not None and (merge.merged, merge.into, at) not in parted:
            yield f"the journal does not say that {merge.merged} and {merge.into} were parted"
        if at is None and _parted_after(merge.merged, merge.into, merge.sequence, merged):
            yield f"the journal says that {merge.merged} and {merge.into} were parted"


def _parted_after(merged: str, into: str, sequence: int, told: dict[int, dict[str, Any]]) -> bool:
    return any(
        index > sequence and entry["subject"] == merged and entry["particulars"]["into"] == into
        for index, entry in told.items()
        if entry["particulars"]["what"] == "undone"
    )
