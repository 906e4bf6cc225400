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


def message(code: str, params: Mapping[str, str | Words]) -> Words:
    """Return the message `code` of messages.toml with its placeholders filled in, by words in the language of each."""
    template = _messages()[code]
    return Words(*(template.into(language).format_map(_spoken(params, language)) for language in LANGUAGES))


def _spoken(params: Mapping[str, str | Words], language: str) -> dict[str, str]:
    return {name: text.into(language) if isinstance(text, Words) else text for name, text in params.items()}
