"""Why something cannot be done at the border."""

import tomllib
from functools import cache
from pathlib import Path

from portal.errors import NotFound, PortalError


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of every refusal by code and language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class ExitRefused(PortalError):
    """Not possible, not allowed, or incomplete. `field` names the input that is to blame, where one is."""

    def __init__(self, code: str, field: str | None = None, **params: str) -> None:
        super().__init__(code, **params)
        self.field = field

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in kk, ru or en."""
        return words()[self.code][language].format_map(self.params)


class ExitNotFound(NotFound):
    """There is no such export that may leave, or no such vehicle at this post: they look the same."""

    def __init__(self, number: str) -> None:
        super().__init__("declaration.not_found", number=number)
