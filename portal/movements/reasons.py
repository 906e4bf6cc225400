"""Coded reasons of moves of movements, with their words."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from declarations.movements.lifecycle import Action
from risk_gateway.words import Words


@cache
def _all() -> Mapping[str, Mapping[str, Words]]:
    raw = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text(encoding="utf-8"))
    return {action: {code: Words(**each) for code, each in codes.items()} for action, codes in raw.items()}


def of(action: Action) -> Mapping[str, Words]:
    """Return the reasons of an action by code."""
    return _all().get(action.value, {})


def words(action: Action, code: str) -> Words | None:
    return of(action).get(code)
