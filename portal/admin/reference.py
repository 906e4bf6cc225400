"""Which reference data are in force, from which day, and where they come from; and loading a tariff."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from declarations.reference import ExchangeRate, Reference
from declarations.reference.files import Dated, read_dues
from portal import loading_reference
from portal.admin import store
from portal.admin.appointing import demand_administrator
from portal.admin.errors import Refused
from portal.database import reading, writing
from portal.office import Office
from portal.views import SignedIn
from risk_gateway.days import day_of

NAME_MOST: Final = 100
BYTES_MOST: Final = 7_000_000
LOADED: Final[Mapping[str, loading_reference.Load]] = {
    "tariff": loading_reference.load_tariff,
    "rates": loading_reference.load_rates,
}


class CodeList(Struct, frozen=True):
    """A list and how many of its codes are valid that day; `since` is the day from which the first of them is.

    `ends` is the next day after which one of them is valid no more.
    """

    name: str
    source: str
    codes: int
    since: date | None
    ends: date | None
    partial: bool
    fictitious: bool


class Due(Struct, frozen=True):
    """A rate or charge and the days in which it holds."""

    kind: str
    value: Decimal
    since: date
    until: date | None
    source: str


class TariffInForce(Struct, frozen=True):
    """`loaded_at` is None for the partial tariff that the product ships with."""

    source: str
    lines: int
    complete: bool
    loaded_at: datetime | None


class InForce(Struct, frozen=True):
    day: date
    tariff: TariffInForce
    earlier: Sequence[TariffInForce]
    lists: Sequence[CodeList]
    dues: Sequence[Due]
    excises: int
    rates: Sequence[ExchangeRate]


class ReferenceDesk:
    """What the page of reference data needs."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def today(self) -> date:
        return day_of(self._office.clock.now())

    def in_force(self, day: date) -> InForce:
        """Return what is in force on a day; of tariffs, the one that is in force now."""
        reference = self._office.current().reference
        with reading(self._office.engine) as connection:
            loaded = store.read_tariffs(connection)
        tariff = reference.tariff
        newest = loaded[0].loaded_at if loaded else None
        codes, dues = reference.on(day), read_dues()
        newest_rates = (
            next((rate for rate in dated if rate.since <= day), None) for dated in codes.exchange_rates.values()
        )
        return InForce(
            day=day,
            tariff=TariffInForce(tariff.source, len(tariff), tariff.complete, newest),
            earlier=[TariffInForce(each.source, 0, each.complete, each.loaded_at) for each in loaded[1:]],
            lists=_lists(reference, day),
            dues=[
                *(_due("vat", each, "share") for each in dues.vat if each.valid_on(day)),
                *(_due("fee", each, "amount") for each in dues.fees if each.valid_on(day)),
            ],
            excises=len(codes.excises),
            rates=sorted((rate for rate in newest_rates if rate is not None), key=lambda rate: rate.currency),
        )

    def load(self, by: SignedIn, what: str, name: str, content: bytes) -> int:
        """Put a file of LOADED on record and return how many lines it has.

        Raises Refused, FileUnreadable.
        """
        if not content or len(content) > BYTES_MOST:
            raise Refused("file", what)
        if not name or len(name) > NAME_MOST or not name.isprintable():
            raise Refused("file-name", what)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(what, what) from None
        with writing(self._office.engine) as connection:
            demand_administrator(connection, by.iin, self.today())
            return LOADED[what](connection, self._office.clock, name, text, by.iin)


def _lists(reference: Reference, day: date) -> list[CodeList]:
    found = []
    for name, table in sorted(reference.tables().items()):
        valid = [entry for entry in table.entries if entry.valid_on(day)]
        starts = [entry.valid_from for entry in valid if entry.valid_from != date.min]
        ends = [entry.valid_to for entry in valid if entry.valid_to is not None]
        found.append(
            CodeList(
                name=name,
                source=table.source,
                codes=len(valid),
                since=max(starts, default=None),
                ends=min(ends, default=None),
                partial=table.partial,
                fictitious=table.fictitious,
            )
        )
    return found


def _due(kind: str, entry: Dated, fact: str) -> Due:
    value = Decimal(str(entry.facts[fact]))
    return Due(kind, value, entry.valid_from, entry.valid_to, str(entry.facts.get("source", "")))
