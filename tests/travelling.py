"""Travellers for tests: what they declare, an office that takes it, and short ways to do what its pages do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import offices
import pki
from caseworking import person
from msgspec.structs import replace

from declarations.passengers.model import (
    Carriage,
    Corridor,
    Crossing,
    Direction,
    DocumentKind,
    Goods,
    GoodsKind,
    Mode,
    Money,
    MoneyKind,
    PassengerDeclaration,
    Traveller,
)
from portal.database import reading
from portal.office import Office
from portal.passengers import store
from portal.passengers.declaring import Declared
from portal.passengers.desk import PassengerDesk
from portal.passengers.model import Found, InspectionAct, Record, Result, Status
from portal.passengers.public import Travellers
from risk_gateway.coded_facts import Suspicion

Signing = Callable[[str, bytes, datetime], bytes]  # whose key, what, when
POST, OTHER_POST = "30301", "40401"
ASAN = Traveller(
    family_name="Demo",
    given_name="Asan",
    born_on=date(1995, 8, 22),
    citizenship="KZ",
    document_kind=DocumentKind.PASSPORT,
    document_number="N1234567",
    document_country="KZ",
    iin="950822400311",
)
LI = Traveller(
    family_name="Li",
    given_name="Wei",
    born_on=date(1988, 3, 1),
    citizenship="CN",
    document_kind=DocumentKind.PASSPORT,
    document_number="E87654321",
    document_country="CN",
)


def goods(**changes: Any) -> Goods:
    """Return clothes of 10 kg worth EUR 200, which anybody may bring."""
    usual: dict[str, Any] = {
        "carriage": Carriage.ACCOMPANIED,
        "kind": GoodsKind.GENERAL,
        "description": "Clothes",
        "quantity": 5,
        "mass_kg": Decimal(10),
        "value": Decimal(200),
        "currency": "EUR",
    }
    return Goods(**{**usual, **changes})


def heavy(**changes: Any) -> Goods:
    """Return goods of 60 kg: by land 35 kg above what is free."""
    return goods(**{"mass_kg": Decimal(60), "value": Decimal(300), **changes})


def dollars(amount: int, **changes: Any) -> Money:
    return Money(**{"kind": MoneyKind.CASH, "amount": Decimal(amount), "currency": "USD", **changes})


def declared(
    *lines: Goods, traveller: Traveller = ASAN, corridor: Corridor = Corridor.GREEN, **changes: Any
) -> PassengerDeclaration:
    """Return what a traveller declares who comes by road from China to Nur Zholy."""
    usual: dict[str, Any] = {
        "issued_at": offices.NOW.astimezone(UTC),
        "language": "en",
        "corridor": corridor,
        "traveller": traveller,
        "crossing": Crossing(office=POST, direction=Direction.ENTRY, mode=Mode.ROAD, country="CN"),
        "goods": lines,
    }
    return PassengerDeclaration(**{**usual, **changes})


@dataclass
class Border:
    """An office with travellers before it."""

    office: Office
    clock: offices.StillClock
    travellers: Travellers
    desk: PassengerDesk
    forms: int = 0

    def declare(self, declaration: PassengerDeclaration, form: str = "") -> Declared:
        self.forms += 1
        return asyncio.run(self.travellers.declare(declaration, form or f"form-{self.forms}"))

    def now(self, reference: str) -> Record:
        with reading(self.office.engine) as connection:
            found = store.find(connection, reference)
        assert found is not None
        return found

    def assess(self, reference: str, reason: str = Suspicion.NERVOUS_BEHAVIOUR, who: str = "madina") -> Record:
        version = self.now(reference).version
        return self.desk.assess(person(who), reference, version, reason, "Would not look at me")

    def act(self, reference: str, result: Result = Result.AS_DECLARED, found: Found | None = None) -> Record:
        """Write an act and sign it."""
        text = "" if result is Result.AS_DECLARED else "Ten more boxes under the seat"
        written = InspectionAct(
            reference=reference,
            expected=self.now(reference).version,
            place="Hall 2",
            result=result,
            text=text,
            found=found,
        )
        prepared = self.desk.prepare_act(person("madina"), written)
        return self.sign(prepared.id, prepared.document)

    def sign(self, statement: str, document: bytes, key: str = "madina") -> Record:
        return self.desk.accept_act(person("madina"), statement, pki.sign_as(key, document, self.clock.at))

    def release(self, reference: str, settled_by: str = "", who: str = "madina") -> Record:
        return self.desk.release(person(who), reference, self.now(reference).version, settled_by)

    def cash(self, reference: str) -> Record:
        return self.desk.take_cash(person("madina"), reference, self.now(reference).version)

    def cross(self, declaration: PassengerDeclaration) -> Record:
        """Declare and leave."""
        return self.release(self.declare(declaration).record.reference)


def border(home: Path, at: datetime = offices.NOW) -> Border:
    clock = offices.StillClock(at)
    office = offices.office(home, clock)
    return Border(office, clock, Travellers(office), PassengerDesk(office))


def begun(office: Office) -> tuple[Declared, str]:
    """Return what a traveller declared and owes for, who was inspected, and a declaration of Anna not signed yet."""
    at = Border(office, office.clock, Travellers(office), PassengerDesk(office))  # type: ignore[arg-type]
    made = at.declare(declared(heavy(), goods(personal_use=False), corridor=Corridor.RED))
    if at.now(made.record.reference).status is Status.INSPECTION:
        at.act(made.record.reference)
    anna = replace(ASAN, given_name="Anna", iin="850412450128", born_on=date(1985, 4, 12))
    return made, at.travellers.prepare(declared(goods(), traveller=anna), "begun by Anna").id


def things(office: Office, signing: Signing = pki.sign_as) -> dict[str, dict[str, str]]:
    """Return what addresses of passenger inspectors name: a record with a receipt order, acts to sign and signed."""
    at = Border(office, office.clock, Travellers(office), PassengerDesk(office))  # type: ignore[arg-type]
    paying = at.declare(declared(heavy(), corridor=Corridor.RED)).record.reference
    made = {"passenger": {"reference": paying}}
    for name, traveller in (("passenger_act", LI), ("passenger_acted", ASAN)):
        reference = at.declare(declared(goods(), traveller=traveller)).record.reference
        at.assess(reference)
        act = InspectionAct(
            reference=reference,
            expected=at.now(reference).version,
            place="Hall 2",
            result=Result.AS_DECLARED,
            text="",
        )
        prepared = at.desk.prepare_act(person("madina"), act)
        if name == "passenger_acted":
            at.desk.accept_act(person("madina"), prepared.id, signing("madina", prepared.document, office.clock.now()))
        made[name] = {"statement": prepared.id}
        made["passenger_inspected"] = {"reference": reference}
    return made
