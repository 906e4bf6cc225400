"""Officials say who is who: they answer questions, merge identities, and take it back. Everything keeps its trail.

Written in the caller's transaction. A BIN or IIN is exact and is never merged into another.
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from portal import audit
from portal.casework.desk import Desk
from portal.views import SignedIn
from portal.violations import service
from portal.violations.contesting import demand_text
from portal.violations.errors import ViolationNotFound, ViolationRefused
from risk_gateway.bases.violations import identity_store
from risk_gateway.bases.violations.identity_store import Answer, Merge, Question
from risk_gateway.bases.violations.model import Identity, identity_of, participant_identity
from signing import store as signing_store


def answer(connection: Connection, desk: Desk, identifier: str, by: SignedIn, given: str, reason: str) -> Question:
    """Answer whether two identities are one; "same" merges them. Raises `ViolationNotFound`, `ViolationRefused`."""
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    question = identity_store.find_question(connection, identifier)
    if question is None:
        raise ViolationNotFound
    if given not in list(Answer):
        raise ViolationRefused("match.answer_needed", "answer")
    said = demand_text(reason, "match.reason_needed")
    values = {"answer": given, "reason": said, "by_iin": by.iin, "by_name": by.name, "answered_at": now}
    if not identity_store.answer_question(connection, identifier, values):
        raise ViolationRefused("match.answered")
    desk.mark("after answer")
    particulars = {
        "question": identifier,
        "candidate": question.candidate,
        "answer": given,
        "score": str(question.score),
        **_by(by, said),
    }
    record = audit.Record(audit.Event.IDENTITY_MATCH_DECIDED, question.identity, now, particulars)
    audit.append(connection, size, frontier, [record])
    if given == Answer.SAME:
        merged = identity_of(question.identity, question.name)
        _merge(connection, desk, merged, identity_of(question.candidate, question.candidate_name), by, said, now)
    return question


def merge_with_participant(
    connection: Connection, desk: Desk, merged: Identity, number: str, by: SignedIn, reason: str
) -> Merge:
    """Say that an identity is a participant of ours. Raises `ViolationRefused`."""
    signing_store.lock_head(connection)
    participant = declarations_store.read_participant(connection, number.replace(" ", ""))
    if participant is None:
        raise ViolationRefused("merge.unknown", "number")
    into = participant_identity(participant.identifier, participant.name)
    said = demand_text(reason, "match.reason_needed")
    return _merge(connection, desk, merged, into, by, said, desk.clock.now())


def undo(connection: Connection, desk: Desk, sequence: int, by: SignedIn, reason: str) -> Merge:
    """Take a merge back: from now on the two are two again. Raises `ViolationNotFound`, `ViolationRefused`."""
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    found = identity_store.find_merge(connection, sequence)
    if found is None:
        raise ViolationNotFound
    said = demand_text(reason, "match.reason_needed")
    values = {"undone_at": now, "undone_by_iin": by.iin, "undone_by_name": by.name, "undone_reason": said}
    if not identity_store.undo_merge(connection, sequence, values):
        raise ViolationRefused("merge.undone")
    desk.mark("after undoing")
    _tell(connection, size, frontier, found.merged, {"into": found.into, "what": "undone", **_by(by, said)}, now)
    service.follow_parting(connection, desk, identity_of(found.merged), identity_of(found.into), now)
    return found


def _merge(
    connection: Connection, desk: Desk, merged: Identity, into: Identity, by: SignedIn, said: str, now: datetime
) -> Merge:
    size, frontier = signing_store.lock_head(connection)
    if merged.national:
        raise ViolationRefused("merge.national", "number")
    root = identity_store.root_of(connection, into.key)
    if identity_store.root_of(connection, merged.key) != merged.key or root == merged.key:
        raise ViolationRefused("merge.same", "number")
    row = {
        "sequence": size,
        "merged": merged.key,
        "merged_name": merged.name,
        "into": into.key,
        "into_name": into.name,
        "reason": said,
        "by_iin": by.iin,
        "by_name": by.name,
        "at": now,
    }
    identity_store.add_merge(connection, row)
    desk.mark("after merge")
    _tell(connection, size, frontier, merged.key, {"into": into.key, "what": "merged", **_by(by, said)}, now)
    service.follow_merge(connection, desk, merged, now)
    return identity_store.read_merge(connection, size)


def _tell(
    connection: Connection, size: int, frontier: bytes, subject: str, particulars: dict[str, str], now: datetime
) -> None:
    record = audit.Record(audit.Event.IDENTITY_MERGED, subject, now, particulars)
    audit.append(connection, size, frontier, [record])


def _by(by: SignedIn, said: str) -> dict[str, str]:
    return {"officer": by.iin, "role": by.role.value, "said": hashlib.sha256(said.encode()).hexdigest()}
