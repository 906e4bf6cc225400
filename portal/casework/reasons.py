"""The closed lists of coded reasons, one for each action that needs one, with their words."""

import tomllib
from functools import cache
from pathlib import Path

from declarations.lifecycle import Action
from risk_gateway.override_reasons import override_reasons
from risk_gateway.words import Words


@cache
def _lists() -> dict[str, dict[str, Words]]:
    raw = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text(encoding="utf-8"))
    lists = {action: {code: Words(**words) for code, words in codes.items()} for action, codes in raw.items()}
    return {**lists, Action.DOWNGRADE.value: dict(override_reasons())}


def of(action: Action) -> tuple[str, ...]:
    """Return the codes that may be given for an action, in the order in which they are offered; () for most actions."""
    return tuple(_lists().get(action.value, ()))


def words(action: Action, code: str) -> Words:
    """Return what a code of this action means. Raises `KeyError` for one that is not in its list."""
    return _lists()[action.value][code]
