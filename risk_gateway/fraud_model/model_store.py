"""What is kept of fraud models: every version, and where it stands. The caller commits, and journals each move."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import zstandard
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from risk_gateway import canonical
from risk_gateway.analyst_store import demand_analyst
from risk_gateway.errors import KnowledgeTampered, MoveRefused
from risk_gateway.fraud_model import lifecycle, prediction
from risk_gateway.fraud_model.lifecycle import Status
from risk_gateway.fraud_model.spec import FraudModel, version_of
from risk_gateway.packing import pack, unpack
from risk_gateway.tables import FraudModelRow

fraud_model = SQLModel.metadata.tables[FraudModelRow.__tablename__]

KEPT_MAX = 4
VERSION_SHOWN = 12  # characters of a version that are enough to name it
_kept: dict[str, FraudModel] = {}  # by version: the same object again while nothing changes


class StoredModel(Struct, frozen=True, kw_only=True):
    """Where a version stands. `metrics` is JSON, as it was measured in training."""

    version: str
    block: str
    status: Status
    trained_at: datetime
    trained_by: str
    approved_by: str | None
    metrics: bytes


class Moved(Struct, frozen=True):
    """A model that changed its status; `before` is None for a new one."""

    version: str
    before: Status | None
    after: Status


def read_champion(connection: Connection, block: str = "imports") -> FraudModel | None:
    """Return the model that judges; None when there is none. Raises KnowledgeTampered when it is damaged.

    While nothing changes it is the same object every time. It is made ready here, so that no lodgement's time goes
    into loading it.
    """
    columns = fraud_model.c
    standing = select(columns.version).where(columns.block == block, columns.status == Status.CHAMPION.value)
    versions = sorted(connection.execute(standing).scalars())
    if not versions:
        return None
    if len(versions) > 1:
        raise KnowledgeTampered("knowledge-tampered", version=", ".join(versions))
    champion = read_model(connection, versions[0])
    prediction.load(champion)
    return champion


def read_model(connection: Connection, version: str) -> FraudModel:
    """Return a version. Raises MoveRefused when it is not kept, KnowledgeTampered when it is damaged."""
    found = _kept.get(version)
    if found is None:
        statement = select(fraud_model.c.content).where(fraud_model.c.version == version)
        content = connection.execute(statement).scalar_one_or_none()
        if content is None:
            raise MoveRefused("model-unknown", version=version)
        found = _genuine(content, version)
        while len(_kept) >= KEPT_MAX:
            _kept.pop(next(iter(_kept)), None)
        _kept[version] = found
    return found


def read_all(connection: Connection) -> list[StoredModel]:
    """Return every version, the newest first."""
    columns = [column for column in fraud_model.c if column.name != "content"]
    rows = connection.execute(select(*columns).order_by(fraud_model.c.trained_at.desc(), fraud_model.c.version))
    return [_stored(row) for row in rows]


def find(connection: Connection, beginning: str) -> StoredModel:
    """Return the one version that begins so. Raises MoveRefused when there is none, or more than one."""
    found = [model for model in read_all(connection) if model.version.startswith(beginning)]
    if len(found) != 1:
        raise MoveRefused("model-unknown", version=beginning)
    return found[0]


def add_candidate(connection: Connection, model: FraudModel, trained_by: str, metrics: bytes, now: datetime) -> Moved:
    """Keep a new model. Raises MoveRefused when the very same is kept, or the trainer is no republican analyst."""
    lifecycle.demand_republican(demand_analyst(connection, trained_by))
    row = {
        "version": model.version,
        "block": model.block,
        "status": Status.CANDIDATE.value,
        "trained_at": now.astimezone(UTC),
        "trained_by": trained_by,
        "metrics": metrics,
        "content": pack(canonical.dumps(model)),
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(fraud_model).values(row))
    except IntegrityError:
        raise MoveRefused("model-known", version=model.version[:VERSION_SHOWN]) from None
    return Moved(model.version, None, Status.CANDIDATE)


def promote(connection: Connection, version: str, actor: str) -> list[Moved]:
    """Take a model one step up; who stood there of the same block is retired. Raises MoveRefused.

    The caller holds a lock against other moves until it commits.
    """
    standing = find(connection, version)
    analyst = demand_analyst(connection, actor)
    _demand_usable(connection, standing.version)
    after = lifecycle.promoted(standing.version, standing.block, standing.status, standing.trained_by, analyst)
    there = (fraud_model.c.block == standing.block) & (fraud_model.c.status == after.value)
    before = connection.execute(select(fraud_model.c.version).where(there)).scalars().all()
    moves = [_set(connection, other, after, Status.RETIRED) for other in before]
    return [*moves, _set(connection, standing.version, standing.status, after, approved_by=actor)]


def retire(connection: Connection, version: str, actor: str) -> Moved:
    """Withdraw a model: without a champion rules judge alone. Raises MoveRefused."""
    standing = find(connection, version)
    lifecycle.demand_standing(standing.version, standing.status, demand_analyst(connection, actor))
    return _set(connection, standing.version, standing.status, Status.RETIRED)


def _set(connection: Connection, version: str, before: Status, after: Status, **changes: str) -> Moved:
    statement = update(fraud_model).where(fraud_model.c.version == version)
    connection.execute(statement.values(status=after.value, **changes))
    return Moved(version, before, after)


def _demand_usable(connection: Connection, version: str) -> None:
    """Raises MoveRefused for a model that is damaged, or that cannot be loaded: it would judge nothing."""
    try:
        usable = prediction.load(read_model(connection, version)) is not None
    except KnowledgeTampered:
        usable = False
    if not usable:
        raise MoveRefused("model-unusable", version=version[:VERSION_SHOWN])


def _genuine(content: bytes, version: str) -> FraudModel:
    try:
        model = canonical.loads(unpack(content), FraudModel)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise KnowledgeTampered("knowledge-tampered", version=version) from error
    if model.version != version or version_of(model) != version:
        raise KnowledgeTampered("knowledge-tampered", version=version)
    return model


def _stored(row: Any) -> StoredModel:
    at = row.trained_at
    return StoredModel(
        version=row.version,
        block=row.block,
        status=Status(row.status),
        trained_at=at.replace(tzinfo=UTC) if at.tzinfo is None else at,
        trained_by=row.trained_by,
        approved_by=row.approved_by,
        metrics=row.metrics,
    )
