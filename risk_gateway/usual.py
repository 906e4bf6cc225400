"""What goods usually cost and weigh, found quickly: the closest of many reference values.

Closest is the longest prefix of the commodity code (10, 6, 4 digits), then the exact origin before any origin.
"""

from collections.abc import Iterator, Mapping

from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue
from risk_gateway.remembering import PerObject

ANY_ORIGIN = "*"
KILOGRAM = "kg"
DIGITS = (10, 6, 4)


class Usual:
    """An index over reference values. Where a commodity, origin and measure occur twice the last one counts."""

    def __init__(self, values: ReferenceValues) -> None:
        self._unit_values: Mapping[tuple[str, str, str], UnitValue] = {
            (value.commodity, value.origin, value.measure): value for value in values.unit_values
        }
        self._masses: Mapping[tuple[str, str, str], MassPerUnit] = {
            (mass.commodity, mass.origin, mass.unit): mass for mass in values.mass_per_unit
        }

    def unit_value(self, commodity: str, origin: str | None, unit: str | None) -> UnitValue | None:
        """Return the closest unit value for goods declared in kilograms and, unless None, in `unit`.

        Where both are known equally closely the supplementary unit counts: goods are priced by it.
        """
        measures = (unit, KILOGRAM) if unit else (KILOGRAM,)
        keys = ((*place, measure) for place in _closest_first(commodity, origin) for measure in measures)
        return next((value for key in keys if (value := self._unit_values.get(key))), None)

    def mass(self, commodity: str, origin: str | None, unit: str | None) -> MassPerUnit | None:
        """Return the closest mass of one supplementary unit."""
        if unit is None:
            return None
        keys = ((*place, unit) for place in _closest_first(commodity, origin))
        return next((mass for key in keys if (mass := self._masses.get(key))), None)


def _closest_first(commodity: str, origin: str | None) -> Iterator[tuple[str, str]]:
    for digits in DIGITS:
        if len(commodity) >= digits:
            prefix = commodity[:digits]
            if origin:
                yield prefix, origin
            yield prefix, ANY_ORIGIN


usual_of: PerObject[ReferenceValues, Usual] = PerObject(Usual)  # made once: to hash 50,000 values is slow
