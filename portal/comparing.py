"""What the versions of a declaration say differently from one another, for those who may read them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store
from declarations.store import Stored
from declarations.writing import Content, content_of
from risk_gateway.packing import unpack
from signing import xmlgate


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


class VersionView(Struct, frozen=True):
    """One version, and what it changed in the one before; nothing of the first."""

    stored: Stored
    changes: Sequence[Change]


def versions_of(connection: Connection, number: str, compare: Compare, language: str) -> tuple[VersionView, ...]:
    """Return every version of a declaration with what it changed, newest first."""
    kept = store.find_versions(connection, number)
    contents = [content(unpack(store.read_document(connection, each.key))) for each in kept]
    views = [VersionView(kept[0], ())] if kept else []
    for stored, old, new in zip(kept[1:], contents, contents[1:], strict=False):
        views.append(VersionView(stored, compare(old, new, language)))
    return tuple(reversed(views))


def content(document: bytes) -> Content:
    """Return what a stored declaration says."""
    return content_of(xmlgate.open_document(document).root)
