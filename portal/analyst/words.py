"""The words for codes on the analyst's desk, from words.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from risk_gateway.words import Words


@cache
def section(name: str) -> Mapping[str, Words]:
    """Return the words of one kind of code."""
    raw = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    return {code: Words(**texts) for code, texts in raw[name].items()}


def word(name: str, code: object, language: str) -> str:
    """Return the word for a code; a code without one is shown as it is."""
    found = section(name).get(str(code))
    return found.into(language) if found else str(code)
