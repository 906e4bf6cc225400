"""Texts in the three languages of the portal."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

LANGUAGES = ("kk", "ru", "en")


class Words(Struct, frozen=True):
    """One text in Kazakh, Russian and English."""

    kk: str
    ru: str
    en: str

    def into(self, language: str) -> str:
        """Return the text in `language`. Raises KeyError for a language that the portal does not speak."""
        return {"kk": self.kk, "ru": self.ru, "en": self.en}[language]


@cache
def _messages() -> Mapping[str, Words]:
    raw = tomllib.loads((Path(__file__).parent / "messages.toml").read_text(encoding="utf-8"))
    return {code: Words(**texts) for code, texts in raw.items()}


def message(code: str, params: Mapping[str, str]) -> Words:
    """Return the message `code` of messages.toml with its placeholders filled in."""
    template = _messages()[code]
    return Words(*(template.into(language).format_map(params) for language in LANGUAGES))
