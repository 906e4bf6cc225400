"""Why something cannot be done with a violation, an identity or an objection now."""

import tomllib
from functools import cache
from pathlib import Path

from interop.errors import MessageRefused
from portal.errors import NotFound, PortalError
from risk_gateway.bases.violations.conflict_store import Conflict


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of every refusal by code and language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class ViolationRefused(PortalError):
    """Not possible, not allowed, or incomplete. `field` names the input that is to blame, where one is."""

    def __init__(self, code: str, field: str = "", **params: str) -> None:
        super().__init__(code, **params)
        self.field = field

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in kk, ru or en."""
        return words()[self.code][language].format_map(self.params)


class Contradicted(MessageRefused):
    """A partner tells a version otherwise than it has told it before: an officer shall see that."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__("violation.contradicts")
        self.conflict = conflict


class ViolationNotFound(NotFound):
    """There is none, it may no longer be held, or it is not this person's: they look the same."""

    def __init__(self) -> None:
        super().__init__("request.not_found")
