"""By when: the dated numbers of terms.toml, and the moments that follow from them."""

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from risk_gateway.days import day_of
from risk_gateway.deadlines import deadline
from risk_gateway.knowledge import shipped_parameters
from risk_gateway.parameters import DeadlineRule
from risk_gateway.words import LANGUAGES, Words


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[terms]]` table."""

    valid_from: date
    source: str
    debt_working_days: int
    elimination_working_days: int
    appeal_working_days: int
    years_most: int
    legal_basis: str


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "terms.toml").read_text(encoding="utf-8"))


def terms_on(day: date) -> Terms:
    """Return what is in force on a day. Raises `LookupError` when nothing is."""
    in_force = [each for each in _file()["terms"] if each["valid_from"] <= day]
    if not in_force:
        raise LookupError(f"no terms of audits on {day}")
    return msgspec.convert(max(in_force, key=lambda each: each["valid_from"]), Terms)


def after(working_days: int, at: datetime) -> datetime:
    """Return the end of so many working days from a moment on."""
    rule = DeadlineRule(working_days=working_days)
    return deadline(rule, at, shipped_parameters(day_of(at)).working_time).astimezone(UTC)


def how_to_appeal(at: datetime) -> Words:
    days = terms_on(day_of(at)).appeal_working_days
    template = Words(**_file()["appeal"])
    return Words(*(template.into(language).format(days=days) for language in LANGUAGES))
