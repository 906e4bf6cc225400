"""What goods usually cost and weigh, found quickly: the closest of many reference values.

Closest is the longest prefix of the commodity code (10, 6, 4 digits), then the exact origin before any origin. To goods
of which nobody says whence they come the strictest of all origins applies: hiding it must not pay.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from msgspec.structs import replace

from risk_gateway.parameters import MassPerUnit, ReferenceValues, UnitValue
from risk_gateway.remembering import PerObject

ANY_ORIGIN = "*"
KILOGRAM = "kg"
DIGITS = (10, 6, 4)
REMEMBERED_MAX = 20_000  # commodities and origins that come again and again


class Usual:
    """An index over reference values. Where a commodity, origin and measure occur twice the last one counts."""

    def __init__(self, values: ReferenceValues) -> None:
        self._unit_values: Mapping[tuple[str, str, str], UnitValue] = {
            (value.commodity, value.origin, value.measure): value for value in values.unit_values
        }
        self._masses: Mapping[tuple[str, str, str], MassPerUnit] = {
            (mass.commodity, mass.origin, mass.unit): mass for mass in values.mass_per_unit
        }
        self._headings = frozenset(key[0][:4] for known in (self._unit_values, self._masses) for key in known)

    def unit_value(self, commodity: str, origin: str | None, unit: str | None) -> UnitValue | None:
        """Return the closest unit value for goods declared in kilograms and, unless None, in `unit`.

        Where both are known equally closely the supplementary unit counts: goods are priced by it.
        """
        if commodity[:4] not in self._headings:
            return None
        measures = _measures(unit)
        for place in _closest_first(commodity, origin):
            for measure in measures:
                if value := self._unit_values.get((*place, measure)):
                    return value
        return None

    def strictest_unit_value(self, commodity: str, unit: str | None, *, too_dear: bool) -> UnitValue | None:
        """Return what goods of unknown origin are held against: the highest of the lower bounds, and the highest of the
        medians, or the lowest one where a price is feared to be too high."""
        places = (commodity[:digits] for digits in DIGITS if len(commodity) >= digits)
        keys = ((place, measure) for place in places for measure in _measures(unit))
        values = next((values for key in keys if (values := self._by_place.get(key))), None)
        if values is None:
            return None
        medians = [value.median_usd for value in values]
        strictest = max(values, key=lambda value: value.low_usd)
        return replace(strictest, median_usd=min(medians) if too_dear else max(medians))

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Sequence[UnitValue]]:
        """Of each commodity and measure the values of all origins; made when first asked for."""
        found: defaultdict[tuple[str, str], list[UnitValue]] = defaultdict(list)
        for (commodity, _, measure), value in self._unit_values.items():
            found[commodity, measure].append(value)
        return dict(found)

    def mass(self, commodity: str, origin: str | None, unit: str | None) -> MassPerUnit | None:
        """Return the closest mass of one supplementary unit."""
        if unit is None or commodity[:4] not in self._headings:
            return None
        return next(
            (mass for place in _closest_first(commodity, origin) if (mass := self._masses.get((*place, unit)))), None
        )


def _measures(unit: str | None) -> tuple[str, ...]:
    return (unit, KILOGRAM) if unit else (KILOGRAM,)


@lru_cache(maxsize=REMEMBERED_MAX)
def _closest_first(commodity: str, origin: str | None) -> tuple[tuple[str, str], ...]:
    prefixes = (commodity[:digits] for digits in DIGITS if len(commodity) >= digits)
    origins = (origin, ANY_ORIGIN) if origin else (ANY_ORIGIN,)
    return tuple((prefix, each) for prefix in prefixes for each in origins)


usual_of: PerObject[ReferenceValues, Usual] = PerObject(Usual)  # made once: to hash 50,000 values is slow
