"""What pages show of a traveller's declaration. Whose it is was asked before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from declarations.ledger.model import Outstanding
from declarations.passengers.model import PassengerDeclaration
from portal.judging.views import JudgementFile
from portal.passengers.model import Assessment, Record, Status
from risk_gateway.bases.violations.model import Violation


class Crossed(Struct, frozen=True):
    at: datetime
    office: str
    direction: str


class TravellerView(Struct, frozen=True, kw_only=True):
    """What the traveller sees. `told` is what the decision says in safe words; `open_tiyn` what is still to be paid."""

    record: Record
    declaration: PassengerDeclaration
    told: Mapping[str, Any]
    standing: Outstanding | None
    expired: bool

    @property
    def open_tiyn(self) -> int:
        return self.standing.open if self.standing else 0


class PassengerFile(Struct, frozen=True, kw_only=True):
    """What an inspector sees: confidential. `others` are further declarations of the same person that are open."""

    record: Record
    declaration: PassengerDeclaration
    judgements: tuple[JudgementFile, ...]
    standing: Outstanding | None
    crossings: tuple[Crossed, ...]
    violations: tuple[Violation, ...]
    assessments: tuple[Assessment, ...]
    others: tuple[Record, ...]
    expired: bool

    @property
    def open_tiyn(self) -> int:
        return self.standing.open if self.standing else 0


class Lane(Struct, frozen=True):
    """What stands at a post, and how much of each."""

    records: tuple[Record, ...]
    counts: Mapping[Status, int]
    paid: frozenset[str]
