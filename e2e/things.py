"""One thing of each kind that addresses name, each in the state that shows most: for e2e/test_every_page.py."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import auditing_after
import carrying
import registering
import travelling
import violating
from cast import PERSONS

from declarations.lifecycle import Action, StatementKind
from interop import exchange_store, outbox
from portal.access import Role
from portal.app import opened
from portal.casework.model import InspectionAct, ItemResult, ProfileResult, Upload, Wanted, Writing
from portal.casework.work import CaseWork
from portal.database import writing
from portal.demo.lodgements import key_of
from portal.movements.service import Movements
from portal.office import Office
from portal.partners.service import PartnerDesk
from portal.settings import Settings
from portal.views import SignedIn
from risk_gateway.model import Outcome
from risk_gateway.profiles import Extent
from signing.signer import sign

FILE = "things.json"
PDF = b"%PDF-1.7\n% a short one\n%%EOF\n"


def person(key: str) -> SignedIn:
    """Return one of the cast as they sign in."""
    one = PERSONS[key]
    return SignedIn(iin=one.iin, name=one.name, role=Role(one.role), organisation=one.organisation, post=one.post)


class Things:
    """Case work by the cast on an office, and what it has brought: by kind of thing, by name of the place."""

    def __init__(self, office: Office, settings: Settings) -> None:
        self._office, self._settings, self._work = office, settings, CaseWork(office)
        self.made: dict[str, dict[str, str]] = {}

    def add_answered(self, number: str) -> None:
        """Documents are requested and submitted; a milder lane is proposed; a withdrawal is prepared, not signed."""
        self.add_asked(number)
        self._state("anna", number, StatementKind.SUBMISSION, text="Attached", files=(Upload("Contract.pdf", PDF),))
        withdrawal = self._prepare("anna", number, StatementKind.WITHDRAWAL, text="The goods were ordered twice")
        proposal = self._work.propose(
            person("nurlan"),
            number,
            self._work.case(person("nurlan"), number).status,
            Outcome.SIMPLIFIED_RELEASE,
            "DOCUMENTS_SUFFICE",
            "The certificate is genuine: its issuer confirmed it",
        )
        events = self._work.history(person("nurlan"), number)
        submitted = next(each.statement for each in events if each.statement)
        self.made["answered"] = {
            **places(number),
            "file": submitted.files[0].id,
            "statement": withdrawal,
            "submission": submitted.id,
            "sequence": str(events[0].sequence),
            "proposal": str(proposal.id),
        }

    def add_asked(self, number: str) -> None:
        """Documents are requested; what was asked for waits for an answer."""
        limit = self._office.clock.now() + timedelta(days=2)
        self._move("nurlan", number, Action.REQUEST_DOCUMENTS, questions=("The contract",), limit=limit, text="Please")
        [request] = self._work.open_requests(person("anna"), [number])[number]
        self.made["asked"] = {**places(number), "request": str(request.id)}

    def add_inspected(self, number: str) -> None:
        """The goods are open, and the act is written and not yet signed."""
        self._move("dana", number, Action.START_INSPECTION)
        act = self._prepare("dana", number, StatementKind.INSPECTION_ACT, act=self._act(number))
        self.made["inspected"] = {**places(number), "statement": act}

    def add_found(self, number: str) -> None:
        """An act says what was found."""
        self._move("dana", number, Action.START_INSPECTION)
        self._state("dana", number, StatementKind.INSPECTION_ACT, act=self._act(number))
        events = self._work.history(person("dana"), number)
        self.made["found"] = {
            **places(number),
            "statement": next(each.statement.id for each in events if each.statement),
        }

    def add_dead_letter(self, partner: str) -> None:
        """A message to a partner that was given up."""
        now = self._office.clock.now()
        with writing(self._office.engine) as connection:
            message = outbox.send(connection, partner, "decision", "20201/010126/0000001", b"{}", now)
            sent = exchange_store.read_outgoing(connection, message)
            assert sent is not None
            exchange_store.end(connection, sent, exchange_store.DEAD, now, code="exchange.unreachable")
        self.made["dead"] = {"partner": partner, "message": message}

    def add_contested(self) -> None:
        """Altyn contests one record and has not signed its objection to another; a partner tells of a similar name."""
        at = self._office.clock.now()
        self.made |= violating.things(
            self._office, lambda document: sign(document, key_of(self._settings, "anna"), at), person("anna")
        )

    def add_registry(self) -> None:
        """Qorgan appeals against a refusal, and its second application waits for a decision that is not signed yet."""
        self.made |= registering.things(
            self._office, lambda key, document, at: sign(document, key_of(self._settings, key), at)
        )

    def add_audit(self) -> None:
        """Qorgan is audited up to a notification of debt; an act and a reply wait for their signatures.

        Its goods are others than those that journeys lodge, which would be inspected for the precedent.
        """
        self.made |= auditing_after.things(
            self._office,
            lambda key, document, at: sign(document, key_of(self._settings, key), at),
            code="9401610000",
            description="Upholstered armchairs with wooden frames, for the home",
        )

    def add_travellers(self) -> None:
        """One traveller is to pay, of one the act waits for its signature, of one it is signed."""
        self.made |= travelling.things(
            self._office, lambda key, document, at: sign(document, key_of(self._settings, key), at)
        )

    def add_movements(self) -> None:
        """A truck is on its way; another has arrived, and something is missing."""
        desk = carrying.Desk(self._office, Movements(self._office), self._office.clock)
        self.made["moving"] = {"number": desk.moving()}
        number = desk.moving(reference="CMR-2")
        desk.arrive(number)
        desk.discrepancy(number, (1, "200"))
        self.made["missing"] = {"number": number}

    def keep(self, home: Path) -> None:
        (home / FILE).write_text(json.dumps(self.made), encoding="utf-8")

    def _move(self, key: str, number: str, action: Action, **particulars: Any) -> None:
        expected = self._work.case(person(key), number).status
        by = self._work.mover(person(key))
        self._work.move(Wanted(number=number, action=action, expected=expected, by=by, **particulars))

    def _prepare(self, key: str, number: str, kind: StatementKind, **particulars: Any) -> str:
        expected = self._work.case(person("erlan"), number).status
        return self._work.prepare(person(key), number, Writing(kind=kind, expected=expected, **particulars)).id

    def _state(self, key: str, number: str, kind: StatementKind, **particulars: Any) -> None:
        statement = self._prepare(key, number, kind, **particulars)
        document = self._work.prepared(person(key), statement).document
        signed = sign(document, key_of(self._settings, key), self._office.clock.now())
        self._work.accept(person(key), statement, signed)

    def _act(self, number: str) -> InspectionAct:
        assessment = self._work.case(person("dana"), number).assessment
        assert assessment is not None
        led = [each.profile for each in assessment.findings if each.selected]
        return InspectionAct(
            extent=Extent.FULL,
            place="Warehouse 4, dock 2",
            measured="Weighed: 172.5 kg gross",
            items=(ItemResult(1, False, "As declared"),),
            results=tuple(ProfileResult(profile, False) for profile in led),
        )


def places(number: str) -> dict[str, str]:
    return dict(zip(("office", "day", "serial"), number.split("/"), strict=True))


def things_of(home: Path) -> dict[str, dict[str, str]]:
    """Return what was made, as read from the portal's folder."""
    read: dict[str, dict[str, str]] = json.loads((home / FILE).read_text(encoding="utf-8"))
    return read


def propose(home: Path, partner: str) -> None:
    """Have an administrator ask that the exchange with a partner begins, once."""
    settings = replace(Settings.load(), home=home, database_url=f"sqlite:///{home / 'shekara.db'}", demo=True)
    with opened(settings) as office:
        desk = PartnerDesk(office)
        if desk.shown(partner).proposal is None:
            desk.switch(person("asel"), partner, on=True)
