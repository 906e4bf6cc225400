"""What is wrong with a document: defects as data, worded in Kazakh, Russian and English.

The words lie in `words/*.toml`: one table for each code, with `kk`, `ru`, `en` and {placeholders} for the defect's
parameters. A parameter named `form` is itself the name of a phrase there ("two digits, such as 40").
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

LANGUAGES: Final = ("kk", "ru", "en")
VALUE_LENGTH_MAX: Final = 60
_FOLDER: Final = Path(__file__).parent / "words"


class Defect(Struct, frozen=True):
    """One broken rule of one place in a document.

    `box` is as printed on the form ("33.1"), None where the element has none. `item` counts goods items from 1. `xpath`
    has bare element names and a position wherever the element repeats.
    """

    code: str
    box: str | None
    item: int | None
    xpath: str
    params: Mapping[str, str] = {}

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in `language` (kk, ru, en; any other is answered in English)."""
        language = language if language in LANGUAGES else "en"
        params = dict(self.params)
        if "form" in params:
            params["form"] = phrase(params["form"], language).format_map(params)
        return phrase(self.code, language).format_map(params)

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "code": self.code,
            "box": self.box,
            "item": self.item,
            "xpath": self.xpath,
            "text": self.text(language),
            "texts": {each: self.text(each) for each in LANGUAGES},
        }


def phrase(name: str, language: str) -> str:
    """Return the words called `name`; raises KeyError when no file has them."""
    return words()[name][language]


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return every phrase of `words/*.toml` by name. Raises ValueError when two files use one name."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := found.keys() & tables.keys():
            raise ValueError(f"{path.name} repeats {sorted(twice)}")
        found.update(tables)
    return MappingProxyType(found)


def shortened(value: str) -> str:
    """Return `value` on one line and no longer than 60 characters, for showing it to a person."""
    line = " ".join(value.split())
    return line if len(line) <= VALUE_LENGTH_MAX else line[: VALUE_LENGTH_MAX - 1] + "…"
