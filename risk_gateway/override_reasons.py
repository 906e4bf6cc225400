"""The closed list of reasons for which two officers may make a decision milder."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from risk_gateway.words import Words

_FILE = Path(__file__).parent / "bases" / "override_reasons.toml"


@cache
def override_reasons() -> Mapping[str, Words]:
    """Return the words of each reason by its code, in the order of the list."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({code: Words(**texts) for code, texts in raw.items()})
