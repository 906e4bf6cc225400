"""What commands say in the reader's language: the texts of labels.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from risk_gateway.words import Words


@cache
def labels() -> Mapping[str, Words]:
    raw = tomllib.loads((Path(__file__).parent / "labels.toml").read_text(encoding="utf-8"))
    return {code: Words(**texts) for code, texts in raw.items()}


def said(code: str, language: str, **params: object) -> str:
    """Return a text of labels.toml with its places filled in."""
    return labels()[code].into(language).format_map(params)


def known(code: str, language: str) -> str:
    """Return the word for a code, or the code itself where there is none."""
    return labels()[code].into(language) if code in labels() else code
