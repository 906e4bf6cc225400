"""What the journal proves of risk profiles: which versions there are, their contents, and each step of their lives."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import zstandard
from sqlalchemy import Connection, Row, select

from portal.audit import Event
from risk_gateway import canonical
from risk_gateway.packing import unpack
from risk_gateway.profile_store import move_table, profile_table
from risk_gateway.profiles import Profile
from signing import journal_check, store

_COLUMNS = ("author", "valid_from", "valid_to", "block", "level")  # a row repeats these of its content


class Version(NamedTuple):
    code: str
    number: int

    def __str__(self) -> str:
        return f"profile {self.code} version {self.number}"


class Taken(NamedTuple):
    """One step: the status that it led to, and who took it."""

    status: str
    actor: str


class Told(NamedTuple):
    """A step as the journal tells of it, with the SHA-256 of the content then."""

    taken: Taken
    digest: str


def all_profile_misfits(connection: Connection) -> Iterator[str]:
    """Yield what does not fit between the journal, the steps that are kept, and the versions that are kept."""
    told, taken = _told(connection), _taken(connection)
    for row in connection.execute(select(profile_table).order_by(profile_table.c.code, profile_table.c.version)):
        version = Version(row.code, row.version)
        yield from _misfits(version, row, told.pop(version, []), taken.pop(version, []))
    for version in sorted({*told, *taken}):
        where = "the journal tells" if version in told else "steps are kept"
        yield f"{where} of {version}, which is not kept"


def _misfits(version: Version, row: Row[Any], told: Sequence[Told], taken: Sequence[Taken]) -> Iterator[str]:
    if not told:
        yield f"the journal tells nothing of {version}"
        return
    if [one.taken for one in told] != list(taken):
        yield f"the steps kept of {version} are not the {len(told)} of the journal"
    if row.status != told[-1].taken.status:
        yield f"the status of {version} is {row.status}, in the journal it is {told[-1].taken.status}"
    approver = next((one.taken.actor for one in reversed(told) if one.taken.status == "approved"), None)
    if row.approver != approver:
        yield f"the approver of {version} is {row.approver or 'nobody'}, in the journal it is {approver or 'nobody'}"
    yield from _content_misfits(version, row, {one.digest for one in told})


def _content_misfits(version: Version, row: Row[Any], digests: set[str]) -> Iterator[str]:
    try:
        content = unpack(row.content)
        profile = canonical.loads(content, Profile)
    except (msgspec.MsgspecError, zstandard.ZstdError):
        yield f"the content of {version} cannot be read"
        return
    if digests != {row.digest} or sha256(content).hexdigest() != row.digest:
        yield f"the content of {version} is not the one in the journal"
    if (profile.code, profile.version) != version:
        yield f"the content of {version} is that of {profile.code} version {profile.version}"
    for name in _COLUMNS:
        if getattr(row, name) != getattr(profile, name):
            yield f"the {name} of {version} is {getattr(row, name)}, in its content it is {getattr(profile, name)}"


def _told(connection: Connection) -> dict[Version, list[Told]]:
    """Return what the journal tells of each version, in order. The check `journal` tells what cannot be read."""
    found: dict[Version, list[Told]] = {}
    for subject in sorted(set(store.read_subjects(connection, Event.PROFILE_MOVED.value))):
        for _, event, entry in store.read_entries(connection, subject):
            with suppress(ValueError, KeyError):
                said = journal_check.read_entry(entry).particulars
                if event == Event.PROFILE_MOVED.value:
                    version = Version(subject, int(said["version"]))
                    found.setdefault(version, []).append(Told(Taken(said["status"], said["actor"]), said["digest"]))
    return found


def _taken(connection: Connection) -> dict[Version, list[Taken]]:
    columns = move_table.c
    wanted = select(columns.code, columns.version, columns.status, columns.actor).order_by(columns.id)
    found: dict[Version, list[Taken]] = {}
    for code, number, status, actor in connection.execute(wanted):
        found.setdefault(Version(code, number), []).append(Taken(status, actor))
    return found
