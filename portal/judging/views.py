"""What an officer, and what a participant, may read of a judgement. Whose it is was asked before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import zstandard
from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from risk_gateway import canonical, judgement_store, knowledge_store
from risk_gateway.errors import RiskGatewayError
from risk_gateway.judgement_store import Judgement
from risk_gateway.model import Assessment, Decision
from risk_gateway.officer_view import OfficerView, for_officer
from risk_gateway.packing import unpack


class Ordered(Struct, frozen=True):
    code: str
    extent: str | None
    items: tuple[int, ...]
    deadline: datetime | None


class JudgementFile(Struct, frozen=True, kw_only=True):
    """A judgement for an officer: confidential. `view` is None when what it was judged with cannot be read any more,
    and `trouble` says why. `told` is what the participant reads."""

    number: str
    moment: str
    judged_at: datetime
    outcome: str
    degraded: bool
    view: OfficerView | None
    trouble: str
    orders: tuple[Ordered, ...]
    told: Mapping[str, Any]


def read_file(connection: Connection, number: str, language: str) -> JudgementFile | None:
    """Return a judgement for an officer, in his language; None when there is none of this number."""
    kept = judgement_store.find(connection, number)
    return None if kept is None else file_of(connection, kept, language)


def file_of(connection: Connection, kept: Judgement, language: str) -> JudgementFile:
    decision = decision_of(kept)
    view, trouble = _view(connection, kept, language)
    return JudgementFile(
        number=kept.number,
        moment=kept.moment,
        judged_at=kept.judged_at,
        outcome=kept.outcome,
        degraded=kept.degraded,
        view=view,
        trouble=trouble,
        orders=tuple(
            Ordered(each.code.value, each.extent.value if each.extent else None, each.items, each.deadline)
            for each in decision.measures
        ),
        told=decision.as_json(language),
    )


def for_participant(kept: Judgement, language: str) -> dict[str, object]:
    """Return what the participant may read: lane, orders, reasons in safe words; never a profile, weight or score."""
    told = decision_of(kept).as_json(language)
    return {"number": kept.number, "moment": kept.moment, **told}


def decision_of(kept: Judgement) -> Decision:
    return canonical.loads(unpack(kept.decision), Decision)


def _view(connection: Connection, kept: Judgement, language: str) -> tuple[OfficerView | None, str]:
    try:
        assessment = canonical.loads(unpack(kept.assessment), Assessment)
        return for_officer(assessment, knowledge_store.read(connection, kept.knowledge_version), language), ""
    except RiskGatewayError as error:
        return None, error.text(language)
    except (NoResultFound, msgspec.MsgspecError, zstandard.ZstdError):
        return None, ""
