"""Why something cannot be done with a case now."""

import tomllib
from functools import cache
from pathlib import Path

from portal.errors import NotFound, PortalError
from risk_gateway.errors import ControlRefused

MOVED_MEANWHILE = "case.moved_meanwhile"  # of two at once the second is told this


@cache
def words() -> dict[str, dict[str, str]]:
    """Return the words of every refusal by code and language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class CaseRefused(PortalError):
    """Not possible, not allowed, or incomplete. `field` names the input that is to blame, where one is."""

    def __init__(self, code: str, field: str | None = None, **params: str) -> None:
        super().__init__(code, **params)
        self.field = field

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in kk, ru or en."""
        return words()[self.code][language].format_map(self.params)


class RefusedByControl(CaseRefused):
    """What an act or a milder lane says does not fit what the gateway decided."""

    def __init__(self, error: ControlRefused) -> None:
        super().__init__(error.code, **error.params)
        self._error = error

    def text(self, language: str) -> str:
        return self._error.text(language)


class CaseNotFound(NotFound):
    """There is no such case, or it is not this person's: the two look the same."""

    def __init__(self, number: str) -> None:
        super().__init__("declaration.not_found", number=number)
