"""Why something cannot be done in matters of payment."""

import tomllib
from functools import cache
from pathlib import Path

from portal.errors import NotFound, PortalError


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of every refusal by code and language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class LedgerRefused(PortalError):
    """Not possible, not allowed, or incomplete. `field` names the input that is to blame, where one is."""

    def __init__(self, code: str, field: str | None = None, **params: str) -> None:
        super().__init__(code, **params)
        self.field = field

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in kk, ru or en."""
        return words()[self.code][language].format_map(self.params)


class LedgerNotFound(NotFound):
    """There is no such document, refund or payment, or it is not this person's: the two look the same."""

    def __init__(self) -> None:
        super().__init__("ledger.not_found")
