"""What the pages of the desk ask: cases with all that belongs to them, each opening journalled."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from declarations import store
from declarations.lifecycle import OPEN
from portal.casework.model import Case, HistoryEvent
from portal.casework.work import CaseWork
from portal.clock import Clock
from portal.comparing import Compare, VersionView, versions_of
from portal.database import reading
from portal.desk import corrections
from portal.desk.casefile import CaseFiles
from portal.desk.clock import clock_of
from portal.desk.corrections import Correction
from portal.desk.views import CaseClock, CaseFile
from portal.office import Office
from portal.views import Declarations, ReadPart, Signatures, SignaturesPage, SignedIn
from risk_gateway.packing import unpack

REMEMBERED: Final = timedelta(minutes=30)
REMEMBERED_MOST: Final = 10_000


class OpenCase(Struct, frozen=True):
    """A case as it is opened. `signatures` is None where they cannot be examined."""

    case: Case
    file: CaseFile
    clock: CaseClock
    history: tuple[HistoryEvent, ...]
    signatures: SignaturesPage | None


class Desk:
    """`casework` is what moves cases; whoever calls it here has been asked whose post it is by it.

    `compare` tells what one version of a declaration says differently from another.
    """

    def __init__(
        self,
        office: Office,
        casework: CaseWork,
        declarations: Declarations,
        signatures: Signatures,
        compare: Compare,
    ) -> None:
        self.casework = casework
        self.clock: Clock = office.clock
        self.office = office
        self._files = CaseFiles(office, declarations)
        self._signatures = signatures
        self._compare = compare
        self._opened: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def open(self, person: SignedIn, number: str, language: str) -> OpenCase | None:
        """Return a case of the person's post and journal that it was opened. Raises `CaseNotFound`."""
        case = self.casework.case(person, number)
        file = self._files.read(case.stored, language)
        if file is None:
            return None
        self.journal(person, number, ReadPart.CASE)
        return OpenCase(
            case, file, self.clock_of(case), self.casework.history(person, number), self._signatures.examine(number)
        )

    def glance(self, person: SignedIn, number: str) -> tuple[Case, CaseClock, tuple[HistoryEvent, ...]]:
        """Return what changes in a case while its page is open. Journalled unless the page was opened before.

        Raises `CaseNotFound`.
        """
        case = self.casework.case(person, number)
        if not self._has_opened(person, number):
            self.journal(person, number, ReadPart.CASE)
        return case, self.clock_of(case), self.casework.history(person, number)

    def goods(self, person: SignedIn, number: str, language: str) -> CaseFile | None:
        """Return the file for another page of its goods, journalled like `glance`. Raises `CaseNotFound`."""
        case = self.casework.case(person, number)
        if not self._has_opened(person, number):
            self.journal(person, number, ReadPart.CASE)
        return self._files.read(case.stored, language)

    def correction(self, person: SignedIn, number: str, language: str) -> Correction | None:
        """Return the correction of a case that waits for a decision, and journal its reading. Raises `CaseNotFound`."""
        case = self.casework.case(person, number)
        with reading(self.office.engine) as connection:
            found = corrections.waiting(connection, case.stored, self._compare, language)
        if found is not None:
            self.journal(person, number, ReadPart.FILE)
        return found

    def versions(self, person: SignedIn, number: str, language: str) -> tuple[VersionView, ...]:
        """Return every version of a case with what it changed, newest first; journalled. Raises `CaseNotFound`."""
        self.casework.case(person, number)
        self.journal(person, number, ReadPart.DECLARATION)
        with reading(self.office.engine) as connection:
            return versions_of(connection, number, self._compare, language)

    def version(self, person: SignedIn, number: str, version: int) -> bytes | None:
        """Return a version as it was signed, and journal its reading; None for one that there is not.

        Raises `CaseNotFound`.
        """
        self.casework.case(person, number)
        with reading(self.office.engine) as connection:
            kept = store.find_versions(connection, number)
            found = next((each for each in kept if each.key.version == version), None)
            content = None if found is None else unpack(store.read_document(connection, found.key))
        if content is not None:
            self.journal(person, number, ReadPart.DECLARATION)
        return content

    def journal(self, person: SignedIn, number: str, part: ReadPart) -> None:
        """Write into the journal that the person reads this."""
        self._signatures.record_reading(person, number, part)
        if part is ReadPart.CASE:
            self._opened[person.iin, number] = self.clock.now()
            self._opened.move_to_end((person.iin, number))
            if len(self._opened) > REMEMBERED_MOST:
                self._opened.popitem(last=False)

    def clock_of(self, case: Case) -> CaseClock:
        return clock_of(case.limit, case.status in OPEN, self.clock.now())

    def _has_opened(self, person: SignedIn, number: str) -> bool:
        """Tell whether this process has lately journalled that the person opened the case."""
        at = self._opened.get((person.iin, number))
        return at is not None and self.clock.now() - at <= REMEMBERED
