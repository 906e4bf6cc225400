"""Knowledge when a part of it cannot be had: what is sound judges, and what is missing is told in `problem`.

Every assessment with such knowledge is degraded: a documentary check at least. It is kept and replayed like any other.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
import zstandard

from risk_gateway.errors import OutOfKnowledge, ProfileRefused, RiskGatewayError
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.knowledge import (
    build,
    last_known_parameters,
    shipped_parameters,
    shipped_phrases,
    shipped_reference_values,
)
from risk_gateway.model import Case, Knowledge
from risk_gateway.parameters import ReferenceValues, with_capacity
from risk_gateway.profiles import Profile

T = TypeVar("T")
DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RiskGatewayError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
    zstandard.ZstdError,
)  # what reading stored knowledge raises when somebody altered it


class Judging(NamedTuple):
    """The profiles of a day, and why approved ones are not among them."""

    profiles: tuple[Profile, ...] = ()
    refused: tuple[ProfileRefused, ...] = ()


def assemble(
    *,
    day: date,
    day_key: bytes,
    key_day: date | None,
    judging: Callable[[], Judging],
    reference_values: Callable[[], ReferenceValues | None],
    model: Callable[[], FraudModel | None],
    capacity: Callable[[], Mapping[str, int]] = dict,
) -> Knowledge:
    """Return the knowledge of a day from what these functions read. Never raises for a part that cannot be had.

    Instead of it count no profiles, the shipped reference values, no model, and the parameters that were in force last.
    """
    problems: list[str] = []

    def had(reading: Callable[[], T], instead: T) -> T:
        try:
            return reading()
        except DAMAGE as error:
            problems.append(_told(error))
            return instead

    building = partial(
        build,
        day=day,
        parameters=with_capacity(had(lambda: shipped_parameters(day), last_known_parameters(day)), had(capacity, {})),
        reference_values=had(reference_values, None) or shipped_reference_values(),
        phrases=shipped_phrases(),
        day_key=day_key,
        key_day=key_day,
        model=had(model, None),
    )
    sound, refused = had(judging, Judging())
    problems.extend(_told(each) for each in refused)
    try:
        return building(profiles=sound, problem="; ".join(problems) or None)
    except ProfileRefused as error:
        return building(profiles=(), problem="; ".join((*problems, _told(error))))


def without(known: Knowledge, problem: Exception) -> Knowledge:
    """Return this knowledge without its model, or when it has none without its profiles: then only chance selects.

    For when judging itself broke down. The reference values stay, since the case was gathered with them.
    """
    had_model = known.model is not None
    return build(
        day=known.day,
        profiles=known.profiles if had_model else (),
        parameters=known.parameters if had_model else last_known_parameters(known.day),
        reference_values=known.reference_values,
        phrases=shipped_phrases(),
        day_key=known.day_key,
        key_day=known.key_day,
        problem=_told(problem),
    )


def demand_some(knowledge: Knowledge) -> None:
    """Raise OutOfKnowledge when there is no profile because none could be had: no block is asked then."""
    if not knowledge.profiles and knowledge.problem is not None:
        raise OutOfKnowledge("knowledge-incomplete", problem=knowledge.problem)


def demand_whole(case: Case, knowledge: Knowledge) -> None:
    """Raise OutOfKnowledge when some facts of the case, or some of the knowledge, could not be had."""
    if knowledge.problem is not None:
        raise OutOfKnowledge("knowledge-incomplete", problem=knowledge.problem)
    if case.problem is not None:
        raise OutOfKnowledge("facts-incomplete", problem=case.problem)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, RiskGatewayError) else f"{type(error).__name__}: {error}"
