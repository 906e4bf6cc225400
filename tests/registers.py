"""Registers for tests: the adapters' own stub behind an edge that can be dead, slow or lying."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from asking import partner
from cast import PARTICIPANTS
from offices import NOW

from interop import partner_store
from interop.adapters.registers.messages import Contract, Permit
from interop.adapters.registers.stub import Entry, Stub
from interop.calls import Reply, Request
from interop.partners import Partner, PartnerKind
from portal.asking.service import Asking
from portal.asking.transport import NoAnswer
from portal.clock import Clock
from portal.database import writing
from portal.office import Office

PERMITS, CONTRACTS = "permits", "contracts"
KINDS = {PERMITS: PartnerKind.PERMIT_REGISTER, CONTRACTS: PartnerKind.CURRENCY_REGISTER}
TENGRI, ALTYN = PARTICIPANTS["tengri"].identifier, PARTICIPANTS["altyn"].identifier
LICENCE, ACCOUNT = "LIC-26/7", "1/260900017"
Lie = Callable[[Reply], Reply]


class Edge:
    """Gives requests to one stub for both. `dead`, `slow` and `lies` are by partner, `calls` those that were asked."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.stub = Stub(folder / "registers.db")
        self.dead: set[str] = set()
        self.slow: set[str] = set()
        self.lies: dict[str, Lie] = {}
        self.calls: list[str] = []
        self._clock = clock

    async def call(self, partner: Partner, request: Request, seconds: float) -> Reply:
        self.calls.append(partner.id)
        if partner.id in self.dead:
            raise NoAnswer("not reached: ConnectError")
        if partner.id in self.slow:
            await asyncio.sleep(seconds)
            raise NoAnswer(f"no answer within {seconds:g} s")
        return self.lies.get(partner.id, lambda same: same)(self.stub.answer(request, self._clock.now()))


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
