"""Boxes 18 to 21, 25, 26, 31.3, 53 and 55: terms of delivery, transport and containers."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import CONSIGNMENT, SHIPMENT, in_item
from declarations.identifiers import is_container_number
from declarations.model import Consignment, Declaration
from declarations.values import KAZAKHSTAN

DECISION_257: Final = "EEC Decision 257"
SINCE: Final = date(2011, 1, 1)


@control("C-701", box="20", source="Incoterms 2010 and 2020; EEC Decision 378, annex 13", since=SINCE)
def terms_of_delivery_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The terms of delivery in box 20 must be an Incoterms code."""
    terms = declaration.shipment.trade_terms
    if terms is not None and terms.condition not in context.codes.incoterms:
        yield Place(f"{SHIPMENT}/TradeTerms/ConditionCode", params={"code": terms.condition})


@control("C-702", box="25", source="EEC Decision 378, annex 3 (modes of transport)", since=SINCE)
def modes_of_transport_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The mode of transport in boxes 25 and 26 must be in the classifier of modes of transport."""
    consignment = declaration.shipment.consignment
    if consignment is None:
        return
    named = [
        (f"{CONSIGNMENT}/DepartureTransportMeans/ModeCode", "26", consignment.departure_means),
        (f"{CONSIGNMENT}/BorderTransportMeans/ModeCode", "25", consignment.border_means),
    ]
    for number, transhipment in enumerate(consignment.transhipments, 1):
        path = f"{CONSIGNMENT}/Transhipment[{number}]/TransportMeans/ModeCode"
        named.append((path, "55", transhipment.means))
    known = context.codes.transport_modes
    for path, box, means in named:
        if means is not None and means.mode is not None and means.mode not in known:
            yield Place(path, params={"code": means.mode}, box=box)


@control("C-703", box="31", source="ISO 6346:2022, annex A", since=SINCE)
def container_numbers_check(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A container number must be four letters and seven digits, the last of which checks the rest."""
    consignment = declaration.shipment.consignment
    if consignment is not None:
        for path, box, container in _containers(consignment):
            if not is_container_number(container):
                yield Place(path, params={"number": container}, box=box)
    listed = _listed(consignment)
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, container in enumerate(item.containers, 1):
            if container not in listed and not is_container_number(container):
                path = in_item(number, f"TransportEquipmentID[{position}]")
                yield Place(path, number, {"number": container})


def _containers(consignment: Consignment) -> Iterator[tuple[str, str, str]]:
    for number, equipment in enumerate(consignment.equipment, 1):
        yield f"{CONSIGNMENT}/TransportEquipment[{number}]/ID", "31", equipment.identifier
    for number, transhipment in enumerate(consignment.transhipments, 1):
        for position, container in enumerate(transhipment.containers, 1):
            yield f"{CONSIGNMENT}/Transhipment[{number}]/ContainerID[{position}]", "55", container


def _listed(consignment: Consignment | None) -> frozenset[str]:
    return frozenset(equipment.identifier for equipment in consignment.equipment) if consignment else frozenset()


@control("C-704", box="31", source=f"{DECISION_257}, box 31", since=SINCE)
def containers_of_items_are_listed(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A container that an item is in must be among the containers of the consignment."""
    listed = _listed(declaration.shipment.consignment)
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, container in enumerate(item.containers, 1):
            if container not in listed:
                path = in_item(number, f"TransportEquipmentID[{position}]")
                yield Place(path, number, {"number": container})


@control("C-705", box="31", source=f"{DECISION_257}, box 31", since=SINCE)
def containers_are_listed_once(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A container must be listed only once."""
    consignment = declaration.shipment.consignment
    if consignment is None:
        return
    seen: set[str] = set()
    for number, equipment in enumerate(consignment.equipment, 1):
        if equipment.identifier in seen:
            path = f"{CONSIGNMENT}/TransportEquipment[{number}]/ID"
            yield Place(path, params={"number": equipment.identifier})
        seen.add(equipment.identifier)


@control("C-706", box="19", source=f"{DECISION_257}, box 19", since=SINCE)
def container_flag_agrees(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Box 19 must be 1 when containers are listed, and 0 when there are none."""
    consignment = declaration.shipment.consignment
    if consignment is not None and consignment.container is not None:
        count = len(consignment.equipment) or sum(len(item.containers) for item in declaration.shipment.items)
        if consignment.container != bool(count):
            params = {"declared": str(int(consignment.container)), "count": str(count)}
            yield Place(f"{CONSIGNMENT}/ContainerCode", params=params)


@control("C-707", box="53", source="EAEU Customs Code, article 145", since=date(2018, 1, 1))
def limit_date_is_not_past(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The limit date of delivery in box 53 must not be before the day of the declaration."""
    consignment = declaration.shipment.consignment
    destination = consignment.destination_office if consignment is not None else None
    if destination is None or destination.limit_date is None:
        return
    issued = declaration.issued_at.astimezone(KAZAKHSTAN).date()
    if destination.limit_date < issued:
        params = {"date": destination.limit_date.isoformat(), "issued": issued.isoformat()}
        yield Place(f"{CONSIGNMENT}/DestinationOffice/LimitDate", params=params)
