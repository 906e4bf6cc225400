"""What the gateway knew, by version: a manifest, and every part once. The day key stays where keys are kept.

A key to which nobody committed proves nothing and is no secret: it is a part like any other. Nothing that is kept is
ever changed; whatever is read must have its digest.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import msgspec
import zstandard
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlmodel import SQLModel

from risk_gateway import canonical
from risk_gateway.errors import KnowledgeTampered
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.manifest import Manifest, manifest_of, parts_of, profile_digests
from risk_gateway.model import Knowledge
from risk_gateway.packing import pack, unpack
from risk_gateway.parameters import Parameters, ReferenceValues
from risk_gateway.profiles import Profile
from risk_gateway.selection_store import commitment_of, read_key
from risk_gateway.tables import KnowledgePartRow, KnowledgeRow
from risk_gateway.words import Words

knowledge_table = SQLModel.metadata.tables[KnowledgeRow.__tablename__]
part_table = SQLModel.metadata.tables[KnowledgePartRow.__tablename__]

ASKED_AT_ONCE = 500
T = TypeVar("T")
_alive: WeakValueDictionary[str, Any] = WeakValueDictionary()  # parts by digest: the same object, while anybody has it
_before: dict[str, Collection[str]] = {}  # the list of profiles that was met last, by its digest


# --- keeping --------------------------------------------------------------------------------------------------------


def keep(connection: Connection, knowledge: Knowledge) -> None:
    """Keep what is not kept already of the knowledge. The caller commits."""
    try:
        with connection.begin_nested():
            _keep(connection, knowledge)
    except IntegrityError:  # another process has just kept some of it, which is seen now
        _keep(connection, knowledge)


def _keep(connection: Connection, knowledge: Knowledge) -> None:
    version = knowledge_table.c.version
    if connection.execute(select(version).where(version == knowledge.version)).first() is not None:
        return
    manifest = manifest_of(knowledge)
    missing = _missing(connection, dict(parts_of(knowledge, manifest)))
    if manifest.profiles in missing:  # else it was kept together with all that it lists
        profiles = dict(zip(profile_digests(knowledge), knowledge.profiles, strict=True))
        kept = _listed_before(connection)
        missing |= _missing(connection, {digest: one for digest, one in profiles.items() if digest not in kept})
        _before.clear()
        _before[manifest.profiles] = frozenset(profiles)
    rows = [{"digest": digest, "content": pack(canonical.dumps(part))} for digest, part in missing.items()]
    if _committed_key(connection, manifest) is None and _missing(connection, {manifest.key: None}):
        rows.append({"digest": manifest.key, "content": pack(knowledge.day_key)})
    if rows:
        connection.execute(insert(part_table), rows)
    content = pack(canonical.dumps(manifest))
    connection.execute(insert(knowledge_table).values(version=knowledge.version, content=content))


def _listed_before(connection: Connection) -> Collection[str]:
    """Return the profiles of the list that was met last, if it is kept here: few are new since."""
    for listing, listed in tuple(_before.items()):  # another thread may exchange it meanwhile
        if not _missing(connection, {listing: None}):
            return listed
    return ()


def _missing(connection: Connection, parts: Mapping[str, object]) -> dict[str, object]:
    """Return the parts that are not kept."""
    kept = {row.digest for some in _some_at_once(parts) for row in _rows(connection, some, part_table.c.digest)}
    return {digest: part for digest, part in parts.items() if digest not in kept}


# --- reading --------------------------------------------------------------------------------------------------------


def read(connection: Connection, version: str) -> Knowledge:
    """Return what the gateway knew. Raises `NoResultFound`, and KnowledgeTampered when a part is not its digest, or is
    gone."""
    statement = select(knowledge_table.c.content).where(knowledge_table.c.version == version)
    content = connection.execute(statement).scalar_one()
    try:
        manifest = canonical.loads(_genuine(content, version), Manifest)
        return _put_together(connection, manifest, version)
    except (zstandard.ZstdError, msgspec.MsgspecError, LookupError) as error:
        raise KnowledgeTampered("knowledge-tampered", version=version) from error


def find(connection: Connection, version: str) -> Knowledge | None:
    """Return what the gateway knew, None when it is not kept, or not as it was."""
    try:
        return read(connection, version)
    except (NoResultFound, KnowledgeTampered):
        return None


def _put_together(connection: Connection, manifest: Manifest, version: str) -> Knowledge:
    digests = (manifest.profiles, manifest.parameters, manifest.reference_values, manifest.phrases, manifest.model)
    parts = _contents(connection, [digest for digest in digests if digest is not None])
    listed = canonical.loads(parts[manifest.profiles], list[str])
    profiles = _contents(connection, listed)
    model = manifest.model
    return Knowledge(
        day=manifest.day,
        profiles=tuple(_part(digest, profiles[digest], Profile) for digest in listed),
        parameters=_part(manifest.parameters, parts[manifest.parameters], Parameters),
        reference_values=_part(manifest.reference_values, parts[manifest.reference_values], ReferenceValues),
        phrases=canonical.loads(parts[manifest.phrases], dict[str, Words]),
        day_key=_committed_key(connection, manifest) or _contents(connection, [manifest.key])[manifest.key],
        key_day=manifest.key_day,
        model=None if model is None else _part(model, parts[model], FraudModel),
        problem=manifest.problem,
        version=version,
    )


def _committed_key(connection: Connection, manifest: Manifest) -> bytes | None:
    """Return the key of random selection, where the manifest's is the one that was committed to."""
    kept = read_key(connection, manifest.key_day or manifest.day)
    return kept.key if kept is not None and commitment_of(kept.key) == manifest.key else None


def _contents(connection: Connection, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the canonical JSON of the parts that are there."""
    rows = (row for some in _some_at_once(digests) for row in _rows(connection, some, *part_table.c))
    return {row.digest: _genuine(row.content, row.digest) for row in rows}


def _genuine(content: bytes, digest: str) -> bytes:
    """Return what was kept under a digest. Raises LookupError when it is something else, and ZstdError."""
    found = unpack(bytes(content))
    if hashlib.sha256(found).hexdigest() != digest:
        raise LookupError(digest)
    return found


def _part(digest: str, content: bytes, kind: type[T]) -> T:
    found = _alive.get(digest)
    if not isinstance(found, kind):
        found = canonical.loads(content, kind)
        _alive[digest] = found
    return found


def _rows(connection: Connection, digests: list[str], *columns: Any) -> Iterable[Any]:
    return connection.execute(select(*columns).where(part_table.c.digest.in_(digests))).all()


def _some_at_once(digests: Iterable[str]) -> Iterable[list[str]]:
    left = iter(digests)
    while some := list(islice(left, ASKED_AT_ONCE)):
        yield some
