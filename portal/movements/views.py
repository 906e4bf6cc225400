"""What pages read of movements. Only shapes, and rows turned into them."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row

from declarations.movements.events import State
from declarations.movements.lifecycle import Move
from declarations.movements.model import Movement
from declarations.movements.store import Alarm
from declarations.store import aware
from portal.casework.model import FileInfo
from risk_gateway import canonical
from risk_gateway.judgement_store import Judgement


class Happened(Struct, frozen=True):
    """One move of a movement, as its timeline shows it."""

    sequence: int
    at: datetime
    action: str
    target: str
    actor: str
    by_name: str
    reason: str
    text: str
    details: dict[str, Any]
    has_notice: bool


class Line(Struct, frozen=True):
    """A movement of a list, with the alarms that stand."""

    movement: Movement
    alarms: tuple[Alarm, ...]
    state: State
    overdue: bool


class Dossier(Struct, frozen=True):
    """All of one movement that a person may see. `judgements` are for officials; `changed` tells that the transit
    declaration does not stand any more as it was notified."""

    movement: Movement
    moves: tuple[Move, ...]
    happened: tuple[Happened, ...]
    alarms: tuple[Alarm, ...]
    state: State
    files: tuple[FileInfo, ...]
    judgements: tuple[Judgement, ...]
    inspection: Judgement | None
    overdue: bool
    changed: bool = False


def happened(row: Row[Any]) -> Happened:
    return Happened(
        sequence=row.sequence,
        at=aware(row.at),
        action=row.action,
        target=row.target,
        actor=row.actor,
        by_name=row.actor_name,
        reason=row.reason,
        text=row.text,
        details=canonical.loads(row.details.encode(), dict[str, Any]),
        has_notice=row.notice is not None,
    )


def file_info(row: Row[Any]) -> FileInfo:
    return FileInfo(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        digest=row.digest,
        statement="",
        uploaded_at=aware(row.uploaded_at),
    )
