"""The planted frauds: each changes a declaration as its motive would, boldly or timidly, and sometimes leaves no trace.

A fraud changes the draft in place and returns the numbers of the items that it touches, () for the whole declaration.
It returns None when this declaration gives no occasion for it. How bold each is was chosen before detection was ever
measured and is not tuned to the starter profiles.
"""

from collections.abc import Callable

from portal.demo.history.catalogue import Goods, catalogue
from portal.demo.history.chance import Chance
from portal.demo.history.drafts import CONTRACT, CURRENCY_NUMBER, INVOICE, Draft, Line, claim
from risk_gateway.profiles import Motive

Touched = tuple[int, ...] | None
Fraud = Callable[[Draft, Chance], Touched]
OFFSHORE = "AE"
WEAPONS = "9303209500"
SCRAP = ("7204491000", "7404001000")


def understated_value(draft: Draft, chance: Chance) -> Touched:
    """Declare 25 to 85 % of the price of most items, so that less duty and VAT are owed."""
    share = chance.uniform(0.25, 0.85)
    touched = _some(draft, chance, 0.8)
    for number in touched:
        draft.lines[number - 1].value_usd *= share * chance.spread(0.05)
    return touched


def understated_volume(draft: Draft, chance: Chance) -> Touched:
    """Declare 30 to 80 % of the goods. In two of five the gross mass stays, because the vehicle is weighed."""
    share, weighed = chance.uniform(0.3, 0.8), chance.happens(0.4)
    touched = _some(draft, chance, 0.7)
    for number in touched:
        line = draft.lines[number - 1]
        line.value_usd *= share
        line.net_kg *= share
        line.units = max(1, round(line.units * (share if chance.happens(0.6) else 1)))
        line.gross_kg *= 1 if weighed else share
    return touched


def concealment(draft: Draft, chance: Chance) -> Touched:
    """Bring goods that are not declared among those that are: an odd way, too much gross mass, a container."""
    if chance.happens(0.45):
        entries = catalogue().countries[chance.one_of(("TR", "UZ", "RS", "CN"))]
        draft.border_post, _, draft.mode = chance.one_of(entries.entries).partition("/")
        draft.routing = entries.routing
    if chance.happens(0.5):
        for line in draft.lines:
            line.gross_kg *= chance.uniform(1.15, 2.5) if chance.happens(0.8) else chance.uniform(4, 6)
    draft.container = draft.container or chance.happens(0.4)
    return ()


def false_origin(draft: Draft, chance: Chance) -> Touched:
    """Call the goods those of a country with a preference; they still come from where they were made.

    A forged certificate is stated in four of five; half forget the transport documents, a third let the goods pass
    through that country.
    """
    origin = chance.one_of(catalogue().preferential)
    made_elsewhere = [
        n for n, line in enumerate(draft.lines, start=1) if not line.preference and line.country != origin
    ]
    touched = tuple(number for number in made_elsewhere if chance.happens(0.8)) or tuple(made_elsewhere[:1])
    if not touched:
        return None
    kind = catalogue().countries[origin].certificate or ""
    for number in touched:
        line = draft.lines[number - 1]
        line.country = origin
        claim(line, kind, f"{draft.reference}-{number}", 0.6 if chance.happens(0.1) else 1.3)
        if chance.happens(0.2):
            line.documents.discard(kind)
    if chance.happens(0.33):
        draft.partner = origin
    if chance.happens(0.5):
        draft.documents -= {kind for kind in draft.documents if kind.startswith("02")}
    return touched


def false_code(draft: Draft, chance: Chance) -> Touched:
    """Declare goods under the code of their cover goods, with mass and price as they are, or the price made to fit."""
    covered = [number for number, line in enumerate(draft.lines, start=1) if line.goods.cover]
    if not covered:
        return None
    touched = tuple(covered[: max(1, len(covered) * chance.whole(1, 3) // 3)])
    fits = chance.happens(0.4)
    for number in touched:
        line = draft.lines[number - 1]
        line.code = line.goods.cover or ""
        cover = catalogue().by_code[line.code]
        if fits:
            line.value_usd = line.net_kg * cover.usd_per_kg(line.country) * chance.spread(0.25)
    return touched


def false_documents(draft: Draft, chance: Chance) -> Touched:
    """Use an invoice again, leave out the contract, or write more off a certificate than is left on it."""
    if chance.happens(0.6):
        draft.invoice = draft.earlier_invoice or draft.invoice
    if chance.happens(0.4):
        draft.documents -= {CONTRACT} if chance.happens(0.6) else {CONTRACT, INVOICE}
    certified = [line for line in draft.lines if line.certificate]
    for line in certified:
        if chance.happens(0.7) and line.certificate:
            line.certificate = (line.certificate[0], line.net_kg * chance.uniform(0.2, 0.9))
    return ()


def capital_flight(draft: Draft, chance: Chance) -> Touched:
    """Pay abroad for more than comes in, or let what is paid for exports stay abroad."""
    if draft.firm.exports:
        draft.documents -= {CURRENCY_NUMBER} if chance.happens(0.65) else set()
        factor = chance.uniform(0.5, 0.95)
    else:
        factor = chance.uniform(1.6, 5)
    draft.trade_country = OFFSHORE if chance.happens(0.5) else draft.trade_country
    touched = _some(draft, chance, 0.8)
    for number in touched:
        draft.lines[number - 1].value_usd *= factor
    return touched


def overstated_value(draft: Draft, chance: Chance) -> Touched:
    """State 1.8 to 8 times the price of exports, so that more VAT is refunded."""
    draft.procedure = "10"
    factor = chance.uniform(1.8, 8)
    touched = _some(draft, chance, 0.8)
    for number in touched:
        draft.lines[number - 1].value_usd *= factor
    return touched


def false_export(draft: Draft, chance: Chance) -> Touched:
    """Declare for export what never leaves, at a good price; the record of exits tells of it only later."""
    draft.procedure, draft.mode = "10", "31"
    factor = chance.uniform(0.9, 4)
    for line in draft.lines:
        line.value_usd *= factor
    draft.documents -= {CURRENCY_NUMBER} if chance.happens(0.3) else set()
    return ()


def prohibition(draft: Draft, chance: Chance) -> Touched:
    """Move what needs a permit without it, half of the time under a harmless code, or trade under sanctions."""
    line = draft.lines[0]
    if not draft.firm.exports and chance.happens(0.25):
        line.country = draft.partner = "KP"
        return (1,)
    forbidden = catalogue().by_code[chance.one_of(SCRAP) if draft.firm.exports else WEAPONS]
    draft.lines[0] = _instead(line, forbidden)
    if chance.happens(0.5):
        draft.lines[0].code = line.goods.code
    return (1,)


FRAUDS: dict[Motive, Fraud] = {
    Motive.UNDERSTATED_VALUE: understated_value,
    Motive.UNDERSTATED_VOLUME: understated_volume,
    Motive.CONCEALMENT: concealment,
    Motive.FALSE_ORIGIN: false_origin,
    Motive.FALSE_CODE: false_code,
    Motive.FALSE_DOCUMENTS: false_documents,
    Motive.CAPITAL_FLIGHT: capital_flight,
    Motive.OVERSTATED_VALUE: overstated_value,
    Motive.FALSE_EXPORT: false_export,
    Motive.PROHIBITION: prohibition,
}


def _some(draft: Draft, chance: Chance, share: float) -> tuple[int, ...]:
    """Return the numbers of about this share of the items, at least of one."""
    chosen = tuple(number for number in range(1, len(draft.lines) + 1) if chance.happens(share))
    return chosen or (chance.whole(1, len(draft.lines)),)


def _instead(line: Line, goods: Goods) -> Line:
    """Return an item of other goods for the same money, without any permit."""
    net = line.value_usd / goods.usd_per_kg(line.country)
    units = max(1, round(net / goods.kg_per_unit))
    return Line(goods, line.country, units, net, net / goods.net_percent * 100, line.value_usd)
