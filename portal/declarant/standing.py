"""How a declaration of one's own stands now: what customs asks, what happened, and what its declarant may do."""

from datetime import datetime
from functools import partial
from typing import Any, Final

from msgspec import Struct

from declarations import amendment_store
from declarations.amendment_store import Amendment
from declarations.lifecycle import Action, Status
from portal.addresses import Address
from portal.casework import reasons
from portal.casework.errors import CaseNotFound
from portal.casework.model import CaseRequest, HistoryEvent
from portal.casework.work import CaseWork
from portal.comparing import VersionView, versions_of
from portal.database import reading
from portal.declarant import words
from portal.declarant.changes import changes
from portal.entry import Answer
from portal.office import Office
from portal.pipeline import lodge_while_serving
from portal.stages import Lodged
from portal.views import SignedIn

OWN_ACTIONS: Final = (Action.SUBMIT, Action.REQUEST_AMENDMENT, Action.WITHDRAW, Action.APPEAL)


class Standing(Struct, frozen=True):
    """`requests` are those that wait for an answer, `actions` what the declarant may do now; `waiting` is a correction
    that customs has not decided on."""

    number: str
    version: int
    status: Status
    limit: datetime | None
    overdue: bool
    requests: tuple[CaseRequest, ...]
    history: tuple[HistoryEvent, ...]
    actions: tuple[Action, ...]
    waiting: Amendment | None


class OwnCases:
    """What the pages of a declaration need beside its document: whose it is, case work asks."""

    def __init__(self, office: Office, casework: CaseWork) -> None:
        self.office = office
        self.casework = casework

    def standing(self, person: SignedIn, number: str) -> Standing | None:
        """Return how it stands; None when this person has no such declaration."""
        try:
            case = self.casework.case(person, number)
            history = self.casework.history(person, number)
        except CaseNotFound:
            return None
        with reading(self.office.engine) as connection:
            waiting = amendment_store.find_waiting(connection, case.stored.registration_number)
        possible = {move.action for move in case.moves}
        return Standing(
            number=case.stored.registration_number,
            version=case.stored.key.version,
            status=case.status,
            limit=case.limit,
            overdue=case.overdue,
            requests=tuple(each for each in case.requests if each.answered_by is None),
            history=history,
            actions=tuple(action for action in OWN_ACTIONS if action in possible),
            waiting=waiting,
        )

    def versions(self, person: SignedIn, number: str, language: str) -> tuple[VersionView, ...] | None:
        """Return every version with what it changed, newest first; None when this person has no such declaration."""
        if self.standing(person, number) is None:
            return None
        with reading(self.office.engine) as connection:
            return versions_of(connection, number, changes, language)

    async def correct(self, person: SignedIn, version: int, data: bytes) -> Answer:
        """Lodge a signed correction of the version that its sender has seen. Raises what lodging raises."""
        lodged = Lodged(data, self.office.clock.now(), person.organisation, amends=version)
        return await lodge_while_serving(lodged, self.office)


def about(standing: Standing, address: Address, language: str) -> dict[str, Any]:
    """Return what declarant/_now.html shows."""
    return {
        "standing": standing,
        "address": address.parts(),
        "own_words": words,
        "reason_of": partial(_reason_of, language),
    }


def _reason_of(language: str, event: HistoryEvent) -> str:
    """Return the reason that an officer gave, in words; "" where none is shown."""
    return reasons.words(Action(event.action), event.reason).into(language) if event.reason else ""
