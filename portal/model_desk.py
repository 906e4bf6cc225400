"""The life of fraud models with its journal entries: each move, its entry and the new revision in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from portal import audit
from risk_gateway.fraud_model import model_store
from risk_gateway.fraud_model.model_store import Moved
from risk_gateway.fraud_model.spec import FraudModel
from signing import store as signing_store


def keep_candidate(connection: Connection, model: FraudModel, by: str, metrics: bytes, now: datetime) -> Moved:
    """Keep a newly trained model. Raises MoveRefused, and then nothing has changed."""
    signing_store.lock_head(connection)
    moved = model_store.add_candidate(connection, model, by, metrics, now)
    _record(connection, [moved], by, now)
    return moved


def promote(connection: Connection, version: str, by: str, now: datetime) -> list[Moved]:
    """Take a model one step up; return every model that moved. Raises MoveRefused, and then nothing has changed."""
    signing_store.lock_head(connection)  # two who promote at once do so one after the other
    moves = model_store.promote(connection, version, by)
    _record(connection, moves, by, now)
    return moves


def retire(connection: Connection, version: str, by: str, now: datetime) -> Moved:
    """Withdraw a model. Raises MoveRefused, and then nothing has changed."""
    signing_store.lock_head(connection)
    moved = model_store.retire(connection, version, by)
    _record(connection, [moved], by, now)
    return moved


def _record(connection: Connection, moves: Sequence[Moved], by: str, now: datetime) -> None:
    for moved in moves:
        particulars = {"by": by, "before": moved.before or "", "after": moved.after}
        audit.record_one(connection, audit.Record(audit.Event.MODEL_MOVED, moved.version, now, particulars))
    declarations_store.bump_revision(connection)
