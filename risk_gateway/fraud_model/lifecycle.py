"""The life of a fraud model: candidate -> challenger -> champion -> retired.

The champion judges; the challenger is only compared with it, offline. Each step up is taken by another analyst than the
one who trained the model.
"""

from enum import StrEnum

from risk_gateway.desk import Analyst
from risk_gateway.errors import MoveRefused
from risk_gateway.profiles import Block


class Status(StrEnum):
    CANDIDATE = "candidate"
    CHALLENGER = "challenger"
    CHAMPION = "champion"
    RETIRED = "retired"


NEXT = {Status.CANDIDATE: Status.CHALLENGER, Status.CHALLENGER: Status.CHAMPION}


def demand_republican(analyst: Analyst) -> None:
    """Raises MoveRefused for an analyst who is bound to some posts."""
    if analyst.posts:
        raise MoveRefused("model-regional")


def promoted(version: str, block: str, status: Status, trained_by: str, analyst: Analyst) -> Status:
    """Return the status one step up. Raises MoveRefused."""
    demand_republican(analyst)
    if status is Status.CHAMPION:
        raise MoveRefused("model-champion", version=version)
    if status not in NEXT:
        raise MoveRefused("model-move", version=version, status=status)
    if analyst.iin == trained_by:
        raise MoveRefused("model-same-person")
    if NEXT[status] is Status.CHAMPION and block != Block.IMPORTS:
        raise MoveRefused("model-block", block=block)
    return NEXT[status]


def demand_standing(version: str, status: Status, analyst: Analyst) -> None:
    """Say whether a model may be retired. Raises MoveRefused."""
    demand_republican(analyst)
    if status is Status.RETIRED:
        raise MoveRefused("model-move", version=version, status=status)
