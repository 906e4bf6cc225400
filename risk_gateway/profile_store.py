"""What is kept of risk profiles, and which of them judge. The caller commits.

The content of a version never changes; its status does. The steps of its life are in desk_store.py.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec
import zstandard
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, ScalarSelect, insert, select
from sqlmodel import SQLModel

from risk_gateway import canonical
from risk_gateway.desk import Status
from risk_gateway.emergency import Judging
from risk_gateway.errors import ProfileRefused
from risk_gateway.knowledge import shipped_profiles
from risk_gateway.packing import pack, unpack
from risk_gateway.profiles import Profile
from risk_gateway.tables import ProfileMoveRow, ProfileRow
from risk_gateway.validation import problems

profile_table = SQLModel.metadata.tables[ProfileRow.__tablename__]
move_table = SQLModel.metadata.tables[ProfileMoveRow.__tablename__]

EVER_APPROVED = (Status.APPROVED, Status.SUSPENDED, Status.EXPIRED)
INSTALLED = "installed"  # the reason of the steps that no analyst took
KEPT_MAX = 50_000
AT_ONCE = 400  # codes asked for in one statement


class Record(NamedTuple):
    """What the tables say of a version, beside its content: its row, and its steps: the status that the last one led
    to, who submitted and who approved it."""

    code: str
    version: int
    digest: str
    author: str
    approver: str | None
    valid_from: date
    valid_to: date
    status: str
    moved_to: str | None = None
    submitted_by: str | None = None
    approved_by: str | None = None

    @property
    def ever_approved(self) -> bool:
        """Whether a step led to it. The steps say so, not the row, which is only what is to be examined."""
        return self.moved_to in EVER_APPROVED

    @property
    def should_judge(self) -> bool:
        """Whether row or steps say that it is approved: where they differ, that is told instead of judged with."""
        return Status.APPROVED in (self.status, self.moved_to)


class Examined(Struct, frozen=True):
    """A profile, as far as it can be read, and what speaks against its judging."""

    profile: Profile | None
    refused: tuple[ProfileRefused, ...]


_kept: dict[Record, Examined] = {}  # what is sound, by all that was examined


# --- what judges ----------------------------------------------------------------------------------------------------


def read_judging(connection: Connection, day: date) -> Judging:
    """Return what judges on `day`, by code; the same objects again when nothing has changed.

    Of each code the newest version that has begun counts, so that an older one never comes back when it is suspended.
    One that breaks a rule, whose approval is not on record, or whose row was changed, does not judge: `refused` tells
    which and why. What a row says of status and dates hides nothing: the steps and the content are asked as well.
    """
    examined = _on(connection, day)
    sound = tuple(one.profile for one in examined if one.profile is not None and not one.refused)
    return Judging(sound, tuple(problem for one in examined for problem in one.refused))


def _on(connection: Connection, day: date) -> list[Examined]:
    found: list[Examined] = []
    decided: set[str] = set()  # codes whose newest version that has begun is known
    chosen = list(_to_look_at(read_records(connection), day))
    for record, one in zip(chosen, examine(connection, chosen), strict=True):
        if not record.ever_approved:
            found.append(one)  # its row says what no step led to; it displaces nothing
        elif record.code not in decided and _begins(record, one) <= day:
            decided.add(record.code)
            if record.should_judge and _ends(record, one) >= day:
                found.append(one)
    return found[::-1]


def _to_look_at(records: Sequence[Record], day: date) -> Iterator[Record]:
    """Yield those whose contents decide which version of their code judges: the last code first, of a code the newest
    version."""
    begun: set[str] = set()
    for record in reversed(records):
        if not record.ever_approved:
            if record.should_judge:
                yield record
        elif record.code not in begun:
            if record.valid_from <= day:
                begun.add(record.code)
            yield record


def _begins(record: Record, examined: Examined) -> date:
    """Return the first day by row or content: of two that differ, the one by which the version is looked at."""
    return min(record.valid_from, examined.profile.valid_from) if examined.profile else record.valid_from


def _ends(record: Record, examined: Examined) -> date:
    return max(record.valid_to, examined.profile.valid_to) if examined.profile else record.valid_to


def read_records(connection: Connection, code: str | None = None) -> list[Record]:
    """Return what the tables say of all versions, or of those of one code, by code and number."""
    columns = profile_table.c
    wanted = select(
        *(columns[name] for name in Record._fields if name in columns),
        _of_last_step("status"),
        _of_last_step("actor", Status.SUBMITTED),
        _of_last_step("actor", Status.APPROVED),
    ).order_by(columns.code, columns.version)
    rows = connection.execute(wanted if code is None else wanted.where(columns.code == code))
    return list(map(Record._make, rows.all()))


def _of_last_step(told: str, *to: Status) -> ScalarSelect[Any]:
    """Ask for what a version's last step tells, or its last step to a status."""
    step, of = move_table.c, profile_table.c
    steps = select(step[told]).where(step.code == of.code, step.version == of.version)
    return (
        steps.where(*(step.status == status.value for status in to)).order_by(step.id.desc()).limit(1).scalar_subquery()
    )


def examine(connection: Connection, records: Sequence[Record]) -> list[Examined]:
    """Return what speaks against each version as an approved one; what is sound is examined once."""
    known = [_kept.get(record) for record in records]
    new = [record for record, examined in zip(records, known, strict=True) if examined is None]
    contents = read_contents(connection, new)
    found = {record: _examined(record, contents.get(record[:2])) for record in new}
    if len(_kept) + len(found) > KEPT_MAX:
        _kept.clear()
    _kept.update({record: examined for record, examined in found.items() if not examined.refused})
    return [examined or found[record] for record, examined in zip(records, known, strict=True)]


def _examined(record: Record, packed: bytes | None) -> Examined:
    try:
        content = unpack(packed or b"")
        profile = replace(canonical.loads(content, Profile), approver=record.approver or "")
    except (msgspec.MsgspecError, zstandard.ZstdError):
        return Examined(None, (ProfileRefused("profile-tampered", record.code),))
    return Examined(profile, tuple(_objections(profile, hashlib.sha256(content).hexdigest(), record)))


def _objections(profile: Profile, digest: str, record: Record) -> Iterator[ProfileRefused]:
    said = (profile.code, profile.version, digest, profile.author, profile.valid_from, profile.valid_to)
    if said != (record.code, record.version, record.digest, record.author, record.valid_from, record.valid_to):
        yield ProfileRefused("profile-tampered", record.code)
    if record.status != record.moved_to:
        yield ProfileRefused("profile-status", record.code, status=record.status, moved_to=record.moved_to or "-")
    if not record.approver or record.approver != record.approved_by or record.submitted_by in (None, record.approver):
        yield ProfileRefused("profile-unapproved", record.code)
    yield from problems(profile)


# --- without the desk -----------------------------------------------------------------------------------------------


def install(connection: Connection, profiles: Iterable[Profile], now: datetime) -> list[Profile]:
    """Keep profiles as approved by their own approvers, without an analyst's desk; return those not kept before.

    Nothing of it is in the journal: portal.profile_desk.install does both.
    """
    columns = profile_table.c
    known = {(row.code, row.version) for row in connection.execute(select(columns.code, columns.version))}
    new = [profile for profile in profiles if (profile.code, profile.version) not in known]
    if not new:
        return []
    connection.execute(insert(profile_table), [row_of(profile, Status.APPROVED) for profile in new])
    for status, actor in ((Status.SUBMITTED, "author"), (Status.APPROVED, "approver")):
        steps = [step_row(profile, status, getattr(profile, actor), now, INSTALLED) for profile in new]
        connection.execute(insert(move_table), steps)
    return new


def install_starter(connection: Connection, now: datetime) -> None:
    """Keep the shipped profiles as approved versions, without a journal."""
    install(connection, shipped_profiles(), now)


# --- rows -----------------------------------------------------------------------------------------------------------


def row_of(profile: Profile, status: Status) -> dict[str, Any]:
    return {
        "code": profile.code,
        "version": profile.version,
        "status": status.value,
        "block": profile.block.value,
        "level": profile.level.value,
        "author": profile.author,
        "approver": profile.approver or None,
        "valid_from": profile.valid_from,
        "valid_to": profile.valid_to,
        "digest": profile.digest,
        "content": pack(profile.content),
    }


def step_row(profile: Profile, status: Status, actor: str, now: datetime, reason: str) -> dict[str, Any]:
    named = {"code": profile.code, "version": profile.version, "status": status.value}
    return {**named, "actor": actor, "at": now, "reason": reason, "report": None}


def read_contents(connection: Connection, records: Sequence[Record]) -> dict[tuple[str, int], bytes]:
    """Return the packed contents of versions, by code and number."""
    columns = profile_table.c
    found: dict[tuple[str, int], bytes] = {}
    for start in range(0, len(records), AT_ONCE):
        codes = {record.code for record in records[start : start + AT_ONCE]}
        wanted = select(columns.code, columns.version, columns.content).where(columns.code.in_(codes))
        found |= {(code, version): content for code, version, content in connection.execute(wanted)}
    return found
