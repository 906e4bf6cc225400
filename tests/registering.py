"""An office with a registry, partners who answer as they are told, and short ways to do what its pages do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import offices
import pki
from caseworking import person
from cast import PARTICIPANTS
from sqlalchemy import Connection

from declarations import store as declarations_store
from portal.database import reading, writing
from portal.office import Office
from portal.registry.model import Done, Intent, Kind, Prepared
from portal.registry.service import Registry
from risk_gateway import history_store
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question
from risk_gateway.bases.registry import application_store, store
from risk_gateway.bases.registry.applying import Application
from risk_gateway.bases.registry.model import EntryStep, Status, Step
from risk_gateway.bases.violations import store as violation_store
from risk_gateway.history_store import TakenOver
from risk_gateway.packing import unpack

ALTYN, QORGAN, TENGRI, ZHIBEK, KASPI = (each.identifier for each in PARTICIPANTS.values())
SECOND = timedelta(seconds=1)
Signing = Callable[[str, bytes, datetime], bytes]  # whose key, what, when


@dataclass
class Partners:
    """Three partners with an answer to one question each; None of them answers what is taken out."""

    clock: offices.StillClock
    answers: dict[Question, Answer] = field(default_factory=lambda: dict.fromkeys(Question, Answer.NO))
    asked: list[str] = field(default_factory=list)

    def ask(self, participant: str, purpose: str, legal_basis: str, budget_seconds: float) -> tuple[PartnerFact, ...]:
        assert purpose
        assert legal_basis
        assert 0 < budget_seconds <= 10
        self.asked.append(participant)
        names = {Question.TAX_DEBT: "tax", Question.POLICE_NOTICE: "police", Question.FOREIGN_RECORD: "abroad"}
        now = self.clock.now()
        return tuple(
            PartnerFact(names[question], question, answer, now, None if answer is Answer.UNKNOWN else now)
            for question, answer in self.answers.items()
        )


@dataclass
class Desk:
    office: Office
    registry: Registry
    clock: offices.StillClock
    partners: Partners
    signing: Signing = pki.sign_as

    def sign(self, key: str, intent: Intent, signer: str | None = None) -> Done:
        """Have somebody prepare, sign and hand in a statement."""
        prepared = self.registry.prepare(person(key), intent)
        return self.take(key, prepared, signer)

    def take(self, key: str, prepared: Prepared, signer: str | None = None) -> Done:
        signed = self.signing(signer or key, prepared.document, self.clock.now())
        return self.registry.accept(person(key), prepared.id, signed)

    def apply(self, key: str = "zarina", participant: str = TENGRI, **changes: Any) -> str:
        """File an application and have it verified; return its number."""
        number = self.sign(key, application(participant, **changes)).number
        self.registry.verify_waiting()
        return number

    def decision(self, number: str, *, granted: bool, **changes: Any) -> Intent:
        usual: dict[str, Any] = {"kind": Kind.DECISION, "participant": "", "application": number, "round": 1}
        return Intent(**{**usual, "granted": granted, **changes})

    def admit(self, key: str = "zarina", participant: str = TENGRI) -> str:
        number = self.apply(key, participant)
        self.sign("gulnar", self.decision(number, granted=True))
        return number

    def refuse(self, number: str, *reasons: str, text: str = "") -> None:
        self.sign("gulnar", self.decision(number, granted=False, reasons=reasons or ("not_confirmed",), text=text))

    def step(self, participant: str, step: Step, reason: str, text: str = "Explained", key: str = "gulnar") -> Done:
        after = len(self.steps(participant))
        intent = Intent(kind=Kind.STEP, participant=participant, step=step, after=after, reasons=(reason,), text=text)
        return self.sign(key, intent)

    def steps(self, participant: str) -> tuple[EntryStep, ...]:
        with reading(self.office.engine) as connection:
            return store.read_steps(connection, participant)

    def status(self, participant: str) -> Status | None:
        with reading(self.office.engine) as connection:
            return store.status_at(connection, participant, self.clock.at)

    def empower(self, scope: frozenset[str], **changes: Any) -> None:
        """Have Tengri give Zhibek a power of attorney."""
        given = offices.power("tengri", "zhibek", number="P-2", scope=scope, **changes)
        with writing(self.office.engine) as connection:
            declarations_store.put_power(connection, given)
            declarations_store.bump_revision(connection)

    def later(self, by: timedelta = SECOND) -> None:
        self.clock.at += by


def desk(home: Path, mark: Callable[[str], None] = lambda point: None) -> Desk:
    """Return an office in which Tengri has declared enough to be admitted."""
    clock = offices.StillClock()
    office = offices.office(home, clock)
    offices.journal_keys(office)
    offices.journal_profiles(office)
    with writing(office.engine) as connection:
        history_store.take_over(connection, TakenOver(TENGRI, offices.NOW.date(), 188))
        history_store.take_over(connection, TakenOver(ZHIBEK, offices.NOW.date(), declarations_as_agent=5_310))
    return at(office, mark)


def at(office: Office, mark: Callable[[str], None] = lambda point: None) -> Desk:
    """Return the registry of an office that is there already; its clock stands still."""
    partners = Partners(office.clock)
    return Desk(office, Registry(office, partners, mark), office.clock, partners)


def things(office: Office, signing: Signing = pki.sign_as) -> dict[str, dict[str, str]]:
    """Have Qorgan appeal against a refusal, and apply again; return what addresses name.

    Gulnar's second decision and the withdrawal are prepared and not signed.
    """
    desk = Desk(office, Registry(office, Partners(office.clock)), office.clock, Partners(office.clock), signing)
    desk.refuse(desk.apply("yerkin", QORGAN))
    appeal = desk.sign("yerkin", Intent(kind=Kind.APPEAL, participant=QORGAN, text="We have declared enough")).number
    number = desk.apply("yerkin", QORGAN)
    withdrawal = Intent(kind=Kind.WITHDRAWAL, participant=QORGAN, application=number)
    ruling = desk.registry.prepare(person("gulnar"), desk.decision(number, granted=False, reasons=("declarations",)))
    filed = desk.registry.standing(person("yerkin")).applications[0].statement
    return {
        "filed": {"statement": filed},
        "withdrawing": {"statement": desk.registry.prepare(person("yerkin"), withdrawal).id},
        "ruling": {"statement": ruling.id},
        "appeal": {"number": appeal},
        "registry": {"number": number, "participant": ALTYN, "statement": filed},
    }


def application(participant: str = TENGRI, **changes: Any) -> Intent:
    """Return what somebody signs who applies with the Committee."""
    usual: dict[str, Any] = {"kind": Kind.APPLICATION, "participant": participant, "office": "committee"}
    return Intent(**{**usual, **changes})


def found(connection: Connection, number: str) -> Application:
    kept = application_store.find_application(connection, number)
    assert kept is not None
    return kept


def violations_of(connection: Connection, participant: str, day: date) -> tuple[tuple[str, date], ...]:
    return violation_store.counting(connection, participant, day)


def unpacked(kept: bytes) -> bytes:
    return unpack(kept)
