"""How a violation comes on record: written by an officer's act, an audit, or a partner, and what follows from it.

Everything here is written into the caller's transaction; the caller's commit is the commit point.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.identifiers import is_bin, is_iin
from interop.disclosure import ViolationMessage
from interop.distributing import distribute
from interop.errors import MessageRefused
from interop.partner_store import read_partner
from portal import audit
from portal.casework.desk import Desk
from portal.registry.consequences import after_violation
from portal.violations import matching
from portal.violations.errors import Contradicted
from risk_gateway import canonical
from risk_gateway.bases.violations import contest_store, store
from risk_gateway.bases.violations.conflict_store import Conflict
from risk_gateway.bases.violations.kinds import kinds
from risk_gateway.bases.violations.model import (
    COUNTRY,
    UNKNOWN_HASH,
    Appeal,
    Identity,
    Scheme,
    Source,
    State,
    Violation,
)
from risk_gateway.bases.violations.terms import expiry_of, held_until, terms_on
from risk_gateway.days import day_of
from risk_gateway.errors import ParametersRefused
from signing import store as signing_store

NEW: Final = ""  # the id of a record of our own that has none yet
NO_COUNTRY: Final = "ZZ"  # where nothing is told
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,60}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_AHEAD_MOST: Final = timedelta(hours=14)  # of UTC, where the day begins first
_NUMBER_MOST: Final = 60  # characters of a column
_NUMBERS_MAX: Final = 2**31 - 1
_AMOUNT_MAX: Final = 2**63 - 1
_TOLD_ONCE: Final = ("kind", "article", "place", "declaration", "amount_tiyn", "decision_number", "decided_on")
_MOVED_BY_OBJECTING: Final = ("version", "recorded_at", "appeal", "origin_version", "provenance")


def record(connection: Connection, desk: Desk, violation: Violation, by: str, now: datetime) -> Violation:
    """Write the next version of a record and all that follows from it. Return it as it is written.

    `by` is an IIN, a partner's id, or empty for nobody. `NEW` stands for the id of a new record of our own.
    """
    size, frontier = signing_store.lock_head(connection)
    before = store.newest(connection, violation.id)
    written = _next_version(connection, violation, now)
    store.put(connection, written)
    desk.mark("after violation")
    audit.append(connection, size, frontier, [_entry(written, by)])
    declarations_store.bump_revision(connection)
    desk.mark("after violation entry")
    distribute(connection, written, now)
    if before is not None and before.identity.key != written.identity.key:
        _let_go(connection, desk, before, written, now)
    if not _only_contested(written, before):
        after_violation(connection, desk, written, now)
    return written


def receive(
    connection: Connection, desk: Desk, partner_id: str, foreign: ViolationMessage, provenance: str, now: datetime
) -> None:
    """Take a violation that a partner tells of; what is here already, or newer, is left alone, and what says otherwise
    than the same version did is refused: its sender was restored from an older copy, or lies.

    A BIN or IIN that checks is exact and decides. Where there is none and a name is only similar, an officer is asked
    whether the two are one, and until then it counts against nobody here. Raises `MessageRefused`.
    """
    signing_store.lock_head(connection)
    told = _violation_of(connection, partner_id, foreign, provenance, now)
    versions = store.versions(connection, told.id)
    before = next((each for each in versions if each.origin_version == told.origin_version), None)
    if before is not None and (differs := _differs(foreign, told, before)):
        raise Contradicted(Conflict(told.id, told.origin_version, provenance, differs, now))
    if versions and told.origin_version <= max(each.origin_version for each in versions):
        return
    written = record(connection, desk, _with_ours(told, versions), partner_id, now)
    if written.state is State.ANNULLED:
        contest_store.overtake(connection, written.id, now)
    elif not written.identity.national:
        matching.ask(connection, written, now)


def recognise(connection: Connection, desk: Desk, identifier: str, number: str, by: str, now: datetime) -> None:
    """Take note of whom a record is about of which only the hash of the number was known."""
    before = store.newest(connection, identifier)
    if before is None or not before.identity.number.startswith(UNKNOWN_HASH):
        return
    scheme, country = scheme_of(number), before.identity.country
    known = Identity(scheme, number, country if scheme is Scheme.FOREIGN else COUNTRY, before.identity.name)
    written = record(connection, desk, replace(before, identity=known), by, now)
    if not known.national:
        matching.ask(connection, written, now)


def scheme_of(number: str) -> Scheme:
    """Return what kind of number it is: a BIN or IIN only when it checks."""
    if is_bin(number):
        return Scheme.BIN
    return Scheme.IIN if is_iin(number) else Scheme.FOREIGN


def follow_merge(connection: Connection, desk: Desk, merged: Identity, now: datetime) -> None:
    """Let follow what does from that the records on an identity are a participant's from now on."""
    declarations_store.bump_revision(connection)
    for violation in store.of_identity(connection, merged):
        after_violation(connection, desk, violation, now)


def follow_parting(connection: Connection, desk: Desk, merged: Identity, into: Identity, now: datetime) -> None:
    """Let follow what does from that they are not, or no longer: for the participant they are as if annulled."""
    declarations_store.bump_revision(connection)
    for violation in store.of_identity(connection, merged):
        after_violation(connection, desk, replace(violation, identity=into, state=State.ANNULLED), now)


def _let_go(connection: Connection, desk: Desk, before: Violation, written: Violation, now: datetime) -> None:
    """Let follow that a record is somebody else's from now on: for whom it was about, it is as if annulled."""
    contest_store.overtake(connection, written.id, now)
    after_violation(connection, desk, replace(written, identity=before.identity, state=State.ANNULLED), now)


def authors(connection: Connection, violation: str) -> frozenset[str]:
    """Return who wrote a record: the IINs of officers, by the journal."""
    entries = signing_store.read_entries(connection, violation)
    written = [entry for _, event, entry in entries if event == audit.Event.VIOLATION_RECORDED]
    return frozenset(msgspec.json.decode(entry)["particulars"]["by"] for entry in written)


def _next_version(connection: Connection, violation: Violation, now: datetime) -> Violation:
    identifier = violation.id or store.next_id(connection, day_of(now), secrets.token_hex(4))
    before = store.newest(connection, identifier)
    return replace(violation, id=identifier, version=before.version + 1 if before else 1, recorded_at=now)


def _only_contested(written: Violation, before: Violation | None) -> bool:
    """Tell whether nothing but the objection to it has moved: nobody loses an entry by objecting."""
    if before is None:
        return False
    same = {name: getattr(before, name) for name in _MOVED_BY_OBJECTING}
    return replace(written, **same) == before


def _entry(violation: Violation, by: str) -> audit.Record:
    particulars = {
        "version": str(violation.version),
        "identity": violation.identity.key,
        "kind": violation.kind,
        "state": violation.state.value,
        "appeal": violation.appeal.value,
        "source": violation.source.value,
        "digest": canonical.digest(violation),
        "provenance": violation.provenance,
        "by": by,
    }
    return audit.Record(audit.Event.VIOLATION_RECORDED, violation.id, violation.recorded_at, particulars)


# --- what a partner tells --------------------------------------------------------------------------------------------


def _violation_of(
    connection: Connection, partner_id: str, foreign: ViolationMessage, provenance: str, now: datetime
) -> Violation:
    """Return what a message says as a record. Raises `MessageRefused`."""
    _demand_known(foreign)
    partner = read_partner(connection, partner_id)
    today = day_of(now)
    committed_on = foreign.committed_on or foreign.decided_on or today
    expires_on, hold_until = _terms_of(committed_on, now)
    state = State(foreign.state)
    if foreign.committed_on is None and state is State.CONFIRMED:
        state = State.ALLEGED
    identifier = f"{partner_id}:{foreign.id}"
    return Violation(
        id=identifier,
        identity=_identity(foreign, identifier, partner.country if partner else NO_COUNTRY),
        kind=foreign.kind,
        article=_plain(foreign.article, 200),
        committed_on=committed_on,
        place=_plain(foreign.place, 100),
        declaration=_plain(foreign.declaration or "", 40) or None,
        amount_tiyn=foreign.amount_tiyn or 0,
        decision_number=_plain(foreign.decision_number, 100),
        decided_on=foreign.decided_on,
        state=state,
        appeal=Appeal(foreign.appeal) if foreign.appeal in list(Appeal) else Appeal.NONE,
        expires_on=_earlier(foreign.expires_on, expires_on),
        source=Source.PARTNER,
        source_name=_plain(partner.name if partner else partner_id, 100),
        legal_basis=_plain(foreign.legal_basis, 300) or terms_on(today).legal_basis_of_partners,
        hold_until=_earlier(foreign.retain_until, hold_until),
        recorded_at=now,
        provenance=provenance,
        origin_version=foreign.version,
    )


def _terms_of(committed_on: date, now: datetime) -> tuple[date, date]:
    """Return when a violation stops counting and until when it is held. Raises `MessageRefused` for a day that is
    nowhere yet, or without terms."""
    if committed_on > (now + _AHEAD_MOST).date():
        raise MessageRefused("violation.day_unusable")
    try:
        return expiry_of(committed_on), held_until(committed_on)
    except ParametersRefused:
        raise MessageRefused("violation.day_unusable") from None


def _demand_known(foreign: ViolationMessage) -> None:
    """Raises `MessageRefused` for what can never be taken, however often it is sent."""
    if not _ID.fullmatch(foreign.id):
        raise MessageRefused("violation.id_unusable")
    if foreign.kind not in kinds():
        raise MessageRefused("violation.kind_unknown")
    if foreign.state not in list(State):
        raise MessageRefused("violation.state_unknown")
    if not 1 <= foreign.version <= _NUMBERS_MAX or not 0 <= (foreign.amount_tiyn or 0) <= _AMOUNT_MAX:
        raise MessageRefused("violation.number_unusable")


def _identity(foreign: ViolationMessage, identifier: str, country: str) -> Identity:
    """Return who it is about: a participant only by a BIN or IIN that checks; without a number, nobody else."""
    name, number = _plain(foreign.name, 300), _plain(foreign.number, _NUMBER_MOST)
    if foreign.scheme == Scheme.BIN and is_bin(number):
        return Identity(Scheme.BIN, number, COUNTRY, name)
    if foreign.scheme == Scheme.IIN and is_iin(number):
        return Identity(Scheme.IIN, number, COUNTRY, name)
    where = foreign.country if _COUNTRY.fullmatch(foreign.country) else country
    return Identity(Scheme.FOREIGN, number or _nameless(identifier), where, name)


def _nameless(identifier: str) -> str:
    """Return what stands for the number of somebody without one: the record's id, or its hash where that is too long
    for the column."""
    return identifier if len(identifier) <= _NUMBER_MOST else hashlib.sha256(identifier.encode()).hexdigest()[:40]


def _differs(foreign: ViolationMessage, told: Violation, before: Violation) -> tuple[tuple[str, str], ...]:
    """Return what a message tells otherwise than the same version did before, as far as both tell it.

    A policy may tell more or less of a version than before: what is missing in one of them is no contradiction. Without
    its day a violation was alleged, whatever the partner said.
    """
    names = [each for each in _TOLD_ONCE if getattr(foreign, each) and getattr(before, each)]
    if foreign.committed_on is not None and before.state is not State.ALLEGED:
        names.append("committed_on")
    found = [(name, str(getattr(told, name))) for name in names if getattr(told, name) != getattr(before, name)]
    if before.appeal is Appeal.NONE and (told.state is State.ANNULLED) != (before.state is State.ANNULLED):
        found.append(("state", told.state.value))
    there = before.identity.number
    unknown = (
        not foreign.number or foreign.number_hash or there.startswith(UNKNOWN_HASH) or there == _nameless(before.id)
    )
    if not unknown and told.identity.number != there:
        found.append(("number", told.identity.number))
    return tuple(found)


def _with_ours(told: Violation, versions: Sequence[Violation]) -> Violation:
    """Return what a partner tells with what was decided here: what was annulled on an objection of whom it is about
    stays so. An objection that its record was taken from before it was decided is none any more."""
    before = next((each for each in reversed(versions) if each.identity.key == told.identity.key), None)
    if before is None or before.appeal is Appeal.NONE or (before.appeal is Appeal.OPEN and before != versions[-1]):
        return told
    annulled = before.appeal is Appeal.UPHELD and before.state is State.ANNULLED
    return replace(told, appeal=before.appeal, state=State.ANNULLED if annulled else told.state)


def _plain(text: str, most: int) -> str:
    """Return a text without what no column keeps and no page shows, cut to its column."""
    return "".join(each for each in text if each.isprintable()).strip()[:most]


def _earlier(told: date | None, ours: date) -> date:
    return ours if told is None else min(told, ours)
