"""What a correction that waits for an officer would change, element by element."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct
from sqlalchemy import Connection

from declarations import amendment_store
from declarations import store as declarations_store
from declarations.store import Stored
from declarations.writing import Content, content_of
from risk_gateway.packing import unpack
from signing import xmlgate

SHOWN_MOST = 60


class Change(Protocol):
    """What stands elsewise, in words; `item` is the goods item, None for the header. "" is nothing."""

    @property
    def item(self) -> int | None: ...
    @property
    def box(self) -> str | None: ...
    @property
    def label(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...


Compare = Callable[[Content, Content, str], Sequence[Change]]  # two versions and a language


class Correction(Struct, frozen=True):
    """The signed correction, and what differs from the version that it corrects; `more` is how much is not shown."""

    document: bytes
    changes: Sequence[Change]
    more: int


def waiting(connection: Connection, stored: Stored, compare: Compare, language: str) -> Correction | None:
    """Return the correction of a declaration that waits for a decision."""
    asked = amendment_store.find_waiting(connection, stored.registration_number)
    if asked is None:
        return None
    document = unpack(asked.content)
    before = _content(unpack(declarations_store.read_document(connection, stored.key)))
    changes = compare(before, _content(document), language)
    return Correction(document, changes[:SHOWN_MOST], max(len(changes) - SHOWN_MOST, 0))


def _content(document: bytes) -> Content:
    return content_of(xmlgate.open_document(document).root)
