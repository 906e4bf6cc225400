"""The reference data of a generated world: what is shipped, with exchange rates for the days before it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from math import sin

from declarations.reference import ExchangeRate, Reference
from portal.demo.history.world import World

CURRENCIES = {"USD": 520.1, "EUR": 604.7, "CNY": 73.2, "RUB": 6.45}  # tenge at the end of the history
DEPRECIATION = 0.07  # a year


def reference_of(world: World) -> Reference:
    return Reference.shipped().with_exchange_rates(_exchange_rates(world))


def _exchange_rates(world: World) -> Iterator[ExchangeRate]:
    """Yield made-up rates, a new one every month, falling in a wave towards those at the end."""
    day = world.first.replace(day=1)
    while day <= world.last:
        years = (world.last - day).days / 365
        factor = (1 - DEPRECIATION) ** years * (1 + 0.015 * sin(day.toordinal() / 40))
        for currency, tenge in CURRENCIES.items():
            yield ExchangeRate(currency, 1, Decimal(f"{tenge * factor:.2f}"), day)
        day = (day + timedelta(days=32)).replace(day=1)
