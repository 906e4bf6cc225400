"""An office with cases in every lane, the cast as people who sign in, and short ways to do what pages do."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import offices
import pki
from builders import declaration_xml, export_xml
from cast import PERSONS
from sqlalchemy import insert, select

from declarations.lifecycle import Action, StatementKind, Status
from declarations.store import declaration
from portal.access import Role
from portal.casework.model import InspectionAct, ItemResult, Moved, ProfileResult, Upload, Wanted, Writing
from portal.casework.store import case_file
from portal.casework.work import CaseWork
from portal.database import writing
from portal.office import Office
from portal.pipeline import lodge
from portal.stages import Lodged
from portal.views import SignedIn
from risk_gateway.profiles import Extent
from risk_gateway.store import decision

PREFERENCE = ("OO", "ПП", "-", "OO")
IN_TWO_DAYS = offices.NOW + timedelta(days=2)
PDF = b"%PDF-1.7\n% a short one\n%%EOF\n"
DOCUMENTS = {
    "lamps": ("anna", declaration_xml(reference="LAMPS", items=2)),
    "preference": ("anna", declaration_xml(reference="PREFERENCE", preference=PREFERENCE)),
    "broker": (
        "berik",
        declaration_xml(reference="BROKER", agent="zhibek", signatory="berik", preference=PREFERENCE),
    ),
    "embargo": ("anna", declaration_xml(reference="EMBARGO", origin="KP")),
    "wheat": ("zarina", export_xml(reference="WHEAT")),
}
GREEN, YELLOW, RED, BROKERS, EXPORT = "lamps", "preference", "embargo", "broker", "wheat"


def person(key: str) -> SignedIn:
    """Return one of the cast as they sign in."""
    one = PERSONS[key]
    return SignedIn(iin=one.iin, name=one.name, role=Role(one.role), organisation=one.organisation, post=one.post)


@dataclass
class Desk:
    """An office, its case work, and the numbers of what was lodged there."""

    office: Office
    work: CaseWork
    clock: offices.StillClock
    numbers: dict[str, str]

    def status(self, name: str) -> Status:
        return self.work.case(person("erlan"), self.numbers[name]).status

    def wanted(self, name: str, key: str, action: Action, **particulars: Any) -> Wanted:
        """Return a move that somebody wants who has just read the case."""
        one = person(key)
        expected = particulars.pop("expected", None) or self.status(name)
        return Wanted(
            number=self.numbers[name], action=action, expected=expected, by=self.work.mover(one), **particulars
        )

    def move(self, name: str, key: str, action: Action, **particulars: Any) -> Moved:
        return self.work.move(self.wanted(name, key, action, **particulars))

    def ask(self, name: str = YELLOW) -> Moved:
        """Have the document officer ask for a contract."""
        return self.move(
            name, "nurlan", Action.REQUEST_DOCUMENTS, questions=("The contract",), limit=IN_TWO_DAYS, text="Please"
        )

    def state(self, name: str, key: str, kind: StatementKind, **particulars: Any) -> Moved:
        """Have somebody prepare, sign and hand in a statement."""
        one = person(key)
        writing = Writing(kind=kind, expected=particulars.pop("expected", None) or self.status(name), **particulars)
        prepared = self.work.prepare(one, self.numbers[name], writing)
        return self.work.accept(one, prepared.id, pki.sign_as(key, prepared.document, self.clock.at))

    def submit(self, name: str = YELLOW, key: str = "anna", **particulars: Any) -> Moved:
        given = {"text": "Here it is", "files": (Upload("contract.pdf", PDF),), **particulars}
        return self.state(name, key, StatementKind.SUBMISSION, **given)

    def act(self, name: str = RED, **changes: Any) -> InspectionAct:
        """Return an act that finds nothing in the only item, whatever profiles led to it."""
        case = self.work.case(person("dana"), self.numbers[name])
        assert case.assessment is not None
        led = [each.profile for each in case.assessment.findings if each.selected]
        usual: dict[str, Any] = {
            "extent": Extent.FULL,
            "place": "Warehouse 4",
            "measured": "Weighed: 172.5 kg gross",
            "items": (ItemResult(1, False, "As declared"),),
            "results": tuple(ProfileResult(profile, False) for profile in led),
        }
        return InspectionAct(**{**usual, **changes})

    def inspect(self, name: str = RED, **changes: Any) -> Moved:
        """Have the inspector open the goods and sign an act."""
        self.move(name, "dana", Action.START_INSPECTION)
        return self.state(name, "dana", StatementKind.INSPECTION_ACT, act=self.act(name, **changes))


def desk(home: Path, *names: str, mark: Any = None) -> Desk:
    """Lodge what is named, everything by default, and return the desk of post 20201."""
    clock = offices.StillClock()
    office = offices.office(home, clock)
    offices.journal_keys(office)
    offices.journal_profiles(office)
    numbers = {}
    for name in names or DOCUMENTS:
        signer, xml = DOCUMENTS[name]
        numbers[name] = lodge(Lodged(pki.sign_as(signer, xml), offices.NOW), office).stored.registration_number
    work = CaseWork(office, mark) if mark else CaseWork(office)
    return Desk(office, work, clock, numbers)


def multiply(desk: Desk, name: str, times: int) -> None:
    """Add copies of a case to the worklist: rows of declaration, case file and decision, and nothing else."""
    number = desk.numbers[name]
    with writing(desk.office.engine) as connection:
        first = connection.execute(select(declaration).where(declaration.c.registration_number == number)).one()
        judged = connection.execute(
            select(decision).where(decision.c.functional_reference_id == first.functional_reference_id)
        ).one()
        filed = connection.execute(select(case_file).where(case_file.c.registration_number == number)).one()
        for start in range(0, times, 1_000):
            copies = range(start, min(start + 1_000, times))
            names = [(f"COPY-{each}", f"20201/010126/{each + 1:07}", 100_000 + each) for each in copies]
            for table, row in ((declaration, first), (decision, judged), (case_file, filed)):
                rows = [
                    {
                        **row._mapping,
                        "functional_reference_id": reference,
                        "registration_number": copied,
                        "sequence": sequence,
                    }
                    for reference, copied, sequence in names
                ]
                connection.execute(insert(table), [{each.name: row[each.name] for each in table.c} for row in rows])
