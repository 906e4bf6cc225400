"""The rules of the passenger declaration: each broken one is a defect with its place and what to do.

`find` functions yield the place (as in the document, lines counted from 1) and what the words need.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from declarations.defects import Defect, shortened
from declarations.identifiers import is_iin
from declarations.passengers.allowances import Allowances
from declarations.passengers.computing import Computation
from declarations.passengers.model import Carriage, Corridor, GoodsKind, Mode, PassengerDeclaration, Traveller
from declarations.reference.codes import TENGE, Codes
from declarations.values import KAZAKHSTAN

OLDEST_YEARS: Final = 125


class Context(Struct, frozen=True):
    """What a declaration is checked against: the day's codes and allowances, and what was computed."""

    codes: Codes
    allowances: Allowances
    computation: Computation
    at: datetime

    @property
    def today(self) -> date:
        return self.at.astimezone(KAZAKHSTAN).date()


Place = tuple[str, int | None, dict[str, str]]
Finder = Callable[[PassengerDeclaration, Context], Iterator[Place]]


def check(declaration: PassengerDeclaration, context: Context) -> tuple[Defect, ...]:
    """Return every broken rule."""
    return tuple(
        Defect(code, None, item, f"/PassengerDeclaration/{path}", params)
        for code, find in CONTROLS
        for path, item, params in find(declaration, context)
    )


def age_on(born_on: date, day: date) -> int:
    """Return full years; a birthday on 29 February counts from 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _countries(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    who = declaration.traveller
    named = [
        ("Traveller/CitizenshipCode", who.citizenship),
        ("Traveller/DocumentCountryCode", who.document_country),
        ("BorderCrossing/CountryCode", declaration.crossing.country),
    ]
    if declaration.vehicle is not None:
        named.append(("Vehicle/CountryCode", declaration.vehicle.country))
    for path, country in named:
        if country not in context.codes.countries:
            yield path, None, {"value": country}


def _office(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    """The border is crossed at a post that faces another country; by air at any post."""
    office = context.codes.offices.get(declaration.crossing.office)
    if office is None or (office.border is None and declaration.crossing.mode is not Mode.AIR):
        yield "BorderCrossing/OfficeID", None, {"value": declaration.crossing.office}


def _iin(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    iin = declaration.traveller.iin
    if iin is not None and not is_iin(iin):
        yield "Traveller/IIN", None, {"value": iin}


def _iin_and_birthday(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    who = declaration.traveller
    if who.iin is not None and is_iin(who.iin) and not _fits(who):
        yield "Traveller/BirthDate", None, {"value": who.born_on.isoformat()}


def _fits(who: Traveller) -> bool:
    return (who.iin or "")[:6] == who.born_on.strftime("%y%m%d")


def _birthday(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    age = age_on(declaration.traveller.born_on, context.today)
    if not 0 <= age <= OLDEST_YEARS:
        yield "Traveller/BirthDate", None, {"value": declaration.traveller.born_on.isoformat()}


def _currencies(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    for path, item, currency in _sums(declaration):
        if currency != TENGE and currency not in context.codes.currencies:
            yield path, item, {"value": currency}


def _rates(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    """A currency of the classifier without a rate. That euro or dollar has none is no fault of the traveller."""
    ours = {context.allowances.currency, context.allowances.cash_currency}
    for path, item, currency in _sums(declaration):
        known = currency in context.codes.currencies
        if known and currency in context.computation.unknown and currency not in ours:
            yield path, item, {"value": currency}


def _sums(declaration: PassengerDeclaration) -> Iterator[tuple[str, int, str]]:
    for number, goods in enumerate(declaration.goods, 1):
        yield f"Goods[{number}]/ValueAmount/@currencyID", number, goods.currency
    for number, money in enumerate(declaration.money, 1):
        yield f"Money[{number}]/Amount/@currencyID", number, money.currency


def _litres(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    for number, goods in enumerate(declaration.goods, 1):
        if goods.kind is GoodsKind.ALCOHOL and goods.litres is None:
            yield f"Goods[{number}]/VolumeLitres", number, {"value": shortened(goods.description)}


def _green_with_goods(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    """Goods that come without their owner are declared in writing, and so in the red corridor."""
    apart = any(each.carriage is Carriage.UNACCOMPANIED for each in declaration.goods)
    if declaration.corridor is Corridor.GREEN and apart:
        yield "CorridorCode", None, {}


def _money_told(declaration: PassengerDeclaration, context: Context) -> Iterator[Place]:
    """Above the limit, owner, origin and use are told: by whoever declares it, in the red corridor."""
    if declaration.corridor is Corridor.GREEN or not context.computation.money_above_limit:
        return
    limit = f"{context.allowances.cash_limit:f} {context.allowances.cash_currency}"
    for number, money in enumerate(declaration.money, 1):
        for name, told in (("Owner", money.owner), ("Origin", money.origin), ("Use", money.use)):
            if not told:
                yield f"Money[{number}]/{name}", number, {"limit": limit}


CONTROLS: Final[tuple[tuple[str, Finder], ...]] = (
    ("P-101", _countries),
    ("P-102", _office),
    ("P-103", _iin),
    ("P-104", _iin_and_birthday),
    ("P-105", _birthday),
    ("P-106", _currencies),
    ("P-107", _rates),
    ("P-108", _litres),
    ("P-109", _green_with_goods),
    ("P-110", _money_told),
)
