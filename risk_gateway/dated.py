"""Numbers that hold for a time: a TOML file of periods, each with its first and last day and its source."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from risk_gateway.errors import ParametersRefused

FOLDER = Path(__file__).parent / "bases" / "parameters"


class Dated(Protocol):
    """One period of a file; `valid_to` is its last day."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date: ...


Period = TypeVar("Period", bound=Dated)


def in_force(kind: type[Period], name: str, day: date) -> Period:
    """Return the period of `bases/parameters/NAME.toml` in force on `day`. Raises ParametersRefused without one."""
    for period in periods(kind, name):
        if period.valid_from <= day <= period.valid_to:
            return period
    raise ParametersRefused("parameters-missing", day=day.isoformat())


def periods(kind: type[Period], name: str) -> tuple[Period, ...]:
    """Return every period of a file."""
    found: tuple[Period, ...] = _read(kind, name)
    return found


@cache
def _read(kind: type[Any], name: str) -> tuple[Any, ...]:
    raw = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), parse_float=str)
    return tuple(msgspec.convert(period, kind) for period in raw[name])
