"""Partners for tests: the adapters' own stubs behind an edge that can be dead, slow or lying."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from offices import NOW

from interop import partner_store
from interop.adapters.law_enforcement.stub import Stub as LawEnforcement
from interop.adapters.tax_service.stub import Stub as TaxService
from interop.calls import Reply, Request
from interop.disclosure import Policy
from interop.partners import Partner, PartnerKind
from portal.asking.service import Asking
from portal.asking.transport import NoAnswer
from portal.clock import Clock
from portal.database import writing
from portal.office import Office

TAX, POLICE = "tax", "police"
ASKED = ("tests", "article 1 [?]")
OPEN = Policy(fields=frozenset({"number"}))
Lie = Callable[[Reply], Reply]


class Edge:
    """Gives requests to the stubs. `dead` partners are not reached, `slow` ones never answer in time, and what `lies`
    has of a partner changes its replies. `calls` are the partners that were asked, in order, and `waits` how many
    seconds each was given."""

    def __init__(self, stubs: Mapping[str, Any], clock: Clock) -> None:
        self.stubs = stubs
        self.dead: set[str] = set()
        self.slow: set[str] = set()
        self.lies: dict[str, Lie] = {}
        self.calls: list[str] = []
        self.waits: list[float] = []
        self._clock = clock

    async def call(self, partner: Partner, request: Request, seconds: float) -> Reply:
        self.calls.append(partner.id)
        self.waits.append(seconds)
        if partner.id in self.dead:
            raise NoAnswer("not reached: ConnectError")
        if partner.id in self.slow:
            await asyncio.sleep(seconds)
            raise NoAnswer(f"no answer within {seconds:g} s")
        reply = self.stubs[partner.id].answer(request, self._clock.now())
        return self.lies.get(partner.id, lambda same: same)(reply)


def partner(identifier: str, kind: PartnerKind, address: str = "http://partner.invalid") -> Partner:
    return Partner(
        id=identifier, kind=kind, name=identifier, country="KZ", address=address, keys=(), policy=OPEN, active=True
    )


def put_partners(office: Office, **addresses: str) -> None:
    """Put the tax service and law enforcement on record."""
    with writing(office.engine) as connection:
        for identifier, kind in ((TAX, PartnerKind.TAX_SERVICE), (POLICE, PartnerKind.LAW_ENFORCEMENT)):
            address = addresses.get(identifier, "http://partner.invalid")
            partner_store.put_partner(connection, partner(identifier, kind, address), NOW)


def with_partners(office: Office, folder: Path) -> Edge:
    """Let an office have both partners, behind an edge of its own."""
    put_partners(office)
    stubs = {TAX: TaxService(folder / "tax.db"), POLICE: LawEnforcement(folder / "police.db")}
    edge = Edge(stubs, office.clock)
    office.asking = Asking(office.engine, office.clock, edge.call)
    return edge
