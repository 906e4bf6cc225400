"""Gathers the facts of one traveller's declaration into a `Case`: what is declared, what follows, and what is known.

`series_id` is the traveller's on that day, whatever is declared again or judged again: draws are not re-rolled.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from msgspec import Struct

from declarations.passengers.computing import Computation
from declarations.passengers.model import Corridor, Goods, PassengerDeclaration
from risk_gateway.bases.partner_facts.model import Answer, PartnerFact, Question, answer_at, rules_of
from risk_gateway.bases.violations.model import State, Violation
from risk_gateway.bases.violations.terms import months_after
from risk_gateway.coded_facts import Suspicion
from risk_gateway.days import day_of
from risk_gateway.model import Case, Earlier, HeaderFacts, ItemFacts
from risk_gateway.profiles import Block, Category

TYPE_CODE: Final = "PD"
CROSSINGS_DAYS: Final = 30
SMUGGLING: Final = "smuggling"
SMUGGLING_MONTHS: Final = 36
UNKNOWN_CODE: Final = "0000000000"
FACTS_VERSION: Final = 1  # one more whenever the same document would give other facts: docs/decisions/0013
_CENT: Final = Decimal("0.01")
_YES_OR_NO: Final = {Answer.YES: True, Answer.NO: False, Answer.UNKNOWN: None}


class TravellerPast(Struct, frozen=True, kw_only=True):
    """What is known of a traveller when judged. `partner_facts` is None for whoever cannot be asked about."""

    crossings_30_days: int
    violations: tuple[Violation, ...] = ()
    partner_facts: tuple[PartnerFact, ...] | None = None


def gather(
    declaration: PassengerDeclaration,
    computation: Computation,
    past: TravellerPast,
    *,
    digest: str,
    at: datetime,
    suspicion: Suspicion | None = None,
    earlier: Earlier | None = None,
) -> Case:
    """Return the case of a declaration judged at an aware moment; `digest` is the SHA-256 of its document in hex.

    `earlier` is what was decided of this traveller before and still stands: only an inspector makes it milder.

    What could not be computed for want of exchange rates is not known, and the case says so: it is judged as degraded.
    """
    known = not computation.unknown
    red = declaration.corridor is Corridor.RED
    header = HeaderFacts(
        type_code=TYPE_CODE,
        declarant_category=Category.MEDIUM,
        office=declaration.crossing.office,
        item_count=len(declaration.goods),
        corridor_chosen=declaration.corridor.value,
        crossings_30_days=past.crossings_30_days,
        mass_to_allowance_percent=_rounded(computation.mass_percent),
        value_to_allowance_percent=_rounded(computation.value_percent),
        above_allowance=computation.above if known else None,
        traveller_smuggling_violations_36_months=smuggling(past.violations, day_of(at)),
        traveller_police_notice=_noticed(past.partner_facts, at),
        identical_articles_max=identical(declaration.goods),
        cash_above_limit=computation.money_above_limit if known else None,
        cash_declared=red and all(each.owner and each.origin and each.use for each in declaration.money),
        inspector_suspicion=suspicion.value if suspicion else None,
        vehicle_present=declaration.vehicle is not None,
    )
    return Case(
        series_id=series_of(declaration),
        document_digest=digest,
        block=Block.PASSENGERS,
        lodged_at=at,
        header=header,
        items=tuple(_item(number, each) for number, each in enumerate(declaration.goods, 1)),
        declarant=declaration.traveller.iin,
        problem=None if known else f"no exchange rate: {', '.join(computation.unknown)}",
        facts_version=FACTS_VERSION,
        earlier=earlier,
        partner_facts=past.partner_facts,
    )


def series_of(declaration: PassengerDeclaration) -> str:
    """Return what the draws hang on: this traveller on the day of declaring. A digest: the journal has it."""
    told = f"{declaration.traveller.key}/{day_of(declaration.issued_at).isoformat()}"
    return f"passenger/{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def smuggling(violations: Iterable[Violation], day: date) -> int:
    """Return how many confirmed cases of smuggling of the last 36 months are held, those that no longer count for the
    categories of participants too."""
    oldest = months_after(day, -SMUGGLING_MONTHS)
    return sum(
        each.kind == SMUGGLING and each.state is State.CONFIRMED and each.held_on(day) and each.committed_on >= oldest
        for each in violations
    )


def identical(goods: Iterable[Goods]) -> int:
    """Return how many pieces of one article there are: lines with the same words, however they are spaced."""
    counted: Counter[str] = Counter()
    for each in goods:
        counted[" ".join(each.description.casefold().split())] += each.quantity
    return max(counted.values(), default=0)


def _noticed(facts: tuple[PartnerFact, ...] | None, at: datetime) -> bool | None:
    if facts is None:
        return None
    return _YES_OR_NO[answer_at(facts, Question.POLICE_NOTICE, at, rules_of(day_of(at)))]


def _item(number: int, goods: Goods) -> ItemFacts:
    code = goods.commodity_group.ljust(len(UNKNOWN_CODE), "0") if goods.commodity_group else UNKNOWN_CODE
    return ItemFacts(sequence=number, commodity_code=code, gross_mass_kg=goods.mass_kg)


def _rounded(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else percent.quantize(_CENT, ROUND_HALF_EVEN)
