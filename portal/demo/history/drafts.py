"""A declaration while it is made up: what an honest firm would write, before anybody makes it say something else."""

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, time

from portal.demo.history.catalogue import Catalogue, Goods, catalogue
from portal.demo.history.chance import Chance, Weighted
from portal.demo.history.world import Broker, Firm, Habit
from portal.languages import KAZAKHSTAN_TIME

INVOICE, CONTRACT, CURRENCY_NUMBER = "04021", "03011", "03031"
TRANSPORT = {"31": "02015", "20": "02013", "40": "02017"}
ITEMS_USUAL_MAX, ITEMS_MAX = 50, 999
IMPORT_PROCEDURES = Weighted({"40": 93.0, "53": 4.0, "51": 2.0, "70": 1.0})
EXPORT_PROCEDURES = Weighted({"10": 95.0, "21": 3.0, "31": 2.0})
INCOTERMS = Weighted({"CPT": 34.0, "DAP": 28.0, "FCA": 18.0, "EXW": 12.0, "CIP": 8.0})
VALUATION_METHODS = Weighted({"1": 93.0, "6": 5.0, "3": 2.0})


@dataclass
class Line:
    """One item. Masses are kilograms, `value_usd` is the price of all of it; `documents` are kinds besides the
    invoice. `certificate` is (identifier, kilograms left on it) of a certificate of origin."""

    goods: Goods
    country: str
    units: int
    net_kg: float
    gross_kg: float
    value_usd: float
    documents: set[str] = field(default_factory=set)
    preference: bool = False
    certificate: tuple[str, float] | None = None
    method: str = "1"
    code: str = ""

    @property
    def declared_code(self) -> str:
        return self.code or self.goods.code


@dataclass
class Draft:
    """A whole declaration. `documents` are the kinds of box 44 that belong to all of it; `reference` is unique."""

    firm: Firm
    broker: Broker | None
    at: datetime
    reference: str
    procedure: str
    partner: str  # the country of dispatch, or of destination
    trade_country: str
    post: str
    border_post: str | None
    mode: str
    routing: tuple[str, ...]
    container: bool
    incoterms: str
    currency: str
    invoice: str
    earlier_invoice: str | None
    documents: set[str]
    lines: list[Line]

    def copy(self) -> "Draft":
        made = copy.copy(self)
        made.documents = set(self.documents)
        made.lines = [copy.copy(line) for line in self.lines]
        for line in made.lines:
            line.documents = set(line.documents)
        return made


def draft(firm: Firm, day: date, reference: str, earlier_invoice: str | None, chance: Chance) -> Draft:
    """Return an honest declaration of a firm on a day, with the oddities that honest trade has.

    `earlier_invoice` is one that the firm has used: now and then goods of one invoice come in two lots.
    """
    known = catalogue()
    habits = _bought_together(firm, chance)
    lines = [_line(_habit(firm, habits, known, chance), firm, chance) for _ in range(_item_count(chance))]
    partner = chance.one_of(habits).country
    if not firm.exports:
        _claim_preferences(lines, partner, reference, known, chance)
        if chance.happens(0.03):
            partner = chance.one_of(tuple(known.countries)[:8])  # goods bought through another country
    post, border_post, mode, routing = _way(firm, lines[0].goods, partner, known, chance)
    documents = {INVOICE, CONTRACT, TRANSPORT[mode]} | ({CURRENCY_NUMBER} if chance.happens(0.9) else set())
    return Draft(
        firm=firm,
        broker=firm.broker,
        at=datetime.combine(day, _hour(chance), KAZAKHSTAN_TIME),
        reference=reference,
        procedure=chance.weighted(EXPORT_PROCEDURES if firm.exports else IMPORT_PROCEDURES),
        partner=partner,
        trade_country="AE" if chance.happens(0.04) else partner,
        post=post,
        border_post=border_post,
        mode=mode,
        routing=routing,
        container=chance.happens(0.45 if mode == "20" else 0.1),
        incoterms=chance.weighted(INCOTERMS),
        currency=known.countries[partner].currency if chance.happens(0.5) else "USD",
        invoice=earlier_invoice if earlier_invoice and chance.happens(0.012) else f"INV-{reference}",
        earlier_invoice=earlier_invoice,
        documents={kind for kind in sorted(documents) if not chance.happens(0.012)},  # forgotten in box 44
        lines=lines,
    )


def _item_count(chance: Chance) -> int:
    """Return 1 to 50, about 4 on average; one declaration in a thousand has a list of up to 999 items."""
    if chance.happens(0.001):
        return min(ITEMS_MAX, int(40 * chance.heavy_tail(0.9)))
    return min(ITEMS_USUAL_MAX, int(2.0 * chance.spread(1.0)) + 1)


def _bought_together(firm: Firm, chance: Chance) -> list[Habit]:
    """Return the habits that one declaration follows: those of one country, seldom of all at once."""
    country = chance.one_of(firm.habits).country
    return [habit for habit in firm.habits if habit.country == country or (not firm.exports and chance.happens(0.04))]


def _habit(firm: Firm, habits: list[Habit], known: Catalogue, chance: Chance) -> Habit:
    if not chance.happens(0.025):
        return chance.one_of(habits)
    goods = chance.one_of(known.of_sector[firm.sector] if firm.exports else known.imported)  # something new
    if goods.sector == "arms" != firm.sector:
        return chance.one_of(habits)
    country = habits[0].country if firm.exports else chance.weighted(known.origins(goods))
    return Habit(goods, country, chance.spread(0.25 * goods.volatility))


def _line(habit: Habit, firm: Firm, chance: Chance) -> Line:
    """Return an item whose price varies around the firm's own: 2.5 % are honest bargains, 1 % honestly dear."""
    goods, draw = habit.goods, chance.uniform(0, 1)
    price = habit.price * chance.spread(0.16 * goods.volatility)
    if draw < 0.025 * goods.volatility:
        price *= chance.uniform(0.3, 0.7)
    elif draw > 1 - 0.01 * goods.volatility:
        price *= chance.uniform(1.5, 4)
    value = goods.batch_usd * chance.spread(0.8) * min(3.0, firm.size**0.25)
    kilograms = value / (goods.usd_per_kg("KZ" if firm.exports else habit.country))
    per_unit = goods.kg_per_unit * chance.spread(0.12)
    units = max(1, round(kilograms / per_unit))
    net = max(0.01, units * per_unit if goods.unit else kilograms)
    share = 0.2 if chance.happens(0.002) else min(99.5, goods.net_percent * chance.spread(0.05)) / 100
    return Line(
        goods=goods,
        country=habit.country,
        units=units,
        net_kg=net,
        gross_kg=net / share,
        value_usd=max(1.0, net * goods.usd_per_kg("KZ" if firm.exports else habit.country) * price),
        documents={goods.permit} if goods.permit and not chance.happens(0.01) else set(),
        method=chance.weighted(VALUATION_METHODS),
    )


def _claim_preferences(lines: list[Line], partner: str, reference: str, known: Catalogue, chance: Chance) -> None:
    """Claim the preference where the origin has one, nearly always with its certificate and enough left on it."""
    for number, line in enumerate(lines, start=1):
        kind = known.countries[line.country].certificate
        if kind and chance.happens(0.75):
            claim(line, kind, f"{reference}-{number}", 0.95 if chance.happens(0.01) else 1.3)
            if chance.happens(0.01):
                line.documents.discard(kind)


def claim(line: Line, kind: str, number: str, left: float) -> None:
    """Claim a preference with a certificate on which `left` times the item's net mass is left."""
    line.preference, line.certificate = True, (f"CO-{number}", line.net_kg * left)
    line.documents.add(kind)


def _way(
    firm: Firm, goods: Goods, partner: str, known: Catalogue, chance: Chance
) -> tuple[str, str | None, str, tuple[str, ...]]:
    """Return the post, the border post, the mode, and the countries on the way; by air no border post is stated."""
    if chance.happens(goods.air / 100):
        return firm.post, None, "40", ()
    country = known.countries[partner]
    if chance.happens(0.025):
        country = known.countries[chance.one_of(tuple(known.countries)[:8])]  # an odd way, for honest reasons
    border_post, _, mode = chance.one_of(country.entries).partition("/")
    post = border_post if chance.happens(0.35) else firm.post
    return post, border_post, mode, country.routing


def _hour(chance: Chance) -> time:
    minute = chance.whole(9 * 60, 18 * 60 + 20)
    return time(minute // 60, minute % 60, chance.whole(0, 59))
