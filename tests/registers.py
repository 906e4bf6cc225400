"""Registers for tests: the adapters' own stub behind an edge that can be dead, slow or lying."""

from datetime import date
from pathlib import Path
from typing import Any

import asking
from asking import partner
from cast import PARTICIPANTS
from offices import NOW

from interop import partner_store
from interop.adapters.registers.messages import Contract, Permit
from interop.adapters.registers.stub import Entry, Stub
from interop.partners import PartnerKind
from portal.asking.service import Asking
from portal.clock import Clock
from portal.database import writing
from portal.office import Office

PERMITS, CONTRACTS = "permits", "contracts"
KINDS = {PERMITS: PartnerKind.PERMIT_REGISTER, CONTRACTS: PartnerKind.CURRENCY_REGISTER}
TENGRI, ALTYN = PARTICIPANTS["tengri"].identifier, PARTICIPANTS["altyn"].identifier
LICENCE, ACCOUNT = "LIC-26/7", "1/260900017"


class Edge(asking.Edge):
    """Gives requests to one stub for both."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.stub = Stub(folder / "registers.db")
        super().__init__(dict.fromkeys(KINDS, self.stub), clock)


def with_registers(office: Office, folder: Path) -> Edge:
    """Let an office have both registers, behind an edge of its own."""
    edge = Edge(folder, office.clock)
    with writing(office.engine) as connection:
        for identifier, kind in KINDS.items():
            partner_store.put_partner(connection, partner(identifier, kind), NOW)
    office.asking = Asking(office.engine, office.clock, edge.call)
    return edge


def permit(holder: str = TENGRI, number: str = LICENCE, **changes: Any) -> Entry:
    """A licence for ferrous scrap, with a hundred tonnes left on it."""
    usual: dict[str, Any] = {
        "number": number,
        "standing": "entered",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "commodities": ["7204"],
        "grams_left": 100_000_000,
    }
    return Entry(holder, permit=Permit(**{**usual, **changes}))


def contract(holder: str = TENGRI, number: str = ACCOUNT, **changes: Any) -> Entry:
    """A currency contract in dollars, with a million left on it."""
    usual: dict[str, Any] = {
        "number": number,
        "standing": "entered",
        "valid_to": date(2027, 6, 30),
        "currency": "USD",
        "cents_left": 100_000_000,
    }
    return Entry(holder, contract=Contract(**{**usual, **changes}))


def scrap(*documents: str, **changes: Any) -> dict[str, Any]:
    """The item of a declaration of twenty tonnes of scrap that names documents ("KIND NUMBER")."""
    stated = (line.split(" ", 1) for line in documents)
    return {
        "code": "7204490000",
        "description": "Steel scrap",
        "gross": "20100.000",
        "net": "20000.000",
        "price": "10000.00",
        "documents": tuple({"type": kind, "id": number, "date": "2026-11-12"} for kind, number in stated),
        **changes,
    }
