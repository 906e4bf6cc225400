"""What a case is judged with: the profiles, numbers and words in force on a day, under one SHA-256."""

import threading
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import holidays
import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from risk_gateway import dated
from risk_gateway.engine import Engine
from risk_gateway.errors import KnowledgeTampered, OutOfKnowledge, ParametersRefused, ProfileRefused, RiskGatewayError
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.manifest import manifest_of, version_of
from risk_gateway.model import Knowledge
from risk_gateway.parameters import (
    DeadlineRule,
    MassPerUnit,
    Parameters,
    ReferenceValues,
    UnitValue,
    UsualRoute,
    WorkingTime,
)
from risk_gateway.profiles import Block, MeasureCode, Profile, SelectionRates
from risk_gateway.shape_errors import shape_error
from risk_gateway.validation import profile_problems
from risk_gateway.words import Words

BASES = Path(__file__).parent / "bases"
DAY_KEY_BYTES_MIN = 32
READY_MAX = 8  # knowledge kept ready in memory: today's, yesterday's, and some that is replayed

ActiveProfiles: TypeAlias = tuple[
    str, tuple[str, ...]
]  # the digest of a list of profiles, and those of it out of force


# --- ready to judge -------------------------------------------------------------------------------------------------


class Ready:
    """Knowledge whose hash was verified, and the engine of each block, shared by all with the same active profiles."""

    def __init__(self, knowledge: Knowledge, active: ActiveProfiles, engines: dict[Block, Engine]) -> None:
        self.knowledge = knowledge
        self.active = active
        self.engines = engines
        self._profiles = {profile.code: profile for profile in knowledge.profiles}

    def engine(self, block: Block) -> Engine:
        """Return what judges with the active profiles of a block. Raises OutOfKnowledge when there is none."""
        day = self.knowledge.day
        found = self.engines.get(block)
        if found is None:
            own = (profile for profile in self._profiles.values() if profile.block is block)
            found = self.engines[block] = Engine(profile for profile in own if profile.active_on(day))
        if not found:
            raise OutOfKnowledge("no-profile", block=block.value, day=day.isoformat())
        return found

    def profile(self, code: str) -> Profile:
        return self._profiles[code]


_ready: dict[str, Ready] = {}
_making_ready = threading.Lock()


def ready(knowledge: Knowledge) -> Ready:
    """Return what judges with the knowledge; an object is verified when it comes after another.

    Raises KnowledgeTampered for a wrong hash.
    """
    known = _ready.get(knowledge.version)
    if known is not None and known.knowledge is knowledge:
        return known
    manifest = manifest_of(knowledge)
    if manifest.version != knowledge.version:
        raise KnowledgeTampered("knowledge-tampered", version=knowledge.version)
    with _making_ready:
        known = _ready.get(knowledge.version)
        if known is None:
            known = _ready[knowledge.version] = _make_ready(knowledge, manifest.profiles)
        known.knowledge = knowledge  # another object, verified to say the same: the next question comes with it
        while len(_ready) > READY_MAX:
            del _ready[next(iter(_ready))]
        return known


def _make_ready(knowledge: Knowledge, profiles: str) -> Ready:
    """Only the day key changes every day: with the same profiles the engines stay."""
    expired = tuple(profile.code for profile in knowledge.profiles if not profile.active_on(knowledge.day))
    shared = (other.engines for other in _ready.values() if other.active == (profiles, expired))
    return Ready(knowledge, (profiles, expired), next(shared, {}))


def prepare(knowledge: Knowledge) -> Knowledge:
    """Compile beforehand, so that no lodgement's time is spent on it."""
    for block in Block:
        with suppress(RiskGatewayError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            ready(knowledge).engine(block)  # judging meets the same error, and answers it
    return knowledge


def build(
    *,
    day: date,
    profiles: Sequence[Profile],
    parameters: Parameters,
    reference_values: ReferenceValues,
    phrases: Mapping[str, Words],
    day_key: bytes,
    key_day: date | None = None,
    model: FraudModel | None = None,
    problem: str | None = None,
) -> Knowledge:
    """Return checked knowledge under its version. Raises ProfileRefused or ParametersRefused."""
    for refused in profile_problems(profiles, day):
        raise refused
    _check_parameters(parameters, day_key)
    draft = Knowledge(
        day=day,
        profiles=tuple(sorted(profiles, key=lambda profile: (profile.code, profile.version))),
        parameters=parameters,
        reference_values=reference_values,
        phrases=phrases,
        day_key=day_key,
        key_day=key_day,
        model=model,
        problem=problem,
    )
    force_setattr(draft, "version", version_of(draft))  # the same object, of which the manifest is remembered
    return draft


# --- rules ----------------------------------------------------------------------------------------------------------


def _check_parameters(parameters: Parameters, day_key: bytes) -> None:
    if not 0 < parameters.documentary_from <= parameters.inspection_from:
        raise ParametersRefused("parameters-bands")
    for factor in (parameters.factor_low, parameters.factor_medium, parameters.factor_high):
        if not factor >= 0:
            raise ParametersRefused("parameters-factor", factor=str(factor))
    for rate in (parameters.random_rates.low, parameters.random_rates.medium, parameters.random_rates.high):
        if not 0 < rate <= 1:
            raise ParametersRefused("parameters-random-rate", rate=str(rate))
    if not 0 <= parameters.model_weight <= 100:
        raise ParametersRefused("parameters-model-weight", weight=str(parameters.model_weight))
    if len(day_key) < DAY_KEY_BYTES_MIN:
        raise ParametersRefused("parameters-day-key")


# --- what is shipped ------------------------------------------------------------------------------------------------


def shipped(day: date, day_key: bytes) -> Knowledge:
    """Return the starter knowledge in force on `day`: our own numbers, to begin with. Raises ParametersRefused."""
    return build(
        day=day,
        profiles=[profile for profile in shipped_profiles() if profile.active_on(day)],
        parameters=shipped_parameters(day),
        reference_values=shipped_reference_values(),
        phrases=shipped_phrases(),
        day_key=day_key,
    )


def parse_profiles(text: str, place: str) -> tuple[Profile, ...]:
    """Read the `[[profile]]` tables of a TOML text; rules are checked by `build`. Raises ProfileRefused."""
    try:
        return msgspec.convert(_toml(text)["profile"], tuple[Profile, ...])
    except (tomllib.TOMLDecodeError, KeyError, msgspec.ValidationError) as error:
        raise ProfileRefused("profile-shape", place, problem=shape_error(error)) from error


@cache
def shipped_profiles() -> tuple[Profile, ...]:
    """Return every starter profile, in force or not."""
    files = sorted((BASES / "profiles").glob("*.toml"))
    return tuple(profile for file in files for profile in parse_profiles(file.read_text(encoding="utf-8"), file.name))


class _Period(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[parameters]]` table of parameters.toml."""

    valid_from: date
    valid_to: date
    source: str
    documentary_from: int
    inspection_from: int
    factors: SelectionRates
    breadth_per_family: int
    breadth_max: int
    extent_by_score: MeasureCode
    random_rates: SelectionRates
    random_version: int
    deadlines: dict[str, DeadlineRule]
    opens: time
    closes: time
    utc_offset_hours: int
    model_weight: int
    capacity: dict[str, int]


def shipped_parameters(day: date) -> Parameters:
    """Return the numbers in force on `day`, with the public holidays around it. Raises ParametersRefused."""
    return _parameters(dated.in_force(_Period, "parameters", day), day)


def last_known_parameters(day: date) -> Parameters:
    """Return the numbers in force on `day`, or else those that were in force last before it, or else the first."""
    periods = sorted(dated.periods(_Period, "parameters"), key=lambda period: period.valid_from)
    begun = [period for period in periods if period.valid_from <= day]
    return _parameters((begun or periods[:1])[-1], day)


def _parameters(period: _Period, day: date) -> Parameters:
    return Parameters(
        documentary_from=Decimal(period.documentary_from),
        inspection_from=Decimal(period.inspection_from),
        factor_low=period.factors.low,
        factor_medium=period.factors.medium,
        factor_high=period.factors.high,
        breadth_per_family=Decimal(period.breadth_per_family),
        breadth_max=Decimal(period.breadth_max),
        extent_by_score=period.extent_by_score,
        random_rates=period.random_rates,
        random_version=period.random_version,
        deadlines=period.deadlines,
        working_time=WorkingTime(
            opens=period.opens,
            closes=period.closes,
            utc_offset_hours=period.utc_offset_hours,
            holidays=_public_holidays(day.year),
        ),
        source=period.source,
        model_weight=period.model_weight,
        capacity=period.capacity,
    )


@cache
def _public_holidays(year: int) -> frozenset[date]:
    """Return Kazakhstan's public holidays of a year and the next: no deadline reaches further."""
    return frozenset(holidays.country_holidays("KZ", years=(year, year + 1)))


@cache
def shipped_reference_values() -> ReferenceValues:
    folder = BASES / "reference_values"
    unit_values = _toml((folder / "unit_values.toml").read_text(encoding="utf-8"))
    routes = _toml((folder / "routes.toml").read_text(encoding="utf-8"))
    masses = _toml((folder / "mass_per_unit.toml").read_text(encoding="utf-8"))
    return ReferenceValues(
        msgspec.convert(unit_values["unit_value"], tuple[UnitValue, ...]),
        msgspec.convert(routes["route"], tuple[UsualRoute, ...]),
        msgspec.convert(masses["mass_per_unit"], tuple[MassPerUnit, ...]),
    )


@cache
def shipped_phrases() -> Mapping[str, Words]:
    """Return the words of explanations by key."""
    raw = tomllib.loads((BASES / "phrases.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, dict[str, Words])


def _toml(text: str) -> dict[str, Any]:
    return tomllib.loads(text, parse_float=str)
