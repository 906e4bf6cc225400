"""Boxes 31, 33 and 41: the commodity code, and the quantity in the unit that the code demands."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from declarations.controls.control import Context, Place, control
from declarations.controls.paths import MEASURE, in_item
from declarations.model import Declaration, GoodsItem
from declarations.reference.commodity_tariff import TariffLine

CODE_LENGTH: Final = 10
TRANSIT_CODE_LENGTH_MIN: Final = 6
CHAPTERS: Final = frozenset(f"{chapter:02}" for chapter in range(1, 98)) - {"77"}  # 77 is reserved
MASS_UNITS: Final = frozenset({"166", "168"})
TARIFF: Final = "EAEU Common Customs Tariff (EEC Council Decision 80 of 14.09.2021)"
SINCE: Final = date(2011, 1, 1)


@control("C-501", box="33", source="EEC Decision 257, box 33", since=SINCE)
def commodity_code_is_long_enough(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The commodity code must have ten digits; in transit at least six."""
    length = TRANSIT_CODE_LENGTH_MIN if declaration.type_code == "TT" else CODE_LENGTH
    for number, item in enumerate(declaration.shipment.items, 1):
        if len(item.commodity_code) < length:
            params = {"code": item.commodity_code, "digits": str(length)}
            yield Place(in_item(number, "Commodity/ClassificationID"), number, params)


@control("C-502", box="33", source=TARIFF, since=SINCE)
def commodity_code_is_of_a_chapter(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The commodity code must begin with a chapter of the nomenclature: 01 to 97, except 77."""
    for number, item in enumerate(declaration.shipment.items, 1):
        if item.commodity_code[:2] not in CHAPTERS:
            params = {"code": item.commodity_code, "chapter": item.commodity_code[:2]}
            yield Place(in_item(number, "Commodity/ClassificationID"), number, params)


@control("C-503", box="33", source=TARIFF, since=SINCE)
def commodity_code_is_in_the_tariff(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The commodity code must be in the customs tariff, or be a position that the tariff has since divided."""
    tariff = context.codes.tariff
    if not tariff.complete:
        return
    for number, item in enumerate(declaration.shipment.items, 1):
        code = item.commodity_code
        if tariff.line(code) is not None or len(code) != CODE_LENGTH or code[:2] not in CHAPTERS:
            continue
        if not tariff.subdivided(code):
            yield Place(in_item(number, "Commodity/ClassificationID"), number, {"code": code})


@control("C-504", box="41", source=f"{TARIFF}; EEC Decision 257, box 41", since=SINCE)
def quantity_is_in_the_supplementary_unit(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Where the tariff names a supplementary unit, box 41 must give the quantity in that unit."""
    if declaration.type_code == "TT":
        return
    for number, item, line in _with_tariff_lines(declaration, context):
        unit = line.supplementary_unit
        if unit is None:
            continue
        declared = item.tariff_quantity
        if declared is None or declared.unit != unit:
            params = {"code": item.commodity_code, "unit": unit, "symbol": _symbol(unit, context)}
            yield Place(in_item(number, f"{MEASURE}/TariffQuantity"), number, params)


@control("C-505", box="41", source=f"{TARIFF}; EEC Decision 257, box 41", since=SINCE)
def quantity_that_the_rate_needs_is_there(declaration: Declaration, context: Context) -> Iterator[Place]:
    """Where the duty is charged by piece, pair, litre or the like, the quantity must be given in box 41."""
    if declaration.type_code != "IM":
        return
    for number, item, line in _with_tariff_lines(declaration, context):
        unit = line.rate.unit
        if unit is None or unit in MASS_UNITS or line.supplementary_unit is not None:
            continue
        if item.tariff_quantity is None and not item.additional_quantities and not item.vehicles:
            params = {"code": item.commodity_code, "unit": unit, "symbol": _symbol(unit, context)}
            yield Place(in_item(number, f"{MEASURE}/TariffQuantity"), number, params)


def _with_tariff_lines(declaration: Declaration, context: Context) -> Iterator[tuple[int, GoodsItem, TariffLine]]:
    line_of = context.codes.tariff.line
    for number, item in enumerate(declaration.shipment.items, 1):
        line = line_of(item.commodity_code)
        if line is not None:
            yield number, item, line


def _symbol(unit: str, context: Context) -> str:
    return context.codes.unit_symbols.get(unit, unit)


@control("C-506", box="31", source="EEC Decision 257, box 31", since=SINCE)
def vehicles_are_not_of_a_later_year(declaration: Declaration, context: Context) -> Iterator[Place]:
    """The year in which a vehicle was made must not be later than next year."""
    latest = context.today.year + 1
    for number, item in enumerate(declaration.shipment.items, 1):
        for position, vehicle in enumerate(item.vehicles, 1):
            if vehicle.year is not None and vehicle.year > latest:
                params = {"vin": vehicle.vin, "year": str(vehicle.year)}
                yield Place(in_item(number, f"Commodity/Vehicle[{position}]/ManufactureYear"), number, params)
