"""What shipped profiles tell officers to do, in their languages: words beside the profiles, which stay as signed."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from risk_gateway.words import Words

_FILE = Path(__file__).parent / "bases" / "instructions.toml"


@cache
def shipped_instructions() -> Mapping[str, Words]:
    """Return the words of each instruction by its English text, with which profiles are shipped."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({text: Words(en=text, **translated) for text, translated in raw.items()})


def instruction_in(language: str, instruction: str) -> str:
    """Return an instruction in this language; one of an analyst's own, as it was written."""
    words = shipped_instructions().get(instruction)
    return words.into(language) if words else instruction
