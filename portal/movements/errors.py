"""Why something cannot be done with a movement."""

import tomllib
from functools import cache
from pathlib import Path

from portal.casework.errors import MOVED_MEANWHILE, CaseRefused
from portal.errors import NotFound

__all__ = ["MOVED_MEANWHILE", "MovementNotFound", "MovementRefused"]


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of every refusal by code and language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class MovementRefused(CaseRefused):
    """Not possible, not allowed, or incomplete. `field` names the input that is to blame, where one is."""

    def text(self, language: str) -> str:
        return words()[self.code][language].format_map(self.params)


class MovementNotFound(NotFound):
    """There is no such movement, or it is not this person's: the two look the same."""

    def __init__(self) -> None:
        super().__init__("movement.not_found")
