"""An office with a carrier, posts at both ends and an operator of electronic seals, and short ways to do their work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import exchanging
import offices
import pki
from caseworking import person

from declarations.movements import store
from declarations.movements.events import EventKind, SealEvent
from declarations.movements.lifecycle import Action
from declarations.movements.model import Movement, Seal, SealFound
from declarations.movements.network import network
from interop.adapters.seals.messages import Answers, batch_of
from interop.adapters.seals.stub import journey
from interop.disclosure import Policy
from interop.partners import Partner, PartnerKind
from portal.access import Role
from portal.casework.model import Upload
from portal.database import reading
from portal.exchange.callers import PartnerCaller
from portal.exchange.signatures import Proof
from portal.movements.errors import MovementRefused
from portal.movements.model import GoodsTyped, Notice, Scan, Wanted
from portal.movements.service import Movements
from portal.movements.watching import MovementWatch
from portal.office import Office
from signing.signer import SigningKey

OPERATOR = "seals"
SEAL = "ES-0001"
DEPARTURE, DESTINATION, REMOTE = "30301", "20201", "10101"
GOODS = GoodsTyped("8471300000", "Portable computers", "1 200", "48 000 000", "CN")
SPIRITS = GoodsTyped("2208301100", "Whisky", "900", "9 000 000", "CN")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
ENOUGH = 100_000_000_00


@cache
def operators_key() -> SigningKey:
    return pki.authority().office("Seals of the road (demo)", "990140000018")


def operator(**changes: Any) -> Partner:
    made: dict[str, Any] = {
        "id": OPERATOR,
        "kind": PartnerKind.SEAL_OPERATOR,
        "name": "Seals of the road (demo)",
        "country": "KZ",
        "address": exchanging.ADDRESS,
        "keys": (exchanging.pem_of(operators_key()),),
        "policy": Policy(),
        "per_minute": 100_000,
    }
    return Partner(**{**made, **changes})


def notice(**changes: Any) -> Notice:
    usual: dict[str, Any] = {
        "reference": "CMR-1",
        "declaration": "",
        "vehicle": "123 abc 05",
        "container": "MSKU1234565",
        "departure": DEPARTURE,
        "destination": DESTINATION,
        "goods": (GOODS,),
        "guarantee": "100 000 000",
    }
    return Notice(**{**usual, **changes})


@dataclass
class Desk:
    office: Office
    movements: Movements
    clock: Any  # a still one, where it is to be moved

    def notify(self, **changes: Any) -> str:
        return self.movements.notify(person("aigerim"), notice(**changes))

    def movement(self, number: str) -> Movement:
        with reading(self.office.engine) as connection:
            found = store.find_movement(connection, number)
        assert found is not None
        return found

    def do(self, who: str, number: str, action: Action, **changes: Any) -> int:
        expected = changes.pop("expected", None) or self.movement(number).status.value
        return self.movements.do(person(who), Wanted(number=number, action=action, expected=expected, **changes))

    def clear(self, number: str) -> int:
        return self.do("aidos", number, Action.CLEAR)

    def seal(self, number: str, *seals: Seal, guarantee: int = ENOUGH) -> int:
        put = seals or (Seal(SEAL, OPERATOR),)
        return self.do("aidos", number, Action.SEAL, seals=put, guarantee_tiyn=guarantee)

    def go(self, number: str, **changes: Any) -> int:
        return self.do("aidos", number, Action.LET_GO, **changes)

    def moving(self, **changes: Any) -> str:
        """Return a movement that is on its way, under an electronic seal. One in a hundred is drawn: it was opened."""
        number = self.notify(**changes)
        self.clear(number)
        self.seal(number, Seal(f"ES-{number[-7:]}", OPERATOR))
        try:
            self.go(number)
        except MovementRefused as refused:
            if refused.code != "movement.inspection_needed":
                raise
            self.go(number, inspection="Opened: as declared")
        return number

    def arrive(self, number: str, found: SealFound = SealFound.INTACT, **changes: Any) -> int:
        seals = tuple((each.number, found) for each in self.movement(number).seals)
        who = changes.pop("who", "dana")
        return self.do(who, number, Action.ARRIVE, **{"found": seals, "scan": Scan.AS_DECLARED, **changes})

    def discrepancy(self, number: str, *masses: tuple[int, str], **changes: Any) -> int:
        usual: dict[str, Any] = {
            "text": "Boxes are missing",
            "inspection": "Opened and counted",
            "masses_kg": tuple((item, Decimal(mass)) for item, mass in masses),
            "files": (Upload("scan.png", PNG),),
        }
        return self.do("dana", number, Action.FIND_DISCREPANCY, **{**usual, **changes})

    def later(self, **by: float) -> None:
        self.clock.at += timedelta(**by)

    def watch(self) -> None:
        MovementWatch(self.movements).turn()

    def tell(self, number: str, *events: SealEvent, operator_id: str = OPERATOR) -> Answers:
        """Have the operator tell of events, as if its signature had been verified."""
        proof = Proof(operator(id=operator_id), "key", "nonce", self.clock.at, repr(events).encode(), b"signature")
        caller = PartnerCaller(Role.SEAL_OPERATOR, operator(id=operator_id), proof, batch_of(events))
        return self.movements.take_events(caller, number)

    def journey(self, number: str) -> list[SealEvent]:
        moving = self.movement(number)
        assert moving.departed_at is not None
        route = network().route(moving.departure, moving.destination)
        return journey(network(), route, moving.seals[0].number, moving.departed_at)


def event(desk: Desk, number: str, kind: EventKind, counter: int = 50, **changes: Any) -> SealEvent:
    """Return an event of a movement's seal, at the border post and now, off its road when `off` says so."""
    seal = desk.movement(number).seals[0].number
    off = changes.pop("off", False)
    usual: dict[str, Any] = {
        "id": f"{seal}:{kind.value}:{counter}",
        "seal": seal,
        "kind": kind,
        "at": desk.clock.at.astimezone(UTC),
        "counter": counter,
        "longitude": 80_350_000,
        "latitude": 44_600_000 if off else 44_200_000,
    }
    return SealEvent(**{**usual, **changes})


def desk(home: Path, mark: Callable[[str], None] = lambda point: None, at: datetime = offices.NOW) -> Desk:
    """Return an office with an operator of electronic seals."""
    clock = offices.StillClock(at)
    office = offices.office(home, clock)
    offices.journal_keys(office)
    offices.journal_profiles(office)
    exchanging.put(office, operator())
    return Desk(office, Movements(office, mark), clock)


def things(office: Office) -> dict[str, dict[str, str]]:
    """Have a movement to a post that nobody of the cast is at, with a file, and return what its addresses name."""
    made = Desk(office, Movements(office), office.clock)
    number = made.notify(destination=REMOTE)
    sequence = made.do("aidos", number, Action.CLEAR, files=(Upload("scan.png", PNG),))
    [file] = made.movements.dossier(person("aidos"), number).files
    return {"movement": {"number": number, "sequence": str(sequence), "file": file.id, "action": "seal"}}
