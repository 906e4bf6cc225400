"""What can go wrong with a declaration so that a step cannot go on. A broken rule by itself is data: see `defects`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from declarations.defects import LANGUAGES, Defect, phrase

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class DeclarationsError(Exception):
    """Base of this package's errors. `code` is stable and names its words in `words/*.toml`."""

    def __init__(self, code: str, params: Mapping[str, str] = _NOTHING) -> None:
        super().__init__(code, dict(params))
        self.code = code
        self.params = dict(params)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"

    def text(self, language: str) -> str:
        """Return what happened and what to do, in `language` (kk, ru, en; any other is answered in English)."""
        return phrase(self.code, language if language in LANGUAGES else "en").format_map(dict(self.params))


class DeclarationRefused(DeclarationsError):
    """The document breaks rules: `defects`, at least one."""

    def __init__(self, defects: tuple[Defect, ...]) -> None:
        super().__init__("document.refused", {"count": str(len(defects))})
        self.defects = defects

    def __reduce__(self) -> tuple[type["DeclarationRefused"], tuple[tuple[Defect, ...]]]:
        return type(self), (self.defects,)


class NotADeclaration(DeclarationsError):
    """The tree is not a declaration that the schema accepts; it should have been validated first."""


class NotAnOriginal(DeclarationsError):
    """The document corrects, withdraws or replaces a declaration, which is not taken as a lodgement."""


class NotAuthorised(DeclarationsError):
    """The signer may not lodge this declaration."""


class MoveNotAllowed(DeclarationsError):
    """The declaration cannot go from its status to the one asked for."""


class WrongNumber(DeclarationsError):
    """The text is not a registration number."""
