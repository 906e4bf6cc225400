"""Codes of articles, legal bases and purposes, and how people read them. A partner's own words stay as they are."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from risk_gateway.words import Words

_FILE = Path(__file__).parent / "law.toml"


@cache
def law() -> Mapping[str, Words]:
    """Return the words of every code of an article, a legal basis or a purpose."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({code: Words(**each) for table in raw.values() for code, each in table.items()})


def law_in_words(code: str) -> Words:
    """Return what a code stands for; for what is no code of ours, that itself in every language."""
    return law().get(code) or Words(code, code, code)
