"""What the pages of goods and duties ask: the tariff, rates and a calculation, as of a day."""

import threading
from collections.abc import Sequence
from datetime import date

from declarations.reference.codes import Codes, ExchangeRate
from portal.declarant.goods.calculator import Bill, Wish, calculate
from portal.declarant.goods.search import Found, Nomenclature
from portal.office import Office
from risk_gateway.days import day_of


class GoodsTools:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._nomenclature: Nomenclature | None = None
        self._making = threading.Lock()

    def today(self) -> date:
        return day_of(self._office.clock.now())

    def codes(self, day: date | None = None) -> Codes:
        """Return the code lists, rates and tariff of a day, by default of today."""
        return self._office.current().reference.on(day or self.today())

    def search(self, text: str, language: str, limit: int) -> Found:
        return self.nomenclature().search(text, language, limit)

    def nomenclature(self) -> Nomenclature:
        """Return the loaded tariff, made searchable on first use."""
        tariff = self._office.current().reference.tariff
        with self._making:
            if self._nomenclature is None or self._nomenclature.tariff is not tariff:
                self._nomenclature = Nomenclature(tariff)
            return self._nomenclature

    def calculate(self, wish: Wish, day: date | None) -> Bill:
        return calculate(wish, self.codes(day))

    def rates(self, day: date) -> Sequence[ExchangeRate]:
        """Return the rate of each currency in force on a day, by code."""
        codes = self.codes(day)
        found = (codes.exchange_rate(currency) for currency in sorted(codes.exchange_rates))
        return tuple(rate for rate in found if rate is not None)
