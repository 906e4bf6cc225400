"""What a correction that waits for an officer would change, element by element."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection

from declarations import amendment_store
from declarations import store as declarations_store
from declarations.store import Stored
from portal.comparing import Change, Compare, content
from risk_gateway.packing import unpack

SHOWN_MOST = 60


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
    before = content(unpack(declarations_store.read_document(connection, stored.key)))
    changes = compare(before, content(document), language)
    return Correction(document, changes[:SHOWN_MOST], max(len(changes) - SHOWN_MOST, 0))
