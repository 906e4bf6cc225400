"""What is kept of the analysts' desk: versions of profiles and each step of their lives. The caller commits.

Which steps are allowed is in desk.py; portal/profile_desk.py takes them with their journal entries.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec
import zstandard
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from risk_gateway import canonical, desk
from risk_gateway.analyst_store import demand_analyst
from risk_gateway.desk import BackTest, Move, Standing, Status
from risk_gateway.errors import MoveRefused, ProfileRefused
from risk_gateway.packing import pack, unpack
from risk_gateway.profile_store import (
    Record,
    examine,
    move_table,
    profile_table,
    read_records,
    row_of,
    step_row,
)
from risk_gateway.profiles import Profile
from risk_gateway.validation import name_problems


class StoredProfile(Struct, frozen=True):
    """A version as it is kept; `profile` is None when its content cannot be read. `status` is what its last step led
    to. `refused` says why it does not judge although its steps or its row say that it is approved."""

    code: str
    version: int
    profile: Profile | None
    status: Status
    approver: str | None
    refused: tuple[ProfileRefused, ...] = ()


class Step(Struct, frozen=True):
    """A step that was taken, as it is written; `report` is the JSON of the back-test that came with it."""

    status: str
    actor: str
    at: datetime
    reason: str
    report: bytes | None


def add_draft(connection: Connection, profile: Profile, author: str, now: datetime) -> tuple[Profile, bool]:
    """Keep a profile as the next version of its code, a draft of `author`; return it, and whether it is new.

    What the newest version says already is not kept twice: then that version is returned. Raises MoveRefused, and
    ProfileRefused for a code that is none.
    """
    for problem in name_problems(profile):
        raise problem
    analyst = demand_analyst(connection, author)
    newest = next(reversed(read_versions(connection, profile.code)), None)
    draft = replace(profile, version=newest.version if newest else 1, author=author, approver="")
    if newest is not None:
        if newest.profile is not None and draft.digest == newest.profile.digest:
            return newest.profile, False
        draft = replace(draft, version=newest.version + 1)
    desk.demand_posts(analyst, draft)
    try:
        with connection.begin_nested():
            connection.execute(insert(profile_table), [row_of(draft, Status.DRAFT)])
    except IntegrityError:  # another process has just taken the number
        raise MoveRefused("move-meanwhile", profile=draft.code) from None
    _add_step(connection, draft, Status.DRAFT, author, now, "")
    return draft, True


def move(
    connection: Connection,
    code: str,
    version: int,
    step: Move,
    actor: str,
    now: datetime,
    reason: str = "",
    report_json: bytes | None = None,
) -> Status:
    """Take a step in the life of a version, and return where it stands then. Raises MoveRefused.

    `actor` is an analyst's IIN, or desk.OFFICE for what the office does by itself.
    """
    analyst = None if actor == desk.OFFICE else demand_analyst(connection, actor)
    standing = read_standing(connection, code, version)
    if analyst is not None and standing.newest_approved not in (0, version):
        desk.demand_posts(analyst, _content(connection, code, standing.newest_approved))  # it would be displaced
    status = desk.after(standing, step, analyst, now, reason)
    columns = profile_table.c
    unchanged = (columns.code == code) & (columns.version == version) & (columns.status == standing.status)
    changes = {"status": status.value, **({"approver": actor} if step is Move.APPROVE else {})}
    if connection.execute(update(profile_table).where(unchanged).values(**changes)).rowcount != 1:
        raise MoveRefused("move-meanwhile", profile=code)
    _add_step(connection, standing.profile, status, actor, now, reason, report_json)
    return status


def attach_report(
    connection: Connection, code: str, version: int, report_json: bytes, actor: str, now: datetime
) -> Status:
    """Keep the back-test of a validated version: JSON with at least what BackTest names. Raises MoveRefused."""
    profile = read_standing(connection, code, version).profile
    try:
        report = msgspec.json.decode(report_json, type=BackTest)
    except msgspec.MsgspecError as error:
        raise MoveRefused("move-report-shape", profile=code, problem=str(error)) from error
    if report.digest != profile.digest:
        raise MoveRefused("move-report-other", profile=code)
    return move(connection, code, version, Move.BACK_TEST, actor, now, report_json=report_json)


def read_standing(connection: Connection, code: str, version: int) -> Standing:
    """Raises MoveRefused for a version that is not kept, or whose row says another status than its last step."""
    records = {one.version: one for one in read_records(connection, code)}
    record = records.get(version)
    if record is None:
        raise MoveRefused("move-no-profile", profile=code, version=str(version))
    if record.status != record.moved_to:
        raise MoveRefused("profile-status", place=code, status=record.status, moved_to=record.moved_to or "-")
    try:
        steps = read_steps(connection, code, version)
        reported = [step for step in steps if step.report is not None]
        report = msgspec.json.decode(reported[-1].report or b"", type=BackTest) if reported else None
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise MoveRefused("profile-tampered", place=code) from error
    return Standing(
        profile=_content(connection, code, version),
        status=_status(record),
        submitter=next((step.actor for step in reversed(steps) if step.status == Status.SUBMITTED), None),
        report=report,
        reported_at=reported[-1].at if reported else None,
        newest_approved=max((one.version for one in records.values() if one.ever_approved), default=0),
        replaced_to=_replaced_to(records.values(), version),
        because=next((step.reason for step in reversed(steps) if step.status == Status.SUBMITTED), ""),
    )


def _replaced_to(records: Iterable[Record], version: int) -> date | None:
    """Return the last day of the approved version before this one."""
    older = [one for one in records if one.version < version and one.moved_to == Status.APPROVED]
    return max(older, key=lambda one: one.version).valid_to if older else None


def read_versions(connection: Connection, code: str | None = None) -> list[StoredProfile]:
    """Return every version, by code and number, or those of one code."""
    records = read_records(connection, code)
    return [
        StoredProfile(
            code=record.code,
            version=record.version,
            profile=examined.profile,
            status=_status(record),
            approver=record.approver,
            refused=examined.refused if record.should_judge else (),
        )
        for record, examined in zip(records, examine(connection, records), strict=True)
    ]


def _status(record: Record) -> Status:
    """Return the status that the last step led to. Where row and step are no statuses at all, that of a draft."""
    return next((status for status in Status if status == record.moved_to), Status.DRAFT)


def read_steps(connection: Connection, code: str, version: int) -> list[Step]:
    """Return the life of a version, in order."""
    columns = move_table.c
    wanted = select(move_table).where(columns.code == code, columns.version == version).order_by(columns.id)
    return [
        Step(
            status=row.status,
            actor=row.actor,
            at=row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at,
            reason=row.reason,
            report=None if row.report is None else unpack(row.report),
        )
        for row in connection.execute(wanted)
    ]


def _add_step(
    connection: Connection,
    profile: Profile,
    status: Status,
    actor: str,
    now: datetime,
    reason: str,
    report_json: bytes | None = None,
) -> None:
    packed = None if report_json is None else pack(report_json)
    row = {**step_row(profile, status, actor, now.astimezone(UTC), reason), "report": packed}
    connection.execute(insert(move_table), [row])


def _content(connection: Connection, code: str, version: int) -> Profile:
    """Raises MoveRefused for a content that cannot be read: nobody can say what such a version is."""
    columns = profile_table.c
    wanted = select(columns.content).where(columns.code == code, columns.version == version)
    try:
        return canonical.loads(unpack(connection.execute(wanted).scalar_one()), Profile)
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise MoveRefused("profile-tampered", place=code) from error
