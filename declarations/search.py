"""What somebody looks for in a list of declarations."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from declarations.lifecycle import LET_GO, ON_GOODS, Status

TEXT_MAX: Final = 60


class Group(StrEnum):
    """How a declaration stands, as its declarant sees it."""

    WAITING = "waiting"  # for the declarant
    CONTROL = "control"
    RELEASED = "released"
    ENDED = "ended"


GROUPS: Final[Mapping[Group, tuple[Status, ...]]] = MappingProxyType(
    {
        Group.WAITING: (Status.DOCUMENTS_REQUESTED, Status.QUERY, Status.PAYMENT_DUE),
        Group.CONTROL: (
            Status.SUBMITTED,
            Status.EXPERTISE,
            *ON_GOODS,
            Status.DETAINED,
            Status.AMENDMENT_REQUESTED,
        ),
        Group.RELEASED: (*LET_GO, Status.CLEARED, Status.EXITED, Status.NO_PROOF_OF_EXIT),
        Group.ENDED: (Status.RELEASE_REFUSED, Status.WITHDRAWN, Status.INVALIDATED, Status.RELEASE_CANCELLED),
    }
)


class Search(Struct, frozen=True):
    """`text` is part of a registration number or of the trader's reference; both days are of receipt, and included."""

    text: str = ""
    since: date | None = None
    until: date | None = None
    group: Group | None = None


ALL: Final = Search()
