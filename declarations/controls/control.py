"""The shape of a control: a rule with code, box, source and date, and the function that finds where it is broken."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from declarations.model import Declaration
from declarations.reference.codes import Codes
from declarations.values import KAZAKHSTAN

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Context(Struct, frozen=True):
    """What a declaration is checked against: the day's codes, when it came in, and who signed it (None: not known)."""

    codes: Codes
    received_at: datetime
    signer_iin: str | None = None
    signer_bin: str | None = None

    @property
    def today(self) -> date:
        """Return the day it came in, as counted in Kazakhstan."""
        return self.received_at.astimezone(KAZAKHSTAN).date()


class Place(Struct, frozen=True):
    """Where a rule is broken. `item` counts from 1, None for the document; `box` only if not the control's own."""

    xpath: str
    item: int | None = None
    params: Mapping[str, str] = _NOTHING
    box: str | None = None


Finder = Callable[[Declaration, Context], Iterator[Place]]


class Control(Struct, frozen=True):
    """One rule. Calling it yields every place that breaks it; `rule` is the rule in English, as the user reads it."""

    code: str
    box: str | None
    source: str
    since: date
    rule: str
    find: Finder

    def __call__(self, declaration: Declaration, context: Context) -> Iterator[Place]:
        return self.find(declaration, context)


def control(code: str, *, box: str | None, source: str, since: date) -> Callable[[Finder], Control]:
    """Make a control of a function that finds broken places; the first line of its docstring is the rule."""

    def make(find: Finder) -> Control:
        return Control(code, box, source, since, (find.__doc__ or "").strip().splitlines()[0], find)

    return make
