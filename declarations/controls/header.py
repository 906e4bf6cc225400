"""Boxes 1, 7, 29, 30, 53 and A: what kind of document this is, where it is lodged, and when."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import CONSIGNMENT, ROOT, in_item
from declarations.model import Declaration
from declarations.values import KAZAKHSTAN

ORIGINAL: Final = "9"
CORRECTION: Final = "4"
REPLACEMENT: Final = "5"  # of what was refused: nothing is registered, so it is lodged as an original
LODGED_ANEW: Final = frozenset({ORIGINAL, REPLACEMENT})
ABOUT_A_REGISTERED_ONE: Final = frozenset({"4", "1"})
CLOCK_TOLERANCE: Final = timedelta(minutes=10)
NATIONAL_OFFICE_LENGTH: Final = 5  # offices of other member states have eight digits and are not in our table


@control(
    "C-101", box="A", source="EEC Board Decision 289 of 10.12.2013 (amending a declaration)", since=date(2014, 7, 1)
)
def correction_names_its_declaration(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A correction or withdrawal must name the registration number of the declaration that it is about."""
    if declaration.function in ABOUT_A_REGISTERED_ONE and declaration.registration_number is None:
        yield Place(f"{ROOT}/ID", params={"function": declaration.function})


@control("C-102", box="A", source="EEC Decision 257, box A", since=date(2011, 1, 1))
def original_has_no_number(declaration: Declaration, context: Context) -> Iterator[Place]:
    """An original declaration must not carry a registration number: the customs office gives it at acceptance."""
    if declaration.function in LODGED_ANEW and declaration.registration_number is not None:
        yield Place(f"{ROOT}/ID", params={"number": declaration.registration_number})


@control("C-103", box=None, source="EEC Board Decision 289 of 10.12.2013", since=date(2014, 7, 1))
def only_corrections_have_amendments(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Only a correction or withdrawal may list amendments."""
    if declaration.amendments and declaration.function not in ABOUT_A_REGISTERED_ONE:
        yield Place(f"{ROOT}/Amendment[1]", params={"function": declaration.function})


@control("C-104", box="A", source="EEC Decision 257, box A", since=date(2011, 1, 1))
def registration_number_has_a_real_date(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The date in the registration number must be a real day, and not in the future."""
    number = declaration.registration_number
    if number is None:
        return
    day = _day(number.split("/")[1])
    if day is None or day > context.today:
        yield Place(f"{ROOT}/ID", params={"number": number})


def _day(text: str) -> date | None:
    """Return the day that ddmmyy says, None when there is no such day."""
    try:
        return datetime.strptime(text, "%d%m%y").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None


@control("C-105", box="1", source="EEC Decision 378, annex 1; EEC Decision 257, box 1", since=date(2011, 1, 1))
def procedure_fits_type(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs procedure must go with the type of declaration: EX with export procedures, TT with transit."""
    kind = context.codes.procedures.get(declaration.procedure or "")
    if kind is not None and declaration.type_code not in kind.types:
        params = {"procedure": kind.code, "type": declaration.type_code}
        yield Place(f"{ROOT}/ProcedureCode", params=params)


@control("C-106", box="37", source="EEC Decision 257, boxes 1 and 37", since=date(2011, 1, 1))
def items_have_the_declared_procedure(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Every item must be placed under the procedure declared in box 1."""
    declared = declaration.procedure
    if declared is None:
        return
    for number, item in enumerate(declaration.shipment.items, 1):
        if item.procedure is not None and item.procedure.current != declared:
            params = {"procedure": item.procedure.current, "declared": declared}
            yield Place(in_item(number, "GovernmentProcedure/CurrentCode"), number, params)


@control("C-107", box="1", source="EEC Decision 289 of 18.06.2010 (transit declaration)", since=date(2011, 1, 1))
def only_transit_has_transit_particulars(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Particulars of transit belong in a transit declaration only."""
    if declaration.type_code == "TT":
        return
    if declaration.transit_feature is not None:
        yield Place(f"{ROOT}/TransitFeatureCode", params={"type": declaration.type_code})
    if declaration.transit_direction is not None:
        yield Place(f"{ROOT}/TransitDirectionCode", params={"type": declaration.type_code})


@control("C-108", box="54", source="EEC Decision 257, box 54", since=date(2011, 1, 1))
def not_issued_in_the_future(declaration: Declaration, context: Context) -> Iterator[Place]:
    """A declaration must not be dated in the future; ten minutes are allowed for clocks that differ."""
    if declaration.issued_at > context.received_at + CLOCK_TOLERANCE:
        params = {
            "issued": _clock(declaration.issued_at),
            "received": _clock(context.received_at),
        }
        yield Place(f"{ROOT}/IssueDateTime", params=params)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(KAZAKHSTAN):%Y-%m-%d %H:%M}"


@control("C-109", box="A", source="Table of customs offices", since=date(2011, 1, 1))
def office_is_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs office that the declaration is lodged with must be in the table of offices."""
    if declaration.office not in context.codes.offices:
        yield Place(f"{ROOT}/DeclarationOfficeID", params={"code": declaration.office})


@control("C-110", box="29", source="Table of customs offices", since=date(2011, 1, 1))
def other_offices_are_known(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The customs offices of the border, of the goods' location and of destination must be in the table of offices."""
    consignment = declaration.shipment.consignment
    if consignment is None:
        return
    offices = context.codes.offices
    named = [
        (f"{CONSIGNMENT}/BorderOfficeID[{number}]", "29", office)
        for number, office in enumerate(consignment.border_offices, 1)
    ]
    for number, location in enumerate(consignment.goods_locations, 1):
        if location.office is not None:
            named.append((f"{CONSIGNMENT}/GoodsLocation[{number}]/OfficeID", "30", location.office))
    if consignment.destination_office is not None:
        named.append((f"{CONSIGNMENT}/DestinationOffice/ID", "53", consignment.destination_office.office))
    for path, box, office in named:
        if len(office) == NATIONAL_OFFICE_LENGTH and office not in offices:
            yield Place(path, params={"code": office}, box=box)
