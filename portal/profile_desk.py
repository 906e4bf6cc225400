"""The analysts' desk: each step in the life of a risk profile with its journal entry, in one transaction.

A step that changes what judges tells every process at once, so the next lodgement meets it.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations.identifiers import is_iin
from declarations.reference import Reference
from portal import audit
from portal.languages import KAZAKHSTAN_TIME
from risk_gateway import desk_store, profile_store
from risk_gateway.analyst_store import put_analyst
from risk_gateway.days import day_of
from risk_gateway.desk import Analyst, Move, Status
from risk_gateway.errors import MoveRefused
from risk_gateway.profiles import Profile
from signing import store as signing_store

_CHANGES_JUDGING = (Status.APPROVED, Status.SUSPENDED, Status.EXPIRED)


def draft(connection: Connection, profile: Profile, author: str, now: datetime) -> tuple[Profile, bool]:
    """Keep a profile as a draft; return it under its version, and whether that is a new one. Raises MoveRefused."""
    signing_store.lock_head(connection)
    kept, new = desk_store.add_draft(connection, profile, author, now)
    if new:
        _record(connection, kept, Status.DRAFT, author, now, "")
    return kept, new


def take(
    connection: Connection, code: str, version: int, step: Move, actor: str, now: datetime, reason: str = ""
) -> Status:
    """Take one step. Raises MoveRefused, and then nothing has changed."""
    signing_store.lock_head(connection)  # two who decide at once do so one after the other
    status = desk_store.move(connection, code, version, step, actor, now.astimezone(KAZAKHSTAN_TIME), reason)
    _recorded(connection, code, version, status, actor, now, reason)
    return status


def attach_report(
    connection: Connection, code: str, version: int, report_json: bytes, actor: str, now: datetime
) -> Status:
    """Keep the back-test that the approver will see. Raises MoveRefused."""
    signing_store.lock_head(connection)
    local = now.astimezone(KAZAKHSTAN_TIME)
    status = desk_store.attach_report(connection, code, version, report_json, actor, local)
    _recorded(connection, code, version, status, actor, now, "")
    return status


def install(connection: Connection, profiles: Iterable[Profile], now: datetime) -> None:
    """Keep profiles as approved by their own approvers, each step in the journal; those kept stay as they are.

    A demonstration does this; an office imports its profiles and has them approved.
    """
    size, frontier = signing_store.lock_head(connection)
    records = [
        _step(profile, status, actor, now, profile_store.INSTALLED)
        for profile in profile_store.install(connection, profiles, now)
        for status, actor in ((Status.SUBMITTED, profile.author), (Status.APPROVED, profile.approver))
    ]
    if records:
        audit.append(connection, size, frontier, records)


def appoint(connection: Connection, analyst: Analyst, by: str, now: datetime) -> None:
    """Let a person work as a risk analyst, or change the posts of one. Raises MoveRefused.

    Who appoints is recorded and not authenticated here: the portal's pages know who signed in, a command does not.
    """
    for number in (analyst.iin, by):
        if not is_iin(number):
            raise MoveRefused("analyst-iin", number=number)
    if analyst.iin == by:
        raise MoveRefused("analyst-himself", number=by)
    if not analyst.name.strip() or not analyst.name.isprintable():
        raise MoveRefused("analyst-name", number=analyst.iin)
    if unknown := analyst.posts - Reference.shipped().on(day_of(now)).offices.keys():
        raise MoveRefused("analyst-post", posts=", ".join(sorted(unknown)))
    put_analyst(connection, analyst)
    particulars = {"posts": " ".join(sorted(analyst.posts)), "by": by}
    audit.record_one(connection, audit.Record(audit.Event.ANALYST_APPOINTED, analyst.iin, now, particulars))


def _recorded(
    connection: Connection, code: str, version: int, status: Status, actor: str, now: datetime, reason: str
) -> None:
    _record(connection, desk_store.read_standing(connection, code, version).profile, status, actor, now, reason)
    if status in _CHANGES_JUDGING:
        declarations_store.bump_revision(connection)


def _record(connection: Connection, profile: Profile, status: Status, actor: str, now: datetime, reason: str) -> None:
    audit.record_one(connection, _step(profile, status, actor, now, reason))


def _step(profile: Profile, status: Status, actor: str, now: datetime, reason: str) -> audit.Record:
    particulars = {
        "version": str(profile.version),
        "status": status.value,
        "actor": actor,
        "digest": profile.digest,
        "reason": reason,
    }
    return audit.Record(audit.Event.PROFILE_MOVED, profile.code, now, particulars)
