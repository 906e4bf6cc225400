"""Reference values as a file, TOML or JSON: read with every problem at once, and written."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, to_builtins

from risk_gateway.catalog import code_list
from risk_gateway.errors import ValuesRefused
from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue, UsualRoute
from risk_gateway.shape_errors import shape_error
from risk_gateway.usual import ANY_ORIGIN, DIGITS, KILOGRAM

Row = TypeVar("Row", UnitValue, MassPerUnit, UsualRoute)
KNOWN = {"valid_from", "unit_value", "mass_per_unit", "route"}
HEADER = """# Reference values of the customs risk gateway: where to look, never a value to impose.
# What a table does not name stays as it is in force."""


class ValuesFile(Struct, frozen=True):
    """What a file says; a table that is not in it is None. Without `valid_from` whoever loads it says from when."""

    valid_from: date | None = None
    unit_value: tuple[UnitValue, ...] | None = None
    mass_per_unit: tuple[MassPerUnit, ...] | None = None
    route: tuple[UsualRoute, ...] | None = None

    def over(self, known: ReferenceValues) -> ReferenceValues:
        """Return these values, and those known before in place of each table that is not in the file."""
        return ReferenceValues(
            unit_values=known.unit_values if self.unit_value is None else self.unit_value,
            mass_per_unit=known.mass_per_unit if self.mass_per_unit is None else self.mass_per_unit,
            routes=known.routes if self.route is None else self.route,
        )


def read(text: str, day: date) -> tuple[ValuesFile, list[ValuesRefused]]:
    """Return what a file says and every rule it breaks. `day` says which codes are known. Raises ValuesRefused when
    it is no TOML or JSON at all."""
    raw = _parsed(text)
    broken = [ValuesRefused("values-unknown-table", name) for name in sorted(raw.keys() - KNOWN)]
    file = ValuesFile(
        valid_from=_valid_from(raw, broken),
        unit_value=_rows(raw, "unit_value", UnitValue, broken),
        mass_per_unit=_rows(raw, "mass_per_unit", MassPerUnit, broken),
        route=_rows(raw, "route", UsualRoute, broken),
    )
    return file, broken + list(_content_problems(file, day))


def write(valid_from: date, unit_values: Sequence[UnitValue], masses: Sequence[MassPerUnit]) -> str:
    """Return a TOML file of these values."""
    parts = [HEADER, f"valid_from = {valid_from.isoformat()}"]
    rows = [*(("unit_value", value) for value in unit_values), *(("mass_per_unit", mass) for mass in masses)]
    for name, row in rows:
        facts = {key: value for key, value in to_builtins(row).items() if value is not None}
        parts.append("\n".join((f"\n[[{name}]]", *(f"{key} = {_toml(value)}" for key, value in facts.items()))))
    return "\n".join(parts) + "\n"


# --- reading ----------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(text) if text.lstrip().startswith("{") else tomllib.loads(text, parse_float=str)
    except (tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise ValuesRefused("values-shape", "file", problem=shape_error(error)) from error
    if not isinstance(raw, dict):
        raise ValuesRefused("values-shape", "file", problem=type(raw).__name__)
    return raw


def _valid_from(raw: Mapping[str, Any], broken: list[ValuesRefused]) -> date | None:
    try:
        return msgspec.convert(raw.get("valid_from"), date | None)
    except msgspec.ValidationError as error:
        broken.append(ValuesRefused("values-shape", "valid_from", problem=shape_error(error)))
        return None


def _rows(raw: Mapping[str, Any], name: str, kind: type[Row], broken: list[ValuesRefused]) -> tuple[Row, ...] | None:
    """Return the rows of a table that are well written; the others are told of."""
    if name not in raw:
        return None
    if not isinstance(raw[name], list):
        broken.append(ValuesRefused("values-shape", name, problem=type(raw[name]).__name__))
        return None
    rows = []
    for number, row in enumerate(raw[name], start=1):
        try:
            rows.append(msgspec.convert(row, kind))
        except msgspec.ValidationError as error:
            broken.append(ValuesRefused("values-shape", f"{name} {number}", problem=shape_error(error)))
    return tuple(rows)


# --- rules ------------------------------------------------------------------------------------------------------------


def _content_problems(file: ValuesFile, day: date) -> Iterator[ValuesRefused]:
    countries, units = code_list("country", day), code_list("unit", day)
    for value in file.unit_value or ():
        place = f"unit_value {value.commodity} {value.origin} {value.measure}"
        yield from _codes_are_known(place, value.commodity, value.origin, value.measure, countries, {*units, KILOGRAM})
        yield from _numbers_rise(place, (value.low_usd, value.median_usd), value.count)
    for mass in file.mass_per_unit or ():
        place = f"mass_per_unit {mass.commodity} {mass.origin} {mass.unit}"
        yield from _codes_are_known(place, mass.commodity, mass.origin, mass.unit, countries, units)
        yield from _numbers_rise(place, (mass.low_kg, mass.median_kg, mass.high_kg), mass.count)
    for route in file.route or ():
        yield from _route_is_known(f"route {route.origin}", route, countries, day)
    yield from _each_once(file)


def _codes_are_known(
    place: str, commodity: str, origin: str, measure: str, countries: Any, measures: Any
) -> Iterator[ValuesRefused]:
    if not (commodity.isascii() and commodity.isdecimal() and len(commodity) in DIGITS):
        yield ValuesRefused("values-commodity", place, commodity=commodity)
    if origin != ANY_ORIGIN and origin not in countries:
        yield ValuesRefused("values-country", place, country=origin)
    if measure not in measures:
        yield ValuesRefused("values-measure", place, measure=measure)


def _numbers_rise(place: str, numbers: Sequence[Decimal], count: int | None) -> Iterator[ValuesRefused]:
    """Every number must be above 0 and finite, and none below the one before it."""
    wrong = [number for number in numbers if not (number.is_finite() and number > 0)]
    for number in wrong:
        yield ValuesRefused("values-number", place, number=str(number))
    if not wrong and list(numbers) != sorted(numbers):
        yield ValuesRefused("values-order", place, numbers=" > ".join(map(str, numbers)))
    if count is not None and count < 1:
        yield ValuesRefused("values-number", place, number=str(count))


def _route_is_known(place: str, route: UsualRoute, countries: Any, day: date) -> Iterator[ValuesRefused]:
    for country in (route.origin, *route.countries):
        if country not in countries:
            yield ValuesRefused("values-country", place, country=country)
    for office in route.offices:
        if office not in code_list("office", day):
            yield ValuesRefused("values-office", place, office=office)


def _each_once(file: ValuesFile) -> Iterator[ValuesRefused]:
    keys = Counter(
        [
            *(f"unit_value {value.commodity} {value.origin} {value.measure}" for value in file.unit_value or ()),
            *(f"mass_per_unit {mass.commodity} {mass.origin} {mass.unit}" for mass in file.mass_per_unit or ()),
            *(f"route {route.origin}" for route in file.route or ()),
        ]
    )
    for place, times in keys.items():
        if times > 1:
            yield ValuesRefused("values-twice", place, times=str(times))


def _toml(value: object) -> str:
    """Return a value as TOML; a JSON string is one."""
    return msgspec.json.encode(value).decode()
