"""What happens to an export at the border, each step in one transaction under the journal's lock.

A vehicle arrives with goods of a released export; where the decision ordered survey and sealing, their result is
recorded; then it is confirmed which masses of which items left in it. When all that was released has left, the portal
itself moves the declaration to EXITED, which tells the declarant (notice 16) and the tax service, once.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations import xml
from declarations.lifecycle import Action, Actor, Status
from declarations.model import Declaration
from declarations.store import Stored
from portal import audit
from portal.casework.desk import Desk
from portal.casework.errors import CaseRefused
from portal.casework.model import PORTAL, TIMER, Mover, Wanted
from portal.casework.moving import cleaned, demand_other_side, make_move
from portal.casework.opening import read_decision
from portal.database import reading, writing
from portal.exits import store
from portal.exits.errors import ExitNotFound, ExitRefused
from portal.exits.store import Arrival, Balance
from portal.office import Office
from portal.views import ReadPart, SignedIn
from risk_gateway import canonical
from risk_gateway.model import MeasureCode
from risk_gateway.packing import unpack
from signing import store as signing_store
from signing import xmlgate

MAY_LEAVE: Final = (Status.RELEASED, Status.RELEASED_UNDER_SECURITY, Status.EXIT_AWAITED, Status.NO_PROOF_OF_EXIT)
SHOWN: Final = (*MAY_LEAVE, Status.EXITED)
VEHICLE_MOST, SEALS_MOST, TEXT_MOST = 40, 200, 2_000
GRAMS: Final = 1000


class Goods(Struct, frozen=True):
    """An item as the border sees it."""

    number: int
    commodity_code: str
    description: str
    balance: Balance


class ExitPage(Struct, frozen=True):
    stored: Stored
    goods: tuple[Goods, ...]
    arrivals: tuple[Arrival, ...]
    survey_ordered: bool
    border_offices: tuple[str, ...]


class Exits:
    """`mark` is told each point of a transaction at which a crash test may strike."""

    def __init__(self, office: Office, desk: Desk | None = None) -> None:
        self._office = office
        self._desk = desk or Desk(office.clock, office.keyring)

    def now(self) -> datetime:
        return self._office.clock.now()

    def waiting(self, officer: SignedIn) -> list[Arrival]:
        """Return the vehicles at the officer's post that have not left."""
        with reading(self._office.engine) as connection:
            return store.waiting_at(connection, officer.post or "")

    def find(self, number: str) -> None:
        """Raises `ExitNotFound` unless this is an export that may leave or has left."""
        with reading(self._office.engine) as connection:
            self._page(connection, number)

    def page(self, officer: SignedIn, number: str) -> ExitPage:
        """Return an export as the border sees it; that it was read is journalled. Raises `ExitNotFound`."""
        with writing(self._office.engine) as connection:
            signing_store.lock_head(connection)
            found = self._page(connection, number)
            particulars = {"officer": officer.iin, "role": officer.role.value, "part": ReadPart.DECLARATION.value}
            audit.record_one(connection, self._record(audit.Event.DECLARATION_READ, number, particulars))
            return found

    def arrive(self, officer: SignedIn, number: str, vehicle: str, seals: str) -> int:
        """Record that a vehicle has arrived with goods of an export. Return its number here.

        Raises `ExitRefused`, `ExitNotFound`.
        """
        plate = " ".join(vehicle.split()).upper()
        if not 0 < len(plate) <= VEHICLE_MOST:
            raise ExitRefused("exit.vehicle_needed", "vehicle")
        with writing(self._office.engine) as connection:
            sequence, _ = signing_store.lock_head(connection)
            stored = self._leaving(connection, officer, number)
            if store.find_waiting(connection, number, plate) is not None:
                raise ExitRefused("exit.arrived_already", "vehicle", vehicle=plate)
            self._count(connection, stored, _read(connection, stored))
            arrival = Arrival(
                sequence=sequence,
                registration_number=number,
                version=stored.key.version,
                post=officer.post or "",
                vehicle=plate,
                seals=_line(seals, "seals"),
                arrived_at=self.now(),
                arrived_by_iin=officer.iin,
            )
            store.add_arrival(connection, arrival)
            self._desk.mark("after arrival")
            audit.record_one(connection, self._record(audit.Event.EXIT_ARRIVED, number, arrived(arrival)))
            if stored.status == Status.RELEASED.value:
                self._move(connection, number, Action.AWAIT_EXIT, Status.RELEASED, TIMER)
            return sequence
            # COMMIT POINT: from here the vehicle is at the border

    def survey(
        self, officer: SignedIn, number: str, arrival: int, *, as_declared: bool | None, seals: str, text: str
    ) -> None:
        """Record the result of survey and sealing. Raises `ExitRefused`, `ExitNotFound`."""
        if as_declared is None:
            raise ExitRefused("exit.outcome_needed", f"outcome-{arrival}")
        with writing(self._office.engine) as connection:
            sequence, _ = signing_store.lock_head(connection)
            self._leaving(connection, officer, number)
            found = self._arrival(connection, officer, number, arrival)
            values = {
                "surveyed_sequence": sequence,
                "surveyed_at": self.now(),
                "surveyed_by_iin": officer.iin,
                "as_declared": as_declared,
                "survey_seals": _line(seals, f"seals-{arrival}"),
                "survey_text": _text(text, f"text-{arrival}"),
            }
            if as_declared and not values["survey_seals"]:
                raise ExitRefused("exit.seals_needed", f"seals-{arrival}")
            if not as_declared and not values["survey_text"]:
                raise ExitRefused("exit.text_needed", f"text-{arrival}")
            if not store.change_arrival(connection, found.sequence, "surveyed_sequence", values):
                raise ExitRefused("exit.surveyed_already")
            made = store.find_arrival(connection, arrival) or found
            audit.record_one(connection, self._record(audit.Event.EXIT_SURVEYED, number, surveyed(made)))

    def confirm(self, officer: SignedIn, number: str, arrival: int, grams: Mapping[int, int]) -> bool:
        """Confirm what left in a vehicle; tell whether with it all has left. Raises `ExitRefused`, `ExitNotFound`."""
        leaving = {item: mass for item, mass in sorted(grams.items()) if mass}
        with writing(self._office.engine) as connection:
            sequence, _ = signing_store.lock_head(connection)
            found = self._arrival(connection, officer, number, arrival)
            stored = self._leaving(connection, officer, number)
            self._demand_survey(connection, stored, found)
            if not leaving:
                raise ExitRefused("exit.nothing_leaves", f"mass-{arrival}-{min(grams, default=1)}")
            self._count(connection, stored, _read(connection, stored))
            for item, mass in leaving.items():
                self._let_leave(connection, number, arrival, item, mass)
            values = {
                "left_sequence": sequence,
                "left_at": self.now(),
                "left_by_iin": officer.iin,
                "left_items": store.encode_items(leaving),
            }
            if not store.change_arrival(connection, arrival, "left_sequence", values):
                raise ExitRefused("exit.left_already")
            self._desk.mark("after exit")
            made = store.find_arrival(connection, arrival) or found
            audit.record_one(connection, self._record(audit.Event.EXIT_LEFT, number, left(made)))
            all_left = not any(each.remaining for each in store.balances_of(connection, number).values())
            if all_left:
                self._move(connection, number, Action.CONFIRM_EXIT, self._status(connection, number), PORTAL)
            return all_left
            # COMMIT POINT: from here the goods have left, once

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _leaving(self, connection: Connection, officer: SignedIn, number: str) -> Stored:
        """Return an export that may leave. Raises `ExitNotFound`, and `CaseRefused` for whoever declared it himself."""
        stored = declarations_store.find_by_number(connection, number)
        if stored is None or stored.type_code != "EX" or stored.status not in MAY_LEAVE or not officer.post:
            raise ExitNotFound(number)
        demand_other_side(connection, stored, Mover(Actor.INSPECTOR, officer.iin, officer.name, officer.post))
        return stored

    def _arrival(self, connection: Connection, officer: SignedIn, number: str, arrival: int) -> Arrival:
        found = store.find_arrival(connection, arrival)
        if found is None or found.registration_number != number:
            raise ExitRefused("exit.not_arrived")
        if found.post != officer.post:
            raise ExitNotFound(number)
        if found.left_sequence is not None:
            raise ExitRefused("exit.left_already")
        return found

    def _demand_survey(self, connection: Connection, stored: Stored, arrival: Arrival) -> None:
        if arrival.as_declared is False:
            raise ExitRefused("exit.survey_found")
        if arrival.as_declared is None and survey_ordered(connection, stored):
            raise ExitRefused("exit.survey_missing")

    def _let_leave(self, connection: Connection, number: str, arrival: int, item: int, mass: int) -> None:
        if mass > 0 and store.let_leave(connection, number, item, mass):
            return
        balance = store.balances_of(connection, number).get(item)
        left = "0" if balance is None else f"{Decimal(balance.remaining) / GRAMS:f}"
        raise ExitRefused("exit.more_than_released", f"mass-{arrival}-{item}", item=str(item), left=left)

    def _count(self, connection: Connection, stored: Stored, declaration: Declaration) -> None:
        """Have the balances say what the newest version released. Raises `ExitRefused` when more than that has left."""
        number, known = stored.registration_number, store.balances_of(connection, stored.registration_number)
        released = released_of(declaration)
        if fresh := {item: grams for item, grams in released.items() if item not in known}:
            store.add_balances(connection, number, fresh)
        for item, balance in known.items():
            wanted = released.get(item, 0)
            if wanted != balance.released and not store.set_released(connection, number, item, wanted):
                raise ExitRefused("exit.less_released")

    # --- parts ------------------------------------------------------------------------------------------------------

    def _page(self, connection: Connection, number: str) -> ExitPage:
        stored = declarations_store.find_by_number(connection, number)
        if stored is None or stored.type_code != "EX" or stored.status not in SHOWN:
            raise ExitNotFound(number)
        declaration, known = _read(connection, stored), store.balances_of(connection, number)
        released = released_of(declaration)
        goods = tuple(
            Goods(
                item.sequence,
                item.commodity_code,
                item.description,
                Balance(
                    item.sequence, released[item.sequence], known[item.sequence].left if item.sequence in known else 0
                ),
            )
            for item in declaration.items
        )
        return ExitPage(
            stored=stored,
            goods=goods,
            arrivals=tuple(store.arrivals_of(connection, number)),
            survey_ordered=survey_ordered(connection, stored),
            border_offices=_border_offices(declaration),
        )

    def _status(self, connection: Connection, number: str) -> Status:
        stored = declarations_store.find_by_number(connection, number)
        if stored is None:
            raise ExitNotFound(number)
        return Status(stored.status)

    def _move(self, connection: Connection, number: str, action: Action, expected: Status, by: Mover) -> None:
        make_move(connection, self._desk, Wanted(number=number, action=action, expected=expected, by=by))

    def _record(self, event: audit.Event, number: str, particulars: dict[str, str]) -> audit.Record:
        return audit.Record(event, number, self.now(), particulars)


def released_of(declaration: Declaration) -> dict[int, int]:
    """Return the net mass of each item in grams; gross where there is no net, and one gram where there is neither."""
    masses = {item.sequence: item.net_mass_kg or item.gross_mass_kg for item in declaration.items}
    return {item: max(1, round((mass or Decimal(0)) * GRAMS)) for item, mass in masses.items()}


def survey_ordered(connection: Connection, stored: Stored) -> bool:
    return any(each.code is MeasureCode.SURVEY_AND_SEAL for each in read_decision(connection, stored).measures)


def arrived(arrival: Arrival) -> dict[str, str]:
    """Return what the journal's entry says of an arrival; the audit makes it anew from the row."""
    said = canonical.digest([arrival.vehicle, arrival.seals])
    return {"post": arrival.post, "by": arrival.arrived_by_iin, "version": str(arrival.version), "said": said}


def surveyed(arrival: Arrival) -> dict[str, str]:
    said = canonical.digest([arrival.as_declared, arrival.survey_seals, arrival.survey_text])
    return {"arrival": str(arrival.sequence), "by": arrival.surveyed_by_iin or "", "said": said}


def left(arrival: Arrival) -> dict[str, str]:
    said = canonical.digest({str(item): grams for item, grams in arrival.left_items.items()})
    return {"arrival": str(arrival.sequence), "by": arrival.left_by_iin or "", "said": said}


def _read(connection: Connection, stored: Stored) -> Declaration:
    return xml.read(xmlgate.open_document(unpack(declarations_store.read_document(connection, stored.key))).root)


def _border_offices(declaration: Declaration) -> tuple[str, ...]:
    shipment = declaration.shipment
    consignment = shipment.consignment if shipment else None
    return consignment.border_offices if consignment else ()


def _line(text: str, field: str) -> str:
    return " ".join(_text(text, field).split())[:SEALS_MOST]


def _text(text: str, field: str) -> str:
    try:
        return cleaned(text, field, TEXT_MOST)
    except CaseRefused:
        raise ExitRefused("exit.text_needed", field) from None
