"""A participant's objection to a record on it, from writing to deciding. Written in the caller's transaction.

What is signed is what was prepared, by the person who prepared it, for the organisation. A decision is another
version of the record; what was upheld no longer counts from that moment on.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from portal import audit
from portal.casework.desk import Desk
from portal.casework.statements import digest_of, digest_of_bytes
from portal.signing_forms import Genuine
from portal.views import SignedIn
from portal.violations import service, statements, telling
from portal.violations.errors import ViolationNotFound, ViolationRefused
from portal.violations.words import GROUNDS, REASONS
from risk_gateway.bases.violations import contest_store, store
from risk_gateway.bases.violations.contest_store import Contest, Ended
from risk_gateway.bases.violations.model import Appeal, State, Violation
from risk_gateway.bases.violations.terms import contest_due
from risk_gateway.days import day_of
from risk_gateway.packing import pack
from signing import store as signing_store
from signing.holders import Signer

LIFETIME: Final = timedelta(hours=24)  # from preparing to signing
TEXT_MOST: Final = 4000


def own_record(connection: Connection, violation: str, participant: str, now: datetime) -> Violation:
    """Return a record on this participant, or on whom it is known to be. Raises `ViolationNotFound`."""
    for each in store.of_number(connection, participant):
        if each.id == violation and each.held_on(day_of(now)):
            return each
    raise ViolationNotFound


def obstacle(connection: Connection, violation: Violation) -> ViolationRefused | None:
    """Return why nothing, or nothing more, can be objected to here; None when it can."""
    if violation.state is State.ANNULLED:
        return ViolationRefused("contest.annulled")
    if contest_store.open_of(connection, violation.id) is not None:
        return ViolationRefused("contest.open")
    return ViolationRefused("contest.denied") if violation.appeal is Appeal.DENIED else None


def demand_contestable(connection: Connection, violation: Violation) -> None:
    """Raises `ViolationRefused` for an obstacle."""
    refused = obstacle(connection, violation)
    if refused is not None:
        raise refused


def prepare(connection: Connection, violation_id: str, by: SignedIn, ground: str, said: str, now: datetime) -> Contest:
    """Keep an objection as it is to be signed. Raises `ViolationNotFound`, `ViolationRefused`."""
    participant = by.organisation or ""
    violation = own_record(connection, violation_id, participant, now)
    demand_contestable(connection, violation)
    if ground not in GROUNDS:
        raise ViolationRefused("contest.ground_needed", "ground")
    draft = statements.Draft(
        id=secrets.token_hex(16),
        violation=violation,
        participant=participant,
        by_iin=by.iin,
        by_name=by.name,
        ground=ground,
        said=demand_text(said, "contest.text_needed"),
        at=now,
    )
    document = statements.write(draft)
    row = {
        "id": draft.id,
        "violation": violation.id,
        "version": violation.version,
        "participant": participant,
        "ground": ground,
        "said": draft.said,
        "by_iin": by.iin,
        "by_name": by.name,
        "prepared": pack(document),
        "digest": digest_of_bytes(document),
        "prepared_at": now,
        "expires_at": now + LIFETIME,
    }
    contest_store.add(connection, row)
    return prepared(connection, draft.id, by, now)


def prepared(connection: Connection, identifier: str, by: SignedIn, now: datetime) -> Contest:
    """Return what this person prepared and can still sign. Raises `ViolationNotFound`, `ViolationRefused`."""
    found = _own(connection, identifier, by)
    if found.sequence is not None or found.expires_at < now:
        raise ViolationRefused("contest.not_found")
    return found


def accept(connection: Connection, desk: Desk, identifier: str, by: SignedIn, genuine: Genuine) -> Contest:
    """Take a signed objection: from now on it is due. The same bytes again get the same answer.

    Raises `ViolationNotFound`, `ViolationRefused`.
    """
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    found = _own(connection, identifier, by)
    signed_digest = hashlib.sha256(genuine.data).hexdigest()
    if found.sequence is not None and found.signed_digest == signed_digest:
        return found
    if found.sequence is not None or found.expires_at < now:
        raise ViolationRefused("contest.not_found")
    if digest_of(genuine.root) != found.digest:
        raise ViolationRefused("contest.other_content", "signed")
    _demand_signer(genuine.signer, found)
    violation = own_record(connection, found.violation, found.participant, now)
    demand_contestable(connection, violation)
    due_at = contest_due(now).astimezone(UTC)
    values = {
        "signed": pack(genuine.data),
        "signed_digest": signed_digest,
        "sequence": size,
        "raised_at": now,
        "due_at": due_at,
    }
    if not contest_store.raise_contest(connection, identifier, values):
        raise ViolationRefused("contest.not_found")
    desk.mark("after contest")
    particulars = {
        "contest": identifier,
        "version": str(found.version),
        "participant": found.participant,
        "ground": found.ground,
        "signer": by.iin,
        "statement": signed_digest,
        "due": due_at.isoformat(),
    }
    record = audit.Record(audit.Event.VIOLATION_CONTESTED, found.violation, now, particulars)
    audit.append(connection, size, frontier, [record])
    desk.mark("after contest entry")
    service.record(connection, desk, replace(violation, appeal=Appeal.OPEN), by.iin, now)
    return _own(connection, identifier, by)


def decide(
    connection: Connection, desk: Desk, identifier: str, by: SignedIn, ended: str, reason: str, text: str
) -> Violation:
    """Decide an objection, with reasons, and return the record as it is from now on.

    Raises `ViolationNotFound`, `ViolationRefused`.
    """
    size, frontier = signing_store.lock_head(connection)
    now = desk.clock.now()
    found = raised(connection, identifier)
    if found.outcome is not None:
        raise ViolationRefused("decision.made")
    _demand_impartial(connection, found, by)
    if ended not in REASONS:
        raise ViolationRefused("decision.outcome_needed", "decision")
    if reason not in REASONS[ended]:
        raise ViolationRefused("decision.reason_needed", "decision")
    said = demand_text(text, "decision.text_needed")
    values = {
        "outcome": ended,
        "reason": reason,
        "decided_text": said,
        "decided_by_iin": by.iin,
        "decided_by_name": by.name,
        "decided_at": now,
    }
    if not contest_store.decide(connection, identifier, values):
        raise ViolationRefused("decision.made")
    desk.mark("after contest decision")
    notice = telling.sealed(desk, found, Ended(ended), reason, said, size, now)
    particulars = {
        "contest": identifier,
        "outcome": ended,
        "reason": reason,
        "said": hashlib.sha256(said.encode()).hexdigest(),
        "officer": by.iin,
        "role": by.role.value,
        "overdue": "yes" if found.overdue_at(now) else "no",
        "notice": hashlib.sha256(notice).hexdigest(),
    }
    record = audit.Record(audit.Event.VIOLATION_CONTEST_DECIDED, found.violation, now, particulars)
    audit.append(connection, size, frontier, [record])
    telling.send(connection, found, notice, size, now)
    desk.mark("after contest decision entry")
    return service.record(connection, desk, _decided(connection, found, Ended(ended)), by.iin, now)


def raised(connection: Connection, identifier: str) -> Contest:
    """Return an objection that was signed. Raises `ViolationNotFound`."""
    found = contest_store.find(connection, identifier)
    if found is None or found.sequence is None:
        raise ViolationNotFound
    return found


def demand_text(text: str, code: str) -> str:
    """Return what was written, with plain line ends. Raises `ViolationRefused` for nothing and for too much."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(each for each in plain if each.isprintable() or each in "\n\t").strip()
    if not plain:
        raise ViolationRefused(code, "text")
    if len(plain) > TEXT_MOST:
        raise ViolationRefused("contest.text_long", "text", most=str(TEXT_MOST))
    return plain


def _decided(connection: Connection, contest: Contest, ended: Ended) -> Violation:
    violation = store.newest(connection, contest.violation)
    if violation is None:
        raise ViolationNotFound
    if ended is Ended.UPHELD:
        return replace(violation, state=State.ANNULLED, appeal=Appeal.UPHELD)
    return replace(violation, appeal=Appeal.DENIED)


def _own(connection: Connection, identifier: str, by: SignedIn) -> Contest:
    """Return an objection that this person prepared for the same organisation. Raises `ViolationNotFound`."""
    found = contest_store.find(connection, identifier)
    if found is None or found.by_iin != by.iin or found.participant != by.organisation:
        raise ViolationNotFound
    return found


def _demand_signer(signer: Signer, contest: Contest) -> None:
    """Raises `ViolationRefused` unless whoever prepared the objection signed it, and may sign for the organisation."""
    if signer.iin != contest.by_iin:
        raise ViolationRefused("contest.other_signer", "signed", signer=signer.name)
    if contest.participant == signer.iin:
        return
    if signer.bin != contest.participant:
        raise ViolationRefused("contest.other_firm", "signed", organisation=contest.participant)
    if not signer.may_sign_for_organisation:
        raise ViolationRefused("contest.no_right", "signed")


def _demand_impartial(connection: Connection, contest: Contest, by: SignedIn) -> None:
    """Raises `ViolationRefused` for an official who signed the objection, or wrote the record."""
    if by.iin == contest.by_iin:
        raise ViolationRefused("decision.own")
    if by.iin in service.authors(connection, contest.violation):
        raise ViolationRefused("decision.author")
