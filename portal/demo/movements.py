"""Trucks of the demonstration: some hours ago they set out, and now they are in different states, one with alarms.

They go through the portal's own services, on a clock that is hours behind: only into a journal without a checkpoint,
for nothing may be entered as older than what was signed.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from declarations.movements import store
from declarations.movements.events import EventKind, SealEvent
from declarations.movements.lifecycle import Action
from declarations.movements.model import Seal, SealFound
from declarations.movements.network import network
from interop.adapters.seals.messages import batch_of
from interop.adapters.seals.stub import journey
from interop.partner_store import list_partners
from interop.partners import PartnerKind
from portal.access import Role
from portal.app import open_office
from portal.authorities import DEMO_PASSWORD, authorities_of
from portal.clock import Clock
from portal.database import reading
from portal.demo.cast import PARTICIPANTS, PERSONS
from portal.demo.lodgements import DemoLodgement, signed_document
from portal.demo.seals import KEY, OPERATOR
from portal.exchange.callers import PartnerCaller
from portal.exchange.signatures import Message, sign_request, verify_request
from portal.movements.errors import MovementRefused
from portal.movements.model import GoodsTyped, Notice, Scan, Wanted
from portal.movements.service import Movements
from portal.office import Office
from portal.pipeline import lodge
from portal.settings import Settings
from portal.stages import Lodged
from portal.trusting import Keeper
from portal.views import SignedIn
from risk_gateway.model import Outcome
from signing import store as signing_store
from signing.signer import SigningKey

AGO: Final = timedelta(hours=8)
TRANSIT: Final = DemoLodgement("transit", "anna", "altyn", Outcome.SIMPLIFIED_RELEASE, "Altyn Dala sends lamps inland")
COMPUTERS: Final = GoodsTyped("8471300000", "Portable computers", "1200", "48000000", "CN")
CLOTHES: Final = GoodsTyped("6109100000", "T-shirts of cotton", "5400", "21000000", "CN")
BORDER, ALMATY, ASTANA = "30301", "20201", "10101"
OFF_THE_ROAD: Final = 250_000  # millionths of a degree
OPENED: Final = "Seals and goods agree with the documents."


class PastClock:
    """A clock that is some time behind another one, until it is moved."""

    def __init__(self, clock: Clock, behind: timedelta) -> None:
        self._clock = clock
        self.began = self.at = clock.now() - behind

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._clock.monotonic()


def put_movements(settings: Settings, clock: Clock) -> None:
    """Have trucks drive; what is there already stays as it is."""
    past = PastClock(clock, AGO)
    office = open_office(settings, past)
    try:
        with reading(office.engine) as connection:
            begun = signing_store.read_newest_checkpoint(connection) or store.all_numbers(connection)
        if not begun:
            Keeper(office, authorities_of(settings, past)).refresh()
            _Trucks(settings, office, past).drive()
            Keeper(office, authorities_of(settings, clock)).refresh()
    finally:
        office.engine.dispose()


class _Trucks:
    def __init__(self, settings: Settings, office: Office, clock: PastClock) -> None:
        self._settings = settings
        self._office = office
        self._clock = clock
        self._movements = Movements(office)
        key = settings.home / "partners" / PartnerKind.SEAL_OPERATOR.value / KEY
        self._key = SigningKey.from_pkcs12(key.read_bytes(), DEMO_PASSWORD)

    def drive(self) -> None:
        """Of four trucks one has delivered its goods, one is on its way, one raised alarms, one is still expected."""
        delivered = self._notify(0, 1, declaration=self._declare())
        self._depart(delivered, "ES-5001")
        alarmed = self._notify(150, 2, departure=BORDER, destination=ASTANA, goods=(COMPUTERS,), guarantee="9000000")
        self._depart(alarmed, "ES-5002")
        moving = self._notify(240, 3, declaration=self._declare())
        self._depart(moving, "ES-5003")
        self._at(390)
        self._tell(delivered, self._told(delivered))
        found = (("ES-5001", SealFound.INTACT),)
        self._do("dana", delivered, Action.ARRIVE, found=found, scan=Scan.AS_DECLARED)
        self._at(410)
        self._do("dana", delivered, Action.DISCHARGE)
        self._tell(alarmed, self._told(alarmed))
        self._at(415)
        self._tell(alarmed, [self._opened(alarmed)])
        self._notify(450, 4, departure=BORDER, destination=ALMATY, goods=(CLOTHES,), guarantee="8000000")
        self._at(470)
        self._tell(moving, self._told(moving))

    def _at(self, minutes: int) -> None:
        self._clock.at = self._clock.began + timedelta(minutes=minutes)

    def _declare(self) -> str:
        """Lodge a transit declaration, and return its number."""
        signed = signed_document(TRANSIT, self._office, self._settings)
        sender = PARTICIPANTS[TRANSIT.sender].identifier
        return lodge(Lodged(signed, self._clock.now(), sender), self._office).stored.registration_number

    def _notify(self, minutes: int, truck: int, **stated: Any) -> str:
        self._at(minutes + 10)
        usual: dict[str, Any] = {"declaration": "", "departure": "", "destination": "", "goods": (), "guarantee": ""}
        vehicle, container = f"{100 + truck} KAS 02", f"KSPU100000{truck}"
        notice = Notice(reference=f"KASPI-CMR-{truck}", vehicle=vehicle, container=container, **{**usual, **stated})
        return self._movements.notify(person("aigerim"), notice)

    def _depart(self, number: str, seal: str) -> None:
        """Have the documents accepted, a seal put on, and the truck let go."""
        self._do("aidos", number, Action.CLEAR)
        self._clock.at += timedelta(minutes=15)
        guarantee = self._movements.dossier(person("aidos"), number).movement.guarantee_tiyn
        self._do("aidos", number, Action.SEAL, seals=(Seal(seal, OPERATOR),), guarantee_tiyn=guarantee)
        self._do("aidos", number, Action.LET_GO)

    def _do(self, who: str, number: str, action: Action, **more: Any) -> None:
        """Make a move; where chance orders an inspection, with what it found."""
        status = self._movements.dossier(person(who), number).movement.status
        wanted = Wanted(number=number, action=action, expected=status.value, **more)
        try:
            self._movements.do(person(who), wanted)
        except MovementRefused as refused:
            if refused.code != "movement.inspection_needed":
                raise
            self._movements.do(person(who), replace(wanted, inspection=OPENED))

    def _told(self, number: str) -> list[SealEvent]:
        """Return what the seal of a truck told by now that goes its way without trouble."""
        movement = self._movements.dossier(person("aidos"), number).movement
        departed_at = movement.departed_at or self._clock.now()
        events = journey(network(), movement.route, movement.seals[0].number, departed_at)
        return [each for each in events if each.at <= self._clock.now()]

    def _opened(self, number: str) -> SealEvent:
        """Return that the seal was opened off the road."""
        last = self._told(number)[-1]
        counter, aside = last.counter + 1, (last.latitude or 0) + OFF_THE_ROAD
        return replace(
            last,
            id=f"{last.seal}:{counter}",
            kind=EventKind.OPENED,
            at=self._clock.now(),
            counter=counter,
            latitude=aside,
        )

    def _tell(self, number: str, events: list[SealEvent]) -> None:
        """Tell of events as the operator does, signed with its key."""
        now, body = self._clock.now(), batch_of(events)
        url = f"http://127.0.0.1/api/v1/movements/{number}/events"
        headers = {name.lower(): value for name, value in sign_request(self._key, "POST", url, body, now).items()}
        with reading(self._office.engine) as connection:
            partners = list_partners(connection, active=True)
        proof = verify_request(Message("POST", url, headers), body, partners, now)
        self._movements.take_events(PartnerCaller(Role.SEAL_OPERATOR, proof.partner, proof, body), number)


def person(key: str) -> SignedIn:
    """Return one of the cast as they sign in."""
    one = PERSONS[key]
    return SignedIn(iin=one.iin, name=one.name, role=Role(one.role), organisation=one.organisation, post=one.post)
