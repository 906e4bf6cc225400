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
from sqlalchemy import ColumnElement, Connection, insert, select
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
KEPT_MAX = 50_000
AT_ONCE = 400  # codes asked for in one statement


class Record(NamedTuple):
    """What the tables say of a version, beside its content: its row, and who submitted and approved it step by step."""

    code: str
    version: int
    digest: str
    author: str
    approver: str | None
    valid_from: date
    valid_to: date
    status: str
    submitted_by: str | None = None
    approved_by: str | None = None


class Examined(Struct, frozen=True):
    """A profile, as far as it can be read, and what speaks against its judging."""

    profile: Profile | None
    refused: tuple[ProfileRefused, ...]


_kept: dict[Record, Examined] = {}  # what is sound, by all that was examined


# --- what judges ----------------------------------------------------------------------------------------------------


def read_judging(connection: Connection, day: date) -> Judging:
    """Return what judges on `day`, by code; the same objects again when nothing has changed.

    Of each code the newest version that has begun counts, so that an older one never comes back when it is suspended.
    One that breaks a rule, or whose approval is not on record, does not judge: `refused` tells which and why.
    """
    examined = _on(connection, day)
    sound = tuple(one.profile for one in examined if one.profile is not None and not one.refused)
    return Judging(sound, tuple(problem for one in examined for problem in one.refused))


def _on(connection: Connection, day: date) -> list[Examined]:
    begun = profile_table.c.status.in_(EVER_APPROVED) & (profile_table.c.valid_from <= day)
    newest = {record.code: record for record in read_records(connection, begun)}
    judging = [one for one in newest.values() if one.status == Status.APPROVED and one.valid_to >= day]
    return list(examine(connection, judging).values())


def read_records(connection: Connection, where: ColumnElement[bool]) -> list[Record]:
    """Return what the tables say of versions, by code and number."""
    taken = {status: _who(connection, status) for status in (Status.SUBMITTED, Status.APPROVED)}
    submitted, approved = taken[Status.SUBMITTED], taken[Status.APPROVED]
    columns = [profile_table.c[name] for name in Record._fields if name in profile_table.c]
    rows = connection.execute(select(*columns).where(where).order_by(profile_table.c.code, profile_table.c.version))
    return [Record._make((*row, submitted.get(row[:2]), approved.get(row[:2]))) for row in map(tuple, rows)]


def _who(connection: Connection, status: Status) -> dict[tuple[str, int], str]:
    """Return who took each version to a status last."""
    columns = move_table.c
    wanted = select(columns.code, columns.version, columns.actor).where(columns.status == status).order_by(columns.id)
    return {(code, version): actor for code, version, actor in connection.execute(wanted)}


def examine(connection: Connection, records: Sequence[Record]) -> dict[Record, Examined]:
    """Return versions with what speaks against each as an approved one; what is sound is examined once."""
    new = [record for record in records if record not in _kept]
    contents = read_contents(connection, new)
    found = {record: _examined(record, contents.get(record[:2])) for record in new}
    if len(_kept) + len(found) > KEPT_MAX:
        _kept.clear()
    sound = {record: examined for record, examined in found.items() if not examined.refused}
    _kept.update(sound)
    return {record: found[record] if record in found else _kept[record] for record in records}


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
    if not record.approver or record.approver != record.approved_by or record.submitted_by in (None, record.approver):
        yield ProfileRefused("profile-unapproved", record.code)
    yield from problems(profile)


# --- without the desk -----------------------------------------------------------------------------------------------


def install(connection: Connection, profiles: Iterable[Profile], now: datetime) -> None:
    """Keep profiles as approved by their own approvers, without the steps of an analyst's desk; those kept stay."""
    columns = profile_table.c
    known = {(row.code, row.version) for row in connection.execute(select(columns.code, columns.version))}
    new = [profile for profile in profiles if (profile.code, profile.version) not in known]
    if not new:
        return
    connection.execute(insert(profile_table), [row_of(profile, Status.APPROVED) for profile in new])
    for status, actor in ((Status.SUBMITTED, "author"), (Status.APPROVED, "approver")):
        steps = [step_row(profile, status, getattr(profile, actor), now, "installed") for profile in new]
        connection.execute(insert(move_table), steps)


def install_starter(connection: Connection, now: datetime) -> None:
    """Keep the shipped profiles as approved versions. A demonstration does this; an office imports and approves."""
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
