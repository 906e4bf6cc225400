"""The closed list of kinds of violations, with their words and the article that usually covers them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from risk_gateway.words import Words

FOUND_BY_CONTROL = "found_by_control"  # the kind of a violation whose motive nobody stated
_FILE = Path(__file__).parent / "kinds.toml"


class Kind(Struct, frozen=True):
    code: str
    words: Words
    article: str


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its code, in the order of the list."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            code: Kind(code, Words(each["kk"], each["ru"], each["en"]), each["article"])
            for code, each in raw["kinds"].items()
        }
    )


def words_of(code: str) -> Words:
    """Return the words of a kind; of one that is not in the list, those of what a control found."""
    found = kinds().get(code) or kinds()[FOUND_BY_CONTROL]
    return found.words
