"""The closed lists of coded reasons, with their words in three languages."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from risk_gateway.words import LANGUAGES, Words

REFUSE, ADMIT, WAIVE, OTHER = "REFUSE", "ADMIT", "WAIVE", "other"
BY_PORTAL = frozenset({"violation_annulled", "appeal_upheld", "taken_over"})  # no officer chooses these


@cache
def _lists() -> Mapping[str, Mapping[str, Words]]:
    raw = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text(encoding="utf-8"))
    return {name: {code: Words(**words) for code, words in codes.items()} for name, codes in raw.items()}


def offered(name: str) -> tuple[str, ...]:
    """Return the codes that an officer may choose for a decision or step, in the order in which they are offered."""
    return tuple(code for code in _lists()[name] if code not in BY_PORTAL)


def words_of(name: str, code: str) -> Words:
    """Return what a code means. Raises `KeyError` for one that is not in its list."""
    return _lists()[name][code]


def how_to_appeal(days: int) -> Words:
    template = _lists()["HOW"]["appeal"]
    return Words(*(template.into(language).format(days=days) for language in LANGUAGES))
