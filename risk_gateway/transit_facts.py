"""What a lodged transit declaration tells of the delivery that it announces. Nothing has moved yet: what seals, scans
and the limit tell later is not known here."""

from datetime import date
from decimal import Decimal
from typing import Any

from declarations.controls.parties import NATIONAL_SCHEMES
from declarations.model import Declaration
from declarations.movements.errors import UnknownPlace
from declarations.movements.network import network
from declarations.reference.codes import TENGE, Codes
from declarations.tariff import Payables, excisable
from risk_gateway.coded_facts import MovementEvent
from risk_gateway.delivery_facts import non_deliveries, percent_of
from risk_gateway.model import ParticipantFacts


def carrier_of(declaration: Declaration) -> str | None:
    """Return the BIN or IIN of the carrier (box 50), None where none is named."""
    consignment = declaration.shipment.consignment
    carrier = consignment.carrier if consignment else None
    named = carrier.identifier if carrier else None
    return named.value if named and named.scheme in NATIONAL_SCHEMES else None


def facts_of(
    declaration: Declaration, stake: Payables, codes: Codes, carrier: ParticipantFacts | None, day: date
) -> dict[str, Any]:
    """Return the facts of the header; `stake` is what would be owed if the goods were released, `carrier` what is known
    of the one in box 50."""
    guarantee = guarantee_of(declaration)
    return {
        "movement_event": MovementEvent.DECLARATION.value,
        "carrier_non_deliveries_24_months": None if carrier is None else non_deliveries(carrier, day),
        "remote_post": _remote(declaration),
        "guarantee_to_duties_percent": None
        if guarantee is None or not stake.determined
        else percent_of(guarantee, stake.total),
        "excise_goods": _excise(declaration, codes),
    }


def guarantee_of(declaration: Declaration) -> Decimal | None:
    """Return the tenge of box 52, None where it says none: a certificate without a sum may cover anything."""
    sums = [each.amount for each in declaration.guarantees]
    known = [each.value for each in sums if each is not None and each.currency == TENGE]
    return sum(known, Decimal(0)) if known and len(known) == len(sums) else None


def _remote(declaration: Declaration) -> bool | None:
    """Tell whether the post of destination (box 53) is far from that of departure; None where no road is known."""
    consignment = declaration.shipment.consignment
    destination = consignment.destination_office if consignment else None
    if destination is None:
        return None
    try:
        return network().remote(network().route(declaration.office, destination.office))
    except UnknownPlace:
        return None


def _excise(declaration: Declaration, codes: Codes) -> bool | None:
    """Tell whether excise goods are among them; None where a code is too short to tell."""
    known = {excisable(item.commodity_code, codes) for item in declaration.items}
    return True if True in known else None if None in known else False
