"""The transit declaration under which goods move: who may use it, what it tells, and what becomes of it.

docs/decisions/0024-transit-declarations.md.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from declarations import store as declarations_store
from declarations import tariff, xml
from declarations.errors import WrongNumber
from declarations.lifecycle import Action, Status
from declarations.model import Declaration, GoodsItem, Party
from declarations.movements import store
from declarations.movements.model import Goods, Movement, Transit
from declarations.numbering import parse
from declarations.reference.codes import TENGE, Codes
from declarations.store import Stored
from declarations.tariff import ItemPayables, PayableLine
from portal.casework.desk import Desk
from portal.casework.model import PORTAL, Wanted
from portal.casework.moving import make_move
from portal.movements.errors import MovementRefused
from risk_gateway.packing import unpack
from risk_gateway.transit_facts import carrier_of, guarantee_of
from signing import xmlgate

_TIYN: Final = 100
STANDS: Final = (Status.RELEASED, Status.RELEASED_UNDER_SECURITY)


class Used(Struct, frozen=True):
    """A transit declaration that a carrier may use, as one of its versions says."""

    stored: Stored
    declaration: Declaration

    @property
    def number(self) -> str:
        return self.stored.registration_number

    @property
    def destination(self) -> str:
        """The post of box 53, empty where none is named."""
        consignment = self.declaration.shipment.consignment
        office = consignment.destination_office if consignment else None
        return office.office if office else ""

    @property
    def guarantee_tiyn(self) -> int:
        return int((guarantee_of(self.declaration) or Decimal(0)) * _TIYN)


def find(connection: Connection, number: str, carrier: str, reference: str) -> Used | None:
    """Return the transit declaration that a carrier names, None for none.

    What is not there and what is another carrier's are refused with the same words. Where this very notification uses
    it already, it is read as it was then. Raises `MovementRefused`.
    """
    if not number:
        return None
    try:
        named = str(parse(number))
    except WrongNumber:
        raise MovementRefused("movement.declaration", "declaration") from None
    by = store.of_declaration(connection, named)
    again = by is not None and (by.carrier, by.reference) == (carrier, reference)
    version = by.transit.version if again and by is not None and by.transit is not None else None
    stored = declarations_store.find_by_number(connection, named, version)
    if stored is None or stored.type_code != tariff.TRANSIT:
        raise MovementRefused("movement.declaration", "declaration")
    declaration = _read(connection, stored)
    if (carrier_of(declaration) or stored.key.declarant) != carrier:
        raise MovementRefused("movement.declaration", "declaration")
    if not again:
        _demand(stored, by)
    return Used(stored, declaration)


def demand_free(connection: Connection, draft: Movement) -> None:
    """Raises `MovementRefused` where others changed or used the declaration of a notification meanwhile. Under the
    lock of the journal's head."""
    if draft.transit is None:
        return
    stored = declarations_store.find_by_number(connection, draft.declaration)
    if stored is None or stored.key.version != draft.transit.version:
        raise MovementRefused("movement.declaration_changed", "declaration", number=draft.declaration)
    _demand(stored, store.of_declaration(connection, draft.declaration))


def demand_standing(connection: Connection, movement: Movement) -> None:
    """Raises `MovementRefused` where the declaration does not stand as it was notified: nothing departs under it."""
    if is_changed(connection, movement):
        raise MovementRefused("movement.declaration_changed", number=movement.declaration)


def is_changed(connection: Connection, movement: Movement) -> bool:
    """Tell whether the declaration does not stand as it was notified."""
    if movement.transit is None:
        return False
    stored = declarations_store.find_by_number(connection, movement.declaration)
    stands = stored is not None and stored.status in (*STANDS, Status.CLEARED)
    return not stands or stored is None or stored.key.version != movement.transit.version


def complete(connection: Connection, desk: Desk, movement: Movement) -> None:
    """End the procedure of transit of goods that are discharged, in the caller's transaction.

    What was cancelled on the way stays so. Raises `MovementRefused` while a change of the declaration is waiting.
    """
    if movement.transit is None:
        return
    stored = declarations_store.find_by_number(connection, movement.declaration)
    if stored is None:
        return
    status = Status(stored.status)
    if status is Status.AMENDMENT_REQUESTED:
        raise MovementRefused("movement.declaration_waits", number=movement.declaration)
    if status in STANDS:
        wanted = Wanted(number=movement.declaration, action=Action.COMPLETE_TRANSIT, expected=status, by=PORTAL)
        make_move(connection, desk, wanted)


def taken_from(used: Used) -> Transit:
    """Return what a movement keeps of its declaration besides the goods."""
    stored, consignee = used.stored, used.declaration.shipment.importer
    return Transit(
        version=stored.key.version,
        declarant=stored.key.declarant,
        declarant_name=stored.declarant_name,
        agent=stored.agent or "",
        consignee=_number(consignee),
        consignee_name=consignee.name if consignee else "",
    )


def goods_of(used: Used, codes: Codes) -> tuple[Goods, ...]:
    """Return the goods of a transit declaration with the payments at stake. Raises `MovementRefused`."""
    owed = tariff.payable(used.declaration, codes)
    stake = tariff.at_stake(used.declaration, owed, codes)
    return tuple(_goods(item, of, codes) for item, of in zip(used.declaration.items, stake.items, strict=True))


def payments_in(lines: Iterable[PayableLine]) -> tuple[tuple[str, int], ...]:
    return tuple((each.type_code, int(each.amount * _TIYN)) for each in lines if each.amount)


def undetermined_in(lines: Iterable[PayableLine]) -> tuple[str, ...]:
    return tuple(each.type_code for each in lines if each.amount is None)


def _goods(item: GoodsItem, owed: ItemPayables, codes: Codes) -> Goods:
    mass, value = item.gross_mass_kg or item.net_mass_kg, item.customs_value
    if not mass:
        raise MovementRefused("movement.declaration_mass", "declaration", item=str(item.sequence))
    return Goods(
        item=item.sequence,
        commodity_code=item.commodity_code,
        description=item.description,
        gross_mass_kg=mass,
        value_tiyn=int(value.value * _TIYN) if value and value.currency == TENGE else 0,
        origin_country=item.origin_country,
        payments=payments_in(owed.lines),
        undetermined=undetermined_in(owed.lines),
        excise=tariff.excisable(item.commodity_code, codes) is not False,  # a code too short to tell may hide them
    )


def _demand(stored: Stored, by: Movement | None) -> None:
    if by is not None:
        raise MovementRefused("movement.declaration_used", "declaration", number=by.number)
    if stored.status not in STANDS:
        raise MovementRefused("movement.declaration_status", "declaration", number=stored.registration_number)


def _read(connection: Connection, stored: Stored) -> Declaration:
    return xml.read(xmlgate.open_document(unpack(declarations_store.read_document(connection, stored.key))).root)


def _number(party: Party | None) -> str:
    return party.identifier.value if party and party.identifier else ""
